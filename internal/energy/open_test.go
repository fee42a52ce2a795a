package energy

import (
	"context"
	"errors"
	"fmt"
	"os"
	osexec "os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// files lists what lies in the folder of path.
func files(tb testing.TB, path string) []string {
	tb.Helper()
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		tb.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	return names
}

func setJournal(tb testing.TB, conn *sqlite.Conn, mode Journal) {
	tb.Helper()
	pragma := "PRAGMA journal_mode = delete"
	if mode == writeAhead {
		pragma = "PRAGMA journal_mode = wal"
	}
	if err := sqlitex.ExecuteTransient(conn, pragma, nil); err != nil {
		tb.Fatal(err)
	}
}

// sampleRows are n readings a minute apart that begin after so many others.
func sampleRows(after, n int) [][]any {
	rows := make([]row, n)
	for i := range rows {
		rows[i] = row{float64(60 * (after + i)), 600}
	}
	return samplesRows(rows)
}

// loggerBegin and loggerCommits are how many rows a logger finds and adds.
const loggerBegin, loggerCommits = 1500, 100

// logReadings is the logger of TestBesideALiveWriter, in a process of its own:
// it adds rows to the database at path, one a commit, and opens it anew for
// each if reopening.
func logReadings(path string, reopening bool) error {
	var conn *sqlite.Conn
	for i := range loggerCommits {
		if conn == nil {
			var err error
			if conn, err = sqlite.OpenConn(path, sqlite.OpenReadWrite); err != nil {
				return err
			}
			conn.SetBusyTimeout(5 * time.Second)
		}
		row := samplesRows([]row{{float64(60 * (loggerBegin + i)), 600}})[0]
		if err := sqlitex.Execute(conn, "INSERT INTO samples VALUES (?, ?)", &sqlitex.ExecOptions{Args: row}); err != nil {
			return err
		}
		if reopening {
			if err := conn.Close(); err != nil {
				return err
			}
			conn = nil
		}
	}
	if conn == nil {
		return nil
	}
	return conn.Close()
}

// A logger commits all the time while the meter is read, and neither notices.
func TestBesideALiveWriter(t *testing.T) {
	oneGoroutine(t)
	for _, journal := range []Journal{writeAhead, rollback} {
		for _, style := range []string{"keeping it open", "reopening it"} {
			t.Run(string(journal)+" "+style, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "meter.db")
				conn := writer(t, path)
				setJournal(t, conn, journal)
				exec(t, conn, samplesTable)
				insert(t, conn, sampleRows(0, loggerBegin)...)
				if err := conn.Close(); err != nil {
					t.Fatal(err)
				}
				logger := osexec.Command(os.Args[0])
				logger.Env = append(os.Environ(), loggerVariable+"="+path, loggerVariable+"_STYLE="+style)
				logged := make(chan error, 1)
				go func() {
					output, err := logger.CombinedOutput()
					if err != nil {
						err = fmt.Errorf("%w: %s", err, output)
					}
					logged <- err
				}()

				m := meterFor(path, samples, time.UTC)
				m.blocks = blockSizes{newest: loggerBegin / 8, later: loggerBegin / 8, warmUp: 100}
				var bookmark []byte
				var latest time.Time
				for running := true; running; {
					select {
					case err := <-logged:
						if running = false; err != nil {
							t.Fatal(err)
						}
					default:
					}
					r := rollUp(t, m, bookmark)
					if r.Latest.Time.Before(latest) {
						t.Fatalf("the latest was %v, is %v", latest, r.Latest.Time)
					}
					latest, bookmark = r.Latest.Time, r.Bookmark
				}
				if _, covered := sum(allOf(t, m, nil).Portions); covered != (loggerBegin+loggerCommits)*60 {
					t.Errorf("%v s are covered", covered)
				}
				// A log stays when its writer leaves during a read, and goes
				// with the next one.
				conn = writer(t, path)
				insert(t, conn, sampleRows(loggerBegin+loggerCommits, 1)...)
				if err := conn.Close(); err != nil {
					t.Fatal(err)
				}
				if left := files(t, path); !slices.Equal(left, []string{"meter.db"}) {
					t.Errorf("left behind: %v", left)
				}
			})
		}
	}
}

