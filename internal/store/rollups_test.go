package store

import (
	"context"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitals/internal/timeline"
)

// quarterHours generates portions of slots [from, from+n) counted from at's
// midnight, with gaps.
func quarterHours(t *rapid.T, from, n int) []timeline.Portion {
	midnight := at.Truncate(day * time.Second).Unix()
	var portions []timeline.Portion
	for slot := from; slot < from+n; slot++ {
		if rapid.IntRange(0, 5).Draw(t, "gap") == 0 {
			continue
		}
		p := timeline.Portion{Start: midnight + int64(slot)*timeline.QuarterHour, Amount: rapid.Float64().Draw(t, "kWh"), Covered: wholeSlot}
		p.End = p.Start + timeline.QuarterHour
		if rapid.Bool().Draw(t, "partly") {
			p.Covered = time.Duration(rapid.IntRange(0, timeline.QuarterHour*1e6).Draw(t, "covered")) * time.Microsecond
			p.Estimated = time.Duration(rapid.Int64Range(0, p.Covered.Microseconds()).Draw(t, "estimated")) * time.Microsecond
		}
		portions = append(portions, p)
	}
	return portions
}

// A series of saves gives back what a plain list would, in any window.
func TestRollUpReturns(t *testing.T) {
	midnight := at.Truncate(day * time.Second)
	slotTime := func(slot int) time.Time { return midnight.Add(time.Duration(slot) * wholeSlot) }
	dropped := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) timeline.Dropped {
		return timeline.Dropped{Reading: timeline.Reading{Time: maybeInstants.Draw(t, "time"), Value: amounts.Draw(t, "value")}, Reason: texts.Draw(t, "reason")}
	}), 0, 3)
	withMemory(t, func(rt *rapid.T, ctx context.Context, s *Store) {
		if err := s.SaveRollUp(ctx, "other", timeline.RollUp{Portions: quarterHours(rt, 0, 4)}); err != nil {
			rt.Fatal(err)
		}
		var all []timeline.Portion
		if _, ok, err := s.RollUp(ctx, "house"); ok || err != nil {
			rt.Fatal(ok, err)
		}
		for revision := range rapid.IntRange(1, 3).Draw(rt, "saves") {
			r := timeline.RollUp{
				Source:       texts.Draw(rt, "source"),
				Step:         time.Duration(rapid.Int64Min(0).Draw(rt, "step")),
				Latest:       timeline.Reading{Time: maybeInstants.Draw(rt, "latest"), Value: amounts.Draw(rt, "W")},
				Dropped:      dropped.Draw(rt, "dropped"),
				DroppedTotal: rapid.IntMin(0).Draw(rt, "dropped total"),
				Bookmark:     rapid.SliceOf(rapid.Byte()).Draw(rt, "bookmark"),
			}
			slot := rapid.IntRange(0, 250).Draw(rt, "from")
			if whole := rapid.IntRange(0, 3).Draw(rt, "whole") == 0; whole {
				all = nil
			} else {
				r.From = slotTime(slot)
				all = slices.DeleteFunc(all, func(p timeline.Portion) bool { return p.Start >= r.From.Unix() })
			}
			r.Portions = quarterHours(rt, slot+rapid.IntRange(0, 60).Draw(rt, "after"), rapid.IntRange(0, 40).Draw(rt, "n"))
			all = append(all, r.Portions...)
			if err := s.SaveRollUp(ctx, "house", r); err != nil {
				rt.Fatal(err)
			}

			want := timeline.KeptRollUp{RollUp: r, Revision: int64(revision) + 1}
			want.From, want.Portions = time.Time{}, nil
			if len(want.Bookmark) == 0 {
				want.Bookmark = nil
			}
			if len(want.Dropped) == 0 {
				want.Dropped = nil
			}
			if len(all) > 0 {
				want.First, want.Last = time.Unix(all[0].Start, 0).UTC(), time.Unix(all[len(all)-1].End, 0).UTC()
			}
			if got, ok, err := s.RollUp(ctx, "house"); !reflect.DeepEqual(got, want) || !ok || err != nil {
				rt.Fatalf("got %+v, %v, %v, want %+v", got, ok, err, want)
			}
			if got, err := s.Portions(ctx, "house", time.Time{}, time.Time{}); !slices.Equal(got, all) || err != nil {
				rt.Fatalf("got %v, %v, want %v", got, err, all)
			}
			edges := rapid.SampledFrom([]time.Duration{0, time.Second, -time.Second, wholeSlot / 2})
			from := slotTime(slot + rapid.IntRange(-100, 100).Draw(rt, "window from")).Add(edges.Draw(rt, "edge"))
			to := slotTime(slot + rapid.IntRange(-100, 100).Draw(rt, "window to")).Add(edges.Draw(rt, "edge"))
			window := slices.DeleteFunc(slices.Clone(all), func(p timeline.Portion) bool {
				return p.End <= from.Unix() || p.Start >= to.Unix()
			})
			if got, err := s.Portions(ctx, "house", from, to); !slices.Equal(got, window) || err != nil {
				rt.Fatalf("from %v to %v got %v, %v, want %v", from, to, got, err, window)
			}
		}
	})
}

