package chart

import "vitals/internal/svg"

// imageStyle colours an image. What knows no media queries draws the light one,
// as printers do. Letters are smaller where the image is wide. Blue and orange are
// told apart by all who see colours at all; nothing is told by colour alone.
const imageStyle = `
text{font-family:system-ui,Segoe UI,Roboto,Helvetica,Arial,sans-serif;font-size:18px;fill:#1a1a1a}
.title{font-size:22px;font-weight:bold}
.muted{fill:#555}
.middle{text-anchor:middle}
.end{text-anchor:end}
.page{fill:#fff}
.grid{fill:none;stroke:#ddd}
.axis{fill:none;stroke:#555}
.full,.dot{fill:#0068a8}
.partial,.estimated{stroke:#0068a8}
.zero{fill:#1a1a1a}
.hatch{fill:none;stroke:#0068a8}
.void{fill:none;stroke:#999}
.range{fill:#7fb8dd}
.spread{fill:none;stroke:#0068a8;stroke-width:1.5}
.trend{fill:none;stroke:#b34700;stroke-width:2.5;stroke-linejoin:round;stroke-linecap:round}
.hollow{fill:#fff;stroke:#555;stroke-width:1.5}
.hover{fill:#000;fill-opacity:0;stroke:#000;stroke-opacity:0}
.hover :hover{fill-opacity:.12}
@media (min-width:1000px){text{font-size:14px}.title{font-size:18px}}
@media screen and (prefers-color-scheme:dark){
text{fill:#eee}
.muted{fill:#aeb4bb}
.page{fill:#16191d}
.grid{stroke:#343a41}
.axis{stroke:#aeb4bb}
.full,.dot{fill:#56b4e9}
.partial,.estimated,.hatch,.spread{stroke:#56b4e9}
.zero{fill:#eee}
.void{stroke:#777}
.range{fill:#2d6a91}
.trend{stroke:#f0a132}
.hollow{fill:#16191d;stroke:#aeb4bb}
.hover{fill:#fff;stroke:#fff}
}
`

// patterns defines what bars are hatched with: partial ones sparsely, estimated
// ones densely and the other way, and the stretch without data from top to bottom.
func (p *imagePlot) patterns() {
	pattern := func(name, class, path string, size, width float64) {
		p.Begin("pattern", svg.Text("id", p.id(name)), svg.Text("patternUnits", "userSpaceOnUse"),
			svg.Number("width", size), svg.Number("height", size))
		p.Element("path", svg.Text("class", class), svg.Number("stroke-width", width), svg.Text("d", path))
		p.End()
	}
	p.Begin("defs")
	pattern("partial", "hatch", "M-2 10L10 -2M-2 2L2 -2M6 10L10 6", 8, 1.2)
	pattern("estimated", "hatch", "M-1 -1L6 6M-1 4L1 6M4 -1L6 1", 5, 1.8)
	pattern("void", "void", "M-2 14L14 -2M-2 2L2 -2M10 14L14 10", 12, 0.7)
	p.End()
}

// patterned is the attribute that fills with a pattern.
func (p *imagePlot) patterned(name string) svg.Attribute {
	return svg.Text("fill", "url(#"+p.id(name)+")")
}