// A meter can be read by several at once, also while it is written to.
func TestSeveralReaders(t *testing.T) {
	for _, journal := range []Journal{writeAhead, rollback} {
		path := filepath.Join(t.TempDir(), "meter.db")
		conn := writer(t, path)
		conn.SetBusyTimeout(5 * time.Second)
		setJournal(t, conn, journal)
		exec(t, conn, samplesTable)
		insert(t, conn, sampleRows(0, 300)...)
		m := meterFor(path, samples, time.UTC)
		var readers sync.WaitGroup
		for range 3 {
			readers.Go(func() {
				for range 5 {
					r, err := m.RollUp(t.Context(), nil, nil)
					if _, covered := sum(r.Portions); err != nil || covered < 300*60 {
						t.Errorf("%s: %v s are covered, %v", journal, covered, err)
					}
					if _, err := m.Changed(t.Context()); err != nil {
						t.Error(err)
					}
				}
			})
		}
		for i := range 20 {
			insert(t, conn, sampleRows(300+i, 1)...)
		}
		readers.Wait()
		if _, covered := sum(rollUp(t, m, nil).Portions); covered != 320*60 {
			t.Errorf("%s: %v s are covered", journal, covered)
		}
	}
}

func TestChanged(t *testing.T) {
	for _, journal := range []Journal{writeAhead, rollback} {
		path := filepath.Join(t.TempDir(), "meter.db")
		conn := writer(t, path)
		setJournal(t, conn, journal)
		exec(t, conn, samplesTable)
		m := meterFor(path, samples, time.UTC)
		for i := range 5 {
			insert(t, conn, sampleRows(i, 1)...)
			if changed, err := m.Changed(t.Context()); !changed || err != nil {
				t.Fatalf("%s: after commit %d changed is %v, %v", journal, i, changed, err)
			}
			rollUp(t, m, nil)
			if changed, err := m.Changed(t.Context()); changed || err != nil {
				t.Fatalf("%s: after reading %d changed is %v, %v", journal, i, changed, err)
			}
		}
	}
	if _, err := meterFor(filepath.Join(t.TempDir(), "none.db"), samples, time.UTC).Changed(t.Context()); err == nil {
		t.Error("a missing file is no error")
	}
}

// copyTo copies a database as somebody would by hand, with what lies beside it.
func copyTo(tb testing.TB, path, folder string, endings ...string) string {
	tb.Helper()
	copied := filepath.Join(folder, "copy ?#%.db")
	for _, ending := range endings {
		data, err := os.ReadFile(path + ending)
		if err == nil {
			err = os.WriteFile(copied+ending, data, 0o600)
		}
		if err != nil {
			tb.Fatal(err)
		}
	}
	return copied
}

func TestLeavesNothingBehind(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meter.db")
	conn := writer(t, path)
	setJournal(t, conn, writeAhead)
	exec(t, conn, samplesTable)
	insert(t, conn, sampleRows(0, 10)...)
	exec(t, conn, "PRAGMA wal_checkpoint")
	insert(t, conn, sampleRows(10, 10)...)

	for name, c := range map[string]struct {
		endings []string
		minutes float64
	}{
		"with the log and its index": {[]string{"", "-wal", "-shm"}, 20},
		"with the log alone":         {[]string{"", "-wal"}, 20},
		"with neither":               {[]string{""}, 10},
		"with an index alone":        {[]string{"", "-shm"}, 10},
	} {
		t.Run(name, func(t *testing.T) {
			copied := copyTo(t, path, t.TempDir(), c.endings...)
			before := files(t, copied)
			m := meterFor(copied, samples, time.UTC)
			if _, covered := sum(rollUp(t, m, nil).Portions); covered != 60*c.minutes {
				t.Errorf("%v s are covered, want %v min", covered, c.minutes)
			}
			if found, err := Detect(t.Context(), copied, samples, time.UTC, testNow, nil); err != nil || found.Journal != writeAhead {
				t.Error(found.Journal, err)
			}
			if after := files(t, copied); !slices.Equal(before, after) {
				t.Errorf("was %v, is %v", before, after)
			}
			for _, ending := range []string{"", "-wal", "-shm"} {
				was, err := os.ReadFile(path + ending)
				is, missing := os.ReadFile(copied + ending)
				if err != nil || missing == nil && string(was) != string(is) {
					t.Errorf("meter.db%s was changed", ending)
				}
			}
		})
	}
}

