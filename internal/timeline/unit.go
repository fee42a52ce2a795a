package timeline

import (
	"fmt"
	"time"
)

// Unit is the length of a civil bucket. Its values order from short to long.
type Unit uint8

// The five units. Weeks are ISO weeks, Monday to Sunday.
const (
	Hour Unit = iota
	Day
	Week
	Month
	Year
)

var unitNames = [...]string{Hour: "hour", Day: "day", Week: "week", Month: "month", Year: "year"}

// String returns the unit's English name in lower case: "hour".
func (u Unit) String() string {
	if int(u) < len(unitNames) {
		return unitNames[u]
	}
	return fmt.Sprintf("unit(%d)", uint8(u))
}

// ParseUnit reads a unit's name as String prints it.
func ParseUnit(name string) (Unit, error) {
	for u, n := range unitNames {
		if n == name {
			return Unit(u), nil
		}
	}
	return 0, fmt.Errorf("%q is not one of hour, day, week, month, year", name)
}

// Start returns the first instant of the bucket that holds t, in t's zone.
//
// An hour is the longest run of instants with the same local date, hour and
// UTC offset: a repeated hour is two buckets, a half-hour clock change makes a
// bucket of thirty minutes. The longer units run from the first instant of
// their first local date to the first instant of the next one's, so a day has
// 23, 24 or 25 hours where the clocks change, and starts at 01:00 where
// midnight does not exist.
func (u Unit) Start(t time.Time) time.Time {
	if u == Hour {
		return hourStart(t)
	}
	y, m, d := u.firstDate(t)
	start := dayStart(y, m, d, t.Location())
	// Where the clock once fell back over midnight, the last minutes of a
	// date come after the first instant of the next one.
	for next := u.after(y, m, d, t.Location()); !next.After(t); next = u.after(y, m, d, t.Location()) {
		start = next
		y, m, d = u.nextDate(y, m, d)
	}
	return start
}

// Next returns the first instant after the bucket that holds t: its exclusive
// end and the start of the bucket that follows.
func (u Unit) Next(t time.Time) time.Time {
	if u == Hour {
		return hourEnd(t)
	}
	y, m, d := u.firstDate(t)
	next := u.after(y, m, d, t.Location())
	for !next.After(t) {
		y, m, d = u.nextDate(y, m, d)
		next = u.after(y, m, d, t.Location())
	}
	return next
}

// Back returns the start of the bucket n buckets before the one that holds t;
// a negative n goes forward.
func (u Unit) Back(t time.Time, n int) time.Time {
	t = u.Start(t)
	for ; n > 0; n-- {
		t = u.Start(t.Add(-1))
	}
	for ; n < 0; n++ {
		t = u.Next(t)
	}
	return t
}

// Label names the bucket that holds t: "2024-10-27 01:00 +0100" for an hour,
// "2024-10-27", "2024-W43" (ISO), "2024-10", "2024".
func (u Unit) Label(t time.Time) string {
	start := u.Start(t)
	switch u {
	case Hour:
		return start.Format("2006-01-02 15:04 -0700")
	case Day:
		return start.Format(time.DateOnly)
	case Week:
		year, week := start.ISOWeek()
		return fmt.Sprintf("%04d-W%02d", year, week)
	case Month:
		return start.Format("2006-01")
	default:
		return start.Format("2006")
	}
}

// firstDate is the first local date of the bucket that holds t's local date.
func (u Unit) firstDate(t time.Time) (int, time.Month, int) {
	y, m, d := t.Date()
	switch u {
	case Week:
		d -= (int(t.Weekday()) + 6) % 7
	case Month:
		d = 1
	case Year:
		m, d = time.January, 1
	}
	return y, m, d
}

// nextDate is the first local date of the following bucket; days and months
// may run over, as in time.Date.
func (u Unit) nextDate(y int, m time.Month, d int) (int, time.Month, int) {
	switch u {
	case Day:
		return y, m, d + 1
	case Week:
		return y, m, d + 7
	case Month:
		return y, m + 1, d
	default:
		return y + 1, m, d
	}
}

func (u Unit) after(y int, m time.Month, d int, zone *time.Location) time.Time {
	y, m, d = u.nextDate(y, m, d)
	return dayStart(y, m, d, zone)
}

// dayStart returns the first instant whose local date is y-m-d or, where that
// date was skipped, the first one after it. time.Date alone returns an instant
// of the day before in zones whose clocks change at midnight.
func dayStart(y int, m time.Month, d int, zone *time.Location) time.Time {
	return FirstShowing(time.Date(y, m, d, 0, 0, 0, 0, time.UTC), zone)
}

// FirstShowing returns the first instant at which the clocks of zone show
// wall, a date and time held as if it were UTC, or a later time because they
// skipped it.
func FirstShowing(wall time.Time, zone *time.Location) time.Time {
	// No zone has been more than a day away from UTC.
	t := wall.Add(-26 * time.Hour).In(zone)
	for {
		_, offset := t.Zone()
		_, end := zoneBounds(t)
		shown := wall.Add(-time.Duration(offset) * time.Second).In(zone)
		if shown.Before(t) {
			return t // the clocks jumped over wall when this period began
		}
		if end.IsZero() || shown.Before(end) {
			return shown
		}
		t = end
	}
}

func hourStart(t time.Time) time.Time {
	start := t.Add(-sinceFullHour(t))
	for {
		began, _ := zoneBounds(t)
		if began.IsZero() || !began.After(start) {
			return start
		}
		if !sameOffset(began, began.Add(-1)) {
			return began
		}
		t = began.Add(-1)
	}
}

func hourEnd(t time.Time) time.Time {
	end := t.Add(time.Hour - sinceFullHour(t))
	for {
		_, ends := zoneBounds(t)
		if ends.IsZero() || !ends.Before(end) {
			return end
		}
		if !sameOffset(ends, ends.Add(-1)) {
			return ends
		}
		t = ends
	}
}

func sinceFullHour(t time.Time) time.Duration {
	_, min, sec := t.Clock()
	return time.Duration(min)*time.Minute + time.Duration(sec)*time.Second + time.Duration(t.Nanosecond())
}

// zoneBounds returns a stretch around t in which the offset does not change; a
// zero time means no end on that side. The stretch may be shorter than it could
// be: time.ZoneBounds also breaks where only a zone's name changes and, beyond
// its table of changes, at the turn of the year. There it also takes every year
// for one of 365 days, and lets 31 December of a leap year end before it began.
func zoneBounds(t time.Time) (start, end time.Time) {
	start, end = t.ZoneBounds()
	if !end.IsZero() && !end.After(t) {
		end = t.Add(15 * time.Minute)
	}
	return start, end
}

func sameOffset(a, b time.Time) bool {
	_, x := a.Zone()
	_, y := b.Zone()
	return x == y
}
