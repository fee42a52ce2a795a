package view

import (
	"context"
	"testing"
	"time"

	"vitals/internal/health"
	"vitals/internal/store"
	"vitals/internal/timeline"
)

// newViewer returns a Viewer of an empty store, at 22 Nov 2026 13:37 in London.
func newViewer(t *testing.T) (*Viewer, *store.Store) {
	t.Helper()
	s, err := store.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	now := local(t, "2026-11-22 13:37")
	return &Viewer{Store: s, Preferences: Preferences{Fallback: london(t)}, Now: func() time.Time { return now }}, s
}

func save[T any](t *testing.T, save func(context.Context, T) (int, int, error), value T) {
	t.Helper()
	if _, _, err := save(t.Context(), value); err != nil {
		t.Fatal(err)
	}
}

func TestSnapshotOfNothing(t *testing.T) {
	v, _ := newViewer(t)
	s, err := v.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.Body != nil || s.Burn != nil || s.Electricity != nil || s.HeightM != 0 || len(s.Fetches) != 0 {
		t.Errorf("figures out of nothing: %+v", s)
	}
	if s.Units != health.Kilograms || !s.AsOf.Equal(v.Now()) {
		t.Errorf("as of %s in %s", s.AsOf, s.Units)
	}
}

func TestSnapshotZone(t *testing.T) {
	v, s := newViewer(t)
	zone := func() string {
		t.Helper()
		z, err := v.Zone(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return z.String()
	}
	if got := zone(); got != "Europe/London" {
		t.Errorf("without account or configuration: %s", got)
	}
	save(t, s.SaveSettings, health.Settings{TimeZone: "Asia/Kathmandu"})
	if got := zone(); got != "Asia/Kathmandu" {
		t.Errorf("the account's zone: %s", got)
	}
	v.Preferences.Zone = time.UTC
	if got := zone(); got != "UTC" {
		t.Errorf("the configured zone: %s", got)
	}
	v.Preferences.Zone = nil
	save(t, s.SaveSettings, health.Settings{TimeZone: "Middle-earth/Shire"})
	if got := zone(); got != "Europe/London" {
		t.Errorf("after a zone that nobody knows: %s", got)
	}
}

func TestSnapshotBody(t *testing.T) {
	v, s := newViewer(t)
	aria := health.Source{Name: "Aria 2", Kind: health.SourceScale}
	var weighings []health.Weighing
	for day := range 28 {
		at := local(t, "2026-10-26 07:12").AddDate(0, 0, day)
		weighings = append(weighings, health.Weighing{ID: at.String(), At: at, KG: 72 - 0.05*float64(day), Source: aria})
	}
	guest := health.Weighing{ID: "guest", At: local(t, "2026-11-22 10:00"), KG: 95, Source: aria}
	save(t, s.SaveWeighings, append(weighings, guest))
	last := weighings[27]
	save(t, s.SaveBodyFats, []health.BodyFat{{ID: "f", At: last.At, Percent: 27.3, Source: aria}})
	v.Preferences.GoalKG = 68

	snapshot, err := v.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := snapshot.Body
	if b == nil || b.Weighing.ID != last.ID {
		t.Fatalf("latest accepted weigh-in: %+v", b)
	}
	if b.BMI != nil {
		t.Errorf("a BMI of %f without a height", *b.BMI)
	}
	if b.Fat == nil || *b.Fat != 27.3 || b.Rate == nil || !near(b.Rate.KGPerDay, -0.05) || b.GoalDates == nil {
		t.Errorf("body %+v", b)
	}

	v.Preferences.HeightM = 1.60
	if snapshot, _ = v.Snapshot(t.Context()); !near(*snapshot.Body.BMI, last.KG/1.6/1.6) {
		t.Errorf("BMI with the configured height: %f", *snapshot.Body.BMI)
	}
	save(t, s.SaveHeights, []health.Height{{ID: "h", At: local(t, "2014-03-02 12:00"), Metres: 1.72}})
	if snapshot, _ = v.Snapshot(t.Context()); !near(*snapshot.Body.BMI, last.KG/1.72/1.72) || snapshot.HeightM != 1.72 {
		t.Errorf("BMI with the account's height: %f", *snapshot.Body.BMI)
	}
}

func TestSnapshotBurn(t *testing.T) {
	v, s := newViewer(t)
	today := health.Date{Year: 2026, Month: time.November, Day: 22}
	save2 := func(totals ...health.DayTotal) {
		t.Helper()
		if _, _, err := s.SaveDayTotals(t.Context(), health.TypeCalories, totals); err != nil {
			t.Fatal(err)
		}
	}
	if snapshot, _ := v.Snapshot(t.Context()); snapshot.Burn != nil {
		t.Errorf("calories out of nothing: %+v", snapshot.Burn)
	}
	save2(health.DayTotal{Date: today.Add(-2), Amount: 2000, AsOf: v.Now()})
	if snapshot, _ := v.Snapshot(t.Context()); snapshot.Burn == nil || snapshot.Burn.Today != nil || snapshot.Burn.Yesterday != nil {
		t.Errorf("calories of another day: %+v", snapshot.Burn)
	}
	save2(health.DayTotal{Date: today, Amount: 0, AsOf: v.Now()})
	snapshot, err := v.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if b := snapshot.Burn; b == nil || b.Today == nil || *b.Today != 0 || b.Yesterday != nil {
		t.Errorf("0 kcal today is not unknown, yesterday is: %+v", b)
	}
}

// keepMeter stores a roll-up: the mean power in W of each quarter-hour from
// start on, -1 for none.
func keepMeter(t *testing.T, s *store.Store, start time.Time, latest timeline.Reading, watts func(at time.Time) float64, until time.Time) {
	t.Helper()
	r := timeline.RollUp{Source: "meter.db: readings", Step: time.Minute, Latest: latest}
	for at := start; at.Before(until); at = at.Add(15 * time.Minute) {
		if w := watts(at); w >= 0 {
			r.Portions = append(r.Portions, timeline.Portion{Start: at.Unix(), End: at.Unix() + timeline.QuarterHour,
				Amount: w / 4 / 1000, Covered: 15 * time.Minute})
		}
	}
	if err := s.SaveRollUp(t.Context(), "m", r); err != nil {
		t.Fatal(err)
	}
}

func TestSnapshotElectricity(t *testing.T) {
	v, s := newViewer(t)
	v.Preferences.Meter = "m"
	if snapshot, err := v.Snapshot(t.Context()); err != nil || snapshot.Electricity != nil {
		t.Fatalf("a meter that was never read: %+v, %v", snapshot.Electricity, err)
	}
	v.Preferences.Tariffs = []Tariff{{Currency: "GBP", PricePerKWh: 0.25, StandingCharge: 0.5}}
	night := func(at time.Time) float64 {
		if h := at.In(london(t)).Hour(); h < 6 {
			return 100 + float64(at.Day()) // the lowest of the night rises by the day
		}
		return 400
	}
	last := v.Now().Add(-7 * time.Minute)
	keepMeter(t, s, local(t, "2026-11-01 00:00"), timeline.Reading{Time: last, Value: 412}, night, local(t, "2026-11-22 13:30"))
	snapshot, err := v.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e := snapshot.Electricity
	if e == nil {
		t.Fatal("no electricity")
	}
	if want := 7.5*0.4 + 6*0.122; !near(*e.TodayKWh, want) {
		t.Errorf("today %f kWh, want %f", *e.TodayKWh, want)
	}
	if want := 18*0.4 + 6*0.121; !near(*e.YesterdayKWh, want) {
		t.Errorf("yesterday %f kWh, want %f", *e.YesterdayKWh, want)
	}
	if want := 7.5*0.4 + 6*0.121; !near(*e.YesterdayByNowKWh, want) { // the clock said 13:30
		t.Errorf("yesterday by now %f kWh, want %f", *e.YesterdayByNowKWh, want)
	}
	if want := *e.TodayKWh*0.25 + 0.5; !near(*e.TodayCost, want) || e.Currency != "GBP" {
		t.Errorf("today costs %f %s, want %f", *e.TodayCost, e.Currency, want)
	}
	// The nights of 9 to 22 November: 109 to 122 W.
	if !near(*e.IdleW, 115.5) {
		t.Errorf("idles at %f W, want 115.5", *e.IdleW)
	}
	if e.NowW != nil {
		t.Errorf("%f W is of seven minutes ago, not of now", *e.NowW)
	}

	keepMeter(t, s, local(t, "2026-11-01 00:00"), timeline.Reading{Time: v.Now().Add(-time.Minute), Value: 412}, night, local(t, "2026-11-22 13:30"))
	if snapshot, _ = v.Snapshot(t.Context()); snapshot.Electricity.NowW == nil || *snapshot.Electricity.NowW != 412 {
		t.Errorf("now %v W, want 412", snapshot.Electricity.NowW)
	}
}

func TestSnapshotOfAnOldMeter(t *testing.T) {
	v, s := newViewer(t)
	v.Preferences.Meter = "m"
	last := local(t, "2024-06-01 12:00")
	keepMeter(t, s, local(t, "2024-05-01 00:00"), timeline.Reading{Time: last, Value: 412}, func(time.Time) float64 { return 100 }, last)
	snapshot, err := v.Snapshot(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	e := snapshot.Electricity
	if e.NowW != nil || e.IdleW != nil || e.TodayKWh != nil || e.YesterdayKWh != nil || e.YesterdayByNowKWh != nil || !e.LastReading.Equal(last) {
		t.Errorf("a meter that stopped in 2024: %+v", e)
	}
}

// A quarter-hour with a minute of data says nothing of the night.
func TestIdleLoadNeedsWholeQuarterHours(t *testing.T) {
	now := local(t, "2026-11-22 13:37")
	portions := halfKWh(local(t, "2026-11-22 01:00"), local(t, "2026-11-22 05:00")) // 1 kW
	portions[3].Amount, portions[3].Covered = 0.0001, time.Minute
	if watts, ok := idleLoad(portions, now); !ok || !near(watts, 1000) {
		t.Errorf("idles at %f W, %v", watts, ok)
	}
	if watts, ok := idleLoad(portions[3:4], now); ok {
		t.Errorf("idles at %f W by a minute", watts)
	}
}
