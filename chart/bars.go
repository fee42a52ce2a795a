package chart

import (
	"math"

	"charm.land/lipgloss/v2"

	"vitals/internal/timeline"
)

// Bars draws buckets as bars from zero, all of one width, with a value axis on
// the left and a time axis below. Where some amount is negative there is a zero
// line, and its bar hangs from that.
//
// A partial and an estimated bucket are hatched, each in its own way; one
// without data is a dot on the baseline; 0 is a dash there.
type Bars struct {
	Look    Look
	Buckets []timeline.Bucket // in time order; only those drawn are looked at
	Unit    timeline.Unit     // of the buckets, for the time axis

	// Compare draws a line across each bar, as high as the bucket with the same
	// index here: in the bar where that is the lower, above it else. It is nil,
	// or as long as Buckets; one without data has no line.
	Compare []timeline.Bucket

	// Format writes a value for the value axis; what it returns is left out
	// when it is wider than eight cells. With nil the values are plain numbers.
	Format func(float64) string

	// LabelWidth is the least number of cells for the labels of the value
	// axis. Charts with the same one, at least the WidestLabel of each, have
	// their bars one above the other.
	LabelWidth int

	// Offset is how many of the newest buckets lie beyond the right edge when
	// there are more than columns. One that would leave columns free is too
	// large and taken as the largest that does not.
	Offset int

	// Cursor is the index of a bucket to point at, or -1.
	Cursor int

	NoTimeAxis bool // leave the time axis out
}

// Draw returns the picture: h lines of w cells. Without the height it has no
// time axis (from 4 rows on), without the height or width no axes at all (from
// 2 rows and 10 columns on).
func (b Bars) Draw(w, h int) string {
	if w <= 0 || h <= 0 {
		return noCells(h)
	}
	l := b.layout(w, h)
	p := newPicture(w, h, b.Look)
	if l.left > 0 {
		p.valueAxis(l.left, l.rows, l.labels)
	}
	if l.scale.below > 0 {
		for x := l.left; x < w; x++ {
			p.set(x, l.scale.above, p.line, p.styles.Axis)
		}
	}
	for i := l.first; i < l.end; i++ {
		b.bar(p, l, i)
		b.mark(p, l, i)
	}
	cursor := l.column(b.Cursor) + (l.width-1)/2
	visible := b.Cursor >= l.first && b.Cursor < l.end
	if l.timeAxis {
		row := newLabelRow(p, l.left, l.rows)
		if visible {
			row.place(cursor, string(p.under), p.styles.Cursor)
		}
		timeLabels(row, b.Unit, b.Buckets, l.columns)
	} else if visible && l.rows > 1 {
		p.set(cursor, 0, p.over, p.styles.Cursor)
	}
	return p.String()
}

// Visible returns which buckets a picture of that size shows: first included,
// end excluded.
func (b Bars) Visible(w, h int) (first, end int) {
	if w <= 0 || h <= 0 {
		return 0, 0
	}
	l := b.layout(w, h)
	return l.first, l.end
}

// WidestLabel returns the width in cells of the widest label that the value
// axis of a picture of that size has.
func (b Bars) WidestLabel(w, h int) int {
	if w <= 0 || h <= 0 {
		return 0
	}
	return widest(b.layout(w, h).labels)
}

// barLayout says where things are in a picture.
type barLayout struct {
	columns
	rows     int // rows of the bars
	width    int // columns of a bar
	timeAxis bool
	scale    barScale
	labels   []label
}

// columns says which buckets a picture shows, and where.
type columns struct {
	first, end int // the buckets shown
	left       int // columns of the value axis
	pitch      int // columns from bucket to bucket
}

// show chooses the buckets for the columns, of n the newest but for those that
// are offset beyond the right edge.
func (c *columns) show(n, offset, columns int) {
	shown := min(n, columns)
	hidden := min(max(offset, 0), n-shown)
	c.first, c.end = n-hidden-shown, n-hidden
}

func (c columns) column(bucket int) int { return c.left + (bucket-c.first)*c.pitch }

func (b Bars) layout(w, h int) barLayout {
	l := barLayout{rows: h}
	if w < axesWidth || h < axesHeight {
		b.fill(&l, w)
		return l
	}
	if h >= timeRowHeight && !b.NoTimeAxis {
		l.timeAxis, l.rows = true, h-1
	}
	// Wider labels leave fewer columns, and so other buckets to label.
	for width := min(max(b.LabelWidth, 0), maxLabelWidth); ; width++ {
		l.left = width + 1
		b.fill(&l, w-l.left)
		l.labels = l.scale.labels(b.Format)
		if widest(l.labels) <= width {
			return l
		}
	}
}

