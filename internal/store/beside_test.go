package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// planted makes files of some bytes, and the folders they are in.
func planted(t *testing.T, files map[string]int) {
	t.Helper()
	for name, bytes := range files {
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o700), os.WriteFile(name, make([]byte, bytes), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

// What lies beside a history is listed with all that belongs to it, and nothing of
// the user's is.
func TestBeside(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	filled(t, path, 7)
	folder, hidden := filepath.Dir(path), filepath.Join(filepath.Dir(path), ".vitals.db.part-")
	s, err := newScratch(filepath.Join(folder, "mine.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.remove()
	planted(t, map[string]int{s.file(takenName): 3})
	planted(t, map[string]int{
		path + ".format-3": 30, path + ".before-restore-2026-03-29T06-12-30Z-2": 20, path + ".damaged-2026-03-29": 10, path + ".damaged-2026-03-29-wal": 5,
		path + ".repairing": 7, hidden + "12/taken.db": 40, hidden + "12/copy.db-journal": 2,
		// Not ours, or nothing to tell:
		path + ".damaged": 0, path + ".damaged-old": 1, path + ".damaged-2026-03-29-old": 1, path + ".format-x": 1, path + ".before-restore-": 1, path + ".bak": 1,
		folder + "/other.db.damaged-2026-03-29": 1, hidden + "13/taken.db/x": 1, hidden + "14/notes.txt": 1, hidden + "old/taken.db": 1,
	})
	found, err := Beside(path)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, l := range found {
		got = append(got, fmt.Sprint(l.Kind, filepath.Base(l.Path), len(l.Files), l.Bytes, l.Held))
	}
	want := []string{
		fmt.Sprint(LeftDamaged, "vitals.db.damaged-2026-03-29", 2, 15, false),
		fmt.Sprint(LeftReplaced, "vitals.db.before-restore-2026-03-29T06-12-30Z-2", 1, 20, false),
		fmt.Sprint(LeftOfFormat, "vitals.db.format-3", 1, 30, false),
		fmt.Sprint(LeftUnmade, "vitals.db.repairing", 1, 7, false),
		fmt.Sprint(LeftUnmade, filepath.Base(s.dir), 1, 3, true),
		fmt.Sprint(LeftUnmade, ".vitals.db.part-12", 2, 42, false),
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

// A start, and a backup into the same folder, clear away what was left by those
// that were killed, and nothing else.
func TestWhatWasLeftIsClearedAway(t *testing.T) {
	t.Parallel()
	for name, next := range map[string]func(path string) error{
		"a start": func(path string) error {
			s, err := Open(t.Context(), path)
			return errors.Join(err, s.Close())
		},
		"a backup beside": backUpBeside,
	} {
		path := newPath(t)
		filled(t, path, 7)
		hidden := filepath.Join(filepath.Dir(path), ".")
		stays := map[string]int{
			hidden + "/.photos.part-1/copy.jpg": 1, hidden + "/.vitals.db.part-2/notes.txt": 1, hidden + "/.x.part-old/taken.db": 1,
			hidden + "/xyz.part-3/taken.db": 1, hidden + "/.both.part-4/taken.db": 1, hidden + "/.both.part-4/mine.txt": 1, hidden + "/.open.part-6/taken.db": 1,
		}
		goes := map[string]int{hidden + "/.mon.db.part-7/taken.db": 1, hidden + "/.vitals.db.part-8/copy.db": 1}
		planted(t, stays)
		planted(t, goes)
		if err := errors.Join(os.Chmod(hidden+"/.open.part-6", 0o755), os.Mkdir(hidden+"/.empty.part-9", 0o700)); err != nil {
			t.Fatal(err)
		}
		other, err := newScratch(filepath.Join(filepath.Dir(path), "tue.db"))
		if err != nil {
			t.Fatal(err)
		}
		planted(t, goes) // it cleared them away
		planted(t, map[string]int{other.file(takenName): 1})
		if err := next(path); err != nil {
			t.Fatal(err)
		}
		for file := range goes {
			if exists(filepath.Dir(file)) {
				t.Errorf("%s: %s is left", name, file)
			}
		}
		for file := range stays {
			if !exists(file) {
				t.Errorf("%s: %s is gone", name, file)
			}
		}
		if !exists(other.file(takenName)) || !exists(hidden+"/.empty.part-9") {
			t.Errorf("%s: what is being made or nobody's is gone", name)
		}
		other.remove()
	}
}

// What a repair left that was killed goes with the next start, unless somebody is at it.
func TestHalfARepairIsClearedAway(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	filled(t, path, 7)
	planted(t, map[string]int{path + newEnding: 1, path + newEnding + journalEnding: 1})
	if err := begins(t, path); err != "" {
		t.Error(err)
	}
	if exists(path+newEnding) || exists(path+newEnding+journalEnding) {
		t.Error("it is left")
	}
}
