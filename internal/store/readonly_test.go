package store

import (
	"context"
	"encoding/binary"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"zombiezen.com/go/sqlite"

	"vitals/internal/health"
)

// beside lists what lies in the folder of path, with the content of each file, but
// for the lock, which stays.
func beside(t testing.TB, path string) map[string]string {
	t.Helper()
	found := map[string]string{}
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.Name() == filepath.Base(path)+lockEnding {
			continue
		}
		text, err := os.ReadFile(filepath.Join(filepath.Dir(path), e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		found[e.Name()] = string(text)
	}
	return found
}

// waysToLeave are what an open history is made by its owner, who returns where it
// then lies.
func waysToLeave() map[string]func(t *testing.T, path string, s *Store) string {
	return map[string]func(t *testing.T, path string, s *Store) string{
		"closed": func(t *testing.T, path string, s *Store) string {
			closeStore(t, s)
			return path
		},
		"open": func(t *testing.T, path string, s *Store) string {
			t.Cleanup(func() { closeStore(t, s) })
			return path
		},
		"left by a killed process": func(t *testing.T, path string, s *Store) string {
			t.Cleanup(func() { closeStore(t, s) })
			return copied(t, path, "", "-wal", "-shm")
		},
		"copied without its index": func(t *testing.T, path string, s *Store) string {
			t.Cleanup(func() { closeStore(t, s) })
			return copied(t, path, "", "-wal")
		},
	}
}

// A look finds what was saved last and leaves everything as it was, whoever has
// the file open or left it.
func TestALookChangesNothing(t *testing.T) {
	for name, leave := range waysToLeave() {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			s := openFile(t, path)
			saveDay(t, s, 7, 2251)
			path = leave(t, path, s)
			before := beside(t, path)
			look, err := OpenReadOnly(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			if got := days(t, look); len(got) != 1 {
				t.Errorf("it finds %v", got)
			}
			about, err := look.About(t.Context())
			if err != nil || about.Format != about.Known || about.Known != len(migrationNames()) || about.SQLite == "" || about.Journal != "wal" {
				t.Errorf("%+v, %v", about, err)
			}
			for _, thorough := range []bool{false, true} {
				if err := look.Check(t.Context(), thorough); err != nil {
					t.Error(err)
				}
			}
			if _, _, err := look.SaveIdentity(t.Context(), health.Identity{FitbitUserID: "1ABCDE"}); err == nil {
				t.Error("a look can save")
			}
			closeStore(t, look)
			after := beside(t, path)
			if name == "open" { // whoever reads beside a writer notes so in its index
				before["vitals.db-shm"] = after["vitals.db-shm"]
			}
			if !maps.Equal(before, after) {
				t.Errorf("there was %v, there is %v", slices.Sorted(maps.Keys(before)), slices.Sorted(maps.Keys(after)))
			}
		})
	}
}

