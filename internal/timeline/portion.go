package timeline

import (
	"slices"
	"sort"
	"time"
)

// Portion is an amount known for a stretch of time: kWh of a quarter-hour, kcal
// of an hour, steps of a day. The amount counts as spread evenly over it.
type Portion struct {
	Start, End int64 // Unix seconds, half-open, Start before End
	Amount     float64

	// Covered is how much of the stretch readings account for; Estimated is
	// how much of Covered was only spread over a gap between readings.
	Covered, Estimated time.Duration
}

// Cut returns the part of p that lies in [from, to), which must overlap p.
func (p Portion) Cut(from, to int64) Portion {
	if p.Start >= from && p.End <= to {
		return p
	}
	whole := p.End - p.Start
	p.Start, p.End = max(p.Start, from), min(p.End, to)
	share := float64(p.End-p.Start) / float64(whole)
	p.Amount *= share
	p.Covered = time.Duration(share * float64(p.Covered))
	p.Estimated = time.Duration(share * float64(p.Estimated))
	return p
}

// Status says how well a bucket is known.
type Status uint8

// A bucket is Empty without data, Estimated when any of it was spread over a
// gap, Full when less than one nominal step of it is uncovered, else Partial.
const (
	Empty Status = iota
	Partial
	Estimated
	Full
)

var statusNames = [...]string{Empty: "empty", Partial: "partial", Estimated: "estimated", Full: "full"}

// String returns the status as exports print it: "full".
func (s Status) String() string { return statusNames[s] }

// Bucket is a civil bucket, or the part of one that a range cuts out, with the
// amount that falls into it.
type Bucket struct {
	Start, End time.Time // half-open, in the zone of the buckets
	Amount     float64   // means nothing when the bucket is Empty

	Covered, Estimated time.Duration // as in Portion
	Status             Status
}

// Length is the bucket's true length, clock changes included.
func (b Bucket) Length() time.Duration { return b.End.Sub(b.Start) }

// Spans lists the buckets of unit u that cover [from, to), without amounts, in
// from's zone. The first and the last are cut at the edges.
func Spans(from, to time.Time, u Unit) []Bucket {
	var spans []Bucket
	length := evenLength[u]
	if length > 0 && from.Before(to) {
		spans = make([]Bucket, 0, to.Sub(from)/length+2)
	}
	for start := from; start.Before(to); {
		end := u.Next(start)
		if end.After(to) {
			end = to.In(from.Location())
		}
		spans = append(spans, Bucket{Start: start, End: end})
		start = end
		if length == 0 {
			continue
		}
		// Asking the zone for each of ten years' hours takes longer than
		// adding up what they hold.
		until := earlier(u.evenUntil(start), to)
		n, done := int(until.Sub(start)/length), len(spans)
		spans = slices.Grow(spans, n)[:done+n]
		for i := done; i < len(spans); i++ {
			spans[i].Start = start
			start = start.Add(length)
			spans[i].End = start
		}
	}
	return spans
}

// evenLength is how long a bucket is while the clocks run evenly; 0 for those
// that differ in length even then.
var evenLength = [...]time.Duration{Hour: time.Hour, Day: 24 * time.Hour, Week: 7 * 24 * time.Hour, Month: 0, Year: 0}

// evenUntil returns an instant such that all buckets from start on that end by
// then are of even length. It returns start when that is not known.
func (u Unit) evenUntil(start time.Time) time.Time {
	// No change moves clocks by more than a day: so long after one, no local
	// time was there before.
	const margin = 26 * time.Hour
	began, ends := zoneBounds(start)
	switch {
	case !began.IsZero() && start.Before(began.Add(margin)):
		return start
	case ends.IsZero():
		return start.AddDate(200, 0, 0)
	default:
		return ends.Add(-1)
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Resample adds portions up in the buckets of unit u that cover [from, to), in
// from's zone. Portions must be in time order and not overlap; step is the
// nominal time between two readings (see Full).
func Resample(portions []Portion, from, to time.Time, u Unit, step time.Duration) []Bucket {
	buckets := Spans(from, to, u)
	walk := WalkOver(portions)
	for i := range buckets {
		b := &buckets[i]
		sum := walk.Sum(b.Start.Unix(), b.End.Unix())
		b.Amount, b.Covered, b.Estimated = sum.Amount, sum.Covered, sum.Estimated
		b.Status = b.status(step)
	}
	return buckets
}

// Sum adds up the portions in [from, to), by the whole second. Portions must be
// in time order and not overlap; one that crosses an edge is shared out by time.
func Sum(portions []Portion, from, to time.Time) Portion {
	start := from.Unix()
	first := sort.Search(len(portions), func(i int) bool { return portions[i].End > start })
	return WalkOver(portions[first:]).Sum(start, to.Unix())
}

// Walk adds up portions for stretches that come in time order, without looking
// for the first portion of each anew.
type Walk struct{ ahead []Portion }

// WalkOver returns a Walk over portions, which must be in time order and not
// overlap.
func WalkOver(portions []Portion) *Walk { return &Walk{portions} }

// Sum adds up the portions in [from, to), given in Unix seconds; from must not
// be before that of the call before. A portion that crosses an edge is shared
// out by time.
func (w *Walk) Sum(from, to int64) Portion {
	sum := Portion{Start: from, End: to}
	w.skip(from)
	for i := range w.ahead {
		p := &w.ahead[i]
		if p.Start >= to {
			break
		}
		if p.Start < from || p.End > to {
			part := p.Cut(from, to)
			p = &part
		}
		sum.Amount += p.Amount
		sum.Covered += p.Covered
		sum.Estimated += p.Estimated
	}
	return sum
}

// Covers reports whether Sum would find anything covered, and may be called
// instead of it.
func (w *Walk) Covers(from, to int64) bool {
	w.skip(from)
	for i := range w.ahead {
		p := &w.ahead[i]
		if p.Start >= to {
			break
		}
		if p.Cut(from, to).Covered > 0 {
			return true
		}
	}
	return false
}

// skip leaves the portions behind that end by from.
func (w *Walk) skip(from int64) {
	n := 0
	for n < len(w.ahead) && w.ahead[n].End <= from {
		n++
	}
	w.ahead = w.ahead[n:]
}

func (b *Bucket) status(step time.Duration) Status {
	uncovered := b.Length() - b.Covered
	switch {
	case b.Covered <= 0:
		return Empty
	case b.Estimated > 0:
		return Estimated
	case uncovered <= 0 || uncovered < step:
		return Full
	default:
		return Partial
	}
}