// A link leads to the file, and to the log beside it.
func TestThroughALink(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meter.db")
	conn := writer(t, path)
	setJournal(t, conn, writeAhead)
	exec(t, conn, samplesTable)
	insert(t, conn, sampleRows(0, 10)...)
	link := filepath.Join(t.TempDir(), "link.db")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	t.Chdir(filepath.Dir(link))
	m := meterFor("link.db", samples, time.UTC)
	for minutes := 10; minutes < 13; minutes++ {
		if changed, err := m.Changed(t.Context()); !changed || err != nil {
			t.Errorf("changed is %v, %v", changed, err)
		}
		if _, covered := sum(rollUp(t, m, nil).Portions); covered != 60*float64(minutes) {
			t.Errorf("%v s are covered, want %d min", covered, minutes)
		}
		insert(t, conn, sampleRows(minutes, 1)...)
	}
	if left := files(t, link); !slices.Equal(left, []string{"link.db"}) {
		t.Errorf("left behind: %v", left)
	}
}

// A database that was taken as frozen is read again when it was not.
func TestWrittenToWhileFrozen(t *testing.T) {
	path := database(t, samplesTable, sampleRows(0, 10)...)
	conn := writer(t, path)
	setJournal(t, conn, writeAhead)
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	tries, rows := 0, int64(0)
	err := readOnly(t.Context(), path, busyTimeout, func(reader *sqlite.Conn) error {
		tries++
		if tries == 1 {
			conn = writer(t, path)
			insert(t, conn, sampleRows(10, 1)...)
		}
		return sqlitex.Execute(reader, "SELECT count(*) FROM samples", &sqlitex.ExecOptions{
			ResultFunc: func(stmt *sqlite.Stmt) error { rows = stmt.ColumnInt64(0); return nil }})
	})
	if err != nil || tries != 2 || rows != 11 {
		t.Errorf("%d rows in try %d, %v", rows, tries, err)
	}
	err = readOnly(t.Context(), path, busyTimeout, func(reader *sqlite.Conn) error {
		return sqlitex.Execute(reader, "DELETE FROM samples", nil)
	})
	if err == nil {
		t.Error("rows could be deleted")
	}
}

func TestReadOnlyFolder(t *testing.T) {
	if os.Geteuid() == 0 {
		t.Skip("root may write everywhere")
	}
	for _, journal := range []Journal{writeAhead, rollback} {
		path := database(t, samplesTable, sampleRows(0, 10)...)
		conn := writer(t, path)
		setJournal(t, conn, journal)
		if err := conn.Close(); err != nil {
			t.Fatal(err)
		}
		folder := filepath.Dir(path)
		if err := errors.Join(os.Chmod(path, 0o400), os.Chmod(folder, 0o500)); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(folder, 0o700) })
		if _, covered := sum(rollUp(t, meterFor(path, samples, time.UTC), nil).Portions); covered != 600 {
			t.Errorf("%s: %v s are covered", journal, covered)
		}
		if err := os.Chmod(path, 0); err != nil {
			t.Fatal(err)
		}
		_, err := Detect(t.Context(), path, samples, time.UTC, testNow, nil)
		checkProblem(t, err, "no permission")
	}
}

