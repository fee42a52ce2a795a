package view

import (
	"context"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// Habits is a window of energy by the hour of the local day. Its columns are
// days where the window's own buckets are hours or days, else weeks.
type Habits struct {
	From, To time.Time // half-open, in the zone of the person's days
	Widened  bool      // see Window
	Unit     timeline.Unit
	Columns  []timeline.Bucket // from where to where each goes; they hold no amounts

	// An element a column; nil as in Energy. What no hours are known of, as of
	// most calories of long ago, is without data even where days are known.
	House  [][24]timeline.HourOfDay // kWh
	Burned [][24]timeline.HourOfDay // kcal

	HouseTotal, BurnedTotal Total // of the hours known
}

// columns returns the window with the buckets that are the columns of habits.
func (w Window) columns() Window {
	if w.Unit > timeline.Day {
		w.Unit = timeline.Week
	} else {
		w.Unit = timeline.Day
	}
	return w
}

// Habits returns what a window shows by the hour of the day, of data as Energy
// found it.
func (v *Viewer) Habits(ctx context.Context, w Window, source EnergySource, data Extent) (Habits, error) {
	zone, err := v.Zone(ctx)
	if err != nil {
		return Habits{}, err
	}
	now := v.Now().In(zone)
	w = w.columns()
	h := Habits{Unit: w.Unit, Widened: w.Widened(now, data)}
	h.From, h.To = w.Bounds(now, data)
	h.Columns = timeline.Spans(h.From, h.To, w.Unit)
	to := h.To
	if end := timeline.Hour.Next(now); h.From.Before(end) {
		to = earlier(to, end) // no hours are known of later
	}
	passed := max(0, earlier(h.To, now).Sub(h.From))
	err = Together(func() error {
		if source == Burned {
			return nil
		}
		kept, ok, err := v.rollUp(ctx)
		if err != nil || !ok {
			return err
		}
		hours, err := v.resampled(ctx, kept, since(h.From, kept.First, to), to, timeline.Hour)
		if err != nil {
			return err
		}
		h.House, h.HouseTotal = timeline.ByHourOfDay(hours, h.Columns), total(hours, now)
		h.HouseTotal.Passed = passed
		return nil
	}, func() error {
		if source == House {
			return nil
		}
		known, err := v.TotalsExtent(ctx, health.TypeCalories, timeline.Hour)
		if err != nil {
			return err
		}
		hours, err := v.Totals(ctx, health.TypeCalories, since(h.From, known.First, to), to, timeline.Hour)
		if err != nil || hours == nil {
			return err
		}
		h.Burned, h.BurnedTotal = timeline.ByHourOfDay(hours, h.Columns), total(hours, now)
		h.BurnedTotal.Passed = passed
		return nil
	})
	if err != nil {
		return Habits{}, err
	}
	return h, nil
}

// since returns where to begin in [from, to), if nothing is known before first.
func since(from, first, to time.Time) time.Time {
	if start := timeline.Hour.Start(first.In(from.Location())); start.After(from) && start.Before(to) {
		return start
	}
	return from
}
