package health

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"
)

var (
	aria  = Source{Name: "Aria 2", Kind: SourceScale}
	phone = Source{Name: "com.example.scale", Kind: SourceApp}
)

// weighAt makes a weigh-in at 07:00 on the n-th day after 1 January 2026.
func weighAt(day int, kg float64) Weighing {
	return Weighing{At: time.Date(2026, 1, 1+day, 7, 0, 0, 0, time.UTC), KG: kg, Source: aria}
}

// judge judges long after all weigh-ins.
func judge(weighings []Weighing) []Judged {
	return Judge(weighings, time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC))
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

func TestTrendFollowsTheHackersDiet(t *testing.T) {
	weights := []float64{173.6, 172.5, 171.5, 172.0, 171.5}
	want := []float64{173.6, 173.49, 173.291, 173.1619, 172.99571}
	var weighings []Weighing
	for day, lb := range weights {
		weighings = append(weighings, weighAt(day, lb))
	}
	for i, j := range judge(weighings) {
		if !near(j.TrendKG, want[i], 1e-9) {
			t.Errorf("trend of day %d = %f, want %f", i, j.TrendKG, want[i])
		}
	}
}

func TestTrendOverGaps(t *testing.T) {
	tests := []struct {
		name string
		days int
		want float64
	}{
		{"next day", 1, 70.3},
		{"three days", 3, 70.813},
		{"thirty days still smooth", 30, 73 - 3*math.Pow(0.9, 30)},
		{"after more than thirty it starts anew", 31, 73},
	}
	for _, tt := range tests {
		judged := judge([]Weighing{weighAt(0, 70), weighAt(tt.days, 73)})
		if !near(judged[1].TrendKG, tt.want, 1e-9) {
			t.Errorf("%s: trend %f, want %f", tt.name, judged[1].TrendKG, tt.want)
		}
	}
}

func TestTrendTakesTheFirstWeighInOfACivilDate(t *testing.T) {
	auckland := time.FixedZone("", 13*3600)
	weighings := []Weighing{
		{At: time.Date(2026, 1, 1, 22, 0, 0, 0, auckland), KG: 71, Source: aria},
		{At: time.Date(2026, 1, 1, 6, 0, 0, 0, auckland), KG: 70, Source: aria}, // unsorted on purpose
		{At: time.Date(2026, 1, 2, 6, 0, 0, 0, auckland), KG: 71, Source: aria}, // the same UTC date as the first
	}
	daily := Daily(judge(weighings))
	if len(daily) != 2 || daily[0].KG != 70 || !near(daily[1].TrendKG, 70.1, 1e-9) {
		t.Errorf("daily weigh-ins %+v", daily)
	}
}

func TestRate(t *testing.T) {
	steady := func(n int, perDay float64) []Weighing {
		var weighings []Weighing
		for day := range n {
			weighings = append(weighings, weighAt(day, 80+perDay*float64(day)))
		}
		return weighings
	}
	if _, ok := RateOf(Daily(judge(steady(9, -0.05)))); ok {
		t.Error("a rate from nine weigh-ins")
	}
	if _, ok := RateOf(nil); ok {
		t.Error("a rate from nothing")
	}
	rate, ok := RateOf(Daily(judge(steady(60, -0.05))))
	if !ok || !near(rate.KGPerDay, -0.05, 1e-9) || !near(rate.StdErr, 0, 1e-6) {
		t.Errorf("rate %+v, want −0.05 ± 0", rate)
	}
	if !near(rate.KcalPerDay(), -385, 1e-6) {
		t.Errorf("%f kcal/day, want −385", rate.KcalPerDay())
	}
	// Only the 28 dates that end with the last weigh-in count: 28 falling
	// ones after a flat month.
	var turn []Weighing
	for day := range 60 {
		turn = append(turn, weighAt(day, 80-0.05*max(0, float64(day-32))))
	}
	if rate, _ := RateOf(Daily(judge(turn))); !near(rate.KGPerDay, -0.05, 1e-9) {
		t.Errorf("rate after a turn %f, want −0.05", rate.KGPerDay)
	}
	// By hand: y = 0, 1, 0, 1, … over ten days.
	var zigzag []Weighing
	for day := range 10 {
		zigzag = append(zigzag, weighAt(day, 70+float64(day%2)))
	}
	rate, _ = RateOf(Daily(judge(zigzag)))
	if !near(rate.KGPerDay, 2.5/82.5, 1e-9) || !near(rate.StdErr, math.Sqrt((2.5-2.5*2.5/82.5)/8/82.5), 1e-9) {
		t.Errorf("rate of a zigzag %+v", rate)
	}
}

