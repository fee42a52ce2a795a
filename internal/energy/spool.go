package energy

import (
	"context"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// spool puts readings in order of time; those of the same instant stay in the
// order they came in. They wait in a temporary file of SQLite's own, not in
// memory.
type spool struct {
	conn   *sqlite.Conn
	insert *sqlite.Stmt
}

func newSpool(ctx context.Context) (*spool, error) {
	conn, err := sqlite.OpenConn("", sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		return nil, err
	}
	conn.SetInterrupt(ctx.Done())
	s := &spool{conn: conn}
	for _, query := range []string{"CREATE TABLE reading (at INTEGER, value REAL, estimated INTEGER)", "BEGIN"} {
		if err == nil {
			err = sqlitex.ExecuteTransient(conn, query, nil)
		}
	}
	if err == nil {
		s.insert, err = conn.Prepare("INSERT INTO reading VALUES (?, ?, ?)")
	}
	if err != nil {
		conn.Close()
		return nil, err
	}
	return s, nil
}

func (s *spool) put(r reading) error {
	s.insert.BindInt64(1, r.At)
	s.insert.BindNull(2)
	if r.Known {
		s.insert.BindFloat(2, r.Value)
	}
	s.insert.BindBool(3, r.Estimated)
	if _, err := s.insert.Step(); err != nil {
		return err
	}
	return s.insert.Reset()
}

// each gives what was put in to take, in order.
func (s *spool) each(take func(reading) error) error {
	return sqlitex.ExecuteTransient(s.conn, "SELECT at, value, estimated FROM reading ORDER BY at, rowid", &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error {
			return take(reading{At: stmt.ColumnInt64(0), Value: stmt.ColumnFloat(1), Known: !stmt.ColumnIsNull(1), Estimated: stmt.ColumnBool(2)})
		}})
}

func (s *spool) clear() error {
	return sqlitex.ExecuteTransient(s.conn, "DELETE FROM reading", nil)
}

func (s *spool) close() error { return s.conn.Close() }
