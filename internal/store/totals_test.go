package store

import (
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitals/internal/health"
)

func TestDayTotalsReturn(t *testing.T) {
	days := rapid.SliceOfDistinct(rapid.Custom(func(t *rapid.T) health.DayTotal {
		return health.DayTotal{Date: dates.Draw(t, "date"), Amount: amounts.Draw(t, "amount"), AsOf: maybeInstants.Draw(t, "as of")}
	}), func(d health.DayTotal) health.Date { return d.Date })
	withMemory(t, func(rt *rapid.T, ctx context.Context, s *Store) {
		want := days.Draw(rt, "days")
		expect(rt, len(want), 0)(s.SaveDayTotals(ctx, health.TypeCalories, want))
		expect(rt, 0, 0)(s.SaveDayTotals(ctx, health.TypeCalories, want))

		from, to := maybeDates.Draw(rt, "from"), maybeDates.Draw(rt, "to")
		want = slices.DeleteFunc(want, func(d health.DayTotal) bool {
			return !from.IsZero() && d.Date.Before(from) || !to.IsZero() && !d.Date.Before(to)
		})
		slices.SortFunc(want, func(a, b health.DayTotal) int { return a.Date.Number() - b.Date.Number() })
		got, err := s.DayTotals(ctx, health.TypeCalories, from, to)
		if err != nil || len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
			rt.Fatalf("got %+v, %v, want %+v", got, err, want)
		}
	})
}

func TestHourTotalsReturn(t *testing.T) {
	hours := rapid.SliceOfDistinct(rapid.Custom(func(t *rapid.T) health.HourTotal {
		return health.HourTotal{Start: instants.Draw(t, "start"), Amount: amounts.Draw(t, "amount"), AsOf: maybeInstants.Draw(t, "as of")}
	}), func(h health.HourTotal) time.Time { return h.Start })
	withMemory(t, func(rt *rapid.T, ctx context.Context, s *Store) {
		want := hours.Draw(rt, "hours")
		expect(rt, len(want), 0)(s.SaveHourTotals(ctx, health.TypeCalories, want))
		expect(rt, 0, 0)(s.SaveHourTotals(ctx, health.TypeCalories, want))

		from, to := maybeInstants.Draw(rt, "from"), maybeInstants.Draw(rt, "to")
		want = slices.DeleteFunc(want, func(h health.HourTotal) bool {
			return !from.IsZero() && h.Start.Before(from) || !to.IsZero() && !h.Start.Before(to)
		})
		slices.SortFunc(want, func(a, b health.HourTotal) int { return a.Start.Compare(b.Start) })
		got, err := s.HourTotals(ctx, health.TypeCalories, from, to)
		if err != nil || len(got) != len(want) || len(got) > 0 && !reflect.DeepEqual(got, want) {
			rt.Fatalf("got %+v, %v, want %+v", got, err, want)
		}
	})
}

func TestTotalsCount(t *testing.T) {
	s, ctx := openMemory(t), t.Context()
	day := health.DateOf(at)
	two := []health.DayTotal{{Date: day, Amount: 0, AsOf: at}, {Date: day.Add(1), Amount: 5, AsOf: at}}
	expect(t, 2, 0)(s.SaveDayTotals(ctx, health.TypeSteps, two))
	expect(t, 2, 0)(s.SaveDayTotals(ctx, health.TypeCalories, two))

	// Fetched later: what grew has changed, what is the same is only newer.
	for i := range two {
		two[i].AsOf = at.Add(time.Hour)
	}
	two[1].Amount = 6
	expect(t, 0, 1)(s.SaveDayTotals(ctx, health.TypeSteps, two))
	if got, err := s.DayTotals(ctx, health.TypeSteps, health.Date{}, health.Date{}); !reflect.DeepEqual(got, two) || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	hour := []health.HourTotal{{Start: at, Amount: 80, AsOf: at}}
	expect(t, 1, 0)(s.SaveHourTotals(ctx, health.TypeCalories, hour))
	hour[0].Amount = 0
	expect(t, 0, 1)(s.SaveHourTotals(ctx, health.TypeCalories, hour))
}

func TestDayTotalsExtent(t *testing.T) {
	s, ctx := openMemory(t), t.Context()
	if first, last, err := s.DayTotalsExtent(ctx, health.TypeSteps); !first.IsZero() || !last.IsZero() || err != nil {
		t.Errorf("days of nothing: %v to %v, %v", first, last, err)
	}
	day := health.DateOf(at)
	for _, n := range []int{3, -2, 0} {
		saveDay(t, s, n, 1)
	}
	if first, last, err := s.DayTotalsExtent(ctx, health.TypeSteps); first != day.Add(-2) || last != day.Add(3) || err != nil {
		t.Errorf("days: %v to %v, %v", first, last, err)
	}
	if first, _, err := s.DayTotalsExtent(ctx, health.TypeCalories); !first.IsZero() || err != nil {
		t.Errorf("days of another type: %v, %v", first, err)
	}
}
