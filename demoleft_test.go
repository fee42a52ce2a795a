package main

import (
	"os"
	"syscall"
	"testing"
	"time"
)

// What a demo left that was killed goes with the next one; what one has that is
// running stays.
func TestADemoClearsAwayWhatAnotherLeft(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	folders := func(want int) {
		t.Helper()
		if found, err := os.ReadDir(b.dir); err != nil || len(found) != want {
			t.Errorf("there are %v, %v; want %d", found, err, want)
		}
	}
	first, second := b.start(80, 24, "demo"), b.start(80, 24, "demo")
	first.wait("kWh", "? help")
	second.wait("kWh", "? help")
	folders(2)
	if err := first.Signal(syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	if _, err := first.Wait(10 * time.Second); err != nil {
		t.Fatal(err)
	}
	folders(2)
	third := b.start(80, 24, "demo")
	third.wait("kWh", "? help")
	folders(2)
	for _, p := range []terminal{second, third} {
		p.press("q")
		p.expectExit(0)
	}
	folders(0)
}
