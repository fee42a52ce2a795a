package chart

import (
	"math"
	"slices"
	"strings"
	"time"

	"vitals/internal/svg"
	"vitals/internal/timeline"
)

// valueLabel is a round value on the value axis.
type valueLabel struct {
	value float64
	text  string
}

// scale fits the value axis to the items and the trend, and makes room for its labels.
func (p *imagePlot) scale() {
	var labels []label
	var row, top float64 // value of a row, and that of row 0
	if p.Bars {
		low, high := 0.0, 0.0
		for _, i := range p.items {
			if i.hasValue() {
				low, high = min(low, i.Low.Value), max(high, i.High.Value)
			}
		}
		s := newBarScale(low, high, plotRows)
		row, top, labels = s.row, float64(s.above)*s.row, s.labels(nil)
		p.low, p.high = -float64(s.below)*row, top
		if s.below == 0 {
			p.labels = append(p.labels, valueLabel{0, "0"})
		}
	} else {
		low, high := p.span()
		s := newLineScale(low, high, plotRows)
		row, top, labels = s.row, float64(s.bottom+plotRows-1)*s.row, s.labels(plotRows, nil)
		p.low, p.high = (float64(s.bottom)-0.5)*row, top+0.5*row
	}
	wide := 2
	for _, l := range labels {
		p.labels = append(p.labels, valueLabel{top - float64(l.row)*row, l.text})
		wide = max(wide, len(l.text))
	}
	p.left = 12 + float64(wide)*letterWidth + 10
}

// span is the range of values of an image that is fitted to them, by the rules of
// Lines.
func (p *imagePlot) span() (low, high float64) {
	at := time.Unix(0, 0)
	l := Lines{From: at, To: at.Add(time.Second)}
	for _, i := range p.items {
		if i.hasValue() && p.inSight(i) {
			l.Readings = append(l.Readings, Point{at, i.Low.Value, i.Hollow}, Point{at, i.High.Value, i.Hollow})
		}
	}
	for _, t := range p.Trend {
		l.Readings = append(l.Readings, Point{at, t.Value, false})
	}
	return l.span(l.spots(), nil)
}

// grid draws the lines of the round values.
func (p *imagePlot) grid() {
	var path strings.Builder
	for _, l := range p.labels {
		path.WriteString("M" + pair(p.left, p.y(l.value)) + "H" + svg.Short(plotRight))
	}
	if path.Len() > 0 {
		p.Element("path", svg.Text("class", "grid"), svg.Text("d", path.String()))
	}
}

// pair writes the coordinates of a point.
func pair(x, y float64) string { return svg.Short(x) + " " + svg.Short(y) }

// axes draws the labels of the values and the time axis, which lies at the bottom;
// where bars hang there is a zero line as well.
func (p *imagePlot) axes() {
	const middle = 6 // of a letter, over the line it stands on
	for _, l := range p.labels {
		p.words("end muted", l.text, p.left-10, p.y(l.value)+middle)
	}
	path := "M" + pair(p.left, p.bottom) + "H" + svg.Short(plotRight)
	if p.Bars && p.low < 0 {
		path += "M" + pair(p.left, p.y(0)) + "H" + svg.Short(plotRight)
	}
	if p.seconds > 0 {
		path += p.times()
	}
	p.Element("path", svg.Text("class", "axis"), svg.Text("d", path))
}

// timeWay is one way to label instants, in two rows.
type timeWay struct {
	dateLabels
	minutes int // from label to label, for what is less than an hour; else 0

	instead string // layout of a main label, where the second row says the rest; "" for its own
	middle  bool   // labels stand at an instant, not at the begin of a stretch
	longerRow
}

// longerRow is a second row of labels, of the starts of some longer unit.
type longerRow struct {
	under  timeline.Unit
	layout string // "" for no such row
}

const dayNamed = "Mon 2 Jan"