// fill chooses the buckets for the columns, and the scale for the buckets.
func (b Bars) fill(l *barLayout, columns int) {
	l.show(len(b.Buckets), b.Offset, columns)
	l.pitch = max((columns+1)/max(l.end-l.first, 1), 1)
	l.width = barWidth(l.pitch)
	low, high := 0.0, 0.0
	for _, buckets := range [][]timeline.Bucket{b.Buckets, b.Compare} {
		for i := l.first; i < min(l.end, len(buckets)); i++ {
			if hasData(buckets[i]) {
				low, high = min(low, buckets[i].Amount), max(high, buckets[i].Amount)
			}
		}
	}
	l.scale = newBarScale(low, high, l.rows)
}

// barWidth is how many columns of a pitch a bar fills: all but one, and of a wide
// pitch little more than half. Wider bars say nothing more, and take long to send.
func barWidth(pitch int) int {
	const wide = 5
	if pitch < wide {
		return max(pitch-1, 1)
	}
	return pitch/2 + 1
}

func hasData(b timeline.Bucket) bool { return b.Status != timeline.Empty && known(b.Amount) }

// bar draws the bucket with index i.
func (b Bars) bar(p *picture, l barLayout, i int) {
	bucket := b.Buckets[i]
	style := p.styles.Faint
	switch {
	case i == b.Cursor:
		style = p.styles.Cursor
	case bucket.Status == timeline.Full:
		style = p.styles.Bar
	}
	x, s := l.column(i), l.scale
	baseline := l.rows - 1
	if s.below > 0 {
		baseline = s.above
	}
	switch {
	case !hasData(bucket):
		p.set(x+(l.width-1)/2, baseline, p.empty, style)
	case bucket.Amount > 0:
		p.column(x, s.above-1, -1, l.width, bucket.Amount/s.row, p.up[bucket.Status], style)
	case bucket.Amount == 0 && s.below > 0:
		p.across(x, baseline, l.width, p.onLine, style)
	case bucket.Amount == 0:
		p.across(x, baseline, l.width, p.zero, style)
	case s.below == 0:
		p.across(x, baseline, l.width, p.below, style)
	default:
		p.column(x, s.above+1, 1, l.width, -bucket.Amount/s.row, p.down[bucket.Status], style)
	}
}

// mark draws the line of the bucket that the one with index i is compared with.
// In a chart of a row or two it would hide the bars.
func (b Bars) mark(p *picture, l barLayout, i int) {
	const leastRows = 3
	if i >= len(b.Compare) || !hasData(b.Compare[i]) || l.rows < leastRows {
		return
	}
	amount, s := b.Compare[i].Amount, l.scale
	y := s.above - 1 - min(int(amount/s.row), s.above-1)
	if amount < 0 && s.below > 0 {
		y = s.above + 1 + min(int(-amount/s.row), s.below-1)
	}
	width := l.width
	if top := s.above - reach(b.Buckets[i].Amount/s.row, p.up[b.Buckets[i].Status]); y == top {
		width = (width + 1) / 2 // so that the end of the bar stays in sight
	}
	x, y := l.column(i), min(y, l.rows-1)
	if own := b.Buckets[i]; y == l.rows-1 && s.below == 0 && (!hasData(own) || own.Amount == 0) {
		middle := (l.width - 1) / 2 // so that no data and 0 stay in sight
		x, width = x+middle+1, l.width-middle-1
	}
	p.across(x, y, width, p.before, p.styles.Rule)
}

// reach is how many cells a bar of so many rows reaches into.
func reach(rows float64, parts []rune) int {
	if len(parts) == 0 || rows <= 0 {
		return 0
	}
	return max(1, int(math.Ceil(math.Round(rows*float64(len(parts)))/float64(len(parts)))))
}

// column draws a bar of so many rows from row y on in the direction of step.
func (p *picture) column(x, y, step, width int, rows float64, parts []rune, style lipgloss.Style) {
	n := max(int(math.Round(rows*float64(len(parts)))), 1)
	for ; n > 0; n -= len(parts) {
		p.across(x, y, width, parts[min(n, len(parts))-1], style)
		y += step
	}
}

func (p *picture) across(x, y, width int, r rune, style lipgloss.Style) {
	for i := range width {
		p.set(x+i, y, r, style)
	}
}
