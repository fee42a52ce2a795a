package terminal

import (
	"fmt"
	"io"
	"strings"

	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/term"
)

// Line returns what shows one text after the other on the same line, and
// clears it for "". What is longer than the line is cut: it could not be cleared.
// Where w is no terminal, or one that cannot go back, nothing is shown.
func Line(getenv func(string) string, w io.Writer) func(text string) {
	file, ok := w.(term.File)
	if kind := getenv("TERM"); !ok || !term.IsTerminal(file.Fd()) || kind == "" || kind == "dumb" {
		return func(string) {}
	}
	return func(text string) {
		text = Clean(text)
		if !localeOf(getenv).UTF8() {
			text = strings.ReplaceAll(text, "·", "-")
		}
		if width, _, err := term.GetSize(file.Fd()); err == nil && width > 0 {
			text = ansi.Truncate(text, width-1, "")
		}
		fmt.Fprintf(file, "\r\x1b[K%s", text)
	}
}