// waysToTime lists the ways to label instants, the one with the most labels first:
// those of the terminal's axes, and minutes. No label stands inside of what is
// shortest, the unit of the buckets.
func waysToTime(shortest timeline.Unit) []timeWay {
	const dayMinutes = 24 * 60
	days, months, years := longerRow{timeline.Day, dayNamed}, longerRow{timeline.Month, "Jan 2006"}, longerRow{timeline.Year, "2006"}
	var ways []timeWay
	for _, every := range []int{1, 5, 15, 30} {
		ways = append(ways, timeWay{minutes: every, middle: true, longerRow: days,
			dateLabels: dateLabels{unit: timeline.Hour, days: float64(every) / dayMinutes, room: 7,
				label: func(start time.Time) (string, bool) { return start.Format("15:04"), start.Minute() == 0 }}})
	}
	for _, every := range []int{1, 2, 3, 4, 6, 12} {
		ways = append(ways, timeWay{middle: true, instead: "15", longerRow: days,
			dateLabels: dateLabels{unit: timeline.Hour, days: float64(every) / 24, room: 4, label: hourLabel(every)}})
	}
	named := func(room int, layout string, longer longerRow) timeWay {
		return timeWay{longerRow: longer, dateLabels: dateLabels{unit: timeline.Day, days: 1, room: room, label: weekdayLabel(layout)}}
	}
	ways = append(ways, named(10, dayNamed, years), named(8, "Mon 2", months))
	for _, every := range []int{1, 2, 5, 10} {
		ways = append(ways, timeWay{instead: "2", longerRow: months,
			dateLabels: dateLabels{unit: timeline.Day, days: float64(every), room: 4, label: dayLabel(every)}})
	}
	for _, dates := range waysToDate() {
		way := timeWay{dateLabels: dates, longerRow: years}
		switch {
		case dates.unit == timeline.Year:
			way.longerRow = longerRow{}
		case dates.unit == timeline.Month && dates.first == "": // which has years for main labels
			way.instead = "Jan"
		}
		ways = append(ways, way)
	}
	return slices.DeleteFunc(ways, func(w timeWay) bool { return w.unit < shortest })
}

// times writes both rows of labels, and returns the path of the ticks.
func (p *imagePlot) times() string {
	const cell = letterWidth // what counts as a column
	days := p.seconds / (24 * 60 * 60)
	shortest := timeline.Hour
	if !p.Single && p.combined == "" {
		shortest = p.By
	}
	ways := waysToTime(shortest)
	way := ways[len(ways)-1]
	for _, w := range ways {
		if w.days/days*(plotRight-p.left)/cell >= float64(w.room) {
			way = w
			break
		}
	}
	first, second := axisRow{y: p.bottom + lineHeight}, axisRow{y: p.bottom + 2*lineHeight}
	var ticks strings.Builder
	tick := func(t time.Time, length float64) {
		ticks.WriteString("M" + pair(p.x(t), p.bottom) + "v" + svg.Short(length))
	}
	instants := way.instants(p.From, p.To)
	for _, mainOnes := range []bool{true, false} {
		for _, t := range instants {
			text, main := way.label(t)
			if text == "" || main != mainOnes {
				continue
			}
			if main && way.instead != "" {
				text = t.Format(way.instead)
			}
			switch { // a label at the very end would name what comes after
			case !way.middle && !t.Before(p.To):
			case p.place(&first, p.x(t), text, way.middle):
				tick(t, 6)
			}
		}
	}
	if way.first != "" {
		p.place(&first, p.left, p.From.Format(way.first), false)
	}
	if way.layout != "" {
		for t := way.under.Next(p.From); t.Before(p.To); t = way.under.Next(t) {
			tick(t, 10)
			p.place(&second, p.x(t), t.Format(way.layout), false)
		}
		p.place(&second, p.left, p.From.Format(way.layout), false)
	}
	return ticks.String()
}

// instants are those that a way may label.
func (w timeWay) instants(from, to time.Time) []time.Time {
	var instants []time.Time
	for t := w.unit.Next(from.Add(-1)); !t.After(to); t = w.unit.Next(t) {
		instants = append(instants, t)
	}
	if w.minutes == 0 {
		return instants
	}
	instants = nil
	step := time.Duration(w.minutes) * time.Minute
	for hour := w.unit.Start(from); !hour.After(to); hour = w.unit.Next(hour) {
		for t, end := hour, w.unit.Next(hour); t.Before(end) && !t.After(to); t = t.Add(step) {
			if !t.Before(from) {
				instants = append(instants, t)
			}
		}
	}
	return instants
}

// axisRow is a row of labels that do not touch.
type axisRow struct {
	y     float64
	taken [][2]float64
}

// place writes a text at x if there is room, and reports whether there was.
func (p *imagePlot) place(r *axisRow, x float64, text string, middle bool) bool {
	const apart = letterWidth
	class, begin := "", x
	if middle {
		class, begin = "middle", x-textWidth(text)/2
	}
	end := begin + textWidth(text)
	if begin < 0 || end > imageWidth || math.IsNaN(x) {
		return false
	}
	for _, t := range r.taken {
		if begin < t[1]+apart && t[0] < end+apart {
			return false
		}
	}
	r.taken = append(r.taken, [2]float64{begin, end})
	p.words(class, text, x, r.y)
	return true
}
