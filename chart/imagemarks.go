package chart

import (
	"math"
	"slices"
	"strings"

	"vitals/internal/svg"
	"vitals/internal/timeline"
)

// marks draws what the items are worth.
func (p *imagePlot) marks() {
	paths := map[string]*strings.Builder{}
	add := func(class, path string) {
		if paths[class] == nil {
			paths[class] = &strings.Builder{}
		}
		paths[class].WriteString(path)
	}
	for n := 0; n < len(p.items); n++ {
		i := p.items[n]
		switch {
		case !p.inSight(i):
		case !i.hasValue() && i.End.After(i.Start):
			last := i // a pattern is seen in a stretch, not in columns by themselves
			for n+1 < len(p.items) && !p.items[n+1].hasValue() {
				n++
				last = p.items[n]
			}
			add("void", box(p.x(i.Start), p.top, p.x(last.End), p.bottom))
		case !i.hasValue():
		case p.Bars:
			p.bar(i, add)
		case i.Low.Value < i.High.Value:
			add("spread", "M"+pair(p.middle(i), p.y(i.Low.Value))+"V"+svg.Short(p.y(i.High.Value)))
		}
	}
	for _, class := range []string{"void", "range", "full", "partial", "estimated", "zero", "spread"} {
		path := paths[class]
		if path == nil {
			continue
		}
		attributes := []svg.Attribute{svg.Text("class", class), svg.Text("d", path.String())}
		switch class {
		case "void", "partial", "estimated":
			if class == "void" || p.narrow() { // without the outline that the class has
				attributes = []svg.Attribute{p.patterned(class), attributes[1]}
			} else {
				attributes = append(attributes, p.patterned(class))
			}
		}
		p.Element("path", attributes...)
	}
	p.trend()
	if !slices.ContainsFunc(p.items, Item.hasValue) {
		p.words("middle muted", "no data", (p.left+plotRight)/2, (p.top+p.bottom)/2)
	}
}

// narrow reports whether bars are so many that an outline would fill them, and a
// partial one would look like a whole one.
func (p *imagePlot) narrow() bool {
	const least = 4 // of a bar
	return (plotRight-p.left)/float64(len(p.items)) < least
}

// box is the path of a rectangle.
func box(left, top, right, bottom float64) string {
	return "M" + pair(left, top) + "H" + svg.Short(right) + "V" + svg.Short(bottom) + "H" + svg.Short(left) + "z"
}

// middle is where a dot for an item stands.
func (p *imagePlot) middle(i Item) float64 { return (p.x(i.Start) + p.x(i.End)) / 2 }

// bar adds an amount; of several together up to the one nearest to zero, and from
// there the range to the one farthest.
func (p *imagePlot) bar(i Item, add func(class, path string)) {
	left, right := p.x(i.Start), p.x(i.End)
	if width := right - left; width >= leastShape {
		left, right = left+width/10, right-width/10
	}
	zero := p.y(0)
	low, high := i.Low.Value, i.High.Value
	if low == 0 && high == 0 {
		add("zero", box(left, zero-1.5, right, min(zero+1.5, p.bottom+1.5)))
		return
	}
	near := 0.0
	switch {
	case low > 0:
		near = low
	case high < 0:
		near = high
	}
	solid := map[timeline.Status]string{timeline.Full: "full", timeline.Partial: "partial", timeline.Estimated: "estimated"}[i.Status]
	if low < high {
		add("range", box(left, p.y(high), right, p.y(low)))
	}
	if near == 0 {
		return
	}
	end := p.y(near)
	if math.Abs(end-zero) < leastBar {
		end = zero - math.Copysign(leastBar, near)
		end = min(max(end, p.top), p.bottom)
	}
	add(solid, box(left, min(end, zero), right, max(end, zero)))
}

// trend draws the line of the trend.
func (p *imagePlot) trend() {
	var path strings.Builder
	l := Lines{From: p.From, To: p.To, Trend: p.Trend}
	end := spot{X: math.NaN()}
	for _, s := range l.strokes() {
		if s.from != end {
			path.WriteString("M" + p.at(s.from))
		}
		path.WriteString("L" + p.at(s.to))
		end = s.to
	}
	if path.Len() > 0 {
		p.Element("path", svg.Text("class", "trend"), svg.Text("d", path.String()))
	}
}

// at writes the coordinates of a spot.
func (p *imagePlot) at(s spot) string {
	return pair(p.left+min(max(s.X/p.seconds, 0), 1)*(plotRight-p.left), p.y(s.Y))
}

// hovers draws what answers a pointer: of a bucket its whole column, of a reading
// more than its dot. The dots are drawn here, too, over the columns.
func (p *imagePlot) hovers() {
	if p.Single && p.combined == "" {
		p.dots()
		return
	}
	p.Begin("g", svg.Text("class", "hover"))
	for _, i := range p.items {
		if !p.inSight(i) {
			continue
		}
		left, right := p.x(i.Start), p.x(i.End)
		p.Begin("rect", svg.Number("x", left), svg.Number("y", p.top), svg.Number("width", right-left), svg.Number("height", p.bottom-p.top))
		p.Words("title", i.hover())
		p.End()
	}
	p.End()
	if !p.Bars {
		p.Begin("g", svg.Text("class", "dot"), svg.Text("pointer-events", "none"))
		for _, i := range p.items {
			if i.hasValue() && p.inSight(i) && (p.combined == "" || i.Low.Value == i.High.Value) {
				p.Element("circle", svg.Number("cx", p.middle(i)), svg.Number("cy", p.y(i.Amount)), svg.Number("r", p.radius()))
			}
		}
		p.End()
	}
}

// radius is that of a dot: less where there are many.
func (p *imagePlot) radius() float64 {
	return min(max((plotRight-p.left)/float64(len(p.items)+1), 1.5), dotRadius)
}

// dots draws single readings, those that do not count first.
func (p *imagePlot) dots() {
	for _, hollow := range []bool{true, false} {
		for _, i := range p.items {
			if i.Hollow != hollow || !i.hasValue() || !p.inSight(i) {
				continue
			}
			x, y := p.x(i.Start), p.y(i.Amount)
			p.Begin("g")
			p.Words("title", i.hover())
			switch {
			case !hollow:
				p.Element("circle", svg.Text("class", "dot"), svg.Number("cx", x), svg.Number("cy", y), svg.Number("r", p.radius()))
			case p.offScale(i):
				p.Element("path", svg.Text("class", "hollow"), svg.Text("d", triangle(x, y, i.Amount > p.high)))
			default:
				p.Element("circle", svg.Text("class", "hollow"), svg.Number("cx", x), svg.Number("cy", y), svg.Number("r", dotRadius))
			}
			p.Begin("g", svg.Text("class", "hover"))
			p.Element("circle", svg.Number("cx", x), svg.Number("cy", y), svg.Number("r", 2*dotRadius))
			p.End()
			p.End()
		}
	}
}

// offScale reports whether the value axis does not reach as far as a reading.
func (p *imagePlot) offScale(i Item) bool { return i.Amount > p.high || i.Amount < p.low }

// triangle points up from y or down to it.
func triangle(x, y float64, up bool) string {
	const half, height = 6, 10
	if up {
		return "M" + pair(x-half, y+height) + "L" + pair(x, y) + "L" + pair(x+half, y+height) + "z"
	}
	return "M" + pair(x-half, y-height) + "L" + pair(x, y) + "L" + pair(x+half, y-height) + "z"
}
