package refresh_test

import (
	"path/filepath"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"vitals/internal/energy"
	"vitals/internal/refresh"
	"vitals/internal/store"
)

// BenchmarkRefresh is what an open dashboard does when a logger has written a
// thousand rows: it reads them and saves the roll-up. The table holds two
// million rows, one every six seconds; how many there are does not matter. Every
// ten minutes it reads the last 48 hours, too: 28,800 rows.
func BenchmarkRefresh(b *testing.B) {
	for _, c := range []struct {
		name, journal string
		late          bool
	}{{"rollback", "delete", false}, {"wal", "wal", false}, {"rollback and 48 hours", "delete", true}, {"wal and 48 hours", "wal", true}} {
		journal := c.journal
		b.Run(c.name, func(b *testing.B) {
			const rows, step = 2_000_000, 6
			conn, err := sqlite.OpenConn(filepath.Join(b.TempDir(), "meter.db"), sqlite.OpenReadWrite|sqlite.OpenCreate)
			if err != nil {
				b.Fatal(err)
			}
			defer conn.Close()
			run := func(query string, args ...any) {
				if err := sqlitex.Execute(conn, query, &sqlitex.ExecOptions{Args: args}); err != nil {
					b.Fatal(err)
				}
			}
			run("PRAGMA journal_mode = " + journal)
			run("CREATE TABLE readings (ts INTEGER PRIMARY KEY, watts REAL)")
			next := int64(1_700_000_000)
			add := func(n int) {
				run("WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < ?2 - 1) INSERT INTO readings SELECT ?1 + 6 * i, 200 + i % 700 FROM n", next, n)
				next += int64(n) * step
			}
			add(rows)
			var path string
			err = sqlitex.Execute(conn, "PRAGMA database_list", &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
				path = stmt.ColumnText(2)
				return nil
			}})
			if err != nil {
				b.Fatal(err)
			}
			meter := energy.NewMeter(path, energy.Mapping{}, time.UTC, func() time.Time {
				if c.late {
					return time.Unix(next, 0)
				}
				return time.Unix(1_800_000_000, 0)
			})
			kept, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "vitals.db"))
			if err != nil {
				b.Fatal(err)
			}
			defer kept.Close()
			update := func() {
				if changed, err := refresh.UpdateMeter(b.Context(), meter, kept, "m", nil, nil); err != nil || !changed {
					b.Fatal(changed, err)
				}
			}
			update()
			for b.Loop() {
				b.StopTimer()
				add(1000)
				b.StartTimer()
				update()
			}
		})
	}
}
