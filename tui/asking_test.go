package tui

import (
	"context"
	"slices"
	"testing"

	"vitals/internal/view"
)

// inOrder notes which questions are asked.
type inOrder struct {
	History
	asked []string
}

func (o *inOrder) Snapshot(ctx context.Context) (view.Snapshot, error) {
	o.asked = append(o.asked, "snapshot")
	return o.History.Snapshot(ctx)
}

func (o *inOrder) Energy(ctx context.Context, w view.Window, source view.EnergySource) (view.Energy, error) {
	o.asked = append(o.asked, "energy")
	return o.History.Energy(ctx, w, source)
}

func (o *inOrder) Habits(ctx context.Context, w view.Window, source view.EnergySource, data view.Extent) (view.Habits, error) {
	o.asked = append(o.asked, "habits")
	return o.History.Habits(ctx, w, source, data)
}

func (o *inOrder) Compare(ctx context.Context, w view.Window, e *view.Energy) error {
	o.asked = append(o.asked, "compare")
	return o.History.Compare(ctx, w, e)
}

func (o *inOrder) BodyLine(ctx context.Context, w view.Window) (view.BodyLine, error) {
	o.asked = append(o.asked, "body")
	return o.History.BodyLine(ctx, w)
}

// What works in the background begins when the body line has its answer, which
// is therefore asked last, and always.
func TestTheBodyLineIsAskedLast(t *testing.T) {
	for _, remembered := range []Remembered{{Reach: view.LastDay}, {Reach: view.LastDay, Compare: true}, {Reach: view.LastMonth, Heat: true}} {
		history := &inOrder{History: ann(t)}
		drive(t, Dependencies{History: history, Account: &account{}, Meter: &meters{}, Remembered: remembered}, 80, 24, func(*driver) {})
		if n := slices.Index(history.asked, "body"); n < 2 || n != len(history.asked)-1 {
			t.Errorf("%+v: asked %v", remembered, history.asked)
		}
	}
}
