package energy

import (
	"context"
	"encoding/csv"
	"flag"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"vitals/internal/timeline"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// testNow is after every reading of the shared data.
var testNow = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// loggerVariable makes the test binary a logger of the database it names.
const loggerVariable = "ENERGY_TEST_LOGGER"

func TestMain(m *testing.M) {
	if path := os.Getenv(loggerVariable); path != "" {
		if err := logReadings(path, os.Getenv(loggerVariable+"_STYLE") == "reopening it"); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	flag.Parse()
	if raceDetector {
		_ = flag.Set("rapid.checks", "6")
	}
	os.Exit(m.Run())
}

// shared returns the path of an input with a known answer, and skips the test
// where there are none.
func shared(tb testing.TB, elements ...string) string {
	tb.Helper()
	path := filepath.Join(append([]string{"..", "..", "..", "shared", "data"}, elements...)...)
	if _, err := os.Stat(path); err != nil {
		tb.Skip("the shared data is not here: ", path)
	}
	return path
}

// oneGoroutine skips a long test that has nothing to show the race detector.
func oneGoroutine(tb testing.TB) {
	tb.Helper()
	if raceDetector {
		tb.Skip("many rows on one goroutine: nothing for the race detector")
	}
}

// writer opens a database as a logger would.
func writer(tb testing.TB, path string) *sqlite.Conn {
	tb.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = conn.Close() })
	return conn
}

func exec(tb testing.TB, conn *sqlite.Conn, query string, args ...any) {
	tb.Helper()
	if err := sqlitex.Execute(conn, query, &sqlitex.ExecOptions{Args: args}); err != nil {
		tb.Fatalf("%s: %v", query, err)
	}
}

// database makes a file with one table filled with rows, and closes it.
func database(tb testing.TB, create string, rows ...[]any) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "meter.db")
	conn := writer(tb, path)
	exec(tb, conn, "PRAGMA synchronous = off")
	exec(tb, conn, create)
	insert(tb, conn, rows...)
	if err := conn.Close(); err != nil {
		tb.Fatal(err)
	}
	return path
}

// insert adds rows to the only table of a database.
func insert(tb testing.TB, conn *sqlite.Conn, rows ...[]any) {
	tb.Helper()
	name := ""
	err := sqlitex.Execute(conn, "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'",
		&sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error { name = stmt.ColumnText(0); return nil }})
	if err != nil {
		tb.Fatal(err)
	}
	exec(tb, conn, "BEGIN")
	for _, row := range rows {
		marks := "?"
		for range row[1:] {
			marks += ", ?"
		}
		exec(tb, conn, "INSERT INTO "+quoted(name)+" VALUES ("+marks+")", row...)
	}
	exec(tb, conn, "COMMIT")
}

func meterFor(path string, mapping Mapping, zone *time.Location) *Meter {
	return NewMeter(path, mapping, zone, func() time.Time { return testNow })
}

func rollUp(tb testing.TB, m *Meter, bookmark []byte) timeline.RollUp {
	tb.Helper()
	r, err := m.RollUp(context.Background(), bookmark, nil)
	if err != nil {
		tb.Fatal(err)
	}
	return r
}

// allOf rolls up from a bookmark until there is no more, as a store would keep
// it.
func allOf(tb testing.TB, m *Meter, bookmark []byte) timeline.RollUp {
	tb.Helper()
	var kept timeline.RollUp
	for {
		r := rollUp(tb, m, bookmark)
		kept = stored(kept, r)
		if bookmark = r.Bookmark; !r.More {
			return kept
		}
	}
}

// stored is what a store would have after r was saved over what was kept.
func stored(kept, r timeline.RollUp) timeline.RollUp {
	portions := r.Portions
	if !r.Anew {
		portions = nil
		for _, p := range kept.Portions {
			if p.Start < r.From.Unix() && !r.From.IsZero() {
				portions = append(portions, p)
			}
		}
		portions = append(portions, r.Portions...)
		for _, p := range kept.Portions {
			if !r.To.IsZero() && p.Start >= r.To.Unix() {
				portions = append(portions, p)
			}
		}
	}
	r.Portions = portions
	return r
}

func readCSV(tb testing.TB, path string) []map[string]string {
	tb.Helper()
	file, err := os.Open(path)
	if err != nil {
		tb.Fatal(err)
	}
	defer file.Close()
	lines, err := csv.NewReader(file).ReadAll()
	if err != nil {
		tb.Fatal(err)
	}
	rows := make([]map[string]string, len(lines)-1)
	for i, line := range lines[1:] {
		rows[i] = map[string]string{}
		for j, name := range lines[0] {
			rows[i][name] = line[j]
		}
	}
	return rows
}

func number(tb testing.TB, text string) float64 {
	tb.Helper()
	n, err := strconv.ParseFloat(text, 64)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

func instant(tb testing.TB, text string) time.Time {
	tb.Helper()
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		tb.Fatal(err)
	}
	return t
}

// tolerance is how far a bucket may be from what is expected.
type tolerance struct{ kWh, seconds, relative float64 }

// compare checks the buckets made of portions against an expected_*.csv.
func compare(tb testing.TB, path string, r timeline.RollUp, zone *time.Location, within tolerance) {
	tb.Helper()
	want := readCSV(tb, path)
	unit, err := timeline.ParseUnit(filepath.Base(path)[len("expected_") : len(filepath.Base(path))-len(".csv")])
	if err != nil {
		tb.Fatal(err)
	}
	from, to := instant(tb, want[0]["start_utc"]), instant(tb, want[len(want)-1]["end_utc"])
	got := timeline.Resample(r.Portions, from.In(zone), to.In(zone), unit, r.Step)
	if len(got) != len(want) {
		tb.Fatalf("%s: got %d buckets, want %d", path, len(got), len(want))
	}
	for i, b := range got {
		row := want[i]
		wrong := func(what string, got any) {
			tb.Helper()
			tb.Errorf("%s %s: %s is %v, want %s", filepath.Base(path), row["label"], what, got, row[what])
		}
		near := func(what string, got, least float64) {
			tb.Helper()
			if want := number(tb, row[what]); math.Abs(got-want) > max(least, within.relative*want) {
				wrong(what, got)
			}
		}
		if label := unit.Label(b.Start); label != row["label"] {
			wrong("label", label)
		}
		if !b.Start.Equal(instant(tb, row["start_utc"])) || !b.End.Equal(instant(tb, row["end_utc"])) {
			wrong("start_utc", fmt.Sprint(b.Start, " ", b.End))
		}
		if b.Status.String() != row["status"] {
			wrong("status", b.Status)
		}
		near("bucket_s", b.Length().Seconds(), 0)
		near("covered_s", b.Covered.Seconds(), within.seconds)
		near("estimated_s", b.Estimated.Seconds(), 0)
		if (row["kwh"] == "") != (b.Status == timeline.Empty) {
			wrong("kwh", b.Amount)
		} else if row["kwh"] != "" {
			near("kwh", b.Amount, within.kWh)
			if row["mean_w"] == "" {
				continue
			}
			near("mean_w", b.Amount*3.6e6/b.Covered.Seconds(), within.kWh*3.6e6/b.Covered.Seconds()+1e-6)
		}
	}
}
