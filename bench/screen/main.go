// Screen measures the real binary on a pseudo-terminal, on ten years of made-up
// data: how long after exec the first frame with data stands, how many bytes a
// key and an idle screen send, how long a key takes, and in how many writes its
// frame comes. See bench/README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// options are what the flags say.
type options struct {
	binary, dir  string
	starts, keys int
	seed         uint64
	idle         time.Duration
	terminals    string
}

func main() {
	var o options
	flag.StringVar(&o.binary, "binary", "./vitals", "the binary to measure")
	flag.StringVar(&o.dir, "dir", filepath.Join(os.TempDir(), "vitals-bench-screen"), "where the made-up data is kept, and made when it is not there")
	flag.IntVar(&o.starts, "starts", 15, "how many starts to time")
	flag.IntVar(&o.keys, "keys", 500, "how many random keys to time")
	flag.Uint64Var(&o.seed, "seed", 1, "which random keys")
	flag.DurationVar(&o.idle, "idle", 30*time.Second, "how long to watch an idle screen")
	flag.StringVar(&o.terminals, "terminals", "xterm-256color,tmux-256color", "the kinds of terminal to count bytes on, by comma; all else is measured on the first")
	flag.Parse()
	if err := o.measure(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "screen:", err)
		os.Exit(1)
	}
}

func (o options) measure(ctx context.Context) (err error) {
	if o.starts < 1 || o.keys < 1 {
		return errors.New("-starts and -keys are at least 1")
	}
	if o.binary, err = filepath.Abs(o.binary); err != nil {
		return err
	}
	if o.dir, err = filepath.Abs(o.dir); err != nil {
		return err
	}
	info, err := os.Stat(o.binary)
	if err != nil {
		return err
	}
	fmt.Printf("binary: %.1f MB\n", float64(info.Size())/1e6)
	if err := os.MkdirAll(o.dir, 0o700); err != nil {
		return err
	}
	h, err := furnish(ctx, o.binary, o.dir)
	if h != nil {
		defer h.stop()
	}
	if err != nil {
		return err
	}
	terminals := strings.Split(o.terminals, ",")
	var verdicts []verdict
	for _, step := range []func() ([]verdict, error){
		func() ([]verdict, error) { return h.firstFrames(terminals[0], o.starts) },
		func() ([]verdict, error) { return h.bytes(terminals) },
		func() ([]verdict, error) { return h.random(terminals[0], o.keys, o.seed) },
		func() ([]verdict, error) { return h.idleBytes(terminals[0], o.idle) },
	} {
		found, err := step()
		if err != nil {
			return err
		}
		verdicts = append(verdicts, found...)
	}
	fmt.Println("\nbudgets:")
	for _, v := range verdicts {
		fmt.Println(v)
	}
	return nil
}

// verdict is what was measured of something that has a budget.
type verdict struct {
	what          string
	found, budget float64
	unit          string
}

func (v verdict) String() string {
	word := "pass"
	if v.found > v.budget {
		word = "OVER"
	}
	return fmt.Sprintf("  %s  %s: %.4g %s, at most %.4g", word, v.what, v.found, v.unit, v.budget)
}

func (h *home) firstFrames(kind string, starts int) ([]verdict, error) {
	var times []time.Duration
	for range starts {
		p, shown, err := h.firstFrame(kind, 120, 40)
		if err != nil {
			return nil, err
		}
		times = append(times, shown)
		if err := quit(p); err != nil {
			return nil, err
		}
	}
	slices.Sort(times)
	median := times[starts/2]
	fmt.Printf("first frame after exec, 120x40, warm store: median %d ms of %d (%d to %d)\n",
		median.Milliseconds(), starts, times[0].Milliseconds(), times[starts-1].Milliseconds())
	return []verdict{{"first frame, median", milliseconds(median), 120, "ms"}}, nil
}

func (h *home) idleBytes(kind string, idle time.Duration) ([]verdict, error) {
	p, err := h.start(kind, 120, 40)
	if err != nil {
		return nil, err
	}
	p.Settle(3 * time.Second)
	before, _ := p.Sent()
	time.Sleep(idle)
	after, _ := p.Sent()
	fmt.Printf("idle for %s: %d bytes\n", idle, after-before)
	return []verdict{{"idle", float64(after - before), 0, "bytes"}}, quit(p)
}

func milliseconds(d time.Duration) float64 { return d.Seconds() * 1000 }
