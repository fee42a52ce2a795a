package chart

import (
	"math"
	"time"

	"github.com/NimbleMarkets/ntcharts/v2/canvas"
	"github.com/NimbleMarkets/ntcharts/v2/canvas/graph"
	"github.com/NimbleMarkets/ntcharts/v2/canvas/runes"
)

// Point is a value at an instant.
type Point struct {
	Time   time.Time
	Value  float64
	Hollow bool // of a reading: it does not count, being held back or left out
}

// Lines draws readings as dots and their trend as a line, with a value axis on
// the left that is fitted to them (it does not start at zero), and a time axis
// below.
type Lines struct {
	Look     Look
	From, To time.Time // what the width stands for; the time axis is in From's zone

	Readings []Point
	// Trend, in time order, is drawn from point to point. A point whose value
	// is NaN ends the line; the next point starts a new one.
	Trend []Point

	// Rule is a value to draw a horizontal line at, if it is in or near the
	// range of the rest; 0 for none.
	Rule float64

	// Format is as in Bars.
	Format func(float64) string

	// Cursor is the index of a reading to point at, or -1.
	Cursor int
}

// Draw returns the picture: h lines of w cells. Without the height or width it
// has no time axis (from 4 rows and 10 columns on) and no value axis (from 3
// rows and 10 columns on).
func (l Lines) Draw(w, h int) string {
	if w <= 0 || h <= 0 {
		return noCells(h)
	}
	p := newPicture(w, h, l.Look)
	rows, left := h, 0
	if w >= axesWidth && h >= timeRowHeight {
		rows--
	}
	readings, trend := l.spots(), l.strokes()
	low, high := l.span(readings, trend)
	if w >= axesWidth && rows >= leastLabels {
		scale := newLineScale(low, high, rows)
		low, high = scale.limits(rows)
		var labels []label
		if len(readings)+len(trend) > 0 {
			labels = scale.labels(rows, l.Format)
		}
		left = widest(labels) + 1
		p.valueAxis(left, rows, labels)
	}
	plot := linePlot{
		picture: p, left: left, low: low, high: high,
		grid: graph.NewBrailleGrid(w-left, rows, 0, l.length(), low, high),
	}
	if l.Rule != 0 && l.Rule >= low && l.Rule <= high {
		plot.drawRule(l.Rule)
	}
	plot.drawReadings(readings, plot.drawTrend(trend))
	cursor := plot.drawCursor(readings, l.Cursor)
	if rows < h {
		row := newLabelRow(p, left, rows)
		if cursor >= 0 {
			row.place(cursor, string(p.under), p.styles.Cursor)
		}
		l.timeLabels(row, plot)
	}
	return p.String()
}

// length is what the width stands for, in seconds.
func (l Lines) length() float64 { return seconds(l.From, l.To) }

// seconds from a to b; unlike Sub it knows no longest time.
func seconds(a, b time.Time) float64 { return float64(b.Unix()) - float64(a.Unix()) }

// spot is a point as drawn: X in seconds since From, and the value as Y.
type spot = canvas.Float64Point

func (l Lines) spot(p Point) spot { return spot{X: seconds(l.From, p.Time), Y: p.Value} }

// reading is a reading to be drawn.
type reading struct {
	spot
	index  int
	hollow bool
}

// spots returns the readings within the picture.
func (l Lines) spots() []reading {
	var readings []reading
	length := l.length()
	for i, p := range l.Readings {
		if s := l.spot(p); known(p.Value) && length > 0 && s.X >= 0 && s.X <= length {
			readings = append(readings, reading{s, i, p.Hollow})
		}
	}
	return readings
}

// stroke is a straight part of the trend; a dot, where both ends are one.
type stroke struct{ from, to spot }

// strokes returns the trend within the picture.
func (l Lines) strokes() []stroke {
	var strokes []stroke
	length := l.length()
	for i, p := range l.Trend {
		if !known(p.Value) || !(length > 0) {
			continue
		}
		s := stroke{l.spot(p), l.spot(p)}
		if i > 0 && known(l.Trend[i-1].Value) {
			s.from = l.spot(l.Trend[i-1])
		}
		if s.from.X > length || s.to.X < 0 || s.from.X > s.to.X {
			continue
		}
		// Both ends move along the whole line.
		strokes = append(strokes, stroke{s.at(max(s.from.X, 0)), s.at(min(s.to.X, length))})
	}
	return strokes
}

// at returns the spot at x, which lies from end to end.
func (s stroke) at(x float64) spot {
	if x == s.from.X {
		return s.from
	}
	share := (x - s.from.X) / (s.to.X - s.from.X)
	return spot{X: x, Y: s.from.Y + share*(s.to.Y-s.from.Y)}
}

