package store

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

const (
	// connections are enough for one that writes while a question of the screen
	// reads four things at once.
	connections = 5

	// patience is how long to wait for another process that is writing.
	patience = 5 * time.Second

	// mostLog is the size that the write-ahead log, which grows while somebody
	// reads for long, is cut to afterwards. Usually it stays below.
	mostLog = "journal_size_limit = 4194304"

	openingHistory = "opening the history"
)

// Store is an open history. It is safe for use by several goroutines, and
// several processes may have the same file open: each call is one transaction,
// so a reader sees all of a save or nothing of it, and a process that is killed
// leaves behind what it had saved.
//
// Every method fails with an error that wraps the context's when that ends
// first, else with an *Error. When the file is deleted or replaced, all of them
// fail from then on. Texts are kept as they are given.
type Store struct {
	path    string      // for messages
	opened  fs.FileInfo // nil in memory
	pool    *sqlitex.Pool
	watch   *sqlitex.Pool // of one connection, for DataVersion alone
	writing chan struct{} // holds a token while a goroutine writes

	readOnly bool       // watch is pool
	locked   bool       // it is read only, with locks
	shown    *shownCopy // nil unless it shows a copy; watch is pool then

	inUse    *flock.Flock // held while it is open, so that nobody repairs the file; nil in memory
	repaired []string
}

// Open opens the history in the file at path. A file that does not exist is
// made, readable only by its owner, and so are the directories above it. A file
// that is no history, or one written by a newer version, is refused and left
// as it is; one that is found to be damaged is repaired, see Store.Repaired. Call
// Close when done.
func Open(ctx context.Context, path string) (*Store, error) {
	path, err := located(path)
	if err != nil {
		return nil, fileError(err)
	}
	found, _ := os.Stat(path) // nil when there is none
	s, err := open(ctx, path, nil)
	if errors.Is(err, ErrDamaged) {
		s, err = open(ctx, path, &damage{err, found})
	}
	return s, err
}

// located is where a file is: what lies beside it is beside the file that a link
// leads to.
func located(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	if target, err := filepath.EvalSymlinks(path); err == nil {
		return target, nil
	}
	return path, nil
}

// open opens the file at path. Met is why it could not be opened before, nil for
// the first time.
func open(ctx context.Context, path string, met *damage) (*Store, error) {
	if err := makeFile(path); err != nil {
		return nil, fileError(err)
	}
	if _, err := ours(ctx, path); err != nil && (met == nil || !errors.Is(err, ErrDamaged)) {
		return nil, err
	}
	inUse, repaired, err := admit(ctx, path, met)
	if err != nil {
		return nil, err
	}
	if emptied(path) { // nobody restores or repairs it now
		repaired = append(repaired, begunAnew(path)...)
	}
	s, err := openAdmitted(ctx, path)
	if err != nil {
		_ = inUse.Close()
		return nil, err
	}
	noteBegun(path)
	tidyUp(path, inUse)
	s.inUse, s.repaired = inUse, repaired
	return s, nil
}

func openAdmitted(ctx context.Context, path string) (*Store, error) {
	opened, err := ours(ctx, path) // it may be another file by now
	if err != nil {
		return nil, err
	}
	// Before it is opened, as SQLite gives the log the same mode.
	if opened.Mode().Perm()&0o077 != 0 {
		if err := os.Chmod(path, 0o600); err != nil {
			return nil, fileError(err)
		}
	}
	s, err := connect(ctx, path, location(path, ""), sqlite.OpenReadWrite|sqlite.OpenURI)
	if errors.Is(err, errNotOurs) { // it was let pass for a journal beside it, which was none and is gone
		if _, now := ours(ctx, path); now != nil {
			err = now
		}
	}
	if err != nil {
		return nil, err
	}
	s.opened = opened
	return s, nil
}

