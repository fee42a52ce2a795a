package meterserver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode"

	"vitals/internal/energy"
	"vitals/internal/postgres"

	"zombiezen.com/go/sqlite"
)

// Error is a problem that somebody can do something about. Its text is one plain
// sentence without a trailing period and without anything secret.
type Error struct {
	text, hint string
	cause      error
}

// Error says what is wrong.
func (e *Error) Error() string { return e.text }

// Hint says in one sentence what to do next.
func (e *Error) Hint() string { return e.hint }

// Unwrap returns ErrUnsaved, energy.ErrMapping, or what a library said, if any.
func (e *Error) Unwrap() error { return e.cause }

// ErrUnsaved is wrapped by errors of the disk that the copy is on.
var ErrUnsaved = errors.New("the copy cannot be saved")

func problem(cause error, hint, format string, args ...any) *Error {
	return &Error{text: printable(fmt.Sprintf(format, args...)), hint: printable(hint), cause: cause}
}

// errSlow ends a question that the server does not answer.
var errSlow = errors.New("no answer")

// answerWithin is for how long an answer of the server is waited for.
const answerWithin = 30 * time.Second

// plain turns what went wrong into words for its owner; path is the copy's.
func (m *Meter) plain(ctx context.Context, err error) error {
	if err == nil || errors.Is(err, ctx.Err()) {
		return err
	}
	if ctx.Err() != nil { // whatever was interrupted by it
		return fmt.Errorf("reading the database %s: %w", m.at, ctx.Err())
	}
	if errors.Is(err, errSlow) {
		return problem(err, "check the network, and whether the server is busy", "the server of the database %s does not answer in time", m.at)
	}
	if postgres.Code(err) == postgres.Cancelled {
		return problem(err, "name the table with the readings as table in [energy], and give it an index on its time", "it takes the server of the database %s more than %v to find rows", m.at, answerWithin)
	}
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	code := sqlite.ErrCode(err)
	if code == sqlite.ResultError && !m.aboutCopy(err) { // the server's, or about what it is to be read as
		return err
	}
	switch code.ToPrimary() {
	case sqlite.ResultError:
		return problem(err, "try again; if it stays so, see whose the folder of vitals.db is", "the copy of the database %s cannot be read", m.at)
	case sqlite.ResultBusy, sqlite.ResultLocked:
		return problem(err, "try again in a moment", "another vitals keeps the copy of the database %s locked", m.at)
	case sqlite.ResultFull:
		return problem(errors.Join(ErrUnsaved, err), "free some space, or set VITALS_DATA_DIR to a folder on another disk", "there is no space left for the copy of the database %s", m.at)
	}
	return problem(errors.Join(ErrUnsaved, err), "see whether its disk is read-only or full, and whose the folder of vitals.db is",
		"the copy of the database %s cannot be saved or read: %s", m.at, code.Message())
}

// aboutCopy reports whether an error of package energy names the copy, whose path
// means nothing to anybody.
func (m *Meter) aboutCopy(err error) bool {
	said, ok := errors.AsType[*energy.Error](err)
	return ok && strings.Contains(said.Error()+said.Hint(), m.path)
}

// spoilt reports whether a copy that is made anew is what an error calls for.
func (m *Meter) spoilt(err error) bool {
	return spoilt(err) || sqlite.ErrCode(err) == sqlite.ResultError && m.aboutCopy(err)
}

// spoilt reports whether an error says that the copy is damaged, or none at all.
func spoilt(err error) bool {
	code := sqlite.ErrCode(err).ToPrimary()
	return code == sqlite.ResultCorrupt || code == sqlite.ResultNotADB
}

// printable drops what cannot be seen from text from outside.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
}
