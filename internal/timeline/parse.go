package timeline

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// ParseTime reads an instant as people type it, in the zone of now: a date
// "2024-03-31" (its first instant), "2024-03-31T14:00" with or without seconds
// (a repeated local time means its first pass, a skipped one the instant of
// the change), RFC 3339 with an offset, or "-7d": the first instant of the
// local date seven dates before now's.
func ParseTime(text string, now time.Time) (time.Time, error) {
	zone := now.Location()
	if days, ok := strings.CutSuffix(text, "d"); ok && strings.HasPrefix(text, "-") {
		n, err := strconv.Atoi(days[1:])
		if err == nil && n >= 0 && n < 100_000 {
			y, m, d := now.Date()
			return dayStart(y, m, d-n, zone), nil
		}
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", "2006-01-02T15:04:05"} {
		if wall, err := time.Parse(layout, text); err == nil {
			return FirstShowing(wall, zone), nil
		}
	}
	if t, err := time.Parse(time.RFC3339, text); err == nil {
		return t.In(zone), nil
	}
	return time.Time{}, fmt.Errorf("%q is not a time like 2024-03-31, 2024-03-31T14:00 or -7d", text)
}
