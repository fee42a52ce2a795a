// Package chart draws series for a terminal: buckets as bars or as one line of
// blocks, readings and their trend as dots and a line, the hours of the day as a
// heat map. An Image is a series for a browser or for paper, as SVG.
//
// A chart is a value; drawing it changes nothing and may be done by several
// goroutines at once. A picture is exactly as wide and as high as asked for, at
// any size, and for any values: what is not a finite number is no data, and no
// data is never drawn as 0. Everything in it reads without colour.
//
// The cells are those of ntcharts' canvas. Its ranges, time labels and line
// charts are not used: they panic or hang on NaN and on small sizes, draw over
// gaps, and know no time zones. Neither is its View, which styles every cell
// for itself.
package chart

import (
	"math"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/NimbleMarkets/ntcharts/v2/canvas/runes"

	"vitals/internal/timeline"
)

// Look says with which characters and colours a chart is drawn. The zero Look
// is Unicode without colour. Styles are for the foreground: an inverse bar is a
// hole, and a background also covers the blanks between two cells in a style.
type Look struct {
	ASCII bool // nothing but ASCII

	Bar    lipgloss.Style // a full bucket
	Faint  lipgloss.Style // a partial, estimated or empty bucket, a reading left out
	Line   lipgloss.Style // a trend
	Dot    lipgloss.Style // a reading
	Rule   lipgloss.Style // a horizontal rule at a value, what a bar is compared with
	Axis   lipgloss.Style // axes and their labels
	Cursor lipgloss.Style // the bucket or reading under the cursor

	Heat []lipgloss.Style // the steps of a heat map, from low to high; nil: all like Bar
}

// glyphs are the characters of a chart.
type glyphs struct {
	up, down [timeline.Full + 1][]rune // parts of a cell by status, the last one fills it

	empty, zero  rune // on the baseline: no data, and 0
	line, onLine rune // a zero line between bars up and down, and 0 on it
	before       rune // as high as what a bar is compared with
	below        rune // less than 0, where there is no room to say how much

	axis, tick rune

	reading, hollow     rune
	pointed             rune    // the reading under the cursor
	above, beneath      rune    // a hollow reading beyond the scale
	trend               []rune  // in the upper half of a cell, the lower, and both; braille if nil
	rule                [2]rune // by turns
	under, over, beside rune    // point at the cursor from below, from above and from the left

	heat []rune // the steps of a heat map, from low to high
}

// Estimated bars are dense, partial ones sparse; their tops are made of
// braille dots, which come in quarters of a cell.
var unicodeGlyphs = glyphs{
	up: [...][]rune{
		timeline.Partial:   []rune("⡀⡠⡢░"),
		timeline.Estimated: []rune("⣀⣤⣶▒"),
		timeline.Full:      []rune("▁▂▃▄▅▆▇█"),
	},
	down: [...][]rune{
		timeline.Partial:   []rune("⠈⠊⠪░"),
		timeline.Estimated: []rune("⠉⠛⠿▒"),
		timeline.Full:      []rune("▀█"),
	},
	empty: '·', zero: '_',
	line: runes.LineHorizontal, onLine: runes.LineHorizontalUp,
	before: '─',
	below:  '▾',
	axis:   runes.LineVertical, tick: runes.LineVerticalLeft,
	reading: '•', hollow: '○',
	pointed: '◆',
	above:   '△', beneath: '▽',
	rule:  [2]rune{'╌', '╌'},
	under: '▲', over: '▼', beside: '►',
	heat: []rune("░▒▓█"),
}

var asciiGlyphs = glyphs{
	up: [...][]rune{
		timeline.Partial:   []rune("-="),
		timeline.Estimated: []rune("xX"),
		timeline.Full:      []rune(":#"),
	},
	down: [...][]rune{
		timeline.Partial:   []rune("="),
		timeline.Estimated: []rune("X"),
		timeline.Full:      []rune("#"),
	},
	empty: '.', zero: '_',
	line: '-', onLine: '+',
	before: '~',
	below:  'v',
	axis:   '|', tick: '+',
	reading: '*', hollow: 'o',
	pointed: '@',
	above:   '^', beneath: 'v',
	trend: []rune("'.:"),
	rule:  [2]rune{'-', ' '},
	under: '^', over: 'v', beside: '>',
	heat: []rune(".:*#"),
}

func (l Look) glyphs() *glyphs {
	if l.ASCII {
		return &asciiGlyphs
	}
	return &unicodeGlyphs
}

// known says whether v can be drawn. The far ends of float64 are left out, so
// that no difference or quotient of two values overflows.
func known(v float64) bool { return math.Abs(v) < 1e300 }

// Mark is a sign in a chart and what it means.
type Mark struct{ Glyphs, Meaning string }

// Marks explains the signs of charts, in the order they matter.
func Marks(ascii bool) []Mark {
	g := unicodeGlyphs
	if ascii {
		g = asciiGlyphs
	}
	bar := func(s timeline.Status) string { // the part that fills a cell, and a lower one
		parts := g.up[s]
		return string(parts[len(parts)-1]) + " " + string(parts[(len(parts)-1)/2])
	}
	signs := func(runes ...rune) string { return strings.Join(strings.Split(string(runes), ""), " ") }
	return []Mark{
		{bar(timeline.Full), "a whole bucket"},
		{bar(timeline.Partial), "partial: running, a gap"},
		{bar(timeline.Estimated), "in part estimated"},
		{signs(g.empty), "no data"},
		{signs(g.before, g.rule[0]), "compared with; the goal"},
		{signs(g.reading, g.hollow), "weigh-in; held back"},
		{signs(g.above, g.beneath), "held back, off the scale"},
		{signs(g.under, g.over, g.pointed), "under the cursor"},
	}
}
