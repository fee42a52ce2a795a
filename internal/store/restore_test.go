package store

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gofrs/flock"
	"zombiezen.com/go/sqlite"
)

// twoHistories makes a history with number 1 and a backup beside it with number 2.
func twoHistories(t *testing.T) (path, backup string) {
	t.Helper()
	path = newPath(t)
	filled(t, path, 2)
	if err := backUpBeside(path); err != nil {
		t.Fatal(err)
	}
	filled(t, path, 1)
	return path, path + ".bak"
}

// ofFormat makes a history of an older format, with one weigh-in of its number.
func ofFormat(t *testing.T, path string, format, number int) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		t.Fatal(err)
	}
	script := ""
	for _, name := range migrationNames()[:format] {
		text, err := migrations.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		script += string(text)
	}
	rawScript(t, path, script+fmt.Sprintf(`
		INSERT INTO reading (type, key, id, at, utc_offset, value, source, source_kind) VALUES ('weight', 'id:a', 'a', %d, 3600, %d, 'Aria 2', 4);
		PRAGMA application_id = %d; PRAGMA user_version = %d;`, at.UnixMicro(), number, applicationID, format))
	if err := os.Chmod(path, 0o600); err != nil {
		t.Fatal(err)
	}
}

func weighInOf(t *testing.T, path string) float64 {
	t.Helper()
	s := openFile(t, path)
	defer closeStore(t, s)
	weighings, err := s.Weighings(t.Context())
	if err != nil || len(weighings) != 1 {
		t.Fatalf("%v, %v", weighings, err)
	}
	return weighings[0].KG
}

func TestRestore(t *testing.T) {
	t.Parallel()
	path, backup := twoHistories(t)
	if err := os.Chmod(backup, 0o400); err != nil {
		t.Fatal(err)
	}
	before := content(t, backup)
	file, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Restore(t.Context(), path, backup, at)
	if err != nil {
		t.Fatal(err)
	}
	kept := path + ".before-restore-2026-03-29T06-12-30Z"
	if r.Kept != kept || r.From != r.Format || r.Damaged || r.Rows["quarter_hours"] != numberedDays {
		t.Errorf("%+v", r)
	}
	if got := beside(t, path); len(got) != 3 {
		t.Errorf("%v", names(got))
	}
	if got := numberIn(t, path); got != 2 {
		t.Errorf("it holds %d", got)
	}
	if now, err := os.Stat(path); err != nil || !os.SameFile(now, file) || mode(t, path) != 0o600 || mode(t, kept) != 0o600 {
		t.Errorf("another file, mode %o, or of the old one %o; %v", mode(t, path), mode(t, kept), err)
	}
	if content(t, backup) != before || mode(t, backup) != 0o400 {
		t.Error("the backup was touched")
	}
	// And back again.
	if r, err = Restore(t.Context(), path, kept, at); err != nil || r.Kept != kept+"-2" {
		t.Fatalf("%+v, %v", r, err)
	}
	if got := numberIn(t, path); got != 1 {
		t.Errorf("it holds %d", got)
	}
}

// What was replaced is kept the last three times, and what is restored is never
// removed.
func TestWhatWasReplacedIsKeptThreeTimes(t *testing.T) {
	t.Parallel()
	path, backup := twoHistories(t)
	now := at
	var kept, dropped []string
	restore := func(from string) string {
		now = now.Add(time.Hour)
		r, err := Restore(t.Context(), path, from, now)
		if err != nil {
			t.Fatal(err)
		}
		dropped = append(dropped, r.Dropped...)
		return r.Kept
	}
	for range 5 {
		kept = append(kept, restore(backup))
	}
	for i, name := range kept {
		if exists(name) != (i >= 2) {
			t.Errorf("%d is there: %t", i, exists(name))
		}
	}
	if !slices.Equal(dropped, kept[:2]) {
		t.Errorf("said to be dropped are %v", dropped)
	}
	restore(kept[2])
	if !exists(kept[2]) || !exists(backup) {
		t.Error("what was restored is gone")
	}
}

func TestRestoreWhereThereIsNoHistory(t *testing.T) {
	t.Parallel()
	_, backup := twoHistories(t)
	for name, prepare := range map[string]func(t *testing.T, path string){
		"no folder": func(*testing.T, string) {},
		"an empty file": func(t *testing.T, path string) {
			if err := makeFile(path); err != nil {
				t.Fatal(err)
			}
		},
		"nothing in it yet": func(t *testing.T, path string) {
			if err := makeFile(path); err != nil {
				t.Fatal(err)
			}
			raw(t, path, func(conn *sqlite.Conn) error { return execute(conn, "PRAGMA journal_mode = WAL") })
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := newPath(t)
			prepare(t, path)
			r, err := Restore(t.Context(), path, backup, at)
			if err != nil || r.Kept != "" {
				t.Fatalf("%+v, %v", r, err)
			}
			if got := beside(t, path); len(got) != 1 {
				t.Errorf("%v", names(got))
			}
			if got := numberIn(t, path); got != 2 || mode(t, path) != 0o600 || mode(t, filepath.Dir(path)) != 0o700 {
				t.Errorf("%d, mode %o in %o", got, mode(t, path), mode(t, filepath.Dir(path)))
			}
		})
	}
}

