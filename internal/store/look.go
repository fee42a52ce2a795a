package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"syscall"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// ErrUnwritable is wrapped by the errors of a history that nothing can be saved
// in: the disk is full or read-only, or the file is somebody else's. Look may show
// what is in it.
var ErrUnwritable = errors.New("nothing can be saved there")

// Is lets errors.Is find ErrUnwritable.
func (e *Error) Is(target error) bool {
	return target == ErrUnwritable && !errors.Is(e.cause, ErrDamaged) && unwritable(e.cause)
}

// unwritable reports whether it is writing that failed.
func unwritable(err error) bool {
	for _, refused := range []error{syscall.ENOSPC, syscall.EDQUOT, syscall.EROFS, fs.ErrPermission} {
		if errors.Is(err, refused) {
			return true
		}
	}
	switch code := sqlite.ErrCode(err); code {
	case sqlite.ResultIOErrWrite, sqlite.ResultIOErrFsync, sqlite.ResultIOErrDirFsync, sqlite.ResultIOErrTruncate, sqlite.ResultIOErrDelete,
		sqlite.ResultIOErrSHMOpen, sqlite.ResultIOErrSHMSize, sqlite.ResultIOErrSHMMap:
		return true
	default:
		primary := code.ToPrimary()
		return primary == sqlite.ResultFull || primary == sqlite.ResultReadOnly || primary == sqlite.ResultPerm || primary == sqlite.ResultCantOpen
	}
}

// shownCopy is what a Store knows that shows a copy of a history.
type shownCopy struct {
	mu      sync.Mutex // guards what follows
	copied  files      // as they were before the copy was made
	sum     [sha256.Size]byte
	version int64 // grows with each copy of something else
}