func copied(t *testing.T, path string, endings ...string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), filepath.Base(path))
	for _, ending := range endings {
		text, err := os.ReadFile(path + ending)
		if err == nil {
			err = os.WriteFile(to+ending, text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return to
}

// halfDone is a history whose writer was ended in the middle of a change, as a
// file without a write-ahead log has it: the old pages are in a journal.
func halfDone(t *testing.T) (path string) {
	t.Helper()
	path = newPath(t)
	s := openFile(t, path)
	if err := s.SaveRollUp(t.Context(), "house", ofDays(400)); err != nil {
		t.Fatal(err)
	}
	saveDay(t, s, 7, 2251)
	closeStore(t, s)
	raw(t, path, func(conn *sqlite.Conn) error {
		for _, statement := range []string{"PRAGMA journal_mode = DELETE", "PRAGMA cache_size = 1", // so that it is written on the way
			"BEGIN IMMEDIATE", "DELETE FROM day_total", "DELETE FROM quarter_hours"} {
			if err := execute(conn, statement); err != nil {
				return err
			}
		}
		path = copied(t, path, "", "-journal")
		return nil
	})
	return path
}

// What was only begun is not taken for the history, and left to who may undo it.
func TestAnUnfinishedChangeIsNotLookedAt(t *testing.T) {
	path := halfDone(t)
	before := beside(t, path)
	_, err := OpenReadOnly(t.Context(), path)
	if !errors.Is(err, ErrUnfinished) {
		t.Fatalf("got %v", err)
	}
	wantError(t, err, "another program is writing to "+path)
	if !maps.Equal(before, beside(t, path)) {
		t.Error("something was changed")
	}
	s := openFile(t, path)
	if got := days(t, s); len(got) != 1 {
		t.Errorf("the next start finds %v", got)
	}
	closeStore(t, s)
	for name, text := range map[string]string{"empty": "", "done with": "\x00\x00\x00\x00\x00\x00\x00\x00"} {
		if err := os.WriteFile(path+"-journal", []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		look, err := OpenReadOnly(t.Context(), path)
		if err != nil {
			t.Fatalf("a journal that is %s: %v", name, err)
		}
		if got := days(t, look); len(got) != 1 {
			t.Errorf("a journal that is %s: it finds %v", name, got)
		}
		closeStore(t, look)
	}
	alone := newPath(t)
	if err := os.MkdirAll(filepath.Dir(alone), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(alone+"-journal", []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenReadOnly(t.Context(), alone); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a journal of nothing: %v", err)
	}
}

// Whoever keeps the file for itself is told of: nothing else works meanwhile.
func TestALockedHistoryIsSaidToBe(t *testing.T) {
	path := newPath(t)
	closeStore(t, openFile(t, path))
	raw(t, path, func(conn *sqlite.Conn) error {
		for _, statement := range []string{"PRAGMA locking_mode = EXCLUSIVE", "BEGIN EXCLUSIVE", "CREATE TABLE another (a)"} {
			if err := execute(conn, statement); err != nil {
				return err
			}
		}
		_, err := OpenReadOnly(t.Context(), path)
		wantError(t, err, "locked")
		return execute(conn, "ROLLBACK")
	})
}

func TestNothingToLookAt(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vitals", "vitals.db")
	if _, err := OpenReadOnly(t.Context(), path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no folder: %v", err)
	}
	if exists(filepath.Dir(path)) {
		t.Error("the folder was made")
	}
	path = filepath.Join(t.TempDir(), "vitals.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := OpenReadOnly(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if about, err := s.About(t.Context()); err != nil || about.Format != 0 {
		t.Errorf("an empty file: %+v, %v", about, err)
	}
	closeStore(t, s)
	if got := beside(t, path); len(got) != 1 || got["vitals.db"] != "" {
		t.Errorf("there is %v", got)
	}
}

// A look finds a page that was damaged, also where nothing reads it otherwise.
func TestCheckFindsDamage(t *testing.T) {
	made := func(t *testing.T) (path string, content []byte) {
		path = filepath.Join(t.TempDir(), "vitals.db")
		s := openFile(t, path)
		if err := s.SaveRollUp(t.Context(), "house", ofDays(30)); err != nil {
			t.Fatal(err)
		}
		closeStore(t, s)
		return path, []byte(beside(t, path)["vitals.db"])
	}
	_, content := made(t)
	size := int(binary.BigEndian.Uint16(content[16:]))
	for page := 2; page <= len(content)/size; page++ {
		path, content := made(t)
		for i := range 32 { // the head of the page, by which its cells are found
			content[(page-1)*size+i] ^= 0xff
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := OpenReadOnly(t.Context(), path)
		if err == nil {
			err = s.Check(t.Context(), false)
			closeStore(t, s)
		}
		wantError(t, err, "damaged")
	}
	t.Run("an index of something else", func(t *testing.T) {
		path, _ := made(t)
		rawScript(t, path, `PRAGMA writable_schema = ON; CREATE INDEX mine ON roll_up (source);
			UPDATE sqlite_schema SET sql = 'CREATE INDEX mine ON roll_up (step)' WHERE name = 'mine'`)
		s, err := OpenReadOnly(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer closeStore(t, s)
		if err := s.Check(t.Context(), false); err != nil {
			t.Errorf("the pages fit together: %v", err)
		}
		wantError(t, s.Check(t.Context(), true), "damaged")
	})
	t.Run("written to meanwhile", func(t *testing.T) {
		path, content := made(t)
		s, err := OpenReadOnly(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer closeStore(t, s)
		if err := os.WriteFile(path, content[:len(content)/2/size*size], 0o600); err != nil {
			t.Fatal(err)
		}
		wantError(t, s.Check(t.Context(), false), "written to meanwhile")
	})
	t.Run("no time", func(t *testing.T) {
		path, _ := made(t)
		s, err := OpenReadOnly(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		defer closeStore(t, s)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := s.Check(ctx, true); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

// SQLite would wait ten seconds for a log to come, each time.
func TestALogThatIsNone(t *testing.T) {
	l := leave(t, 3, 1000)
	path := l.lay(t)
	if parameters, _ := lookingOnly(path); parameters != withLocks {
		t.Errorf("beside a log and its index, it is looked at by %s", parameters)
	}
	clear(l.log[:8])
	if parameters, _ := lookingOnly(l.lay(t)); parameters == withLocks {
		t.Error("beside what is no log, it is looked at as if that were one")
	}
}
