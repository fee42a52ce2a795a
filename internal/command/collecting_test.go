package command

import (
	"context"
	"math"
	"runtime"
	"runtime/debug"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	tea "charm.land/bubbletea/v2"
)

// silent is a model that does nothing.
type silent struct{}

func (silent) Init() tea.Cmd                         { return nil }
func (s silent) Update(tea.Msg) (tea.Model, tea.Cmd) { return s, nil }
func (silent) View() tea.View                        { return tea.NewView("") }

// Memory is collected once a pause, and never while keys follow each other.
func TestMemoryIsCollectedInPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := collecting{silent{}, make(chan struct{}, 1)}
		ctx, cancel := context.WithCancel(t.Context())
		var collections atomic.Int32
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			c.inPauses(ctx, func() { collections.Add(1) })
		}()
		for range 100 { // without anybody to take them
			c.Update(nil)
		}
		after := func(wait time.Duration, want int32) {
			t.Helper()
			time.Sleep(wait)
			synctest.Wait()
			if got := collections.Load(); got != want {
				t.Errorf("%d collections, want %d", got, want)
			}
		}
		for range 100 {
			c.Update(nil)
			after(40*time.Millisecond, 0)
		}
		after(time.Hour, 1)
		c.Update(nil)
		after(time.Hour, 2)
		cancel()
		<-ended
	})
}

// A dashboard puts collecting off until it is drawn, and only where it is told that
// the process is its own.
func TestADashboardCollectsLater(t *testing.T) {
	b := newBox(t)
	var putOff, begun atomic.Int32
	b.outside = func(env *Environment) {
		env.CollectLater = func() func() {
			putOff.Add(1)
			return func() { begun.Add(1) }
		}
	}
	b.configure("")
	b.screenSays(80, "? help")
	if putOff.Load() != 1 || begun.Load() != 1 {
		t.Errorf("put off %d times, begun again %d times", putOff.Load(), begun.Load())
	}
	if System(nil).CollectLater == nil {
		t.Error("the program itself puts nothing off")
	}
}

var garbage []byte

func TestOnlyMuchIsCollected(t *testing.T) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1))
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(math.MaxInt64))
	var m runtime.MemStats
	collections := func() uint32 {
		runtime.ReadMemStats(&m)
		return m.NumGC
	}
	runtime.GC()
	before := collections()
	collectMuch()
	if collections() != before {
		t.Error("collected for nothing")
	}
	garbage = make([]byte, 20<<20+m.HeapAlloc/2)
	garbage = nil
	collectMuch()
	if collections() != before+1 {
		t.Error("more than 20 MB, and half of what is in use, are not collected")
	}
}
