package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"vitals/internal/store/pages"
)

// OpenReadOnly opens the history in the file at path to look at it. Nothing of
// the file or beside it is changed or made, whether another process has it open
// or not. A file that does not exist is an error that wraps fs.ErrNotExist;
// otherwise what Open refuses is refused, and so is, with an error that wraps
// ErrUnfinished, a file in the middle of a change, and one whose repair is not
// finished. An older schema is left as it is: then, and while the file is empty,
// only About and Check work. Methods that save fail. Call Close when done.
func OpenReadOnly(ctx context.Context, path string) (*Store, error) {
	path, err := located(path)
	if err != nil {
		return nil, fileError(err)
	}
	if err := notHalfMended(path); err != nil {
		return nil, err
	}
	if unfinished(path) {
		return nil, &Error{
			sentence: openingHistory + ": another program is writing to " + path + ", or was ended while it did",
			hint:     "let it finish; the next start of vitals undoes what was only begun",
			cause:    ErrUnfinished,
		}
	}
	opened, err := ours(ctx, path)
	if err != nil {
		return nil, err
	}
	if !indexed(path) { // then it is opened without locks
		if err := notLocked(ctx, path); err != nil {
			return nil, explain(ctx, openingHistory, path, err)
		}
	}
	parameters, pragma := lookingOnly(path)
	pool, err := sqlitex.NewPool(location(path, parameters), sqlitex.PoolOptions{
		Flags: sqlite.OpenReadOnly | sqlite.OpenURI, PoolSize: 1,
		PrepareConn: func(conn *sqlite.Conn) error {
			conn.SetBusyTimeout(patience)
			return execute(conn, pragma)
		},
	})
	if err != nil {
		return nil, explain(ctx, openingHistory, path, err)
	}
	s := &Store{path: path, opened: opened, pool: pool, watch: pool, writing: make(chan struct{}, 1), readOnly: true, locked: parameters == withLocks}
	if _, err := s.About(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// notHalfMended fails when another file is to take the place of a history: what is
// there until then may lack its log.
func notHalfMended(path string) error {
	if !exists(path + mendedEnding) {
		return nil
	}
	return &Error{
		sentence: openingHistory + ": " + path + " was damaged, and its repair is not finished",
		hint:     "free some space, or see whether you may write there: the next start of vitals finishes it",
	}
}

// ErrUnfinished is wrapped by the refusal to look at a file in the middle of a
// change, which only somebody who may write to it can undo.
var ErrUnfinished = errors.New("a change is not finished")

// unfinished reports whether a rollback journal, by which to undo a change, lies
// beside a file. One that is empty or begins with zeros is none, to SQLite.
func unfinished(path string) bool {
	if _, err := os.Stat(path); err != nil {
		return false
	}
	journal := path + "-journal"
	if info, err := os.Stat(journal); err != nil || info.Size() == 0 {
		return false
	}
	f, err := os.Open(journal)
	if err != nil {
		return true
	}
	defer f.Close()
	var begin [1]byte
	_, err = f.Read(begin[:])
	return err != nil || begin[0] != 0
}

// lookingOnly returns how to open a file of ours so that SQLite makes nothing
// beside it. With neither log nor journal nobody writes, and it is read as if it
// could not change; so it is beside a file that is no log, in whose place SQLite would
// wait ten seconds for one. A log without its index, as in a copy, has
// no writer either; the index then lives in our memory, which takes exclusive
// mode, and a layer without locks for that.
func lookingOnly(path string) (parameters, pragma string) {
	log, err := os.Stat(path + logEnding)
	switch {
	case errors.Is(err, fs.ErrNotExist),
		err == nil && log.Size() == 0 && !indexed(path),
		err == nil && log.Size() > 0 && !pages.IsLog(path+logEnding):
		return "mode=ro&immutable=1", "PRAGMA query_only = ON"
	case !indexed(path):
		return "mode=ro&vfs=unix-none", "PRAGMA locking_mode = EXCLUSIVE"
	default:
		return withLocks, "PRAGMA query_only = ON"
	}
}

// withLocks is for beside a writer: as much of its index is read as is needed.
const withLocks = "mode=ro&readonly_shm=1"

// indexed reports whether there is an index of the log, as whoever has the log open
// has one. A shorter one was not finished, for want of space.
func indexed(path string) bool {
	const least = 32 << 10
	info, err := os.Stat(path + "-shm")
	return err == nil && info.Size() >= least
}

// notLocked fails when another program keeps the file for itself alone. It asks
// for that, too, and never gets it, so that SQLite makes nothing beside the file.
func notLocked(ctx context.Context, path string) error {
	conn, err := sqlite.OpenConn(location(path, "mode=ro"), sqlite.OpenReadOnly|sqlite.OpenURI)
	if err != nil {
		return nil // opening it in earnest will tell
	}
	defer conn.Close()
	conn.SetInterrupt(ctx.Done())
	conn.SetBusyTimeout(patience)
	if execute(conn, "PRAGMA locking_mode = EXCLUSIVE") != nil {
		return nil
	}
	if _, err = number(conn, "PRAGMA schema_version"); sqlite.ErrCode(err).ToPrimary() == sqlite.ResultBusy {
		return err
	}
	return nil
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// About is what a file tells of itself.
type About struct {
	Format  int    // the version of its schema; 0: nothing was ever saved
	Known   int    // the version that this program writes
	Journal string // how it is kept safe: "wal" or, where no such log is possible, "rollback"
	SQLite  string // the version of the library
}

// About tells how the file is written.
func (s *Store) About(ctx context.Context) (About, error) {
	about := About{Known: len(migrationNames())}
	err := s.read(ctx, openingHistory, func(conn *sqlite.Conn) (err error) {
		if about.Format, err = examine(conn, s.path); err != nil {
			return err
		}
		// The header says so; the pragma is not asked, as it may mean to change it.
		return each(conn, func(stmt *sqlite.Stmt) { about.SQLite, about.Journal = stmt.ColumnText(0), stmt.ColumnText(1) },
			"SELECT sqlite_version(), coalesce((SELECT iif(substr(data, 19, 2) = x'0202', 'wal', 'rollback') FROM sqlite_dbpage WHERE pgno = 1), 'rollback')")
	})
	return about, err
}

// Check looks for damage in all of the file: whether its tables are those of its
// format and its pages fit together or, if thorough, whether indexes and rows do,
// too, which takes longer. It returns
// nil when there is none. What was not looked at before ctx ends is not known.
func (s *Store) Check(ctx context.Context, thorough bool) error {
	const doing = "checking the history"
	check := quickCheck
	if thorough {
		check = wholeCheck
	}
	wrong := ""
	err := s.read(ctx, doing, func(conn *sqlite.Conn) (err error) {
		wrong, err = wrongIn(conn, check)
		return err
	})
	if err != nil || wrong == "" {
		return err
	}
	if s.readOnly {
		if err := s.unchanged(doing); err != nil {
			return err // which a file read as if it could not change does not survive
		}
	}
	err = damagedBy(doing, s.path, wrong)
	s.mark(err)
	return err
}

// unchanged fails when the file was written to since it was opened.
func (s *Store) unchanged(doing string) error {
	now, err := os.Stat(s.path)
	if err != nil || now.ModTime() == s.opened.ModTime() && now.Size() == s.opened.Size() {
		return nil
	}
	return &Error{
		sentence: doing + ": " + s.path + " was written to meanwhile",
		hint:     "try again",
	}
}

// damagedBy is damaged, with what SQLite found.
func damagedBy(doing, path, found string) *Error {
	e := damaged(path, sqlite.ResultCorrupt.ToError())
	// It begins with the name of the schema: "*** in database main ***".
	_, what, _ := strings.Cut(found, "***\n")
	what, _, _ = strings.Cut(what, "\n")
	if what == "" {
		what = found
	}
	e.sentence = doing + ": " + e.sentence + " (" + what + ")"
	return e
}