func TestGoalDates(t *testing.T) {
	on := Date{2026, time.November, 22}
	perWeek := func(rate, stdErr float64) Rate { return Rate{KGPerDay: rate / 7, StdErr: stdErr / 7} }
	early, late, ok := GoalDates(68, 71.9, on, perWeek(-0.31, 0.08))
	if !ok || early.String() != "2027-01-31" || late.String() != "2027-03-21" {
		t.Errorf("goal between %s and %s, %v", early, late, ok)
	}
	for name, rate := range map[string]Rate{
		"wrong sign":             perWeek(0.31, 0.08),
		"error larger than rate": perWeek(-0.05, 0.08),
		"beyond three years":     perWeek(-0.02, 0.001),
		"no change at all":       perWeek(0, 0),
	} {
		if early, late, ok := GoalDates(68, 71.9, on, rate); ok {
			t.Errorf("%s: goal between %s and %s", name, early, late)
		}
	}
	if early, late, ok := GoalDates(75, 71.9, on, perWeek(0.31, 0.08)); !ok || !early.Before(late) {
		t.Errorf("gaining: %s to %s, %v", early, late, ok)
	}
}

func TestTrendMeetsTheSharedNumbers(t *testing.T) {
	var cases struct {
		EWMA []struct {
			Name    string    `json:"name"`
			Weights []float64 `json:"weights_kg"`
			Trend   []float64 `json:"trend_kg"`
		} `json:"ewma"`
		Parts []struct {
			Weights []float64 `json:"weights_kg"`
			Shares  []float64 `json:"fat"`
			Fat     []float64 `json:"trend_fat_mass"`
			Lean    []float64 `json:"trend_lean_mass"`
		} `json:"fat_lean_independent"`
	}
	sharedNumbers(t, "trendweight.json", &cases)
	for _, c := range cases.EWMA {
		if c.Name == "spike" {
			continue // 85 kg after 80 is held back here until it is borne out
		}
		var weighings []Weighing
		for day, kg := range c.Weights {
			weighings = append(weighings, weighAt(day, kg))
		}
		for i, j := range judge(weighings) {
			if !near(j.TrendKG, c.Trend[i], 0.0005) {
				t.Errorf("%s, day %d: trend %f, want %f", c.Name, i, j.TrendKG, c.Trend[i])
			}
		}
	}
	for n, c := range cases.Parts {
		var weighings []Weighing
		var fats []BodyFat
		for day, kg := range c.Weights {
			w := weighAt(day, kg)
			weighings = append(weighings, w)
			fats = append(fats, BodyFat{At: w.At, Percent: 100 * c.Shares[day], Source: w.Source})
		}
		judged := judge(weighings)
		Pair(judged, fats)
		composed := Compose(judged)
		for i := range c.Fat {
			if got := composed[i].Trend; !near(got.FatKG, c.Fat[i], 0.0005) || !near(got.LeanKG, c.Lean[i], 0.0005) {
				t.Errorf("fat and lean %d, day %d: %+v, want %f and %f", n, i, got, c.Fat[i], c.Lean[i])
			}
		}
	}
}

func TestRateMeetsTheSharedNumbers(t *testing.T) {
	var diet struct {
		Carried float64   `json:"carried_in_trend_lb"`
		Weights []float64 `json:"weights_lb"`
		Trend   []float64 `json:"trend_exact_lb"`
	}
	sharedNumbers(t, "hackers_diet.json", &diet)
	weighings := []Weighing{weighAt(0, diet.Carried)}
	for day, lb := range diet.Weights {
		weighings = append(weighings, weighAt(day+1, lb))
	}
	for i, j := range judge(weighings)[1:] {
		if !near(j.TrendKG, diet.Trend[i], 1e-9) {
			t.Errorf("The Hacker's Diet, day %d: trend %f, want %f", i, j.TrendKG, diet.Trend[i])
		}
	}
	var verve struct {
		Slope struct {
			Slope float64 `json:"slope"`
			Last  struct {
				Within float64 `json:"ols_within"`
			} `json:"with_last_point_plus_1.5"`
		} `json:"slope"`
		Rate struct {
			PerWeek float64 `json:"kg_per_week"`
			Within  float64 `json:"tol"`
		} `json:"rate"`
	}
	sharedNumbers(t, "verve.json", &verve)
	falling := func(perDay, lastMore float64) Rate {
		var weighings []Weighing
		for day := range 28 {
			weighings = append(weighings, weighAt(day, 92.75+perDay*float64(day)))
		}
		weighings[27].KG += lastMore
		rate, ok := RateOf(Daily(judge(weighings)))
		if !ok {
			t.Fatal("too little data in 28 days")
		}
		return rate
	}
	if got := falling(verve.Slope.Slope, 1.5).KGPerDay; !near(got, verve.Slope.Slope, verve.Slope.Last.Within) {
		t.Errorf("one heavy last day makes the rate %f, want about %f", got, verve.Slope.Slope)
	}
	if got, _ := falling(-1.75/27, 0).KGPerWeek(); !near(got, verve.Rate.PerWeek, verve.Rate.Within) {
		t.Errorf("rate %f kg/week, want %f", got, verve.Rate.PerWeek)
	}
}

// sharedNumbers reads a file of the shared trend numbers, and skips without it.
func sharedNumbers(t *testing.T, name string, into any) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "data", "trend", name))
	if err != nil {
		t.Skip("the shared trend numbers are not here")
	}
	if err := json.Unmarshal(data, into); err != nil {
		t.Fatal(err)
	}
}
