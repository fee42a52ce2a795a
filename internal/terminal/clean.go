package terminal

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// mostMarks is how many combining marks may follow one another: no writing
// stacks more, and a heap of them covers the lines around it.
const mostMarks = 4

// Clean makes a text from outside safe to print: one line, no escape sequences,
// no control characters, nothing invisible or that reverses the direction of
// writing, no heaps of combining marks, no broken UTF-8.
func Clean(text string) string { return strings.TrimSpace(clean(text)) }

// clean is Clean without trimming.
func clean(text string) string {
	if harmless(text) {
		return text
	}
	marks := 0
	return strings.Map(func(r rune) rune {
		switch {
		case breaks(r):
			r = ' '
		case unseen(r):
			return -1
		}
		if !unicode.Is(unicode.M, r) {
			marks = 0
		} else if marks++; marks > mostMarks {
			return -1
		}
		return r
	}, ansi.Strip(strings.ToValidUTF8(text, "\ufffd")))
}

// Brief is Clean, cut where nobody reads on.
func Brief(text string) string {
	const longest = 2000 // characters
	if len(text) <= longest {
		return Clean(text)
	}
	// Of a text of megabytes the end is not even looked at.
	text = Clean(text[:min(len(text), longest*utf8.UTFMax)])
	if runes := []rune(text); len(runes) > longest {
		text = string(runes[:longest]) + "..."
	}
	return text
}

// harmless reports whether a text is nothing but printable ASCII, as most are.
func harmless(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

// breaks reports whether a character begins a new line, or leaps.
func breaks(r rune) bool {
	return r == '\n' || r == '\r' || r == '\t' || r == '\v' || r == '\f' || r == '\u0085' || unicode.In(r, unicode.Zl, unicode.Zp)
}

// unseen reports whether a character is a command to the terminal, or has no
// width and no shape: controls, marks of direction, joiners, tags, fillers.
func unseen(r rune) bool {
	switch r {
	case '\u034f', '\u115f', '\u1160', '\u17b4', '\u17b5', '\u3164', '\uffa0':
		return true
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Cs, unicode.Bidi_Control, unicode.Other_Default_Ignorable_Code_Point)
}

// Visible returns a writer of whole lines, which come out without what Clean drops
// of a text: the last guard of what is printed for people.
func Visible(w io.Writer) io.Writer { return visible{w} }

type visible struct{ to io.Writer }

// Write implements io.Writer.
func (v visible) Write(text []byte) (int, error) {
	lines := strings.Split(string(text), "\n")
	for i, line := range lines {
		lines[i] = clean(line)
	}
	if _, err := io.WriteString(v.to, strings.Join(lines, "\n")); err != nil {
		return 0, err
	}
	return len(text), nil
}

// EscapedJSON returns a writer of JSON texts, each written whole, in which what
// cannot be seen stands as \u202e and the like: JSON lets it stand as it is, but
// JSON is printed on terminals, too.
func EscapedJSON(w io.Writer) io.Writer { return escaped{w} }

type escaped struct{ to io.Writer }

// Write implements io.Writer.
func (e escaped) Write(text []byte) (int, error) {
	out, marks := make([]byte, 0, len(text)), 0
	for _, r := range string(text) {
		if marks++; !unicode.Is(unicode.M, r) {
			marks = 0
		}
		if r == '\n' || marks <= mostMarks && !unseen(r) && !breaks(r) {
			out = utf8.AppendRune(out, r)
			continue
		}
		for _, unit := range utf16.Encode([]rune{r}) {
			out = fmt.Appendf(out, `\u%04x`, unit)
		}
	}
	if _, err := e.to.Write(out); err != nil {
		return 0, err
	}
	return len(text), nil
}
