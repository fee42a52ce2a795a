package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"

	"vitals/internal/health"
)

func TestABackupHoldsEverything(t *testing.T) {
	path := newPath(t)
	filled(t, path, 7)
	before := content(t, path)
	dir := t.TempDir()
	for _, name := range []string{"plain.db", "a ?#%41'\"\x1b[31m.db", "-x", "file:x?mode=memory"} {
		to := filepath.Join(dir, name)
		old := syscall.Umask(0)
		copied, err := Backup(t.Context(), path, to)
		syscall.Umask(old)
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		if mode(t, to) != 0o600 || copied.Bytes != int64(len(content(t, to))) || copied.Format != len(migrationNames()) ||
			copied.Rows["reading"] != 1 || copied.Rows["quarter_hours"] != numberedDays {
			t.Errorf("mode %o, %+v", mode(t, to), copied)
		}
		date := health.DateOf(at)
		first := health.Date{Year: 2014, Month: 3, Day: 2}
		want := []Kind{{"weight", "readings", 1, date, date}, {"steps", "days", 1, date, date}, {"electricity", "days", numberedDays, first, first.Add(numberedDays - 1)}}
		if fmt.Sprint(copied.Kinds) != fmt.Sprint(want) {
			t.Errorf("%v, want %v", copied.Kinds, want)
		}
	}
	if found, err := os.ReadDir(dir); len(found) != 4 || err != nil {
		t.Errorf("%v, %v", found, err)
	}
	if content(t, path) != before || len(beside(t, path)) != 1 {
		t.Errorf("the history changed, or %v is left", names(beside(t, path)))
	}
	if got := numberIn(t, filepath.Join(dir, "plain.db")); got != 7 {
		t.Errorf("%d", got)
	}
}

// What is deleted is not in a backup, and neither is a log: one file is all.
func TestABackupIsOneFileOfWhatIsThere(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	filled(t, path, 7)
	s := openFile(t, path)
	defer closeStore(t, s)
	onAll(t, s, func(conn *sqlite.Conn) { _ = execute(conn, "PRAGMA secure_delete = OFF") })
	secret := []health.Device{{Name: "the scale that I gave away"}}
	expect(t, 1, 0)(s.SaveDevices(t.Context(), secret))
	expect(t, 0, 0)(s.SaveDevices(t.Context(), nil))
	to := filepath.Join(t.TempDir(), "b.db")
	if _, err := Backup(t.Context(), path, to); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(content(t, to), "gave away") {
		t.Error("what was deleted is there")
	}
	if format, logged, err := headerOf(to); format != len(migrationNames()) || logged || err != nil {
		t.Errorf("format %d, with a log: %t, %v", format, logged, err)
	}
}

// While others save without a pause, each backup is of one moment, newer than
// the one before, and nobody waits for it.
func TestABackupWhileOthersSave(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	filled(t, path, 1)
	cmd, out := start(t, "save roll-ups", path)
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	}()
	last := 1.0
	saved := 1.0
	for round := range 4 {
		for ; saved <= last; saved++ { // it goes on saving
			if _, err := out.ReadString('\n'); err != nil {
				t.Fatal(err)
			}
		}
		to := filepath.Join(filepath.Dir(path), fmt.Sprint(round))
		if _, err := Backup(t.Context(), path, to); err != nil {
			t.Fatal(err)
		}
		s, err := OpenReadOnly(t.Context(), to)
		if err != nil {
			t.Fatal(err)
		}
		kept, _, err := s.RollUp(t.Context(), "house")
		if err != nil || float64(kept.Revision) <= last {
			t.Fatalf("revision %d after %v, %v", kept.Revision, last, err)
		}
		last = float64(kept.Revision)
		portions, err := s.Portions(t.Context(), "house", time.Time{}, time.Time{})
		if err != nil || len(portions) != numberedDays*slotsPerDay {
			t.Fatalf("%d portions, %v", len(portions), err)
		}
		for _, p := range portions {
			if p.Amount != last {
				t.Fatalf("a portion of %v in %v", p.Amount, last)
			}
		}
		closeStore(t, s)
	}
}

