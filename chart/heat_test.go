package chart

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitals/internal/timeline"
)

func TestHeatScale(t *testing.T) {
	evenly := func(n int, to float64) []float64 {
		var values []float64
		for i := range n {
			values = append(values, to*float64(i+1)/float64(n))
		}
		return values
	}
	for _, tt := range []struct {
		name   string
		values []float64
		want   heatScale
	}{
		{"nothing", nil, heatScale{}},
		{"zeros", []float64{0, 0}, heatScale{}},
		{"from zero to the highest", evenly(100, 0.8), heatScale{size: 0.2}},
		{"round steps", evenly(100, 0.83), heatScale{size: 0.25}},
		{"never less than what is above zero", []float64{0.9, 1}, heatScale{size: 0.25}},
		{"one far beyond", append(evenly(100, 0.8), 5), heatScale{size: 0.2, open: true}},
		{"not so far beyond", append(evenly(100, 0.8), 1.1), heatScale{size: 0.3}},
		{"many are no exception", append(evenly(80, 0.8), slices.Repeat([]float64{5}, 20)...), heatScale{size: 1.4}},
		{"sent back", []float64{-3, 1, 0.5}, heatScale{size: 0.25, below: true}},
		{"only sent back", []float64{-3, -1}, heatScale{below: true}},
	} {
		if got := newHeatScale(slices.Clone(tt.values)); math.Abs(got.size-tt.want.size) > 1e-9 || got.open != tt.want.open || got.below != tt.want.below {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

// What is more is never less dark, and all but the open step is of one size.
func TestHeatIsDarkerTheMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(0, 10), 1, 200).Draw(t, "values")
		s := newHeatScale(values)
		last := 0
		for _, v := range values { // sorted by now
			step := s.step(v)
			if step < last || step >= heatSteps {
				t.Fatalf("%f is in step %d after %d of %+v", v, step, last, s)
			}
			if s.size > 0 && step < heatSteps-1 && (v < float64(step)*s.size*(1-1e-9) || v > float64(step+1)*s.size*(1+1e-9)) {
				t.Fatalf("%f is in step %d of %+v", v, step, s)
			}
			last = step
		}
		if highest := values[len(values)-1]; !s.open && highest > heatSteps*s.size*(1+1e-6)+leastValue {
			t.Fatalf("%f is beyond %+v", highest, s)
		}
	})
}

// A row that stands for several hours is as dark as their mean, each weighed by
// how much of it is known.
func TestHeatOfSeveralHours(t *testing.T) {
	hour := func(amount float64, covered time.Duration) timeline.HourOfDay {
		return timeline.HourOfDay{Amount: amount, Covered: covered}
	}
	for _, tt := range []struct {
		name  string
		hours []timeline.HourOfDay
		want  float64
	}{
		{"alike", []timeline.HourOfDay{hour(1, time.Hour), hour(3, time.Hour)}, 2},
		{"one known in part", []timeline.HourOfDay{hour(1, time.Hour), hour(1, 15*time.Minute)}, 1.6},
		{"one not known", []timeline.HourOfDay{hour(1, time.Hour), {}}, 1},
		{"one of nonsense", []timeline.HourOfDay{hour(1, time.Hour), hour(math.Inf(1), time.Hour)}, 1},
		{"of seven days", []timeline.HourOfDay{hour(7, 7*time.Hour), hour(3, time.Hour)}, 1.25},
		{"none known", []timeline.HourOfDay{{}, hour(math.NaN(), time.Hour)}, math.NaN()},
	} {
		if got := mean(tt.hours); math.Abs(got-tt.want) > 1e-9 || math.IsNaN(got) != math.IsNaN(tt.want) {
			t.Errorf("%s: %f, want %f", tt.name, got, tt.want)
		}
	}
}

func TestTheLegendFits(t *testing.T) {
	m := heat(Look{}, rhythm(time.Date(2024, time.January, 1, 0, 0, 0, 0, time.UTC), 10, timeline.Week), timeline.Week)
	m.Hours[3][4] = timeline.HourOfDay{}
	for _, tt := range []struct {
		room int
		want string
	}{
		{80, "0 ░ 0.25 ▒ 0.50 ▓ 0.75 █ 1.00 kWh an hour   blank: no data"},
		{45, "0 ░ 0.25 ▒ 0.50 ▓ 0.75 █ 1.00 kWh an hour"},
		{35, "0 ░ 0.25 ▒ 0.50 ▓ 0.75 █ 1.00 kWh"},
		{30, "0 ░ 0.25 ▒ 0.50 ▓ 0.75 █ 1.00"},
		{25, "0░0.25▒0.50▓0.75█1.00"},
		{12, "0░▒▓█1.00"},
		{5, ""},
	} {
		if got := m.Legend(80, 30, tt.room, "kWh"); got != tt.want {
			t.Errorf("in %d cells: %q, want %q", tt.room, got, tt.want)
		}
	}
}
