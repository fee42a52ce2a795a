package svg

import (
	"bytes"
	"encoding/xml"
	"math"
	"strconv"
	"strings"
)

// Attribute is a name and a value of an element.
type Attribute struct{ Name, Value string }

// Text is the attribute of a name with a text.
func Text(name, value string) Attribute { return Attribute{name, value} }

// Number is the attribute of a name with a number of at most two decimals. What is
// not finite is 0: no picture is spoiled by one value.
func Number(name string, value float64) Attribute { return Attribute{name, Short(value)} }

// Short writes a number with at most two decimals.
func Short(value float64) string {
	value = math.Round(value*100) / 100
	if math.IsNaN(value) || math.IsInf(value, 0) || value == 0 {
		value = 0 // not -0 either
	}
	return strconv.FormatFloat(value, 'f', -1, 64)
}

// Drawing is an image that is being written. Its methods must be called by one
// goroutine at a time. The zero Drawing is empty.
type Drawing struct {
	text bytes.Buffer
	open []string
}

// Begin opens an element. End closes it.
func (d *Drawing) Begin(name string, attributes ...Attribute) {
	d.indent()
	d.start(name, attributes)
	d.text.WriteString(">\n")
	d.open = append(d.open, name)
}

// End closes the element that was opened last.
func (d *Drawing) End() {
	name := d.open[len(d.open)-1]
	d.open = d.open[:len(d.open)-1]
	d.indent()
	d.text.WriteString("</" + name + ">\n")
}

// Element writes an element without content.
func (d *Drawing) Element(name string, attributes ...Attribute) {
	d.indent()
	d.start(name, attributes)
	d.text.WriteString("/>\n")
}

// Words writes an element that holds nothing but text.
func (d *Drawing) Words(name, words string, attributes ...Attribute) {
	d.indent()
	d.start(name, attributes)
	d.text.WriteString(">" + escaped(words) + "</" + name + ">\n")
}

// Bytes is the image, once every element is closed.
func (d *Drawing) Bytes() []byte { return d.text.Bytes() }

func (d *Drawing) indent() { d.text.WriteString(strings.Repeat(" ", len(d.open))) }

func (d *Drawing) start(name string, attributes []Attribute) {
	d.text.WriteString("<" + name)
	for _, a := range attributes {
		d.text.WriteString(" " + a.Name + `="` + escaped(a.Value) + `"`)
	}
}

// escaped makes text safe in an element and in an attribute: what XML has no place
// for, such as control characters, becomes the replacement character.
func escaped(text string) string {
	var out strings.Builder
	_ = xml.EscapeText(&out, []byte(text)) // a Builder takes everything
	return out.String()
}
