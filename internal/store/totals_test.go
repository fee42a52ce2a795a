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

// What the account told stays; of files the better rank, the newer and the
// larger wins, in whatever order they come.
func TestTotalsOfFilesInAnyOrder(t *testing.T) {
	day := health.DateOf(at)
	total := func(via string, amount float64, asOf time.Time, covered time.Duration) health.DayTotal {
		return health.DayTotal{Date: day, Amount: amount, AsOf: asOf, Via: via, Covered: covered}
	}
	absurd := total(health.ViaFitbitArchive, 229_313, at.Add(120*time.Hour), 0)
	half := total(health.ViaFitbitArchive, 900, at.Add(48*time.Hour), 12*time.Hour)
	table := total(health.ViaCSV, 2300, at.Add(72*time.Hour), 0)
	google := total(health.ViaGoogleArchive, 2310, at.Add(96*time.Hour), 0)
	older := total(health.ViaFitbitArchive, 2320, at, 0)
	newer := total(health.ViaFitbitArchive, 2325, at.Add(time.Hour), 0)
	less := total(health.ViaFitbitArchive, 2324, at.Add(time.Hour), 0)
	account := total("", 2200, at.Add(-time.Hour), 0)
	rapid.Check(t, func(rt *rapid.T) {
		s, err := OpenMemory(t.Context())
		if err != nil {
			rt.Fatal(err)
		}
		defer s.Close()
		files := []health.DayTotal{absurd, half, table, google, older, newer, less}
		order := rapid.Permutation(files).Draw(rt, "order")
		count := rapid.IntRange(1, len(order)).Draw(rt, "count")
		best := absurd
		for _, f := range files { // from the worst to the best, but for the last two
			if slices.Contains(order[:count], f) && f != less {
				best = f
			}
		}
		if slices.Contains(order[:count], less) && best != newer {
			best = less
		}
		signedIn := rapid.IntRange(0, count).Draw(rt, "when the account answers")
		save := func(total health.DayTotal) {
			if _, _, err := s.SaveDayTotals(t.Context(), health.TypeCalories, []health.DayTotal{total}); err != nil {
				rt.Fatal(err)
			}
		}
		for i, f := range order[:count] {
			if i == signedIn {
				save(account)
				best = account
			}
			save(f)
		}
		got, err := s.DayTotals(t.Context(), health.TypeCalories, health.Date{}, health.Date{})
		if err != nil || len(got) != 1 || got[0] != best {
			rt.Fatalf("got %+v, %v, want %+v", got, err, best)
		}
		for _, f := range order[:count] {
			if added, changed, err := s.SaveDayTotals(t.Context(), health.TypeCalories, []health.DayTotal{f}); err != nil || added+changed > 0 {
				rt.Fatalf("%+v again: %d added, %d changed, %v", f, added, changed, err)
			}
		}
	})
}

// What the account tells and nobody can have had replaces no true figure of a
// file, but one of its own.
func TestAnImpossibleTotalHidesNoFile(t *testing.T) {
	s, day := openMemory(t), health.DateOf(at)
	save := func(via string, amount float64) float64 {
		t.Helper()
		total := health.DayTotal{Date: day, Amount: amount, AsOf: at, Via: via}
		if _, _, err := s.SaveDayTotals(t.Context(), health.TypeCalories, []health.DayTotal{total}); err != nil {
			t.Fatal(err)
		}
		got, err := s.DayTotals(t.Context(), health.TypeCalories, health.Date{}, health.Date{})
		if err != nil || len(got) != 1 {
			t.Fatalf("%+v, %v", got, err)
		}
		return got[0].Amount
	}
	for i, step := range []struct {
		via          string
		amount, want float64
	}{{health.ViaFitbitArchive, 2400, 2400}, {"", 229_313, 2400}, {"", 2350, 2350}, {"", 229_313, 229_313}, {health.ViaFitbitArchive, 2400, 2400}, {"", 2350, 2350}} {
		if got := save(step.via, step.amount); got != step.want {
			t.Errorf("step %d: %.0f is kept, want %.0f", i, got, step.want)
		}
	}
}
