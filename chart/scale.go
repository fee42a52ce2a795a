package chart

import (
	"math"
	"strconv"

	"github.com/charmbracelet/x/ansi"
)

const (
	leastLabels   = 3 // that a value axis has room for, if it is labelled
	maxLabelWidth = 8 // cells: "157.5 lb"
	shortWidth    = 5 // of a plain number
	leastValue    = 1e-300
)

// mostLabels is how many labels a value axis of so many rows has at the most.
func mostLabels(rows int) int { return max(leastLabels, rows/3) }

// label is a value written at a row of a value axis, counted from the top.
type label struct {
	row  int
	text string
}

// appendLabel adds the label of a value, unless it is too wide to be written
// whole or reads like the one before.
func appendLabel(labels []label, row int, v, step float64, format func(float64) string) []label {
	text := axisText(v, step, format)
	if text == "" || len(labels) > 0 && labels[len(labels)-1].text == text {
		return labels
	}
	return append(labels, label{row, text})
}

func axisText(v, step float64, format func(float64) string) string {
	var text string
	if format != nil {
		text = ansi.Strip(format(v))
	} else {
		text = shortNumber(v, step)
	}
	// One character a cell, or it cannot be put in cells.
	if w := ansi.StringWidth(text); w > maxLabelWidth || w != len([]rune(text)) {
		return ""
	}
	return text
}

func widest(labels []label) int {
	w := 0
	for _, l := range labels {
		w = max(w, ansi.StringWidth(l.text))
	}
	return w
}

// shortNumber writes a multiple of step, which has at most two digits before
// its zeros, in four cells if possible, else five: 0.25, 1200, 12k, 2e+30.
func shortNumber(v, step float64) string {
	const suffixes = "kMGTP"
	text := strconv.FormatFloat(v, 'f', decimals(step), 64)
	for width := shortWidth - 1; width <= shortWidth; width++ {
		if len(text) <= width {
			return text
		}
		for i, scale := 0, 1e3; i < len(suffixes); i, scale = i+1, scale*1e3 {
			short := strconv.FormatFloat(v/scale, 'f', decimals(step/scale), 64) + suffixes[i:i+1]
			if len(short) <= width {
				return short
			}
		}
	}
	return strconv.FormatFloat(v, 'g', 6, 64)
}

// decimals is how many decimals a step of at most two digits needs.
func decimals(step float64) int {
	for n := range 3 {
		scaled := step * math.Pow10(n)
		if math.Abs(scaled-math.Round(scaled)) < 1e-6*scaled {
			return n
		}
	}
	return max(1-int(math.Floor(math.Log10(step))), 0)
}

// roundAtLeast returns the least number from mantissas, which lie in [1, 10)
// and rise, times a power of ten, that is not less than v; v must be positive.
func roundAtLeast(v float64, mantissas []float64) float64 {
	exponent := int(math.Floor(math.Log10(v)))
	for ; ; exponent++ {
		for _, m := range mantissas {
			n := m * math.Pow10(exponent)
			if exponent < 0 {
				n = m / math.Pow10(-exponent)
			}
			if n >= v*(1-1e-9) {
				return n
			}
		}
	}
}

// barScale is the value axis of bars: they start at zero, and a row is worth a
// round part of a round step. With bars below zero there is a row between for
// the zero line.
type barScale struct {
	row          float64 // value of one row
	above, below int     // rows over and under zero
	every        int     // rows from label to label
	step         float64 // value from label to label; 0 without labels
}

// newBarScale fits amounts from low to high, low <= 0 <= high, in rows. Without
// the rows for both directions only those above zero are fitted.
func newBarScale(low, high float64, rows int) barScale {
	if low < 0 && rows < 3 {
		low = 0
	}
	if high-low < leastValue {
		return barScale{row: 1, above: rows}
	}
	var best barScale
	least := math.Inf(1)
	for every := 1; every <= rows; every++ {
		s := barScaleOf(low, high, rows, every)
		labels := s.above/every + s.below/every
		if low < 0 {
			labels++
		}
		if labels > mostLabels(rows) {
			continue
		}
		height := s.row
		if rows >= 4 && labels < 2 {
			height *= 1.5
		}
		if height < least {
			best, least = s, height
		}
	}
	return best
}

func barScaleOf(low, high float64, rows, every int) barScale {
	mantissas := []float64{1, 1.5, 2, 2.5, 3, 4, 5, 6, 8}
	if low < 0 {
		rows-- // for the zero line
	}
	for least := (high - low) * float64(every) / float64(rows); ; {
		step := roundAtLeast(least, mantissas)
		s := barScale{row: step / float64(every), every: every, step: step}
		if low < 0 {
			s.below = max(rowsFor(-low, s.row), 1)
		}
		s.above = rows - s.below
		if rowsFor(high, s.row) <= s.above {
			return s
		}
		least = step * 1.01
	}
}

func rowsFor(v, row float64) int { return int(math.Ceil(v/row - 1e-6)) }

// labels are those of the rows whose far edge, seen from zero, is a step.
func (s barScale) labels(format func(float64) string) []label {
	if s.step == 0 {
		return nil
	}
	var labels []label
	for n := s.above / s.every; n > 0; n-- {
		labels = appendLabel(labels, s.above-n*s.every, float64(n)*s.step, s.step, format)
	}
	if s.below == 0 {
		return labels
	}
	labels = appendLabel(labels, s.above, 0, s.step, format)
	for n := 1; n <= s.below/s.every; n++ {
		labels = appendLabel(labels, s.above+n*s.every, -float64(n)*s.step, s.step, format)
	}
	return labels
}

// lineScale is the value axis of readings: fitted to them, never forced to
// zero. A label's value is that of the middle of its row.
type lineScale struct {
	row    float64 // value of one row
	bottom int     // the middle of the lowest row is this many rows' worth
	every  int     // rows from label to label
	step   float64 // value from label to label
}

// newLineScale fits low to high in at least three rows.
func newLineScale(low, high float64, rows int) lineScale {
	var best lineScale
	least := math.Inf(1)
	most := mostLabels(rows)
	for every := (rows + most - 1) / most; every <= max(rows/2, 1); every++ {
		if s := lineScaleOf(low, high, rows, every); s.row < least {
			best, least = s, s.row
		}
	}
	return best
}

func lineScaleOf(low, high float64, rows, every int) lineScale {
	mantissas := []float64{1, 2, 3, 4, 5}
	for least := (high - low) * float64(every) / float64(rows); ; {
		step := roundAtLeast(least, mantissas)
		row := step / float64(every)
		from := math.Ceil(high/row - float64(rows) + 0.5 - 1e-6)
		to := math.Floor(low/row + 0.5 + 1e-6)
		if from <= to {
			return lineScale{row: row, bottom: int(math.Floor((from + to) / 2)), every: every, step: step}
		}
		least = step * 1.01
	}
}

func (s lineScale) labels(rows int, format func(float64) string) []label {
	var labels []label
	for y := range rows {
		if n := s.bottom + rows - 1 - y; n%s.every == 0 {
			labels = appendLabel(labels, y, float64(n/s.every)*s.step, s.step, format)
		}
	}
	return labels
}

// limits are the values of the lowest and the highest braille dot; there are
// four of them in a row.
func (s lineScale) limits(rows int) (low, high float64) {
	return (float64(s.bottom) - 3.0/8) * s.row, (float64(s.bottom+rows-1) + 3.0/8) * s.row
}
