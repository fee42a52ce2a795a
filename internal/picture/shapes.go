package picture

import (
	"fmt"
	"math/bits"
	"strings"
)

// A cell is divided so that its middle and its eighths are whole numbers.
const (
	cellWidth  = 12
	cellHeight = 24
	lineWidth  = 2
)

// rect is a rectangle in the units of the picture.
type rect struct{ x, y, w, h int }

// paint is how shapes are drawn: filled or, with a stroke, as lines.
type paint struct {
	colour   int
	stroke   int // the width of lines, 0 to fill
	quarters int // of the area that are filled, in a pattern; 0 and 4 are all
}

// layer is all that is drawn with one paint.
type layer struct {
	paint
	rects []rect
	lines []rect // without height or without width
	path  strings.Builder
}

// drawing is the layers in the order in which they were begun.
type drawing struct{ layers []*layer }

func (d *drawing) in(p paint) *layer {
	for _, l := range d.layers {
		if l.paint == p {
			return l
		}
	}
	l := &layer{paint: p}
	d.layers = append(d.layers, l)
	return l
}

// The arms of a box drawing character.
const (
	left = 1 << iota
	right
	up
	down
)

var boxes = map[rune]int{
	'─': left | right, '│': up | down, '┌': right | down, '┐': left | down, '└': right | up, '┘': left | up,
	'├': up | down | right, '┤': up | down | left, '┬': left | right | down, '┴': left | right | up, '┼': left | right | up | down,
}

// signs are paths in a cell: drawn from its left top corner, by the width of
// their stroke, or filled.
var signs = map[rune]struct {
	stroke int
	path   string
}{
	'╭': {lineWidth, "m6 24v-6q0-6 6-6"},
	'╮': {lineWidth, "m6 24v-6q0-6-6-6"},
	'╰': {lineWidth, "m6 0v6q0 6 6 6"},
	'╯': {lineWidth, "m6 0v6q0 6-6 6"},
	'╌': {lineWidth, "m1 12h4m2 0h4"},
	'·': {4, "m6 12h0"},
	'•': {8, "m6 12h0"},
	'○': {lineWidth, "m2 12a4 4 0 1 0 8 0a4 4 0 1 0-8 0z"},
	'△': {lineWidth, "m6 7l5 10h-10z"},
	'▽': {lineWidth, "m6 17l5-10h-10z"},
	'▲': {0, "m6 6l6 12h-12z"},
	'▼': {0, "m6 18l6-12h-12z"},
	'►': {0, "m0 6l12 6l-12 6z"},
	'▾': {0, "m6 17l5-8h-10z"},
	'◆': {0, "m6 5l6 7l-6 7l-6-7z"},
	'◇': {lineWidth, "m6 6l5 6l-5 6l-5-6z"},
}

// block returns the part of a cell that a block element fills, and how densely.
func block(r rune) (part rect, quarters int, ok bool) {
	all := rect{0, 0, cellWidth, cellHeight}
	switch {
	case r == '▀':
		return rect{0, 0, cellWidth, cellHeight / 2}, 4, true
	case '▁' <= r && r <= '█':
		h := int(r-'▁'+1) * cellHeight / 8
		return rect{0, cellHeight - h, cellWidth, h}, 4, true
	case '░' <= r && r <= '▓':
		return all, int(r-'░') + 1, true
	}
	return all, 0, false
}

// brailleDots are the places of the eight dots, in the order of their bits.
var brailleDots = [8][2]int{{3, 3}, {3, 9}, {3, 15}, {9, 3}, {9, 9}, {9, 15}, {3, 21}, {9, 21}}

// shape draws a character at a place and reports whether it is one that is
// drawn; others are text.
func (d *drawing) shape(r rune, x, y, colour int) (bool, error) {
	if part, quarters, ok := block(r); ok {
		l := d.in(paint{colour: colour, quarters: quarters})
		l.rects = append(l.rects, rect{x + part.x, y + part.y, part.w, part.h})
		return true, nil
	}
	if arms, ok := boxes[r]; ok {
		l := d.in(paint{colour: colour, stroke: lineWidth})
		l.arms(arms, x, y)
		return true, nil
	}
	if s, ok := signs[r]; ok {
		fmt.Fprintf(&d.in(paint{colour: colour, stroke: s.stroke}).path, "M%d %d%s", x, y, s.path)
		return true, nil
	}
	if r >= 0x2800 && r <= 0x28ff {
		l := d.in(paint{colour: colour, stroke: 4})
		for set := uint8(r - 0x2800); set != 0; set &= set - 1 {
			dot := brailleDots[bits.TrailingZeros8(set)]
			fmt.Fprintf(&l.path, "M%d %dh0", x+dot[0], y+dot[1])
		}
		return true, nil
	}
	if r >= 0x2500 && r <= 0x25ff {
		return false, fmt.Errorf("there is no shape for %q (%U)", r, r)
	}
	return false, nil
}

func (l *layer) arms(arms, x, y int) {
	const midX, midY = cellWidth / 2, cellHeight / 2
	line := func(low, high, x, y, w, h int) {
		switch arms & (low | high) {
		case low | high:
			l.lines = append(l.lines, rect{x, y, 2 * w, 2 * h})
		case low:
			l.lines = append(l.lines, rect{x, y, w, h})
		case high:
			l.lines = append(l.lines, rect{x + w, y + h, w, h})
		}
	}
	line(left, right, x, y+midY, midX, 0)
	line(up, down, x+midX, y, 0, midY)
}

// joined makes one of rectangles that go on in the next cell: first to the
// right, then downwards. They are given by rows, and none covers another.
func joined(rects []rect) []rect { return flipped(toTheRight(flipped(toTheRight(rects)))) }

func toTheRight(rects []rect) []rect {
	var all []rect
	ends := map[[3]int]int{} // right edge, top and height: where it is in all
	for _, r := range rects {
		i, ok := ends[[3]int{r.x, r.y, r.h}]
		if !ok {
			i, all = len(all), append(all, rect{r.x, r.y, 0, r.h})
		}
		all[i].w += r.w
		ends[[3]int{r.x + r.w, r.y, r.h}] = i
	}
	return all
}

// flipped exchanges right and down.
func flipped(rects []rect) []rect {
	other := make([]rect, len(rects))
	for i, r := range rects {
		other[i] = rect{r.y, r.x, r.h, r.w}
	}
	return other
}
