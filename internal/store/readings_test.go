package store

import (
	"cmp"
	"context"
	"reflect"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitals/internal/health"
)

func TestReadingsReturn(t *testing.T) {
	ids := rapid.OneOf(texts, rapid.Just(""))
	weighings := rapid.SliceOf(rapid.Custom(func(t *rapid.T) health.Weighing {
		return health.Weighing{ID: ids.Draw(t, "ID"), At: localInstants.Draw(t, "at"), KG: amounts.Draw(t, "kg"), Source: sources.Draw(t, "source")}
	}))
	withMemory(t, func(rt *rapid.T, ctx context.Context, s *Store) {
		saved := weighings.Draw(rt, "weigh-ins")
		kept := map[any]health.Weighing{}
		for _, w := range saved {
			if w.ID != "" {
				kept[[2]any{w.Source.Via, w.ID}] = w
			} else {
				kept[[3]any{w.Source.Via, w.At.UnixMicro(), w.Source.Name}] = w
			}
		}
		added, _, err := s.SaveWeighings(ctx, saved)
		if err != nil || added != len(kept) {
			rt.Fatalf("%d added, %v; want %d", added, err, len(kept))
		}
		expect(rt, 0, 0)(s.SaveWeighings(ctx, slices.Collect(values(kept))))

		got, err := s.Weighings(ctx)
		if err != nil || len(got) != len(kept) || !slices.IsSortedFunc(got, func(a, b health.Weighing) int { return a.At.Compare(b.At) }) {
			rt.Fatalf("%d in what order? %v", len(got), err)
		}
		byAll := func(a, b health.Weighing) int {
			return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.ID, b.ID), cmp.Compare(a.Source.Name, b.Source.Name), cmp.Compare(a.Source.Via, b.Source.Via))
		}
		want := slices.SortedFunc(values(kept), byAll)
		slices.SortFunc(got, byAll)
		for i := range got {
			if !reflect.DeepEqual(got[i], want[i]) || got[i].Date() != want[i].Date() {
				rt.Fatalf("got %+v, want %+v", got[i], want[i])
			}
		}
	})
}

func values[K comparable, V any](m map[K]V) func(yield func(V) bool) {
	return func(yield func(V) bool) {
		for _, v := range m {
			if !yield(v) {
				return
			}
		}
	}
}

func TestReadingsCount(t *testing.T) {
	s, ctx := openMemory(t), t.Context()
	aria := health.Source{Name: "Aria 2", Kind: health.SourceScale}
	w := health.Weighing{ID: "a", At: at, KG: 71.4, Source: aria}
	unnamed := health.Weighing{At: at, KG: 71.4, Source: aria}
	manual := health.Weighing{At: at, KG: 71.4, Source: health.Source{Name: "manual"}}
	expect(t, 3, 0)(s.SaveWeighings(ctx, []health.Weighing{w, unnamed, manual}))
	expect(t, 0, 0)(s.SaveWeighings(ctx, []health.Weighing{w, unnamed, manual}))

	for _, change := range []func(*health.Weighing){
		func(w *health.Weighing) { w.KG = 71.5 },
		func(w *health.Weighing) { w.At = w.At.Add(time.Second) },
		func(w *health.Weighing) { w.At = w.At.In(time.FixedZone("", 3600)) },
		func(w *health.Weighing) { w.Source.Name = "Aria" },
		func(w *health.Weighing) { w.Source.Kind = health.SourceApp },
	} {
		change(&w)
		expect(t, 0, 1)(s.SaveWeighings(ctx, []health.Weighing{w}))
	}
	unnamed.KG = 80
	later := unnamed
	later.At = at.Add(time.Minute)
	expect(t, 1, 1)(s.SaveWeighings(ctx, []health.Weighing{unnamed, later}))

	// An ID that looks like an instant and a source is none.
	expect(t, 1, 0)(s.SaveWeighings(ctx, []health.Weighing{{ID: reading{at: later.At, source: aria}.key()[len("at:"):], At: at, KG: 71}}))

	// The same ID in another type is another reading.
	expect(t, 1, 0)(s.SaveBodyFats(ctx, []health.BodyFat{{ID: "a", At: at, Percent: 27.3, Source: aria}}))
	expect(t, 1, 0)(s.SaveHeights(ctx, []health.Height{{ID: "a", At: at, Metres: 1.72}}))
	expect(t, 0, 1)(s.SaveHeights(ctx, []health.Height{{ID: "a", At: at, Metres: 1.73}}))
	expect(t, 0, 0)(s.SaveWeighings(ctx, nil))
}

