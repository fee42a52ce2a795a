package main

import (
	"cmp"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// sweep is a row of keys whose bytes are counted one by one.
type sweep struct {
	what   string
	keys   []string
	budget bool // each of them has the budget of a range key
}

func sweeps() []sweep {
	letters := func(keys string) []string { return strings.Split(keys, "") }
	return []sweep{
		{"range and bucket", letters("234513524142535hdwmy1dwmy2hdwmy3hdwmy4hdwmy5hdwmy1"), true},
		{"source", letters("ss4s5s3sss1"), true},
		{"compare", letters("c2345c1"), true},
		{"moved", append(letters("2gGt4"), left, left, right, "t", "1"), true},
		{"heat map", letters("4v32152sss5v1"), true},
		{"zoomed", append([]string{enter}, letters("234513524142535hdwmy1")...), false},
		{"cursor", []string{"4", left, left, right, oldest, newest, "[", "]", "c", left, "c", "s", left, "s", "s", esc}, false},
		{"body", append([]string{tab, tab}, append(letters("34543"), enter, "5", left, left, oldest, newest, "3", esc, tab)...), false},
		{"why, help, units", []string{"i", esc, "?", esc, "u", "u", "u"}, false},
	}
}

// bytes prints how many bytes keys send.
func (h *home) bytes(terminals []string) ([]verdict, error) {
	var verdicts []verdict
	for _, size := range []struct {
		width, height int
		budget        float64
	}{{80, 24, 2500}, {120, 40, 5000}} {
		for _, kind := range terminals {
			p, err := h.start(kind, size.width, size.height)
			if err != nil {
				return nil, err
			}
			fmt.Printf("bytes a key, %dx%d, %s:\n", size.width, size.height, kind)
			var most press
			for _, s := range sweeps() {
				fmt.Printf("  %s:", s.what)
				for _, key := range s.keys {
					found, err := pressKey(p, key)
					if err != nil {
						return nil, err
					}
					fmt.Printf(" %s %d", nameOf(key), found.bytes)
					if s.budget && found.bytes > most.bytes {
						most = found
					}
				}
				fmt.Println()
			}
			verdicts = append(verdicts, verdict{fmt.Sprintf("bytes of a key of range, bucket, source or comparison, %dx%d, %s (%s)",
				size.width, size.height, kind, nameOf(most.key)), float64(most.bytes), size.budget, "bytes"})
			if err := quit(p); err != nil {
				return nil, err
			}
		}
	}
	return verdicts, nil
}

// random times keys in random order at 120x40.
func (h *home) random(kind string, n int, seed uint64) ([]verdict, error) {
	p, err := h.start(kind, 120, 40)
	if err != nil {
		return nil, err
	}
	keys := append(strings.Split("12345hdwmysctgGi?uv[]", ""), left, right, tab, enter, esc)
	random := rand.New(rand.NewPCG(seed, 0))
	var all []press
	for range n {
		found, err := pressKey(p, keys[random.IntN(len(keys))])
		if err != nil {
			return nil, err
		}
		all = append(all, found)
	}
	printSlowest(all)
	if err := quit(p); err != nil {
		return nil, err
	}
	writes := map[int64]int{}
	for _, a := range all {
		writes[a.writes]++
	}
	slices.SortFunc(all, func(a, b press) int { return cmp.Compare(a.took, b.took) })
	shown := all[slices.IndexFunc(all, func(a press) bool { return a.bytes > 0 }):]
	at := func(share float64) time.Duration { return shown[int(share*float64(len(shown)-1)+0.5)].took }
	slowest := shown[len(shown)-1]
	largest := slices.MaxFunc(shown, func(a, b press) int { return cmp.Compare(a.bytes, b.bytes) })
	fmt.Printf("%d random keys, 120x40, %s (seed %d; %d of them change nothing): key to last byte p50 %.1f ms, p90 %.1f, p99 %.1f, max %.1f (%s); most bytes %d (%s)\n",
		n, kind, seed, len(all)-len(shown), milliseconds(at(0.5)), milliseconds(at(0.9)), milliseconds(at(0.99)),
		milliseconds(slowest.took), nameOf(slowest.key), largest.bytes, nameOf(largest.key))
	fmt.Print("writes to the terminal:")
	for _, n := range slices.Sorted(maps.Keys(writes)) {
		if n < 0 {
			fmt.Printf(" not told of %d keys,", writes[n])
		} else {
			fmt.Printf(" %d of %d keys,", n, writes[n])
		}
	}
	fmt.Println(" each a frame")
	return []verdict{{"key to last byte, p99", milliseconds(at(0.99)), 25, "ms"}}, nil
}

// printSlowest prints the slowest keys, each with those before it, which tell
// what it found on the screen.
func printSlowest(all []press) {
	const slowest, before = 6, 12
	order := make([]int, len(all))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Compare(all[b].took, all[a].took) })
	fmt.Println("the slowest keys, after those before them:")
	for _, i := range order[:min(slowest, len(order))] {
		fmt.Printf("  %5.1f ms:", milliseconds(all[i].took))
		for _, a := range all[max(0, i-before) : i+1] {
			fmt.Print(" ", nameOf(a.key))
		}
		fmt.Println()
	}
}
