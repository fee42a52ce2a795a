package view

import (
	"context"
	"reflect"
	"sync"
	"testing"
	"time"

	"vitals/internal/timeline"
)

// counting is a store that counts how often quarter-hours are read.
type counting struct {
	Store
	mu    sync.Mutex
	reads int
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
		}
	}
}
