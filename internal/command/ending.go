package command

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"
)

// How long what is under way may take after the program was told to end.
const (
	takingLate = 2 * time.Second // what is printed, to be taken
	endingLate = 5 * time.Second // all the rest, but
	savingLate = 3 * time.Minute // a grant, to be kept; a store command may take a minute, and so may the one that looks
)

// bounded runs the program. Once ctx is done it is waited for, but not for ever:
// it may hang where nothing can interrupt it, as in opening a pipe that nobody
// reads. While a grant is being saved it goes on, and then no other save begins.
// What is saved besides is safe whenever it is cut off.
func bounded(ctx context.Context, saving sync.Locker, run func() int) int {
	ended := make(chan int, 1)
	go func() { ended <- run() }()
	select {
	case code := <-ended:
		return code
	case <-ctx.Done():
	}
	select {
	case code := <-ended:
		return code
	case <-time.After(endingLate):
	}
	saved := make(chan struct{})
	go func() {
		saving.Lock() // for good
		close(saved)
	}()
	select {
	case code := <-ended:
		return code
	case <-saved:
	case <-time.After(savingLate):
	}
	return exitInterrupted
}

// after returns a channel that is closed some time after ctx is done.
func after(ctx context.Context, late time.Duration) <-chan struct{} {
	over := make(chan struct{})
	context.AfterFunc(ctx, func() {
		time.AfterFunc(late, func() { close(over) })
	})
	return over
}

// unpiped is a lock of which the holder is not ended by a pipe that nobody reads
// any more, as Go ends whoever writes to one on standard output or error. What
// cannot be told is lost, then. One at a time holds it.
type unpiped struct {
	sync.Locker
	gone chan os.Signal
}

// Lock implements sync.Locker.
func (u *unpiped) Lock() {
	u.Locker.Lock()
	u.gone = make(chan os.Signal, 1)
	signal.Notify(u.gone, syscall.SIGPIPE) // signal.Ignore would go for commands that are run, too
}

// Unlock implements sync.Locker.
func (u *unpiped) Unlock() {
	signal.Stop(u.gone)
	u.Locker.Unlock()
}