func TestOtherReadingsReturn(t *testing.T) {
	s, ctx := openMemory(t), t.Context()
	local := at.In(time.FixedZone("", 13*3600+45*60)) // the date is the next one there
	fats := []health.BodyFat{{ID: "f", At: local, Percent: 27.3, Source: health.Source{Name: "Aria 2", Kind: health.SourceScale}}}
	heights := []health.Height{{At: local.Add(-time.Hour), Metres: 1.7}, {ID: "h", At: local, Metres: 1.72}}
	expect(t, 1, 0)(s.SaveBodyFats(ctx, fats))
	expect(t, 2, 0)(s.SaveHeights(ctx, []health.Height{heights[1], heights[0]}))
	if got, err := s.BodyFats(ctx); !reflect.DeepEqual(got, fats) || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	if got, err := s.Heights(ctx); !reflect.DeepEqual(got, heights) || err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
}

// One reading that cannot be kept keeps none of its call.
func TestSaveIsOneTransaction(t *testing.T) {
	s, ctx := openMemory(t), t.Context()
	_, _, err := s.SaveWeighings(ctx, []health.Weighing{{ID: "a", At: at, KG: 71.4}, {ID: "b", KG: 71.4}})
	wantError(t, err, "saving weight")
	if got, err := s.Weighings(ctx); len(got) != 0 || err != nil {
		t.Errorf("kept %v, %v", got, err)
	}
}

func TestRulings(t *testing.T) {
	s, ctx := openMemory(t), t.Context()
	aria := health.Source{Name: "Aria 2", Kind: health.SourceScale}
	archived := health.Source{Name: "Aria", Kind: health.SourceScale, Via: health.ViaFitbitArchive}
	w := health.Weighing{ID: "a", At: at, KG: 71.4, Source: aria}
	copied := health.Weighing{ID: "a", At: at, KG: 71.4, Source: archived}
	unnamed := health.Weighing{At: at, KG: 71.4, Source: aria}
	expect(t, 3, 0)(s.SaveWeighings(ctx, []health.Weighing{w, copied, unnamed}))
	rulings := func() (found []health.Ruling) {
		for _, ws := range [][]health.Weighing{{w}, {copied}, {unnamed}} {
			all, err := s.Weighings(ctx)
			if err != nil {
				t.Fatal(err)
			}
			i := slices.IndexFunc(all, func(o health.Weighing) bool { return o.ID == ws[0].ID && o.Source == ws[0].Source })
			found = append(found, all[i].Ruling)
		}
		return found
	}
	for _, step := range []struct {
		of   []health.Weighing
		to   health.Ruling
		want []health.Ruling
	}{
		{[]health.Weighing{w, copied}, health.RuledOut, []health.Ruling{health.RuledOut, health.RuledOut, health.NotRuled}},
		{[]health.Weighing{unnamed}, health.RuledIn, []health.Ruling{health.RuledOut, health.RuledOut, health.RuledIn}},
		{[]health.Weighing{copied}, health.RuledIn, []health.Ruling{health.RuledOut, health.RuledIn, health.RuledIn}},
		{[]health.Weighing{w}, health.NotRuled, []health.Ruling{health.NotRuled, health.RuledIn, health.RuledIn}},
	} {
		if err := s.SaveRuling(ctx, step.of, step.to); err != nil {
			t.Fatal(err)
		}
		if got := rulings(); !slices.Equal(got, step.want) {
			t.Errorf("rulings %v, want %v", got, step.want)
		}
		// Fetching it again does not undo what was decided.
		w.KG += 0.1
		expect(t, 0, 1)(s.SaveWeighings(ctx, []health.Weighing{w}))
		if got := rulings(); !slices.Equal(got, step.want) {
			t.Errorf("rulings after another fetch %v, want %v", got, step.want)
		}
	}
}
