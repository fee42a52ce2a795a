package likeness

import (
	"bytes"
	"encoding/xml"
	"flag"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitals/internal/health"
)

var update = flag.Bool("update", false, "write the pictures in testdata anew")

func on(year int, month time.Month, day int) time.Time {
	return time.Date(year, month, day, 7, 12, 0, 0, time.UTC)
}

// body is a weigh-in of somebody 1.72 m tall.
func body(at time.Time, bmi float64, fat ...float64) WeighIn {
	w := WeighIn{At: at, KG: bmi * 1.72 * 1.72, HeightM: 1.72, BMI: bmi, TrendKG: bmi*1.72*1.72 + 0.3}
	if len(fat) > 0 {
		w.Fat = &fat[0]
	}
	return w
}

func TestPictures(t *testing.T) {
	for name, picture := range map[string][]byte{
		"lean":      One(body(on(2024, time.March, 31), 17.2, 12), health.Kilograms),
		"estimated": One(body(on(2026, time.November, 22), 24.9996), health.Pounds),
		"beyond":    One(body(on(2026, time.November, 22), 63.2, 66.5), health.Stone),
		"two":       Two(body(on(2024, time.January, 1), 36.1, 41.2), body(on(2026, time.November, 22), 27.4, 30.9), health.Kilograms),
	} {
		path := filepath.Join("testdata", name+".svg")
		if *update {
			if err := os.WriteFile(path, picture, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		golden, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(picture, golden) {
			t.Errorf("%s is another picture now; look at it (-update writes it)", path)
		}
		checkPicture(t, picture)
	}
}

// checkPicture looks for what every picture must have, and returns its texts.
func checkPicture(t interface{ Fatalf(string, ...any) }, picture []byte) (texts []string) {
	known := []string{"svg", "title", "desc", "style", "rect", "line", "path", "text"}
	found := map[string]int{}
	inside := ""
	for decoder := xml.NewDecoder(bytes.NewReader(picture)); ; {
		token, err := decoder.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatalf("%v in\n%s", err, picture)
		}
		switch token := token.(type) {
		case xml.StartElement:
			inside = token.Name.Local
			found[inside]++
			if !slices.Contains(known, inside) {
				t.Fatalf("an element %s", inside)
			}
			for _, a := range token.Attr {
				if strings.Contains(a.Value, "NaN") || strings.Contains(a.Value, "Inf") || strings.HasPrefix(a.Name.Local, "on") {
					t.Fatalf("%s has %s=%q", inside, a.Name.Local, a.Value)
				}
			}
		case xml.CharData:
			if inside == "text" || inside == "desc" {
				texts = append(texts, string(token))
			}
		case xml.EndElement:
			inside = ""
		}
	}
	for _, name := range []string{"title", "desc", "style"} {
		if found[name] != 1 {
			t.Fatalf("%d of %s", found[name], name)
		}
	}
	if !bytes.Contains(picture, []byte("prefers-color-scheme:dark")) {
		t.Fatalf("no dark colours")
	}
	return texts
}

func TestWhatAPictureTells(t *testing.T) {
	first, now := on(2024, time.January, 1), on(2026, time.November, 22)
	for name, c := range map[string]struct {
		picture      []byte
		tells, hides []string
	}{
		"one": {One(body(now, 24.13, 27.34), health.Kilograms),
			[]string{"22 November 2026", "71.4 kg", "BMI 24.1, normal", "Body fat 27.3 %", "Trend 71.7 kg"}, []string{"Drawn", "From"}},
		"in stone":                         {One(body(now, 24.13, 27.34), health.Stone), []string{"11 st 3.4 lb"}, []string{" kg"}},
		"the class of what is not rounded": {One(body(now, 24.996, 27), health.Kilograms), []string{"BMI 25.0, normal"}, nil},
		"no fat":                           {One(body(now, 22), health.Kilograms), []string{"Body fat not measured", "Drawn with 24.8 %, an estimate"}, []string{"Body fat 2"}},
		"below what is drawn": {One(body(now, 11.2, 2), health.Kilograms),
			[]string{"BMI 11.2, severe thinness", "Body fat 2.0 %", "Drawn as with a BMI of 12.0", "Drawn as with 3.0 % fat"}, nil},
		"above it": {One(body(now, 71, 70), health.Kilograms), []string{"BMI 71.0, obese III", "Drawn as with a BMI of 60.0", "Body fat 70.0 %", "Drawn as with 65.0 % fat"}, nil},
		"two": {Two(body(first, 30, 35), body(now, 25, 28.5), health.Kilograms),
			[]string{"From 1 January 2024 to 22 November 2026", "−14.8 kg, BMI −5.0, body fat −6.5 points", "BMI 30.0, obese I", "BMI 25.0, pre-obese"}, []string{"same"}},
		"heavier":              {Two(body(first, 25, 28.5), body(now, 30, 35), health.Stone), []string{"+2 st 4.6 lb, BMI +5.0, body fat +6.5 points"}, nil},
		"as before":            {Two(body(first, 25, 28.5), body(now, 25, 28.5), health.Kilograms), []string{"±0.0 kg, BMI ±0.0, body fat ±0.0 points"}, []string{"same"}},
		"fat of one of them":   {Two(body(first, 25), body(now, 30, 35), health.Kilograms), []string{"BMI +5.0, body fat not known of both"}, nil},
		"the same weigh-in":    {Two(body(now, 25, 28), body(now, 25, 28), health.Kilograms), []string{"Both dates lead to the same weigh-in"}, []string{"From", "±"}},
		"what is no number":    {One(body(now, math.NaN(), math.Inf(1)), health.Kilograms), []string{"unknown", "BMI unknown", "Body fat unknown %"}, []string{"NaN", "Inf", "obese"}},
		"nobody of any height": {One(WeighIn{At: now, KG: 70, BMI: 22, TrendKG: 70}, health.Kilograms), []string{"70.0 kg"}, []string{" tall", "NaN"}},
	} {
		t.Run(name, func(t *testing.T) {
			texts := checkPicture(t, c.picture)
			for _, words := range c.tells {
				seen, heard := slices.Contains(texts[1:], words), strings.Contains(texts[0], words)
				if !seen && !slices.ContainsFunc(texts[1:], func(s string) bool { return strings.Contains(s, words) }) || !heard {
					t.Errorf("%q is not told in %q", words, texts)
				}
			}
			for _, words := range c.hides {
				if strings.Contains(strings.Join(texts, "\n"), words) {
					t.Errorf("%q is told in %q", words, texts)
				}
			}
		})
	}
}

// Two figures share a scale and a floor: whoever is taller is drawn taller.
func TestTwoFiguresShareAScale(t *testing.T) {
	child := body(on(2016, time.March, 1), 17)
	child.HeightM = 1.29 // three quarters of 1.72
	top := func(w WeighIn, scale float64) string { return path(w, 160, scale)[:len("M160 000")] }
	picture := string(Two(child, body(on(2026, time.March, 1), 22), health.Kilograms))
	for _, start := range []string{`d="M160 136C`, `d="M480 26C`} {
		if !strings.Contains(picture, start) {
			t.Errorf("no outline begins at %s", start)
		}
	}
	if got := top(child, 4.4*0.75); got != "M160 136" {
		t.Errorf("the crown is at %s", got)
	}
}

func TestEveryPictureIsWellFormed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		any := func(name string) WeighIn {
			w := WeighIn{At: on(2024, time.January, rapid.IntRange(1, 31).Draw(t, name)), KG: rapid.Float64().Draw(t, "kg"),
				HeightM: rapid.Float64().Draw(t, "height"), BMI: rapid.Float64().Draw(t, "BMI"), TrendKG: rapid.Float64().Draw(t, "trend")}
			if rapid.Bool().Draw(t, "measured") {
				fat := rapid.Float64().Draw(t, "fat")
				w.Fat = &fat
			}
			return w
		}
		units := rapid.SampledFrom(health.WeightUnits()).Draw(t, "units")
		checkPicture(t, One(any("one"), units))
		checkPicture(t, Two(any("earlier"), any("later"), units))
	})
}
