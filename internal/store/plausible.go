package store

import (
	"math"
	"slices"
	"time"
	"unicode/utf8"

	"vitals/internal/health"
)

func isType(v any) bool {
	name, ok := v.(string)
	return ok && slices.Contains(health.DataTypes(), health.DataType(name))
}

// plausible reports whether a row may be one of a table as far as its values go;
// those of days and of hours are alike. A page that was overwritten may still
// read as rows, of any year and any size.
func plausible(name string, values []any) bool {
	for _, v := range values {
		switch v := v.(type) {
		case string:
			if !utf8.ValidString(v) {
				return false
			}
		case float64:
			if !(math.Abs(v) < 1e12) {
				return false
			}
		}
	}
	switch name {
	case "reading", "day_total", "hour_total", "ruling", "hours_fetched", "fetch":
		if len(values) < 2 || !isType(values[0]) {
			return false
		}
	}
	const (
		from, to = -25_567, 84_006       // 1900 and 2200, in days since 1970
		day      = int64(86_400_000_000) // in microseconds
	)
	at := func(i int) int64 {
		if i >= len(values) {
			return 0
		}
		n, _ := values[i].(int64)
		return n
	}
	switch start := at(1); name {
	case "reading":
		return at(3) >= from*day && at(3) < to*day && at(4) > -day/1e6 && at(4) < day/1e6
	case "day_total":
		return start >= from && start < to
	case "hour_total":
		return start >= from*day && start < to*day && (start < from || start >= to)
	default:
		return true
	}
}

// likely is plausible for a row of which nothing but its values tells whose it is.
func likely(name string, values []any) bool {
	if name != "identity" && name != "settings" || len(values) != 3 {
		return plausible(name, values)
	}
	zone, _ := values[1].(string)
	units, _ := values[2].(string)
	_, err := time.LoadLocation(zone)
	isSettings := err == nil && slices.Contains([]health.WeightUnit{"", health.Kilograms, health.Pounds, health.Stone}, health.WeightUnit(units))
	return isSettings == (name == "settings")
}
