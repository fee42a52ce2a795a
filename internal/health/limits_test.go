package health

import (
	"math"
	"testing"
	"time"
)

func TestWhatNobodyCanBurnOrWalk(t *testing.T) {
	for _, c := range []struct {
		kind      DataType
		amount    float64
		day, hour bool
	}{
		{TypeCalories, 0, true, true},
		{TypeCalories, 4_000, true, true},
		{TypeCalories, 4_000.1, true, false},
		{TypeActiveCalories, 20_000, true, false},
		{TypeCalories, 20_000.1, false, false},
		{TypeCalories, 229_313, false, false},
		{TypeCalories, -1, false, false},
		{TypeCalories, math.NaN(), false, false},
		{TypeCalories, math.Inf(1), false, false},
		{TypeSteps, 30_000, true, true},
		{TypeSteps, 30_001, true, false},
		{TypeSteps, 300_001, false, false},
		{TypeSteps, -1, false, false},
	} {
		if day, hour := PossibleDay(c.kind, c.amount), PossibleHour(c.kind, c.amount); day != c.day || hour != c.hour {
			t.Errorf("%g of %s: day %v, hour %v", c.amount, c.kind, day, hour)
		}
	}
}

func TestExcessInWords(t *testing.T) {
	var x Excess
	x.Add(30_000, Date{2024, 2, 29})
	if got, want := x.Words("day", "kcal"), "1 day left out: 30,000 kcal on 29 Feb 2024"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	x.Add(1_229_313.4, Date{2024, 3, 1})
	x.Add(229_313, Date{2024, 3, 2})
	if got, want := x.Words("hour", "steps"), "3 hours left out, at worst 1,229,313 steps on 1 Mar 2024"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestAHeightThatIsNobodysCountsNowhere(t *testing.T) {
	on := func(year int) time.Time { return time.Date(year, time.March, 2, 20, 14, 0, 0, time.UTC) }
	heights := []Height{{At: on(2014), Metres: 172}, {At: on(2015), Metres: 1.72}, {At: on(2016), Metres: 0.172}}
	for _, year := range []int{2013, 2014, 2015, 2016} {
		if got := HeightAt(Date{year, 6, 1}, heights); got != 1.72 {
			t.Errorf("in %d: %g m", year, got)
		}
	}
	if got := HeightAt(Date{2014, 6, 1}, heights[:1]); got != 0 {
		t.Errorf("of nobody: %g m", got)
	}
}

func TestAFractionIsNotTakenForPercent(t *testing.T) {
	w := Weighing{At: time.Date(2026, time.January, 2, 7, 0, 0, 0, time.UTC), KG: 71}
	for _, percent := range []float64{0.26, 1.99, 75.1, 2600} {
		fat := BodyFat{At: w.At, Percent: percent}
		weighed := Judge([]Weighing{w}, w.At)
		Pair(weighed, []BodyFat{fat})
		if weighed[0].Fat != nil || fat.Reason() != NotBodyFat {
			t.Errorf("%g %% is taken for somebody's", percent)
		}
		if judged := JudgeFats(weighed, []BodyFat{fat}); judged[0].Verdict != HeldBack {
			t.Errorf("%g %% counts", percent)
		}
	}
	for _, percent := range []float64{2, 26, 75} {
		weighed := Judge([]Weighing{w}, w.At)
		if Pair(weighed, []BodyFat{{At: w.At, Percent: percent}}); weighed[0].Fat == nil {
			t.Errorf("%g %% is nobody's", percent)
		}
	}
}
