package meterserver

import (
	"math"
	"strconv"
	"time"

	"vitals/internal/postgres"
)

// key is the column by which the rows of a table are read on, page by page, and
// numbered in the copy.
type key struct {
	column
	numbers bool     // its values are the row numbers: an integer primary key
	ties    []string // the columns that order rows of one value
	indexed bool     // the server finds a value without reading all rows
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
// the next ones: up to 512 for each microsecond or whole number, and more where no
// others are close.
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
	}
	if k.numbers {
		return n
	}
	const most = 1 << 53 // microseconds in 2255; nanoseconds are beyond it
	switch {
	case n < -most:
		return -most << 9
	case n < most:
		return n << 9
	default:
		return most<<9 + min(n-most, math.MaxInt64-most<<9-1<<20)
	}
}

// aligned is a value at which a page may begin: all rows of one number, and those
// between it and the next, begin there. Fractions cannot be told apart exactly.
func (k key) aligned(value string) string {
	if k.meaning != real || value == "" {
		return value
	}
	f, _ := strconv.ParseFloat(value, 64)
	return strconv.FormatFloat(math.Floor(f), 'f', -1, 64)
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
