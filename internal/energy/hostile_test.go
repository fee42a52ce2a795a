package energy

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"vitals/internal/energy/pages"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// goodTable is a table of readings among what was made to do harm.
const goodTable = `CREATE TABLE power_log (time TEXT, watts REAL);
	WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < 300)
	INSERT INTO power_log SELECT datetime('2026-11-01', i || ' minutes'), 200 + i * 7 % 61 FROM n;`

// hostileDatabase makes a file by a script, in which the schema may be edited.
func hostileDatabase(tb testing.TB, script string) string {
	tb.Helper()
	path := filepath.Join(tb.TempDir(), "meter.db")
	conn := writer(tb, path)
	exec(tb, conn, "PRAGMA synchronous = off")
	if err := sqlitex.ExecuteScript(conn, goodTable, nil); err != nil {
		tb.Fatal(err)
	}
	exec(tb, conn, "BEGIN")
	for statement := range strings.SplitSeq(script+";; COMMIT", ";;") {
		if err := sqlitex.ExecuteTransient(conn, statement, nil); err != nil {
			tb.Fatalf("%.200s: %v", statement, err)
		}
	}
	if err := conn.Close(); err != nil {
		tb.Fatal(err)
	}
	return path
}

// edited makes a statement, and then other words of it.
func edited(statement, old, new string) string {
	return statement + ";; PRAGMA writable_schema = on;; UPDATE sqlite_schema SET sql = replace(sql, '" + old + "', '" + new + "')"
}

