package store

import (
	"context"

	"zombiezen.com/go/sqlite"

	"vitals/internal/health"
)

// MarkHours keeps that the hours of the dates from from on and before to were
// fetched, whether there was data or not.
func (s *Store) MarkHours(ctx context.Context, t health.DataType, from, to health.Date) error {
	if !from.Before(to) {
		return nil
	}
	return s.write(ctx, "saving which hours were fetched", func(conn *sqlite.Conn) error {
		for d := from.Number(); d < to.Number(); d++ {
			if err := execute(conn, "INSERT OR IGNORE INTO hours_fetched (type, day) VALUES (?, ?)", string(t), d); err != nil {
				return err
			}
		}
		return nil
	})
}

// HoursMissing returns the dates from from on and before to that MarkHours was
// never told of, in order.
func (s *Store) HoursMissing(ctx context.Context, t health.DataType, from, to health.Date) ([]health.Date, error) {
	fetched := map[int]bool{}
	err := s.read(ctx, "reading which hours were fetched", func(conn *sqlite.Conn) error {
		return each(conn, func(stmt *sqlite.Stmt) { fetched[stmt.ColumnInt(0)] = true },
			"SELECT day FROM hours_fetched WHERE type = ? AND day >= ? AND day < ?", string(t), from.Number(), to.Number())
	})
	var missing []health.Date
	for d := from; err == nil && d.Before(to); d = d.Add(1) {
		if !fetched[d.Number()] {
			missing = append(missing, d)
		}
	}
	return missing, err
}