// Without a log to join, a backup is still possible: from a read-only disk, say.
func TestABackupOfAHistoryThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	whole, withLog := newPath(t), newPath(t)
	filled(t, whole, 7)
	filled(t, withLog, 6)
	s := openFile(t, withLog)
	saveDay(t, s, 0, 7) // in the log alone
	killed := copied(t, withLog, "", "-wal")
	closeStore(t, s)
	half := copied(t, whole, "") // as SQLite leaves it beside the file on a full disk
	for name, text := range map[string]string{half + "-wal": "", half + "-shm": "\x00\x00\x00", killed + "-shm": "\x00"} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, path := range []string{whole, half, killed} {
		to := filepath.Join(t.TempDir(), "b.db")
		before := beside(t, path)
		if _, err := backUpUnlogged(t.Context(), path, to); err != nil {
			t.Fatal(err)
		}
		if after := beside(t, path); !maps.Equal(before, after) {
			t.Errorf("from %v to %v", names(before), names(after))
		}
		s := openFile(t, to)
		if got := days(t, s); len(got) != 1 || got[0].Amount != 7 {
			t.Errorf("%v", got)
		}
		closeStore(t, s)
	}
}

func TestNothingToBackUp(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	to := filepath.Join(t.TempDir(), "b.db")
	for _, prepare := range []func() error{
		func() error { return nil },
		func() error { return makeFile(path) },
		func() error {
			raw(t, path, func(conn *sqlite.Conn) error { return execute(conn, "PRAGMA journal_mode = WAL") })
			return nil
		},
	} {
		if err := prepare(); err != nil {
			t.Fatal(err)
		}
		_, err := Backup(t.Context(), path, to)
		wantError(t, err, "there is nothing in "+path+" yet")
		if !errors.Is(err, fs.ErrNotExist) || exists(to) {
			t.Errorf("%v, made: %t", err, exists(to))
		}
	}
}

