package view

import (
	"testing"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

func TestBodyReadings(t *testing.T) {
	v, s := newViewer(t)
	aria := health.Source{Name: "Aria 2", Kind: health.SourceScale}
	app := health.Source{Name: "com.example.app", Kind: health.SourceApp}
	at := func(day string) time.Time { return local(t, day+" 07:12") }
	save(t, s.SaveWeighings, []health.Weighing{
		{ID: "1", At: at("2026-11-01"), KG: 72, Source: aria},
		{ID: "2", At: at("2026-11-01").Add(20 * time.Second), KG: 72.01, Source: app}, // its mirror
		{ID: "3", At: at("2026-11-02"), KG: 95, Source: aria},                         // a guest
		{ID: "4", At: at("2026-11-03"), KG: 71, Source: aria},
	})
	save(t, s.SaveBodyFats, []health.BodyFat{
		{ID: "1", At: at("2026-11-01"), Percent: 27, Source: aria},
		{ID: "2", At: at("2026-11-01").Add(20 * time.Second), Percent: 27.1, Source: app},
		{ID: "3", At: at("2026-11-02"), Percent: 40, Source: aria},
		{ID: "5", At: at("2026-11-05"), Percent: 26, Source: app}, // of no weigh-in
	})
	save(t, s.SaveHeights, []health.Height{{ID: "h", At: at("2026-11-01"), Metres: 2}})

	tests := []struct {
		series BodySeries
		values []float64
		held   []bool
	}{
		{Weight, []float64{72, 95, 71}, []bool{false, true, false}},
		{BMI, []float64{18, 23.75, 17.75}, []bool{false, true, false}},
		{BodyFat, []float64{27, 40, 26}, []bool{false, true, false}},
	}
	for _, tt := range tests {
		readings, err := v.BodyReadings(t.Context(), tt.series)
		if err != nil || len(readings) != len(tt.values) {
			t.Fatalf("%s: %+v, %v", tt.series, readings, err)
		}
		for i, r := range readings {
			if !near(r.Value, tt.values[i]) || !r.Counts() != tt.held[i] {
				t.Errorf("%s %d: %f held back %v, want %f %v", tt.series, i, r.Value, !r.Counts(), tt.values[i], tt.held[i])
			}
		}
		if tt.series == BodyFat {
			continue
		}
		scale := readings[0].Value / 72 // of kg to the series' unit
		if want := scale * (72 + (1-0.81)*(71-72)); !near(*readings[2].Trend, want) {
			t.Errorf("%s: trend %f, want %f", tt.series, *readings[2].Trend, want)
		}
	}
}

// A clock that was wrong once does not stretch what is shown over centuries.
func TestAWrongClockStretchesNothing(t *testing.T) {
	v, s := newViewer(t)
	at := func(day string) time.Time { return local(t, day+" 07:12") }
	save(t, s.SaveWeighings, []health.Weighing{{ID: "1", At: at("1970-01-01"), KG: 72}, {ID: "2", At: at("2026-11-01"), KG: 72},
		{ID: "3", At: at("2026-11-02"), KG: 72}, {ID: "4", At: at("2096-11-02"), KG: 72}})
	readings, err := v.BodyReadings(t.Context(), Weight)
	if err != nil {
		t.Fatal(err)
	}
	if got := ExtentOf(readings, timeline.Day, london(t)); !got.First.Equal(local(t, "2026-11-01 00:00")) || !got.Last.Equal(local(t, "2026-11-03 00:00")) {
		t.Errorf("from %s to %s", got.First, got.Last)
	}
	if got := ExtentOf(readings[:1], timeline.Day, london(t)); !got.First.IsZero() {
		t.Errorf("of nothing else: from %s", got.First)
	}
}

func TestBodyBuckets(t *testing.T) {
	trend := func(v float64) *float64 { return &v }
	tokyo := time.FixedZone("", 9*3600)
	readings := []BodyReading{
		{At: local(t, "2026-10-31 23:30"), Value: 70, Trend: trend(70)},
		{At: local(t, "2026-11-01 00:30"), Value: 72, Trend: trend(70.2)},
		{At: local(t, "2026-11-01 10:00"), Value: 99, Trend: trend(70.2), Verdict: health.HeldBack},
		{At: local(t, "2026-11-01 21:00"), Value: 71, Trend: trend(70.3)},
		{At: time.Date(2026, 11, 3, 0, 30, 0, 0, tokyo), Value: 73, Trend: trend(70.5)}, // still the 2nd in London
	}
	days := InBuckets(readings, local(t, "2026-10-31 00:00"), local(t, "2026-11-05 00:00"), timeline.Day)
	want := []struct {
		n              int
		mean, min, max float64
	}{{1, 70, 70, 70}, {2, 71.5, 71, 72}, {0, 0, 0, 0}, {1, 73, 73, 73}, {0, 0, 0, 0}}
	for i, w := range want {
		if d := days[i]; d.N != w.n || !near(d.Mean, w.mean) || d.Min != w.min || d.Max != w.max {
			t.Errorf("%s: %+v, want %+v", d.Start, d, w)
		}
	}
	if *days[1].Trend != 70.3 || days[2].Trend != nil {
		t.Errorf("trends %v and %v", *days[1].Trend, days[2].Trend)
	}
	hours := InBuckets(readings, local(t, "2026-11-02 15:00"), local(t, "2026-11-02 16:00"), timeline.Hour)
	if len(hours) != 1 || hours[0].N != 1 {
		t.Errorf("an hour is an hour wherever it was: %+v", hours)
	}
}

func TestBodyLine(t *testing.T) {
	v, s := newViewer(t)
	var weighings []health.Weighing
	for _, day := range []string{"2026-07-01", "2026-08-30", "2026-09-10", "2026-10-30", "2026-11-05"} {
		weighings = append(weighings, health.Weighing{ID: day, At: local(t, day+" 07:00"), KG: 72, Source: health.Source{Name: "Aria 2"}})
	}
	save(t, s.SaveWeighings, weighings)
	line, err := v.BodyLine(t.Context(), NewWindow(LastQuarter)) // from 25 August
	if err != nil {
		t.Fatal(err)
	}
	if len(line.Points) != 4 {
		t.Errorf("%d points, want 4", len(line.Points))
	}
	// The point before the window belongs to a stretch of its own: the trend
	// started anew after 60 days, and again after 50.
	var lengths []int
	for _, stretch := range line.Trend {
		lengths = append(lengths, len(stretch))
	}
	if len(lengths) != 3 || lengths[0] != 1 || lengths[1] != 2 || lengths[2] != 2 {
		t.Errorf("stretches of %v points, want 1, 2, 2", lengths)
	}
	line, err = v.BodyLine(t.Context(), NewWindow(All))
	if err != nil || len(line.Points) != 5 {
		t.Errorf("by month: %d points, want 5 (%v)", len(line.Points), err)
	}
}
