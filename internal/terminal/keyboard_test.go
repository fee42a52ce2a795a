package terminal

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/term"
	"github.com/creack/pty"
)

func nothingPasted([]byte) bool { return false }

func TestPastedTextIsMarked(t *testing.T) {
	in, out, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	defer out.Close()
	now := time.Unix(1000, 0)
	k := NewKeyboard(in, func() time.Time { return now }, func(letters []byte) bool { return len(letters) > 3 && letters[0] != '/' })
	long := strings.Repeat("a", 300)
	for _, step := range []struct {
		after  time.Duration
		keys   string
		marked bool
	}{
		{0, "q", false},
		{time.Millisecond, "2", false}, // a machine presses keys, one by one
		{time.Second, "2hc", false},
		{time.Second, "quit", true},
		{29 * time.Millisecond, "q", true}, // the rest of it
		{29 * time.Millisecond, "2", true},
		{30 * time.Millisecond, "q", false},
		{time.Second, "/2024-03-01\r", false},
		{time.Millisecond, "q", false},
		{time.Second, "\x1b[C\x1b[C\x1b[C", false},
		{time.Second, "é–", true},
		{time.Second, long, true},
		{time.Millisecond, "q", true},
		{30 * time.Millisecond, "q", false},
		{time.Second, long, true},
		{time.Millisecond, "\x1b[C", false},
		{31 * time.Millisecond, "q", false},
		{time.Second, "\x1b[200~quit", false},
	} {
		now = now.Add(step.after)
		if _, err := out.WriteString(step.keys); err != nil {
			t.Fatal(err)
		}
		want := step.keys
		if step.marked {
			want = "\x1b[200~" + want + "\x1b[201~"
		}
		buf := make([]byte, 400)
		if n, err := k.Read(buf); err != nil || string(buf[:n]) != want {
			t.Fatalf("%q: read %q, %v", step.keys, buf[:n], err)
		}
	}
	for size, text := range map[int]string{1: "q", 12: "quite long"} { // a buffer without room for marks
		if _, err := out.WriteString(text); err != nil {
			t.Fatal(err)
		}
		now = now.Add(time.Second)
		if n, err := k.Read(make([]byte, size)); err != nil || n != len(text) {
			t.Errorf("into %d bytes: %d, %v", size, n, err)
		}
	}
	full := strings.Repeat("b", 100)
	out.WriteString(full)
	now = now.Add(time.Second)
	var all []byte
	for len(all) < 100+2*24 { // in pieces, each of which has room for its marks
		buf := make([]byte, 62)
		n, err := k.Read(buf)
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			break
		}
		all = append(all, buf[:n]...)
		if strings.Count(string(all), "b") == 100 {
			break
		}
	}
	if got := strings.Count(string(all), "b"); got != 100 || strings.Count(string(all), pasteBegins) != strings.Count(string(all), pasteEnds) {
		t.Errorf("read %q", all)
	}
}

// Text that the terminal marks is passed on as it came, whatever it was cut into.
func TestAMarkedPasteInPieces(t *testing.T) {
	const marked, unmarked = pasteBegins, pasteEnds
	long := strings.Repeat("quite long ", 40)
	for _, c := range []struct {
		pieces []string
		after  string // what text is read as that comes afterwards
	}{
		{[]string{marked + "some text ", "that is pasted over ", "ssh q" + unmarked}, marked + "text" + unmarked},
		{[]string{marked + long, long, "h2" + unmarked}, marked + "text" + unmarked},
		{[]string{marked[:4], marked[4:] + "some", " more text" + unmarked[:5], unmarked[5:]}, marked + "text" + unmarked},
		{[]string{marked + "a", "\x1b", "[20", "1", "~"}, marked + "text" + unmarked},
		{[]string{marked + "a" + unmarked + marked + "b", "some text"}, "text"},
		{[]string{marked + "a" + unmarked + "2", marked + "some text"}, "text"},
	} {
		far, near := rawTerminal(t)
		now := time.Unix(1000, 0)
		k := NewKeyboard(near, func() time.Time { return now }, func(letters []byte) bool { return len(letters) > 3 })
		read := func(text string) string {
			t.Helper()
			now = now.Add(time.Second)
			if _, err := far.WriteString(text); err != nil {
				t.Fatal(err)
			}
			buf := make([]byte, 4096)
			n, err := k.Read(buf)
			if err != nil {
				t.Fatal(err)
			}
			return string(buf[:n])
		}
		for _, piece := range c.pieces {
			if got := read(piece); got != piece {
				t.Errorf("%q of %q is read as %q", piece, c.pieces, got)
			}
		}
		if got := read("text"); got != c.after {
			t.Errorf("after %q, text is read as %q", c.pieces, got)
		}
	}
}

// rawTerminal is a terminal that passes on each key at once, from its far side
// to its near one.
func rawTerminal(t *testing.T) (far, near *os.File) {
	t.Helper()
	far, near, err := pty.Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		far.Close()
		near.Close()
	})
	if _, err := term.MakeRaw(near.Fd()); err != nil {
		t.Fatal(err)
	}
	return far, near
}

func TestKeyboardKnowsALoneEscape(t *testing.T) {
	for _, c := range []struct{ typed, want string }{
		{"\x1b", "\x1b[27u"},
		{"\x1b[D", "\x1b[D"}, {"\x1b[200~pasted\x1b[201~", "\x1b[200~pasted\x1b[201~"},
		{"\x1bx", "\x1bx"}, {"x", "x"}, {"x\x1b", "x\x1b"}, {"\x1b\x1b", "\x1b\x1b"},
	} {
		far, near := rawTerminal(t)
		if _, err := far.WriteString(c.typed); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 64)
		if n, err := NewKeyboard(near, time.Now, nothingPasted).Read(got); err != nil || string(got[:n]) != c.want {
			t.Errorf("%q is read as %q (%v), want %q", c.typed, got[:n], err, c.want)
		}
	}
}

// What is too short for the other name of the key gets its own.
func TestKeyboardFitsAnyRoom(t *testing.T) {
	far, near := rawTerminal(t)
	if _, err := far.WriteString("\x1b"); err != nil {
		t.Fatal(err)
	}
	got := make([]byte, 4)
	if n, err := NewKeyboard(near, time.Now, nothingPasted).Read(got); err != nil || string(got[:n]) != "\x1b" {
		t.Errorf("read %q (%v), want a lone escape", got[:n], err)
	}
}
