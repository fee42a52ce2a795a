package energy

import (
	"time"

	"zombiezen.com/go/sqlite"
)

// wallTime is a date and time as text spells it.
type wallTime struct {
	seconds int64 // since 1970, as if the clock had shown UTC
	nanos   int64
	offset  int64 // seconds east of UTC, where zoned
	zoned   bool  // the text names its offset from UTC
	pass    byte  // S or W: by summer or by winter time; 0 where that is not told
}

// dateOrder is the order in which text that does not begin with the year has
// its day and month; the zero value is for text that does.
type dateOrder uint8

const (
	yearFirst dateOrder = iota
	dayFirst
	monthFirst
)

// parseOrdered reads "31.03.2024 14:00:05", with slashes or hyphens too, in the
// given order, and what parseWallTime reads.
func parseOrdered(text []byte, order dateOrder) (wallTime, bool) {
	const date = 10
	if order == yearFirst || len(text) < date {
		return parseWallTime(text)
	}
	day, month := text[0:2], text[3:5]
	if order == monthFirst {
		day, month = month, day
	}
	var turned [48]byte
	if text[2] != text[5] || text[2] != '.' && text[2] != '/' && text[2] != '-' {
		return wallTime{}, false
	}
	iso := append(append(append(append(turned[:0], text[6:10]...), '-'), month...), '-')
	return parseWallTime(append(append(iso, day...), text[date:]...))
}

// dayOrder tells from a part beyond 12 in which order the cells of a column have
// their dates; nothing but that settles it.
func dayOrder(cells []*cell) dateOrder {
	var first, second bool
	for _, c := range cells {
		if c.kind != sqlite.TypeText || len(c.text) < 3 || isDigit(c.text[2]) {
			continue
		}
		if _, ok := parseOrdered(c.text, dayFirst); ok {
			first = first || string(c.text[0:2]) > "12"
		}
		if _, ok := parseOrdered(c.text, monthFirst); ok {
			second = second || string(c.text[3:5]) > "12"
		}
	}
	switch {
	case first && !second:
		return dayFirst
	case second && !first:
		return monthFirst
	}
	return yearFirst
}

// parseTelegram reads "241027023000W", as a Dutch smart meter writes it.
func parseTelegram(text []byte) (wallTime, bool) {
	const length = 13
	if len(text) != length || text[length-1] != 'S' && text[length-1] != 'W' {
		return wallTime{}, false
	}
	var full [16]byte
	t, ok := parseWallTime(append(append(full[:0], "20"...), text[:length-1]...))
	t.pass = text[length-1]
	return t, ok
}

// parseWallTime reads "2024-03-31 14:00:05.25", with a T or a slash in it,
// without seconds or without a time of day, also as "20240331140005"; behind
// it may stand Z or an offset such as "+01:00". It allocates nothing.
func parseWallTime(text []byte) (wallTime, bool) {
	r := digitReader{text: text}
	year := r.number(4)
	separator := r.oneOf("-/")
	month := r.number(2)
	if separator != 0 && r.oneOf("-/") != separator {
		return wallTime{}, false
	}
	day := r.number(2)
	var hour, minute, second, nanos int
	if between := r.oneOf(" T"); between != 0 || separator == 0 && !r.atEnd() {
		hour = r.number(2)
		colon := r.oneOf(":")
		minute = r.number(2)
		if !r.atEnd() && (colon == 0 && r.atDigit() || colon != 0 && r.oneOf(":") != 0) {
			second = r.number(2)
			if r.oneOf(".,") != 0 {
				nanos = r.fraction()
			}
		}
	}
	t := wallTime{nanos: int64(nanos)}
	t.offset, t.zoned = r.offset()
	if r.failed || !r.atEnd() || month < 1 || month > 12 || day < 1 || day > daysIn(year, month) ||
		hour > 23 || minute > 59 || second > 60 {
		return wallTime{}, false
	}
	t.seconds = daysSince1970(year, month, day)*86400 + int64(hour*3600+minute*60+second)
	return t, true
}

// digitReader walks over text; a miss is remembered and the rest reads as 0.
type digitReader struct {
	text   []byte
	pos    int
	failed bool
}

func (r *digitReader) atEnd() bool { return r.pos == len(r.text) }

func (r *digitReader) atDigit() bool { return !r.atEnd() && isDigit(r.text[r.pos]) }

// number reads exactly so many digits.
func (r *digitReader) number(digits int) int {
	n := 0
	for range digits {
		if !r.atDigit() {
			r.failed = true
			return 0
		}
		n = n*10 + int(r.text[r.pos]-'0')
		r.pos++
	}
	return n
}

// oneOf reads a byte if it is one of those wanted, else it returns 0.
func (r *digitReader) oneOf(wanted string) byte {
	if r.atEnd() {
		return 0
	}
	for i := range len(wanted) {
		if r.text[r.pos] == wanted[i] {
			r.pos++
			return wanted[i]
		}
	}
	return 0
}

// fraction reads the digits behind a decimal point as nanoseconds.
func (r *digitReader) fraction() int {
	r.failed = r.failed || !r.atDigit()
	n := 0
	for unit := 100_000_000; r.atDigit(); unit /= 10 {
		n += int(r.text[r.pos]-'0') * unit
		r.pos++
	}
	return n
}

// offset reads "Z", "+01", "+0100" or "+01:00", with a space before it or none.
func (r *digitReader) offset() (seconds int64, found bool) {
	if r.oneOf(" ") != 0 && r.atEnd() {
		r.failed = true
	}
	sign := r.oneOf("Z+-")
	if sign == 0 || sign == 'Z' {
		return 0, sign != 0
	}
	hours, minutes := r.number(2), 0
	if r.oneOf(":") != 0 || !r.atEnd() {
		minutes = r.number(2)
	}
	r.failed = r.failed || hours > 26 || minutes > 59
	seconds = int64(hours*3600 + minutes*60)
	if sign == '-' {
		seconds = -seconds
	}
	return seconds, true
}

func isDigit(b byte) bool { return b >= '0' && b <= '9' }

func daysIn(year, month int) int {
	switch month {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

func daysSince1970(year, month, day int) int64 {
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Unix() / 86400
}
