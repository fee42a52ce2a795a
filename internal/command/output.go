package command

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"sync"
	"time"
)

// Output is a file, a pipe or a terminal to print to. An *os.File is one.
type Output interface {
	io.ReadWriteCloser
	Fd() uintptr
	Name() string
	Stat() (fs.FileInfo, error)
}

// output is an Output that may take nothing for ever, as a pipe that nobody reads
// and a terminal that hangs: a write waits for it until the program is over, and
// no longer.
//
// Pieces go out in the order in which they came, those that nobody waits for any
// more, too. It is safe for concurrent use.
type output struct {
	Output
	over <-chan struct{} // closed some time after the program was told to end

	mu     sync.Mutex
	last   <-chan struct{} // closed when the last piece is taken; nil: there was none
	behind int             // pieces that are not taken yet
	failed error           // the first; cobra's help does not tell when it could not be printed
}

var errNotTaken = errors.New("nobody takes it")

// Write implements io.Writer.
func (o *output) Write(text []byte) (int, error) {
	n, err := o.write(text, nil)
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.failed == nil {
		o.failed = err
	}
	return n, err
}

// write waits until the text is taken, or until impatient says that it may be
// taken later.
func (o *output) write(text []byte, impatient <-chan time.Time) (int, error) {
	const (
		most   = 200                    // pieces that may be taken later
		moment = 100 * time.Millisecond // in which what takes anything takes a piece
	)
	var n int
	var err error
	text = bytes.Clone(text) // afterwards it is the caller's again
	taken := make(chan struct{})
	o.mu.Lock()
	before := o.last
	o.last = taken
	if o.behind++; o.behind > most {
		impatient = nil
	}
	o.mu.Unlock()
	go func() {
		defer close(taken)
		if before != nil {
			<-before
		}
		n, err = o.Output.Write(text)
		o.mu.Lock()
		defer o.mu.Unlock()
		o.behind--
	}()
	select {
	case <-taken:
		return n, err
	case <-impatient:
		return len(text), nil
	case <-o.over:
	}
	late := time.After(moment)
	if before != nil {
		select {
		case <-before:
		case <-late:
			return 0, errNotTaken
		}
	}
	select {
	case <-taken:
		return n, err
	case <-late:
		return 0, errNotTaken
	}
}

// caughtUp waits until all is taken, but not longer than patience, nor when the
// program is over.
func (o *output) caughtUp(patience time.Duration) {
	o.mu.Lock()
	last := o.last
	o.mu.Unlock()
	if last == nil {
		return
	}
	select {
	case <-last:
	case <-o.over:
	case <-time.After(patience):
	}
}

// screen is the output of a program that is to hear keys and signals also while
// the terminal takes nothing.
type screen struct{ *output }

func (e Environment) screen() screen {
	if o, ok := e.Stdout.(*output); ok {
		return screen{o}
	}
	return screen{&output{Output: e.Stdout}}
}

// Write implements io.Writer. As a rule it waits, so that no more frames are drawn
// than a slow link can carry.
func (s screen) Write(text []byte) (int, error) {
	const patience = time.Second
	return s.write(text, time.After(patience))
}

// printed returns the error of a command that ended with err: what could not be
// printed is lost. It closes a file, as some file systems tell only then.
func (o *output) printed(err error) error {
	o.mu.Lock()
	failed := o.failed
	o.mu.Unlock()
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
