package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"zombiezen.com/go/sqlite"

	"vitals/internal/health"
)

// Copy is what a copy of a history holds.
type Copy struct {
	Bytes  int64            // of the file
	Format int              // the version of its schema
	Rows   map[string]int64 // by table
	Kinds  []Kind           // of data, those that there are
}

// Kind is how much there is of one kind of data.
type Kind struct {
	Type        string      // of health.DataType, or "electricity"
	What        string      // what its rows are: "readings", "days" or "hours"
	Rows        int         //
	First, Last health.Date // civil dates of readings and days, UTC's of hours and of electricity
}

// take makes a copy of what conn reads, as of one moment, in a file of the
// scratch folder, and returns its name. Errors name of, where conn reads, or to,
// where the copy is to go.
//
// VACUUM INTO alone cannot be compared with its source, as it runs in no
// transaction: what is counted before or after may be another state, and a
// program that keeps saving would never let both be the same. So the pages are
// taken first, in the transaction that counts the rows. That keeps nobody from
// writing, and the log from being emptied only for as long as it takes to read
// the file once. Everything else is done with those pages: they are checked, as a
// damaged index would go unnoticed in what is made anew by its rows; VACUUM
// INTO makes the copy, without what was deleted and without a log; and the copy
// is checked and counted in turn.
func (s *scratch) take(ctx context.Context, conn *sqlite.Conn, doing, of, to string) (file string, copied Copy, err error) {
	taken, file := s.file(takenName), s.file(copyName)
	for _, name := range []string{taken, file} {
		if err := makeFile(name); err != nil {
			return "", Copy{}, unwritten(ctx, doing, to, err)
		}
	}
	var rows map[string]int64
	err = onFile(ctx, taken, func(pages *sqlite.Conn) error {
		// Nobody else reads it, and after a crash nobody does.
		for _, pragma := range []string{"locking_mode = EXCLUSIVE", "synchronous = OFF", "journal_mode = OFF"} {
			if err := execute(pages, "PRAGMA "+pragma); err != nil {
				return err
			}
		}
		err := transaction(conn, "BEGIN", func(conn *sqlite.Conn) (err error) {
			if rows, err = count(conn); err != nil {
				return explain(ctx, doing, of, err)
			}
			return copyPages(ctx, pages, conn)
		})
		if isDamage(err) || sqlite.ErrCode(err).ToPrimary() == sqlite.ResultBusy {
			return explain(ctx, doing, of, err)
		}
		if err == nil {
			err = intact(pages, doing, of)
		}
		if err == nil { // with pages of the size that every history has
			err = execute(pages, "PRAGMA page_size = 4096")
		}
		if err == nil {
			err = execute(pages, "VACUUM INTO ?", file)
		}
		return err
	})
	if err == nil {
		err = onFile(ctx, file, func(conn *sqlite.Conn) (err error) {
			copied, err = look(conn)
			if err == nil {
				err = intact(conn, doing, to)
			}
			if isDamage(err) || err == nil && !maps.Equal(rows, copied.Rows) {
				err = &Error{
					sentence: fmt.Sprintf("%s: what was written for %s is not what was read", doing, to),
					hint:     "check the disk, then try again; nothing was replaced",
				}
			}
			return err
		})
	}
	if err != nil {
		return "", Copy{}, unwritten(ctx, doing, to, err)
	}
	info, err := os.Stat(file)
	if err != nil {
		return "", Copy{}, unwritten(ctx, doing, to, err)
	}
	copied.Bytes = info.Size()
	for _, name := range []string{taken, taken + "-wal"} { // where there is little room
		_ = os.Remove(name)
	}
	return file, copied, nil
}

// writeCopy writes a copy of what conn reads to a file, which takes the place of
// one that is there when it is whole, and unless allow fails. The scratch folder is
// made near a file in the same folder.
func writeCopy(ctx context.Context, conn *sqlite.Conn, near, doing, of, to string, allow func(Copy) error) (Copy, error) {
	s, err := newScratch(near)
	if err != nil {
		return Copy{}, unwritten(ctx, doing, to, err)
	}
	defer s.remove()
	file, copied, err := s.take(ctx, conn, doing, of, to)
	if err == nil {
		err = allow(copied)
	}
	if err != nil {
		return Copy{}, err
	}
	return copied, unwritten(ctx, doing, to, s.put(file, to))
}

// onFile runs f with a connection of its own to a file that nobody else has open,
// and so without locks, which not every server has.
func onFile(ctx context.Context, path string, f func(*sqlite.Conn) error) error {
	conn, err := sqlite.OpenConn(location(path, "vfs=unix-none"), sqlite.OpenReadWrite|sqlite.OpenURI)
	if err != nil {
		return err
	}
	conn.SetInterrupt(ctx.Done())
	return cmp.Or(f(conn), conn.Close())
}

