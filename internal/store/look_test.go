package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"vitals/internal/health"
)

func openLook(t testing.TB, path string) *Store {
	t.Helper()
	look, err := Look(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, look) })
	return look
}

// looked is the number of the copy that is shown, and how many days are in it.
func looked(t *testing.T, look *Store) (version int64, n int) {
	t.Helper()
	version, err := look.DataVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return version, len(days(t, look))
}

// However a history was left, a look that stays open shows what it holds, follows
// each change that others make, is the same as long as they make none, and changes
// nothing.
func TestALookFollowsWhatOthersSave(t *testing.T) {
	ways := waysToLeave()
	maps.Copy(ways, map[string]func(t *testing.T, path string, s *Store) string{
		"with an index that found no space": func(t *testing.T, path string, s *Store) string {
			t.Cleanup(func() { closeStore(t, s) })
			path = copied(t, path, "", "-wal")
			if err := os.WriteFile(path+"-shm", []byte("abc"), 0o600); err != nil {
				t.Fatal(err)
			}
			return path
		},
		"with a log that found no space": func(t *testing.T, path string, s *Store) string {
			closeStore(t, s)
			for _, ending := range []string{"-wal", "-shm"} {
				if err := os.WriteFile(path+ending, nil, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			return path
		},
		"with a rollback journal": func(t *testing.T, path string, s *Store) string {
			closeStore(t, s)
			raw(t, path, func(conn *sqlite.Conn) error { return execute(conn, "PRAGMA journal_mode = DELETE") })
			return path
		},
	})
	for name, leave := range ways {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			s := openFile(t, path)
			saveDay(t, s, 7, 2251)
			path = leave(t, path, s)
			ago := time.Now().Add(-time.Minute) // or a time would be too new to be relied on
			for _, file := range []string{path, path + logEnding} {
				if exists(file) {
					must(t, os.Chtimes(file, ago, ago))
				}
			}
			before := beside(t, path)
			look := openLook(t, path)
			first, n := looked(t, look)
			if n != 1 {
				t.Fatalf("%d days", n)
			}
			if last, _ := looked(t, look); last != first {
				t.Error("it was copied again, and nothing was saved")
			}
			last := first
			after := beside(t, path)
			if name == "open" { // whoever reads beside a writer notes so in its index
				before["vitals.db-shm"] = after["vitals.db-shm"]
			}
			if !maps.Equal(before, after) {
				t.Errorf("it changed something: %d files, then %d", len(before), len(after))
			}
			for day := 8; day < 11; day++ {
				other := openFile(t, path)
				saveDay(t, other, day, 2000)
				if now, n := looked(t, look); n != day-6 || now == last {
					t.Errorf("copy %d has %d days, day %d was saved after copy %d", now, n, day, last)
				} else {
					last = now
				}
				closeStore(t, other)
				if _, n := looked(t, look); n != day-6 {
					t.Errorf("%d days after it was closed", n)
				}
			}
		})
	}
}

// saveAndClose saves until it is killed, and closes the history after every third
// save, so that log and index come and go. It says so each time.
func saveAndClose(path string) error {
	for {
		s, err := Open(context.Background(), path)
		if err != nil {
			return err
		}
		for range 3 {
			r, _, err := s.RollUp(context.Background(), "house")
			if err != nil {
				return err
			}
			if err := s.SaveRollUp(context.Background(), "house", numbered(r.Revision+1)); err != nil {
				return err
			}
		}
		if err := s.Close(); err != nil {
			return err
		}
		if _, err := os.Stdout.WriteString("saved\n"); err != nil {
			return err
		}
	}
}

