package takeout

import (
	"strconv"
	"strings"
	"time"
	"unicode"

	"vitals/internal/health"
)

// written is a date, perhaps with a time, as it stands in a file: which of two
// numbers is the day may be open.
type written struct {
	wall
	a, b     int  // the numbers that are day and month, in the order written; 0: the order is known
	dotted   bool // 02.03.2019: nobody writes the month first so
	hasClock bool
}

// in is the date with its numbers read in that order.
func (w written) in(order DateOrder) wall {
	if w.a == 0 {
		return w.wall
	}
	if order == MonthFirst {
		w.date.Month, w.date.Day = time.Month(w.a), w.b
	} else {
		w.date.Month, w.date.Day = time.Month(w.b), w.a
	}
	return w.wall
}

// orderOf finds in which order dates are written: as told, else as a day above
// 12 shows, else day first where it makes no difference. Nothing is known of
// dates that can be read both ways, nor of those that cannot be of one order.
func orderOf(dates func(func(written) bool), told DateOrder) (order DateOrder, ok bool) {
	day, month, open := false, false, false
	for w := range dates {
		switch {
		case w.a == 0:
		case w.a > 12 || w.dotted:
			day = day || w.a > 12 || w.b <= 12
			month = month || w.dotted && w.b > 12
		case w.b > 12:
			month = true
		case w.a != w.b:
			open = true
		}
	}
	switch {
	case day && month:
		return told, told != AnyOrder
	case day:
		return DayFirst, true
	case month:
		return MonthFirst, true
	case open:
		return told, told != AnyOrder
	default:
		return DayFirst, true
	}
}

// monthNamed finds a month by the first letters of its English, German, French,
// Dutch, Spanish or Italian name.
func monthNamed(word string) (time.Month, bool) {
	const names = "jan=1 feb=2 mar=3 apr=4 may=5 jun=6 jul=7 aug=8 sep=9 oct=10 nov=11 dec=12 " +
		"mär=3 mrz=3 maerz=3 mai=5 okt=10 dez=12 janv=1 fév=2 fev=2 avr=4 juin=6 juil=7 aoû=8 aou=8 déc=12 " +
		"maa=3 mrt=3 mei=5 ene=1 abr=4 ago=8 dic=12 gen=1 mag=5 giu=6 lug=7 set=9 ott=10"
	word = strings.ToLower(word)
	for pair := range strings.FieldsSeq(names) {
		name, number, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(word, name) {
			n, _ := strconv.Atoi(number)
			return time.Month(n), true
		}
	}
	return 0, false
}

// parseWritten reads a date, or a date and a time, in any of the usual ways.
func parseWritten(text string) (w written, ok bool) {
	text = strings.TrimSpace(text)
	const longest = 60
	if text == "" || len(text) > longest {
		return w, false
	}
	if n, err := strconv.ParseInt(text, 10, 64); err == nil {
		return fromNumber(n, len(text))
	}
	if date, clock, cut := cutClock(text); cut {
		if w.clock, w.offset, ok = parseClock(clock); !ok {
			return w, false
		}
		w.hasClock = true
		text = date
	}
	return w, w.parseDate(text)
}

// fromNumber reads 20190302 and seconds or milliseconds since 1970.
func fromNumber(n int64, digits int) (w written, ok bool) {
	utc := 0
	switch digits {
	case 8:
		w.date = health.Date{Year: int(n / 10000), Month: time.Month(n / 100 % 100), Day: int(n % 100)}
		return w, w.valid()
	case 13:
		n /= 1000
	case 9, 10:
	default:
		return w, false
	}
	w.wall = fakeUTC(n)
	w.offset, w.hasClock = &utc, true
	return w, true
}

// cutClock parts a date from the time behind it.
func cutClock(text string) (date, clock string, cut bool) {
	at := strings.IndexByte(text, ':')
	if at < 0 {
		return text, "", false
	}
	begin := at
	for begin > 0 && text[begin-1] >= '0' && text[begin-1] <= '9' {
		begin--
	}
	if begin == at {
		return text, "", false
	}
	date = strings.TrimRight(text[:begin], " ,T")
	for _, word := range []string{" at", " um", " à", " om", " -"} {
		date = strings.TrimSuffix(date, word)
	}
	return strings.TrimRight(date, " ,"), text[begin:], true
}

