package store

import (
	"math"
	"testing"
)

func TestRubbishThatReadsAsRowsIsLeftOut(t *testing.T) {
	const now = int64(1_774_000_000_000_000)
	for _, c := range []struct {
		name   string
		table  string
		values []any
		want   bool
	}{
		{"a weigh-in", "reading", []any{"weight", "id:1", "1", now, int64(-3600), 80.5, "Aria", int64(1)}, true},
		{"before 1970", "reading", []any{"weight", "id:1", "1", int64(-2_208_000_000_000_000), int64(0), 80.5, "Aria", int64(1)}, true},
		{"year 121130", "reading", []any{"body-fat", "id:1", "1", int64(3_760_326_512_387_967_042), int64(0), 20.0, "Aria", int64(1)}, false},
		{"of any size", "reading", []any{"body-fat", "id:1", "1", now, int64(0), -1.17e283, "Aria", int64(1)}, false},
		{"not a number", "reading", []any{"body-fat", "id:1", "1", now, int64(0), math.NaN(), "Aria", int64(1)}, false},
		{"days off UTC", "reading", []any{"body-fat", "id:1", "1", now, int64(90_000), 20.0, "Aria", int64(1)}, false},
		{"no text", "reading", []any{"body-fat", "id:\xff", "1", now, int64(0), 20.0, "Aria", int64(1)}, false},
		{"a day", "day_total", []any{"steps", int64(20_000), 9000.0}, true},
		{"a day of the year 9999", "day_total", []any{"steps", int64(2_932_000), 9000.0}, false},
		{"an hour for a day", "day_total", []any{"steps", now, 900.0}, false},
		{"an hour", "hour_total", []any{"steps", now, 900.0}, true},
		{"a day for an hour", "hour_total", []any{"steps", int64(20_000), 900.0}, false},
		{"no type", "hour_total", []any{"stops", now, 900.0}, false},
	} {
		if got := plausible(c.table, c.values); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}