// peak is how many bytes of memory f takes at the most, about, with little that
// only waits to be collected.
func peak(f func()) uint64 {
	defer debug.SetGCPercent(debug.SetGCPercent(50))
	runtime.GC()
	var before, now runtime.MemStats
	runtime.ReadMemStats(&before)
	most, done, measured := uint64(0), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(measured)
		for {
			runtime.ReadMemStats(&now)
			most = max(most, now.HeapInuse)
			select {
			case <-done:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	}()
	f()
	close(done)
	<-measured
	return most - min(most, before.HeapInuse)
}

// expectSentence checks that an error is one of ours, in one printable line.
func expectSentence(tb testing.TB, err error) {
	tb.Helper()
	var said *Error
	var choice *ChoiceError
	if !errors.As(err, &said) && !errors.As(err, &choice) {
		tb.Errorf("no sentence: %v", err)
	}
	if strings.ContainsFunc(err.Error(), func(r rune) bool { return !unicode.IsPrint(r) }) {
		tb.Errorf("the sentence has what cannot be seen: %.300q", err)
	}
}

// Whatever a database was made to do: nothing of it is run, no memory or time is
// taken without bounds, nothing is written, and a table of readings beside it is
// found, where there is any left to be found.
func TestHostileDatabases(t *testing.T) {
	const endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n) SELECT i AS time, i AS watts FROM n"
	many := func(n int, statement string) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(statement, i))
		}
		return strings.Join(all, ";;")
	}
	length, tables := 50_000, 500
	if os.Getenv("VITALS_LONG") == "1" {
		length, tables = 900_000, 10_000
	}
	long := strings.Repeat("n", length)
	for _, tt := range []struct {
		name, script string
		gone         bool // nothing is found
	}{
		{"an endless view", "CREATE VIEW readings AS " + endless + ";; CREATE VIEW r_watts AS " + endless, false},
		{"a view that reads and writes files", `CREATE VIEW readings AS SELECT 1 AS r_datetime, length('x') AS r_watts;; PRAGMA writable_schema = on;;
			UPDATE sqlite_schema SET sql = replace(sql, 'length(', 'load_extension(') WHERE name = 'readings';;
			CREATE VIEW w AS SELECT writefile('pwned', 'x'), readfile('/etc/passwd'), edit('x'), fts3_tokenizer('simple', x'4141414141414141')`, false},
		{"triggers", "CREATE VIEW v AS SELECT 1 AS time, 2 AS watts;; CREATE TRIGGER t INSTEAD OF UPDATE ON v BEGIN DELETE FROM power_log; END;; CREATE TRIGGER u AFTER INSERT ON power_log BEGIN DELETE FROM power_log; END", false},
		{"a column of a gigabyte", edited("CREATE TABLE big (time TEXT, watts REAL, g AS (hex(zeroblob(4))));; INSERT INTO big SELECT time, watts FROM power_log", "zeroblob(4)", "zeroblob(400000000 + watts)"), false},
		{"columns of all that is allowed", edited("CREATE TABLE big (time TEXT, watts REAL, g AS (zeroblob(4)), h AS (zeroblob(4)), i AS (zeroblob(4)));; INSERT INTO big SELECT time, watts FROM power_log LIMIT 9", "zeroblob(4)", "zeroblob(16000000 + watts)"), false},
		{"a column that loads", edited("CREATE TABLE evil (time TEXT, watts REAL, g AS (length(time)));; INSERT INTO evil SELECT time, watts FROM power_log", "length(", "load_extension("), true},
		{"a column that calls what is not there", edited("CREATE TABLE evil (time TEXT, watts REAL, g AS (length(time)));; INSERT INTO evil SELECT time, watts FROM power_log", "length(", "writefile("), false},
		{"an order that nobody knows", edited("CREATE TABLE evil (time TEXT COLLATE NOCASE, watts REAL, PRIMARY KEY (time)) WITHOUT ROWID", "NOCASE", "EVIL"), false},
		{"virtual tables", "CREATE VIRTUAL TABLE v USING rtree(time, watts, other);; INSERT INTO v VALUES (1, 2, 3)", false},
		{"names that inject", `CREATE TABLE "x""; DROP TABLE power_log; --" ("time""); DELETE FROM power_log; --" TEXT, "watts' OR '1'='1" REAL);; INSERT INTO "x""; DROP TABLE power_log; --" SELECT * FROM power_log`, false},
		{"names that take the terminal over", "CREATE TABLE \"p\x1b[2J\x9b\u202e\r\n\x07\" (\"time\x1b]0;x\x07\" TEXT, \"watts\u2028\u0085\" REAL);; INSERT INTO \"p\x1b[2J\x9b\u202e\r\n\x07\" SELECT * FROM power_log", false},
		{"names without end", `CREATE TABLE "` + long + `" (time TEXT, watts REAL);; INSERT INTO "` + long + `" SELECT * FROM power_log;; CREATE TABLE wide (time TEXT, "watts` + long + `" REAL);; INSERT INTO wide SELECT * FROM power_log`, false},
		{"tables without end", many(tables, `CREATE TABLE "t%d" (time TEXT, watts TEXT)`), false},
		{"two thousand columns", "CREATE TABLE wide (time TEXT, " + strings.TrimSuffix(strings.ReplaceAll(many(1999, `"watts%d" REAL`), ";;", ", "), ", ") + ");; INSERT INTO wide (time, watts0, watts1998) SELECT time, watts, watts FROM power_log", false},
		{"cells of megabytes", "CREATE TABLE big (time TEXT, watts);; INSERT INTO big SELECT time || hex(zeroblob(4000000)), zeroblob(4000000) FROM power_log LIMIT 5", false},
		{"a row beyond all", "CREATE TABLE big (time TEXT, watts, b BLOB);; INSERT INTO big SELECT time, watts, zeroblob(20000000) FROM power_log LIMIT 4", false},
		{"numbers that are none", "CREATE TABLE odd (time REAL, watts REAL);; INSERT INTO odd SELECT 9e999, -9e999 FROM power_log;; CREATE TABLE far (id INTEGER PRIMARY KEY, time INTEGER, watts INTEGER);; INSERT INTO far VALUES (-9223372036854775808, -9223372036854775808, 9223372036854775807), (0, 0, 0), (9223372036854775807, 9223372036854775807, -9223372036854775808)", false},
		{"a schema that is no SQL", "PRAGMA writable_schema = on;; CREATE TABLE evil (x);; UPDATE sqlite_schema SET sql = 'CREATE TABLE evil(((' WHERE name = 'evil'", true},
		{"a schema of something else", "PRAGMA writable_schema = on;; CREATE TABLE evil (x);; UPDATE sqlite_schema SET sql = 'DROP TABLE power_log' WHERE name = 'evil'", true},
		{"a table that begins beyond the end", "PRAGMA writable_schema = on;; CREATE TABLE evil (time TEXT, watts REAL);; UPDATE sqlite_schema SET rootpage = 99999 WHERE name = 'evil'", true},
		{"a table that begins at the first page", "PRAGMA writable_schema = on;; CREATE TABLE evil (time TEXT, watts REAL);; UPDATE sqlite_schema SET rootpage = 1 WHERE name = 'evil'", true},
		{"two tables at one place", "PRAGMA writable_schema = on;; CREATE TABLE evil (time TEXT, watts REAL);; UPDATE sqlite_schema SET rootpage = (SELECT rootpage FROM sqlite_schema WHERE name = 'power_log')", true},
		{"a name that is another's", "PRAGMA writable_schema = on;; CREATE TABLE evil (x);; UPDATE sqlite_schema SET name = 'sqlite_schema', tbl_name = 'power_log' WHERE name = 'evil'", true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := hostileDatabase(t, tt.script)
			before, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
			defer cancel()
			var found Database
			used := peak(func() { found, err = Detect(ctx, path, Mapping{}, time.UTC, testNow, nil) })
			const most = 200 << 20
			if used > most {
				t.Errorf("it takes %d MB", used>>20)
			}
			if ctx.Err() != nil {
				t.Error("it takes minutes")
			}
			if err != nil {
				expectSentence(t, err)
			}
			good := slices.IndexFunc(found.Series, func(s Series) bool { return s.Table == "power_log" })
			if !tt.gone && (good < 0 || found.Series[good].Rows != 301) {
				t.Errorf("the readings were not found: %v, %.300v", err, found.Series)
			}
			for _, s := range found.Series {
				if strings.ContainsFunc(s.Name, func(r rune) bool { return !unicode.IsPrint(r) }) {
					t.Errorf("a series named %.100q", s.Name)
				}
				m := meterFor(path, Mapping{Series: s.Name}, time.UTC)
				if _, err := m.RollUp(ctx, nil, nil); err != nil {
					expectSentence(t, err)
				}
			}
			for _, mapping := range []Mapping{{Table: "readings"}, {Table: "v"}, {Table: "evil", Value: "g"}, {Table: `x"; DROP TABLE power_log; --`, Where: `a" = b"`}} {
				if _, err := Detect(ctx, path, mapping, time.UTC, testNow, nil); err != nil {
					expectSentence(t, err)
				} else if mapping.Table == "readings" || mapping.Table == "v" {
					t.Errorf("a view is read as %v", mapping)
				}
			}
			if after, err := os.ReadFile(path); err != nil || string(after) != string(before) {
				t.Error("the file was changed", err)
			}
			if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 1 {
				t.Error("left beside it:", left, err)
			}
		})
	}
}

