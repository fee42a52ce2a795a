package store

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"zombiezen.com/go/sqlite"
)

// Before its format changes, a history is copied as it is.
func TestAMigrationMakesACopyFirst(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	const old = 2
	ofFormat(t, path, old, 71)
	for _, name := range []string{"1", "9", "x"} { // of the migration before; and what is not ours to remove
		if err := os.WriteFile(path+formatInfix+name, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if got := weighInOf(t, path); got != 71 {
		t.Errorf("%v", got)
	}
	made := path + formatInfix + "2"
	if mode(t, made) != 0o600 || exists(path+formatInfix+"1") || !exists(path+formatInfix+"9") || !exists(path+formatInfix+"x") || len(folders(t, path)) > 0 {
		t.Errorf("mode %o, %v", mode(t, made), names(beside(t, path)))
	}
	formats := func(path string) (format, rows int64) {
		raw(t, path, func(conn *sqlite.Conn) (err error) {
			if format, err = number(conn, "PRAGMA user_version"); err != nil {
				return err
			}
			rows, err = number(conn, "SELECT count(*) FROM reading WHERE value = 71")
			return err
		})
		return format, rows
	}
	if format, rows := formats(made); format != old || rows != 1 {
		t.Errorf("the copy is of format %d, with %d rows", format, rows)
	}
	if format, _ := formats(path); format != int64(len(migrationNames())) {
		t.Errorf("format %d", format)
	}
	// It stays when nothing is to be changed, and can be restored.
	before := content(t, made)
	closeStore(t, openFile(t, path))
	filled(t, path, 1)
	if r, err := Restore(t.Context(), path, made, at); err != nil || r.From != old {
		t.Fatalf("%+v, %v", r, err)
	}
	if got := weighInOf(t, path); got != 71 || content(t, made) != before {
		t.Errorf("%v", got)
	}
}

func TestANewHistoryIsNotCopied(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	closeStore(t, openFile(t, path))
	if got := beside(t, path); len(got) != 1 {
		t.Errorf("%v", names(got))
	}
}

// Without room for a copy nothing is changed; with damage a repair keeps it.
func TestNoMigrationWithoutACopy(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	ofFormat(t, path, 2, 71)
	const doing = "copying the history before its format 2 is brought up to date: "
	failsOnAFullDisk(t, "open on a full disk", path, doing+"the disk failed to read or write "+path+".format-2")

	grown := newPath(t)
	ofFormat(t, grown, 2, 71)
	rawScript(t, grown, "INSERT INTO roll_up VALUES (1, 'house', 1, '', 1, NULL, NULL, 0, x''); INSERT INTO quarter_hours VALUES (1, 1, x'00')")
	damageIndex(t, grown)
	before := content(t, grown)
	s, err := Open(t.Context(), grown)
	if err != nil {
		t.Fatal(err)
	}
	closeStore(t, s)
	for name, text := range beside(t, grown) { // a repair keeps what it was
		if strings.HasPrefix(name, "vitals.db.damaged-") && text != before {
			t.Errorf("%s", name)
		}
	}
	if len(beside(t, grown)) != 3 {
		t.Errorf("%v", names(beside(t, grown)))
	}
}

// Killed at any moment, the next start goes on.
func TestAMigrationIsKilled(t *testing.T) {
	t.Parallel()
	for round := range rounds() {
		path := newPath(t)
		ofFormat(t, path, 2, 71)
		cmd, _ := start(t, "open", path)
		delay(round, rounds())
		_ = cmd.Process.Kill() // it may have ended
		_ = cmd.Wait()
		if got := weighInOf(t, path); got != 71 || len(folders(t, path)) > 0 {
			t.Fatalf("%v, and left are %v", got, folders(t, path))
		}
		raw(t, path+formatInfix+"2", func(conn *sqlite.Conn) error {
			format, err := number(conn, "PRAGMA user_version")
			if err == nil && format != 2 {
				err = fmt.Errorf("the copy is of format %d", format)
			}
			return err
		})
	}
}

// Two that start at once: one migrates, and the copy is of the old format.
func TestTwoMigrateAtOnce(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	ofFormat(t, path, 2, 71)
	first, _ := start(t, "open", path)
	second, _ := start(t, "open", path)
	for _, cmd := range []interface{ Wait() error }{first, second} {
		if err := cmd.Wait(); err != nil {
			t.Error(err)
		}
	}
	if got := weighInOf(t, path); got != 71 {
		t.Errorf("%v", got)
	}
	for name := range beside(t, path) {
		if strings.Contains(name, ".part-") {
			t.Errorf("%s is left", name)
		}
	}
	raw(t, path+formatInfix+"2", func(conn *sqlite.Conn) error {
		format, err := number(conn, "PRAGMA user_version")
		if err == nil && format != 2 {
			err = fmt.Errorf("the copy is of format %d", format)
		}
		return err
	})
}

// A copy that another program's migration overtook does not take the place of the
// one that it made.
func TestACopyOfTheNewFormatIsNotCalledTheOld(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	closeStore(t, openFile(t, path))
	raw(t, path, func(conn *sqlite.Conn) error {
		_, err := copyOfFormat(t.Context(), conn, path, 2)
		return err
	})
	if exists(path + formatInfix + "2") {
		t.Error("it did")
	}
}

// What an older format was copied to stays when the migration fails: another
// process may have made the copy, and gone on.
func TestAFailedMigrationLeavesTheCopy(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	ofFormat(t, path, 2, 71)
	raw(t, path, func(conn *sqlite.Conn) error {
		err := conn.SetAuthorizer(sqlite.AuthorizeFunc(func(a sqlite.Action) sqlite.AuthResult {
			if a.Type() == sqlite.OpAlterTable {
				return sqlite.AuthResultDeny
			}
			return sqlite.AuthResultOK
		}))
		if err == nil && migrate(t.Context(), conn, path) == nil {
			t.Error("it did not fail")
		}
		return err
	})
	if !exists(path + formatInfix + "2") {
		t.Error("it is gone")
	}
}

// A copy that has more kinds of data than the history has now is neither replaced by
// a newer one nor forgotten: of a history that was emptied it may be all that is left.
func TestACopyOfMoreThanTheHistoryHasStays(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	ofFormat(t, path, 2, 71)
	closeStore(t, openFile(t, path))
	full := content(t, path+formatInfix+"2")
	lose := func(format int) {
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		ofFormat(t, path, format, 0)
		rawScript(t, path, "DELETE FROM reading")
		closeStore(t, openFile(t, path))
	}
	for range 2 {
		lose(2)
		if content(t, path+formatInfix+"2") != full || !exists(path+formatInfix+"2-2") || exists(path+formatInfix+"2-3") {
			t.Errorf("there are %v", names(beside(t, path)))
		}
	}
	lose(3)
	if content(t, path+formatInfix+"2") != full || !exists(path+formatInfix+"3") {
		t.Errorf("there are %v", names(beside(t, path)))
	}
	found, err := Beside(path)
	if err != nil || len(found) != 3 {
		t.Errorf("beside it are %+v, %v", found, err)
	}
}

// Nor is it replaced by one of a history whose version is not that of its tables, as
// that could not be restored.
func TestACopyIsNotReplacedByOneThatIsNotWhatItSays(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	ofFormat(t, path, 2, 71)
	closeStore(t, openFile(t, path))
	full := content(t, path+formatInfix+"2")
	rawScript(t, path, "PRAGMA user_version = 2")
	if said := repaired(t, path); len(said) == 0 || content(t, path+formatInfix+"2") != full || exists(path+formatInfix+"2-2") {
		t.Errorf("it says %q; there are %v", said, names(beside(t, path)))
	}
	if got := weighInOf(t, path); got != 71 {
		t.Errorf("it holds %v", got)
	}
}