// Of a live history that was copied with its log, all is restored that it held,
// and the copy stays as it is, without a file more beside it.
func TestRestoreFromACopyWithItsLog(t *testing.T) {
	t.Parallel()
	for name, endings := range map[string][]string{"with its index": {"", "-wal", "-shm"}, "without": {"", "-wal"}} {
		t.Run(name, func(t *testing.T) {
			live := newPath(t)
			filled(t, live, 2)
			s := openFile(t, live)
			saveDay(t, s, 0, 3) // in the log alone
			backup := copied(t, live, endings...)
			closeStore(t, s)
			before := beside(t, backup)
			path, _ := twoHistories(t)
			if _, err := Restore(t.Context(), path, backup, at); err != nil {
				t.Fatal(err)
			}
			if after := beside(t, backup); !maps.Equal(before, after) {
				t.Errorf("from %v to %v", names(before), names(after))
			}
			s = openFile(t, path)
			defer closeStore(t, s)
			if got := days(t, s); len(got) != 1 || got[0].Amount != 3 {
				t.Errorf("%v", got)
			}
		})
	}
}

func TestRestoreBringsAnOlderFormatUpToDate(t *testing.T) {
	t.Parallel()
	path, _ := twoHistories(t)
	old := filepath.Join(t.TempDir(), "old.db")
	for format := 1; format < len(migrationNames()); format++ {
		_ = os.Remove(old)
		ofFormat(t, old, format, 70+format)
		before := content(t, old)
		r, err := Restore(t.Context(), path, old, at)
		if err != nil || r.From != format || r.Format != len(migrationNames()) {
			t.Fatalf("%+v, %v", r, err)
		}
		if got := weighInOf(t, path); got != float64(70+format) {
			t.Errorf("%v of format %d", got, format)
		}
		if content(t, old) != before {
			t.Error("the backup was touched")
		}
	}
	for name := range beside(t, path) {
		if strings.Contains(name, formatInfix) {
			t.Errorf("%s beside it, where nothing was there that is of an older format", name)
		}
	}
}

// What the owner made in the history, such as a view for another program, does not
// keep a backup from being restored, nor act on what is saved from then on.
func TestViewsAndTriggersAreLeftOutOfWhatIsRestored(t *testing.T) {
	t.Parallel()
	live, path, backup := newPath(t), newPath(t), filepath.Join(t.TempDir(), "b.db")
	filled(t, live, 7)
	rawScript(t, live, `CREATE VIEW "my ""weights" AS SELECT datetime(at / 1e6, 'unixepoch') AS t, value FROM reading;
		CREATE TRIGGER seen INSTEAD OF INSERT ON "my ""weights" BEGIN DELETE FROM reading; END;
		CREATE TRIGGER evil AFTER INSERT ON day_total BEGIN DELETE FROM reading; END`)
	if _, err := Backup(t.Context(), live, backup); err != nil {
		t.Fatal(err)
	}
	before := content(t, backup)
	r, err := Restore(t.Context(), path, backup, at)
	if want := []string{"trigger evil", "trigger seen", `view my "weights`}; err != nil || !slices.Equal(r.LeftOut, want) {
		t.Errorf("left out are %q, %v", r.LeftOut, err)
	}
	raw(t, path, func(conn *sqlite.Conn) error {
		n, err := number(conn, "SELECT count(*) FROM sqlite_schema WHERE sql LIKE 'CREATE TRIGGER%' OR type = 'view'")
		if n > 0 {
			t.Errorf("%d of them are in the history", n)
		}
		return err
	})
	if content(t, backup) != before || numberIn(t, path) != 7 {
		t.Error("the backup was touched, or not restored")
	}
}

