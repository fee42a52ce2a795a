package store

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"vitals/internal/health"
)

func TestMigrationsOnce(t *testing.T) {
	path := newPath(t)
	schema := func() (found string) {
		closeStore(t, openFile(t, path))
		raw(t, path, func(conn *sqlite.Conn) error {
			application, err := number(conn, "PRAGMA application_id")
			if err != nil {
				return err
			}
			version, err := number(conn, "PRAGMA user_version")
			if err != nil {
				return err
			}
			if application != applicationID || version != int64(len(migrationNames())) {
				t.Errorf("application %x, version %d", application, version)
			}
			return each(conn, func(stmt *sqlite.Stmt) { found += stmt.ColumnText(0) + "\n" },
				"SELECT sql FROM sqlite_schema ORDER BY name")
		})
		return found
	}
	first := schema()
	if !strings.Contains(first, "CREATE TABLE reading") {
		t.Fatal(first)
	}
	if strings.Count(first, "CREATE TABLE") != strings.Count(first, ") STRICT") {
		t.Error("a table is not STRICT")
	}
	if second := schema(); second != first {
		t.Errorf("the schema changed from %s to %s", first, second)
	}
}

func TestMigrationNamesCount(t *testing.T) {
	for i, name := range migrationNames() {
		if want := fmt.Sprintf("migrations/%03d.sql", i+1); name != want {
			t.Errorf("migration %d is called %s", i+1, name)
		}
	}
}

func TestFirstOpenTogether(t *testing.T) {
	path := newPath(t)
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			s, err := Open(t.Context(), path)
			if err != nil {
				t.Error(err)
				return
			}
			saveDay(t, s, i, 1)
			closeStore(t, s)
		})
	}
	all.Wait()
	raw(t, path, func(conn *sqlite.Conn) error {
		return each(conn, func(stmt *sqlite.Stmt) {
			if got := stmt.ColumnText(0); got != "wal" {
				t.Errorf("journal mode %s", got)
			}
		}, "PRAGMA journal_mode")
	})
	s := openFile(t, path)
	defer closeStore(t, s)
	if got := days(t, s); len(got) != 8 {
		t.Errorf("%d of 8 were kept", len(got))
	}
}

// While another process writes, a file of old without a log is opened as it is.
func TestOpenWhileAnotherProcessWrites(t *testing.T) {
	path := newPath(t)
	closeStore(t, openFile(t, path))
	raw(t, path, func(conn *sqlite.Conn) error {
		if err := errors.Join(execute(conn, "PRAGMA journal_mode = DELETE"), execute(conn, "BEGIN IMMEDIATE")); err != nil {
			return err
		}
		closeStore(t, openFile(t, path))
		return execute(conn, "ROLLBACK")
	})
}

