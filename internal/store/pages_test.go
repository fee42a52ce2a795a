package store

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"vitals/internal/store/pages"
)

// made is a database with tables of both kinds, long rows and a list of free
// pages; with log what was saved last is in the log alone.
func madeTables(t testing.TB, pageSize string, log bool) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "a.db")
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	for _, pragma := range []string{"page_size = " + pageSize, "journal_mode = WAL"} {
		if err := sqlitex.ExecuteTransient(conn, "PRAGMA "+pragma, nil); err != nil {
			t.Fatal(err)
		}
	}
	script := `
		CREATE TABLE plain (id INTEGER PRIMARY KEY, a, b);
		CREATE TABLE keyed (k TEXT PRIMARY KEY, a) WITHOUT ROWID;
		CREATE TABLE dropped (a);
		WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 299)
		INSERT INTO plain SELECT i * i - 70, CASE i % 7 WHEN 0 THEN NULL WHEN 1 THEN i / 7.0 WHEN 2 THEN 'text ' || i WHEN 3 THEN x'00ff' || i
			WHEN 4 THEN -(1 << (i % 63)) WHEN 5 THEN i % 2 ELSE 1 << (i % 63) END, printf('%.*c', i * 40 % 9000, 'x') FROM n;
		INSERT INTO keyed SELECT 'key ' || id, b FROM plain;
		INSERT INTO dropped SELECT b FROM plain;
		DROP TABLE dropped;`
	if log {
		if err := sqlitex.ExecuteScript(conn, script, nil); err != nil {
			t.Fatal(err)
		}
		if err := sqlitex.ExecuteTransient(conn, "PRAGMA wal_checkpoint(TRUNCATE)", nil); err != nil {
			t.Fatal(err)
		}
		script = "DELETE FROM keyed WHERE k LIKE '%7'; UPDATE plain SET a = 'new' WHERE id % 3 = 0;"
	}
	if err := sqlitex.ExecuteScript(conn, script, nil); err != nil {
		t.Fatal(err)
	}
	if log { // as a process that was ended leaves it
		left := filepath.Join(t.TempDir(), "a.db")
		for _, ending := range []string{"", "-wal"} {
			text, err := os.ReadFile(path + ending)
			if err == nil {
				err = os.WriteFile(left+ending, text, 0o600)
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		return left
	}
	return path
}

func openPages(t testing.TB, path, log string) *pages.Image {
	t.Helper()
	m, err := pages.Open(path, log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { m.Close() })
	return m
}

// Whatever the size of its pages, and with a log: each row comes as SQLite reads it.
func TestAllRowsAreRead(t *testing.T) {
	for _, size := range []string{"512", "4096", "65536"} {
		for _, logged := range []bool{false, true} {
			path := madeTables(t, size, logged)
			m := openPages(t, path, path+"-wal")
			if m.Logged() != logged {
				t.Fatalf("the log counts: %v", m.Logged())
			}
			roots := map[string]uint32{"schema": 1}
			owners, _ := m.Trees(roots)
			for n := range owners {
				node, _ := m.Node(n)
				for _, row := range node.Rows {
					if name := row.Values[1].(string); row.Values[0] == "table" {
						roots[name] = uint32(row.Values[3].(int64))
					}
				}
			}
			found := map[string]map[any][]any{"plain": {}, "keyed": {}}
			free, whole := m.Free()
			owners, twice := m.Trees(roots)
			unknown := 0
			for n := uint32(1); n <= m.Count(); n++ {
				node, ok := m.Node(n)
				if owners[n] != "" && (!ok || node.Unread > 0) {
					t.Errorf("page %d of %q: %v, %d unread", n, owners[n], ok, node.Unread)
				}
				if free[n] && owners[n] != "" {
					t.Errorf("page %d of %q is free", n, owners[n])
				}
				for _, row := range node.Rows {
					switch owners[n] {
					case "plain":
						found["plain"][row.ID] = row.Values[1:]
					case "keyed":
						found["keyed"][row.Values[0]] = row.Values[1:]
					}
				}
			}
			for n := uint32(1); n <= m.Count(); n++ {
				if owners[n] == "" && !free[n] && !m.Spilled(n) {
					unknown++
				}
			}
			if unknown > 0 || len(free) == 0 || !whole || len(twice) > 0 {
				t.Errorf("%s: %d pages are nobody's, %d are free", size, unknown, len(free))
			}
			want := map[string]map[any][]any{"plain": {}, "keyed": {}}
			conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
			if err != nil {
				t.Fatal(err)
			}
			for table := range want {
				err := sqlitex.Execute(conn, "SELECT * FROM "+table, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
					var row []any
					for i := range stmt.ColumnCount() {
						switch stmt.ColumnType(i) {
						case sqlite.TypeNull:
							row = append(row, nil)
						case sqlite.TypeInteger:
							row = append(row, stmt.ColumnInt64(i))
						case sqlite.TypeFloat:
							row = append(row, stmt.ColumnFloat(i))
						case sqlite.TypeText:
							row = append(row, stmt.ColumnText(i))
						default:
							b := make([]byte, stmt.ColumnLen(i))
							stmt.ColumnBytes(i, b)
							row = append(row, b)
						}
					}
					want[table][row[0]] = row[1:]
					return nil
				}})
				if err != nil {
					t.Fatal(err)
				}
			}
			if err := conn.Close(); err != nil {
				t.Error(err)
			}
			for table, rows := range want {
				for key, row := range rows {
					got := found[table][key]
					for i := range got { // a whole number stands for a float that is one
						if f, ok := row[i].(float64); ok && f == math.Trunc(f) {
							row[i] = int64(f)
						}
					}
					if !reflect.DeepEqual(got, row) {
						t.Fatalf("%s, row %v of %s: %.60v, want %.60v", size, key, table, got, row)
					}
				}
				if len(found[table]) != len(rows) {
					t.Errorf("%s: %d rows of %s, want %d", size, len(found[table]), table, len(rows))
				}
			}
		}
	}
}

// Of a log counts what was saved whole, as far as its checksums go.
func TestALogThatIsCutShort(t *testing.T) {
	path := madeTables(t, "4096", true)
	log, err := os.ReadFile(path + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	renewed := func() (n int) {
		m := openPages(t, path, path+"-wal")
		for i := range m.Count() {
			node, _ := m.Node(i + 1)
			for _, row := range node.Rows {
				if len(row.Values) == 3 && row.Values[1] == "new" {
					n++
				}
			}
		}
		return n
	}
	if renewed() == 0 {
		t.Fatal("nothing came with the log")
	}
	for name, damage := range map[string]func([]byte) []byte{
		"its end":        func(b []byte) []byte { return b[:len(b)-1] },
		"a bit":          func(b []byte) []byte { b[len(b)-9] ^= 4; return b },
		"another salt":   func(b []byte) []byte { b[len(b)-4096-16] ^= 1; return b },
		"its head":       func(b []byte) []byte { b[20] ^= 1; return b },
		"not even begun": func(b []byte) []byte { return b[:31] },
	} {
		if err := os.WriteFile(path+"-wal", damage(bytes.Clone(log)), 0o600); err != nil {
			t.Fatal(err)
		}
		if n := renewed(); n > 0 { // all came with the last change
			t.Errorf("%s: %d rows count", name, n)
		}
	}
}
