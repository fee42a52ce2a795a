package chart

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"vitals/internal/timeline"
)

// Heat draws the hours of the local day of each column, 00 at the top, as cells
// that are the darker the more falls into an hour, and a time axis below. There
// are four steps from zero on, of one size; where a few hours would make all the
// others pale, the last step has no upper end. What is not known is blank.
type Heat struct {
	Look    Look
	Columns []timeline.Bucket        // days or weeks in time order, for the time axis
	Unit    timeline.Unit            // of the columns
	Hours   [][24]timeline.HourOfDay // an element a column

	// Offset is how many of the newest columns lie beyond the right edge, as in
	// Bars.
	Offset int

	// Cursor is the index of a column to point at, or -1, CursorHour the hour.
	Cursor, CursorHour int

	NoTimeAxis bool // leave the time axis out
}

// Draw returns the picture: h lines of w cells. Columns are all of one width.
// With fewer rows than hours a row stands for some of them; rows beyond a whole
// number for each hour stay blank. What is left out for want of room is as in
// Bars.
func (m Heat) Draw(w, h int) string {
	if w <= 0 || h <= 0 {
		return noCells(h)
	}
	l := m.layout(w, h)
	p := newPicture(w, h, m.Look)
	if l.left > 0 {
		p.valueAxis(l.left, l.rows*l.tall, l.hourLabels())
	}
	for i := l.first; i < l.end; i++ {
		for row, v := range l.means[i-l.first] {
			if !known(v) {
				continue
			}
			r, style := p.below, p.styles.Faint
			if v >= 0 {
				step := l.scale.step(v)
				r, style = p.heat[step], p.styles.heatOf(step)
			}
			for y := range l.tall {
				p.across(l.column(i), row*l.tall+y, l.pitch, r, style)
			}
		}
	}
	visible := m.Cursor >= l.first && m.Cursor < l.end
	x, y := l.column(m.Cursor)+(l.pitch-1)/2, min(max(m.CursorHour, 0), 23)/l.hours*l.tall+(l.tall-1)/2
	if visible {
		p.set(x, y, p.pointed, p.styles.Cursor)
		if l.left > 0 {
			p.set(l.left-1, y, p.beside, p.styles.Cursor)
		}
	}
	if l.timeAxis {
		row := newLabelRow(p, l.left, l.rows*l.tall)
		if visible {
			row.place(x, string(p.under), p.styles.Cursor)
		}
		timeLabels(row, m.Unit, m.Columns, l.columns)
	}
	return p.String()
}

// Visible returns which columns a picture of that size shows: first included,
// end excluded.
func (m Heat) Visible(w, h int) (first, end int) {
	if w <= 0 || h <= 0 {
		return 0, 0
	}
	l := m.place(w, h)
	return l.first, l.end
}

// Height returns how many of h rows a picture fills.
func (m Heat) Height(w, h int) int {
	if w <= 0 || h <= 0 {
		return 0
	}
	l := m.place(w, h)
	if l.timeAxis {
		return l.rows*l.tall + 1
	}
	return l.rows * l.tall
}

// heatLayout says where things are in a picture.
type heatLayout struct {
	columns
	rows     int // rows of cells
	hours    int // that a row stands for
	tall     int // rows of the picture that one takes
	timeAxis bool
	means    [][]float64 // by column in sight and row; NaN is no data
	scale    heatScale
}

func (m Heat) place(w, h int) heatLayout {
	var l heatLayout
	if w >= axesWidth && h >= axesHeight {
		l.left = len("00") + 1
		if h >= timeRowHeight && !m.NoTimeAxis {
			l.timeAxis = true
			h--
		}
	}
	for _, l.hours = range []int{1, 2, 3, 4, 6, 8, 12, 24} {
		if l.rows = 24 / l.hours; l.rows <= h {
			break
		}
	}
	l.tall = h / l.rows
	room := w - l.left
	l.show(len(m.Columns), m.Offset, room)
	l.pitch = max(room/max(l.end-l.first, 1), 1)
	return l
}

// layout is place with what the cells hold.
func (m Heat) layout(w, h int) heatLayout {
	l := m.place(w, h)
	var all []float64
	for i := l.first; i < l.end; i++ {
		means := make([]float64, l.rows)
		for row := range means {
			means[row] = math.NaN()
			if i < len(m.Hours) {
				means[row] = mean(m.Hours[i][row*l.hours : (row+1)*l.hours])
			}
			if known(means[row]) {
				all = append(all, means[row])
			}
		}
		l.means = append(l.means, means)
	}
	l.scale = newHeatScale(all)
	l.scale.gaps = len(all) < (l.end-l.first)*l.rows
	return l
}

