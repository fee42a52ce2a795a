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
func (b Bucket) Length() time.Duration {
	// Sub minds monotonic clocks, and takes several times as long.
	return time.Duration(b.End.Unix()-b.Start.Unix())*time.Second + time.Duration(b.End.Nanosecond()-b.Start.Nanosecond())
}

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
	start := from.Unix()
	for i := range buckets {
		b := &buckets[i]
		sum := walk.Sum(start, b.End.Unix())
		b.Amount, b.Covered, b.Estimated = sum.Amount, sum.Covered, sum.Estimated
		b.Status = sum.status(step)
		start = sum.End
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

// Walk adds up portions for stretches that come in time order and do not
// overlap, without looking for the first portion of each anew.
type Walk struct{ ahead []Portion }

// WalkOver returns a Walk over portions, which must be in time order and not
// overlap.
func WalkOver(portions []Portion) *Walk { return &Walk{portions} }

// Sum adds up the portions in [from, to), given in Unix seconds. A portion that
// crosses an edge is shared out by time.
func (w *Walk) Sum(from, to int64) Portion {
	w.skip(from)
	ahead, sum := w.ahead, Portion{Start: from, End: to}
	if len(ahead) > 0 && ahead[0].Start < from && ahead[0].End <= to {
		sum.add(ahead[0].Cut(from, to))
		ahead = ahead[1:]
	}
	amount, covered, estimated := sum.Amount, sum.Covered, sum.Estimated
	n := 0
	for n < len(ahead) && ahead[n].End <= to {
		p := &ahead[n]
		amount += p.Amount
		covered += p.Covered
		estimated += p.Estimated
		n++
	}
	w.ahead = ahead[n:]
	sum.Amount, sum.Covered, sum.Estimated = amount, covered, estimated
	if len(w.ahead) > 0 && w.ahead[0].Start < to {
		sum.add(w.ahead[0].Cut(from, to))
	}
	return sum
}

func (p *Portion) add(other Portion) {
	p.Amount += other.Amount
	p.Covered += other.Covered
	p.Estimated += other.Estimated
}

// skip leaves the portions behind that end by from.
func (w *Walk) skip(from int64) {
	if len(w.ahead) == 0 || w.ahead[0].End > from {
		return
	}
	// Without a gap it is this quarter-hour.
	if n := int((from - w.ahead[0].Start) / QuarterHour); n < len(w.ahead) && w.ahead[n].Start <= from && w.ahead[n].End > from {
		w.ahead = w.ahead[n:]
		return
	}
	w.ahead = w.ahead[sort.Search(len(w.ahead), func(i int) bool { return w.ahead[i].End > from }):]
}

// status is that of a bucket which the sum of its portions fills.
func (p *Portion) status(step time.Duration) Status {
	switch {
	case p.Covered <= 0:
		return Empty
	case p.Estimated > 0:
		return Estimated
	}
	length := time.Duration(p.End-p.Start) * time.Second
	if uncovered := length - p.Covered; uncovered <= 0 || uncovered < step {
		return Full
	}
	return Partial
}
