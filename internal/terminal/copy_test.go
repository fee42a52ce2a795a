package terminal

import (
	"encoding/base64"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
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

func TestClean(t *testing.T) {
	for text, want := range map[string]string{
		"Ann E.":                           "Ann E.",
		" Zoë  \U0001f600 e\u0301 ":        "Zoë  \U0001f600 e\u0301",
		"a\x1b[31mb\x1b]0;title\x07c\x1bc": "abc",
		"a\x1b]52;c;eA==\x1b\\b":           "ab",
		"a\x1bPq\x1b\\b":                   "ab",
		"a\x00\x07\x08\x7fb":               "ab",
		"a\u009b31mb":                      "a31mb",
		"two\nlines\r\n\tthree\u2028four":  "two lines   three four",
		"user\u202egnp.exe\u2066\u200f":    "usergnp.exe",
		"broken \xc3":                      "broken \ufffd",
		"a\x1b":                            "a",
		"":                                 "",
	} {
		if got := Clean(text); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func FuzzClean(f *testing.F) {
	for _, seed := range []string{"Ann E.", "\x1b[31m", "\x1b]8;;x\x1b\\", "\xc2\x9b1m", "\x9b1m", "a\u202eb", "\x1bP\x1b", "\n\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := Clean(text)
		bad := strings.IndexFunc(got, func(r rune) bool {
			return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) || unicode.In(r, unicode.Zl, unicode.Zp)
		})
		if bad >= 0 || !utf8.ValidString(got) || Clean(got) != got {
			t.Errorf("%q: got %q", text, got)
		}
	})
}
