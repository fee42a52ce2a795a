package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"vitals/internal/health"
)

// at is an instant of the tests.
var at = time.Date(2026, 3, 29, 6, 12, 30, 123_456_000, time.UTC)

func openMemory(t testing.TB) *Store {
	t.Helper()
	s, err := OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closeStore(t, s) })
	return s
}

func openFile(t testing.TB, path string) *Store {
	t.Helper()
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func closeStore(t testing.TB, s *Store) {
	t.Helper()
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}

func newPath(t testing.TB) string {
	t.Helper()
	return filepath.Join(t.TempDir(), "a", "b c?#%", "vitals.db")
}

// raw runs f on the file without a Store.
func raw(t testing.TB, path string, f func(*sqlite.Conn) error) {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	if err := f(conn); err != nil {
		t.Error(err)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
}

func rawScript(t testing.TB, path, sql string) {
	t.Helper()
	raw(t, path, func(conn *sqlite.Conn) error { return sqlitex.ExecuteScript(conn, sql, nil) })
}

// onAll runs f on every connection that saves and reads.
func onAll(t testing.TB, s *Store, f func(*sqlite.Conn)) {
	t.Helper()
	for range connections {
		conn, err := s.pool.Take(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		f(conn)
		defer s.pool.Put(conn)
	}
}

// wantError checks that err is one sentence that holds part, with a hint.
func wantError(t testing.TB, err error, part string) {
	t.Helper()
	var hinted interface{ Hint() string }
	if err == nil || !errors.As(err, &hinted) || hinted.Hint() == "" {
		t.Fatalf("error %v has no hint", err)
	}
	if text := err.Error(); !strings.Contains(text, part) || strings.ContainsAny(text, "\n{") {
		t.Fatalf("error %q does not say %q", text, part)
	}
}

func mode(t testing.TB, path string) fs.FileMode {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return info.Mode().Perm()
}

func saveDay(t testing.TB, s *Store, day int, amount float64) {
	t.Helper()
	totals := []health.DayTotal{{Date: health.DateOf(at).Add(day), Amount: amount, AsOf: at}}
	if _, _, err := s.SaveDayTotals(context.Background(), health.TypeSteps, totals); err != nil {
		t.Error(err)
	}
}

func days(t testing.TB, s *Store) []health.DayTotal {
	t.Helper()
	totals, err := s.DayTotals(context.Background(), health.TypeSteps, health.Date{}, health.Date{})
	if err != nil {
		t.Fatal(err)
	}
	return totals
}

// The reset of the write-ahead log could damage a file that two connections
// have open, in SQLite before 3.51.3 (3.52.0 was withdrawn).
func TestSQLiteVersion(t *testing.T) {
	s := openMemory(t)
	err := s.read(t.Context(), "asking", func(conn *sqlite.Conn) error {
		return each(conn, func(stmt *sqlite.Stmt) {
			var major, minor, patch int
			if _, err := fmt.Sscanf(stmt.ColumnText(0), "%d.%d.%d", &major, &minor, &patch); err != nil {
				t.Error(err)
			}
			if n := major*1_000_000 + minor*1_000 + patch; n < 3_051_003 || n == 3_052_000 {
				t.Errorf("SQLite %s must not be used", stmt.ColumnText(0))
			}
		}, "SELECT sqlite_version()")
	})
	if err != nil {
		t.Error(err)
	}
}

func TestSettingsOfConnections(t *testing.T) {
	s := openFile(t, newPath(t))
	defer closeStore(t, s)
	onAll(t, s, func(conn *sqlite.Conn) {
		for pragma, want := range map[string]string{"journal_mode": "wal", "synchronous": "2", "foreign_keys": "1", "busy_timeout": "5000"} {
			err := each(conn, func(stmt *sqlite.Stmt) {
				if got := stmt.ColumnText(0); got != want {
					t.Errorf("%s = %s, want %s", pragma, got, want)
				}
			}, "PRAGMA "+pragma)
			if err != nil {
				t.Error(err)
			}
		}
	})
}

func TestPermissions(t *testing.T) {
	path := newPath(t)
	s := openFile(t, path)
	saveDay(t, s, 0, 1)
	for _, file := range []string{path, path + "-wal", path + "-shm"} {
		if got := mode(t, file); got != 0o600 {
			t.Errorf("%s has mode %o", file, got)
		}
	}
	for _, dir := range []string{filepath.Dir(path), filepath.Dir(filepath.Dir(path))} {
		if got := mode(t, dir); got != 0o700 {
			t.Errorf("%s has mode %o", dir, got)
		}
	}
	closeStore(t, s)

	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	closeStore(t, openFile(t, path))
	if got := mode(t, path); got != 0o600 {
		t.Errorf("a loose mode became %o", got)
	}
}

func TestReopen(t *testing.T) {
	path := newPath(t)
	s := openFile(t, path)
	saveDay(t, s, 0, 0)
	closeStore(t, s)
	if _, err := os.Stat(path + "-wal"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the log was not moved into the file: %v", err)
	}
	s = openFile(t, path)
	defer closeStore(t, s)
	if got := days(t, s); len(got) != 1 || got[0].Amount != 0 {
		t.Errorf("a day of 0 came back as %v", got)
	}
}

func TestCloseMovesLogBesideAnother(t *testing.T) {
	path := newPath(t)
	a, b := openFile(t, path), openFile(t, path)
	saveDay(t, a, 0, 1)
	closeStore(t, a)
	defer closeStore(t, b)
	conn, err := sqlite.OpenConn(location(path, "immutable=1"), sqlite.OpenReadOnly|sqlite.OpenURI)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if n, err := number(conn, "SELECT count(*) FROM day_total"); n != 1 || err != nil {
		t.Errorf("%d rows in the file alone, %v", n, err)
	}
}

func TestMemoryIsSharedWithinAndNotBetween(t *testing.T) {
	a, b := openMemory(t), openMemory(t)
	saveDay(t, a, 0, 1)
	onAll(t, a, func(conn *sqlite.Conn) {
		if n, err := number(conn, "SELECT count(*) FROM day_total"); n != 1 || err != nil {
			t.Errorf("a connection sees %d rows, %v", n, err)
		}
	})
	if got := days(t, b); len(got) != 0 {
		t.Errorf("another store sees %v", got)
	}
}

func TestDataVersion(t *testing.T) {
	path := newPath(t)
	stores := map[string][2]*Store{}
	a, b, m := openFile(t, path), openFile(t, path), openMemory(t)
	defer closeStore(t, a)
	defer closeStore(t, b)
	stores["same store"] = [2]*Store{a, a}
	stores["other store"] = [2]*Store{a, b}
	stores["memory"] = [2]*Store{m, m}
	for name, s := range stores {
		t.Run(name, func(t *testing.T) {
			watch := func() int64 {
				version, err := s[0].DataVersion(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				return version
			}
			before := watch()
			days(t, s[1])
			if watch() != before {
				t.Error("changed by reading")
			}
			saveDay(t, s[1], 0, float64(before))
			after := watch()
			if after == before {
				t.Error("not changed by saving")
			}
			if watch() != after {
				t.Error("changed by nothing")
			}
		})
	}
}

func TestManyGoroutines(t *testing.T) {
	path := newPath(t)
	for name, stores := range map[string][]*Store{
		"file":   {openFile(t, path), openFile(t, path)},
		"memory": {openMemory(t)},
	} {
		t.Run(name, func(t *testing.T) {
			const writers, each = 4, 20
			var all sync.WaitGroup
			for w := range writers {
				s := stores[w%len(stores)]
				all.Go(func() {
					for i := range each {
						saveDay(t, s, w*each+i, float64(i))
					}
				})
				all.Go(func() {
					for seen := 0; seen < writers*each && !t.Failed(); {
						n := len(days(t, s))
						if n < seen {
							t.Errorf("%d days after %d", n, seen)
						}
						seen = n
						if _, err := s.DataVersion(context.Background()); err != nil {
							t.Error(err)
						}
					}
				})
			}
			all.Wait()
		})
		if name == "file" {
			for _, s := range stores {
				closeStore(t, s)
			}
		}
	}
}

func TestReadingGoesOnWhileAnotherProcessWrites(t *testing.T) {
	path := newPath(t)
	s := openFile(t, path)
	defer closeStore(t, s)
	saveDay(t, s, 0, 1)
	onAll(t, s, func(conn *sqlite.Conn) { conn.SetBusyTimeout(20 * time.Millisecond) })
	raw(t, path, func(conn *sqlite.Conn) error {
		if err := execute(conn, "BEGIN IMMEDIATE"); err != nil {
			return err
		}
		if got := days(t, s); len(got) != 1 {
			t.Errorf("read %v", got)
		}
		_, _, err := s.SaveIdentity(t.Context(), health.Identity{HealthUserID: "1"})
		wantError(t, err, "another program")
		return execute(conn, "ROLLBACK")
	})
	if _, _, err := s.SaveIdentity(t.Context(), health.Identity{HealthUserID: "1"}); err != nil {
		t.Error(err)
	}
}

func TestCancelled(t *testing.T) {
	s := openMemory(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Weighings(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("reading: %v", err)
	}
	if _, _, err := s.SaveWeighings(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("saving: %v", err)
	}
	s.writing <- struct{}{}
	if _, _, err := s.SaveWeighings(ctx, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("waiting to save: %v", err)
	}
	<-s.writing
	if _, err := Open(ctx, newPath(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("opening: %v", err)
	}
}

// What is interrupted in the middle is undone, and its connection is of use again.
func TestCancelledWhileSaving(t *testing.T) {
	s := openMemory(t)
	for range connections {
		ctx, cancel := context.WithCancel(t.Context())
		err := s.write(ctx, "saving", func(conn *sqlite.Conn) error {
			if err := execute(conn, "INSERT INTO identity (one, health_user_id, fitbit_user_id) VALUES (1, '1', '')"); err != nil {
				return err
			}
			cancel()
			return execute(conn, "DELETE FROM identity")
		})
		if !errors.Is(err, context.Canceled) {
			t.Errorf("saving: %v", err)
		}
	}
	onAll(t, s, func(conn *sqlite.Conn) {
		if !conn.AutocommitEnabled() {
			t.Error("a connection is still in a transaction")
		}
	})
	if p, err := s.Person(t.Context()); p.Identity.HealthUserID != "" || err != nil {
		t.Errorf("kept %+v, %v", p, err)
	}
}

func TestNoSpace(t *testing.T) {
	s := openFile(t, newPath(t))
	defer closeStore(t, s)
	saveDay(t, s, 0, 1)
	limit := func(pages string) {
		onAll(t, s, func(conn *sqlite.Conn) {
			if err := execute(conn, "PRAGMA max_page_count = "+pages); err != nil {
				t.Fatal(err)
			}
		})
	}
	limit("1") // SQLite takes the present count
	r := ofDays(30)
	wantError(t, s.SaveRollUp(t.Context(), "house", r), "no space")
	if got := days(t, s); len(got) != 1 {
		t.Errorf("kept %v", got)
	}
	if _, ok, err := s.RollUp(t.Context(), "house"); ok || err != nil {
		t.Errorf("half a roll-up was kept: %v, %v", ok, err)
	}
	limit("100000")
	if err := s.SaveRollUp(t.Context(), "house", r); err != nil {
		t.Error(err)
	}
}

func TestFileGone(t *testing.T) {
	for name, replace := range map[string]func(t *testing.T, path string){
		"deleted": func(*testing.T, string) {},
		"replaced": func(t *testing.T, path string) {
			other := openFile(t, path)
			t.Cleanup(func() {
				if got := days(t, other); len(got) != 0 {
					t.Errorf("the new file holds %v", got)
				}
				closeStore(t, other)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			s := openFile(t, path)
			saveDay(t, s, 0, 1)
			for _, file := range []string{path, path + "-wal", path + "-shm"} {
				if err := os.Remove(file); err != nil {
					t.Fatal(err)
				}
			}
			replace(t, path)
			_, _, err := s.SaveIdentity(t.Context(), health.Identity{})
			wantError(t, err, "deleted or replaced")
			_, err = s.DataVersion(t.Context())
			wantError(t, err, "deleted or replaced")
			_, err = s.Person(t.Context())
			wantError(t, err, "deleted or replaced")
			wantError(t, s.Close(), "deleted or replaced")
		})
	}
}

func TestNowhereToWrite(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := Open(t.Context(), filepath.Join(file, "vitals.db"))
	wantError(t, err, "not a directory")
	_, err = Open(t.Context(), dir)
	wantError(t, err, "not a history")
	if got := mode(t, dir); got != 0o755 && got != 0o700 {
		t.Errorf("the directory has mode %o", got)
	}

	if os.Geteuid() == 0 {
		t.Skip("root may write anywhere")
	}
	path := filepath.Join(dir, "vitals.db")
	closeStore(t, openFile(t, path))
	if err := os.Chmod(dir, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.Chmod(dir, 0o700); err != nil {
			t.Error(err)
		}
	})
	_, err = Open(t.Context(), path)
	wantError(t, err, "for writing")
	_, err = Open(t.Context(), filepath.Join(dir, "new", "vitals.db"))
	wantError(t, err, "permission denied")
}
