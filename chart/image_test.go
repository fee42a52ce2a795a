package chart

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitals/internal/timeline"
)

// element is one of a parsed image.
type element struct {
	XMLName  xml.Name
	Attr     []xml.Attr `xml:",any,attr"`
	Text     string     `xml:",chardata"`
	Children []element  `xml:",any"`
}

func (e element) attribute(name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// all are the elements of a name in e, which itself is one of them.
func (e element) all(name string) (found []element) {
	if e.XMLName.Local == name {
		found = append(found, e)
	}
	for _, c := range e.Children {
		found = append(found, c.all(name)...)
	}
	return found
}

func parsed(t rapid.TB, image []byte) element {
	t.Helper()
	decoder := xml.NewDecoder(bytes.NewReader(image))
	var e element
	if err := decoder.Decode(&e); err != nil {
		t.Fatalf("%v in\n%s", err, image)
	}
	for {
		token, err := decoder.Token()
		if err == io.EOF {
			return e
		}
		if _, space := token.(xml.CharData); err != nil || !space {
			t.Fatalf("after the image: %v, %v", token, err)
		}
	}
}

var pathStep = regexp.MustCompile(`([MLHVhvz])([-0-9. ]*)`)

// corners are the points that a path goes to.
func corners(t rapid.TB, path string) (points [][2]float64) {
	t.Helper()
	if left := strings.TrimSpace(pathStep.ReplaceAllString(path, "")); left != "" {
		t.Fatalf("a path with %q: %s", left, path)
	}
	x, y := 0.0, 0.0
	for _, step := range pathStep.FindAllStringSubmatch(path, -1) {
		var n [2]float64
		for i, text := range strings.Fields(step[2]) {
			v, err := strconv.ParseFloat(text, 64)
			if err != nil || i > 1 {
				t.Fatalf("%s in %s: %v", step[0], path, err)
			}
			n[i] = v
		}
		switch step[1] {
		case "M", "L":
			x, y = n[0], n[1]
		case "H":
			x = n[0]
		case "V":
			y = n[0]
		case "h":
			x += n[0]
		case "v":
			y += n[0]
		}
		points = append(points, [2]float64{x, y})
	}
	return points
}

// checkImage wants a well-formed image that is the same each time, with nothing
// outside of it.
func checkImage(t rapid.TB, m Image) element {
	t.Helper()
	image := m.Draw()
	if !bytes.Equal(image, m.Draw()) {
		t.Fatal("drawn twice, there are two images")
	}
	e := parsed(t, image)
	var width, height float64
	if _, err := fmt.Sscanf(e.attribute("viewBox"), "0 0 %g %g", &width, &height); err != nil || width != imageWidth || height > 1000 {
		t.Fatalf("viewBox %q: %v", e.attribute("viewBox"), err)
	}
	inside := func(what string, x, y float64) {
		if !(x >= 0 && x <= width && y >= 0 && y <= height) {
			t.Fatalf("%s at %g %g, outside of %g x %g, in\n%.5000s", what, x, y, width, height, image)
		}
	}
	number := func(e element, name string) float64 {
		text := e.attribute(name)
		if text == "" {
			return 0
		}
		v, err := strconv.ParseFloat(text, 64)
		if err != nil {
			t.Fatalf("%s %s: %v", e.XMLName.Local, name, err)
		}
		return v
	}
	for _, part := range e.Children {
		if part.XMLName.Local == "defs" {
			continue
		}
		for _, path := range part.all("path") {
			for _, c := range corners(t, path.attribute("d")) {
				inside("path "+path.attribute("class"), c[0], c[1])
			}
		}
		for _, r := range part.all("rect") {
			inside("rect", number(r, "x"), number(r, "y"))
			inside("rect's end", number(r, "x")+number(r, "width")-0.01, number(r, "y")+number(r, "height")-0.01)
		}
		for _, c := range part.all("circle") {
			inside("circle", number(c, "cx"), number(c, "cy"))
		}
		for _, text := range part.all("text") {
			x, wide := number(text, "x"), textWidth(text.Text)
			switch class := text.attribute("class"); {
			case strings.Contains(class, "end"):
				x -= wide
			case strings.Contains(class, "middle"):
				x -= wide / 2
			}
			inside("text "+text.Text, x, number(text, "y"))
			inside("end of text "+text.Text, x+wide, number(text, "y"))
		}
	}
	return e
}

// itemsOf are buckets with the amounts, told with two decimals.
func itemsOf(buckets []timeline.Bucket, u timeline.Unit) []Item {
	items := make([]Item, len(buckets))
	for i, b := range buckets {
		told := Figure{b.Amount, fmt.Sprintf("%.2f", b.Amount)}
		items[i] = Item{Bucket: b, Text: told.Text, Low: told, High: told, Label: u.Label(b.Start), Lines: []string{told.Text + " kWh"}}
		if b.Status == timeline.Empty {
			items[i].Lines = []string{"no data"}
		}
	}
	return items
}

func bucketsImage(buckets []timeline.Bucket, u timeline.Unit) Image {
	m := Image{Name: "made-up", Title: "Electricity by " + u.String() + ", kWh", Range: "the range", Notes: []string{"times of somewhere"},
		Description: "what it shows", Unit: "kWh", Bars: true, By: u, Items: itemsOf(buckets, u)}
	if len(buckets) > 0 {
		m.From, m.To = buckets[0].Start, buckets[len(buckets)-1].End
	}
	return m
}

func TestAnyImage(t *testing.T) {
	zones := anyZone(t)
	rapid.Check(t, func(t *rapid.T) {
		in := zones.Draw(t, "zone")
		figure := rapid.Custom(func(t *rapid.T) Figure { return Figure{anyValue().Draw(t, "value"), rapid.String().Draw(t, "told")} })
		m := Image{Name: "n", Title: rapid.String().Draw(t, "title"), Range: rapid.String().Draw(t, "range"), Unit: "kWh",
			Notes: rapid.SliceOfN(rapid.String(), 0, 2).Draw(t, "notes"), Description: rapid.String().Draw(t, "description"),
			Bars: rapid.Bool().Draw(t, "bars"), By: timeline.Unit(rapid.IntRange(0, 4).Draw(t, "by")), Single: rapid.Bool().Draw(t, "single")}
		instant := rapid.Custom(func(t *rapid.T) time.Time {
			const year1, year9999 = -62_135_596_800, 253_402_300_799
			return time.Unix(rapid.OneOf(rapid.Int64Range(1_700_000_000, 1_700_100_000), rapid.Int64Range(year1, year9999)).Draw(t, "at"), 0).In(in)
		})
		m.From = instant.Draw(t, "from")
		m.To = m.From.Add(time.Duration(rapid.Int64Range(-10, 400_000_000).Draw(t, "seconds")) * time.Second)
		for range rapid.IntRange(0, 30).Draw(t, "items") {
			start := instant.Draw(t, "start")
			item := Item{Bucket: timeline.Bucket{Start: start, End: start, Amount: anyValue().Draw(t, "amount"), Status: timeline.Status(rapid.IntRange(0, 3).Draw(t, "status"))},
				Low: figure.Draw(t, "low"), High: figure.Draw(t, "high"), Hollow: rapid.Bool().Draw(t, "hollow"),
				Label: rapid.String().Draw(t, "label"), Lines: []string{rapid.String().Draw(t, "line")}}
			if !m.Single {
				item.End = m.By.Next(start)
			}
			m.Items = append(m.Items, item)
			m.Trend = append(m.Trend, Point{Time: start, Value: anyValue().Draw(t, "trend")})
		}
		checkImage(t, m)
	})
}

// Buckets of all kinds of values, and many of them.
func TestAnyBucketsAsAnImage(t *testing.T) {
	zones := anyZone(t)
	rapid.Check(t, func(t *rapid.T) {
		u := timeline.Unit(rapid.IntRange(0, 4).Draw(t, "unit"))
		from := u.Start(time.Unix(rapid.Int64Range(0, 2_000_000_000).Draw(t, "from"), 0).In(zones.Draw(t, "zone")))
		n := rapid.IntRange(0, 60).Draw(t, "buckets")
		if rapid.IntRange(0, 9).Draw(t, "many") == 0 && u < timeline.Month {
			n = rapid.IntRange(MostDrawn, MostDrawn+9).Draw(t, "of many")
		}
		values := rapid.SliceOfN(anyValue(), 1, 20).Draw(t, "values")
		buckets := timeline.Spans(from, u.Back(from, -n), u)
		for i := range buckets {
			buckets[i].Amount, buckets[i].Status = values[i%len(values)], timeline.Status(i*7%4)
		}
		m := bucketsImage(buckets, u)
		m.Bars = rapid.Bool().Draw(t, "bars")
		e := checkImage(t, m)
		if columns := hoverColumns(e); len(columns) > MostDrawn || len(buckets) <= MostDrawn && len(columns) != len(buckets) || len(buckets) > 0 && len(columns) == 0 {
			t.Fatalf("%d columns of %d buckets", len(columns), len(buckets))
		}
	})
}

func FuzzImage(f *testing.F) {
	addSeeds(f)
	f.Fuzz(func(t *testing.T, w, h int, from int64, options uint8, data []byte) {
		buckets, u := fuzzedBuckets(from, options, data)
		m := bucketsImage(buckets, u)
		m.Bars, m.Title, m.Description = options >= 128, string(data), strconv.Itoa(w)+string(data)
		checkImage(t, m)
		for i := range m.Items {
			m.Items[i].End = m.Items[i].Start
			m.Items[i].Hollow = i%3 == h%3
		}
		m.Single = true
		checkImage(t, m)
	})
}

// hoverColumns are the columns that answer a pointer.
func hoverColumns(e element) []element {
	for _, g := range e.all("g") {
		if g.attribute("class") == "hover" {
			return g.all("rect")
		}
	}
	return nil
}

func floatOf(t *testing.T, e element, name string) float64 {
	t.Helper()
	v, err := strconv.ParseFloat(e.attribute(name), 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// A column is as wide as its bucket is long: of 23, 24 and 25 hours.
func TestColumnsAreAsWideAsTheirBucketsAreLong(t *testing.T) {
	london := zone(t, "Europe/London")
	for date, hours := range map[time.Time]float64{
		time.Date(2024, time.March, 30, 0, 0, 0, 0, london): 23, time.Date(2024, time.October, 26, 0, 0, 0, 0, london): 25,
	} {
		columns := hoverColumns(checkImage(t, bucketsImage(household(date, 3, timeline.Day, 12), timeline.Day)))
		ordinary, changed := floatOf(t, columns[0], "width"), floatOf(t, columns[1], "width")
		if math.Abs(changed/ordinary-hours/24) > 1e-3 || math.Abs(floatOf(t, columns[1], "x")-floatOf(t, columns[0], "x")-ordinary) > 0.02 {
			t.Errorf("%s: columns of %g and %g", date, ordinary, changed)
		}
	}
}

// Bars are as high as their amounts, from the zero line on, up and down.
func TestBarsOfAnImageAreAsHighAsTheirAmounts(t *testing.T) {
	start := time.Date(2024, time.May, 6, 0, 0, 0, 0, time.UTC)
	buckets := household(start, 3, timeline.Day, 1)
	for i, v := range []float64{4, -2, 1} {
		buckets[i].Amount = v
	}
	for _, path := range checkImage(t, bucketsImage(buckets, timeline.Day)).all("path") {
		if path.attribute("class") != "full" {
			continue
		}
		c := corners(t, path.attribute("d")) // five a bar
		height := func(bar int) float64 { return c[5*bar+2][1] - c[5*bar][1] }
		if math.Abs(height(0)/height(1)-2) > 1e-3 || math.Abs(height(0)/height(2)-4) > 1e-3 ||
			c[2][1] != c[5][1] || c[12][1] != c[5][1] {
			t.Errorf("bars %v", c)
		}
		return
	}
	t.Error("there are no bars")
}

// A bar that is hatched is seen to be, also of two years by the day: an outline,
// which is as wide as it, would fill it.
func TestNarrowBarsHaveNoOutline(t *testing.T) {
	start := time.Date(2024, time.May, 6, 0, 0, 0, 0, time.UTC)
	for n, outlined := range map[int]bool{30: true, 730: false} {
		days := household(start, n, timeline.Day, 12)
		days[7].Status, days[9].Status = timeline.Partial, timeline.Estimated
		hatched := map[string]bool{} // and whether it has an outline
		for _, path := range checkImage(t, bucketsImage(days, timeline.Day)).all("path") {
			fill := path.attribute("fill")
			if _, seen := hatched[fill]; !seen { // the legend comes after the bars
				hatched[fill] = path.attribute("class") != ""
			}
		}
		for _, kind := range []string{"url(#made-up-partial)", "url(#made-up-estimated)"} {
			if got, ok := hatched[kind]; !ok || got != outlined {
				t.Errorf("of %d bars those filled with %s: %v", n, kind, hatched)
			}
		}
	}
}

// Of too many buckets none is lost: the columns have the lowest and the highest.
func TestManyBucketsAreDrawnTogether(t *testing.T) {
	start := time.Date(2014, time.January, 1, 0, 0, 0, 0, zone(t, "Europe/London"))
	buckets := household(start, 20*366, timeline.Hour, 1)
	buckets[100].Amount, buckets[3000].Amount = 77.25, -3.5
	buckets[5].Status, buckets[6].Status = timeline.Empty, timeline.Partial
	buckets[6].Amount = -50 // has no say: too low by nature
	m := bucketsImage(buckets, timeline.Hour)
	image := m.Draw()
	columns := hoverColumns(checkImage(t, m))
	if days := 305; len(columns) != days || len(image) > 200_000 {
		t.Errorf("%d columns, %d bytes", len(columns), len(image))
	}
	for hour, told := range map[int]string{100: "highest 77.25 kWh (" + timeline.Hour.Label(buckets[100].Start) + ")",
		3000: "lowest -3.50 kWh (" + timeline.Hour.Label(buckets[3000].Start) + ")", 6: "24 hours, 1 partial, 1 without data"} {
		if n := slices.IndexFunc(columns, func(c element) bool { return strings.Contains(c.all("title")[0].Text, told) }); n != hour/24 {
			t.Errorf("%q is told in column %d", told, n)
		}
	}
	if alone := hoverColumns(checkImage(t, bucketsImage(buckets[23:23+24*70], timeline.Hour)))[0].all("title")[0].Text; !strings.HasSuffix(alone, "\n1 hour") {
		t.Errorf("of one hour of a day it tells %q", alone)
	}
	if !bytes.Contains(image, []byte("each column is a day, from its lowest hour to its highest")) || bytes.Contains(image, []byte("-50")) {
		t.Error("it is not told, or by one that lacks a part")
	}
}

// Drawn together, readings that do not count have no marks, which is said.
func TestManyReadingsOfWhichSomeDoNotCount(t *testing.T) {
	start := time.Date(2024, time.May, 6, 0, 0, 0, 0, time.UTC)
	for _, hollow := range []bool{false, true} {
		m := bucketsImage(household(start, MostDrawn+1, timeline.Hour, 1), timeline.Hour)
		m.Bars, m.Single, m.Items[700].Hollow = false, true, hollow
		for i := range m.Items {
			m.Items[i].End = m.Items[i].Start
		}
		checkImage(t, m)
		if said := bytes.Contains(m.Draw(), []byte(">Those left out or held back are not drawn.</text>")); said != hollow {
			t.Errorf("one that does not count %v, it is said %v", hollow, said)
		}
	}
}

// The legend names what occurs, and nothing else.
func TestTheLegendOfAnImage(t *testing.T) {
	start := time.Date(2024, time.May, 6, 0, 0, 0, 0, time.UTC)
	day := household(start, 4, timeline.Day, 9)
	all := []string{"whole day", "partial: running, or a gap", "in part estimated", "no data"}
	for wanted, change := range map[string]func(){
		"whole day":                  func() {},
		"in part estimated":          func() { day[1].Status = timeline.Estimated },
		"partial: running, or a gap": func() { day[2].Status = timeline.Partial },
		"no data":                    func() { day[3].Status = timeline.Empty },
	} {
		day = household(start, 4, timeline.Day, 9)
		change()
		words := []string{}
		for _, text := range checkImage(t, bucketsImage(day, timeline.Day)).all("text") {
			words = append(words, text.Text)
		}
		for _, name := range all {
			if slices.Contains(words, name) != (name == wanted || name == "whole day") {
				t.Errorf("%s: %q", wanted, words)
			}
		}
	}
}

// imageScenes are small images with every mark.
func imageScenes(t *testing.T) map[string]Image {
	london := zone(t, "Europe/London")
	start := time.Date(2024, time.October, 25, 0, 0, 0, 0, london)
	days := household(start, 7, timeline.Day, 12)
	days[1].Status, days[3].Status, days[4].Status = timeline.Estimated, timeline.Empty, timeline.Partial
	days[5].Amount, days[6].Amount = 0, -2
	readings, trend := weighIns(start)
	weights := Image{Name: "weight", Title: "Weight, single readings, kg", Range: "90 days", Unit: "kg", Single: true, From: start, To: start.AddDate(0, 0, 90), Trend: trend}
	for _, r := range readings {
		told := Figure{r.Value, fmt.Sprintf("%.1f kg", r.Value)}
		weights.Items = append(weights.Items, Item{Bucket: timeline.Bucket{Start: r.Time, End: r.Time, Amount: r.Value, Status: timeline.Full},
			Low: told, High: told, Hollow: r.Hollow, Label: r.Time.Format(time.RFC3339), Lines: []string{told.Text}})
	}
	weights.Items[20].Hollow = true
	weights.Items[20].Amount = 91
	means := bucketsImage(household(start, 12, timeline.Month, 12), timeline.Month)
	means.Bars, means.Items[4].Status = false, timeline.Empty
	for i := range means.Items {
		means.Items[i].Low.Value--
		means.Items[i].High.Value += 0.5
	}
	return map[string]Image{"bars": bucketsImage(days, timeline.Day), "readings": weights, "means": means, "empty": {Name: "empty", Title: "Steps by day", Bars: true}}
}

// TestImages compares with what was looked at and found good, and has libxml's
// own parser read it where there is one.
func TestImages(t *testing.T) {
	for name, m := range imageScenes(t) {
		checkImage(t, m)
		path, got := filepath.Join("testdata", "image-"+name+".svg"), m.Draw()
		if *update {
			if err := os.WriteFile(path, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			gotLines, wantLines := strings.Split(string(got), "\n"), strings.Split(string(want), "\n")
			for i := range min(len(gotLines), len(wantLines)) {
				if gotLines[i] != wantLines[i] {
					t.Errorf("%s:%d:\n got %s\nwant %s", path, i+1, gotLines[i], wantLines[i])
				}
			}
			t.Errorf("%s has %d lines, want %d", path, len(gotLines), len(wantLines))
		}
		if lint, err := exec.LookPath("xmllint"); err == nil {
			if out, err := exec.CommandContext(t.Context(), lint, "--noout", path).CombinedOutput(); err != nil {
				t.Errorf("%s: %v: %s", path, err, out)
			}
		}
	}
}

// luminance is that of a colour like #0af or #00aaff, by WCAG 2.
func luminance(t *testing.T, colour string) float64 {
	t.Helper()
	hex := strings.TrimPrefix(colour, "#")
	if len(hex) == 3 {
		hex = hex[:1] + hex[:1] + hex[1:2] + hex[1:2] + hex[2:] + hex[2:]
	}
	sum := 0.0
	for i, share := range []float64{0.2126, 0.7152, 0.0722} {
		n, err := strconv.ParseUint(hex[2*i:2*i+2], 16, 8)
		if err != nil {
			t.Fatalf("%s: %v", colour, err)
		}
		v := float64(n) / 255
		if v <= 0.04045 {
			v /= 12.92
		} else {
			v = math.Pow((v+0.055)/1.055, 2.4)
		}
		sum += share * v
	}
	return sum
}

// Letters stand out from the page by 4.5 to 1, marks by 3 to 1, in both schemes.
func TestColoursOfAnImageStandOut(t *testing.T) {
	light, dark, _ := strings.Cut(imageStyle, "@media screen")
	rule := regexp.MustCompile(`(?m)^([a-z.,]+)\{[^}]*?(?:fill|stroke):(#[0-9a-f]+)`)
	for scheme, style := range map[string]string{"light": light, "dark": dark} {
		colours := map[string]string{}
		for _, r := range rule.FindAllStringSubmatch(style, -1) {
			for _, class := range strings.Split(r[1], ",") {
				colours[class] = r[2]
			}
		}
		for class, least := range map[string]float64{"text": 4.5, ".muted": 4.5, ".full": 3, ".partial": 3, ".estimated": 3, ".trend": 3, ".zero": 3, ".axis": 3} {
			a, b := luminance(t, colours[class]), luminance(t, colours[".page"])
			if got := (max(a, b) + 0.05) / (min(a, b) + 0.05); got < least {
				t.Errorf("%s: %s is %s on %s: %.1f to 1", scheme, class, colours[class], colours[".page"], got)
			}
		}
	}
}