// What takes long can be given up at any time.
func TestSlowDatabasesAreGivenUp(t *testing.T) {
	path := hostileDatabase(t, edited("CREATE TABLE slow (time TEXT, watts REAL, g AS (length(hex(zeroblob(4)))));; INSERT INTO slow SELECT a.time, a.watts FROM power_log a, power_log b LIMIT 20000", "zeroblob(4)", "zeroblob(7000000 + watts)"))
	ctx, cancel := context.WithCancel(t.Context())
	timer := time.AfterFunc(100*time.Millisecond, cancel)
	defer timer.Stop()
	if _, err := Detect(ctx, path, Mapping{Table: "slow", Time: "time", Value: "g"}, time.UTC, testNow, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// The guards that stand between a schema and this machine.
func TestGuards(t *testing.T) {
	conn, err := open(hostileDatabase(t, "SELECT 1"), "mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for name, want := range map[string]int64{"trusted_schema": 0, "cell_size_check": 1, "query_only": 1} {
		if got, err := pragma(conn, name); err != nil || got != want {
			t.Errorf("%s is %d, %v", name, got, err)
		}
	}
	for _, query := range []string{"SELECT zeroblob(17000000)", "SELECT hex(zeroblob(16000000))", "ATTACH ':memory:' AS other", "SELECT load_extension('x')", "DELETE FROM power_log"} {
		if err := sqlitex.ExecuteTransient(conn, query, nil); err == nil {
			t.Errorf("%s is carried out", query)
		}
	}
}

// A tree of pages that lead to one another would be walked for ever.
func TestPagesThatLeadInCircles(t *testing.T) {
	path := filepath.Join(t.TempDir(), "meter.db")
	conn := writer(t, path)
	for _, statement := range []string{"PRAGMA page_size = 512", "CREATE TABLE power_log (time TEXT, watts REAL)",
		"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i+1 FROM n WHERE i < 3000) INSERT INTO power_log SELECT datetime('2026-11-01', i || ' minutes'), 200 + i * 7 % 61 FROM n"} {
		exec(t, conn, statement)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const size = 512
	page := func(number uint32) []byte { return data[(number-1)*size : number*size] }
	count := uint32(len(data) / size)
	// Twenty levels, each of which leads to the next by every one of its cells;
	// at the end an empty leaf.
	const root, levels, cells = 2, 19, 30
	at := func(level int) uint32 {
		if level == 0 {
			return root
		}
		return count - uint32(level)
	}
	for level := range levels {
		p := page(at(level))
		clear(p)
		p[0] = 5 // interior
		binary.BigEndian.PutUint16(p[3:], cells)
		next := at(level + 1)
		binary.BigEndian.PutUint32(p[8:], next)
		for i := range cells {
			cell := size - 5*(i+1)
			binary.BigEndian.PutUint16(p[12+2*i:], uint16(cell))
			binary.BigEndian.PutUint32(p[cell:], next)
			p[cell+4] = byte(100 + i%20)
		}
		binary.BigEndian.PutUint16(p[5:], size-5*cells)
	}
	p := page(at(levels))
	clear(p)
	p[0] = 13 // leaf
	binary.BigEndian.PutUint16(p[5:], size)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
	err = readOnly(t.Context(), path, 0, func(conn *sqlite.Conn) error {
		table, err := pages.Open(conn, "power_log", "time", "watts")
		if err == nil {
			_, err = table.Walk(0, math.MaxInt, math.MaxInt, func(int64, []pages.Cell, bool) error { return nil })
		}
		return err
	})
	if sqlite.ErrCode(errors.Unwrap(err)) != sqlite.ResultCorrupt {
		t.Errorf("got %v", err)
	}
	if _, err := Detect(t.Context(), path, Mapping{}, time.UTC, testNow, nil); err == nil {
		t.Error("readings were found")
	} else {
		expectSentence(t, err)
	}
}
