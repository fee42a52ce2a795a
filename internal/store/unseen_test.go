package store

import (
	"context"
	"errors"
	"os"
	"testing"
	"time"
)

// Whoever was interrupted saw no damage because it did not look.
func TestALookThatDidNotEndIsNone(t *testing.T) {
	path := newPath(t)
	filled(t, path, 7)
	damageIndex(t, path)
	yesterday := time.Now().Add(-25 * time.Hour)
	if err := os.Chtimes(path+lockEnding, yesterday, yesterday); err != nil {
		t.Fatal(err)
	}
	interrupted, cancel := context.WithCancel(t.Context())
	cancel()
	for range 2 { // without a mark, and with one
		if _, err := Open(interrupted, path); !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
		if !due(path) {
			t.Error("the look of the day counts as done")
		}
		markDamaged(path)
	}
	if !exists(path + markEnding) {
		t.Error("the mark is gone")
	}
	if said := repaired(t, path); len(said) == 0 {
		t.Error("it was never repaired")
	}
}
