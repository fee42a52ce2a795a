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
