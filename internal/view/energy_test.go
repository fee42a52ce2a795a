package view

import (
	"strings"
	"testing"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

func TestEnergyWindow(t *testing.T) {
	v, s := newViewer(t)
	e, err := v.Energy(t.Context(), NewWindow(LastDay), HouseAndBurned)
	if err != nil || e.House != nil || e.Burned != nil {
		t.Fatalf("energy out of nothing: %+v, %v", e, err)
	}

	v.Preferences.Meter = "m"
	keepMeter(t, s, local(t, "2026-11-20 00:00"), timeline.Reading{Time: v.Now()}, func(time.Time) float64 { return 400 }, local(t, "2026-11-22 13:30"))
	today := health.Date{Year: 2026, Month: time.November, Day: 22}
	for day := range 40 {
		if _, _, err := s.SaveDayTotals(t.Context(), health.TypeCalories, []health.DayTotal{{Date: today.Add(-day), Amount: 2000, AsOf: v.Now()}}); err != nil {
			t.Fatal(err)
		}
	}
	e, err = v.Energy(t.Context(), NewWindow(LastWeek), HouseAndBurned)
	if err != nil {
		t.Fatal(err)
	}
	if len(e.House) != 7 || len(e.Burned) != 7 || !e.House[6].End.Equal(e.Burned[6].End) {
		t.Fatalf("%d and %d buckets, want the same seven", len(e.House), len(e.Burned))
	}
	if got := e.House[3].Status; got != timeline.Empty {
		t.Errorf("the house on Thursday is %s, want empty", got)
	}
	if b := e.House[5]; b.Status != timeline.Full || !near(b.Amount, 9.6) {
		t.Errorf("the house on Saturday: %s %f", b.Status, b.Amount)
	}
	if b := e.Burned[6]; b.Status != timeline.Partial || b.Covered != 13*time.Hour+37*time.Minute || b.Amount != 2000 {
		t.Errorf("burned today: %+v, want partial up to now", b)
	}
	if b := e.Burned[5]; b.Status != timeline.Full {
		t.Errorf("burned yesterday: %s", b.Status)
	}
	if want := local(t, "2026-10-14 00:00"); !e.Data.First.Equal(want) {
		t.Errorf("data begins %s, want %s of the older source", e.Data.First, want)
	}

	months, err := v.Totals(t.Context(), health.TypeCalories, local(t, "2026-10-01 00:00"), local(t, "2026-12-01 00:00"), timeline.Month)
	if err != nil || months[0].Amount != 18*2000 || months[1].Amount != 22*2000 {
		t.Errorf("months %+v, %v", months, err)
	}
}

func TestARunningDayIsNotSpreadOverItsRest(t *testing.T) {
	v, s := newViewer(t)
	today := health.Date{Year: 2026, Month: time.November, Day: 22}
	asOf := local(t, "2026-11-22 12:00")
	if _, _, err := s.SaveDayTotals(t.Context(), health.TypeCalories, []health.DayTotal{{Date: today, Amount: 1200, AsOf: asOf}}); err != nil {
		t.Fatal(err)
	}
	for _, until := range []string{"2026-11-22 12:00", "2026-11-22 13:37", "2026-11-23 00:00"} {
		got, err := v.Totals(t.Context(), health.TypeCalories, local(t, "2026-11-22 00:00"), local(t, until), timeline.Day)
		if err != nil || len(got) != 1 || got[0].Amount != 1200 || got[0].Covered != 12*time.Hour {
			t.Errorf("today until %s: %+v, %v", until, got, err)
		}
	}
}

func TestADayThatIsCutGoesByItsHours(t *testing.T) {
	v, s := newViewer(t) // the account does not tell its zone, so that is London
	day := func(date int) health.Date { return health.Date{Year: 2026, Month: time.November, Day: date} }
	var hours []health.HourTotal
	for hour := range 24 {
		amount := 0.0
		if hour >= 7 {
			amount = 100
		}
		hours = append(hours, health.HourTotal{Start: local(t, "2026-11-20 00:00").Add(time.Duration(hour) * time.Hour), Amount: amount, AsOf: v.Now()})
	}
	_, _, err := s.SaveDayTotals(t.Context(), health.TypeSteps, []health.DayTotal{
		{Date: day(19), Amount: 2400, AsOf: v.Now()}, {Date: day(20), Amount: 1700, AsOf: v.Now()}})
	if err == nil {
		_, _, err = s.SaveHourTotals(t.Context(), health.TypeSteps, hours)
	}
	if err == nil {
		_, _, err = s.SaveSettings(t.Context(), health.Settings{TimeZone: "Europe/London"})
	}
	if err != nil {
		t.Fatal(err)
	}
	tokyo, err := time.LoadLocation("Asia/Tokyo")
	if err != nil {
		t.Fatal(err)
	}
	type bucket struct {
		amount float64
		status timeline.Status
	}
	for _, c := range []struct {
		from, to time.Time
		want     []bucket
	}{
		{local(t, "2026-11-20 00:00"), local(t, "2026-11-20 06:00"), []bucket{{0, timeline.Full}}},
		{local(t, "2026-11-20 06:00"), local(t, "2026-11-21 00:00"), []bucket{{1700, timeline.Full}}},
		// The hours of this day were never fetched.
		{local(t, "2026-11-19 18:00"), local(t, "2026-11-20 08:00"), []bucket{{600, timeline.Estimated}, {100, timeline.Full}}},
		// Days of Tokyo end at 15:00.
		{local(t, "2026-11-18 15:00").In(tokyo), local(t, "2026-11-21 15:00").In(tokyo),
			[]bucket{{1500, timeline.Estimated}, {900 + 800, timeline.Estimated}, {900, timeline.Partial}}},
	} {
		got, err := v.Totals(t.Context(), health.TypeSteps, c.from, c.to, timeline.Day)
		if err != nil || len(got) != len(c.want) {
			t.Fatalf("from %s: %+v, %v", c.from, got, err)
		}
		for i, want := range c.want {
			if !near(got[i].Amount, want.amount) || got[i].Status != want.status {
				t.Errorf("from %s: %f %s, want %f %s", got[i].Start, got[i].Amount, got[i].Status, want.amount, want.status)
			}
		}
	}
}

func TestTotalsByHour(t *testing.T) {
	v, s := newViewer(t)
	start := local(t, "2026-11-22 10:00")
	if _, _, err := s.SaveDayTotals(t.Context(), health.TypeCalories, []health.DayTotal{{Date: health.DateOf(start), Amount: 700, AsOf: v.Now()}}); err != nil {
		t.Fatal(err)
	}
	hours := []health.HourTotal{
		{Start: start, Amount: 90, AsOf: v.Now()},
		{Start: start.Add(2 * time.Hour), Amount: 80, AsOf: v.Now()},
		{Start: start.Add(3 * time.Hour), Amount: 40, AsOf: v.Now()}, // running
	}
	if _, _, err := s.SaveHourTotals(t.Context(), health.TypeCalories, hours); err != nil {
		t.Fatal(err)
	}
	got, err := v.Totals(t.Context(), health.TypeCalories, start, start.Add(4*time.Hour), timeline.Hour)
	if err != nil {
		t.Fatal(err)
	}
	want := []timeline.Status{timeline.Full, timeline.Empty, timeline.Full, timeline.Partial}
	for i, b := range got {
		if b.Status != want[i] {
			t.Errorf("%s is %s, want %s", b.Start, b.Status, want[i])
		}
	}
	// Kathmandu's hours begin at a quarter to: Google's are shared out.
	kathmandu, err := time.LoadLocation("Asia/Kathmandu")
	if err != nil {
		t.Fatal(err)
	}
	first := start.In(kathmandu) // 15:45
	got, err = v.Totals(t.Context(), health.TypeCalories, timeline.Hour.Start(first), timeline.Hour.Next(first), timeline.Hour)
	if err != nil || len(got) != 1 || !near(got[0].Amount, 90.0/4) {
		t.Errorf("an hour in Kathmandu: %+v, %v", got, err)
	}
}

func TestAnAbsurdDayIsShownAsNoData(t *testing.T) {
	v, s := newViewer(t)
	start := local(t, "2026-11-01 00:00")
	var days []health.DayTotal
	var hours []health.HourTotal
	for i := range 20 {
		day := health.DateOf(start).Add(i)
		amount := 2000.0
		if i == 9 || i == 12 {
			amount = 229_313 - float64(i)
		}
		days = append(days, health.DayTotal{Date: day, Amount: amount, AsOf: v.Now()})
		for hour := range 24 {
			hours = append(hours, health.HourTotal{Start: start.AddDate(0, 0, i).Add(time.Duration(hour) * time.Hour), Amount: amount / 24, AsOf: v.Now()})
		}
	}
	_, _, err := s.SaveDayTotals(t.Context(), health.TypeCalories, days)
	if err == nil {
		_, _, err = s.SaveHourTotals(t.Context(), health.TypeCalories, hours)
	}
	if err != nil {
		t.Fatal(err)
	}
	tenth := health.Date{Year: 2026, Month: time.November, Day: 10}
	window := TypedWindow(start, start.AddDate(0, 0, 20))
	for unit, want := range map[timeline.Unit]health.Excess{
		timeline.Hour:  {Count: 48, Worst: (229_313.0 - 9) / 24, On: tenth},
		timeline.Day:   {Count: 2, Worst: 229_313 - 9, On: tenth},
		timeline.Month: {Count: 2, Worst: 229_313 - 9, On: tenth},
	} {
		window.Unit = unit
		e, err := v.Energy(t.Context(), window, Burned)
		if err != nil || e.BurnedExcess != want || !near(e.BurnedTotal.Amount, 18*2000) || e.BurnedTotal.Covered != 18*24*time.Hour {
			t.Errorf("by %s: %+v, %f in %s, %v", unit, e.BurnedExcess, e.BurnedTotal.Amount, e.BurnedTotal.Covered, err)
		}
		if unit == timeline.Day && (e.Burned[9].Status != timeline.Empty || e.Burned[12].Status != timeline.Empty || e.Burned[10].Status != timeline.Full) {
			t.Errorf("days %+v", e.Burned[9:13])
		}
	}
	window.Unit = timeline.Day
	for at, want := range map[time.Time]string{
		{}:                     "2 days left out, at worst 229,304 kcal on 10 Nov 2026",
		start.AddDate(0, 0, 9): "1 day left out: 229,304 kcal on 10 Nov 2026",
		start.AddDate(0, 0, 8): "",
	} {
		all, err := v.Why(t.Context(), Subject{Topic: AboutEnergy, Window: window, Source: Burned, At: at})
		if last := all[len(all)-1]; err != nil || want == "" && last.LeftOut != nil || want != "" && (len(last.LeftOut) != 1 || !strings.HasPrefix(last.LeftOut[0], want)) {
			t.Errorf("why of %s: %+v, %v", at, last, err)
		}
	}
	stored, err := s.DayTotals(t.Context(), health.TypeCalories, health.Date{}, health.Date{})
	if err != nil || stored[9].Amount != 229_313-9 {
		t.Errorf("the record says %+v, %v", stored[9], err)
	}
	window.Unit, window.To = timeline.Day, start.AddDate(0, 0, 9) // the days beyond are others'
	if e, err := v.Energy(t.Context(), window, Burned); err != nil || e.BurnedExcess.Count != 0 {
		t.Errorf("nothing to leave out: %+v, %v", e.BurnedExcess, err)
	}
}

// Who travels has their hours counted from the minute of another zone: they
// replace those that they overlap.
func TestHoursFetchedFromAnotherMinuteAreNotAddedTwice(t *testing.T) {
	v, s := newViewer(t)
	start := local(t, "2026-11-20 08:00")
	day := []health.DayTotal{{Date: health.DateOf(start), Amount: 2400, AsOf: v.Now()}}
	if _, _, err := s.SaveDayTotals(t.Context(), health.TypeCalories, day); err != nil {
		t.Fatal(err)
	}
	save := func(first time.Time, n int, amount float64, asOf time.Time) {
		t.Helper()
		var hours []health.HourTotal
		for i := range n {
			hours = append(hours, health.HourTotal{Start: first.Add(time.Duration(i) * time.Hour), Amount: amount, AsOf: asOf})
		}
		if _, _, err := s.SaveHourTotals(t.Context(), health.TypeCalories, hours); err != nil {
			t.Fatal(err)
		}
	}
	save(start, 8, 100, v.Now().Add(-2*time.Hour))
	save(start.Add(210*time.Minute), 3, 80, v.Now().Add(-time.Hour)) // 11:30 to 14:30
	for _, from := range []time.Time{start, start.Add(-time.Hour)} {
		got, err := v.Totals(t.Context(), health.TypeCalories, from, start.Add(8*time.Hour), timeline.Hour)
		if err != nil {
			t.Fatal(err)
		}
		sum := total(got, v.Now())
		if !near(sum.Amount, 4*100+3*80) || sum.Covered > 8*time.Hour {
			t.Errorf("from %s: %f in %s", from, sum.Amount, sum.Covered)
		}
	}
}
