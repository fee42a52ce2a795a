package store

import (
	"context"
	"errors"
	"maps"
	"path/filepath"
	"testing"
)

func TestRestoreOnAFullDiskOrInterrupted(t *testing.T) {
	t.Parallel()
	path, backup := twoHistories(t)
	failsOnAFullDisk(t, "restore on a full disk", path, "restoring the history: the disk failed to read or write "+path)
	before := beside(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Restore(ctx, path, backup, at); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if after := beside(t, path); !maps.Equal(before, after) {
		t.Errorf("from %v to %v", names(before), names(after))
	}
}

// Where the pages cannot be replaced after all, what is there stays, and no second
// copy of it is left.
func TestRestoreThatFailsAtTheLast(t *testing.T) {
	t.Parallel()
	path, _ := twoHistories(t)
	before := content(t, path)
	var r Restored
	err := r.overwrite(t.Context(), path, filepath.Join(t.TempDir(), "gone.db"), path+".kept")
	wantError(t, err, "restoring the history")
	if exists(path + ".kept") {
		t.Error("a copy is left")
	}
	if content(t, path) != before {
		t.Error("the history was touched")
	}
}

// Killed at any moment, a restore leaves the old history or the new one.
func TestARestoreIsKilled(t *testing.T) {
	t.Parallel()
	for name, damage := range map[string]func(t *testing.T, path string){
		"whole":   func(*testing.T, string) {},
		"damaged": damageIndex,
	} {
		t.Run(name, func(t *testing.T) {
			path, _ := twoHistories(t)
			for round := range rounds() {
				filled(t, path, 1)
				damage(t, path)
				killed(t, "restore", path, round, rounds())
				if got := numberOrDamage(t, path); got != 1 && got != 2 {
					t.Fatalf("it holds %d", got)
				}
				if err := restoreFromBeside(path); err != nil {
					t.Fatal(err)
				}
				if got := numberIn(t, path); got != 2 || len(folders(t, path)) > 0 {
					t.Fatalf("it holds %d, and left are %v", got, folders(t, path))
				}
			}
		})
	}
}

// numberOrDamage is 1 for a history that damageIndex damaged and nobody changed.
func numberOrDamage(t *testing.T, path string) int64 {
	t.Helper()
	s := openFile(t, path)
	err := s.Check(t.Context(), true)
	closeStore(t, s)
	if isDamage(err) {
		return 1
	}
	return numberIn(t, path)
}