func TestWhereNoBackupGoes(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	filled(t, path, 7)
	dir := filepath.Dir(path)
	in := func(name string) string { return filepath.Join(dir, name) }
	write := func(name, text string) {
		if err := os.WriteFile(in(name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("notes.txt", "mine")
	write("short", "SQLite format 3\x00")
	rawScript(t, in("other.db"), "CREATE TABLE readings (time, watts)")
	filled(t, in("another.db"), 8) // a history in use, of another directory
	for _, err := range []error{
		os.Link(path, in("hard.db")), os.Symlink(path, in("soft.db")), os.Symlink(in("notes.txt"), in("to-notes")),
		syscall.Mkfifo(in("pipe"), 0o600), os.Mkdir(in("folder"), 0o700),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	// With a log of its own, a file that replaces it would be damaged by that.
	if _, err := Backup(t.Context(), path, in("old.db")); err != nil {
		t.Fatal(err)
	}
	write("old.db-wal", "a log")
	list := func() string {
		text := ""
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			info, err := e.Info()
			if err != nil {
				t.Fatal(err)
			}
			text += fmt.Sprintln(e.Name(), info.Size(), info.ModTime(), info.Mode())
		}
		return text
	}
	before := list()
	for name, says := range map[string]string{
		filepath.Base(path): "the history itself", "hard.db": "the history itself", "soft.db": "the history itself",
		"notes.txt": "no backup of vitals", "to-notes": "no backup of vitals", "short": "no backup of vitals", "other.db": "no backup of vitals",
		"another.db": "in use", "old.db": "in use", "pipe": "is no file", "folder": "is a folder", "gone/b.db": "there is no folder", "notes.txt/b.db": "there is no folder",
		"x-wal": "a name for what SQLite keeps", "x-shm": "a name for what SQLite keeps", filepath.Base(path) + "-journal": "a name for what SQLite keeps",
	} {
		_, err := Backup(t.Context(), path, in(name))
		wantError(t, err, says)
		if !errors.Is(err, ErrNoBackup) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if after := list(); after != before {
		t.Errorf("from\n%s to\n%s", before, after)
	}
}

func TestABackupReplacesAnEarlierOne(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	filled(t, path, 7)
	dir := t.TempDir()
	to, link := filepath.Join(dir, "b.db"), filepath.Join(dir, "newest.db")
	if err := os.WriteFile(to, nil, 0o644); err != nil { // as mktemp makes it
		t.Fatal(err)
	}
	if err := os.Symlink(to, link); err != nil {
		t.Fatal(err)
	}
	for number := range int64(3) {
		filled(t, path, number)
		if _, err := Backup(t.Context(), path, link); err != nil {
			t.Fatal(err)
		}
		other := filepath.Join(t.TempDir(), "copy.db")
		if err := os.WriteFile(other, []byte(content(t, to)), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := numberIn(t, other); got != number || mode(t, to) != 0o600 {
			t.Errorf("%d, mode %o", got, mode(t, to))
		}
	}
	if info, err := os.Lstat(link); err != nil || info.Mode().Type() != fs.ModeSymlink {
		t.Errorf("the link became %v, %v", info.Mode(), err)
	}
}

// What is written is compared with what was read.
func TestABackupThatIsNotWhatWasReadIsRefused(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	filled(t, path, 7)
	raw(t, path, func(conn *sqlite.Conn) error {
		s, err := newScratch(path)
		if err != nil {
			return err
		}
		defer s.remove()
		// A view takes the place of a table that the copy is to hold.
		if err := execute(conn, "CREATE TEMP VIEW reading AS SELECT * FROM main.reading UNION ALL SELECT * FROM main.reading"); err != nil {
			return err
		}
		_, _, err = s.take(t.Context(), conn, backingUp, path, "b.db")
		wantError(t, err, "what was written for b.db is not what was read")
		return nil
	})
}

func TestABackupOnAFullDiskOrInterrupted(t *testing.T) {
	t.Parallel()
	path := newPath(t)
	filled(t, path, 7)
	if err := backUpBeside(path); err != nil {
		t.Fatal(err)
	}
	failsOnAFullDisk(t, "back up on a full disk", path, "backing up the history: the disk failed to read or write "+path+".bak")

	before := beside(t, path)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Backup(ctx, path, path+".bak"); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if after := beside(t, path); !maps.Equal(before, after) {
		t.Errorf("from %v to %v", names(before), names(after))
	}
}

// Interrupted halfway, a backup leaves the one of before.
func TestABackupIsInterruptedHalfway(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "vitals.db")
	filled(t, path, 7)
	if err := backUpBeside(path); err != nil {
		t.Fatal(err)
	}
	before := beside(t, path)
	interrupted := false
	for range 50 {
		ctx, cancel := context.WithCancel(t.Context())
		watched := make(chan struct{})
		go func() {
			defer close(watched)
			for ctx.Err() == nil {
				if found, _ := filepath.Glob(filepath.Join(filepath.Dir(path), ".*.part-*", "taken.db")); len(found) > 0 {
					cancel()
				}
			}
		}()
		_, err := Backup(ctx, path, path+".bak")
		cancel()
		<-watched
		if err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		interrupted = interrupted || err != nil
		after := beside(t, path)
		if err == nil {
			before[filepath.Base(path)+".bak"] = after[filepath.Base(path)+".bak"]
		}
		if !maps.Equal(before, after) {
			t.Fatalf("from %v to %v", names(before), names(after))
		}
		if interrupted {
			return
		}
	}
	t.Error("it was never halfway")
}

// Between two stretches of pages there is a way out, and nothing was written.
func TestCopyingPagesIsInterrupted(t *testing.T) {
	t.Parallel()
	from, to := filepath.Join(t.TempDir(), "from.db"), filepath.Join(t.TempDir(), "to.db")
	rawScript(t, from, "CREATE TABLE large (x); INSERT INTO large VALUES (zeroblob(5000000))")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	raw(t, from, func(source *sqlite.Conn) error {
		raw(t, to, func(conn *sqlite.Conn) error {
			if err := copyPages(ctx, conn, source); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
			if tables, err := number(conn, "SELECT count(*) FROM sqlite_schema"); tables != 0 || err != nil {
				t.Errorf("%d tables, %v", tables, err)
			}
			return nil
		})
		return nil
	})
}

func TestWhyACopyWasNotWritten(t *testing.T) {
	t.Parallel()
	to := "/home/ann/b.db"
	for _, c := range []struct {
		err  error
		says string
	}{
		{syscall.ENOSPC, "doing: no space is left for " + to},
		{&fs.PathError{Op: "write", Path: to, Err: syscall.EDQUOT}, "no space is left for " + to},
		{sqlite.ResultFull.ToError(), "no space is left for " + to},
		{syscall.EACCES, "nothing may be written in /home/ann"},
		{syscall.EROFS, "nothing may be written in /home/ann"},
		{sqlite.ResultCantOpen.ToError(), "nothing may be written in /home/ann"},
		{syscall.EIO, "input/output error"},
	} {
		wantError(t, unwritten(t.Context(), "doing", to, c.err), c.says)
	}
	if err := unwritten(t.Context(), "doing", to, nil); err != nil {
		t.Error(err)
	}
}
