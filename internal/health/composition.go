package health

// Composition is a weight in its two parts, in kg.
type Composition struct {
	FatKG, LeanKG float64
}

// FatPercent is the share of fat in percent.
func (c Composition) FatPercent() float64 { return 100 * c.FatKG / (c.FatKG + c.LeanKG) }

// Composed is an accepted weigh-in with a body fat of its own.
type Composed struct {
	Judged
	Fat   BodyFat
	Trend Composition // after this weigh-in
}

// Compose returns the accepted weigh-ins that have a body fat, and the trends of
// fat and lean mass. Each is smoothed on its own, as the weight is, through the
// first such weigh-in of each civil date: the product of two trends is not the
// trend of the product (100 and 101 kg at 20 and 21 % give 20.121 and 79.979).
// Judged is what Pair has gone through.
func Compose(judged []Judged) []Composed {
	var composed []Composed
	var fat, lean smoothed
	for _, j := range judged {
		if j.Verdict != Accepted || j.Fat == nil {
			continue
		}
		f := *j.Fat
		fat.follow(j.Date(), j.KG*f.Percent/100)
		lean.follow(j.Date(), j.KG*(1-f.Percent/100))
		composed = append(composed, Composed{Judged: j, Fat: f, Trend: Composition{FatKG: fat.value, LeanKG: lean.value}})
	}
	return composed
}
