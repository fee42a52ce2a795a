package view

import (
	"cmp"
	"fmt"
	"runtime"
	"sync"
)

// Together does all at once, on as many cores as there are, and returns the
// first error of the first that failed. A panic of any is the caller's.
func Together(all ...func() error) error {
	errs, panics := make([]error, len(all)), make([]any, len(all))
	var doing sync.WaitGroup
	for i, do := range all {
		doing.Go(func() {
			defer func() { panics[i] = from(recover()) }()
			errs[i] = do()
		})
	}
	doing.Wait()
	if cause := cmp.Or(panics...); cause != nil {
		panic(cause)
	}
	return cmp.Or(errs...)
}

// elsewhere is what a panic in another goroutine was about.
type elsewhere struct {
	cause any
	calls []uintptr // that led to it
}

// from keeps where a panic came from that was just recovered, if there was one.
func from(cause any) any {
	switch cause.(type) {
	case nil, elsewhere:
		return cause
	}
	calls := make([]uintptr, 64)
	return elsewhere{cause, calls[:runtime.Callers(0, calls)]}
}

func (e elsewhere) String() string { return fmt.Sprint(e.cause) }

// Calls returns the calls that led to the panic, as runtime.Callers does.
func (e elsewhere) Calls() []uintptr { return e.calls }
