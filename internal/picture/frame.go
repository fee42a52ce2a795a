package picture

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// style is how text is drawn, as far as the frames use it.
type style struct {
	colour int // 16 to 255 of xterm's palette, or 0 for the terminal's own
	bold   bool
}

// cell is one character where it stands.
type cell struct {
	x, y, width int // in cells
	text        string
	style       style
}

// frame is what stands on a screen, line by line, without the blanks.
type frame struct {
	cells    []cell
	cursor   bool // shown
	cursorAt [2]int
}

// read takes a frame apart: lines of text with changes of style, and at its end
// where the cursor is. Anything else is an error, as it would be drawn wrong.
func read(text string, columns, rows int) (frame, error) {
	var f frame
	if !utf8.ValidString(text) {
		return f, fmt.Errorf("the frame is not UTF-8")
	}
	parser := ansi.NewParser()
	x, y, state, now := 0, 0, byte(0), style{}
	for text = strings.TrimSuffix(text, "\n"); text != ""; {
		seq, width, n, next := ansi.DecodeSequence(text, state, parser)
		text, state = text[n:], next
		var err error
		switch {
		case f.cursor:
			err = fmt.Errorf("%q after the cursor was placed", seq)
		case seq == "\n":
			x, y = 0, y+1
		case width > 0 && inXML(seq):
			if seq != " " {
				f.cells = append(f.cells, cell{x, y, width, seq, now})
			}
			x += width
		case !strings.HasPrefix(seq, "\x1b["):
			err = fmt.Errorf("%q cannot be drawn", seq)
		default:
			err = f.control(seq, parser, &now)
		}
		if err == nil && (x > columns || y >= rows || f.cursor && (f.cursorAt[0] >= columns || f.cursorAt[1] >= rows)) {
			err = fmt.Errorf("more than %d columns and %d rows", columns, rows)
		}
		if err != nil {
			return f, fmt.Errorf("line %d, column %d: %w", y+1, x+1, err)
		}
	}
	return f, nil
}

// control follows a control sequence that was read.
func (f *frame) control(seq string, parser *ansi.Parser, now *style) error {
	var params []int
	parser.Params().ForEach(0, func(_, param int, hasMore bool) {
		if hasMore {
			param = -1 // sub-parameters mean something else
		}
		params = append(params, param)
	})
	command := ansi.Cmd(parser.Command())
	plain := command.Prefix() == 0 && command.Intermediate() == 0
	switch {
	case plain && command.Final() == 'm' && now.change(params):
		return nil
	case plain && command.Final() == 'H' && len(params) == 2 && params[0] > 0 && params[1] > 0:
		f.cursor, f.cursorAt = true, [2]int{params[1] - 1, params[0] - 1}
		return nil
	}
	return fmt.Errorf("the sequence %q is not known", seq)
}

// change follows the parameters of a change of style and reports whether all of
// them are known.
func (s *style) change(params []int) bool {
	if len(params) == 0 {
		params = []int{0}
	}
	for len(params) > 0 {
		used := 1
		switch {
		case params[0] == 0:
			*s = style{}
		case params[0] == 1:
			s.bold = true
		case len(params) >= 3 && params[0] == 38 && params[1] == 5 && params[2] >= 16 && params[2] <= 255:
			s.colour, used = params[2], 3
		default:
			return false
		}
		params = params[used:]
	}
	return true
}

// inXML reports whether a text may stand in an XML document.
func inXML(text string) bool {
	for _, r := range text {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == 0xfffe || r == 0xffff {
			return false
		}
	}
	return true
}
