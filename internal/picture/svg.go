package picture

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"strings"
	"unicode/utf8"
)

const (
	margin   = 12 // around the cells
	baseline = 18 // of text, below the top of its cell
	fontSize = 20 // makes letters of most monospaced fonts as wide as a cell
	fonts    = "ui-monospace,SFMono-Regular,Menlo,Consolas,DejaVu Sans Mono,Liberation Mono,monospace"
	ground   = "#15181e"
	edge     = "#3d444d"
	ink      = "#d7dae0" // the terminal's own colour of text
	cursor   = 244
)

// SVG draws a frame for a dark screen of so many cells. The title names the
// picture, the description says what is to be seen in it.
//
// A frame is text of xterm's 256 colours: lines with bold and the colours from
// 16 on, and, if the cursor is to be drawn, a last sequence that places it. What
// else there is in it is an error that tells where.
func SVG(text string, columns, rows int, title, description string) ([]byte, error) {
	f, err := read(text, columns, rows)
	if err != nil {
		return nil, err
	}
	var d drawing
	var words []word
	for _, c := range f.cells {
		r, size := utf8.DecodeRuneInString(c.text)
		x, y := margin+c.x*cellWidth, margin+c.y*cellHeight
		if size == len(c.text) {
			if drawn, err := d.shape(r, x, y, c.style.colour); err != nil {
				return nil, fmt.Errorf("line %d, column %d: %w", c.y+1, c.x+1, err)
			} else if drawn {
				continue
			}
		}
		words = add(words, c)
	}
	if f.cursor {
		l := d.in(paint{colour: cursor})
		l.rects = append(l.rects, rect{margin + f.cursorAt[0]*cellWidth, margin + f.cursorAt[1]*cellHeight, cellWidth, cellHeight})
	}
	width, height := columns*cellWidth+2*margin, rows*cellHeight+2*margin
	var b bytes.Buffer
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img" aria-labelledby="title desc">`+"\n",
		width, height, width*3/4, height*3/4)
	fmt.Fprintf(&b, "<title id=\"title\">%s</title>\n<desc id=\"desc\">%s</desc>\n", escaped(title), escaped(description))
	fmt.Fprintf(&b, `<rect x="1" y="1" width="%d" height="%d" rx="10" fill="%s" stroke="%s"/>`+"\n", width-2, height-2, ground, edge)
	for _, l := range d.layers {
		l.write(&b)
	}
	fmt.Fprintf(&b, `<g font-family="%s" font-size="%d">`+"\n", fonts, fontSize)
	writeWords(&b, words)
	b.WriteString("</g>\n</svg>\n")
	return b.Bytes(), nil
}

// word is text in one style without a blank. What is not ASCII may come from
// another font and stands alone.
type word struct {
	cell
	ascii bool
}

func add(words []word, c cell) []word {
	next := word{c, c.text[0] < utf8.RuneSelf}
	if n := len(words) - 1; n >= 0 && next.ascii && words[n].ascii && words[n].y == c.y &&
		words[n].x+words[n].width == c.x && words[n].style == c.style {
		words[n].text += c.text
		words[n].width += c.width
		return words
	}
	return append(words, next)
}

// writeWords writes the words of one style after those of another, in the order
// in which the styles come up.
func writeWords(b *bytes.Buffer, words []word) {
	var styles []style
	of := map[style][]word{}
	for _, w := range words {
		if of[w.style] == nil {
			styles = append(styles, w.style)
		}
		of[w.style] = append(of[w.style], w)
	}
	for _, s := range styles {
		fmt.Fprintf(b, `<g fill="%s"`, hex(s.colour))
		if s.bold {
			b.WriteString(` font-weight="700"`)
		}
		b.WriteString(">\n")
		for _, w := range of[s] {
			fmt.Fprintf(b, `<text x="%d" y="%d"`, margin+w.x*cellWidth, margin+w.y*cellHeight+baseline)
			if w.width > 1 || !w.ascii {
				fmt.Fprintf(b, ` textLength="%d"`, w.width*cellWidth)
			}
			if !w.ascii {
				b.WriteString(` lengthAdjust="spacingAndGlyphs"`)
			}
			fmt.Fprintf(b, ">%s</text>\n", escaped(w.text))
		}
		b.WriteString("</g>\n")
	}
}

func (l *layer) write(b *bytes.Buffer) {
	switch {
	case l.stroke > 0:
		fmt.Fprintf(b, `<path fill="none" stroke="%s" stroke-width="%d" stroke-linecap="round"`, hex(l.colour), l.stroke)
	case l.quarters%4 > 0:
		tiles := [...]string{"M0 0h2v2h-2z", "M2 2h2v2h-2z", "M2 0h2v2h-2z"}
		id := fmt.Sprintf("shade%d-%d", l.quarters, l.colour)
		fmt.Fprintf(b, `<pattern id="%s" width="4" height="4" patternUnits="userSpaceOnUse"><path fill="%s" d="%s"/></pattern>`+"\n",
			id, hex(l.colour), strings.Join(tiles[:l.quarters], ""))
		fmt.Fprintf(b, `<path fill="url(#%s)"`, id)
	default:
		fmt.Fprintf(b, `<path fill="%s"`, hex(l.colour))
	}
	b.WriteString(` d="`)
	for _, r := range joined(l.rects) {
		fmt.Fprintf(b, "M%d %dh%dv%dh-%dz", r.x, r.y, r.w, r.h, r.w)
	}
	for _, r := range joined(l.lines) {
		if r.h == 0 {
			fmt.Fprintf(b, "M%d %dh%d", r.x, r.y, r.w)
		} else {
			fmt.Fprintf(b, "M%d %dv%d", r.x, r.y, r.h)
		}
	}
	b.WriteString(l.path.String())
	b.WriteString("\"/>\n")
}

func escaped(text string) string {
	var b bytes.Buffer
	if err := xml.EscapeText(&b, []byte(text)); err != nil { // a buffer takes everything
		panic(err)
	}
	return b.String()
}

// hex is a colour of xterm's palette: 16 to 231 are a cube with six steps each
// of red, green and blue, the rest are greys.
func hex(colour int) string {
	switch {
	case colour == 0:
		return ink
	case colour >= 232:
		grey := 8 + 10*(colour-232)
		return fmt.Sprintf("#%02x%02x%02x", grey, grey, grey)
	}
	step := [6]int{0, 95, 135, 175, 215, 255}
	colour -= 16
	return fmt.Sprintf("#%02x%02x%02x", step[colour/36], step[colour/6%6], step[colour%6])
}
