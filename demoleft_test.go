package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// What demos left that were killed goes with the next one; what one has that is
// running stays, and so does what somebody put into what was left.
func TestADemoClearsAwayWhatAnotherLeft(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	folders := func(want int) {
		t.Helper()
		if found, err := os.ReadDir(b.dir); err != nil || len(found) != want {
			t.Errorf("there are %v, %v; want %d", found, err, want)
		}
	}
	kill := func(p terminal) {
		t.Helper()
		if err := p.Signal(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Wait(10 * time.Second); err != nil {
			t.Fatal(err)
		}
	}
	signingIn := b.start(80, 24, "demo", "--signed-out")
	signingIn.wait("sign-in-address")
	kill(signingIn)
	notes := filepath.Join(b.onlyFolder(), "notes.txt")
	if err := os.WriteFile(notes, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	first, second := b.start(80, 24, "demo"), b.start(80, 24, "demo")
	first.wait("kWh", "? help")
	second.wait("kWh", "? help")
	folders(3)
	if err := os.Remove(notes); err != nil {
		t.Fatal(err)
	}
	kill(first)
	folders(3)
	third := b.start(80, 24, "demo")
	third.wait("kWh", "? help")
	folders(2)
	for _, p := range []terminal{second, third} {
		p.press("q")
		p.expectExit(0)
	}
	folders(0)
}

// onlyFolder is what lies in the box.
func (b *box) onlyFolder() string {
	b.t.Helper()
	found, err := os.ReadDir(b.dir)
	if err != nil || len(found) != 1 {
		b.t.Fatalf("there are %v, %v", found, err)
	}
	return filepath.Join(b.dir, found[0].Name())
}
