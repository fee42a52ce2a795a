package health

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
// must be in time order.
func JudgeFats(judged []Judged, fats []BodyFat) []JudgedFat {
	trends := map[BodyFat]float64{}
	for _, c := range Compose(judged, fats) {
		trends[c.Fat] = c.Trend.FatPercent()
	}
	of, copied := map[BodyFat]Judged{}, map[BodyFat]bool{}
	for _, j := range judged {
		switch fat, ok := FatOf(j, fats); {
		case ok && j.Verdict == Mirror:
			copied[fat] = true
		case ok:
			of[fat] = j
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
