package terminal

import (
	"testing"

	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
)

func TestKeyboardKnowsALoneEscape(t *testing.T) {
	for _, c := range []struct{ typed, want string }{
		{"\x1b", "\x1b[27u"},
		{"\x1b[D", "\x1b[D"}, {"\x1b[200~pasted\x1b[201~", "\x1b[200~pasted\x1b[201~"},
		{"\x1bx", "\x1bx"}, {"x", "x"}, {"x\x1b", "x\x1b"}, {"\x1b\x1b", "\x1b\x1b"},
	} {
		far, near, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		defer far.Close()
		defer near.Close()
		if _, err := term.MakeRaw(near.Fd()); err != nil {
			t.Fatal(err)
		}
		if _, err := far.WriteString(c.typed); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 64)
		if n, err := (Keyboard{near}).Read(got); err != nil || string(got[:n]) != c.want {
			t.Errorf("%q is read as %q (%v), want %q", c.typed, got[:n], err, c.want)
		}
	}
}

// What is too short for the other name of the key gets its own.
func TestKeyboardFitsAnyRoom(t *testing.T) {
	far, near, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	defer near.Close()
	if _, err := term.MakeRaw(near.Fd()); err != nil {
		t.Fatal(err)
	}
	if _, err := far.WriteString("\x1b"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 4)
	if n, err := (Keyboard{near}).Read(got); err != nil || string(got[:n]) != "\x1b" {
		t.Errorf("read %q (%v), want a lone escape", got[:n], err)
	}
}
