package store

import (
	"context"
	"math"
	"time"

	"zombiezen.com/go/sqlite"

	"vitals/internal/health"
)

// SaveDayTotals adds totals of civil dates, or replaces those of the same type
// and date. The account's own (Via "") always replaces what is there, but for what
// nobody can have had, which only replaces another of the account's. Another
// replaces only what ranks below it (health.TotalRank), or as high and is older,
// or as old and less: so it does not matter in which order files are read. It
// returns how many are new and how many have another amount.
func (s *Store) SaveDayTotals(ctx context.Context, t health.DataType, totals []health.DayTotal) (added, changed int, err error) {
	rows := make([][]any, len(totals))
	for i, total := range totals {
		rows[i] = totalRow(t, date(total.Date), total.AsOf, total.Amount, total.Via, total.Covered, health.PossibleDay(t, total.Amount))
	}
	return s.saveTotals(ctx, "day_total", t, rows)
}

// SaveHourTotals is like SaveDayTotals, for totals of hours.
func (s *Store) SaveHourTotals(ctx context.Context, t health.DataType, totals []health.HourTotal) (added, changed int, err error) {
	rows := make([][]any, len(totals))
	for i, total := range totals {
		rows[i] = totalRow(t, instant(total.Start), total.AsOf, total.Amount, total.Via, 0, health.PossibleHour(t, total.Amount))
	}
	return s.saveTotals(ctx, "hour_total", t, rows)
}

func totalRow(t health.DataType, start any, asOf time.Time, amount float64, via string, covered time.Duration, possible bool) []any {
	rank := health.TotalRank(via, covered)
	if !possible {
		rank -= health.ImpossibleRank
	}
	var seconds any
	if covered != 0 {
		seconds = int64(covered / time.Second)
	}
	return []any{string(t), start, instant(asOf), amount, via, rank, seconds}
}

func (s *Store) saveTotals(ctx context.Context, table string, t health.DataType, rows [][]any) (added, changed int, err error) {
	const all = "(as_of, amount, via, rank, covered) = (?3, ?4, ?5, ?6, ?7)"
	const wins = "(?5 = '' AND (via = '' OR ?6 > 0) OR (?6, coalesce(?3, 0), ?4) > (rank, coalesce(as_of, 0), amount))"
	err = s.write(ctx, "saving "+string(t), func(conn *sqlite.Conn) (err error) {
		added, changed, err = upsert(conn, table, `
			INSERT INTO `+table+` (type, start, as_of, amount, via, rank, covered) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
			ON CONFLICT DO UPDATE SET `+all+` WHERE amount <> ?4 AND `+wins, rows...)
		if err != nil {
			return err
		}
		// The same amount again is no change, but newer, or of higher rank.
		for _, row := range rows {
			if err := execute(conn, `UPDATE `+table+` SET `+all+` WHERE type = ?1 AND start = ?2 AND amount = ?4 AND `+wins+`
				AND (as_of, via, covered) IS NOT (?3, ?5, ?7)`, row...); err != nil {
				return err
			}
		}
		return nil
	})
	return added, changed, err
}

// DayTotals returns the totals of the dates from from on and before to, in time
// order; a zero Date is no limit. AsOf is in UTC.
func (s *Store) DayTotals(ctx context.Context, t health.DataType, from, to health.Date) ([]health.DayTotal, error) {
	var totals []health.DayTotal
	err := s.totals(ctx, "day_total", t, date(from), date(to), func(stmt *sqlite.Stmt) {
		totals = append(totals, health.DayTotal{Date: dateAt(stmt, 0), Amount: stmt.ColumnFloat(1), AsOf: instantAt(stmt, 2),
			Via: stmt.ColumnText(3), Covered: time.Duration(stmt.ColumnInt64(4)) * time.Second})
	})
	return totals, err
}

// HourTotals returns the totals of the hours that begin from from on and before
// to, in time order; a zero time is no limit. Times are in UTC.
func (s *Store) HourTotals(ctx context.Context, t health.DataType, from, to time.Time) ([]health.HourTotal, error) {
	var totals []health.HourTotal
	err := s.totals(ctx, "hour_total", t, instant(from), instant(to), func(stmt *sqlite.Stmt) {
		totals = append(totals, health.HourTotal{Start: instantAt(stmt, 0), Amount: stmt.ColumnFloat(1), AsOf: instantAt(stmt, 2), Via: stmt.ColumnText(3)})
	})
	return totals, err
}

// totals hands over start, amount, as_of, via and covered of the rows from from on and before
// to, each a column's value or nil.
func (s *Store) totals(ctx context.Context, table string, t health.DataType, from, to any, row func(*sqlite.Stmt)) error {
	if from == nil {
		from = int64(math.MinInt64)
	}
	if to == nil {
		to = int64(math.MaxInt64)
	}
	return s.read(ctx, "reading "+string(t), func(conn *sqlite.Conn) error {
		return each(conn, row, `SELECT start, amount, as_of, via, covered FROM `+table+`
			WHERE type = ? AND start >= ? AND start < ? ORDER BY start`, string(t), from, to)
	})
}

// DayTotalsExtent returns the first and the last date with a total, zero Dates
// when there is none.
func (s *Store) DayTotalsExtent(ctx context.Context, t health.DataType) (first, last health.Date, err error) {
	err = s.totalsExtent(ctx, "day_total", t, func(stmt *sqlite.Stmt) { first, last = dateAt(stmt, 0), dateAt(stmt, 1) })
	return first, last, err
}

// HourTotalsExtent returns the starts of the first and the last hour with a
// total, in UTC; zero times when there is none.
func (s *Store) HourTotalsExtent(ctx context.Context, t health.DataType) (first, last time.Time, err error) {
	err = s.totalsExtent(ctx, "hour_total", t, func(stmt *sqlite.Stmt) { first, last = instantAt(stmt, 0), instantAt(stmt, 1) })
	return first, last, err
}

func (s *Store) totalsExtent(ctx context.Context, table string, t health.DataType, row func(*sqlite.Stmt)) error {
	return s.read(ctx, "reading "+string(t), func(conn *sqlite.Conn) error {
		// Asked for in one, SQLite would read all rows.
		return each(conn, row, `SELECT (SELECT min(start) FROM `+table+` WHERE type = ?1),
			(SELECT max(start) FROM `+table+` WHERE type = ?1)`, string(t))
	})
}
