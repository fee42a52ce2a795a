package manual

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// Page is a manual page under way. Texts are plain: whatever roff would take for a
// command is written so that it is read as it stands. Blanks and ends of lines in
// a text are where it may be broken, and nothing else.
type Page struct {
	out   strings.Builder
	begun bool // something stands in the section by now
}

// New begins the page of a program in section 1 of the manual, as of a day that may
// be zero, for none; version is the program's.
func New(program string, day time.Time, version string) *Page {
	p := &Page{}
	date := ""
	if !day.IsZero() {
		date = day.Format(time.DateOnly) // as mandoc reads it, which knows no \- there
	}
	fmt.Fprintf(&p.out, ".TH \"%s\" 1 \"%s\" \"%s\" \"User Commands\"\n", escaped(strings.ToUpper(program)), date, escaped(version))
	p.out.WriteString(".nh\n.ad l\n") // words stay whole, so that they can be copied
	return p
}

// Section begins a section, Subsection one within it.
func (p *Page) Section(title string)    { p.head("SH", title) }
func (p *Page) Subsection(title string) { p.head("SS", title) }

func (p *Page) head(macro, title string) {
	p.request(macro, title)
	p.begun = false
}

// Paragraph adds a paragraph.
func (p *Page) Paragraph(text string) {
	p.apart("PP")
	p.text(text)
}

// Line adds a line of its own, without space above it.
func (p *Page) Line(text string) {
	p.apart("br")
	p.text(text)
}

// apart sets off what comes from what stands above it.
func (p *Page) apart(request string) {
	if p.begun {
		p.out.WriteString("." + request + "\n")
	}
	p.begun = true
}

// Item adds a term in bold and, indented below or beside it, what it is.
func (p *Page) Item(term, text string) {
	p.begun = true
	p.out.WriteString(".TP\n")
	p.request("B", term)
	p.text(text)
}

// Example adds lines that are shown as they are.
func (p *Page) Example(lines string) {
	p.apart("PP")
	p.out.WriteString(".nf\n")
	for line := range strings.Lines(strings.Trim(lines, "\n")) {
		p.line(strings.TrimRight(line, "\n"))
	}
	p.out.WriteString(".fi\n")
}

// WriteTo implements io.WriterTo.
func (p *Page) WriteTo(w io.Writer) (int64, error) {
	n, err := io.WriteString(w, p.out.String())
	return int64(n), err
}

// text adds text a sentence a line, as roff wants it.
func (p *Page) text(text string) {
	var words []string
	for word := range strings.FieldsSeq(text) {
		words = append(words, word)
		if strings.HasSuffix(word, ".") && !strings.HasSuffix(word, "..") {
			p.line(strings.Join(words, " "))
			words = nil
		}
	}
	if len(words) > 0 {
		p.line(strings.Join(words, " "))
	}
}

// line adds a line that is no request, whatever it begins with.
func (p *Page) line(text string) {
	text = escaped(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, `\(aq`) {
		text = `\&` + text
	}
	p.out.WriteString(text + "\n")
}

// request adds a macro, whose arguments may hold blanks.
func (p *Page) request(macro string, arguments ...string) {
	p.out.WriteString("." + macro)
	for _, a := range arguments {
		p.out.WriteString(` "` + escaped(a) + `"`)
	}
	p.out.WriteString("\n")
}

// signs are those that roff reads as something else, or typesets as something that
// cannot be copied.
var signs = map[rune]string{'\\': `\e`, '-': `\-`, '\'': `\(aq`, '`': `\(ga`, '^': `\(ha`, '~': `\(ti`, '"': `\(dq`}

// escaped writes a text in ASCII. Of control characters nothing is left.
func escaped(text string) string {
	var out strings.Builder
	for _, r := range text {
		sign, special := signs[r]
		switch {
		case special:
			out.WriteString(sign)
		case r < ' ' || 0x7f <= r && r < 0xa0:
		case r > '~':
			fmt.Fprintf(&out, `\[u%04X]`, r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
