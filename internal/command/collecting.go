package command

import (
	"context"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"time"

	tea "charm.land/bubbletea/v2"
)

// collectLater lets the memory grow for a moment, up to some 100 MB, before what
// is no longer used is collected, as usual from when collect is called on.
func collectLater() (collect func()) {
	const most = 100 << 20
	percent, limit := debug.SetGCPercent(-1), debug.SetMemoryLimit(-1)
	debug.SetMemoryLimit(min(limit, most)) // GOMEMLIMIT may ask for less
	return func() {
		debug.SetMemoryLimit(limit)
		debug.SetGCPercent(percent)
	}
}

// collecting is a model that notes when messages come, so that memory can be
// collected in the pauses between them: what is drawn during a collection takes
// up to ten times as long.
type collecting struct {
	tea.Model
	came chan struct{} // holds one
}

// Update implements tea.Model.
func (c collecting) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	select {
	case c.came <- struct{}{}:
	default:
	}
	_, cmd := c.Model.Update(msg)
	return c, cmd
}

// inPauses calls collect once in each pause, until ctx is done. Keys that follow
// each other faster, as when one is held, get the usual collections; a question
// that takes longer than a pause may meet one, too.
func (c collecting) inPauses(ctx context.Context, collect func()) {
	const long = 50 * time.Millisecond
	pause := time.NewTimer(long)
	defer pause.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-c.came:
			pause.Reset(long)
		case <-pause.C:
			collect()
		}
	}
}

// collectMuch collects what is no longer used, if that is much.
func collectMuch() {
	const much = 8 << 20 // or a quarter of what is in use
	found := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}, {Name: "/gc/heap/live:bytes"}}
	metrics.Read(found)
	if live := found[1].Value.Uint64(); found[0].Value.Uint64() > live+max(much, live/4) {
		runtime.GC()
	}
}
