package takeout

import (
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// wall is what a clock on the wall shows.
type wall struct {
	date   health.Date
	clock  time.Duration // since midnight
	offset *int          // seconds east of UTC, nil when not told
}

// valid reports whether there is such a date and such a time.
func (w wall) valid() bool {
	t := time.Date(w.date.Year, w.date.Month, w.date.Day, 0, 0, 0, 0, time.UTC)
	const furthest = 16 * 3600
	return w.date == health.DateOf(t) && 0 < w.date.Year && w.date.Year <= 9999 && 0 <= w.clock && w.clock < 24*time.Hour &&
		(w.offset == nil || -furthest <= *w.offset && *w.offset <= furthest)
}

// utc is what the wall shows as if it were UTC.
func (w wall) utc() time.Time {
	return time.Date(w.date.Year, w.date.Month, w.date.Day, 0, 0, 0, 0, time.UTC).Add(w.clock)
}

// local is the instant at which a clock of the zone shows w. A time that the
// clocks skipped still shows as it was written down.
func (r *reader) local(w wall) time.Time {
	shown := w.utc()
	if w.offset != nil {
		return inOffset(shown, *w.offset)
	}
	at := timeline.Instants(shown, r.Zone)[0]
	return inOffset(shown, int(shown.Unix()-at.Unix()))
}

// inOffset is the instant that shows as t at an offset in seconds east of UTC.
func inOffset(t time.Time, offset int) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.FixedZone("", offset))
}

// fakeUTC is the wall that a number of seconds means which was made of a local
// time as if it were UTC, as Fitbit's logId and iHealth's MDate are.
func fakeUTC(seconds int64) wall {
	t := time.Unix(seconds, 0).UTC()
	return wall{date: health.DateOf(t), clock: t.Sub(t.Truncate(24 * time.Hour))}
}

// classicStamp reads "03/27/19 14:34:01", digit by digit: there are millions.
func classicStamp(text []byte) (wall, bool) {
	if len(text) != len("01/02/06 15:04:05") || text[2] != '/' || text[5] != '/' || text[8] != ' ' || text[11] != ':' || text[14] != ':' {
		return wall{}, false
	}
	var n [6]int
	for i := range n {
		a, b := text[3*i]-'0', text[3*i+1]-'0'
		if a > 9 || b > 9 {
			return wall{}, false
		}
		n[i] = int(a)*10 + int(b)
	}
	w := wall{date: health.Date{Year: 2000 + n[2], Month: time.Month(n[0]), Day: n[1]},
		clock: time.Duration(n[3])*time.Hour + time.Duration(n[4])*time.Minute + time.Duration(n[5])*time.Second}
	return w, true
}
