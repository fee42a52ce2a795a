package chart

import (
	"fmt"
	"slices"

	"vitals/internal/svg"
	"vitals/internal/timeline"
)

// legendEntry is a mark that occurs, and what it means.
type legendEntry struct{ class, text string }

// width is that of the mark, the text and what keeps it apart from the next.
func (e legendEntry) width() float64 {
	if e.class == "" {
		return textWidth(e.text)
	}
	return legendMark + textWidth(e.text) + 2*letterWidth
}

const legendMark = 30 // the room for a mark

// legend names the marks that occur, line by line.
func (p *imagePlot) legend() [][]legendEntry {
	occurs := map[string]bool{}
	for _, i := range p.items {
		switch {
		case !p.inSight(i):
			occurs["beyond"] = true
		case !i.hasValue():
			occurs["void"] = occurs["void"] || i.End.After(i.Start)
		case i.Hollow && p.offScale(i):
			occurs["beyond the scale"] = true
		case i.Hollow:
			occurs["hollow"] = true
		case p.Bars && i.Low.Value == 0 && i.High.Value == 0:
			occurs["zero"] = true
		case p.Bars && p.combined != "":
			occurs["range"] = occurs["range"] || i.Low.Value < i.High.Value
			occurs["nearest"] = occurs["nearest"] || i.Low.Value > 0 || i.High.Value < 0
		case p.Bars:
			occurs[i.Status.String()] = true
		default:
			occurs["dot"] = occurs["dot"] || p.combined == "" || i.Low.Value == i.High.Value
			occurs["spread"] = occurs["spread"] || i.Low.Value < i.High.Value
		}
	}
	occurs["apart"] = p.combined != "" && slices.ContainsFunc(p.Items, func(i Item) bool { return i.Hollow })
	for _, t := range p.Trend {
		occurs["trend"] = occurs["trend"] || known(t.Value) && p.seconds > 0
	}
	dot := "reading"
	if !p.Single {
		dot = "mean of a " + p.By.String()
		if p.By == timeline.Hour {
			dot = "mean of an hour"
		}
	}
	lines, room := [][]legendEntry(nil), 0.0
	for _, e := range []struct{ key, class, text string }{
		{"full", "full", "whole " + p.itemName()}, {"nearest", "full", "from 0 to the nearest"}, {"range", "range", "lowest to highest"},
		{"partial", "partial", "partial: running, or a gap"}, {"estimated", "estimated", "in part estimated"},
		{"zero", "zero", "0"}, {"void", "void", "no data"}, {"dot", "dot", dot}, {"spread", "spread", "lowest to highest"},
		{"trend", "trend", "trend"}, {"hollow", "hollow", "left out or held back"}, {"beyond the scale", "arrow", "left out or held back, off the scale"},
		{"apart", "", "Those left out or held back are not drawn."}, {"beyond", "", "Readings of other times are not drawn."},
	} {
		if !occurs[e.key] {
			continue
		}
		entry := legendEntry{e.class, e.text}
		if entry.width() > room {
			lines, room = append(lines, nil), imageWidth-24
		}
		lines[len(lines)-1] = append(lines[len(lines)-1], entry)
		room -= entry.width()
	}
	return lines
}

func (p *imagePlot) drawLegend(lines [][]legendEntry) {
	y := p.bottom + 3*lineHeight + 2
	for _, line := range lines {
		x := 12.0
		for _, e := range line {
			p.legendMark(e.class, x, y-6)
			begin := x
			if e.class != "" {
				begin += legendMark
			}
			p.words("", e.text, begin, y)
			x += e.width()
		}
		y += lineHeight
	}
}

// legendMark draws an example of a mark, its middle at y.
func (p *imagePlot) legendMark(class string, x, y float64) {
	circle := func(radius float64) {
		p.Element("circle", svg.Text("class", class), svg.Number("cx", x+11), svg.Number("cy", y), svg.Number("r", radius))
	}
	path := func(class, d string, more ...svg.Attribute) {
		if class != "" {
			more = append(more, svg.Text("class", class))
		}
		p.Element("path", append(more, svg.Text("d", d))...)
	}
	switch class {
	case "":
	case "dot", "hollow":
		circle(dotRadius)
	case "arrow":
		path("hollow", triangle(x+11, y-5, true))
	case "trend":
		path(class, fmt.Sprintf("M%sh22", pair(x, y)))
	case "spread":
		path(class, fmt.Sprintf("M%sv16", pair(x+11, y-8)))
	case "zero":
		path(class, box(x, y-1.5, x+22, y+1.5))
	case "void":
		path("", box(x, y-8, x+22, y+8), p.patterned(class))
	case "partial", "estimated":
		path(class, box(x, y-8, x+22, y+8), p.patterned(class))
	default:
		path(class, box(x, y-8, x+22, y+8))
	}
}
