package terminal

import (
	"encoding/base64"
	"strings"
	"testing"
)

func TestPrintForCopy(t *testing.T) {
	var out strings.Builder
	address := "https://accounts.example/auth?" + strings.Repeat("scope=%20x&", 60)
	if err := PrintForCopy(&out, address); err != nil {
		t.Fatal(err)
	}
	if want := "\n" + address + "\n\n"; out.String() != want {
		t.Errorf("got %q, want %q", out.String(), want)
	}
}

func TestClipboardSequence(t *testing.T) {
	text := "https://accounts.example/?" + strings.Repeat("a", 500)
	bare := "\x1b]52;c;" + base64.StdEncoding.EncodeToString([]byte(text)) + "\x07"
	for _, m := range []Multiplexer{NoMultiplexer, Tmux} {
		if got := (Facts{Multiplexer: m}).ClipboardSequence(text); got != bare {
			t.Errorf("%q: got %q, want %q", m, got, bare)
		}
	}
	wrapped := Facts{Multiplexer: Screen}.ClipboardSequence(text)
	var unwrapped strings.Builder
	for _, piece := range strings.SplitAfter(wrapped, "\x1b\\") {
		if len(piece) > 256 {
			t.Errorf("a piece of %d bytes", len(piece))
		}
		unwrapped.WriteString(strings.TrimSuffix(strings.TrimPrefix(piece, "\x1bP"), "\x1b\\"))
	}
	if unwrapped.String() != bare {
		t.Errorf("screen: got %q", wrapped)
	}
}

func TestClipboardNote(t *testing.T) {
	notes, advised := map[string]bool{}, map[string]bool{}
	for _, m := range []Multiplexer{NoMultiplexer, Tmux, Screen} {
		note := Facts{Multiplexer: m}.ClipboardNote()
		notes[note] = true
		if advice := (Facts{Multiplexer: m}).ClipboardAdvice(); !strings.Contains(advice, string(m)) || advised[advice] {
			t.Errorf("%q: advice %q", m, advice)
		} else {
			advised[advice] = true
		}
		if !strings.HasPrefix(note, "copy sent; if nothing arrives") || !strings.Contains(note, string(m)) {
			t.Errorf("%q: got %q", m, note)
		}
	}
	if len(notes) != 3 {
		t.Errorf("got %d different notes", len(notes))
	}
}
