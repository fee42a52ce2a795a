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
