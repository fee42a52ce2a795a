package config

import (
	"io"
	"sync"
	"time"
)

// aside passes texts on to who may take nothing for ever, as a pipe that nobody reads,
// without waiting for that. It is safe for concurrent use.
type aside struct {
	mu      sync.Mutex
	waiting string        // what is not passed on yet
	passing chan struct{} // closed when all is; nil: nothing waits
}

// say passes on a text, or drops it where too much is waiting.
func (a *aside) say(to io.Writer, text string) {
	const most = 1 << 20 // bytes
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.waiting)+len(text) > most {
		return
	}
	a.waiting += text
	if a.passing == nil {
		a.passing = make(chan struct{})
		go a.pass(to)
	}
}

func (a *aside) pass(to io.Writer) {
	for {
		a.mu.Lock()
		text := a.waiting
		if a.waiting = ""; text == "" {
			close(a.passing)
			a.passing = nil
			a.mu.Unlock()
			return
		}
		a.mu.Unlock()
		_, _ = io.WriteString(to, text) // what cannot be told is lost
	}
}

// wait waits until all is passed on, but not for ever.
func (a *aside) wait() {
	const patience = time.Second
	a.mu.Lock()
	passing := a.passing
	a.mu.Unlock()
	if passing == nil {
		return
	}
	select {
	case <-passing:
	case <-time.After(patience):
	}
}
