package energy

import (
	"context"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// Journal is how a database's writer keeps its commits safe: "wal" or
// "rollback".
type Journal string

const (
	writeAhead Journal = "wal"
	rollback   Journal = "rollback"
)

// busyTimeout is how long a read waits for a writer that is committing.
const busyTimeout = 5 * time.Second

// readOnly opens the database at path so that nothing of it or beside it can
// change, and calls read. What looks wrong while somebody writes, or could be
// because the file had to be taken as frozen, is read anew.
func readOnly(ctx context.Context, path string, busy time.Duration, read func(*sqlite.Conn) error) error {
	path, err := locate(path)
	if err != nil {
		return err
	}
	for try := 1; ; try++ {
		tries, pause := 5, 20*time.Millisecond
		before, err := stateOf(path)
		if err != nil {
			return err
		}
		conn, frozen, err := connect(ctx, path, busy)
		if err == nil {
			err = read(conn)
			if closeErr := conn.Close(); err == nil {
				err = closeErr
			}
		}
		switch sqlite.ErrCode(err).ToPrimary() {
		case sqlite.ResultCorrupt, sqlite.ResultNotADB: // or caught in the middle of a commit
		case sqlite.ResultCantOpen, sqlite.ResultReadOnly:
			// Or the log is just being set up or taken away. Longer from try to try,
			// so as not to meet its writer at the same point each time.
			tries, pause = 8, time.Duration(try)*15*time.Millisecond
		default:
			if after, stateErr := stateOf(path); !frozen || stateErr == nil && after == before {
				return plain(ctx, path, err)
			}
		}
		if ctx.Err() != nil || try == tries && err != nil {
			return plain(ctx, path, err)
		}
		if try == tries {
			return problem(err, "try again when the program that writes it is at rest", "%s changed while it was read", path)
		}
		time.Sleep(pause)
	}
}

// connect opens path for reading. A write-ahead log has its index in a file of
// shared memory, which a reader must not make: without a log there is nothing
// to share and the file can be read as immutable; a log without an index has no
// writer, so the index can live in our own memory (which SQLite only does in
// exclusive mode, hence a file system layer without locks). Both are frozen:
// only right as long as nobody writes.
func connect(ctx context.Context, path string, busy time.Duration) (conn *sqlite.Conn, frozen bool, err error) {
	if err := regular(path); err != nil {
		return nil, false, err
	}
	options, pragmas := "mode=ro&readonly_shm=1", "cache_size = -512"
	if !exists(path + "-wal") {
		journal, err := journalAt(path)
		if err != nil {
			return nil, false, err
		}
		if journal == writeAhead {
			options, frozen = "mode=ro&immutable=1", true
		}
	} else if !exists(path + "-shm") {
		options, frozen = "mode=ro&vfs=unix-none", true
		pragmas = "locking_mode = exclusive; " + pragmas
	}
	conn, err = open(path, options)
	if err != nil {
		return nil, false, err
	}
	conn.SetInterrupt(ctx.Done())
	err = patiently(conn, busy, func() error {
		for pragma := range strings.SplitSeq(pragmas, "; ") { // some of which read
			if err := sqlitex.ExecuteTransient(conn, "PRAGMA "+pragma, nil); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		conn.Close()
		return nil, false, err
	}
	return conn, frozen, nil
}

// patiently tries to read until the writer lets the database be read, for as long
// as busy at most. SQLite would wait as long by itself, but not look whether the
// connection was interrupted meanwhile: it does so between these short waits.
func patiently(conn *sqlite.Conn, busy time.Duration, try func() error) error {
	const short = 100 * time.Millisecond
	conn.SetBusyTimeout(min(busy, short))
	defer conn.SetBusyTimeout(busy)
	for waited := time.Duration(0); ; waited += short {
		if err := try(); sqlite.ErrCode(err).ToPrimary() != sqlite.ResultBusy || waited >= busy {
			return err
		}
	}
}

// unlocked waits until the writer lets the database be read.
func unlocked(conn *sqlite.Conn) error {
	return patiently(conn, busyTimeout, func() error {
		_, err := pragma(conn, "schema_version")
		return err
	})
}

// journalAt reads the journal mode of a file without taking a lock. It goes
// through SQLite, which knows who else in this process reads the file: closing
// a file of our own would take their locks away.
func journalAt(path string) (Journal, error) {
	conn, err := open(path, "mode=ro&immutable=1")
	if err != nil {
		return "", unreachable(path, errors.Join(fs.ErrPermission, err))
	}
	defer conn.Close()
	return journalOf(conn)
}

// regular says what is wrong with a path that no database can be at.
func regular(path string) error {
	info, err := os.Stat(path)
	switch {
	case err != nil:
		return unreachable(path, err)
	case info.IsDir():
		return problem(nil, "name the database file inside it", "%s is a folder, not a database", path)
	case !info.Mode().IsRegular():
		return problem(nil, "name the database file the logger writes", "%s is not a regular file", path)
	case info.Size() == 0:
		return problem(nil, "the logger has not written to it yet, or it writes to another file", "%s is an empty file", path)
	}
	return nil
}

// journalOf reads the journal mode from the header of the file: the two
// version numbers behind the page size are 2 for a write-ahead log.
func journalOf(conn *sqlite.Conn) (Journal, error) {
	journal := rollback
	err := sqlitex.ExecuteTransient(conn, "SELECT substr(data, 19, 2) = x'0202' FROM sqlite_dbpage WHERE pgno = 1",
		&sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
			if stmt.ColumnBool(0) {
				journal = writeAhead
			}
			return nil
		}})
	return journal, err
}

func open(path, options string) (*sqlite.Conn, error) {
	uri := url.URL{Scheme: "file", Path: filepath.ToSlash(path), RawQuery: options}
	conn, err := sqlite.OpenConn(uri.String(), sqlite.OpenReadOnly|sqlite.OpenURI)
	if err != nil {
		return nil, err
	}
	if err := guard(conn); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// longestCell is more than a cell of any logger holds, in bytes, and a row.
const longestCell = 16 << 20

// guard keeps a database that somebody made to do harm from doing it: its schema
// calls no functions that reach beyond it, nothing grows without bounds, and pages
// are checked before they are used. See https://sqlite.org/security.html. (What
// SetDefensive would add is about writing; it crashes in v1.4.2 of the library.)
func guard(conn *sqlite.Conn) error {
	for limit, value := range map[sqlite.Limit]int32{
		// Not that of arguments or of the depth of an expression: a view of a healthy
		// database may have many, and the whole of its schema would be refused.
		sqlite.LimitLength: longestCell, sqlite.LimitSQLLength: 1_000_000, sqlite.LimitVDBEOp: 10_000_000,
		sqlite.LimitAttached: 0, sqlite.LimitLikePatternLength: 50, sqlite.LimitTriggerDepth: 1,
	} {
		conn.Limit(limit, value)
	}
	for _, pragma := range []string{"trusted_schema = off", "cell_size_check = on", "query_only = on"} {
		if err := sqlitex.ExecuteTransient(conn, "PRAGMA "+pragma, nil); err != nil {
			return err
		}
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
