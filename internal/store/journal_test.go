package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"zombiezen.com/go/sqlite"
)

func TestLogIsSafe(t *testing.T) {
	t.Parallel()
	for version, want := range map[string]bool{
		"3.51.3": true, "3.51.10": true, "3.52.1": true, "3.53.0": true, "3.100.0": true, "4.0.0": true, "3.50.7": true, "3.44.6": true,
		"3.51.2": false, "3.51.0": false, "3.50.6": false, "3.44.5": false, "3.45.9": false, "3.49.9": false, "3.7.0": false, "3.52.0": false, "2.99.9": false,
		"": false, "3": false, "x": false,
	} {
		if got := logIsSafe(version); got != want {
			t.Errorf("%q: %t", version, got)
		}
	}
}

// A library that may damage a file by its log leaves it, also that of a file that
// has one, but not while others use it.
func TestAnOlderSQLiteKeepsARollbackJournal(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	s := openFile(t, path)
	saveDay(t, s, 0, 7)
	logged := func() bool {
		_, logged, err := headerOf(path)
		if err != nil {
			t.Error(err)
		}
		return logged
	}
	raw(t, path, func(conn *sqlite.Conn) error {
		if err := keepJournal(conn, "3.51.2"); sqlite.ErrCode(err).ToPrimary() != sqlite.ResultBusy {
			t.Errorf("beside a log in use: %v", err)
		}
		return nil
	})
	closeStore(t, s)
	for _, c := range []struct {
		version string
		logged  bool
	}{{"3.51.2", false}, {"3.51.3", true}, {"3.51.2", false}} {
		raw(t, path, func(conn *sqlite.Conn) error { return keepJournal(conn, c.version) })
		if logged() != c.logged {
			t.Errorf("%s: a log: %t", c.version, logged())
		}
	}
	s = openFile(t, path)
	defer closeStore(t, s)
	if got := days(t, s); len(got) != 1 || !logged() {
		t.Errorf("%v, a log: %t", got, logged())
	}
}

// With a rollback journal a first page that was written in part is undone by it,
// and so is the rest of what was only begun.
func TestATornFirstPageIsUndone(t *testing.T) {
	begun, _ := filledWhole(t)
	raw(t, begun, func(conn *sqlite.Conn) error { return execute(conn, "PRAGMA journal_mode = DELETE") })
	want := ledger(t, begun)
	for name, use := range map[string]func(path string) error{
		"a start":  openOnce,
		"a backup": backUpBeside,
		"a restore": func(path string) error {
			r, err := Restore(t.Context(), path, begun, at)
			if err == nil && r.Damaged {
				err = errors.New("it was taken for damaged")
			}
			return err
		},
	} {
		path := filepath.Join(t.TempDir(), "vitals.db")
		raw(t, begun, func(conn *sqlite.Conn) error {
			for _, query := range []string{"PRAGMA cache_size = 5", "BEGIN", "PRAGMA user_version = 6",
				"UPDATE day_total SET amount = amount + 1", "UPDATE reading SET value = value + 1"} {
				if err := execute(conn, query); err != nil {
					return err
				}
			}
			text := []byte(content(t, begun))
			clear(text[:pageSize])
			return errors.Join(os.WriteFile(path, text, 0o600),
				os.WriteFile(path+journalEnding, []byte(content(t, begun+journalEnding)), 0o600), execute(conn, "ROLLBACK"))
		})
		if err := use(path); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if lost, others := changes(want, ledger(t, path)); lost+others > 0 || len(kept(t, path)) > 0 {
			t.Errorf("%s: %d rows lost, %d others, kept %q", name, lost, others, kept(t, path))
		}
	}
}

// Where something was only begun nothing can be looked for, and the mark waits.
func TestAMarkWaitsForAJournal(t *testing.T) {
	path := newPath(t)
	filled(t, path, 1)
	damageIndex(t, path)
	markDamaged(path)
	if err := os.WriteFile(path+journalEnding, []byte("half of a change"), 0o600); err != nil {
		t.Fatal(err)
	}
	if said := repaired(t, path); len(said) > 0 {
		t.Error(said)
	}
	if said := repaired(t, path); len(said) == 0 || exists(path+markEnding) {
		t.Errorf("the next start says %q", said)
	}
}

// What lies beside a torn first page need be no journal. SQLite removes it, and the
// history is repaired by that start, not said to be none of vitals.
func TestATornFirstPageBesideWhatIsNoJournal(t *testing.T) {
	path, text := filledWhole(t)
	want := ledger(t, path)
	clear(text[60:92]) // whose it is
	if err := errors.Join(os.WriteFile(path, text, 0o600), os.WriteFile(path+journalEnding, bytes.Repeat([]byte{1}, 5000), 0o600)); err != nil {
		t.Fatal(err)
	}
	if said := repaired(t, path); len(said) == 0 {
		t.Error("nothing is said")
	}
	if lost, others := changes(want, ledger(t, path)); lost+others > 0 {
		t.Errorf("%d rows lost, %d others", lost, others)
	}
}
