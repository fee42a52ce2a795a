package terminal

import (
	"os"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/creack/pty"
)

type env map[string]string

func (e env) get(name string) string { return e[name] }

// openTerminal returns the user's side of a pseudo terminal of a size.
func openTerminal(t *testing.T, columns, rows uint16) *os.File {
	t.Helper()
	far, near, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		near.Close()
		far.Close()
	})
	if err := pty.Setsize(near, &pty.Winsize{Cols: columns, Rows: rows}); err != nil {
		t.Fatal(err)
	}
	return near
}

func openNull(t *testing.T) *os.File {
	t.Helper()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { null.Close() })
	return null
}

func TestInteractive(t *testing.T) {
	tty, null := openTerminal(t, 80, 24), openNull(t)
	for _, test := range []struct {
		name          string
		env           env
		stdin, stdout *os.File
		plain, want   bool
	}{
		{"a terminal", env{"TERM": "xterm"}, tty, tty, false, true},
		{"no accessibility", env{"TERM": "xterm", "ACCESSIBLE": "0"}, tty, tty, false, true},
		{"--plain", env{"TERM": "xterm"}, tty, tty, true, false},
		{"stdin elsewhere", env{"TERM": "xterm"}, null, tty, false, false},
		{"stdout elsewhere", env{"TERM": "xterm"}, tty, null, false, false},
		{"dumb", env{"TERM": "dumb"}, tty, tty, false, false},
		{"no TERM", nil, tty, tty, false, false},
		{"accessible", env{"TERM": "xterm", "ACCESSIBLE": "1"}, tty, tty, false, false},
		{"accessible by any word", env{"TERM": "xterm", "ACCESSIBLE": "yes"}, tty, tty, false, false},
	} {
		if got := Look(test.env.get, test.stdin, test.stdout).Interactive(test.plain); got != test.want {
			t.Errorf("%s: got %v", test.name, got)
		}
	}
}

func TestSize(t *testing.T) {
	for _, test := range []struct {
		name          string
		stdout        *os.File
		env           env
		width, height int
		told          bool
	}{
		{"known", openTerminal(t, 132, 43), env{"COLUMNS": "1", "LINES": "1"}, 132, 43, true},
		{"0x0", openTerminal(t, 0, 0), nil, 80, 24, false},
		{"0x0, variables", openTerminal(t, 0, 0), env{"COLUMNS": "100", "LINES": "30"}, 100, 30, false},
		{"no terminal", openNull(t), env{"COLUMNS": "100"}, 100, 24, false},
		{"nonsense", openNull(t), env{"COLUMNS": "-1", "LINES": "99999999"}, 80, 24, false},
	} {
		f := Look(test.env.get, test.stdout, test.stdout)
		if f.Width != test.width || f.Height != test.height || f.Sized != test.told {
			t.Errorf("%s: got %dx%d, told: %v, want %dx%d", test.name, f.Width, f.Height, f.Sized, test.width, test.height)
		}
	}
}

func TestColour(t *testing.T) {
	tty, null := openTerminal(t, 80, 24), openNull(t)
	for _, test := range []struct {
		name   string
		stdout *os.File
		env    env
		want   colorprofile.Profile
	}{
		{"256", tty, env{"TERM": "xterm-256color"}, colorprofile.ANSI256},
		{"24 bit", tty, env{"TERM": "xterm-256color", "COLORTERM": "truecolor"}, colorprofile.TrueColor},
		{"NO_COLOR true", tty, env{"TERM": "xterm-256color", "NO_COLOR": "1"}, colorprofile.ASCII},
		{"NO_COLOR yes", tty, env{"TERM": "xterm-256color", "NO_COLOR": "yes"}, colorprofile.ASCII},
		{"NO_COLOR 0", tty, env{"TERM": "xterm-256color", "NO_COLOR": "0", "CLICOLOR_FORCE": "1"}, colorprofile.ASCII},
		{"NO_COLOR empty", tty, env{"TERM": "xterm-256color", "NO_COLOR": ""}, colorprofile.ANSI256},
		{"tmux", tty, env{"TERM": "tmux-256color", "TMUX": "/nonexistent,1,0"}, colorprofile.ANSI256},
		{"dumb", tty, env{"TERM": "dumb"}, colorprofile.NoTTY},
		{"a pipe", null, env{"TERM": "xterm-256color"}, colorprofile.NoTTY},
		{"a pipe, NO_COLOR", null, env{"TERM": "xterm-256color", "NO_COLOR": "x"}, colorprofile.NoTTY},
		{"a pipe, forced", null, env{"TERM": "xterm-256color", "CLICOLOR_FORCE": "1"}, colorprofile.ANSI256},
	} {
		if got := Look(test.env.get, test.stdout, test.stdout).Colour; got != test.want {
			t.Errorf("%s: got %v, want %v", test.name, got, test.want)
		}
	}
}

func TestUTF8(t *testing.T) {
	for _, test := range []struct {
		env     env
		want    bool
		decides string
	}{
		{nil, false, ""},
		{env{"LANG": "en_GB.UTF-8"}, true, "LANG"},
		{env{"LANG": "en_GB.utf8"}, true, "LANG"},
		{env{"LANG": "C.UTF-8", "LC_ALL": "C"}, false, "LC_ALL"},
		{env{"LANG": "C", "LC_CTYPE": "UTF-8"}, true, "LC_CTYPE"},
		{env{"LANG": "en_GB.UTF-8", "LC_CTYPE": "POSIX"}, false, "LC_CTYPE"},
		{env{"LC_ALL": "de_DE.UTF-8@euro", "LC_CTYPE": "C"}, true, "LC_ALL"},
		{env{"LANG": "en_GB.ISO-8859-1"}, false, "LANG"},
		{env{"LANG": "C.UTF-8", "TERM": "linux"}, false, "LANG"},
	} {
		got := Look(test.env.get, os.Stdin, os.Stdout)
		if got.UTF8 != test.want || got.Locale != (Variable{test.decides, test.env[test.decides]}) {
			t.Errorf("%v: got %v by %v", test.env, got.UTF8, got.Locale)
		}
	}
}

func TestWhatLiesBetween(t *testing.T) {
	for _, test := range []struct {
		env  env
		want Multiplexer
	}{
		{nil, NoMultiplexer},
		{env{"TMUX": "/tmp/tmux-1000/default,1,0", "TERM": "screen"}, Tmux},
		{env{"TERM": "tmux-256color"}, Tmux},
		{env{"TERM": "screen-256color"}, Tmux},
		{env{"TERM": "screen.xterm-256color"}, Screen},
		{env{"TERM": "screen", "STY": "1.pts-0.box"}, Screen},
	} {
		if got := Look(test.env.get, os.Stdin, os.Stdout).Multiplexer; got != test.want {
			t.Errorf("%v: got %q", test.env, got)
		}
	}
}
