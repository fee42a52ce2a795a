package view

import (
	"time"

	"vitals/internal/timeline"
)

// Reach is how far back from now a window looks.
type Reach uint8

// The reaches; LastQuarter (90 days) is what the body pane begins with, Typed
// that of a range somebody wrote.
const (
	Typed Reach = iota
	LastDay
	LastWeek
	LastMonth
	LastQuarter
	LastYear
	All
)

// steps tells how many buckets of which unit a reach is made of, the running
// one included, and the buckets it is shown in at first.
func (r Reach) steps() (n int, of, shown timeline.Unit) {
	switch r {
	case LastDay:
		return 24, timeline.Hour, timeline.Hour
	case LastWeek:
		return 7, timeline.Day, timeline.Day
	case LastQuarter:
		return 90, timeline.Day, timeline.Day
	case LastYear:
		return 12, timeline.Month, timeline.Month
	case All:
		return 0, timeline.Month, timeline.Month
	default:
		return 30, timeline.Day, timeline.Day
	}
}

// Extent is the stretch of time that there is data for, half-open and in any
// zone; zero when there is none.
type Extent struct {
	First, Last time.Time
}

// Window is a stretch of time to look at, and the buckets to see it in.
type Window struct {
	Reach Reach
	Unit  timeline.Unit

	// From and To are set once a window was moved or typed: it stays there.
	// While they are zero the window ends now, whenever that is.
	From, To time.Time
}

// NewWindow returns the window of a reach that ends now, in the buckets of that
// reach.
func NewWindow(r Reach) Window {
	_, _, shown := r.steps()
	return Window{Reach: r, Unit: shown}
}

// TypedWindow returns the window of a range that somebody wrote, in buckets
// that suit its length: hours for up to two days, days for up to three months,
// months beyond.
func TypedWindow(from, to time.Time) Window {
	w := Window{From: from, To: to}
	switch long := to.Sub(from); {
	case long <= 49*time.Hour:
		w.Unit = timeline.Hour
	case long <= 93*24*time.Hour:
		w.Unit = timeline.Day
	default:
		w.Unit = timeline.Month
	}
	return w
}

// FollowsNow reports whether the window ends now and moves on with time.
func (w Window) FollowsNow() bool { return w.To.IsZero() }

// Widened reports whether the window shows more than its name says, because it
// is shown in buckets that are longer than what it is made of.
func (w Window) Widened(now time.Time, data Extent) bool {
	from, to := w.unaligned(now, data)
	return !w.Unit.Start(from).Equal(from) && w.Reach != All || !w.FollowsNow() && !w.Unit.Start(to).Equal(to)
}

// Bounds returns the range that the window shows, aligned to its buckets, in
// the zone of now.
func (w Window) Bounds(now time.Time, data Extent) (from, to time.Time) {
	from, to = w.unaligned(now, data)
	if end := w.Unit.Start(to); !end.Equal(to) {
		to = w.Unit.Next(to)
	}
	return w.Unit.Start(from), to
}

func (w Window) unaligned(now time.Time, data Extent) (from, to time.Time) {
	zone := now.Location()
	if !w.FollowsNow() {
		return w.From.In(zone), w.To.In(zone)
	}
	n, of, _ := w.Reach.steps()
	if w.Reach != All {
		return of.Back(now, n-1), w.Unit.Next(now)
	}
	if from = now; !data.First.IsZero() && data.First.Before(now) {
		from = data.First.In(zone)
	}
	return from, w.Unit.Next(now)
}

// Earlier returns the window before this one, of the same length, or this one
// when there is no earlier data.
func (w Window) Earlier(now time.Time, data Extent) Window {
	from, _ := w.unaligned(now, data)
	if w.Reach == All || data.First.IsZero() || !from.After(data.First) {
		return w
	}
	return w.at(w.move(from, -1), from)
}

// Later returns the window after this one, which follows now when it reaches
// it.
func (w Window) Later(now time.Time, data Extent) Window {
	if w.FollowsNow() {
		return w
	}
	_, to := w.unaligned(now, data)
	end := w.move(to, +1)
	switch {
	case w.Reach != Typed && end.After(now):
		return w.Newest()
	case to.After(now):
		return w
	default:
		return w.at(to, end)
	}
}

// Oldest returns the window of this length that begins with the first data.
func (w Window) Oldest(now time.Time, data Extent) Window {
	if w.Reach == All || data.First.IsZero() {
		return w
	}
	_, of := w.stride()
	from := of.Start(data.First.In(now.Location()))
	if end := w.move(from, +1); w.Reach == Typed || !end.After(now) {
		return w.at(from, end)
	}
	return w.Newest()
}

// NewestData returns the window of this length that ends with the last data;
// it follows now when that is no earlier than now's own.
func (w Window) NewestData(now time.Time, data Extent) Window {
	if w.Reach == All || data.Last.IsZero() {
		return w
	}
	_, of := w.stride()
	last := of.Next(data.Last.In(now.Location()).Add(-1))
	if w.Reach != Typed && last.After(now) {
		return w.Newest()
	}
	return w.at(w.move(last, -1), last)
}

// Newest returns the window of this reach that follows now; what was typed has
// none, and shows the last 30 days.
func (w Window) Newest() Window {
	if w.Reach == Typed {
		w.Reach = LastMonth
	}
	w.From, w.To = time.Time{}, time.Time{}
	return w
}

func (w Window) at(from, to time.Time) Window {
	w.From, w.To = from, to
	return w
}

// stride tells by what the window moves: n buckets of a unit, or, for a typed
// range that is no whole number of any, 0.
func (w Window) stride() (n int, of timeline.Unit) {
	if w.Reach != Typed {
		n, of, _ = w.Reach.steps()
		return n, of
	}
	for of = timeline.Year; of > timeline.Hour; of-- {
		if of.Start(w.From).Equal(w.From) && of.Start(w.To).Equal(w.To) {
			for t := w.From; t.Before(w.To); t = of.Next(t) {
				n++
			}
			return n, of
		}
	}
	return 0, timeline.Hour
}

// move returns t moved by the window's own length, times over.
func (w Window) move(t time.Time, times int) time.Time {
	n, of := w.stride()
	if n == 0 {
		return t.Add(time.Duration(times) * w.To.Sub(w.From))
	}
	return of.Back(t, -times*n)
}
