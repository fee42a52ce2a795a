package pages

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

func execute(t testing.TB, conn *sqlite.Conn, query string, args ...any) {
	t.Helper()
	if err := sqlitex.ExecuteTransient(conn, query, &sqlitex.ExecOptions{Args: args}); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}

func openConn(t testing.TB, path string) *sqlite.Conn {
	t.Helper()
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite, sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// reserve makes an empty database whose pages keep so many bytes for others.
func reserve(t *testing.T, path string, bytes byte) {
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	size := len(data)
	if data[103] != 0 || data[104] != 0 {
		t.Fatal("not empty")
	}
	data[20] = bytes
	content := size - int(bytes)
	data[105], data[106] = byte(content>>8), byte(content)
	if err := os.WriteFile(path, data, 0o600); err != nil {
		t.Fatal(err)
	}
}

var names = []string{"a", "k", "r", "x", "later", "given"}

// randomTable fills a new database; given has a default that early rows lack.
func randomTable(t *testing.T, random *rand.Rand) (conn *sqlite.Conn, note string) {
	path := filepath.Join(t.TempDir(), "random.db")
	size := 512 << random.IntN(8)
	vacuum := random.IntN(3)
	conn = openConn(t, path)
	execute(t, conn, fmt.Sprintf("PRAGMA page_size = %d", size))
	execute(t, conn, fmt.Sprintf("PRAGMA auto_vacuum = %d", vacuum))
	execute(t, conn, "VACUUM")
	kept := byte(0)
	if vacuum == 0 && random.IntN(2) == 0 {
		kept = byte(random.IntN(33))
		conn.Close()
		reserve(t, path, kept)
		conn = openConn(t, path)
	}
	if random.IntN(2) == 0 {
		execute(t, conn, "PRAGMA journal_mode = WAL")
	}
	key := []string{"k INTEGER PRIMARY KEY", "k INTEGER PRIMARY KEY DESC", "k INT", "k INT PRIMARY KEY"}[random.IntN(4)]
	execute(t, conn, "PRAGMA synchronous = OFF")
	execute(t, conn, "CREATE TABLE other (x)")
	execute(t, conn, "CREATE TABLE Readings (a TEXT, "+key+", r REAL, x)")
	execute(t, conn, "CREATE INDEX i ON readings (x, r)")
	number := func() int64 {
		switch random.IntN(6) {
		case 0:
			return int64(random.Uint64())
		case 1:
			return math.MaxInt64 - int64(random.IntN(3))
		case 2:
			return math.MinInt64 + int64(random.IntN(3))
		default:
			return int64(random.IntN(4000)) - 1000
		}
	}
	value := func() any {
		switch random.IntN(8) {
		case 0:
			return nil
		case 1:
			return strings.Repeat("é", random.IntN(3*size))
		case 2:
			return make([]byte, random.IntN(200))
		case 3:
			return random.NormFloat64()
		case 4:
			return math.Inf(1)
		case 5:
			return int64(random.Uint64()) >> random.IntN(64)
		default:
			return random.IntN(3)
		}
	}
	insert := func(columns int) {
		execute(t, conn, "BEGIN")
		defer execute(t, conn, "COMMIT")
		for range random.IntN(1500) {
			args := []any{number(), value(), number(), value(), value(), value(), value()}
			marks := strings.TrimSuffix(strings.Repeat("?, ", columns+1), ", ")
			execute(t, conn, "INSERT OR IGNORE INTO readings (rowid, "+strings.Join(names[:columns], ", ")+") VALUES ("+marks+")", args[:columns+1]...)
		}
	}
	insert(4)
	execute(t, conn, "ALTER TABLE readings ADD COLUMN later REAL")
	execute(t, conn, "ALTER TABLE readings ADD COLUMN given DEFAULT 7")
	insert(6)
	execute(t, conn, "DELETE FROM readings WHERE abs(rowid % ?) = 1", 2+random.IntN(9))
	execute(t, conn, "UPDATE readings SET x = ?, r = ? WHERE abs(rowid % 5) = 2", value(), value())
	execute(t, conn, "DROP TABLE other")
	return conn, fmt.Sprintf("page size %d, auto_vacuum %d, reserved %d, %s", size, vacuum, kept, key)
}

func text(c Cell) string {
	switch c.Kind {
	case sqlite.TypeInteger:
		return fmt.Sprint("int ", c.Whole)
	case sqlite.TypeFloat:
		return fmt.Sprint("float ", c.Real)
	case sqlite.TypeNull:
		return "null"
	default:
		return fmt.Sprintf("%s %x", c.Kind, c.Bytes)
	}
}

func TestWalkEqualsSQL(t *testing.T) {
	var wholes, others int
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 0))
		conn, note := randomTable(t, random)
		for range 6 {
			wanted := slices.Clone(names)
			random.Shuffle(len(wanted), func(i, j int) { wanted[i], wanted[j] = wanted[j], wanted[i] })
			wanted = wanted[:1+random.IntN(3)]
			lo, hi := int64(math.MinInt64), int64(math.MaxInt64)
			if random.IntN(2) == 0 {
				lo, hi = int64(random.IntN(3000))-1500, int64(random.IntN(3000))
			}
			most := 1 + random.IntN(3000)
			if random.IntN(2) == 0 {
				most = math.MaxInt
			}
			type row struct {
				id    int64
				cells []string
				size  int // the bytes that a record holds at least
				short bool
			}
			var want []row
			query := "SELECT _rowid_, 0"
			for _, name := range names {
				query += " + coalesce(length(CAST(" + name + " AS BLOB)), 0)"
			}
			query += ", given = 7, " + strings.Join(wanted, ", ") + " FROM readings WHERE _rowid_ BETWEEN ? AND ? ORDER BY _rowid_"
			err := sqlitex.Execute(conn, query, &sqlitex.ExecOptions{Args: []any{lo, hi}, ResultFunc: func(stmt *sqlite.Stmt) error {
				r := row{id: stmt.ColumnInt64(0), size: stmt.ColumnInt(1), short: stmt.ColumnBool(2)}
				for i := range wanted {
					c := Cell{Kind: stmt.ColumnType(3 + i)}
					switch c.Kind {
					case sqlite.TypeInteger:
						c.Whole = stmt.ColumnInt64(3 + i)
					case sqlite.TypeFloat:
						c.Real = stmt.ColumnFloat(3 + i)
					case sqlite.TypeText, sqlite.TypeBlob:
						c.Bytes = make([]byte, stmt.ColumnLen(3+i))
						stmt.ColumnBytes(3+i, c.Bytes)
					}
					r.cells = append(r.cells, text(c))
				}
				want = append(want, r)
				return nil
			}})
			if err != nil {
				t.Fatal(err)
			}
			table, err := Open(conn, "READINGS", wanted...)
			if err != nil {
				t.Fatalf("seed %d, %s: %v", seed, note, err)
			}
			got := 0
			end, err := table.Walk(lo, hi, most, func(id int64, cells []Cell, whole bool) error {
				if got >= len(want) || want[got].id != id {
					return fmt.Errorf("row %d is not the one of SQL", id)
				}
				w := want[got]
				got++
				if !whole {
					others++
					if w.size < 60 && !(w.short && slices.Contains(wanted, "given")) {
						return fmt.Errorf("row %d of %d bytes is not whole", id, w.size)
					}
					return nil
				}
				wholes++
				for i, c := range cells {
					if text(c) != w.cells[i] {
						return fmt.Errorf("row %d, column %s: %s, SQL has %s", id, wanted[i], text(c), w.cells[i])
					}
				}
				return nil
			})
			if err != nil || got != min(most, len(want)) || end != (most > len(want)) {
				t.Fatalf("seed %d, %s: %d rows of %d, at most %d, end %v: %v", seed, note, got, len(want), most, end, err)
			}
		}
		conn.Close()
	}
	t.Logf("%d rows were whole, %d not", wholes, others)
	if wholes < 10_000 || others < 1000 {
		t.Error("too few of one kind")
	}
}

