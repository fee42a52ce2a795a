package store

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// begins opens the history at a path and returns what that says.
func begins(t *testing.T, path string) string {
	t.Helper()
	s := openFile(t, path)
	defer closeStore(t, s)
	return strings.Join(s.Repaired(), "\n")
}

// A history whose file lost all it held is begun anew, and that is said, once.
func TestAnEmptiedHistoryIsTold(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(path string) error{
		"emptied": func(path string) error { return os.Truncate(path, 0) },
		"gone":    os.Remove,
		"emptied, in a lock that an older program made": func(path string) error {
			long := time.Now().Add(-time.Hour).Truncate(time.Second)
			err := errors.Join(os.Truncate(path+lockEnding, 0), os.Chtimes(path+lockEnding, long, long))
			if said := begins(t, path); said != "" {
				t.Errorf("said was %s", said)
			}
			if info, err := os.Stat(path + lockEnding); err != nil || !info.ModTime().Equal(long) {
				t.Errorf("the time of the last look is another one, %v", err)
			}
			return errors.Join(err, os.Truncate(path, 0))
		},
	} {
		path := newPath(t)
		filled(t, path, 7)
		if Emptied(path) {
			t.Errorf("%s: it counts as emptied before it is", name)
		}
		if err := lose(path); err != nil {
			t.Fatal(err)
		}
		if !Emptied(path) {
			t.Errorf("%s: it does not count as emptied", name)
		}
		_, err := Backup(t.Context(), path, path+".bak")
		if wantError(t, err, "nothing is left of the history in "+path); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
		said := begins(t, path)
		for _, want := range []string{"nothing is left of the history: its file was empty or gone, and a new one is begun\n", "vitals sync --full", "vitals import", "a backup, if you have one, with vitals restore FILE"} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: no %q in %q", name, want, said)
			}
		}
		if said := begins(t, path); said != "" || Emptied(path) {
			t.Errorf("%s: the second time it says %s", name, said)
		}
	}
}

// The copy to be brought back is the newest that is there and whole.
func TestAnEmptiedHistoryNamesItsNewestCopy(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	filled(t, path, 7)
	whole := content(t, path)
	damageIndex(t, path)
	names := []string{path + formatInfix + "1", path + keptInfix + "2026-03-29T06-12-30Z", path + keptInfix + "2026-03-29T07-12-30Z", path + keptInfix + "x.gz", path + formatInfix + "2"}
	for i, text := range []string{whole, whole, content(t, path), whole, ""} {
		when := at.Add(time.Duration(i) * time.Hour)
		if err := errors.Join(os.WriteFile(names[i], []byte(text), 0o600), os.Chtimes(names[i], when, when)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Truncate(path, 0); err != nil {
		t.Fatal(err)
	}
	if said := begins(t, path); !strings.HasSuffix(said, "; a backup, if you have one, with vitals restore FILE; an older copy with vitals restore "+names[1]) {
		t.Error(said)
	}
}

// A first start alarms nobody: not after one that was killed before it saved
// anything, nor beside another one.
func TestAFirstStartSaysNothing(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	if err := makeFile(path); err != nil {
		t.Fatal(err)
	}
	lock, err := createPrivate(path + lockEnding)
	if err != nil {
		t.Fatal(err)
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	if said := begins(t, path); said != "" {
		t.Errorf("after one that was killed it says %s", said)
	}
	const rounds, starts = 5, 8
	for range rounds {
		path := newPath(t)
		var all sync.WaitGroup
		for range starts {
			all.Go(func() {
				s, err := Open(t.Context(), path)
				if err != nil {
					t.Error(err)
					return
				}
				if said := s.Repaired(); len(said) > 0 {
					t.Errorf("beside another it says %v", said)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
}

// Nor does what was brought back to where nothing was any more.
func TestWhatIsRestoredIsNotEmpty(t *testing.T) {
	t.Parallel()
	path, backup := twoHistories(t)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), path, backup, at); err != nil {
		t.Fatal(err)
	}
	if said := begins(t, path); said != "" {
		t.Error(said)
	}
}

// That something was brought back is known even where it is lost before the next start.
func TestWhatIsRestoredAndLostIsEmptied(t *testing.T) {
	t.Parallel()
	path, backup := twoHistories(t)
	for _, name := range []string{path, path + lockEnding} {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Restore(t.Context(), path, backup, at); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if !Emptied(path) {
		t.Error("it does not count as emptied")
	}
}

// What stands in a lock already stays.
func TestAWordInALockStays(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	const other = "another word, of a newer vitals, which is longer\n"
	planted(t, map[string]int{path: 0})
	if err := os.WriteFile(path+lockEnding, []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	noteBegun(path)
	if got := content(t, path+lockEnding); got != other {
		t.Errorf("%q", got)
	}
}
