package timeline

import (
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
	for start := from; start.Before(to); {
		end := u.Next(start)
		if end.After(to) {
			end = to.In(from.Location())
		}
		spans = append(spans, Bucket{Start: start, End: end})
		start = end
	}
	return spans
}

// Resample adds portions up in the buckets of unit u that cover [from, to), in
// from's zone. Portions must be in time order and not overlap; step is the
// nominal time between two readings (see Full).
func Resample(portions []Portion, from, to time.Time, u Unit, step time.Duration) []Bucket {
	buckets := Spans(from, to, u)
	for i := range buckets {
		b := &buckets[i]
		sum := Sum(portions, b.Start, b.End)
		b.Amount, b.Covered, b.Estimated = sum.Amount, sum.Covered, sum.Estimated
		b.Status = b.status(step)
	}
	return buckets
}

// Sum adds up the portions in [from, to), by the whole second. Portions must be
// in time order and not overlap; one that crosses an edge is shared out by time.
func Sum(portions []Portion, from, to time.Time) Portion {
	sum := Portion{Start: from.Unix(), End: to.Unix()}
	first := sort.Search(len(portions), func(i int) bool { return portions[i].End > sum.Start })
	for i := first; i < len(portions) && portions[i].Start < sum.End; i++ {
		p := &portions[i]
		if p.Start < sum.Start || p.End > sum.End {
			part := p.Cut(sum.Start, sum.End)
			p = &part
		}
		sum.Amount += p.Amount
		sum.Covered += p.Covered
		sum.Estimated += p.Estimated
	}
	return sum
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