func TestRollUpKeepsNoNumber(t *testing.T) {
	s := openMemory(t)
	r := timeline.RollUp{Dropped: []timeline.Dropped{
		{Reading: timeline.Reading{Time: at, Value: math.NaN()}, Reason: "not a number"},
		{Reading: timeline.Reading{Time: at, Value: math.Inf(-1)}, Reason: "dip"},
	}}
	if err := s.SaveRollUp(t.Context(), "house", r); err != nil {
		t.Fatal(err)
	}
	got, _, err := s.RollUp(t.Context(), "house")
	if err != nil || len(got.Dropped) != 2 || !math.IsNaN(got.Dropped[0].Value) || !math.IsInf(got.Dropped[1].Value, -1) {
		t.Errorf("got %+v, %v", got.Dropped, err)
	}
}

func TestPortionsOfNothing(t *testing.T) {
	s := openMemory(t)
	if got, err := s.Portions(t.Context(), "house", time.Time{}, at); len(got) != 0 || err != nil {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestSaveRollUpRefusesMistakes(t *testing.T) {
	good := timeline.Portion{Start: 1_800_000_000, End: 1_800_000_900, Amount: 1, Covered: wholeSlot}
	with := func(change func(*timeline.Portion)) []timeline.Portion {
		p := good
		change(&p)
		return []timeline.Portion{p}
	}
	s := openMemory(t)
	for name, r := range map[string]timeline.RollUp{
		"cut short at its end":   {Portions: with(func(p *timeline.Portion) { p.End-- })},
		"cut short at its start": {Portions: with(func(p *timeline.Portion) { p.Start++ })},
		"not where one begins":   {Portions: with(func(p *timeline.Portion) { p.Start++; p.End++ })},
		"before 1970":            {Portions: with(func(p *timeline.Portion) { p.Start, p.End = -900, 0 })},
		"covers too much":        {Portions: with(func(p *timeline.Portion) { p.Covered++ })},
		"covers too little":      {Portions: with(func(p *timeline.Portion) { p.Covered, p.Estimated = -1, -1 })},
		"estimates too much":     {Portions: with(func(p *timeline.Portion) { p.Covered, p.Estimated = 1, 2 })},
		"twice":                  {Portions: []timeline.Portion{good, good}},
		"before the beginning":   {From: time.Unix(good.End, 0), Portions: []timeline.Portion{good}},
		"inside a quarter-hour":  {From: time.Unix(good.End, 1)},
	} {
		if err := s.SaveRollUp(t.Context(), "house", r); err == nil || !strings.HasPrefix(err.Error(), "saving the roll-up: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, ok, err := s.RollUp(t.Context(), "house"); ok || err != nil {
		t.Errorf("something was kept: %v", err)
	}
	if err := s.SaveRollUp(t.Context(), "house", timeline.RollUp{From: time.Unix(good.Start, 0), Portions: []timeline.Portion{good}}); err != nil {
		t.Error(err)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(pack(nil, timeline.Portion{End: timeline.QuarterHour, Amount: 1, Covered: wholeSlot}))
	f.Add(pack(nil, timeline.Portion{Start: 900, End: 1800, Amount: math.NaN(), Covered: time.Second}))
	f.Add([]byte{96, 0, 0, 0, 0, 0, 0, 0, 0})
	f.Fuzz(func(t *testing.T, packed []byte) {
		portions, err := unpack(nil, 7, packed)
		if err == nil && len(packed) > 0 && len(portions) == 0 {
			t.Error("something came back as nothing")
		}
		for _, p := range portions {
			if p.Start < 7*day || p.End > 8*day || p.End-p.Start != timeline.QuarterHour {
				t.Errorf("portion %+v is not of day 7", p)
			}
		}
	})
}
