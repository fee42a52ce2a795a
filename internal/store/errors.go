package store

import (
	"context"
	"errors"
	"fmt"

	"zombiezen.com/go/sqlite"
)

// Error is a failure to open, read or save the history. Its text is one
// sentence for people.
type Error struct {
	sentence, hint string
	cause          error
}

// Error says what happened.
func (e *Error) Error() string { return e.sentence }

// Hint says in one sentence what to do next.
func (e *Error) Hint() string { return e.hint }

// Unwrap returns what the database or the file system said, or nil.
func (e *Error) Unwrap() error { return e.cause }

func fileError(err error) error {
	return &Error{
		sentence: openingHistory + ": " + err.Error(),
		hint:     "check that you may write there, or name another directory in VITALS_DATA_DIR",
		cause:    err,
	}
}

// explain says in words of people what went wrong at path while doing something.
func explain(ctx context.Context, doing, path string, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%s: %w", doing, ctx.Err())
	}
	if _, explained := errors.AsType[*Error](err); explained {
		return err
	}
	e := &Error{cause: err}
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultCorrupt, sqlite.ResultNotADB:
		e = damaged(path, err)
	case sqlite.ResultFull:
		e.sentence = "no space is left for " + path
		e.hint = "free some space and try again; what was saved before is still there"
	case sqlite.ResultBusy, sqlite.ResultLocked:
		e.sentence = fmt.Sprintf("another program has kept %s locked for %v", path, patience)
		e.hint = "try again in a moment, or end the other program"
	case sqlite.ResultReadOnly, sqlite.ResultPerm, sqlite.ResultAuth, sqlite.ResultCantOpen:
		e.sentence = path + ", or its directory, cannot be opened for writing"
		e.hint = "check whose they are and whether the disk is read-only, or name another directory in VITALS_DATA_DIR"
	case sqlite.ResultIOErr:
		e.sentence = "the disk failed to read or write " + path
		e.hint = "check whether the disk is full or failing, then try again"
	default:
		e.sentence = fmt.Sprintf("%s answered: %v", path, err)
		e.hint = "check the disk, and the file with: sqlite3 vitals.db 'PRAGMA quick_check'"
	}
	e.sentence = doing + ": " + e.sentence
	return e
}

// ErrDamaged is wrapped by the errors of a history that is damaged. The next Open
// repairs it, but for damage that was found by one opened to look at alone.
var ErrDamaged = errors.New("the history is damaged")

const repairsItself = "the next start of vitals repairs it, keeping all that can be read and the damaged file; or bring back a backup: vitals restore FILE"

func damaged(path string, cause error) *Error {
	return &Error{
		sentence: path + " is damaged",
		hint:     repairsItself,
		cause:    errors.Join(ErrDamaged, cause),
	}
}
