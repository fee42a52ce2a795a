package pages

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// FuzzWalk overwrites bytes of a database behind its schema. A walk of its pages
// then ends in an error, or gives rows in order; and where neither it nor SQLite
// finds any damage, it gives the very rows that SQL does.
func FuzzWalk(f *testing.F) {
	path := filepath.Join(f.TempDir(), "good.db")
	conn := openConn(f, path)
	for _, statement := range []string{"PRAGMA page_size = 512", "CREATE TABLE t (a INTEGER PRIMARY KEY, b REAL, c)",
		"INSERT INTO t SELECT value * 3, value / 7.0, CASE value % 5 WHEN 0 THEN NULL WHEN 1 THEN hex(randomblob(value % 70)) WHEN 2 THEN -value * 1234567890123 ELSE value END FROM (WITH RECURSIVE n(value) AS (VALUES (1) UNION ALL SELECT value + 1 FROM n WHERE value < 200) SELECT value FROM n)"} {
		execute(f, conn, statement)
	}
	if err := conn.Close(); err != nil {
		f.Fatal(err)
	}
	good, err := os.ReadFile(path)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(uint16(0), []byte{})
	f.Add(uint16(512), []byte{5, 0, 0, 0, 200})
	f.Add(uint16(512+8), []byte{0, 0, 0, 2})
	f.Add(uint16(1024+3), []byte{0xff, 0xff})
	f.Add(uint16(1500), []byte{0x80, 0x80, 0x80, 0x80})
	f.Fuzz(func(t *testing.T, at uint16, change []byte) {
		bent := append([]byte(nil), good...)
		copy(bent[512+int(at)%(len(bent)-512):], change)
		path := filepath.Join(t.TempDir(), "bent.db")
		if err := os.WriteFile(path, bent, 0o600); err != nil {
			t.Fatal(err)
		}
		conn := openConn(t, path)
		table, err := Open(conn, "t", "a", "b", "c")
		if err != nil {
			return
		}
		sound := false
		execErr := sqlitex.ExecuteTransient(conn, "PRAGMA integrity_check", &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
			sound = stmt.ColumnText(0) == "ok"
			return nil
		}})
		var walked, asked []string
		last := int64(math.MinInt64)
		_, err = table.Walk(math.MinInt64, math.MaxInt64, math.MaxInt, func(row int64, cells []Cell, whole bool) error {
			if row <= last && last != math.MinInt64 {
				t.Fatalf("row %d after %d", row, last)
			}
			last = row
			text := fmt.Sprint(row)
			if whole {
				for _, c := range cells {
					text += fmt.Sprintf(" %d %d %x %x", c.Kind, c.Whole, math.Float64bits(c.Real), c.Bytes)
				}
			}
			walked = append(walked, text)
			return nil
		})
		if len(change) == 0 && (err != nil || execErr != nil || !sound || len(walked) != 200) {
			t.Fatalf("nothing was changed: %d rows, %v, %v", len(walked), err, execErr)
		}
		if execErr != nil || !sound || err != nil { // a walk finds more than SQLite's check, which looks into no record
			return
		}
		err = sqlitex.ExecuteTransient(conn, "SELECT a FROM t ORDER BY a", &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
			asked = append(asked, fmt.Sprint(stmt.ColumnInt64(0)))
			return nil
		}})
		if err != nil || len(asked) != len(walked) {
			t.Fatalf("%d rows were walked, SQL gives %d, %v", len(walked), len(asked), err)
		}
		for i := range asked {
			if len(walked[i]) < len(asked[i]) || walked[i][:len(asked[i])] != asked[i] {
				t.Fatalf("row %s instead of %s", walked[i], asked[i])
			}
		}
	})
}