func TestWhatOnlySQLReads(t *testing.T) {
	for _, create := range []string{
		"CREATE TABLE t (a INTEGER PRIMARY KEY, b) WITHOUT ROWID",
		"CREATE VIEW t AS SELECT 1 AS a, 2 AS b",
		"CREATE TABLE t (a, b AS (a + 1))",
		"CREATE TABLE t (a, c)",
		"CREATE TABLE u (a, b)",
		"CREATE VIRTUAL TABLE t USING fts5 (a, b)",
		"PRAGMA encoding = 'UTF-16le'; CREATE TABLE t (a, b)",
	} {
		conn := openConn(t, filepath.Join(t.TempDir(), "x.db"))
		if err := sqlitex.ExecuteScript(conn, create, nil); err != nil {
			for part := range strings.SplitSeq(create, "; ") {
				execute(t, conn, part)
			}
		}
		if _, err := Open(conn, "t", "a", "b"); !errors.Is(err, ErrUnsupported) {
			t.Errorf("%s: %v", create, err)
		}
	}
}

func TestAChangedSchemaIsNoticed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	conn := openConn(t, path)
	execute(t, conn, "CREATE TABLE t (a, b)")
	table, err := Open(conn, "t", "a")
	if err != nil {
		t.Fatal(err)
	}
	execute(t, openConn(t, path), "CREATE TABLE u (a)")
	for range 2 {
		if _, err := table.Walk(0, 9, 9, nil); !errors.Is(err, ErrChanged) {
			t.Error(err)
		}
	}
}

