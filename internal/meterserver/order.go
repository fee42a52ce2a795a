package meterserver

import (
	"math"
	"strconv"
	"time"

	"vitals/internal/postgres"
	"vitals/internal/timeline"
)

// key is the column by which the rows of a table are read on, page by page, and
// numbered in the copy.
type key struct {
	column
	numbers bool     // its values are the row numbers: an integer primary key
	ties    []string // the columns that order rows of one value
	indexed bool     // the server finds a value without reading all rows
	twice   *twice   // of a clock on the wall, where the place of a row tells its pass; else nil
}

// twice knows the times that a clock on the wall shows twice, when it is put back.
type twice struct {
	zone       *time.Location
	start, end time.Time // of the times that were found last, as if by UTC
	day        time.Time // the last one that was looked at
	calm       bool      // it and its neighbours have no clock change
}

// onCalmDay reports whether a time is far from a clock change: most are, and to find
// out about each by itself takes long.
func (t *twice) onCalmDay(wall time.Time) bool {
	const around, step = 50 * time.Hour, 6 * time.Hour
	day := wall.Truncate(24 * time.Hour)
	if day.Equal(t.day) {
		return t.calm
	}
	t.day, t.calm = day, true
	_, first := day.Add(-around).In(t.zone).Zone()
	for at := -around; at <= around+24*time.Hour; at += step {
		_, offset := day.Add(at).In(t.zone).Zone()
		t.calm = t.calm && offset == first
	}
	return t.calm
}

// from is the first of the times that are shown twice among which a time is; false
// where it is shown once.
func (t *twice) from(wall time.Time) (time.Time, bool) {
	if !wall.Before(t.start) && wall.Before(t.end) {
		return t.start, true
	}
	again := func(at time.Time) bool { return len(timeline.Instants(at, t.zone)) > 1 }
	if t.onCalmDay(wall) || !again(wall) {
		return time.Time{}, false
	}
	start := wall.Truncate(time.Minute)
	for again(start.Add(-time.Minute)) {
		start = start.Add(-time.Minute)
	}
	end := start
	for again(end) {
		end = end.Add(time.Minute)
	}
	t.start, t.end = start, end
	return start, true
}

// asked is the value of the key in a SELECT, of an expression for it.
func (k key) asked(expression string) string {
	if k.meaning == instant {
		return "(" + expression + " AT TIME ZONE 'UTC')::text"
	}
	return "(" + expression + ")::text"
}

// from is the parameter of that number as a value of the key.
func (k key) from(parameter string) string {
	if k.meaning == instant {
		return "(" + parameter + "::text::timestamp AT TIME ZONE 'UTC')"
	}
	return parameter + "::text::" + k.kind
}

// bounds leaves out rows that have no place in an order of time.
func (k key) bounds() string {
	name := postgres.Quoted(k.name)
	switch k.meaning {
	case wall:
		return name + " >= '0001-01-01' AND " + name + " < '9999-12-31'"
	case instant:
		return name + " >= '0001-01-01 00:00:00+00' AND " + name + " < '9999-12-31 00:00:00+00'"
	case real:
		return name + " >= -1e18 AND " + name + " <= 1e18"
	}
	return name + " IS NOT NULL"
}

// ordered is how rows of the table called t are ordered. What is selected may have
// the same names.
func (k key) ordered() string {
	text := "t." + postgres.Quoted(k.name)
	for _, name := range k.ties {
		text += ", t." + postgres.Quoted(name)
	}
	return text
}

// number is the lowest row number for a value of the key. Rows of one value have
// the next ones: up to 512 for each microsecond, as many as spread finds room for
// where whole numbers are times, and more where no others are close.
func (k key) number(value string) int64 {
	var n int64
	switch k.meaning {
	case wall, instant:
		n, _ = microsOf(value)
	case real:
		f, _ := strconv.ParseFloat(value, 64)
		n = int64(math.Floor(max(-9e18, min(f*1e6, 9e18))))
	default:
		n, _ = strconv.ParseInt(value, 10, 64)
		if !k.numbers {
			return spread(n)
		}
	}
	if k.numbers {
		return n
	}
	const most = 1 << 53 // microseconds in 2255
	switch {
	case n < -most:
		return -most << 9
	case n < most:
		return n << 9
	default:
		return most<<9 + min(n-most, math.MaxInt64-most<<9-1<<20)
	}
}

// lastNumber is the highest row number that rows of a value have where others are
// close.
func (k key) lastNumber(value string) int64 {
	if n, err := strconv.ParseInt(value, 10, 64); k.meaning == whole && err == nil {
		return max(spread(n), spread(n+min(1, math.MaxInt64-n))-1)
	}
	return k.number(value) | 511
}

// spread makes room for rows of one time behind each whole number: the less, the
// finer the unit is that it must be of. Many sensors may be logged each second.
func spread(n int64) int64 {
	if n < 0 { // before 1970
		return max(n, -1<<33) << 28
	}
	number := int64(0)
	for _, unit := range []struct {
		end   int64 // in 2242 or later
		shift int
	}{{1 << 33, 28}, {1 << 43, 18}, {1 << 53, 8}} { // seconds, milliseconds, microseconds
		if n < unit.end {
			return number + n<<unit.shift
		}
		number += unit.end << unit.shift
		n -= unit.end
	}
	return number + min(n, math.MaxInt64-number-1<<20) // nanoseconds
}

// aligned is a value at which a page may begin, and from which the numbers of rows
// follow. Fractions cannot be told apart exactly, and of times that are shown twice
// all are needed to tell the passes apart.
func (k key) aligned(value string) string {
	if k.twice != nil {
		if micros, ok := microsOf(value); ok {
			if start, again := k.twice.from(time.UnixMicro(micros).UTC()); again {
				return start.Format(time.DateTime)
			}
		}
		return value
	}
	if k.meaning != real || value == "" {
		return value
	}
	f, _ := strconv.ParseFloat(value, 64)
	return strconv.FormatFloat(math.Floor(f), 'f', -1, 64)
}

// passes reports whether rows of an aligned key are of times that are shown twice.
func (k key) passes(aligned string) bool {
	micros, ok := microsOf(aligned)
	if !ok {
		return false
	}
	_, again := k.twice.from(time.UnixMicro(micros).UTC())
	return again
}

// timed says that the numbers of rows follow from times in microseconds.
func (k key) timed() bool { return k.meaning == wall || k.meaning == instant }

// before is a value of the key that lies so long before another; false where it is
// no time that is known to be one.
func (k key) before(value string, ago time.Duration) (string, bool) {
	micros, ok := microsOf(value)
	if !ok || !k.timed() {
		return "", false
	}
	return time.UnixMicro(micros).UTC().Add(-ago).Format("2006-01-02 15:04:05.999999"), true
}