// What is shown is whole and of one moment, however fast another program opens,
// saves and closes.
func TestALookIsOfOneMoment(t *testing.T) {
	for _, job := range []string{"save and close", "save roll-ups"} {
		t.Run(job, func(t *testing.T) {
			path := newPath(t)
			closeStore(t, openFile(t, path))
			cmd, out := start(t, job, path)
			defer func() {
				_ = cmd.Process.Kill() // or it ended by itself, with an error
				_ = cmd.Wait()
			}()
			go func() { _, _ = io.Copy(io.Discard, out) }()
			look := openLook(t, path)
			seen := map[int64]bool{}
			for len(seen) < 20 {
				if _, err := look.DataVersion(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := look.Check(t.Context(), true); err != nil {
					t.Fatal(err)
				}
				r, ok, err := look.RollUp(t.Context(), "house")
				if err != nil || r.Revision < int64(len(seen)) {
					t.Fatalf("revision %d after %d others, %v", r.Revision, len(seen), err)
				}
				if !ok {
					continue
				}
				seen[r.Revision] = true
				portions, err := look.Portions(t.Context(), "house", time.Time{}, time.Time{})
				if err != nil || len(portions) != numberedDays*slotsPerDay {
					t.Fatalf("%d portions, %v", len(portions), err)
				}
				for _, p := range portions {
					if p.Amount != float64(r.Revision) {
						t.Fatalf("a portion of revision %v in revision %d", p.Amount, r.Revision)
					}
				}
			}
		})
	}
}

// What was read without locks while another program saved is read again, and for
// ever it is not.
func TestWhatWasWrittenToIsReadAgain(t *testing.T) {
	for _, saves := range []int{0, 1, 3, tries} {
		path := newPath(t)
		closeStore(t, openFile(t, path))
		must(t, os.Chtimes(path, time.Time{}, at))
		calls := 0
		_, _, err := copyOfAll(t.Context(), path, func(ctx context.Context, path string) ([]byte, bool, error) {
			pages, locked, err := copyOnce(ctx, path)
			if locked {
				t.Error("nobody has it open, and it is locked")
			}
			if calls++; calls <= saves {
				must(t, os.Chtimes(path, time.Time{}, at.Add(time.Duration(calls)*time.Second)))
			}
			return pages, locked, err
		})
		if saves == tries {
			wantError(t, err, "written to all the time")
		} else if err != nil || calls != saves+1 {
			t.Errorf("after %d saves it was read %d times, %v", saves, calls, err)
		}
	}
}

// A look saves nothing but the roll-up of a meter, for itself.
func TestALookKeepsNothing(t *testing.T) {
	path := newPath(t)
	s := openFile(t, path)
	saveDay(t, s, 7, 2251)
	closeStore(t, s)
	before := beside(t, path)
	look := openLook(t, path)
	_, _, err := look.SaveIdentity(t.Context(), health.Identity{FitbitUserID: "1ABCDE"})
	wantError(t, err, "nothing could be saved")
	if !errors.Is(err, ErrUnwritable) {
		t.Errorf("got %v", err)
	}
	if err := look.SaveRollUp(t.Context(), "house", ofDays(3)); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := look.RollUp(t.Context(), "house"); !ok || err != nil {
		t.Errorf("the roll-up is not there: %v", err)
	}
	if !maps.Equal(before, beside(t, path)) {
		t.Error("it was saved")
	}
}

// What cannot be shown is refused in words, with nothing changed; what was shown
// stays.
func TestNothingToShow(t *testing.T) {
	for name, tt := range map[string]struct {
		leave func(t *testing.T, path string)
		says  string
		of    error // may be nil
	}{
		"nothing":       {func(t *testing.T, path string) { must(t, os.Remove(path)) }, "no such file", fs.ErrNotExist},
		"an empty file": {func(t *testing.T, path string) { must(t, os.WriteFile(path, nil, 0o600)) }, "nothing is left of the history in", fs.ErrNotExist},
		"an older format": {func(t *testing.T, path string) { rawScript(t, path, "PRAGMA user_version = 1") },
			"older vitals", nil},
		"a newer format": {func(t *testing.T, path string) { rawScript(t, path, "PRAGMA user_version = 4711") }, "newer vitals", nil},
		"a repair that was ended": {func(t *testing.T, path string) {
			must(t, os.WriteFile(path+mendedEnding, nil, 0o600))
			must(t, os.Chtimes(path, time.Time{}, at)) // of a repair that went on
		}, "its repair is not finished", nil},
		"a change that was ended": {func(t *testing.T, path string) { must(t, os.WriteFile(path+"-journal", []byte("x"), 0o600)) },
			"another program is writing", ErrUnfinished},
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			s := openFile(t, path)
			saveDay(t, s, 7, 2251)
			closeStore(t, s)
			look := openLook(t, path)
			tt.leave(t, path)
			before := beside(t, path)
			_, err := Look(t.Context(), path)
			wantError(t, err, tt.says)
			if tt.of != nil && !errors.Is(err, tt.of) {
				t.Errorf("got %v", err)
			}
			_, err = look.DataVersion(t.Context())
			wantError(t, err, tt.says)
			if n := len(days(t, look)); n != 1 {
				t.Errorf("%d days are shown", n)
			}
			if !maps.Equal(before, beside(t, path)) {
				t.Error("something was changed")
			}
		})
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// That writing is what failed is known of a folder that nothing may be written in;
// damage, and what cannot be read either, is something else.
func TestReadOnlyFolder(t *testing.T) {
	path := newPath(t)
	s := openFile(t, path)
	saveDay(t, s, 7, 2251)
	closeStore(t, s)
	if errors.Is(damaged(path, sqlite.ResultCorrupt.ToError()), ErrUnwritable) {
		t.Error("damage is taken for a full disk")
	}
	if os.Geteuid() == 0 {
		t.Skip("root may write anywhere")
	}
	must(t, os.Chmod(filepath.Dir(path), 0o500))
	t.Cleanup(func() { must(t, os.Chmod(filepath.Dir(path), 0o700)) })
	if _, err := Open(t.Context(), path); !errors.Is(err, ErrUnwritable) {
		t.Fatalf("got %v", err)
	}
	if _, n := looked(t, openLook(t, path)); n != 1 {
		t.Errorf("%d days", n)
	}
}

// Two saves that are of the same time to the file system, as on a stick of FAT.
func TestALookWhereTimesAreCoarse(t *testing.T) {
	path := newPath(t)
	sameTime := time.Now()
	s := openFile(t, path)
	saveDay(t, s, 7, 2251)
	closeStore(t, s)
	must(t, os.Chtimes(path, sameTime, sameTime))
	look := openLook(t, path)
	if _, n := looked(t, look); n != 1 {
		t.Errorf("%d days", n)
	}
	s = openFile(t, path)
	saveDay(t, s, 8, 2000)
	closeStore(t, s)
	must(t, os.Chtimes(path, sameTime, sameTime))
	if _, n := looked(t, look); n != 2 {
		t.Errorf("%d days", n)
	}
}