// What cannot be restored is refused before anything is touched.
func TestRefusedToRestore(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		make func(t *testing.T, backup string)
		says string
	}{
		"nothing there": {func(t *testing.T, backup string) {
			if err := os.Remove(backup); err != nil {
				t.Fatal(err)
			}
		}, "there is no file"},
		"a folder": {func(t *testing.T, backup string) {
			if err := errors.Join(os.Remove(backup), os.Mkdir(backup, 0o700)); err != nil {
				t.Fatal(err)
			}
		}, "not a history"},
		"text": {func(t *testing.T, backup string) {
			if err := os.WriteFile(backup, []byte("time,weight\n"), 0o600); err != nil {
				t.Fatal(err)
			}
		}, "not a history"},
		"an empty file": {func(t *testing.T, backup string) {
			if err := os.WriteFile(backup, nil, 0o600); err != nil {
				t.Fatal(err)
			}
		}, "holds nothing"},
		"another program's": {func(t *testing.T, backup string) {
			if err := os.Remove(backup); err != nil {
				t.Fatal(err)
			}
			rawScript(t, backup, "PRAGMA application_id = 77; CREATE TABLE day_total (day)")
		}, "not a history"},
		"a missing table": {func(t *testing.T, backup string) { rawScript(t, backup, "DROP TABLE fetch") }, "is not whole: it has no table fetch"},
		"a view in place of a table": {func(t *testing.T, backup string) {
			rawScript(t, backup, "DROP TABLE reading; CREATE VIEW reading AS SELECT * FROM day_total")
		}, "is not whole: it has no table reading"},
		"a lost name": {func(t *testing.T, backup string) { rawScript(t, backup, "PRAGMA application_id = 77") }, "damaged"},
		"a newer one": {func(t *testing.T, backup string) { rawScript(t, backup, "PRAGMA user_version = 1000") }, "newer vitals"},
		"cut short": {func(t *testing.T, backup string) {
			if err := os.Truncate(backup, 4096*5); err != nil {
				t.Fatal(err)
			}
		}, "damaged"},
		"a damaged index": {damageIndex, "damaged"},
	} {
		t.Run(name, func(t *testing.T) {
			path, backup := twoHistories(t)
			aside := filepath.Join(t.TempDir(), "b.db")
			if err := os.Rename(backup, aside); err != nil {
				t.Fatal(err)
			}
			c.make(t, aside)
			before := beside(t, path)
			_, err := Restore(t.Context(), path, aside, at)
			wantError(t, err, c.says)
			if after := beside(t, path); !maps.Equal(before, after) {
				t.Errorf("from %v to %v", names(before), names(after))
			}
		})
	}
	path, _ := twoHistories(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{path, link} {
		_, err := Restore(t.Context(), path, name, at)
		wantError(t, err, "the history itself")
	}
}

// Whoever has the history open would go on with what it remembers of it.
func TestRestoreBesideAnotherVitals(t *testing.T) {
	t.Parallel()
	path, backup := twoHistories(t)
	for name, open := range map[string]func() func(){
		"a dashboard that rests": func() func() {
			s := openFile(t, path)
			return func() { closeStore(t, s) }
		},
		"a look": func() func() {
			live := openFile(t, path)
			s, err := OpenReadOnly(t.Context(), path)
			if err != nil {
				t.Fatal(err)
			}
			return func() {
				closeStore(t, s)
				closeStore(t, live)
			}
		},
		"one without a log that reads": func() func() {
			conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
			if err != nil {
				t.Fatal(err)
			}
			for _, query := range []string{"PRAGMA journal_mode = DELETE", "BEGIN", "SELECT count(*) FROM reading"} {
				if err := execute(conn, query); err != nil {
					t.Fatal(err)
				}
			}
			return func() {
				if err := conn.Close(); err != nil {
					t.Error(err)
				}
			}
		},
		"another process that saves": func() func() {
			cmd, out := start(t, "save roll-ups", path)
			if _, err := out.ReadString('\n'); err != nil {
				t.Error(err)
			}
			return func() {
				_ = cmd.Process.Kill()
				_ = cmd.Wait() // it was killed
			}
		},
	} {
		leave := open()
		_, err := Restore(t.Context(), path, backup, at)
		wantError(t, err, "another vitals has "+path+" open")
		leave()
		if found, _ := filepath.Glob(filepath.Join(filepath.Dir(path), "*before*")); len(found) > 0 || len(folders(t, path)) > 0 {
			t.Errorf("%s: left are %v, %v", name, found, folders(t, path))
		}
	}
	s := openFile(t, path)
	defer closeStore(t, s)
	if got := days(t, s); len(got) != 1 || got[0].Amount != 1 {
		t.Errorf("%v", got)
	}
}

// Who went back to an older vitals takes the copy that was made before.
func TestRestoreOverANewerFormat(t *testing.T) {
	t.Parallel()
	path, backup := twoHistories(t)
	rawScript(t, path, "PRAGMA user_version = 1000; CREATE TABLE later (x)")
	if _, err := Restore(t.Context(), path, backup, at); err != nil {
		t.Fatal(err)
	}
	if got := numberIn(t, path); got != 2 {
		t.Errorf("it holds %d", got)
	}
}

func TestRestoreOverSomethingElse(t *testing.T) {
	t.Parallel()
	path, backup := twoHistories(t)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	rawScript(t, path, "PRAGMA application_id = 77; CREATE TABLE day_total (day)")
	before := beside(t, path)
	_, err := Restore(t.Context(), path, backup, at)
	wantError(t, err, "not a history")
	if after := beside(t, path); !maps.Equal(before, after) {
		t.Errorf("from %v to %v", names(before), names(after))
	}
}

// Nobody restores beside a program that has the history open, even if SQLite
// would not notice, as between two of its transactions with a rollback journal.
func TestNoRestoreBesideAnotherProgram(t *testing.T) {
	t.Parallel()
	path, backup := twoHistories(t)
	lock := flock.New(path + lockEnding)
	if ok, err := lock.TryRLock(); !ok {
		t.Fatal(err)
	}
	before := content(t, path)
	_, err := Restore(t.Context(), path, backup, at)
	wantError(t, err, "another vitals has "+path+" open")
	if content(t, path) != before {
		t.Error("it was changed")
	}
	if err := lock.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Restore(t.Context(), path, backup, at); err != nil {
		t.Error(err)
	}
}
