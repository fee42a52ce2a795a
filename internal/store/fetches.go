package store

import (
	"cmp"
	"context"
	"slices"

	"zombiezen.com/go/sqlite"

	"vitals/internal/health"
)

// SaveFetch keeps how fetching one type of data went, in place of what was kept
// of that type.
func (s *Store) SaveFetch(ctx context.Context, f health.Fetch) error {
	return s.write(ctx, "saving how the fetch went", func(conn *sqlite.Conn) error {
		return execute(conn, "INSERT OR REPLACE INTO fetch (type, last_success, error, since, confirmed_by) VALUES (?, ?, ?, ?, ?)",
			string(f.Type), instant(f.LastSuccess), f.Error, date(f.Since), f.By)
	})
}

// Fetches returns how fetching went for each type that was ever tried, in the
// order of health.DataTypes. Times are in UTC.
func (s *Store) Fetches(ctx context.Context) ([]health.Fetch, error) {
	var fetches []health.Fetch
	err := s.read(ctx, "reading what was fetched when", func(conn *sqlite.Conn) error {
		return each(conn, func(stmt *sqlite.Stmt) {
			fetches = append(fetches, health.Fetch{
				Type:        health.DataType(stmt.ColumnText(0)),
				LastSuccess: instantAt(stmt, 1),
				Error:       stmt.ColumnText(2),
				Since:       dateAt(stmt, 3),
				By:          stmt.ColumnText(4),
			})
		}, "SELECT type, last_success, error, since, confirmed_by FROM fetch")
	})
	order := health.DataTypes()
	slices.SortFunc(fetches, func(a, b health.Fetch) int {
		return cmp.Compare(slices.Index(order, a.Type), slices.Index(order, b.Type))
	})
	return fetches, err
}