// TestDamage changes bytes at random: there may be an error, never a panic or
// a walk without end.
func TestDamage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	conn := openConn(t, path)
	execute(t, conn, "PRAGMA page_size = 512")
	execute(t, conn, "CREATE TABLE t (a INTEGER PRIMARY KEY, b REAL, c)")
	execute(t, conn, "INSERT INTO t SELECT value, value / 7.0, value FROM (WITH RECURSIVE n(value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM n WHERE value < 3000) SELECT value FROM n)")
	conn.Close()
	good, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	broken := 0
	for seed := range uint64(800) {
		random := rand.New(rand.NewPCG(seed, 1))
		bad := slices.Clone(good)
		for range 1 + random.IntN(60) {
			at := 512 + random.IntN(len(bad)-512)
			if random.IntN(2) == 0 { // the header of a page
				at = at/512*512 + random.IntN(16)
			}
			bad[at] = byte(random.Uint32())
		}
		bent := filepath.Join(t.TempDir(), "bent.db")
		if err := os.WriteFile(bent, bad, 0o600); err != nil {
			t.Fatal(err)
		}
		conn := openConn(t, bent)
		table, err := Open(conn, "t", "a", "b", "c")
		if err == nil {
			_, err = table.Walk(math.MinInt64, math.MaxInt64, math.MaxInt, func(int64, []Cell, bool) error { return nil })
		}
		if err != nil {
			broken++
		}
		conn.Close()
	}
	t.Logf("%d of 3000 were found broken", broken)
}

func TestBesideAWriter(t *testing.T) {
	for _, journal := range []string{"WAL", "DELETE"} {
		path := filepath.Join(t.TempDir(), "x.db")
		writer := openConn(t, path)
		execute(t, writer, "PRAGMA page_size = 512")
		execute(t, writer, "PRAGMA journal_mode = "+journal)
		execute(t, writer, "PRAGMA synchronous = OFF")
		execute(t, writer, "CREATE TABLE t (a INTEGER PRIMARY KEY, b REAL)")
		writer.SetBusyTimeout(time.Minute)
		reader := openConn(t, path)
		reader.SetBusyTimeout(time.Minute)
		stop, done := make(chan struct{}), make(chan error, 1)
		go func() {
			random := rand.New(rand.NewPCG(3, 4))
			for i := 0; ; i++ {
				select {
				case <-stop:
					done <- nil
					return
				default:
				}
				query := []string{"INSERT OR REPLACE INTO t SELECT abs(random() % 9000), random() / 1e9 FROM (VALUES (1), (2), (3), (4), (5), (6), (7), (8))",
					"UPDATE t SET b = b + 1 WHERE a % 11 = 3", "DELETE FROM t WHERE a % 17 = 5"}[max(0, random.IntN(20)-17)]
				if err := sqlitex.ExecuteTransient(writer, query, nil); err != nil {
					done <- err
					return
				}
			}
		}()
		table, err := Open(reader, "t", "a", "b")
		if err != nil {
			t.Fatal(err)
		}
		different, before := 0, 0.0
		for range 400 {
			err := func() (err error) {
				defer sqlitex.Save(reader)(&err)
				rows, sum, want := 0, 0.0, ""
				if _, err := table.Walk(math.MinInt64, math.MaxInt64, math.MaxInt, func(id int64, c []Cell, whole bool) error {
					rows++
					sum += float64(c[0].Whole) * math.Floor(c[1].Real/1e6)
					return nil
				}); err != nil {
					return err
				}
				err = sqlitex.ExecuteTransient(reader, "SELECT count(*), coalesce(sum(a * floor(b / 1e6)), 0) FROM t", &sqlitex.ExecOptions{ResultFunc: func(s *sqlite.Stmt) error {
					want = fmt.Sprint(s.ColumnInt(0), s.ColumnFloat(1))
					return nil
				}})
				if got := fmt.Sprint(rows, sum); err == nil && got != want {
					return fmt.Errorf("%s: the walk has %s, SQL %s", journal, got, want)
				}
				if sum != before {
					different++
				}
				before = sum
				return err
			}()
			if err != nil {
				t.Fatal(err)
			}
		}
		close(stop)
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %d of 400 walks saw something new", journal, different)
	}
}
