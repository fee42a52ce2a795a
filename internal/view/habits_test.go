package view

import (
	"reflect"
	"testing"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// habitsOf asks for a window, once with what is kept between questions and once
// without, which has to come to the same.
func habitsOf(t *testing.T, v *Viewer, w Window, source EnergySource) Habits {
	t.Helper()
	e, err := v.Energy(t.Context(), w, source)
	if err != nil {
		t.Fatal(err)
	}
	h, err := v.Habits(t.Context(), w, source, e.Data)
	if err != nil {
		t.Fatal(err)
	}
	keeping := *v
	keeping.Kept = &Kept{}
	if _, err := keeping.Energy(t.Context(), w, source); err != nil {
		t.Fatal(err)
	}
	kept, err := keeping.Habits(t.Context(), w, source, e.Data)
	if err != nil || !reflect.DeepEqual(kept, h) {
		t.Errorf("kept: %+v, %v, want %+v", kept, err, h)
	}
	return h
}

func TestHabitsHaveAColumnADayOrAWeek(t *testing.T) {
	v, s := newViewer(t)
	v.Preferences.Meter = "m"
	keepMeter(t, s, local(t, "2025-01-10 10:00"), timeline.Reading{Time: v.Now()}, func(at time.Time) float64 {
		return 100 * float64(at.In(london(t)).Hour())
	}, local(t, "2026-11-22 13:30"))
	autumn := TypedWindow(local(t, "2026-10-24 00:00"), local(t, "2026-10-27 00:00"))
	for _, tt := range []struct {
		name     string
		window   Window
		unit     timeline.Unit
		columns  int
		from, to string
		widened  bool
	}{
		{"24 hours", NewWindow(LastDay), timeline.Day, 2, "2026-11-21 00:00", "2026-11-23 00:00", true},
		{"7 days", NewWindow(LastWeek), timeline.Day, 7, "2026-11-16 00:00", "2026-11-23 00:00", false},
		{"7 days by hour", by(NewWindow(LastWeek), timeline.Hour), timeline.Day, 7, "2026-11-16 00:00", "2026-11-23 00:00", false},
		{"30 days by week", by(NewWindow(LastMonth), timeline.Week), timeline.Week, 5, "2026-10-19 00:00", "2026-11-23 00:00", true},
		{"12 months", NewWindow(LastYear), timeline.Week, 51, "2025-12-01 00:00", "2026-11-23 00:00", false},
		{"12 months by day", by(NewWindow(LastYear), timeline.Day), timeline.Day, 357, "2025-12-01 00:00", "2026-11-23 00:00", false},
		{"all", NewWindow(All), timeline.Week, 98, "2025-01-06 00:00", "2026-11-23 00:00", false},
		{"all by year", by(NewWindow(All), timeline.Year), timeline.Week, 98, "2025-01-06 00:00", "2026-11-23 00:00", false},
		{"a typed range", autumn, timeline.Day, 3, "2026-10-24 00:00", "2026-10-27 00:00", false},
		{"before all data", TypedWindow(local(t, "2024-03-01 00:00"), local(t, "2024-03-03 00:00")), timeline.Day, 2, "2024-03-01 00:00", "2024-03-03 00:00", false},
		{"the future", TypedWindow(local(t, "2030-03-01 00:00"), local(t, "2030-03-03 00:00")), timeline.Day, 2, "2030-03-01 00:00", "2030-03-03 00:00", false},
	} {
		h := habitsOf(t, v, tt.window, House)
		if h.Unit != tt.unit || len(h.Columns) != tt.columns || len(h.House) != tt.columns || h.Burned != nil || h.Widened != tt.widened ||
			!h.From.Equal(local(t, tt.from)) || !h.To.Equal(local(t, tt.to)) || !h.Columns[0].Start.Equal(h.From) || !h.Columns[len(h.Columns)-1].End.Equal(h.To) {
			t.Errorf("%s: %d columns by %s from %s to %s, widened: %v, %d of the house", tt.name, len(h.Columns), h.Unit, h.From, h.To, h.Widened, len(h.House))
		}
		for i, column := range h.House {
			for hour := range column {
				if mean, ok := column[hour].Mean(); ok && !near(mean, 0.1*float64(hour)) {
					t.Errorf("%s: column %d, %d:00: %f kWh", tt.name, i, hour, mean)
				}
			}
		}
	}

	today := habitsOf(t, v, NewWindow(LastWeek), House)
	last := today.House[6]
	if last[12].Status != timeline.Full || last[13].Status != timeline.Partial || last[13].Covered != 30*time.Minute || last[14].Status != timeline.Empty {
		t.Errorf("today from noon on: %+v", last[12:15])
	}
	if total := today.HouseTotal; total.Covered != 6*24*time.Hour+13*time.Hour+30*time.Minute || total.Passed != 6*24*time.Hour+13*time.Hour+37*time.Minute {
		t.Errorf("the week: %+v", total)
	}
	if total := habitsOf(t, v, NewWindow(All), House).HouseTotal; total.Passed-total.Covered != 4*24*time.Hour+10*time.Hour+7*time.Minute {
		t.Errorf("all: %s passed and %s covered", total.Passed, total.Covered)
	}
	if total := habitsOf(t, v, TypedWindow(local(t, "2030-03-01 00:00"), local(t, "2030-03-03 00:00")), House).HouseTotal; total.Known || total.Passed != 0 {
		t.Errorf("the future: %+v", total)
	}
}

func TestHabitsOfCaloriesAreThoseOfKnownHours(t *testing.T) {
	v, s := newViewer(t)
	if h := habitsOf(t, v, NewWindow(LastWeek), HouseAndBurned); h.House != nil || h.Burned != nil {
		t.Errorf("habits out of nothing: %+v", h)
	}
	var days []health.DayTotal
	var hours []health.HourTotal
	today := health.Date{Year: 2026, Month: time.November, Day: 22}
	for day := range 40 {
		days = append(days, health.DayTotal{Date: today.Add(-day), Amount: 2400, AsOf: v.Now()})
	}
	for hour := range 48 {
		hours = append(hours, health.HourTotal{Start: local(t, "2026-11-20 00:00").Add(time.Duration(hour) * time.Hour), Amount: 60 + float64(hour%24), AsOf: v.Now()})
	}
	_, _, err := s.SaveDayTotals(t.Context(), health.TypeCalories, days)
	if err == nil {
		_, _, err = s.SaveHourTotals(t.Context(), health.TypeCalories, hours)
	}
	if err != nil {
		t.Fatal(err)
	}
	h := habitsOf(t, v, NewWindow(LastMonth), HouseAndBurned)
	if h.House != nil || len(h.Burned) != 30 || h.BurnedTotal.Covered != 48*time.Hour || h.BurnedTotal.Passed != (29*24+1+13)*time.Hour+37*time.Minute {
		t.Fatalf("%d days of the house, %d of calories, %+v", len(h.House), len(h.Burned), h.BurnedTotal)
	}
	for i, day := range h.Burned {
		mean, ok := day[7].Mean()
		if known := i == 27 || i == 28; ok != known || known && (mean != 67 || day[7].Days != 1) {
			t.Errorf("day %d at 7: %f kcal, %+v", i, mean, day[7])
		}
	}
	if h := habitsOf(t, v, NewWindow(LastWeek), House); h.Burned != nil {
		t.Error("calories of the house")
	}
	weeks := habitsOf(t, v, NewWindow(LastYear), Burned)
	if h := weeks.Burned[len(weeks.Burned)-1][7]; h.Days != 2 || h.Amount != 134 || h.Length != 3*time.Hour || h.Status != timeline.Partial {
		t.Errorf("this week at 7: %+v", h)
	}
}
