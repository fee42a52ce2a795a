package store

import (
	"context"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"vitals/internal/health"
)

func TestFetchesReturn(t *testing.T) {
	withMemory(t, func(rt *rapid.T, ctx context.Context, s *Store) {
		if got, err := s.Fetches(ctx); len(got) != 0 || err != nil {
			rt.Fatalf("got %+v, %v", got, err)
		}
		types := health.DataTypes()
		kept := map[health.DataType]health.Fetch{}
		for _, i := range rapid.SliceOfN(rapid.IntRange(0, len(types)-1), 1, 10).Draw(rt, "types") {
			f := health.Fetch{Type: types[i], LastSuccess: maybeInstants.Draw(rt, "success"),
				Error: texts.Draw(rt, "error"), Since: maybeDates.Draw(rt, "since")}
			kept[f.Type] = f
			if err := s.SaveFetch(ctx, f); err != nil {
				rt.Fatal(err)
			}
		}
		var want []health.Fetch
		for _, t := range types {
			if f, ok := kept[t]; ok {
				want = append(want, f)
			}
		}
		if got, err := s.Fetches(ctx); !reflect.DeepEqual(got, want) || err != nil {
			rt.Fatalf("got %+v, %v, want %+v", got, err, want)
		}
	})
}
