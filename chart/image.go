package chart

import (
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"vitals/internal/svg"
	"vitals/internal/timeline"
)

// Image is a series as an SVG image: bars from zero, or dots with their trend. It
// has no scripts, no fonts and no links, and its own colours for light and dark
// pages. Text in it is from Title, Range, Notes and the items, escaped.
//
// Drawing changes nothing and may be done by several goroutines at once; the same
// Image gives the same bytes. Any values and instants are fit to be drawn.
type Image struct {
	Name        string   // of letters, digits and hyphens, before the identifiers in the image
	Title       string   // "Electricity by day, kWh"
	Range       string   // "1 March 2024 to 31 March 2024"
	Notes       []string // lines below, such as the zone
	Description string   // what the image shows, for who does not see it
	Unit        string   // of the values, over the axis

	// Bars says that values are amounts and begin at zero. Others are readings, or
	// means of some, and the axis is fitted to them.
	Bars bool

	// By is the unit of the items. Single ones are readings, at Start.
	By     timeline.Unit
	Single bool

	From, To time.Time // what the width stands for; the time axis is in From's zone
	Items    []Item    // in time order
	Trend    []Point   // as in Lines
}

// Item is a bucket or a reading in an Image. A reading has no length, and is Full.
type Item struct {
	timeline.Bucket        // Empty: the rest is nothing
	Text            string // how Amount is told, without its unit
	Low, High       Figure // of a mean: between which values; else the amount

	Hollow bool     // does not count, being held back or left out
	Label  string   // what it is called: "2024-03-31"
	Lines  []string // what is told of it below that; of more than MostDrawn items nothing
}

// Figure is a number and how it is told, without its unit.
type Figure struct {
	Value float64
	Text  string
}

// MostDrawn is how many items an Image draws each for itself, which is about one a
// pixel of a wide screen. More of them are drawn together by a longer unit, from the
// lowest to the highest.
const MostDrawn = 1500

// Sizes in the units of the picture, which is imageWidth of them wide at any size:
// at 400 pixels the letters are nine high.
const (
	imageWidth   = 800
	letterHeight = 18
	letterWidth  = 11.5 // on average in a wide typeface
	lineHeight   = 25

	plotRows   = 18 // as scales count them
	rowHeight  = 16
	plotRight  = imageWidth - 24
	dotRadius  = 4
	leastBar   = 2 // of what is more than 0
	leastShape = 6 // width from which a bar leaves room beside it
)

// Draw returns the image as a file.
func (m Image) Draw() []byte {
	p := imagePlot{Image: m, items: m.Items}
	if len(p.items) > MostDrawn {
		p.combine()
	}
	p.seconds = seconds(m.From, m.To)
	p.scale()
	p.header()
	height := p.bottom + 2*lineHeight + 18
	legend := p.legend()
	height += float64(len(legend)) * lineHeight

	d := &p.Drawing
	d.Begin("svg", svg.Text("xmlns", "http://www.w3.org/2000/svg"), svg.Text("role", "img"),
		svg.Text("viewBox", fmt.Sprintf("0 0 %d %s", imageWidth, svg.Short(height))),
		svg.Text("aria-labelledby", p.id("title")+" "+p.id("description")))
	d.Words("title", m.Title+", "+m.Range, svg.Text("id", p.id("title")))
	d.Words("desc", m.Description, svg.Text("id", p.id("description")))
	d.Words("style", strings.ReplaceAll(imageStyle, "\n", ""))
	p.patterns()
	d.Element("rect", svg.Text("class", "page"), svg.Number("width", imageWidth), svg.Number("height", height))
	for _, l := range p.lines {
		p.words(l.class, l.text, l.x, l.y)
	}
	p.grid()
	p.marks()
	p.axes()
	p.hovers()
	p.drawLegend(legend)
	d.End()
	return d.Bytes()
}

// imagePlot is an Image that is being drawn.
type imagePlot struct {
	svg.Drawing
	Image
	items    []Item
	combined string // what several items are drawn as together; "" for each for itself

	left, top, bottom float64 // of the room between the axes
	seconds           float64 // that its width stands for
	low, high         float64 // values of bottom and top
	labels            []valueLabel
	lines             []textLine
}

type textLine struct {
	class, text string
	x, y        float64
}

// words writes a text in a class, or in none.
func (p *imagePlot) words(class, text string, x, y float64) {
	attributes := []svg.Attribute{svg.Number("x", x), svg.Number("y", y)}
	if class != "" {
		attributes = append(attributes, svg.Text("class", class))
	}
	p.Words("text", text, attributes...)
}

// id names a part of the image in itself, and not in a page that has several.
func (p *imagePlot) id(part string) string { return p.Name + "-" + part }

// header places the lines over the plot, and the plot below them.
func (p *imagePlot) header() {
	y := 34.0
	put := func(class, text string) {
		p.lines = append(p.lines, textLine{class, fittingText(text, imageWidth-24), 12, y})
		y += lineHeight
	}
	put("title", p.Title)
	put("", p.Range)
	for _, note := range p.Notes {
		put("muted", note)
	}
	if p.combined != "" {
		put("muted", p.combined)
	}
	y += 4
	p.lines = append(p.lines, textLine{"muted", p.Unit, 12, y})
	p.top = y + 16
	p.bottom = p.top + plotRows*rowHeight
}

// textWidth is at least how wide a text is drawn.
func textWidth(text string) float64 { return float64(utf8.RuneCountInString(text)) * letterWidth }

// fittingText is a text, cut where it would leave a width.
func fittingText(text string, width float64) string {
	if textWidth(text) <= width {
		return text
	}
	return string([]rune(text)[:int(width/letterWidth)-1]) + "…"
}

// x is where an instant is, between the edges of the plot.
func (p *imagePlot) x(t time.Time) float64 {
	if !(p.seconds > 0) {
		return (p.left + plotRight) / 2
	}
	return p.left + min(max(seconds(p.From, t)/p.seconds, 0), 1)*(plotRight-p.left)
}

// y is where a value is, between the edges of the plot.
func (p *imagePlot) y(v float64) float64 {
	share := (v - p.low) / (p.high - p.low)
	if math.IsNaN(share) {
		share = 0
	}
	return p.bottom - min(max(share, 0), 1)*(p.bottom-p.top)
}

// inSight reports whether an item has a place on the time axis.
func (p *imagePlot) inSight(i Item) bool {
	if i.End.After(i.Start) {
		return i.End.After(p.From) && i.Start.Before(p.To)
	}
	return !i.Start.Before(p.From) && !i.Start.After(p.To)
}

// hasValue reports whether an item has values that can be drawn.
func (i Item) hasValue() bool {
	return hasData(i.Bucket) && known(i.Low.Value) && known(i.High.Value)
}

// hover is what is told of an item when it is pointed at.
func (i Item) hover() string { return strings.Join(append([]string{i.Label}, i.Lines...), "\n") }
