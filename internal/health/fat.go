package health

import (
	"sort"
	"time"
)

// Pair gives each weigh-in the body fat that belongs to it: the nearest within
// three minutes of the same source. Body fat is a series of its own: a weigh-in in
// shoes has none, and of two weigh-ins near one reading only the nearer has it. A
// weigh-in without takes that of one of its copies. What cannot be true belongs to
// none. Judged is what Judge returned; fats must be in time order.
func Pair(judged []Judged, fats []BodyFat) {
	owner := map[int]int{} // of fats, by their places
	for i, j := range judged {
		if k := nearestFat(j.Weighing, fats); k >= 0 {
			before, taken := owner[k]
			if !taken || apart(j.Weighing, fats[k]) < apart(judged[before].Weighing, fats[k]) {
				owner[k] = i
			}
		}
	}
	for k, i := range owner {
		judged[i].Fat = &fats[k]
	}
	for i := range judged {
		if j := &judged[i]; j.Verdict == Mirror && j.Fat != nil && judged[j.original].Fat == nil {
			judged[j.original].Fat = j.Fat
		}
	}
}

func apart(w Weighing, f BodyFat) time.Duration { return f.At.Sub(w.At).Abs() }

// nearestFat is the place of the body fat nearest to a weigh-in, -1 for none.
func nearestFat(w Weighing, fats []BodyFat) int {
	const reach = 3 * time.Minute
	best := -1
	first := sort.Search(len(fats), func(i int) bool { return w.At.Sub(fats[i].At) <= reach })
	for k := first; k < len(fats) && fats[k].At.Sub(w.At) <= reach; k++ {
		f := fats[k]
		if f.Source == w.Source && f.Reason() == "" && (best < 0 || apart(w, f) < apart(w, fats[best])) {
			best = k
		}
	}
	return best
}

// JudgedFat is a body fat reading with the verdict of its weigh-in.
type JudgedFat struct {
	BodyFat
	Verdict Verdict
	Reason  Reason   // of one that is held back
	Trend   *float64 // percent, after it; nil where it has no accepted weigh-in
}

// JudgeFats decides which body fat readings count. One shares the verdict of its
// weigh-in; of one without, the verdict is its own. Copies are those of copies of
// a weigh-in, and what Judge would take for copies, within 0.05 percent. Both
// are what Pair was called with.
func JudgeFats(judged []Judged, fats []BodyFat) []JudgedFat {
	trends := map[BodyFat]float64{}
	for _, c := range Compose(judged) {
		trends[c.Fat] = c.Trend.FatPercent()
	}
	of, copied := map[BodyFat]Judged{}, map[BodyFat]bool{}
	for _, j := range judged {
		switch {
		case j.Fat == nil:
		case j.Verdict == Mirror:
			copied[*j.Fat] = true
		default:
			of[*j.Fat] = j
		}
	}
	readings := make([]reading, len(fats))
	for i, f := range fats {
		readings[i] = reading{f.At, f.Percent, f.Source}
	}
	groups := originals(readings, mirrorPercent, mirrorPercent)
	weighed := map[int]bool{} // groups with a reading that has a weigh-in
	for i, f := range fats {
		if _, ok := of[f]; ok {
			weighed[groups[i]] = true
		}
	}
	result := make([]JudgedFat, len(fats))
	for i, f := range fats {
		r := &result[i]
		r.BodyFat = f
		j, ok := of[f]
		switch reason := f.Reason(); {
		case ok:
			r.Verdict, r.Reason = j.Verdict, j.Reason
		case copied[f], groups[i] != i, weighed[i]:
			r.Verdict = Mirror
		case reason != "":
			r.Verdict, r.Reason = HeldBack, reason
		}
		if trend, ok := trends[f]; ok {
			r.Trend = &trend
		}
	}
	return result
}
