package view

import (
	"context"
	"math/rand/v2"
	"reflect"
	"slices"
	"sync"
	"testing"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// counting is a store that counts how often quarter-hours and hours are read.
type counting struct {
	Store
	mu           sync.Mutex
	reads, hours int
}

func (c *counting) HourTotals(ctx context.Context, d health.DataType, from, to time.Time) ([]health.HourTotal, error) {
	c.mu.Lock()
	c.hours++
	c.mu.Unlock()
	return c.Store.HourTotals(ctx, d, from, to)
}

func (c *counting) Portions(ctx context.Context, series string, from, to time.Time) ([]timeline.Portion, error) {
	c.mu.Lock()
	c.reads++
	c.mu.Unlock()
	return c.Store.Portions(ctx, series, from, to)
}

func TestQuarterHoursAreKeptUntilTheyChange(t *testing.T) {
	plain, s := newViewer(t)
	plain.Preferences.Meter = "m"
	end := local(t, "2026-11-22 13:30")
	keep := func(watts float64) {
		keepMeter(t, s, local(t, "2026-11-01 00:00"), timeline.Reading{Time: end}, func(time.Time) float64 { return watts }, end)
	}
	keep(400)
	c := &counting{Store: s}
	kept := *plain
	kept.Store, kept.Kept = c, &Kept{}
	same := func(reads int) {
		t.Helper()
		for _, reach := range []Reach{LastDay, LastWeek, All} {
			var asks sync.WaitGroup
			for range 4 {
				asks.Go(func() {
					want, err := plain.Energy(t.Context(), NewWindow(reach), House)
					if err != nil {
						t.Error(err)
					}
					got, err := kept.Energy(t.Context(), NewWindow(reach), House)
					if err != nil || !reflect.DeepEqual(got, want) {
						t.Errorf("reach %d: %+v, %v, want %+v", reach, got, err, want)
					}
				})
			}
			asks.Wait()
		}
		if c.reads != reads {
			t.Errorf("read %d times, want %d", c.reads, reads)
		}
	}
	same(1)
	keep(500) // another revision
	same(2)
	other := &kept
	other.Preferences.Meter, plain.Preferences.Meter = "none", "none"
	if e, err := other.Energy(t.Context(), NewWindow(LastDay), House); err != nil || e.House != nil {
		t.Errorf("another meter: %+v, %v", e.House, err)
	}
}

// What is kept of all hours, compared or not, is what would be made anew.
func TestKeptHoursAreTheSame(t *testing.T) {
	plain, s := newViewer(t)
	plain.Preferences.Meter = "m"
	plain.Preferences.Tariffs = []Tariff{{Currency: "GBP", PricePerKWh: 0.25, NightPrice: 0.1, NightTo: 7 * time.Hour}}
	end := local(t, "2026-11-22 13:30")
	kept := *plain
	kept.Kept = &Kept{}
	w := Window{Reach: All, Unit: timeline.Hour}
	for _, watts := range []float64{300, 500} {
		keepMeter(t, s, local(t, "2025-10-01 00:00"), timeline.Reading{Time: end}, func(at time.Time) float64 { return watts + float64(at.Unix()/900%97) }, end)
		var first *timeline.Bucket
		for range 2 {
			var answers [2]Energy
			for i, v := range []*Viewer{plain, &kept} {
				var err error
				if answers[i], err = v.Energy(t.Context(), w, House); err != nil {
					t.Fatal(err)
				}
				if err := v.Compare(t.Context(), w, &answers[i]); err != nil {
					t.Fatal(err)
				}
			}
			if len(answers[0].HouseBefore) < 9000 || !answers[0].HouseCompared.Known || !reflect.DeepEqual(answers[0], answers[1]) {
				t.Fatalf("%d hours, %+v, want %+v", len(answers[1].HouseBefore), answers[1].HouseCompared, answers[0].HouseCompared)
			}
			if first != nil && first != &answers[1].House[0] {
				t.Error("the hours are made once more")
			}
			first = &answers[1].House[0]
		}
	}
}

// sameBuckets reports whether two answers are the same. It compares the buckets
// itself, as reflect takes its time over so many.
func sameBuckets(a, b *Energy) bool {
	short, other := *a, *b
	short.House, short.Burned, short.HouseBefore, short.BurnedBefore = nil, nil, nil, nil
	other.House, other.Burned, other.HouseBefore, other.BurnedBefore = nil, nil, nil, nil
	short.Costs, other.Costs = nil, nil
	return slices.Equal(a.House, b.House) && slices.Equal(a.Burned, b.Burned) && slices.Equal(a.HouseBefore, b.HouseBefore) &&
		slices.Equal(a.BurnedBefore, b.BurnedBefore) && slices.Equal(a.Costs, b.Costs) && reflect.DeepEqual(short, other)
}

func sameHabits(a, b Habits) bool {
	same := slices.Equal(a.Columns, b.Columns) && slices.Equal(a.House, b.House) && slices.Equal(a.Burned, b.Burned)
	a.Columns, a.House, a.Burned, b.Columns, b.House, b.Burned = nil, nil, nil, nil, nil, nil
	return same && reflect.DeepEqual(a, b)
}

// Whatever is looked at in whatever order, while time passes and data comes in,
// is what would be made without keeping anything.
func TestKeptAnswersAreTheSame(t *testing.T) {
	plain, s := newViewer(t)
	plain.Preferences.Meter = "m"
	plain.Preferences.Tariffs = []Tariff{{Currency: "GBP", PricePerKWh: 0.25, NightPrice: 0.1, NightTo: 7 * time.Hour, StandingCharge: 0.5}}
	now := local(t, "2026-11-22 13:37")
	plain.Now = func() time.Time { return now }
	kept := *plain
	kept.Kept = &Kept{}
	random, zones := rand.New(rand.NewPCG(5, 0)), []*time.Location{plain.Preferences.Zone, time.UTC}
	tariffZones := []*time.Location{time.UTC, london(t)}
	plain.Preferences.TariffZone, kept.Preferences.TariffZone = tariffZones[0], tariffZones[0]
	watts := 300.0
	meter := func() {
		until := now.Truncate(time.Minute)
		keepMeter(t, s, local(t, "2025-09-20 00:00"), timeline.Reading{Time: until},
			func(at time.Time) float64 { return watts + float64(at.Unix()/900%97) }, until)
		watts++
	}
	burn := func(from time.Time) {
		var days []health.DayTotal
		var hours []health.HourTotal
		for hour := timeline.Day.Start(from); hour.Before(now); hour = hour.Add(time.Hour) {
			hours = append(hours, health.HourTotal{Start: hour, Amount: 50 + float64(hour.Unix()/3600%31), AsOf: now})
			if date := health.DateOf(hour); len(days) == 0 || days[len(days)-1].Date != date {
				days = append(days, health.DayTotal{Date: date, Amount: 2000, AsOf: now})
			}
		}
		hours[0].Amount = 99_999 // left out
		_, _, err := s.SaveDayTotals(t.Context(), health.TypeCalories, days)
		if err == nil {
			_, _, err = s.SaveHourTotals(t.Context(), health.TypeCalories, hours)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	meter()
	burn(local(t, "2025-09-25 00:00"))
	many := 0
	for step := range 45 {
		w := Window{Reach: All, Unit: timeline.Hour}
		if random.IntN(4) == 0 {
			w = Window{Reach: Reach(random.IntN(int(All) + 1)), Unit: timeline.Unit(random.IntN(int(timeline.Year) + 1))}
		}
		if random.IntN(4) == 0 { // a part of all, without what is left out at the start
			w = Window{From: local(t, "2025-09-26 00:00"), To: timeline.Hour.Start(now), Unit: timeline.Hour}
		}
		source, other := EnergySource(min(2, random.IntN(4))), EnergySource(random.IntN(3))
		if step%15 == 14 { // hours of before are looked for where those of now were not made
			meter()
			w, source, other = Window{Reach: All, Unit: timeline.Hour}, Burned, House
		}
		var answers [2]Energy
		var habits [2]Habits
		for i, v := range []*Viewer{plain, &kept} {
			var err error
			if answers[i], err = v.Energy(t.Context(), w, source); err == nil {
				err = v.Compare(t.Context(), w, &answers[i])
			}
			if err == nil {
				habits[i], err = v.Habits(t.Context(), w, other, answers[i].Data)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if !sameBuckets(&answers[0], &answers[1]) || !sameHabits(habits[0], habits[1]) {
			t.Fatalf("step %d at %s, %+v, source %d: what is kept is another answer", step, now, w, source)
		}
		if len(answers[1].HouseBefore) > manyHours && len(answers[1].BurnedBefore) > manyHours {
			many++
		}
		switch random.IntN(8) {
		case 0:
			now = now.Add(time.Second)
		case 1:
			now = now.Add(time.Duration(random.IntN(200)) * time.Minute)
		case 2:
			meter()
		case 3:
			burn(now)
		case 4:
			slices.Reverse(zones)
			plain.Preferences.Zone, kept.Preferences.Zone = zones[0], zones[0]
		case 5:
			slices.Reverse(tariffZones)
			plain.Preferences.TariffZone, kept.Preferences.TariffZone = tariffZones[0], tariffZones[0]
		}
	}
	if many < 10 {
		t.Errorf("only %d answers had many hours", many)
	}
}

// Of many hours only those are compared anew that may have changed.
func TestCounterpartsAreKept(t *testing.T) {
	begin := local(t, "2025-01-01 00:00")
	at := func(hours int) time.Time { return begin.Add(time.Duration(hours) * time.Hour) }
	own := timeline.Spans(begin, at(manyHours+10), timeline.Hour)
	others := slices.Clone(own)
	year, week := Stride{52, timeline.Week}, Stride{1, timeline.Week}
	var k keptCounterparts
	for i, ask := range []struct {
		own    []timeline.Bucket
		stride Stride
		asOf   time.Time
		anew   int
	}{
		{own, year, at(manyHours + 3), manyHours + 10},
		{own, year, at(manyHours + 3).Add(time.Minute), 7},
		{own, year, at(manyHours + 5), 7},
		{own, year, at(manyHours + 5).Add(time.Second), 5},
		{own, year, at(manyHours + 5).Add(time.Second), 0},
		{own, year, at(manyHours + 2), 8}, // a clock that was put right
		{own, week, at(manyHours + 2), manyHours + 10},
		{others, week, at(manyHours + 2), manyHours + 10},
		{own[:9], week, at(manyHours + 2), 9},
		{others, week, at(manyHours + 2), 0},
		{others, week, at(manyHours + 3), 8},
	} {
		anew := 0
		got, err := k.of(ask.own, ask.stride, ask.asOf, func(own []timeline.Bucket) ([]timeline.Bucket, error) {
			anew = len(own)
			return slices.Clone(own), nil
		})
		if err != nil || anew != ask.anew || !slices.Equal(got, ask.own) {
			t.Errorf("%d: %d of %d anew, want %d; %v", i, anew, len(got), ask.anew, err)
		}
	}
}

// Many hours of calories, and those they are compared with, are read once, until
// something is saved.
func TestManyHoursOfCaloriesAreReadOnce(t *testing.T) {
	plain, s := newViewer(t)
	now := plain.Now()
	hour := func(n int) health.HourTotal {
		return health.HourTotal{Start: now.Truncate(time.Hour).Add(time.Duration(-n) * time.Hour), Amount: 90, AsOf: now}
	}
	keep := func(date health.Date, hours ...health.HourTotal) {
		t.Helper()
		_, _, err := s.SaveDayTotals(t.Context(), health.TypeCalories, []health.DayTotal{{Date: date, Amount: 2000, AsOf: now}})
		if err == nil {
			_, _, err = s.SaveHourTotals(t.Context(), health.TypeCalories, hours)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	keep(health.DateOf(now).Add(-430), hour(0), hour(manyHours+5)) // there are days before the first hour
	c := &counting{Store: s}
	kept := *plain
	kept.Store, kept.Kept = c, &Kept{}
	w := Window{Reach: All, Unit: timeline.Hour}
	for i, anew := range []bool{true, false, false, true, false} {
		if i == 3 {
			keep(health.DateOf(now), hour(1))
		}
		c.hours = 0
		e, err := kept.Energy(t.Context(), w, Burned)
		if err == nil {
			err = kept.Compare(t.Context(), w, &e)
		}
		if err == nil {
			_, err = kept.Habits(t.Context(), w, Burned, e.Data)
		}
		if err != nil || len(e.Burned) < manyHours || c.hours > 0 != anew {
			t.Errorf("%d: %d hours, read in %d steps, anew %t; %v", i, len(e.Burned), c.hours, anew, err)
		}
		if first := e.BurnedBefore[0]; first.Start.IsZero() { // it may be fetched
			t.Error("the first hour has no counterpart, for want of data")
		}
		if i < 4 {
			continue
		}
		if steps, err := kept.Totals(t.Context(), health.TypeSteps, e.From, e.To, timeline.Hour); err != nil || steps != nil {
			t.Errorf("%d hours of steps, %v", len(steps), err)
		}
	}
}
