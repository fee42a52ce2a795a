package chart

import (
	"fmt"
	"math"
	"strings"

	"vitals/internal/timeline"
)

// Summary says in one line of words what the bars of all buckets show, those
// beyond the edges included. Partial buckets are too low by nature: they only
// have a say where there are no others. Format writes a value, with its unit.
func (b Bars) Summary(format func(float64) string) string {
	var known, partial tally
	var count [timeline.Full + 1]int
	for i := range b.Buckets {
		bucket := &b.Buckets[i]
		if !hasData(*bucket) {
			count[timeline.Empty]++
			continue
		}
		count[bucket.Status]++
		if bucket.Status == timeline.Partial {
			partial.add(bucket.Amount)
		} else {
			known.add(bucket.Amount)
		}
	}
	if known.n == 0 {
		known = partial
	}
	var exceptions []string
	for _, kind := range []struct {
		status timeline.Status
		name   string
	}{{timeline.Partial, "partial"}, {timeline.Estimated, "estimated"}, {timeline.Empty, "without data"}} {
		if n := count[kind.status]; n > 0 {
			exceptions = append(exceptions, fmt.Sprintf("%d %s", n, kind.name))
		}
	}
	text := known.words(format)
	if known.n == 0 || len(exceptions) == 0 {
		return text
	}
	if len(b.Buckets) == 1 {
		return text + "; " + strings.TrimPrefix(exceptions[0], "1 ")
	}
	return fmt.Sprintf("%s; of %d %ss %s", text, len(b.Buckets), b.Unit, strings.Join(exceptions, ", "))
}

// Summary says in one line of words what the readings in the picture show,
// without those left out. Format writes a value, with its unit.
func (l Lines) Summary(format func(float64) string) string {
	var counted tally
	for _, r := range l.spots() {
		if !r.hollow {
			counted.add(r.Y)
		}
	}
	return counted.words(format)
}

// Summary says in one line of words what the hours of all columns show, those
// beyond the edges included, and at which hours of the day most and least falls
// into one. Format writes a value, with its unit.
func (m Heat) Summary(format func(float64) string) string {
	var all tally
	var daily [24]weighted
	for i := range m.Hours {
		for hour := range m.Hours[i] {
			h := &m.Hours[i][hour]
			if v, ok := h.Mean(); ok && known(v) {
				all.add(v)
				daily[hour].add(h)
			}
		}
	}
	most, least := -1, -1
	for hour := range daily {
		v := daily[hour].mean()
		switch {
		case !known(v):
			continue
		case most < 0:
			most, least = hour, hour
		case v > daily[most].value:
			most = hour
		case v < daily[least].value:
			least = hour
		}
	}
	text := all.words(format)
	if most == least {
		return text
	}
	return fmt.Sprintf("most at %02d:00 (%s), least at %02d:00 (%s); %s",
		most, format(daily[most].value), least, format(daily[least].value), text)
}

// tally is what is said of values.
type tally struct {
	n                       int
	low, high, mean, latest float64
}

func (t *tally) add(v float64) {
	if t.n == 0 {
		t.low, t.high = math.Inf(1), math.Inf(-1)
	}
	t.n++
	t.low, t.high, t.latest = min(t.low, v), max(t.high, v), v
	t.mean += (v - t.mean) / float64(t.n)
}

func (t *tally) words(format func(float64) string) string {
	if t.n == 0 {
		return "no data"
	}
	return fmt.Sprintf("lowest %s, highest %s, mean %s, last %s",
		format(t.low), format(t.high), format(t.mean), format(t.latest))
}
