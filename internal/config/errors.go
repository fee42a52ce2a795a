package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// Error says what is wrong with a configuration file, in one sentence.
type Error struct {
	Path string
	Line int // counted from 1; 0 when the whole file is meant

	problem string
	hint    string
	cause   error
	saving  bool
}

// Saving reports whether the file is in order, and could not be saved.
func (e *Error) Saving() bool { return e.saving }

func (e *Error) Error() string {
	text := e.Path
	if e.Line > 0 {
		text += fmt.Sprintf(" line %d", e.Line)
	}
	return text + ": " + e.problem
}

// Hint returns the next step, in one sentence.
func (e *Error) Hint() string { return e.hint }

// Unwrap returns what the system or a context said, if that is the reason.
func (e *Error) Unwrap() error { return e.cause }

// failed wraps an answer of the system. The path, which the system repeats, is
// said once.
func failed(path, what string, err error) *Error {
	var atPath *fs.PathError
	var atLink *os.LinkError
	switch {
	case errors.As(err, &atPath):
		err = atPath.Err
	case errors.As(err, &atLink):
		err = atLink.Err
	}
	return &Error{Path: path, problem: what + ": " + err.Error(), cause: err,
		hint: "check the path, its permissions and the free space, then try again"}
}

// ShellQuote writes a path so that a shell takes it as one word.
func ShellQuote(path string) string {
	if strings.Trim(path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./-") == "" {
		return path
	}
	return "'" + strings.ReplaceAll(path, "'", `'\''`) + "'"
}
