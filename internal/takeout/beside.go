package takeout

import (
	"math"
	"slices"
	"time"

	"vitals/internal/health"
)

// gram is a weigh-in of Google's table: in grams, so that it tells the unit of the
// one in the classic JSON beside it.
type gram struct {
	at time.Time
	kg float64
}

// mostGrams is more weigh-ins than anybody has.
const mostGrams = 200_000

// gramNear returns Google's weigh-in nearest to an instant, ok when one is within
// reach.
func (r *reader) gramNear(at time.Time, reach time.Duration) (g gram, ok bool) {
	i, _ := slices.BinarySearchFunc(r.from.grams, at, func(g gram, t time.Time) int { return g.at.Compare(t) })
	for _, g2 := range r.from.grams[max(0, i-1):min(len(r.from.grams), i+1)] {
		if d := g2.at.Sub(at).Abs(); d <= reach && (!ok || d < g.at.Sub(at).Abs()) {
			g, ok = g2, true
		}
	}
	return g, ok
}

// unitBeside finds the unit of weights by what else tells of them: Google's table
// of the same day or, without one, the weight in the profile. It is "" when
// neither settles it.
func (r *reader) unitBeside(rows []weighed) health.WeightUnit {
	profile := 0.0
	for _, owner := range r.from.Owners {
		profile = owner.WeightKG
	}
	votes, all := map[health.WeightUnit]int{}, 0
	for _, row := range rows {
		if !positive(row.weight) {
			continue
		}
		known, apart := profile, 0.25 // of years; units are 2.2 times apart
		if g, ok := r.gramNear(r.local(row.at), 12*time.Hour); ok {
			known, apart = g.kg, 0.05
		}
		if known == 0 {
			continue
		}
		all++
		for _, unit := range []health.WeightUnit{health.Kilograms, health.Pounds, health.Stone} {
			if math.Abs(kilograms(row.weight, unit)/known-1) <= apart {
				votes[unit]++
			}
		}
	}
	for unit, n := range votes {
		if n*10 >= all*9 {
			return unit
		}
	}
	return ""
}
