package health

import (
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var (
	aria  = Source{Name: "Aria 2", Kind: SourceScale}
	phone = Source{Name: "com.example.scale", Kind: SourceApp}
)

// weighAt makes a weigh-in at 07:00 on the n-th day after 1 January 2026.
func weighAt(day int, kg float64) Weighing {
	return Weighing{At: time.Date(2026, 1, 1+day, 7, 0, 0, 0, time.UTC), KG: kg, Source: aria}
}

func near(a, b, tolerance float64) bool { return math.Abs(a-b) <= tolerance }

func TestTrendFollowsTheHackersDiet(t *testing.T) {
	weights := []float64{173.6, 172.5, 171.5, 172.0, 171.5}
	want := []float64{173.6, 173.49, 173.291, 173.1619, 172.99571}
	var weighings []Weighing
	for day, lb := range weights {
		weighings = append(weighings, weighAt(day, lb))
	}
	for i, j := range Judge(weighings) {
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
		judged := Judge([]Weighing{weighAt(0, 70), weighAt(tt.days, 73)})
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
	daily := Daily(Judge(weighings))
	if len(daily) != 2 || daily[0].KG != 70 || !near(daily[1].TrendKG, 70.1, 1e-9) {
		t.Errorf("daily weigh-ins %+v", daily)
	}
}

func TestMirrorsCountOnce(t *testing.T) {
	at := time.Date(2026, 1, 1, 7, 0, 0, 0, time.UTC)
	tests := []struct {
		name  string
		other Weighing
		want  [2]Verdict
	}{
		{"copied by an app", Weighing{At: at.Add(50 * time.Second), KG: 71.43, Source: phone}, [2]Verdict{Accepted, Mirror}},
		{"the app's copy came first", Weighing{At: at.Add(-50 * time.Second), KG: 71.37, Source: phone}, [2]Verdict{Mirror, Accepted}},
		{"a second weigh-in on the same scale", Weighing{At: at.Add(50 * time.Second), KG: 71.4, Source: aria}, [2]Verdict{Accepted, Accepted}},
		{"too far apart", Weighing{At: at.Add(61 * time.Second), KG: 71.4, Source: phone}, [2]Verdict{Accepted, Accepted}},
		{"another weight", Weighing{At: at.Add(time.Second), KG: 71.46, Source: phone}, [2]Verdict{Accepted, Accepted}},
	}
	for _, tt := range tests {
		judged := Judge([]Weighing{{At: at, KG: 71.4, Source: aria}, tt.other})
		if got := [2]Verdict{judged[0].Verdict, judged[1].Verdict}; got != tt.want {
			t.Errorf("%s: verdicts %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestGuestsAreHeldBack(t *testing.T) {
	tests := []struct {
		name string
		more []Weighing
		want Verdict // of the first of more
	}{
		{"far off", []Weighing{weighAt(10, 90)}, HeldBack},
		{"just inside 4 %", []Weighing{weighAt(10, 83.1)}, Accepted},
		{"just outside 4 %", []Weighing{weighAt(10, 83.3)}, HeldBack},
		{"borne out a week later", []Weighing{weighAt(10, 90), weighAt(17, 88.3)}, Accepted},
		{"not borne out by another guest", []Weighing{weighAt(10, 90), weighAt(11, 60)}, HeldBack},
		{"borne out too late", []Weighing{weighAt(10, 90), weighAt(18, 90)}, HeldBack},
		{"a copy of itself is no witness", []Weighing{weighAt(10, 90), {At: weighAt(10, 90).At, KG: 90, Source: phone}}, HeldBack},
		{"no trend to be off from", []Weighing{weighAt(45, 90)}, Accepted},
	}
	for _, tt := range tests {
		var weighings []Weighing
		for day := range 10 {
			weighings = append(weighings, weighAt(day, 80))
		}
		judged := Judge(append(weighings, tt.more...))
		if got := judged[10].Verdict; got != tt.want {
			t.Errorf("%s: verdict %d, want %d", tt.name, got, tt.want)
		}
		if tt.want == HeldBack && !near(judged[10].TrendKG, 80, 1e-9) {
			t.Errorf("%s: the trend moved to %f", tt.name, judged[10].TrendKG)
		}
	}
}

func TestLatestIsTheNewestAccepted(t *testing.T) {
	if _, ok := Latest(nil); ok {
		t.Error("a latest weigh-in out of none")
	}
	latest, ok := Latest(Judge([]Weighing{weighAt(0, 80), weighAt(1, 80.2), weighAt(2, 95)}))
	if !ok || latest.KG != 80.2 {
		t.Errorf("latest %f, want 80.2", latest.KG)
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
	if _, ok := RateOf(Daily(Judge(steady(9, -0.05)))); ok {
		t.Error("a rate from nine weigh-ins")
	}
	if _, ok := RateOf(nil); ok {
		t.Error("a rate from nothing")
	}
	rate, ok := RateOf(Daily(Judge(steady(60, -0.05))))
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
	if rate, _ := RateOf(Daily(Judge(turn))); !near(rate.KGPerDay, -0.05, 1e-9) {
		t.Errorf("rate after a turn %f, want −0.05", rate.KGPerDay)
	}
	// By hand: y = 0, 1, 0, 1, … over ten days.
	var zigzag []Weighing
	for day := range 10 {
		zigzag = append(zigzag, weighAt(day, 70+float64(day%2)))
	}
	rate, _ = RateOf(Daily(Judge(zigzag)))
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

// Whatever comes in, nothing is lost and every trend lies among the weights.
func TestJudgeKeepsEveryWeighing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var weighings []Weighing
		low, high := math.Inf(1), math.Inf(-1)
		for range rapid.IntRange(0, 80).Draw(t, "n") {
			w := Weighing{
				At:     time.Unix(rapid.Int64Range(1.7e9, 1.7e9+200*86400).Draw(t, "at"), 0).UTC(),
				KG:     rapid.Float64Range(30, 200).Draw(t, "kg"),
				Source: rapid.SampledFrom([]Source{aria, phone}).Draw(t, "source"),
			}
			low, high = min(low, w.KG), max(high, w.KG)
			weighings = append(weighings, w)
		}
		judged := Judge(weighings)
		if len(judged) != len(weighings) {
			t.Fatalf("%d weigh-ins became %d", len(weighings), len(judged))
		}
		for i, j := range judged {
			if i > 0 && j.At.Before(judged[i-1].At) {
				t.Fatal("not in time order")
			}
			if j.TrendKG != 0 && (j.TrendKG < low-1e-9 || j.TrendKG > high+1e-9) {
				t.Fatalf("trend %f outside %f–%f", j.TrendKG, low, high)
			}
		}
	})
}

func TestTrendMeetsTheSharedNumbers(t *testing.T) {
	path := filepath.Join("..", "..", "..", "shared", "data", "trend", "trendweight.json")
	data, err := os.ReadFile(path)
	if err != nil {
		t.Skip("the shared trend numbers are not here")
	}
	var cases struct {
		EWMA []struct {
			Name    string    `json:"name"`
			Weights []float64 `json:"weights_kg"`
			Trend   []float64 `json:"trend_kg"`
		} `json:"ewma"`
	}
	if err := json.Unmarshal(data, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases.EWMA {
		if c.Name == "spike" {
			continue // 85 kg after 80 is held back here until it is borne out
		}
		var weighings []Weighing
		for day, kg := range c.Weights {
			weighings = append(weighings, weighAt(day, kg))
		}
		for i, j := range Judge(weighings) {
			if !near(j.TrendKG, c.Trend[i], 0.0005) {
				t.Errorf("%s, day %d: trend %f, want %f", c.Name, i, j.TrendKG, c.Trend[i])
			}
		}
	}
}