// Look opens a copy in memory of the history in the file at path, for where Open
// fails with ErrUnwritable. Nothing of the file or beside it is changed or made.
// The copy is of one moment, also while others save; DataVersion makes a new one
// when they did. SaveRollUp changes the copy alone, until there is a new one; all
// else that saves fails. Close it when done.
//
// That nothing was ever saved is an error that wraps fs.ErrNotExist, a schema that
// is older than this program's another one; otherwise what OpenReadOnly refuses
// is refused.
func Look(ctx context.Context, path string) (*Store, error) {
	path, err := located(path)
	if err != nil {
		return nil, fileError(err)
	}
	pages, from, err := copyOfAll(ctx, path, copyOnce)
	if err != nil {
		return nil, err
	}
	pool, err := sqlitex.NewPool(newMemory(), sqlitex.PoolOptions{Flags: inMemory, PoolSize: 1, PrepareConn: prepare})
	if err != nil {
		return nil, explain(ctx, openingHistory, path, err)
	}
	s := &Store{path: path, pool: pool, watch: pool, writing: make(chan struct{}, 1), shown: &shownCopy{copied: from, sum: sha256.Sum256(pages), version: 1}}
	if err := s.show(ctx, pages); err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// show makes pages the content of the copy.
func (s *Store) show(ctx context.Context, pages []byte) error {
	return s.use(ctx, s.pool, openingHistory, func(conn *sqlite.Conn) error { return conn.Deserialize("main", pages) })
}

// again makes a new copy if the history was changed since the last one, and returns
// the number of the newest. After an error the old one stays.
func (c *shownCopy) again(ctx context.Context, s *Store) (int64, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if filesOf(s.path).same(c.copied) {
		return c.version, nil
	}
	pages, from, err := copyOfAll(ctx, s.path, copyOnce)
	if err != nil {
		return 0, err
	}
	if sum := sha256.Sum256(pages); sum != c.sum {
		if err := s.show(ctx, pages); err != nil {
			return 0, err
		}
		c.sum = sum
		c.version++
	}
	c.copied = from
	return c.version, nil
}

const (
	// tick is longer than that by which most file systems tell one time from the
	// next, and coarse than that by which any does.
	tick, coarse = 20 * time.Millisecond, 2 * time.Second

	// tries are how often a file is read that is written to meanwhile.
	tries = 50
)

// reader is copyOnce, and what a test puts around it.
type reader func(ctx context.Context, path string) (pages []byte, locked bool, err error)

// copyOfAll returns the content of the history as of one moment, and the files
// that were there before it was read.
//
// Where nobody has the history open, it is read without locks, as those need files
// to be made beside it. Should somebody begin to write just then, what was read
// may be of two moments, and is read again.
func copyOfAll(ctx context.Context, path string, read reader) (pages []byte, from files, err error) {
	for try := 1; ; try++ {
		from = filesOf(path)
		settled, locked := from.settled(tick), false
		if settled || from.indexed || try == tries {
			pages, locked, err = read(ctx, path)
			unchanged := filesOf(path).same(from)
			if !from.settled(coarse) {
				from = files{passing: true} // what is saved at once would not be noticed
			}
			if locked && err == nil || unchanged {
				break
			}
		}
		if try == tries {
			err = &Error{sentence: openingHistory + ": " + path + " is written to all the time", hint: "try again in a moment"}
			break
		}
		select {
		case <-time.After(tick):
		case <-ctx.Done():
			return nil, from, explain(ctx, openingHistory, path, ctx.Err())
		}
	}
	if err != nil {
		return nil, from, err
	}
	const toWrite, toRead = 18, 19 // of the header: 2 is for a log, which memory has not
	pages[toWrite], pages[toRead] = 1, 1
	return pages, from, nil
}

// copyOnce returns the content of the history, and whether it was locked while it
// was read.
func copyOnce(ctx context.Context, path string) (pages []byte, locked bool, err error) {
	s, err := OpenReadOnly(ctx, path)
	if err != nil {
		return nil, false, err
	}
	defer s.Close()
	about, err := s.About(ctx)
	switch {
	case err != nil:
		return nil, s.locked, err
	case about.Format == 0:
		return nil, s.locked, nothingIn(path, "")
	case about.Format < about.Known:
		return nil, s.locked, &Error{
			sentence: fmt.Sprintf("%s: %s is of an older vitals (format %d; this one needs %d), and cannot be brought up to date where nothing can be saved",
				openingHistory, path, about.Format, about.Known),
			hint: "free some space, or see whether you may write there, and start vitals again",
		}
	}
	err = s.read(ctx, openingHistory, func(conn *sqlite.Conn) (err error) {
		pages, err = conn.Serialize("main")
		return err
	})
	return pages, s.locked, err
}

// files are those that a history is made of, nil for one that is not there, and
// whether somebody has the log open.
type files struct {
	history, log, journal fs.FileInfo
	indexed               bool
	passing               bool // the same as none, also as itself
}

func filesOf(path string) files {
	stat := func(ending string) fs.FileInfo {
		info, err := os.Stat(path + ending)
		if err != nil {
			return nil
		}
		return info
	}
	return files{history: stat(""), log: stat(logEnding), journal: stat(journalEnding), indexed: indexed(path)}
}

// same reports whether nothing was written in between.
func (f files) same(other files) bool {
	pairs := [][2]fs.FileInfo{{f.history, other.history}, {f.log, other.log}, {f.journal, other.journal}}
	for _, p := range pairs {
		a, b := p[0], p[1]
		if (a == nil) != (b == nil) {
			return false
		}
		if a != nil && (!os.SameFile(a, b) || a.Size() != b.Size() || !a.ModTime().Equal(b.ModTime())) {
			return false
		}
	}
	return f.indexed == other.indexed && !f.passing && !other.passing
}

// settled reports whether one more write would give other times to the files, where
// these are told apart by so much.
func (f files) settled(apart time.Duration) bool {
	for _, info := range []fs.FileInfo{f.history, f.log, f.journal} {
		if info == nil {
			continue
		}
		if age := time.Since(info.ModTime()); age >= 0 && age < apart {
			return false
		}
	}
	return true
}
