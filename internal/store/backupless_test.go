package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
)

// Whoever lost a history has but the backup: an empty one does not take its place.
func TestNoBackupOfNothingOverOneOfSomething(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	filled(t, path, 7)
	to := filepath.Join(t.TempDir(), "b.db")
	if _, err := Backup(t.Context(), path, to); err != nil {
		t.Fatal(err)
	}
	before := content(t, to)
	empty := newPath(t)
	closeStore(t, openFile(t, empty))
	_, err := Backup(t.Context(), empty, to)
	wantError(t, err, "the backup "+to+" has something")
	if content(t, to) != before {
		t.Error("it was replaced")
	}
	for range 2 { // nor does it keep one of nothing from its like
		if _, err := Backup(t.Context(), empty, to+".new"); err != nil {
			t.Error(err)
		}
	}
}

// Nor does one with less than all kinds of data: of a history that is gone the first
// start has electricity back, and the account has no weigh-ins that came from files.
// That holds of both ways of backing up.
func TestNoBackupWithoutAKindThatTheEarlierOneHas(t *testing.T) {
	t.Parallel()
	full, to := newPath(t), filepath.Join(t.TempDir(), "b.db")
	filled(t, full, 7)
	if _, err := Backup(t.Context(), full, to); err != nil {
		t.Fatal(err)
	}
	before := content(t, to)
	for missing, forget := range map[string]string{
		"weight readings, steps days": "DELETE FROM reading; DELETE FROM day_total",
		"electricity days":            "DELETE FROM quarter_hours",
		"steps days":                  "INSERT INTO hour_total (type, start, amount) SELECT type, 0, 1 FROM day_total; DELETE FROM day_total",
		"weight readings":             "UPDATE reading SET type = 'height'",
	} {
		less := newPath(t)
		filled(t, less, 7)
		rawScript(t, less, forget)
		for _, backUp := range []func() (Copy, error){
			func() (Copy, error) { return Backup(t.Context(), less, to) },
			func() (Copy, error) { return backUpUnlogged(t.Context(), less, to) },
		} {
			_, err := backUp()
			wantError(t, err, "there are no "+missing+" in "+less+" any more, and the backup "+to+" has them")
			if !errors.Is(err, ErrNoBackup) || content(t, to) != before || len(beside(t, to)) != 1 {
				t.Errorf("%v; left are %v", err, names(beside(t, to)))
			}
		}
	}
}

// What could not be restored keeps no backup from its place.
func TestABackupTakesThePlaceOfOneThatIsDamaged(t *testing.T) {
	t.Parallel()
	full, path := newPath(t), newPath(t)
	filled(t, full, 7)
	filled(t, path, 7)
	rawScript(t, path, "DELETE FROM quarter_hours")
	for name, harm := range map[string]func(t *testing.T, backup string){
		"cut short": func(t *testing.T, backup string) {
			if err := os.Truncate(backup, 4096*5); err != nil {
				t.Fatal(err)
			}
		},
		"without a table": func(t *testing.T, backup string) { rawScript(t, backup, "DROP TABLE reading") },
		"with nothing in it": func(t *testing.T, backup string) {
			raw(t, backup, func(conn *sqlite.Conn) error { return makeSchema(conn, 0, 3) })
		},
	} {
		to := filepath.Join(t.TempDir(), "b.db")
		if name != "with nothing in it" {
			if _, err := Backup(t.Context(), full, to); err != nil {
				t.Fatal(err)
			}
		}
		harm(t, to)
		if _, err := Backup(t.Context(), path, to); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// An older program in a table of cron knows not what a newer one wrote.
func TestNoBackupOverOneOfANewerFormat(t *testing.T) {
	t.Parallel()
	path, to := newPath(t), filepath.Join(t.TempDir(), "b.db")
	filled(t, path, 7)
	if _, err := Backup(t.Context(), path, to); err != nil {
		t.Fatal(err)
	}
	rawScript(t, to, "PRAGMA user_version = 99")
	before := content(t, to)
	_, err := Backup(t.Context(), path, to)
	wantError(t, err, "a backup of a newer vitals (format 99; ")
	if !errors.Is(err, ErrNoBackup) || !strings.Contains(err.(*Error).Hint(), "newer version") || content(t, to) != before {
		t.Errorf("%v, or it was replaced", err)
	}
}
