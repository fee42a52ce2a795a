package terminal

import (
	"io"
	"strings"
)

// Plain returns a writer for whole messages of ours, which come out without what
// Clean drops of a text. Where the locale is not one of UTF-8, or ascii is asked
// for, their dashes and signs come out in ASCII; names and other text from outside
// stay as they are.
func Plain(getenv func(string) string, ascii bool, w io.Writer) io.Writer {
	return plain{Visible(w), Signs(getenv, ascii)}
}

// Signs returns what Plain does to the dashes and signs of a text.
func Signs(getenv func(string) string, ascii bool) func(string) string {
	if !ascii && localeOf(getenv).UTF8() {
		return func(text string) string { return text }
	}
	return strings.NewReplacer("–", "-", "−", "-", "±", "+-", "…", "...", "·", "-", "×", "x", "→", "->").Replace
}

type plain struct {
	to    io.Writer
	signs func(string) string
}

// Write implements io.Writer.
func (p plain) Write(text []byte) (int, error) {
	if _, err := io.WriteString(p.to, p.signs(string(text))); err != nil {
		return 0, err
	}
	return len(text), nil
}
