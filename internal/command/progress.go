package command

import (
	"sync"

	"vitals/internal/refresh"
	"vitals/internal/terminal"
)

// progress shows on a line of the terminal that messages go to how far work has
// come that is counted in units, once it has taken a second, until end is
// called. Elsewhere nothing is shown. Tell may be called by several goroutines.
func (e Environment) progress(doing, units string) (tell func(done, total int64), end func()) {
	line := terminal.Line(e.Getenv, e.Stderr)
	words := refresh.NewProgress(doing, units, e.Now)
	var mu sync.Mutex
	shown := false
	tell = func(done, total int64) {
		if text, ok := words.Words(done, total); ok {
			mu.Lock()
			defer mu.Unlock()
			shown = true
			line(text)
		}
	}
	return tell, func() {
		mu.Lock()
		defer mu.Unlock()
		if shown {
			line("")
		}
	}
}
