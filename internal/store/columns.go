package store

import (
	"math"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"vitals/internal/health"
)

// instant is t as a column holds it, nil for the zero time.
func instant(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// instantAt reads an instant in UTC, NULL as the zero time.
func instantAt(stmt *sqlite.Stmt, column int) time.Time {
	if stmt.ColumnIsNull(column) {
		return time.Time{}
	}
	return time.UnixMicro(stmt.ColumnInt64(column)).UTC()
}

// date is d as a column holds it, nil for the zero Date.
func date(d health.Date) any {
	if d.IsZero() {
		return nil
	}
	return d.Number()
}

// dateAt reads a date, NULL as the zero Date.
func dateAt(stmt *sqlite.Stmt, column int) health.Date {
	if stmt.ColumnIsNull(column) {
		return health.Date{}
	}
	return health.Date{Year: 1970, Month: time.January, Day: 1}.Add(stmt.ColumnInt(column))
}

// floatAt reads a float; SQLite keeps NULL in place of what is not a number.
func floatAt(stmt *sqlite.Stmt, column int) float64 {
	if stmt.ColumnIsNull(column) {
		return math.NaN()
	}
	return stmt.ColumnFloat(column)
}

func bytesAt(stmt *sqlite.Stmt, column int) []byte {
	if stmt.ColumnLen(column) == 0 {
		return nil
	}
	value := make([]byte, stmt.ColumnLen(column))
	stmt.ColumnBytes(column, value)
	return value
}

// each runs a query and hands over its rows.
func each(conn *sqlite.Conn, row func(*sqlite.Stmt), query string, args ...any) error {
	return sqlitex.Execute(conn, query, &sqlitex.ExecOptions{
		Args:       args,
		ResultFunc: func(stmt *sqlite.Stmt) error { row(stmt); return nil },
	})
}

// number runs a query for one whole number; 0 when it finds none.
func number(conn *sqlite.Conn, query string, args ...any) (n int64, err error) {
	err = each(conn, func(stmt *sqlite.Stmt) { n = stmt.ColumnInt64(0) }, query, args...)
	return n, err
}

func execute(conn *sqlite.Conn, query string, args ...any) error {
	return sqlitex.Execute(conn, query, &sqlitex.ExecOptions{Args: args})
}

// upsert runs query once for each row of arguments and counts the rows that are
// new in table, and those that changed. The query is an INSERT that updates
// what is there only where it differs.
func upsert(conn *sqlite.Conn, table, query string, rows ...[]any) (added, changed int, err error) {
	count := "SELECT count(*) FROM " + table
	before, err := number(conn, count)
	if err != nil {
		return 0, 0, err
	}
	touched := 0
	for _, row := range rows {
		if err := execute(conn, query, row...); err != nil {
			return 0, 0, err
		}
		touched += conn.Changes()
	}
	after, err := number(conn, count)
	added = int(after - before)
	return added, touched - added, err
}
