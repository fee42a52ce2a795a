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
	w = Visible(w)
	if !ascii && localeOf(getenv).UTF8() {
		return w
	}
	return plain{w}
}

type plain struct{ to io.Writer }

// Write implements io.Writer.
func (p plain) Write(text []byte) (int, error) {
	signs := strings.NewReplacer("–", "-", "−", "-", "±", "+-", "…", "...", "·", "-", "×", "x", "→", "->")
	if _, err := signs.WriteString(p.to, string(text)); err != nil {
		return 0, err
	}
	return len(text), nil
}
