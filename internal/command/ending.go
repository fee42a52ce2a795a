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
	savingLate = 6 * time.Minute // a grant, to be kept: store command and look at it, lock and command, and both of the first once more, a minute each
)

// bounded runs the program. Once ctx is done it is waited for, but not for ever:
// it may hang where nothing can interrupt it, as in opening a pipe that nobody
// reads. While a grant is being saved it goes on, which waiting tells, and then no
// other save begins. What is saved besides is safe whenever it is cut off.
func bounded(ctx context.Context, saving *saves, waiting func(), run func() int) int {
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
	saved, idle := saving.end()
	if idle {
		return exitInterrupted
	}
	go waiting()
	select {
	case code := <-ended:
		return code
	case <-saved:
	case <-time.After(savingLate):
		return exitInterrupted
	}
	select {
	case <-ended:
	case <-time.After(takingLate): // what came of it, to be told
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

// saves are the savings of a grant that are under way: several, or one within
// another. Meanwhile a pipe that nobody reads any more does not end the program, as
// Go has it for whoever writes to one on standard output or error: what cannot be
// told is lost, then.
type saves struct {
	mu       sync.Mutex
	underWay int
	over     chan struct{} // closed when the last one is done; nil: the program is not ending
	gone     chan os.Signal
}

// Lock implements sync.Locker: a save begins. It never does once the program is
// ending and no other is under way.
func (s *saves) Lock() {
	s.mu.Lock()
	if s.over != nil && s.underWay == 0 {
		s.mu.Unlock()
		select {}
	}
	defer s.mu.Unlock()
	if s.underWay++; s.underWay == 1 {
		s.gone = make(chan os.Signal, 1)
		signal.Notify(s.gone, syscall.SIGPIPE) // signal.Ignore would go for commands that are run, too
	}
}

// Unlock implements sync.Locker: a save is done.
func (s *saves) Unlock() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.underWay--; s.underWay > 0 {
		return
	}
	signal.Stop(s.gone)
	if s.over != nil {
		close(s.over)
	}
}

// end returns a channel that is closed when the last one is done, and whether none
// is under way. It is called once.
func (s *saves) end() (over <-chan struct{}, idle bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.over = make(chan struct{})
	return s.over, s.underWay == 0
}
