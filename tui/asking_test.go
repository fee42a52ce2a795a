package tui

import (
	"context"
	"slices"
	"sync"
	"testing"

	"vitals/internal/view"
)

// inOrder notes which questions are asked. Some are asked at once.
type inOrder struct {
	History
	mu    sync.Mutex
	asked []string
}

func (o *inOrder) ask(what string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.asked = append(o.asked, what)
}

func (o *inOrder) Snapshot(ctx context.Context) (view.Snapshot, error) {
	o.ask("snapshot")
	return o.History.Snapshot(ctx)
}

func (o *inOrder) Energy(ctx context.Context, w view.Window, source view.EnergySource) (view.Energy, error) {
	o.ask("energy")
	return o.History.Energy(ctx, w, source)
}

func (o *inOrder) Habits(ctx context.Context, w view.Window, source view.EnergySource, data view.Extent) (view.Habits, error) {
	o.ask("habits")
	return o.History.Habits(ctx, w, source, data)
}

func (o *inOrder) Compare(ctx context.Context, w view.Window, e *view.Energy) error {
	o.ask("compare")
	return o.History.Compare(ctx, w, e)
}

func (o *inOrder) BodyLine(ctx context.Context, w view.Window) (view.BodyLine, error) {
	o.ask("body")
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
