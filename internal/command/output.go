package command

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// output is standard output for cobra, whose help does not tell when it could not
// be printed.
type output struct {
	*os.File
	failed error // the first
}

// Write implements io.Writer.
func (o *output) Write(text []byte) (int, error) {
	n, err := o.File.Write(text)
	if o.failed == nil {
		o.failed = err
	}
	return n, err
}

// printed returns the error of a command that ended with err: what could not be
// printed is lost. It closes a file, as some file systems tell only then.
func (o *output) printed(err error) error {
	failed := o.failed
	if info, unknown := o.Stat(); unknown == nil && info.Mode().IsRegular() && failed == nil {
		failed = o.Close()
	}
	at, ours := errors.AsType[*fs.PathError](err)
	switch {
	case ours && at.Path == o.Name():
		failed = at
	case err != nil || failed == nil:
		return err
	}
	if at, ok := errors.AsType[*fs.PathError](failed); ok {
		failed = at.Err
	}
	return failure{code: exitFailed, cause: fmt.Errorf("what was to be printed is cut short: %w", failed),
		hint: "make room, or send it to another place; what vitals keeps is not touched by that"}
}
