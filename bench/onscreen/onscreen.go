package onscreen

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
)

// Program is a program that runs on a terminal of its own.
type Program struct {
	cmd     *exec.Cmd
	tty     *os.File    // the terminal's side
	near    *os.File    // the program's side
	before  *term.State // line modes before the program began
	after   *term.State // and when it had ended
	started time.Time

	reaped bool // its process is no more

	mu    sync.Mutex
	vt    vt10x.Terminal
	new   []byte    // what the screen does not show yet
	raw   []byte    // what the program wrote so far
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
	if err := p.start(width, height); err != nil {
		return nil, fmt.Errorf("starting %s: %w", path, err)
	}
	go p.watch()
	return p, nil
}

func (p *Program) start(width, height int) (err error) {
	tty, near, err := pty.Open()
	if err != nil {
		return err
	}
	p.near = near
	if p.tty, err = interruptible(tty); err != nil {
		return err
	}
	if err := p.Resize(width, height); err != nil {
		return err
	}
	if p.before, err = term.GetState(p.near.Fd()); err != nil {
		return err
	}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = p.near, p.near, p.near
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	p.started = time.Now()
	return p.cmd.Start()
}

// interruptible returns a file whose Close ends a Read that waits, which the one
// that pty.Open returns does not.
func interruptible(tty *os.File) (*os.File, error) {
	defer tty.Close()
	fd, err := syscall.Dup(int(tty.Fd()))
	if err != nil {
		return nil, err
	}
	syscall.CloseOnExec(fd)
	err = syscall.SetNonblock(fd, true) // before the file is made, which looks at it
	return os.NewFile(uintptr(fd), tty.Name()), err
}

// Resize gives the terminal another size, which the program is told.
func (p *Program) Resize(width, height int) error {
	p.mu.Lock()
	if width > 0 && height > 0 {
		p.vt.Resize(width, height)
	}
	p.mu.Unlock()
	return pty.Setsize(p.near, &pty.Winsize{Cols: uint16(width), Rows: uint16(height)})
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
		p.raw = append(p.raw, buf[:n]...)
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

// draw brings the screen up to date. Of kitty's way to tell keys, the screen would
// take the end for a move of the cursor.
func (p *Program) draw() {
	p.vt.Write(bytes.ReplaceAll(p.new, []byte("\x1b[<1u"), nil))
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
	return int64(len(p.raw)), p.last
}

// Raw is everything that the program wrote so far.
func (p *Program) Raw() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return string(p.raw)
}

// Restored tells what of the terminal a program that has ended left otherwise
// than it was: line modes, the alternate screen, the cursor, how keys are sent.
func (p *Program) Restored() error {
	if !reflect.DeepEqual(p.after, p.before) {
		return errors.New("the line modes are not what they were")
	}
	raw := p.Raw()
	for _, mode := range []struct{ name, on, off string }{
		{"the alternate screen", "\x1b[?1049h", "\x1b[?1049l"},
		{"a hidden cursor", "\x1b[?25l", "\x1b[?25h"},
		{"bracketed paste", "\x1b[?2004h", "\x1b[?2004l"},
		{"modified keys", "\x1b[>4;2m", "\x1b[>4m"},
		{"kitty's keys", "\x1b[>1u", "\x1b[<1u"},
		{"the mouse", "\x1b[?1000h", "\x1b[?1000l"},
	} {
		if strings.LastIndex(raw, mode.on) > strings.LastIndex(raw, mode.off) {
			return errors.New(mode.name + " is left on")
		}
	}
	return nil
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
		p.reaped = true
	case <-time.After(patience):
		p.Kill()
		return 0, fmt.Errorf("still running after %s; the screen shows\n%s", patience, p.Screen())
	}
	p.after, _ = term.GetState(p.near.Fd()) // nil after a hang-up, as there is no terminal any more
	p.near.Close()
	<-p.ended
	p.tty.Close()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = nil
	}
	return p.cmd.ProcessState.ExitCode(), err
}

// Kill ends a program that still runs, and what it started in its group, at once,
// and takes the terminal from the rest.
func (p *Program) Kill() {
	if p.reaped {
		return
	}
	syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL) // which leads its group
	p.near.Close()
	p.tty.Close()
}

// Signal sends a signal to the program.
func (p *Program) Signal(s os.Signal) error { return p.cmd.Process.Signal(s) }

// HangUp closes the terminal, as a dropped connection does.
func (p *Program) HangUp() error { return p.tty.Close() }