// span returns the range of values to fit in, never empty. A reading that does
// not count has no say in it unless there is nothing else; one that lies beyond
// is drawn at the edge, pointing there. The rule is in the range when it is less than half
// that of the rest away from it.
func (l Lines) span(readings []reading, trend []stroke) (low, high float64) {
	low, high = math.Inf(1), math.Inf(-1)
	add := func(v float64) { low, high = min(low, v), max(high, v) }
	for _, s := range trend {
		add(s.from.Y)
		add(s.to.Y)
	}
	for _, hollow := range []bool{false, true} {
		for _, r := range readings {
			if r.hollow == hollow {
				add(r.Y)
			}
		}
		if low <= high {
			break
		}
	}
	if low > high {
		return 0, 1
	}
	// Equal values, or nearly so, stay a flat line.
	const least = 0.01
	size := max(math.Abs(low), math.Abs(high), leastValue)
	if lack := least*size - (high - low); lack > 0 {
		low, high = low-lack/2, high+lack/2
	}
	if reach := (high - low) / 2; l.Rule != 0 && l.Rule > low-reach && l.Rule < high+reach {
		add(l.Rule)
	}
	return low, high
}

// linePlot is the part of a picture between the axes.
type linePlot struct {
	*picture
	left      int
	low, high float64            // values of the lowest and highest braille dot
	grid      *graph.BrailleGrid // four dots a cell up, two across
}

// dot returns the braille dot of a spot.
func (p linePlot) dot(s spot) canvas.Point {
	return p.grid.GridPoint(spot{X: s.X, Y: min(max(s.Y, p.low), p.high)})
}

// cell returns the cell of a spot.
func (p linePlot) cell(s spot) (x, y int) {
	dot := p.dot(s)
	return p.left + dot.X/2, dot.Y / 4
}

func (p linePlot) drawRule(v float64) {
	_, y := p.cell(spot{Y: v})
	for x := p.left; x < p.cells.Width(); x++ {
		p.set(x, y, p.rule[(x-p.left)%2], p.styles.Rule)
	}
}

// drawTrend draws the trend and returns it as braille patterns.
func (p linePlot) drawTrend(trend []stroke) [][]rune {
	for _, s := range trend {
		for _, dot := range graph.GetLinePoints(p.dot(s.from), p.dot(s.to)) {
			p.grid.Set(dot)
		}
	}
	patterns := p.grid.BraillePatterns()
	if p.trend == nil {
		graph.DrawBraillePatterns(&p.cells, canvas.Point{X: p.left}, patterns, p.styles.Line)
		return patterns
	}
	for y, row := range patterns {
		for x, pattern := range row {
			const upper, lower = 0x1b, 0xe4 // dots 1 2 4 5 and 3 6 7 8
			dots, half := pattern-runes.BrailleBlockOffset, 0
			if dots&upper != 0 {
				half |= 1
			}
			if dots&lower != 0 {
				half |= 2
			}
			if half > 0 {
				p.set(p.left+x, y, p.trend[half-1], p.styles.Line)
			}
		}
	}
	return patterns
}

// drawReadings draws the dots over the trend, those left out first. Where they
// lie on the trend they leave enough of it to be seen as a line.
func (p linePlot) drawReadings(readings []reading, trend [][]rune) {
	for _, r := range readings {
		if x, y := p.cell(r.spot); r.hollow {
			p.set(x, y, p.leftOut(r), p.styles.Faint)
		}
	}
	const apart = 3 // columns
	last := -apart
	for _, r := range readings {
		x, y := p.cell(r.spot)
		if r.hollow {
			continue
		}
		if trend[y][x-p.left] != runes.BrailleBlockOffset {
			if x-last < apart {
				continue
			}
			last = x
		}
		p.set(x, y, p.reading, p.styles.Dot)
	}
}

// leftOut is the sign of a reading that does not count, or of where it lies
// beyond the scale.
func (p linePlot) leftOut(r reading) rune {
	switch {
	case r.Y > p.high:
		return p.above
	case r.Y < p.low:
		return p.beneath
	default:
		return p.hollow
	}
}

// drawCursor points at the reading under the cursor and returns its column, or
// -1.
func (p linePlot) drawCursor(readings []reading, index int) int {
	for _, r := range readings {
		if r.index == index {
			x, y := p.cell(r.spot)
			glyph := p.pointed
			if r.hollow {
				glyph = p.leftOut(r)
			}
			p.set(x, y, glyph, p.styles.Cursor)
			return x
		}
	}
	return -1
}
