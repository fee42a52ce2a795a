package chart

import (
	"fmt"
	"math"
	"strings"

	"vitals/internal/timeline"
)

// Spread is between which values a series lies; Last is its newest value.
type Spread struct{ Lowest, Highest, Mean, Last float64 }

// Spread is that of all buckets; ok is false without data. Partial buckets are
// too low by nature: unless next to nothing is missing, they only have a say
// where there are no others. Count is how many have one, and whole says that
// partial ones have none.
func (b Bars) Spread() (s Spread, count int, whole, ok bool) {
	known, statuses := b.tally()
	return known.Spread, known.n, known.n < len(b.Buckets)-statuses[timeline.Empty], known.n > 0
}

// InSight returns the bars that a picture of that size shows, and no others.
func (b Bars) InSight(w, h int) Bars {
	first, end := b.Visible(w, h)
	b.Buckets, b.Offset = b.Buckets[first:end], 0
	if b.Compare != nil {
		b.Compare = b.Compare[first:end]
	}
	b.Cursor -= first
	return b
}

// lacking reports whether a bucket is partial by more than next to nothing.
func lacking(b timeline.Bucket) bool {
	const most = 0.02 // of its length
	return b.Status == timeline.Partial && float64(b.Length()-b.Covered) > most*float64(b.Length())
}

// tally adds up what Spread is about, and counts the buckets of each status.
func (b Bars) tally() (known tally, count [timeline.Full + 1]int) {
	var partial tally
	for i := range b.Buckets {
		bucket := &b.Buckets[i]
		if !hasData(*bucket) {
			count[timeline.Empty]++
			continue
		}
		count[bucket.Status]++
		if lacking(*bucket) {
			partial.add(bucket.Amount)
		} else {
			known.add(bucket.Amount)
		}
	}
	if known.n == 0 {
		known = partial
	}
	return known, count
}

// Summary says in one line of words what all bars show, as Spread has it. Format writes a value, with its unit.
func (b Bars) Summary(format func(float64) string) string {
	known, _ := b.tally()
	text, exceptions := known.words(format), b.Exceptions()
	if known.n == 0 || exceptions == "" {
		return text
	}
	return text + "; " + exceptions
}

// Exceptions says which buckets are not full: "of 24 hours 2 partial, 1 without
// data"; "" where all are.
func (b Bars) Exceptions() string {
	_, count := b.tally()
	var exceptions []string
	for _, kind := range []struct {
		status timeline.Status
		name   string
	}{{timeline.Partial, "partial"}, {timeline.Estimated, "estimated"}, {timeline.Empty, "without data"}} {
		if n := count[kind.status]; n > 0 {
			exceptions = append(exceptions, fmt.Sprintf("%d %s", n, kind.name))
		}
	}
	switch {
	case len(exceptions) == 0:
		return ""
	case len(b.Buckets) == 1:
		return strings.TrimPrefix(exceptions[0], "1 ")
	default:
		return fmt.Sprintf("of %d %ss %s", len(b.Buckets), b.Unit, strings.Join(exceptions, ", "))
	}
}

// Spread is that of the readings in the picture, without those left out; ok is
// false when there are none.
func (l Lines) Spread() (s Spread, ok bool) {
	counted := l.tally()
	return counted.Spread, counted.n > 0
}

func (l Lines) tally() (counted tally) {
	for _, r := range l.spots() {
		if !r.hollow {
			counted.add(r.Y)
		}
	}
	return counted
}

// Summary says in one line of words what Spread tells. Format writes a value,
// with its unit.
func (l Lines) Summary(format func(float64) string) string { return l.tally().words(format) }

// Summary says in one line of words what the hours of all columns show, those
// beyond the edges included, and at which hours of the day most and least falls
// into one. Format writes a value, with its unit.
func (m Heat) Summary(format func(float64) string) string {
	var all, partial tally
	var daily [24]weighted
	for i := range m.Hours {
		for hour := range m.Hours[i] {
			h := &m.Hours[i][hour]
			v, ok := h.Mean()
			switch {
			case !ok || !known(v):
				continue
			case h.Status == timeline.Partial:
				partial.add(v)
			default:
				all.add(v)
			}
			daily[hour].add(h)
		}
	}
	if all.n == 0 {
		all = partial
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
	return fmt.Sprintf("most at %02d:00 (mean %s), least at %02d:00 (mean %s); %s",
		most, format(daily[most].value), least, format(daily[least].value), text)
}

// tally is what is said of n values.
type tally struct {
	n int
	Spread
}

func (t *tally) add(v float64) {
	if t.n == 0 {
		t.Lowest, t.Highest = math.Inf(1), math.Inf(-1)
	}
	t.n++
	t.Lowest, t.Highest, t.Last = min(t.Lowest, v), max(t.Highest, v), v
	t.Mean += (v - t.Mean) / float64(t.n)
}

func (t tally) words(format func(float64) string) string {
	if t.n == 0 {
		return "no data"
	}
	return fmt.Sprintf("lowest %s, highest %s, mean %s, last %s",
		format(t.Lowest), format(t.Highest), format(t.Mean), format(t.Last))
}
