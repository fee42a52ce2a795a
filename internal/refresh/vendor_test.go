package refresh

import (
	"context"
	"slices"
	"testing"
	"time"

	"vitals/internal/health"
)

// bathroom is another vendor: its scales know whose they are and what they
// weighed, and nothing else.
type bathroom struct{ weighings []health.Weighing }

func (bathroom) Identity(context.Context) (health.Identity, error) {
	return health.Identity{HealthUserID: "b-7"}, nil
}

func (b bathroom) Weighings(_ context.Context, from, to health.Date) ([]health.Weighing, error) {
	return slices.DeleteFunc(slices.Clone(b.weighings), func(w health.Weighing) bool {
		return w.Date().Before(from) || !to.IsZero() && !w.Date().Before(to)
	}), nil
}

func TestAVendorOfScalesNeedsNothingElse(t *testing.T) {
	vendor := bathroom{[]health.Weighing{{ID: "1", At: now.Add(-time.Hour), KG: 71.4, Source: health.Source{Name: "bathroom scale", Kind: health.SourceScale}}}}
	s := openStore(t)
	syncer := &Syncer{Account: vendor, Store: s, Now: func() time.Time { return now }, Fallback: time.UTC, Grant: "b"}
	if got := syncer.Types(); !slices.Equal(got, []health.DataType{health.TypeIdentity, health.TypeWeight}) {
		t.Errorf("it offers %v", got)
	}
	results, err := syncer.Sync(t.Context(), health.DataTypes(), AllData)
	if err != nil || len(results) != 2 || !results[0].Complete || !results[1].Complete || results[1].New != 1 {
		t.Fatalf("%+v, %v", results, err)
	}
	if err := syncer.Hours(t.Context(), health.TypeCalories, stretch("2026-01-01", "2026-01-02")); err != nil {
		t.Errorf("hours that it has not: %v", err)
	}
	weighings, err := s.Weighings(t.Context())
	if err != nil || len(weighings) != 1 || weighings[0].Source.Name != "bathroom scale" {
		t.Errorf("%+v, %v", weighings, err)
	}
	// Nothing else is ever due.
	w := &Watch{Store: s, Now: func() time.Time { return now.Add(time.Minute) }, Syncer: func() (*Syncer, error) { return syncer, nil }}
	due, older, until, _, err := w.due(t.Context(), false, nil)
	if err != nil || due != nil || older != nil || until != BodyEvery-time.Minute {
		t.Errorf("due %v, older %v, next in %s, %v", due, older, until, err)
	}
}
