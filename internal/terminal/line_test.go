package terminal

import (
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/creack/pty"
)

func TestLineIsShownOnATerminalOnly(t *testing.T) {
	plain, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	defer plain.Close()
	for _, c := range []struct{ kind, want string }{
		{"xterm", "\r\x1b[Kfetching weight\r\x1b[Kend"}, {"dumb", "end"}, {"", "end"},
	} {
		get := env{"TERM": c.kind}.get
		Line(get, plain)("fetching")
		Line(get, io.Discard)("fetching")
		far, near, err := pty.Open()
		if err != nil {
			t.Fatal(err)
		}
		show := Line(get, near)
		show("fetching \x1b[2Jweight")
		show("")
		io.WriteString(near, "end")
		got := make([]byte, 100)
		n, err := far.Read(got)
		for err == nil && n < len(c.want) {
			var more int
			more, err = far.Read(got[n:])
			n += more
		}
		if string(got[:n]) != c.want || err != nil {
			t.Errorf("TERM=%s: %q, %v, want %q", c.kind, got[:n], err, c.want)
		}
		near.Close()
		far.Close()
	}
	if text, err := os.ReadFile(plain.Name()); err != nil || len(text) != 0 {
		t.Errorf("a log holds %q, %v", text, err)
	}
}

// A line that went on into the next could not be cleared.
func TestLineIsNoWiderThanTheTerminal(t *testing.T) {
	far, near, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	defer far.Close()
	defer near.Close()
	if err := pty.Setsize(near, &pty.Winsize{Rows: 24, Cols: 20}); err != nil {
		t.Fatal(err)
	}
	Line(env{"TERM": "xterm"}.get, near)("fetching · ünïcödé things for long")
	const want = "\r\x1b[Kfetching - ünïcödé "
	got := make([]byte, len(want)+10)
	if n, err := far.Read(got); string(got[:n]) != want {
		t.Errorf("%q, %v, want %q", got[:n], err, want)
	}
}
