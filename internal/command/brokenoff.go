package command

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"vitals/internal/config"
	"vitals/internal/terminal"
)

// brokenOff is the error of a panic, in one line: what happened, and where.
func brokenOff(cause any) error {
	const most = 200 // cells of a message that may hold anything
	text := ansi.Truncate(terminal.Clean(message(cause)), most, "")
	return failure{code: exitFailed, cause: fmt.Errorf("vitals broke off: %s, in %s", text, place(cause)),
		hint: "this is a bug in vitals, nothing that you did; what is stored is safe"}
}

// message is what a panic says. A library may show what it was working on.
func message(cause any) string {
	switch cause.(type) {
	case error, string, fmt.Stringer:
	default: // its fields may be anything
		return fmt.Sprintf("a %T", cause)
	}
	text := fmt.Sprint(cause)
	if config.HasKnownSecret(text) {
		return "(hidden)"
	}
	return text
}

// place is the function of ours that panicked. It is to be called before the
// stack is unwound. A panic in another goroutine tells the calls there.
func place(cause any) string {
	calls := make([]uintptr, 64)
	calls = calls[:runtime.Callers(0, calls)]
	if elsewhere, ok := cause.(interface{ Calls() []uintptr }); ok {
		calls = elsewhere.Calls()
	}
	frames := runtime.CallersFrames(calls)
	panicked := false
	for {
		frame, more := frames.Next()
		panicked = panicked || frame.Function == "runtime.gopanic"
		if name, ours := strings.CutPrefix(frame.Function, "vitals/"); ours && panicked {
			return fmt.Sprintf("%s (%s:%d)", name, filepath.Base(frame.File), frame.Line)
		}
		if !more {
			return "a part of it that is not known"
		}
	}
}

// firstPanic keeps the first panic of a program on screen, and ends it: the
// terminal has to be restored and the store closed. It is safe for concurrent
// use.
type firstPanic struct {
	end func() // nil while there is nothing to end

	mu  sync.Mutex
	err error // nil: there was none
}

// catch is to be deferred.
func (f *firstPanic) catch() {
	if cause := recover(); cause != nil {
		f.note(cause)
	}
}

// note takes in what was recovered.
func (f *firstPanic) note(cause any) { f.stop(brokenOff(cause)) }

// stop ends the program for a reason.
func (f *firstPanic) stop(err error) {
	f.mu.Lock()
	if f.err == nil {
		f.err = err
	}
	f.mu.Unlock()
	if f.end != nil {
		f.end()
	}
}

func (f *firstPanic) found() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.err
}

// guarded is a model whose panics are caught. Bubble Tea would restore the
// terminal, too, but print the whole stack.
type guarded struct {
	tea.Model
	*firstPanic
}

// Init implements tea.Model.
func (g guarded) Init() tea.Cmd {
	defer g.catch()
	return g.command(g.Model.Init())
}

// Update implements tea.Model.
func (g guarded) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmd tea.Cmd
	func() {
		defer g.catch()
		_, cmd = g.Model.Update(msg)
	}()
	return g, g.command(cmd) // the program needs a model, come what may
}

// View implements tea.Model.
func (g guarded) View() tea.View {
	defer g.catch()
	return g.Model.View()
}

// command catches panics of a command, and of those of a batch that it brings; a
// sequence's are Bubble Tea's own to run.
func (g guarded) command(cmd tea.Cmd) tea.Cmd {
	if cmd == nil {
		return nil
	}
	return func() tea.Msg {
		defer g.catch()
		msg := cmd()
		if batch, ok := msg.(tea.BatchMsg); ok {
			for i, cmd := range batch {
				batch[i] = g.command(cmd)
			}
		}
		return msg
	}
}
