package likeness

import (
	"fmt"
	"math"
	"strings"
	"time"

	"vitals/internal/health"
	"vitals/internal/svg"
)

// WeighIn is a weigh-in that is drawn.
type WeighIn struct {
	At      time.Time // with the offset it was made at; its date is its civil date
	KG      float64
	HeightM float64  // the person's on that date
	BMI     float64  // in kg/m², not rounded
	Fat     *float64 // percent, measured with it; nil: none was
	TrendKG float64
}

// One draws a weigh-in, weights in the given units.
func One(w WeighIn, units health.WeightUnit) []byte {
	return draw([]WeighIn{w}, units, "Likeness of "+long(w.At), nil)
}

// Two draws an earlier weigh-in at the left and a later one at the right, by one
// scale, with what has changed. They may be one weigh-in, which is said.
func Two(earlier, later WeighIn, units health.WeightUnit) []byte {
	changes := []string{"From " + long(earlier.At) + " to " + long(later.At), change(earlier, later, units)}
	if earlier.At.Equal(later.At) && earlier.KG == later.KG {
		changes = []string{"Both dates lead to the same weigh-in"}
	}
	return draw([]WeighIn{earlier, later}, units, "Likeness of "+long(earlier.At)+" beside "+long(later.At), changes)
}

// The layout, in units of the image.
const (
	column    = 320 // the width for a figure
	crown     = 26  // of the tallest figure
	tall      = 440 // the height of the tallest figure
	floor     = crown + tall
	firstLine = floor + 40
	lineStep  = 27
)

const style = ".likeness text{font-family:system-ui,-apple-system,Segoe UI,Roboto,Noto Sans,DejaVu Sans,sans-serif;text-anchor:middle;font-size:18px;fill:#1f2933}" +
	".likeness .date{font-weight:600}.likeness .weight{font-size:25px;font-weight:600}.likeness .aside{font-size:16px;fill:#52606d}" +
	".likeness .ground{fill:#fff}.likeness .floor{stroke:#cbd2d9}" +
	".likeness .body{fill:#c9d6e2;stroke:#5f7a93;stroke-width:1.5;stroke-linejoin:round}" +
	"@media (prefers-color-scheme:dark){.likeness text{fill:#d7dae0}.likeness .aside{fill:#9aa5b1}" +
	".likeness .ground{fill:#15181e}.likeness .floor{stroke:#3d444d}.likeness .body{fill:#3b4b5c;stroke:#9db4ca}}"

// line is a line of text under a figure.
type line struct{ class, words string }

func draw(weighIns []WeighIn, units health.WeightUnit, title string, changes []string) []byte {
	texts, most := make([][]line, len(weighIns)), 0
	tallest := 0.0
	told := []string{}
	for i, w := range weighIns {
		texts[i] = lines(w, units)
		most = max(most, len(texts[i]))
		tallest = max(tallest, metres(w))
		told = append(told, words(w, texts[i]))
	}
	told = append(told, changes...)
	width, below := column*len(weighIns), firstLine+lineStep*most+5
	height := below
	if len(changes) > 0 {
		height += 24 + lineStep*len(changes)
	}

	var d svg.Drawing
	d.Begin("svg", svg.Text("xmlns", "http://www.w3.org/2000/svg"), svg.Text("class", "likeness"),
		svg.Text("viewBox", fmt.Sprintf("0 0 %d %d", width, height)), svg.Number("width", float64(width)), svg.Number("height", float64(height)),
		svg.Text("role", "img"), svg.Text("aria-labelledby", "likeness-title likeness-desc"))
	d.Words("title", title, svg.Text("id", "likeness-title"))
	d.Words("desc", strings.Join(told, ". ")+".", svg.Text("id", "likeness-desc"))
	d.Words("style", style)
	rule := func(y int) {
		d.Element("line", svg.Text("class", "floor"), svg.Number("x1", 24), svg.Number("x2", float64(width-24)), svg.Number("y1", float64(y)), svg.Number("y2", float64(y)))
	}
	write := func(l line, x, y int) {
		d.Words("text", l.words, svg.Text("class", l.class), svg.Number("x", float64(x)), svg.Number("y", float64(y)))
	}
	d.Element("rect", svg.Text("class", "ground"), svg.Number("width", float64(width)), svg.Number("height", float64(height)))
	rule(floor)
	for i, w := range weighIns {
		middle := column*i + column/2
		d.Element("path", svg.Text("class", "body"), svg.Text("d", path(w, float64(middle), tall*metres(w)/tallest/100)))
		for k, l := range texts[i] {
			y := firstLine + lineStep*k
			if k > 0 {
				y += 5 // the weight is larger than the date above it
			}
			write(l, middle, y)
		}
	}
	if len(changes) > 0 {
		rule(below - 8)
	}
	for i, words := range changes {
		write(line{"change", words}, width/2, below+24+lineStep*i)
	}
	d.End()
	return d.Bytes()
}

