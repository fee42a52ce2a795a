package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// A damaged file is kept with its own log, also where one of the same name is left
// of a file that somebody removed; and nobody else may read either.
func TestADamagedFileIsKeptWithItsOwnLog(t *testing.T) {
	l, want := damagedLeft(t)
	path := l.lay(t)
	name := repair{path: path, today: time.Now()}.damagedName()
	if err := errors.Join(os.WriteFile(name+logEnding, []byte("of another"), 0o600), os.Chmod(path, 0o644), os.Chmod(path+logEnding, 0o644)); err != nil {
		t.Fatal(err)
	}
	repaired(t, path)
	if content(t, name+logEnding) != "of another" || mode(t, name+"-2") != 0o600 || mode(t, name+"-2"+logEnding) != 0o600 {
		t.Errorf("there are %v", names(beside(t, path)))
	}
	if err := os.Remove(name + logEnding); err != nil {
		t.Fatal(err)
	}
	l.expectRepaired(t, path, want)
}

// Damage that a start found and could not repair is repaired by the next one that
// can, though no look is due then.
func TestARepairThatFailedIsTriedAgain(t *testing.T) {
	path := newPath(t)
	filled(t, path, 7)
	if err := os.Truncate(path, int64(len(content(t, path)))-pageSize); err != nil {
		t.Fatal(err)
	}
	yesterday := time.Now().Add(-25 * time.Hour)
	obstacle := path + newEnding
	if err := errors.Join(os.MkdirAll(filepath.Join(obstacle, "of somebody"), 0o700), os.Chtimes(path+lockEnding, yesterday, yesterday)); err != nil {
		t.Fatal(err)
	}
	inUse, said, err := admit(t.Context(), path, nil)
	if err != nil || len(said) != 1 || !strings.Contains(said[0], "repairing the history") {
		t.Fatalf("it says %q, %v", said, err)
	}
	if err := errors.Join(inUse.Close(), os.RemoveAll(obstacle)); err != nil {
		t.Fatal(err)
	}
	inUse, said, err = admit(t.Context(), path, nil)
	if err != nil || len(said) == 0 || len(kept(t, path)) != 1 {
		t.Errorf("the next start says %q, %v", said, err)
	}
	_ = inUse.Close()
}

// A repair that got as far as the mended file, and no further, opens nothing: what
// were saved then would be gone when that takes its place.
func TestNothingIsOpenedBesideAMendedFile(t *testing.T) {
	path := newPath(t)
	filled(t, path, 7)
	damageIndex(t, path)
	markDamaged(path)
	obstacle := path + indexEnding
	if err := os.MkdirAll(filepath.Join(obstacle, "of somebody"), 0o700); err != nil {
		t.Fatal(err)
	}
	_, _, err := admit(t.Context(), path, nil)
	if wantError(t, err, "repairing the history"); !exists(path + mendedEnding) {
		t.Error("there is no mended file")
	}
	if err := os.RemoveAll(obstacle); err != nil {
		t.Fatal(err)
	}
	if got := numberIn(t, path); got != 7 {
		t.Errorf("it holds %d", got)
	}
}

// onWait is a context that does something when it is first waited for.
type onWait struct {
	context.Context
	once sync.Once
	do   func()
}

func (c *onWait) Done() <-chan struct{} {
	c.once.Do(c.do)
	return c.Context.Done()
}

// Who waits for another that puts a mended file in its place goes on when that is
// done, and does not call the history damaged.
func TestOneThatWaitsForAMendedFile(t *testing.T) {
	path := newPath(t)
	filled(t, path, 7)
	if err := os.WriteFile(path+mendedEnding, []byte(content(t, path)), 0o600); err != nil {
		t.Fatal(err)
	}
	other, lock := flock.New(path+lockEnding), flock.New(path+lockEnding)
	if ok, err := other.TryLock(); !ok {
		t.Fatal(err)
	}
	ctx := &onWait{Context: t.Context(), do: func() {
		if err := os.Rename(path+mendedEnding, path); err != nil {
			t.Error(err)
		}
		if ok, err := other.TryRLock(); !ok { // it has the history open now
			t.Error(err)
		}
	}}
	if said, err := mendAlone(ctx, lock, path, nil); err != nil || len(said) > 0 || exists(path+mendedEnding) {
		t.Errorf("it says %q, %v", said, err)
	}
	_ = errors.Join(lock.Close(), other.Close())
}
