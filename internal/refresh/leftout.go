package refresh

import (
	"fmt"
	"time"

	"vitals/internal/health"
)

// heldBack says how many readings can be nobody's, and the newest of them; ""
// when all can be somebody's. Words are of one reading, "" for a possible one.
func heldBack[T any](name string, readings []T, words func(T) string) string {
	count, newest := 0, ""
	for _, r := range readings {
		if text := words(r); text != "" {
			count, newest = count+1, text
		}
	}
	switch count {
	case 0:
		return ""
	case 1:
		return fmt.Sprintf("1 %s held back: %s", name, newest)
	default:
		return fmt.Sprintf("%d %ss held back, the newest: %s", count, name, newest)
	}
}

func dayOf(t time.Time) string { return t.Format("2 Jan 2006") }

func weighingsLeftOut(weighings []health.Weighing, now time.Time) string {
	return heldBack("weigh-in", weighings, func(w health.Weighing) string {
		reason := health.Judge([]health.Weighing{w}, now)[0].Reason // alone, only what is impossible is held back
		if reason == "" {
			return ""
		}
		return fmt.Sprintf("%g kg on %s, %s", w.KG, dayOf(w.At), reason)
	})
}

func bodyFatsLeftOut(fats []health.BodyFat, _ time.Time) string {
	return heldBack("body fat reading", fats, func(f health.BodyFat) string {
		if f.Reason() == "" {
			return ""
		}
		return fmt.Sprintf("%g %% on %s, %s", f.Percent, dayOf(f.At), f.Reason())
	})
}

func heightsLeftOut(heights []health.Height, _ time.Time) string {
	return heldBack("height", heights, func(h health.Height) string {
		if health.PossibleHeight(h.Metres) {
			return ""
		}
		return fmt.Sprintf("%g m on %s", h.Metres, dayOf(h.At))
	})
}
