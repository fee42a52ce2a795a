package timeline

import (
	"sort"
	"time"
)

// QuarterHour is the length of the portions a roll-up is made of, in seconds.
// They begin at full UTC quarter-hours, so that the hours of every zone since
// 2005 are made of whole ones; but for the hours around the clock changes of
// Newfoundland and Labrador until 2011, which came at 00:01.
const QuarterHour = 900

// RollUp is what is kept of a meter's readings: energy by the quarter-hour.
type RollUp struct {
	Source string        // which series of which database, for people to read
	Step   time.Duration // nominal time between two readings

	// From is where Portions begin to replace what was kept before, To where
	// they end to; zero times are no limits. Anew says that all the rest that
	// was kept before is to go, too.
	From, To time.Time
	Anew     bool
	Portions []Portion // kWh, in time order

	// More says that there is more to read, from Bookmark on.
	More bool

	// Latest is the newest reading taken in. Its value is in W: the power
	// then, or the mean power of the step that ended then. The zero time means
	// that there is none.
	Latest Reading

	// Dropped lists the readings of the whole series that were left out, or
	// the last of them when there are many; DroppedTotal counts all.
	Dropped      []Dropped
	DroppedTotal int

	// Bookmark is what the reader needs to go on from here; others only keep it.
	Bookmark []byte
}

// KeptRollUp is what is kept of a roll-up besides its portions: From is the
// zero time and Portions is nil.
type KeptRollUp struct {
	RollUp

	// First is where the first portion starts and Last where the last one ends;
	// zero times when there is none.
	First, Last time.Time

	// Revision grows each time the roll-up is saved.
	Revision int64
}

// Reading is what a meter showed at an instant.
type Reading struct {
	Time  time.Time
	Value float64
}

// Dropped is a reading that was left out, and why: "future", "before-2005", …
type Dropped struct {
	Reading
	Reason string
}

// QuarterHours adds amounts up by the UTC quarter-hour. The zero value is ready
// to use; it is for one goroutine.
type QuarterHours struct {
	portions []Portion
	cuts     []int64
}

// CutAt also ends a portion at the given instants, so that a range may begin or
// end inside a quarter-hour. Call it before Add.
func (q *QuarterHours) CutAt(instants ...time.Time) {
	for _, t := range instants {
		if s := t.Unix(); s%QuarterHour != 0 {
			q.cuts = append(q.cuts, s)
		}
	}
	sort.Slice(q.cuts, func(i, j int) bool { return q.cuts[i] < q.cuts[j] })
}

// Begin puts in what was added up of a quarter-hour before. Call it before Add.
func (q *QuarterHours) Begin(p Portion) { q.portions = append(q.portions, p) }

// Add spreads amount evenly over [start, end), given in Unix nanoseconds.
// Estimated says that it bridges a gap. Stretches may come in any order, though
// in time order is fastest; they must not overlap.
func (q *QuarterHours) Add(start, end int64, amount float64, estimated bool) {
	if end <= start {
		return
	}
	if n := len(q.portions); n > 0 { // most stretches lie in the quarter-hour of the one before
		if p := &q.portions[n-1]; start >= p.Start*int64(time.Second) && end <= p.End*int64(time.Second) {
			p.grow(amount, end-start, estimated)
			return
		}
	}
	whole := float64(end - start)
	for start < end {
		p := q.at(start)
		stop := min(end, p.End*int64(time.Second))
		p.grow(amount*float64(stop-start)/whole, stop-start, estimated)
		start = stop
	}
}

// grow adds an amount of so many nanoseconds.
func (p *Portion) grow(amount float64, nanos int64, estimated bool) {
	p.Amount += amount
	p.Covered += time.Duration(nanos)
	if estimated {
		p.Estimated += time.Duration(nanos)
	}
}

// at returns the portion that holds the instant t, made if need be.
func (q *QuarterHours) at(t int64) *Portion {
	sec := t / int64(time.Second)
	n := len(q.portions)
	if n > 0 {
		if last := &q.portions[n-1]; sec >= last.Start && sec < last.End {
			return last
		} else if sec < last.Start {
			n = sort.Search(n, func(i int) bool { return q.portions[i].End > sec })
			if sec >= q.portions[n].Start {
				return &q.portions[n]
			}
		}
	}
	p := Portion{Start: sec - sec%QuarterHour}
	p.End = p.Start + QuarterHour
	for _, cut := range q.cuts {
		if cut <= sec {
			p.Start = max(p.Start, cut)
		} else {
			p.End = min(p.End, cut)
		}
	}
	q.portions = append(q.portions, Portion{})
	copy(q.portions[n+1:], q.portions[n:])
	q.portions[n] = p
	return &q.portions[n]
}

// Portions returns what was added, in time order. It shares memory with q.
func (q *QuarterHours) Portions() []Portion { return q.portions }
