package report

import (
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"
)

// columns is how wide text is at most: what a mail that is quoted, and a window
// beside another, have room for.
const columns = 60

// indent is where the text of a line begins, behind its name.
const indent = 14

// wrapped breaks a text between words into lines of at most width cells. A longer
// word, such as a path, is broken behind a slash or else where the line ends, so
// that nothing of it is lost. There is one line at least.
func wrapped(text string, width int) []string {
	lines := []string{""}
	for word := range strings.FieldsFuncSeq(text, func(r rune) bool { return unicode.IsSpace(r) && r != noBreak }) {
		last := &lines[len(lines)-1]
		if *last != "" && ansi.StringWidth(*last)+1+ansi.StringWidth(word) <= width {
			*last += " " + word
			continue
		}
		if *last != "" {
			lines = append(lines, "")
		}
		for ansi.StringWidth(word) > width {
			head := ansi.Truncate(word, width, "")
			if slash := strings.LastIndexByte(head, '/'); slash > len(head)/2 {
				head = head[:slash+1]
			}
			if head == "" || !strings.HasPrefix(word, head) { // no cell of it can be told from the next
				break
			}
			lines[len(lines)-1] = head
			lines = append(lines, "")
			word = word[len(head):]
		}
		lines[len(lines)-1] = word
	}
	for i, line := range lines {
		lines[i] = strings.TrimSpace(strings.ReplaceAll(line, string(noBreak), " "))
	}
	return lines
}

// noBreak is the blank at which lines are not broken.
const noBreak = '\u00a0'

// listed joins facts by commas, so that lines are broken between them and not within
// one, but for one that needs several lines.
func listed(facts []string, width int) string {
	joined := make([]string, len(facts))
	for i, fact := range facts {
		if ansi.StringWidth(fact) < width { // with its comma
			fact = strings.ReplaceAll(fact, " ", string(noBreak))
		}
		joined[i] = fact
	}
	return strings.Join(joined, ", ")
}