// mean is the amount of an hour of what is covered, NaN without data.
func mean(hours []timeline.HourOfDay) float64 {
	var m weighted
	for i := range hours {
		m.add(&hours[i])
	}
	return m.mean()
}

// weighted is a mean that no values are too large for.
type weighted struct{ value, weight float64 }

func (m *weighted) add(h *timeline.HourOfDay) {
	if v, ok := h.Mean(); ok && known(v) {
		m.weight += h.Covered.Hours()
		m.value += (v - m.value) * (h.Covered.Hours() / m.weight)
	}
}

func (m *weighted) mean() float64 {
	if m.weight <= 0 {
		return math.NaN()
	}
	return m.value
}

// hourLabels are those of each row, or of every sixth hour where there are many.
func (l heatLayout) hourLabels() []label {
	const few = 6
	var labels []label
	for row := range l.rows {
		hour := row * l.hours
		if l.rows > 1 && (l.rows <= few || hour%6 == 0) {
			labels = append(labels, label{row * l.tall, fmt.Sprintf("%02d", hour)})
		}
	}
	return labels
}

// heatSteps is how many steps a heat map has.
const heatSteps = 4

// heatScale is the scale of a heat map: steps from zero on.
type heatScale struct {
	size float64 // of a step; 0 when nothing is more than 0
	open bool    // the last step has no upper end

	below, gaps bool // some cell is less than 0, or has no data
}

// newHeatScale fits the steps to values, which are to be known. It sorts them.
func newHeatScale(values []float64) heatScale {
	slices.Sort(values)
	first, _ := slices.BinarySearch(values, leastValue)
	s := heatScale{below: len(values) > 0 && values[0] < 0}
	values = values[first:]
	if len(values) == 0 {
		return s
	}
	// Up to where most lie, if the highest is far beyond.
	highest, most := values[len(values)-1], values[len(values)*95/100]
	to := highest
	if most < highest/1.5 {
		to = most
	}
	s.size = roundAtLeast(max(to/heatSteps, leastValue), []float64{1, 1.2, 1.4, 1.6, 1.8, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9})
	s.open = highest > heatSteps*s.size*(1+1e-9)
	return s
}

// step returns in which of the steps a value from zero on lies.
func (s heatScale) step(v float64) int {
	if s.size == 0 {
		return 0
	}
	return int(min(v/s.size, heatSteps-1))
}

// heatOf is the style of a step of a heat map.
func (l Look) heatOf(step int) lipgloss.Style {
	if len(l.Heat) == 0 {
		return l.Bar
	}
	return l.Heat[step*len(l.Heat)/heatSteps]
}

// Legend says on one line, at most room cells wide, what the steps of a picture
// of that size are: "0 ░ 0.2 ▒ 0.4 ▓ 0.6 █ 0.8 kWh an hour", with values in the
// given unit; and that no data is blank. What there is no room for is left out.
func (m Heat) Legend(w, h, room int, unit string) string {
	if w <= 0 || h <= 0 {
		return ""
	}
	scale, glyphs := m.layout(w, h).scale, m.Look.glyphs()
	axis := m.Look.Axis.Inline(true)
	words := []string{axis.Render("0")}
	if scale.below {
		words = append([]string{m.Look.Faint.Render(string(glyphs.below))}, words...)
	}
	short := slices.Clone(words)
	for step, r := range glyphs.heat {
		text := "and more"
		if step < heatSteps-1 || !scale.open {
			text = shortNumber(float64(step+1)*scale.size, scale.size)
		}
		glyph := m.Look.heatOf(step).Render(string(r))
		if scale.size == 0 {
			words, short = append(words, glyph), append(short, glyph)
			break
		}
		words = append(words, glyph, axis.Render(text))
		if short = append(short, glyph); step == heatSteps-1 {
			short = append(short, axis.Render(text))
		}
	}
	const gaps = "   blank: no data"
	line := strings.Join(words, " ")
	forms := []string{line + axis.Render(" "+unit+" an hour"), line + axis.Render(" "+unit), line, strings.Join(words, ""), strings.Join(short, "")}
	if scale.gaps {
		forms = append([]string{forms[0] + axis.Render(gaps)}, forms...)
	}
	for _, form := range forms {
		if ansi.StringWidth(form) <= room {
			return form
		}
	}
	return ""
}
