// Package onscreen runs a program on a pseudo-terminal, presses its keys, and
// reads its screen: for tests and measurements of the real binary.
package onscreen

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
)

// Program is a program that runs on a terminal of its own.
type Program struct {
	cmd     *exec.Cmd
	tty     *os.File
	started time.Time

	mu    sync.Mutex
	vt    vt10x.Terminal
	new   []byte    // what the screen does not show yet
	sent  int64     // bytes that the program wrote so far
	last  time.Time // when it last did
	ended chan struct{}
}

// Start runs a program on a terminal of the given size; a terminal of 0 by 0
// does not know its size, and has 80 by 24. Env is the program's whole
// environment; TERM is xterm-256color where env names no other.
func Start(width, height int, dir string, env []string, path string, args ...string) (*Program, error) {
	screen := vt10x.New(vt10x.WithSize(cmp.Or(width, 80), cmp.Or(height, 24)))
	p := &Program{cmd: exec.Command(path, args...), vt: screen, ended: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.Env = append([]string{"TERM=xterm-256color"}, env...)
	p.started = time.Now()
	tty, err := pty.StartWithSize(p.cmd, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)})
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", path, err)
	}
	p.tty = tty
	go p.watch()
	return p, nil
}

// watch takes in what the program writes. It only notes when that came: the
// screen takes longer to draw than the program to write the next.
func (p *Program) watch() {
	defer close(p.ended)
	buf := make([]byte, 64<<10)
	for {
		n, err := p.tty.Read(buf)
		at := time.Now()
		p.mu.Lock()
		p.new = append(p.new, buf[:n]...)
		p.sent += int64(n)
		p.last = at
		p.mu.Unlock()
		if bytes.Contains(buf[:n], []byte("\x1b[c")) { // who are you? nobody special
			p.tty.WriteString("\x1b[?62c")
		}
		if err != nil {
			return
		}
	}
}

// draw brings the screen up to date.
func (p *Program) draw() {
	p.vt.Write(p.new)
	p.new = p.new[:0]
}

// Screen is what the terminal shows, without blanks at the ends of lines.
func (p *Program) Screen() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.draw()
	lines := strings.Split(p.vt.String(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n")
}

// Coloured reports whether the terminal shows any colour but its own.
func (p *Program) Coloured() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.draw()
	width, height := p.vt.Size()
	for y := range height {
		for x := range width {
			if cell := p.vt.Cell(x, y); cell.FG != vt10x.DefaultFG && cell.FG != vt10x.DefaultBG {
				return true
			}
		}
	}
	return false
}

// Sent is how many bytes the program wrote so far, and when it last did.
func (p *Program) Sent() (bytes int64, last time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.sent, p.last
}

// ID is the number of the program's process.
func (p *Program) ID() int { return p.cmd.Process.Pid }

// WaitFor waits until the screen shows a text and returns how long after its
// start the program had shown it.
func (p *Program) WaitFor(text string, patience time.Duration) (time.Duration, error) {
	deadline := time.Now().Add(patience)
	for {
		if strings.Contains(p.Screen(), text) {
			_, last := p.Sent()
			return last.Sub(p.started), nil
		}
		if time.Now().After(deadline) {
			return 0, fmt.Errorf("%q did not appear within %s; the screen shows\n%s", text, patience, p.Screen())
		}
		time.Sleep(time.Millisecond)
	}
}

// Type sends keys as a terminal does.
func (p *Program) Type(keys string) error {
	_, err := p.tty.WriteString(keys)
	return err
}

// Paste sends text as a terminal that marks pastes does.
func (p *Program) Paste(text string) error { return p.Type("\x1b[200~" + text + "\x1b[201~") }

// Settle waits until the program has written nothing for the given time.
func (p *Program) Settle(quiet time.Duration) {
	for {
		_, last := p.Sent()
		left := quiet - time.Since(last)
		if left <= 0 {
			return
		}
		time.Sleep(left)
	}
}

// Wait waits for the program to end and returns its exit code.
func (p *Program) Wait(patience time.Duration) (code int, err error) {
	done := make(chan error, 1)
	go func() { done <- p.cmd.Wait() }()
	select {
	case err = <-done:
	case <-time.After(patience):
		p.cmd.Process.Kill()
		return 0, fmt.Errorf("still running after %s; the screen shows\n%s", patience, p.Screen())
	}
	p.tty.Close()
	<-p.ended
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = nil
	}
	return p.cmd.ProcessState.ExitCode(), err
}

// Signal sends a signal to the program.
func (p *Program) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// HangUp closes the terminal, as a dropped connection does.
func (p *Program) HangUp() error { return p.tty.Close() }