// parseClock reads 7:12, 07:12:30.000, 7:12 PM, each perhaps with an offset.
func parseClock(text string) (clock time.Duration, offset *int, ok bool) {
	text = strings.TrimSpace(strings.ToUpper(text))
	if strings.HasSuffix(text, "Z") || strings.HasSuffix(text, " UTC") {
		utc := 0
		offset, text = &utc, strings.TrimSpace(strings.TrimSuffix(strings.TrimSuffix(text, "Z"), " UTC"))
	} else if at := strings.LastIndexAny(text, "+-"); at > 0 {
		seconds, ok := parseOffset(text[at:])
		if !ok {
			return 0, nil, false
		}
		offset, text = &seconds, strings.TrimSpace(text[:at])
	}
	half := ""
	for _, mark := range []string{"AM", "PM", "A.M.", "P.M."} {
		if rest, found := strings.CutSuffix(text, mark); found {
			half, text = mark[:1], strings.TrimFunc(rest, unicode.IsSpace)
			break
		}
	}
	parts := strings.Split(strings.Replace(text, ",", ".", 1), ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, nil, false
	}
	h, errHour := strconv.Atoi(parts[0])
	m, errMinute := strconv.Atoi(parts[1])
	s := 0.0
	var errSecond error
	if len(parts) == 3 {
		s, errSecond = strconv.ParseFloat(parts[2], 64)
	}
	if errHour != nil || errMinute != nil || errSecond != nil || h < 0 || h > 23 || m < 0 || m > 59 || !(s >= 0 && s < 61) {
		return 0, nil, false
	}
	switch {
	case half != "" && (h < 1 || h > 12):
		return 0, nil, false
	case half == "A":
		h %= 12
	case half == "P":
		h = h%12 + 12
	}
	clock = time.Duration(h)*time.Hour + time.Duration(m)*time.Minute + time.Duration(s*1e6)*time.Microsecond
	return min(clock, 24*time.Hour-time.Microsecond), offset, true
}

// parseOffset reads +02:00, -0800 and +5.
func parseOffset(text string) (seconds int, ok bool) {
	digits := strings.Replace(text[1:], ":", "", 1)
	n, err := strconv.Atoi(digits)
	if err != nil || n < 0 || len(digits) > 4 {
		return 0, false
	}
	if len(digits) <= 2 {
		n *= 100
	}
	seconds = n/100*3600 + n%100*60
	if text[0] == '-' {
		seconds = -seconds
	}
	return seconds, n/100 <= 16 && n%100 < 60
}

// parseDate reads the date into w.
func (w *written) parseDate(text string) bool {
	parts := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(" /-.,", r) || unicode.IsSpace(r) })
	if len(parts) == 4 && !startsWithDigit(parts[0]) { // the name of the weekday
		parts = parts[1:]
	}
	if len(parts) != 3 {
		return false
	}
	var n [3]int
	named := -1
	for i, part := range parts {
		if month, ok := monthNamed(part); ok && named < 0 {
			n[i], named = int(month), i
			continue
		}
		part = strings.TrimRight(part, "stndrh") // 2nd, 3rd, 4th
		number, err := strconv.Atoi(part)
		if err != nil || number < 0 || len(part) > 4 {
			return false
		}
		n[i] = number
	}
	year := func(i int) int {
		switch y := n[i]; {
		case len(parts[i]) > 2:
			return y
		case y < 69:
			return 2000 + y
		default:
			return 1900 + y
		}
	}
	switch {
	case named == 0: // Mar 2 2019
		w.date = health.Date{Year: year(2), Month: time.Month(n[0]), Day: n[1]}
	case named == 1 && len(parts[0]) == 4: // 2019 Mar 2
		w.date = health.Date{Year: n[0], Month: time.Month(n[1]), Day: n[2]}
	case named == 1: // 2 Mar 2019
		w.date = health.Date{Year: year(2), Month: time.Month(n[1]), Day: n[0]}
	case named == 2:
		return false
	case len(parts[0]) == 4:
		w.date = health.Date{Year: n[0], Month: time.Month(n[1]), Day: n[2]}
	case n[0] < 1 || n[1] < 1 || n[0] > 31 || n[1] > 31 || n[0] > 12 && n[1] > 12:
		return false
	default:
		w.a, w.b, w.date.Year, w.dotted = n[0], n[1], year(2), strings.Contains(text, ".")
		return len(parts[2]) != 3
	}
	return w.wall.valid()
}

func startsWithDigit(text string) bool { return text != "" && text[0] >= '0' && text[0] <= '9' }
