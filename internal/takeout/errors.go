package takeout

import (
	"errors"
	"fmt"
	"strings"

	"vitals/internal/health"
)

// Error is a problem with a file that its owner can do something about. Its
// text is one plain sentence without a trailing period.
type Error struct {
	text, hint string
	cause      error
}

// Error says what is wrong.
func (e *Error) Error() string { return e.text }

// Hint says in one sentence what to do next.
func (e *Error) Hint() string { return e.hint }

// Unwrap returns what lies behind it, or nil.
func (e *Error) Unwrap() error { return e.cause }

func problem(hint, format string, args ...any) error {
	err := fmt.Errorf(format, args...)
	return &Error{text: printable(err.Error(), 300), hint: hint, cause: errors.Unwrap(err)}
}

// asking is a problem that a flag would solve.
type asking struct{ text, flag string }

// Error implements error.
func (a *asking) Error() string { return a.text }

func ask(flag, format string, args ...any) error {
	return &asking{printable(fmt.Sprintf(format, args...), 300), flag}
}

// errTooMuch is that something inside a file is longer than anything real.
var errTooMuch = errors.New("it holds more than any real file does")

// printable is health.Printable, with a blank where a line ends or a column: names
// of sources are kept like that.
func printable(text string, limit int) string {
	return health.Printable(strings.NewReplacer("\t", " ", "\n", " ").Replace(text), limit)
}