// copyPages makes one database the same as another one, page by page, in one
// transaction of the first.
func copyPages(ctx context.Context, to, from *sqlite.Conn) error {
	b, err := sqlite.NewBackup(to, "main", from, "main")
	if err != nil {
		return err
	}
	defer b.Close()
	const pages = 1000 // between two looks whether it is to end
	for {
		more, err := b.Step(pages)
		if err != nil || !more {
			return err
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

const (
	quickCheck = "PRAGMA quick_check(1)"
	wholeCheck = "PRAGMA integrity_check(1)"
)

// intact fails when the database is damaged in any respect that SQLite knows.
func intact(conn *sqlite.Conn, doing, path string) error {
	wrong, err := wrongIn(conn, wholeCheck)
	if err != nil || wrong == "" {
		return err
	}
	return damagedBy(doing, path, wrong)
}

// wrongIn returns what a check of SQLite's finds wrong first, or else what is not
// as the format says; "" for nothing.
func wrongIn(conn *sqlite.Conn, check string) (wrong string, err error) {
	wrong = "the check did not answer"
	err = each(conn, func(stmt *sqlite.Stmt) { wrong = stmt.ColumnText(0) }, check)
	if err != nil || wrong != "ok" {
		return wrong, err
	}
	return unlikeItsFormat(conn)
}

func isDamage(err error) bool {
	code := sqlite.ErrCode(err).ToPrimary()
	return code == sqlite.ResultCorrupt || code == sqlite.ResultNotADB
}

// count returns the numbers of rows by table.
func count(conn *sqlite.Conn) (map[string]int64, error) {
	rows := map[string]int64{}
	err := each(conn, func(stmt *sqlite.Stmt) { rows[stmt.ColumnText(0)] = 0 },
		"SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'")
	for name := range rows {
		if err == nil {
			rows[name], err = number(conn, "SELECT count(*) FROM "+quoted(name))
		}
	}
	return rows, err
}

// quoted is a name as SQL takes it, whatever it is.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// look tells what a copy holds. It understands every version of the schema.
func look(conn *sqlite.Conn) (c Copy, err error) {
	if c.Rows, err = count(conn); err != nil {
		return c, err
	}
	format, err := number(conn, "PRAGMA user_version")
	if err != nil {
		return c, err
	}
	c.Format = int(format)
	return c, each(conn, func(stmt *sqlite.Stmt) {
		c.Kinds = append(c.Kinds, Kind{stmt.ColumnText(0), stmt.ColumnText(1), stmt.ColumnInt(2), dateAt(stmt, 3), dateAt(stmt, 4)})
	}, `SELECT type, what, n, first, last FROM (
			SELECT 1 AS place, type, 'readings' AS what, count(*) AS n,
				min((at / 1000000 + utc_offset) / 86400) AS first, max((at / 1000000 + utc_offset) / 86400) AS last
			FROM reading GROUP BY type
			UNION ALL SELECT 2, type, 'days', count(*), min(start), max(start) FROM day_total GROUP BY type
			UNION ALL SELECT 3, type, 'hours', count(*), min(start) / 86400000000, max(start) / 86400000000 FROM hour_total GROUP BY type
			UNION ALL SELECT 4, 'electricity', 'days', count(*), min(day), max(day) FROM quarter_hours)
		WHERE n > 0 ORDER BY place, type DESC`)
}

// unwritten explains why a copy could not be written to a file, unless that is
// done already.
func unwritten(ctx context.Context, doing, to string, err error) error {
	if _, explained := errors.AsType[*Error](err); explained || err == nil {
		return err
	}
	code := sqlite.ErrCode(err).ToPrimary()
	switch {
	case ctx.Err() != nil:
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), code == sqlite.ResultFull:
		return &Error{
			sentence: fmt.Sprintf("%s: no space is left for %s", doing, to),
			hint:     "free some space and try again; nothing was changed",
			cause:    err,
		}
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS), code == sqlite.ResultCantOpen, code == sqlite.ResultReadOnly:
		folder := filepath.Dir(to)
		return &Error{
			sentence: fmt.Sprintf("%s: nothing may be written in %s", doing, folder),
			hint:     "see whose it is and whether the disk is read-only: ls -ld " + folder,
			cause:    err,
		}
	}
	_, file := errors.AsType[*fs.PathError](err)
	_, link := errors.AsType[*os.LinkError](err)
	if (file || link) && ctx.Err() == nil {
		return &Error{
			sentence: fmt.Sprintf("%s: %v", doing, err),
			hint:     "see what kind of disk " + filepath.Dir(to) + " is on, or take another folder; nothing was changed",
			cause:    err,
		}
	}
	return explain(ctx, doing, to, err)
}
