package energy

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"

	"zombiezen.com/go/sqlite"
)

// Error is a problem with a meter's database that its owner can do something
// about. Its text is one plain sentence without a trailing period.
type Error struct {
	text, hint string
	cause      error
}

// Error says what is wrong.
func (e *Error) Error() string { return e.text }

// Hint says in one sentence what to do next.
func (e *Error) Hint() string { return e.hint }

// Unwrap returns ErrMapping, or the error that SQLite or the file system gave,
// if any.
func (e *Error) Unwrap() error { return e.cause }

// ErrMapping is wrapped by errors that only another mapping can mend.
var ErrMapping = errors.New("the mapping does not fit the database")

func problem(cause error, hint, format string, args ...any) *Error {
	return &Error{text: printable(fmt.Sprintf(format, args...)), hint: hint, cause: cause}
}

// plain turns what went wrong while reading path into words for its owner.
func plain(ctx context.Context, path string, err error) error {
	var said *Error
	var choice *ChoiceError
	switch {
	case err == nil, errors.As(err, &said), errors.As(err, &choice):
		return err
	case ctx.Err() != nil:
		return fmt.Errorf("reading %s: %w", printable(path), ctx.Err())
	}
	code := sqlite.ErrCode(err)
	switch code {
	case sqlite.ResultReadOnlyCantInit, sqlite.ResultReadOnlyCantLock, sqlite.ResultReadOnlyRecovery:
		code = sqlite.ResultCantOpen
	}
	switch code.ToPrimary() {
	case sqlite.ResultError, sqlite.ResultSchema:
		if code == sqlite.ResultSchema || strings.Contains(err.Error(), "no such table") || strings.Contains(err.Error(), "no such column") {
			return problem(err, "it is looked at again by itself; if it stays so, see vitals energy detect "+shellQuoted(path),
				"the tables of %s changed while they were read", path)
		}
	case sqlite.ResultBusy, sqlite.ResultLocked:
		return problem(err, "try again in a moment; if it stays locked, see which program holds it with: fuser -v "+printable(path),
			"another program keeps %s locked", path)
	case sqlite.ResultNotADB:
		return notSQLite(path, err)
	case sqlite.ResultCorrupt:
		return damaged(path, err)
	case sqlite.ResultReadOnly:
		return problem(err, "open it once with the program that writes it, which then finishes or undoes the change",
			"a program stopped while it was changing %s", path)
	case sqlite.ResultCantOpen, sqlite.ResultPerm, sqlite.ResultAuth:
		return problem(err, permissions(path),
			"%s cannot be opened beside the program that writes it", path)
	}
	return problem(err, "try again; if it stays so, check the disk and the database with: sqlite3 "+printable(path)+" 'PRAGMA quick_check'",
		"reading %s failed: %s", path, code.Message())
}

func damaged(path string, cause error) *Error {
	return problem(cause, "stop the logger and rescue what is left with: sqlite3 "+printable(path)+" .recover",
		"the database %s is damaged", path)
}

func notSQLite(path string, cause error) *Error {
	return problem(cause, "name the file the logger writes; a database encrypted with SQLCipher has to be exported first",
		"%s is not a SQLite database, or it is encrypted", path)
}

// printable drops what cannot be seen from text from outside: control
// characters, and what changes the direction of writing.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return -1
		}
		return r
	}, text)
}
