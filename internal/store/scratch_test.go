package store

import (
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/gofrs/flock"
)

// Of the folders with a scratch folder's name, those go that have its mark and nothing
// but what a maker makes in them; whatever else lies in one is somebody's.
func TestNoFolderIsClearedAwayByItsNameAlone(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o700|os.ModeSetgid); err != nil { // which folders in it inherit
		t.Fatal(err)
	}
	in := func(number string) string { return filepath.Join(folder, "our-"+number) }
	stays := map[string]int{
		in("1/made"): 1, in("2/.vitals-scratch"): 0, in("2/notes.txt"): 1, in("3/.vitals-scratch"): 0, in("3/made/notes.txt"): 1,
		in("4x/.vitals-scratch"): 0, in("5/.vitals-scratch"): 0, filepath.Join(folder, "7/.vitals-scratch"): 0,
	}
	planted(t, stays)
	planted(t, map[string]int{in("8/.vitals-scratch"): 0, in("8/made"): 1, in("9/.vitals-scratch"): 0})
	if err := errors.Join(os.Chmod(in("5"), 0o755), os.Mkdir(in("6"), 0o700)); err != nil {
		t.Fatal(err)
	}
	_, remove, err := Scratch(folder, "our-", func(name string) bool { return name == "made" })
	if err != nil {
		t.Fatal(err)
	}
	for name := range stays {
		if !exists(name) {
			t.Errorf("%s is gone", name)
		}
	}
	if !exists(in("6")) {
		t.Error("an empty folder is gone")
	}
	if exists(in("8")) || exists(in("9")) {
		t.Error("what was left is there")
	}
	remove()
	if there, err := os.ReadDir(folder); err != nil || len(there) != 7 {
		t.Errorf("there are %v, %v", there, err)
	}
}

// Others that clear away do not take from its maker what is new.
func TestAScratchFolderIsThere(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	var other sync.WaitGroup
	other.Go(func() {
		for {
			select {
			case <-done:
				return
			default:
				clearAway(filepath.Dir(path), filepath.Base(path))
			}
		}
	})
	const rounds = 2000
	for range rounds {
		s, err := newScratch(path)
		if err != nil {
			t.Error(err)
			break
		}
		if !exists(s.dir) {
			t.Error("it is gone")
			break
		}
		s.remove()
	}
	close(done)
	other.Wait()
}

// A database of the user's stays, whatever its name and its folder's.
func TestAForeignDatabaseIsNotClearedAway(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	filled(t, path, 7)
	in := func(name string) string { return filepath.Join(filepath.Dir(path), ".film.part-"+name) }
	planted(t, map[string]int{in("1/copy.db"): 0, in("2/copy.db"): 0, in("3/taken.db"): 8192, in("4/taken.db"): 0, in("5/copy.db-wal"): 1})
	foreign := "SQLite format 3\x00" + string(make([]byte, 4096))
	for name, text := range map[string]string{in("1/copy.db"): "mine\n", in("2/copy.db"): foreign, in("4/taken.db"): content(t, path)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	clearAway(filepath.Dir(path), "x.db")
	for number, there := range map[string]bool{"1/copy.db": true, "2/copy.db": true, "3": false, "4": false, "5": false} {
		if exists(in(number)) != there {
			t.Errorf("%s is there: %t", number, !there)
		}
	}
}

// Where there are no locks, a repair may be under way.
func TestHalfARepairStaysWhereNobodyCanTellWhoseItIs(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	planted(t, map[string]int{path + newEnding: 1})
	tidyUp(path, flock.New(path+lockEnding))
	if !exists(path + newEnding) {
		t.Error("it is gone")
	}
}