func TestRefused(t *testing.T) {
	for name, c := range map[string]struct {
		make func(t *testing.T, path string)
		says string
	}{
		"another program's": {func(t *testing.T, path string) {
			rawScript(t, path, "PRAGMA application_id = 77")
		}, "not a history"},
		"somebody's tables": {func(t *testing.T, path string) {
			rawScript(t, path, "CREATE TABLE readings (time, watts)")
		}, "not a history"},
		"somebody's log": {func(t *testing.T, path string) {
			raw(t, path, func(conn *sqlite.Conn) error {
				if err := execute(conn, "PRAGMA journal_mode = WAL"); err != nil {
					return err
				}
				return execute(conn, "CREATE TABLE readings (time, watts)")
			})
		}, "not a history"},
		"no database": {func(t *testing.T, path string) {
			if err := os.WriteFile(path, []byte("time,weight\n2026-03-29,71.4\n"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, "not a history"},
		"newer": {func(t *testing.T, path string) {
			closeStore(t, openFile(t, path))
			rawScript(t, path, "PRAGMA user_version = 1000")
		}, "newer vitals (format 1000; this one knows up to"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "vitals.db")
			c.make(t, path)
			if err := os.Chmod(path, 0o640); err != nil {
				t.Fatal(err)
			}
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			there := beside(t, path)
			for _, open := range []func(context.Context, string) (*Store, error){Open, OpenReadOnly} {
				_, err = open(t.Context(), path)
				wantError(t, err, c.says)
			}
			after, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if string(before) != string(after) || mode(t, path) != 0o640 {
				t.Error("the file was touched")
			}
			if files := beside(t, path); !maps.Equal(files, there) {
				t.Errorf("files beside it: %v", slices.Sorted(maps.Keys(files)))
			}
		})
	}
}

// A newer version that is still in the log of a process that was killed.
func TestRefusedNewerInLog(t *testing.T) {
	path := newPath(t)
	other := openFile(t, path)
	defer closeStore(t, other)
	onAll(t, other, func(conn *sqlite.Conn) {
		if err := execute(conn, "PRAGMA user_version = 1000"); err != nil {
			t.Fatal(err)
		}
	})
	_, err := Open(t.Context(), path)
	wantError(t, err, "newer vitals")
}

func TestEmptyFileIsTaken(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vitals.db")
	if err := os.WriteFile(path, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	closeStore(t, openFile(t, path))
	if got := mode(t, path); got != 0o600 {
		t.Errorf("mode %o", got)
	}
}

func TestDamaged(t *testing.T) {
	made := func(t *testing.T) (path string, content []byte) {
		path = filepath.Join(t.TempDir(), "vitals.db")
		s := openFile(t, path)
		if err := s.SaveRollUp(t.Context(), "house", ofDays(30)); err != nil {
			t.Fatal(err)
		}
		closeStore(t, s)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return path, content
	}
	t.Run("cut short", func(t *testing.T) {
		path, content := made(t)
		if err := os.WriteFile(path, content[:len(content)/2], 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := OpenReadOnly(t.Context(), path)
		wantError(t, err, "damaged")
		s := openFile(t, path)
		defer closeStore(t, s)
		if len(s.Repaired()) == 0 {
			t.Error("nothing is said of it")
		}
	})
	t.Run("overwritten pages", func(t *testing.T) {
		path, content := made(t)
		for i := 4096; i < len(content); i++ {
			content[i] = 0xAA
		}
		if err := os.WriteFile(path, content, 0o600); err != nil {
			t.Fatal(err)
		}
		s := openFile(t, path)
		defer closeStore(t, s)
		_, err := s.Portions(t.Context(), "house", time.Time{}, time.Time{})
		wantError(t, err, "damaged")
		_, _, err = s.SaveIdentity(t.Context(), health.Identity{})
		wantError(t, err, "damaged")
	})
	t.Run("a packed day", func(t *testing.T) {
		path, _ := made(t)
		rawScript(t, path, "UPDATE quarter_hours SET packed = x'7f0000' WHERE day = (SELECT min(day) FROM quarter_hours)")
		s := openFile(t, path)
		defer closeStore(t, s)
		_, err := s.Portions(t.Context(), "house", time.Time{}, time.Time{})
		wantError(t, err, "damaged")
		_, _, err = s.RollUp(t.Context(), "house")
		wantError(t, err, "damaged")
		if err := s.SaveRollUp(t.Context(), "house", ofDays(30)); err != nil {
			t.Errorf("saving all anew: %v", err)
		}
	})
}

// A history of an older version keeps what is in it, and can be added to.
func TestAnOldHistoryIsBroughtUpToDate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "vitals.db")
	const old = 2
	script := ""
	for _, name := range migrationNames()[:old] {
		text, err := migrations.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		script += string(text)
	}
	rawScript(t, path, script+fmt.Sprintf(`
		INSERT INTO reading VALUES ('weight', 'id:a', 'a', %d, 3600, 71.4, 'Aria 2', 4);
		INSERT INTO day_total VALUES ('calories', 20000, 2251, NULL), ('calories', 20001, 25000, NULL), ('steps', 20001, 25000, NULL);
		INSERT INTO hour_total VALUES ('calories', 0, 90, NULL);
		PRAGMA application_id = %d; PRAGMA user_version = %d;`, at.UnixMicro(), applicationID, old))
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
	s := openFile(t, path)
	defer closeStore(t, s)
	ctx := t.Context()
	got, err := s.Weighings(ctx)
	if err != nil || len(got) != 1 || got[0].ID != "a" || got[0].KG != 71.4 || got[0].Source.Via != "" || got[0].Ruling != health.NotRuled {
		t.Fatalf("%+v, %v", got, err)
	}
	expect(t, 0, 0)(s.SaveWeighings(ctx, got))
	if err := s.SaveRuling(ctx, got, health.RuledOut); err != nil {
		t.Error(err)
	}
	// The account's own figures stay, but those that nobody can have had.
	first := health.Date{Year: 1970, Month: 1, Day: 1}
	archived := func(day int, amount float64) []health.DayTotal {
		return []health.DayTotal{{Date: first.Add(day), Amount: amount, AsOf: at, Via: health.ViaFitbitArchive}}
	}
	expect(t, 0, 0)(s.SaveDayTotals(ctx, health.TypeCalories, archived(20000, 2300)))
	expect(t, 0, 1)(s.SaveDayTotals(ctx, health.TypeCalories, archived(20001, 2300)))
	expect(t, 0, 0)(s.SaveDayTotals(ctx, health.TypeSteps, archived(20001, 9000)))
}