// ours returns what there is at path, and refuses what is no history, and what
// is too damaged for SQLite to open it.
func ours(ctx context.Context, path string) (fs.FileInfo, error) {
	found, err := os.Stat(path)
	if err != nil {
		return nil, fileError(err)
	}
	if !found.Mode().IsRegular() {
		return nil, notOurs(path, nil)
	}
	if log, err := os.Stat(path + "-wal"); err == nil && found.Size() == 0 && log.Size() > 0 {
		return nil, damaged(path, nil) // SQLite would throw the log away
	}
	if err = examineFile(ctx, path); errors.Is(err, errNotOurs) && seemsOurs(path) {
		if unfinished(path) {
			return found, nil // opening it in earnest undoes what was only begun
		}
		err = damaged(path, err)
	}
	return found, err
}

// OpenMemory opens an empty history that is gone when it is closed.
func OpenMemory(ctx context.Context) (*Store, error) {
	return connect(ctx, "memory", newMemory(), inMemory)
}

const inMemory = sqlite.OpenReadWrite | sqlite.OpenCreate | sqlite.OpenURI

// newMemory is a place in memory, for connections with the flags inMemory.
func newMemory() string {
	// A name that begins with a slash is shared within the process.
	return location("/"+rand.Text(), "vfs=memdb")
}

// location is path as a URI, with the parameters of SQLite.
func location(path, parameters string) string {
	return (&url.URL{Scheme: "file", Path: path, RawQuery: parameters}).String()
}

func makeFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	// Exclusively: opening and closing a file that exists would release the
	// locks that SQLite may hold on it elsewhere in this process.
	f, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func connect(ctx context.Context, path, uri string, flags sqlite.OpenFlags) (*Store, error) {
	s := &Store{path: path, writing: make(chan struct{}, 1)}
	open := func(size int) (*sqlitex.Pool, error) {
		return sqlitex.NewPool(uri, sqlitex.PoolOptions{Flags: flags, PoolSize: size, PrepareConn: prepare})
	}
	var err error
	if s.pool, err = open(connections); err != nil {
		return nil, explain(ctx, openingHistory, path, err)
	}
	if s.watch, err = open(1); err != nil {
		_ = s.pool.Close()
		return nil, explain(ctx, openingHistory, path, err)
	}
	err = s.use(ctx, s.pool, openingHistory, func(conn *sqlite.Conn) error {
		if err := migrate(ctx, conn, path); err != nil {
			return err
		}
		return keepLog(conn)
	})
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

func prepare(conn *sqlite.Conn) error {
	conn.SetBusyTimeout(patience)
	// With synchronous NORMAL a loss of power could take back the last transactions.
	// FULL adds a sync to each, of which there are few: what is saved is large, and
	// seldom.
	for _, pragma := range []string{"synchronous = FULL", "foreign_keys = ON", mostLog} {
		if err := execute(conn, "PRAGMA "+pragma); err != nil {
			return err
		}
	}
	return nil
}

// keepLog switches the file to a write-ahead log, for good. That comes after the
// schema, so that the file itself says from its first page on whose it is. Where
// no such log is possible, as in memory, this does nothing.
func keepLog(conn *sqlite.Conn) error {
	version := ""
	err := each(conn, func(stmt *sqlite.Stmt) { version = stmt.ColumnText(0) }, "SELECT sqlite_version()")
	if err != nil {
		return err
	}
	return keepJournal(conn, version)
}

// Close interrupts what is under way, moves the write-ahead log into the file
// as far as other processes let it, and closes the file. Call it once.
func (s *Store) Close() error {
	const doing = "closing the history"
	ctx := context.Background()
	if s.readOnly || s.shown != nil {
		return explain(ctx, doing, s.path, s.pool.Close())
	}
	if s.inUse != nil {
		defer s.inUse.Close()
	}
	err := s.pool.Close()
	errLog := s.use(ctx, s.watch, doing, func(conn *sqlite.Conn) error {
		return execute(conn, "PRAGMA wal_checkpoint(PASSIVE)")
	})
	return explain(ctx, doing, s.path, cmp.Or(err, errLog, s.watch.Close()))
}

// DataVersion returns a number that is another one than before when anything
// was saved in between, through this Store, another one, or another process. It
// is cheap to ask, and its values mean nothing to another Store.
func (s *Store) DataVersion(ctx context.Context) (int64, error) {
	if s.shown != nil {
		return s.shown.again(ctx, s)
	}
	var version int64
	err := s.use(ctx, s.watch, "looking for changes of the history", func(conn *sqlite.Conn) (err error) {
		version, err = number(conn, "PRAGMA data_version")
		return err
	})
	return version, err
}

// stillThere fails when the file was deleted or replaced. SQLite would go on with
// the file that nobody else sees any more, or mix it up with the other's log.
func (s *Store) stillThere() error {
	if s.opened == nil {
		return nil
	}
	now, err := os.Stat(s.path)
	if err == nil && os.SameFile(now, s.opened) {
		return nil
	}
	return &Error{
		sentence: s.path + " was deleted or replaced while it was open",
		hint:     "start vitals again",
	}
}

// use lends f a connection.
func (s *Store) use(ctx context.Context, pool *sqlitex.Pool, doing string, f func(*sqlite.Conn) error) error {
	if err := s.stillThere(); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	conn, err := pool.Take(ctx)
	if err == nil {
		defer pool.Put(conn)
		err = f(conn)
		if _, explained := errors.AsType[*Error](err); !explained && sqlite.ErrCode(err).ToPrimary() == sqlite.ResultError {
			// Our statements stay the same: the tables may not be what they were.
			if wrong, failed := unlikeItsFormat(conn); failed == nil && wrong != "" {
				err = damagedBy(doing, s.path, wrong)
			}
		}
	}
	err = explain(ctx, doing, s.path, err)
	s.mark(err)
	return err
}

// mark sees to it that the next Open repairs damage that was met. Who only looks
// leaves no mark, and says what does.
func (s *Store) mark(met error) {
	switch e, ok := errors.AsType[*Error](met); {
	case s.opened == nil || !errors.Is(met, ErrDamaged):
	case !s.readOnly:
		markDamaged(s.path)
	case ok:
		e.hint = "make a backup (vitals backup FILE): it is refused, and after that " + repairsItself
	}
}

// read runs f in a transaction of its own, so that all it reads fits together.
func (s *Store) read(ctx context.Context, doing string, f func(*sqlite.Conn) error) error {
	return s.use(ctx, s.pool, doing, func(conn *sqlite.Conn) error {
		return transaction(conn, "BEGIN", f)
	})
}

// write runs f in a transaction of its own, which is undone when f fails.
func (s *Store) write(ctx context.Context, doing string, f func(*sqlite.Conn) error) error {
	if s.shown != nil {
		return &Error{
			sentence: doing + ": nothing could be saved in " + s.path + " when vitals started",
			hint:     "free some space, or see whether you may write there, and start vitals again",
			cause:    ErrUnwritable,
		}
	}
	return s.change(ctx, doing, f)
}

// change is write, also in the copy that is shown of a history.
func (s *Store) change(ctx context.Context, doing string, f func(*sqlite.Conn) error) error {
	// Queueing here leaves the other connections to those who read.
	select {
	case s.writing <- struct{}{}:
		defer func() { <-s.writing }()
	case <-ctx.Done():
		return explain(ctx, doing, s.path, ctx.Err())
	}
	return s.use(ctx, s.pool, doing, func(conn *sqlite.Conn) error {
		return transaction(conn, "BEGIN IMMEDIATE", f)
	})
}

// transaction is like those of sqlitex, which panic where a damaged file or a
// full disk keeps them from undoing.
func transaction(conn *sqlite.Conn, begin string, f func(*sqlite.Conn) error) error {
	if err := patiently(conn, begin); err != nil {
		return err
	}
	err := f(conn)
	if err == nil {
		err = execute(conn, "COMMIT")
	}
	if err != nil && !conn.AutocommitEnabled() {
		conn.SetInterrupt(nil) // or it would not undo what was interrupted
		_ = execute(conn, "ROLLBACK")
	}
	return err
}

// patiently begins a transaction once nobody else is writing. SQLite would wait
// as long by itself, but not look whether the connection was interrupted
// meanwhile: it does so between these short waits.
func patiently(conn *sqlite.Conn, begin string) error {
	const short = 100 * time.Millisecond
	conn.SetBusyTimeout(short)
	defer conn.SetBusyTimeout(patience)
	for waited := time.Duration(0); ; waited += short {
		err := execute(conn, begin)
		if sqlite.ErrCode(err).ToPrimary() != sqlite.ResultBusy || waited >= patience {
			return err
		}
	}
}