// metres is how tall a figure is.
func metres(w WeighIn) float64 {
	if !health.PossibleHeight(w.HeightM) {
		return 1.7 // any will do: the scale is that of the tallest
	}
	return w.HeightM
}

// path draws the outline round a middle, standing on the floor, by a scale.
func path(w WeighIn, middle, scale float64) string {
	place := func(p point) string {
		return svg.Short(middle+p.x*scale) + " " + svg.Short(floor+(p.y-100)*scale)
	}
	var d strings.Builder
	for i, c := range buildOf(w.BMI, shapingFat(w)).outline() {
		if i == 0 {
			d.WriteString("M" + place(c[0]))
		}
		d.WriteString("C" + place(c[1]) + " " + place(c[2]) + " " + place(c[3]))
	}
	return d.String() + "Z"
}

// shapingFat is the body fat that the outline follows.
func shapingFat(w WeighIn) float64 {
	if w.Fat == nil {
		return estimatedFat(w.BMI)
	}
	return *w.Fat
}

// lines are the figures of a weigh-in.
func lines(w WeighIn, units health.WeightUnit) []line {
	fat := "Body fat not measured"
	if w.Fat != nil {
		fat = "Body fat " + tenths(*w.Fat) + " %"
	}
	bmi := "BMI " + tenths(w.BMI)
	if finite(w.BMI) {
		bmi += ", " + health.BMIClass(w.BMI)
	}
	texts := []line{
		{"date", long(w.At)},
		{"weight", units.Format(w.KG)},
		{"bmi", bmi},
		{"fat", fat},
		{"trend", "Trend " + units.Format(w.TrendKG)},
	}
	if w.Fat == nil {
		texts = append(texts, line{"aside", "Drawn with " + tenths(estimatedFat(w.BMI)) + " %, an estimate"})
	}
	if drawn := boundedBMI(w.BMI); drawn != w.BMI {
		texts = append(texts, line{"aside", "Drawn as with a BMI of " + tenths(drawn)})
	}
	if w.Fat != nil {
		if drawn := bounded(*w.Fat, leastFat, mostFat, estimatedFat(w.BMI)); drawn != *w.Fat {
			texts = append(texts, line{"aside", "Drawn as with " + tenths(drawn) + " % fat"})
		}
	}
	return texts
}

// words say what is to be seen to those who do not see it.
func words(w WeighIn, texts []line) string {
	all := make([]string, len(texts))
	for i, t := range texts {
		all[i] = t.words
	}
	figure := "A standing figure, seen from the front"
	if health.PossibleHeight(w.HeightM) {
		figure += ", of a person " + health.FormatHeight(w.HeightM) + " tall"
	}
	return figure + ", as wide as goes with these figures: " + strings.Join(all, "; ")
}

// change says what has changed, as far as it is known of both.
func change(earlier, later WeighIn, units health.WeightUnit) string {
	kg := later.KG - earlier.KG
	weight := units.Format(math.Abs(kg))
	text := sign(kg, weight != units.Format(0)) + weight + ", BMI " + signed(later.BMI-earlier.BMI)
	if earlier.Fat == nil || later.Fat == nil {
		return text + ", body fat not known of both"
	}
	return text + ", body fat " + signed(*later.Fat-*earlier.Fat) + " points"
}

func signed(v float64) string {
	text := tenths(math.Abs(v))
	return sign(v, text != tenths(0)) + text
}

func sign(v float64, some bool) string {
	switch {
	case !some:
		return "±"
	case v < 0:
		return "−"
	default:
		return "+"
	}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

func tenths(v float64) string {
	if !finite(v) {
		return "unknown"
	}
	return fmt.Sprintf("%.1f", v)
}

// long writes the date of an instant in words.
func long(at time.Time) string { return at.Format("2 January 2006") }
