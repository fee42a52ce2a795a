package svg

import (
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
)

func TestADrawingIsWellFormedWhateverIsInIt(t *testing.T) {
	hostile := "</text><script>alert(1)</script>\x1b]0;x\x07 & \" ' \x00 \xff ]]> \u202e"
	var d Drawing
	d.Begin("svg", Text("xmlns", "http://www.w3.org/2000/svg"))
	d.Begin("g", Text("class", hostile))
	d.Words("title", hostile)
	d.Element("rect", Number("x", math.NaN()), Number("y", math.Inf(-1)), Number("width", 1.0/3), Number("height", -0.001))
	d.End()
	d.End()
	names := []string{}
	for decoder := xml.NewDecoder(strings.NewReader(string(d.Bytes()))); ; {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, d.Bytes())
		}
		if start, ok := token.(xml.StartElement); ok {
			names = append(names, start.Name.Local)
		}
	}
	if got := strings.Join(names, " "); got != "svg g title rect" {
		t.Errorf("elements %s", got)
	}
	if !strings.Contains(string(d.Bytes()), `<rect x="0" y="0" width="0.33" height="0"/>`) {
		t.Errorf("numbers: %s", d.Bytes())
	}
}
