package takeout

import (
	"maps"
	"math"
	"math/bits"
	"slices"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

const (
	minutesADay  = 24 * 60
	quartersADay = 24 * 4

	// fine is how finely amounts are added up: whole numbers come to the same
	// sum in whatever order files are read.
	fine = 10_000
)

// minutes adds up one series that stands in minutes: each counts once, however
// many files tell it. Minutes are counted from 1970, by UTC or by a wall clock.
// What a file tells waits until the file is known to be sound.
type minutes struct {
	days   map[int32]*minuteDay
	second map[int32]*minuteDay // the second pass of wall-clock minutes that came twice

	number int32 // of the day used last
	last   *minuteDay

	waiting []minute
	at      int64 // instant of the newest that waits, in seconds
}

type minuteDay struct {
	seen [(minutesADay + 63) / 64]uint64
	sum  [quartersADay]int64 // by quarter-hour, in the fineth part
	asOf int64               // when the newest file that told of it was made
}

type minute struct {
	number int64 // since 1970
	amount int64
	second bool
}

func newMinutes() *minutes {
	return &minutes{days: map[int32]*minuteDay{}, second: map[int32]*minuteDay{}, number: math.MinInt32, at: math.MinInt64}
}

// mostWaiting is more minutes than the files of a month hold.
const mostWaiting = 100_000

// add takes what was counted from the second at on, since 1970. Amounts of one
// minute with different seconds, in rows beside each other, are parts of it. AsOf is when the file was made.
func (m *minutes) add(at int64, amount float64, second bool, asOf time.Time) {
	next := minute{floorDiv(at, 60), int64(math.Round(amount * fine)), second}
	n := len(m.waiting)
	switch {
	case n > 0 && at == m.at && m.waiting[n-1].second == second:
		return // the same row again
	case n > 0 && m.waiting[n-1].number == next.number && m.waiting[n-1].second == second:
		m.waiting[n-1].amount += next.amount
	default:
		if n >= mostWaiting {
			m.commit(asOf)
		}
		m.waiting = append(m.waiting, next)
	}
	m.at = at
}

// commit counts what waits.
func (m *minutes) commit(asOf time.Time) {
	for _, w := range m.waiting {
		m.count(w, asOf.Unix())
	}
	m.discard()
}

// discard forgets what waits.
func (m *minutes) discard() { m.waiting, m.at = m.waiting[:0], math.MinInt64 }

func (m *minutes) count(w minute, asOf int64) {
	number := int32(floorDiv(w.number, minutesADay))
	of := int(w.number - int64(number)*minutesADay)
	var day *minuteDay
	switch {
	case w.second:
		if day = m.second[number]; day == nil {
			day = &minuteDay{}
			m.second[number] = day
		}
	case m.last != nil && m.number == number:
		day = m.last
	default:
		if day = m.days[number]; day == nil {
			day = &minuteDay{}
			m.days[number] = day
		}
		m.number, m.last = number, day
	}
	if bit := uint64(1) << (of % 64); day.seen[of/64]&bit == 0 {
		day.seen[of/64] |= bit
		day.sum[of/15] += w.amount
		day.asOf = max(day.asOf, asOf)
	}
}

// known is how many of the minutes of a quarter-hour were told.
func (d *minuteDay) known(quarter int) int {
	const all = 1<<15 - 1
	from := quarter * 15
	found := d.seen[from/64] >> (from % 64)
	if from%64 > 64-15 {
		found |= d.seen[from/64+1] << (64 - from%64)
	}
	return bits.OnesCount64(found & all)
}

// sum is what the minutes of a date or an hour come to.
type sum struct {
	amount int64
	known  int   // minutes
	asOf   int64 // Unix seconds
}

func (s sum) plus(amount int64, known int, asOf int64) sum {
	return sum{s.amount + amount, s.known + known, max(s.asOf, asOf)}
}

func (s sum) value() float64 { return float64(s.amount) / fine }

// sums are a series by the local date and by the hour.
type sums struct {
	days  map[health.Date]sum
	hours map[int64]sum // by start
}

// sums adds the minutes up by the dates and hours of zone. For minutes of a wall
// clock, dates are its own and need no zone.
func (m *minutes) sums(zone *time.Location, wallClock bool) sums {
	s := sums{map[health.Date]sum{}, map[int64]sum{}}
	clock := timeline.NewClock(zone)
	add := func(days map[int32]*minuteDay, second bool) {
		for _, number := range slices.Sorted(maps.Keys(days)) {
			day := days[number]
			for quarter := range quartersADay {
				known := day.known(quarter)
				if known == 0 {
					continue
				}
				at := int64(number)*86400 + int64(quarter)*900
				var date health.Date
				skipped := false
				if wallClock {
					date = health.DateOf(time.Unix(at, 0).UTC())
					first, last, shown := clock.Shown(at)
					at, skipped = first, !shown
					if second {
						at = last
					}
				}
				shown := time.Unix(at, 0).In(zone)
				if !wallClock {
					date = health.DateOf(shown)
				}
				_, offset := shown.Zone()
				hour := floorDiv(at+int64(offset), 3600)*3600 - int64(offset)
				s.days[date] = s.days[date].plus(day.sum[quarter], known, day.asOf)
				if !skipped { // else no clock showed it, and it would be another hour's
					s.hours[hour] = s.hours[hour].plus(day.sum[quarter], known, day.asOf)
				}
			}
		}
	}
	add(m.days, false)
	add(m.second, true)
	return s
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
