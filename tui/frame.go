package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// borders are the characters of a pane's frame.
type borders struct{ topLeft, topRight, bottomLeft, bottomRight, across, down string }

var (
	roundBorders = borders{"╭", "╮", "╰", "╯", "─", "│"}
	asciiBorders = borders{"+", "+", "+", "+", "-", "|"}
)

// frame draws lines into a pane with a border: a title at the left of its top
// edge, at the right the longest note that there is room for; notes begin with
// the longest. Lines beyond the height are left out, cells beyond the width cut.
func (t theme) frame(b box, title string, notes []string, focused bool, lines []string) []string {
	if !b.shown() {
		return nil
	}
	edge := t.border
	if focused {
		edge = t.focusedBorder
	}
	rows := make([]string, 0, b.height)
	rows = append(rows, t.topEdge(b.width, title, notes, focused))
	inside := b.width - frameColumns
	for i := range b.height - frameRows {
		line := ""
		if i < len(lines) {
			line = lines[i]
		}
		rows = append(rows, edge.Render(t.borders.down)+" "+fit(line, inside)+" "+edge.Render(t.borders.down))
	}
	if b.height >= frameRows {
		rows = append(rows, edge.Render(t.borders.bottomLeft+strings.Repeat(t.borders.across, max(0, b.width-2))+t.borders.bottomRight))
	}
	return rows
}

// leastFramed is the height from which on a pane has a border.
const leastFramed = 5

// unframed draws lines into a pane too low for a border.
func unframed(b box, lines []string) []string {
	rows := make([]string, b.height)
	for i := range rows {
		if i < len(lines) {
			rows[i] = fit(lines[i], b.width)
		}
	}
	return rows
}

// noteGap is the least between the title and the note of a frame.
const noteGap = 2

// titleRoom is how wide the title of a frame may be beside a note.
func titleRoom(width int, note string) int {
	if note != "" {
		width -= ansi.StringWidth(note) + noteGap
	}
	return max(0, width-2-frameColumns)
}

func (t theme) topEdge(width int, title string, notes []string, focused bool) string {
	edge, heading := t.border, t.title
	if focused {
		edge, heading = t.focusedBorder, t.focusedTitle
	}
	room := titleRoom(width, "")
	title = ansi.Truncate(title, room, t.ellipsis)
	room -= ansi.StringWidth(title) + noteGap
	note := ""
	if len(notes) > 0 {
		if note = fitting(room, notes...); ansi.StringWidth(note) > room {
			note = "" // a stump would say nothing
		}
	}
	across := t.borders.across
	left := edge.Render(t.borders.topLeft+across+" ") + heading.Render(title) + " "
	right := edge.Render(across + t.borders.topRight)
	if note != "" {
		right = " " + t.faint.Render(note) + " " + right
	}
	fill := max(0, width-ansi.StringWidth(left)-ansi.StringWidth(right))
	return left + edge.Render(strings.Repeat(across, fill)) + right
}

// fit cuts or pads a styled line to exactly width cells.
func fit(line string, width int) string {
	width = max(0, width)
	n := ansi.StringWidth(line)
	if n > width {
		return ansi.Truncate(line, width, "")
	}
	return line + strings.Repeat(" ", width-n)
}

// spread puts left and right at the ends of a line of width cells; what does
// not fit is cut from the right one, then from the left.
func spread(left, right string, width int) string {
	gap := width - ansi.StringWidth(left) - ansi.StringWidth(right)
	if gap < 1 {
		right = ansi.Truncate(right, max(0, width-ansi.StringWidth(left)-1), "")
		gap = max(0, width-ansi.StringWidth(left)-ansi.StringWidth(right))
	}
	return fit(left+strings.Repeat(" ", gap)+right, width)
}
