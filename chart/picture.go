package chart

import (
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/NimbleMarkets/ntcharts/v2/canvas"
	"github.com/charmbracelet/x/ansi"
)

// The least size of a chart with axes; below, the plot has all the room.
const (
	axesWidth     = 10
	axesHeight    = 2
	timeRowHeight = 4 // to have a row of time labels, too
)

// picture is what a chart is drawn on.
type picture struct {
	*glyphs
	cells  canvas.Model
	styles Look // the styles are marks, see mark
}

// newPicture needs a width and a height of at least 1.
func newPicture(w, h int, look Look) *picture {
	p := &picture{glyphs: look.glyphs(), cells: canvas.New(w, h), styles: look}
	for _, s := range []*lipgloss.Style{
		&p.styles.Bar, &p.styles.Faint, &p.styles.Line, &p.styles.Dot,
		&p.styles.Rule, &p.styles.Axis, &p.styles.Cursor,
	} {
		*s = mark(*s)
	}
	p.styles.Heat = make([]lipgloss.Style, len(look.Heat))
	for i, s := range look.Heat {
		p.styles.Heat[i] = mark(s)
	}
	return p
}

// mark returns a style that holds as its value the escape sequence which turns
// s on. Styles cannot be compared, and to render each cell is slow.
func mark(s lipgloss.Style) lipgloss.Style {
	on, _, _ := strings.Cut(s.Inline(true).Render("x"), "x")
	return lipgloss.NewStyle().SetString(on)
}

func (p *picture) set(x, y int, r rune, s lipgloss.Style) {
	p.cells.SetRuneWithStyle(canvas.Point{X: x, Y: y}, r, s)
}

func (p *picture) text(x, y int, text string, s lipgloss.Style) {
	p.cells.SetStringWithStyle(canvas.Point{X: x, Y: y}, text, s)
}

// valueAxis draws an axis with its labels left of column x, from the top row
// down over the given rows.
func (p *picture) valueAxis(x, rows int, labels []label) {
	for y := range rows {
		p.set(x-1, y, p.axis, p.styles.Axis)
	}
	for _, l := range labels {
		p.text(x-1-ansi.StringWidth(l.text), l.row, l.text, p.styles.Axis)
		p.set(x-1, l.row, p.tick, p.styles.Axis)
	}
}

// String returns the cells line by line, with one change of style for each run
// of cells in the same one.
func (p *picture) String() string {
	var out strings.Builder
	out.Grow(p.cells.Height() * (p.cells.Width()*2 + 16))
	for y := range p.cells.Height() {
		if y > 0 {
			out.WriteByte('\n')
		}
		on, blanks := "", 0
		for x := range p.cells.Width() {
			cell := p.cells.Cell(canvas.Point{X: x, Y: y})
			if cell.Rune == 0 || cell.Rune == ' ' {
				blanks++
				continue
			}
			style := cell.Style.Value()
			if style != on && on != "" {
				out.WriteString(ansi.ResetStyle)
			}
			writeBlanks(&out, blanks)
			if style != on {
				out.WriteString(style)
			}
			out.WriteRune(cell.Rune)
			on, blanks = style, 0
		}
		if on != "" {
			out.WriteString(ansi.ResetStyle)
		}
		writeBlanks(&out, blanks)
	}
	return out.String()
}

func writeBlanks(out *strings.Builder, n int) {
	for range n {
		out.WriteByte(' ')
	}
}

// noCells is the picture without any width or any height.
func noCells(h int) string { return strings.Repeat("\n", max(h-1, 0)) }