// checkProblem wants one plain sentence with a hint.
func checkProblem(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, want one with %q", want)
	}
	text := err.Error()
	if !strings.Contains(text, want) || strings.HasSuffix(text, ".") || strings.ContainsAny(text, "\n{}<>") || strings.Contains(text, "sqlite:") {
		t.Errorf("%q, want a sentence with %q", text, want)
	}
	var hinted interface{ Hint() string }
	if !errors.As(err, &hinted) || hinted.Hint() == "" {
		t.Errorf("%q has no hint", text)
	}
}

func TestFilesThatAreNone(t *testing.T) {
	folder := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	whole, err := os.ReadFile(database(t, samplesTable, sampleRows(0, 2000)...))
	if err != nil {
		t.Fatal(err)
	}
	torn := slices.Clone(whole)
	for i := 8192; i < len(torn); i++ {
		torn[i] = byte(i * 7)
	}
	noTable := filepath.Join(folder, "empty.db")
	exec(t, writer(t, noTable), "PRAGMA user_version = 1")
	for path, want := range map[string]string{
		filepath.Join(folder, "none.db"):           "no file",
		filepath.Join(folder, "none\x1b[2J.db"):    "no file",
		folder:                                     "is a folder",
		os.DevNull:                                 "not a regular file",
		write("zero.db", nil):                      "empty file",
		write("text.db", []byte("time,watts\n")):   "not a SQLite database",
		write("random.db", torn[8192:]):            "not a SQLite database",
		write("header.db", whole[:20]):             "not a SQLite database",
		write("cut.db", whole[:len(whole)/3]):      "damaged",
		write("torn.db", torn):                     "damaged",
		noTable:                                    "holds no table",
		filepath.Join(write("file", nil), "in.db"): "cannot be read",
	} {
		_, err := Detect(t.Context(), path, samples, time.UTC, testNow, nil)
		checkProblem(t, err, want)
		_, err = meterFor(path, samples, time.UTC).RollUp(t.Context(), nil, nil)
		checkProblem(t, err, want)
	}
}

func TestLocked(t *testing.T) {
	path := database(t, samplesTable, sampleRows(0, 10)...)
	conn := writer(t, path)
	exec(t, conn, "BEGIN EXCLUSIVE")
	err := readOnly(t.Context(), path, 20*time.Millisecond, func(conn *sqlite.Conn) error {
		_, err := readTables(conn)
		return err
	})
	checkProblem(t, err, "keeps")
	if !strings.Contains(err.Error(), "locked") {
		t.Error(err)
	}
}

func TestInterrupted(t *testing.T) {
	path := database(t, samplesTable, sampleRows(0, 1000)...)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := meterFor(path, samples, time.UTC).RollUp(ctx, nil, func(int64, int64) { cancel() })
	if err == nil {
		_, err = meterFor(path, samples, time.UTC).RollUp(ctx, nil, nil)
	}
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// A table goes, or changes, in the middle of a reading.
func TestTableThatGoesWhileItIsRead(t *testing.T) {
	for _, change := range []string{"DROP TABLE samples", "ALTER TABLE samples RENAME COLUMN w TO other"} {
		conn, m, _ := meterFile(t, samplesTable)
		insert(t, conn, sampleRows(6*24*60, 5*partRows)...)
		m.blocks = blockSizes{newest: partRows, later: 3 * partRows, warmUp: 100}
		r := rollUp(t, m, nil)
		if !r.More {
			t.Fatal("it was read in one go")
		}
		_, err := m.RollUp(t.Context(), r.Bookmark, func(done, total int64) {
			if change != "" {
				exec(t, conn, change)
				change = ""
			}
		})
		if err != nil {
			checkProblem(t, err, "changed while they were read")
		}
		if _, err = m.RollUp(t.Context(), r.Bookmark, nil); err == nil {
			t.Errorf("nothing is said of it afterwards; left %q", change)
		}
	}
}
