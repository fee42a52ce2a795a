package meterserver

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitals/internal/energy"
	"vitals/internal/postgres"
	"vitals/internal/postgres/trial"
	"vitals/internal/timeline"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// testNow is after every reading of these tests.
var testNow = time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC)

// A round of a property takes a server a while.
func TestMain(m *testing.M) {
	flag.Parse()
	if rounds := flag.Lookup("rapid.checks"); rounds.Value.String() == rounds.DefValue {
		_ = rounds.Value.Set("5")
	}
	os.Exit(m.Run())
}

func address(t testing.TB, text string) postgres.Address {
	t.Helper()
	at, err := postgres.ParseAddress(text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

// clock is a time that a test sets.
type clock struct{ at time.Time }

func (c *clock) now() time.Time { return c.at }

// newMeter is a Meter with a copy of its own.
func newMeter(t testing.TB, text string, mapping energy.Mapping) (*Meter, *clock) {
	t.Helper()
	c := &clock{testNow}
	m := NewMeter(address(t, text), t.TempDir(), mapping, time.UTC, c.now)
	t.Cleanup(m.Close)
	return m, c
}

func rollUp(t testing.TB, m interface {
	RollUp(context.Context, []byte, func(done, total int64)) (timeline.RollUp, error)
}, bookmark []byte) timeline.RollUp {
	t.Helper()
	r, err := m.RollUp(context.Background(), bookmark, nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// settle reads until nothing is new: what the server counts of changes comes a little
// after them.
func settle(t testing.TB, m *Meter) {
	t.Helper()
	for range 500 {
		changed, err := m.Changed(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if !changed {
			return
		}
		rollUp(t, m, nil)
		time.Sleep(10 * time.Millisecond)
	}
	t.Error("it is always changed")
}

// sqliteFile writes a SQLite file.
func sqliteFile(t testing.TB, script string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "meter.db")
	run(t, writer(t, path), script)
	return path
}

// writer opens a SQLite file for writing.
func writer(t testing.TB, path string) *sqlite.Conn {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

func run(t testing.TB, conn *sqlite.Conn, script string) {
	t.Helper()
	if err := sqlitex.ExecuteScript(conn, script, nil); err != nil {
		t.Fatal(err)
	}
}

// both runs statements that PostgreSQL and SQLite understand in both, and returns
// the file.
func both(t testing.TB, text string, statements ...string) string {
	t.Helper()
	trial.Run(t, text, statements...)
	return sqliteFile(t, strings.Join(statements, ";\n"))
}

func fromFile(path string, mapping energy.Mapping) *energy.Meter {
	return energy.NewMeter(path, mapping, time.UTC, func() time.Time { return testNow })
}

// sameEnergy compares what two roll-ups found.
func sameEnergy(t testing.TB, got, want timeline.RollUp) {
	t.Helper()
	if len(want.Portions) == 0 {
		t.Fatal("there is nothing to compare")
	}
	if fmt.Sprint(got.Portions) != fmt.Sprint(want.Portions) || fmt.Sprint(got.Latest) != fmt.Sprint(want.Latest) || fmt.Sprint(got.Dropped) != fmt.Sprint(want.Dropped) {
		t.Errorf("got %d portions, %v, dropped %v\nwant %d portions, %v, dropped %v", len(got.Portions), got.Latest, got.Dropped, len(want.Portions), want.Latest, want.Dropped)
		for i := range min(len(got.Portions), len(want.Portions)) {
			if got.Portions[i] != want.Portions[i] {
				t.Fatalf("the first other portion is %v, not %v", got.Portions[i], want.Portions[i])
			}
		}
	}
}

// rowsOf is what a question to the copy comes to, a row a line.
func rowsOf(t interface{ Fatal(...any) }, m *Meter, query string) string {
	conn, err := sqlite.OpenConn(m.path, sqlite.OpenReadOnly)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	var out strings.Builder
	err = sqlitex.ExecuteTransient(conn, query, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		for i := range stmt.ColumnCount() {
			if i > 0 {
				out.WriteByte('|')
			}
			out.WriteString(stmt.ColumnText(i))
		}
		out.WriteByte('\n')
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// shared returns the path of an input with a known answer, and skips the test
// where there are none.
func shared(t testing.TB, elements ...string) string {
	t.Helper()
	path := filepath.Join(append([]string{"..", "..", "..", "shared", "data"}, elements...)...)
	if _, err := os.Stat(path); err != nil {
		t.Skip("the shared data is not here: ", path)
	}
	return path
}
