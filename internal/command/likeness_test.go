package command

import (
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"vitals/fitbit/fake"
	"vitals/internal/health"
)

// drawn are the texts of a picture in their order, and the words for those who do
// not see it.
func drawn(t *testing.T, r result) (texts []string, words string) {
	t.Helper()
	inside := ""
	for decoder := xml.NewDecoder(strings.NewReader(r.stdout)); ; {
		token, err := decoder.Token()
		if err == io.EOF {
			return texts, words
		}
		if err != nil {
			t.Fatalf("%v in %s%s", err, r.stdout, r.stderr)
		}
		switch token := token.(type) {
		case xml.StartElement:
			inside = token.Name.Local
		case xml.EndElement:
			inside = ""
		case xml.CharData:
			switch inside {
			case "text":
				texts = append(texts, string(token))
			case "desc":
				words = string(token)
			}
		}
	}
}

func expectDrawn(t *testing.T, r result, want ...string) {
	t.Helper()
	texts, words := drawn(t, r)
	if !slices.Equal(texts, want) {
		t.Errorf("it tells\n%q, not\n%q", texts, want)
	}
	for _, text := range want {
		if !strings.Contains(words, text) {
			t.Errorf("%q is not in the words %q", text, words)
		}
	}
}

// What the picture tells is what the report tells.
func TestALikenessHasTheFiguresOfTheReport(t *testing.T) {
	b := newBox(t)
	b.run("likeness").expect(t, exitSignIn, "no weight is stored and nobody is signed in", "vitals auth")
	b.signIn("")
	b.run("likeness").expect(t, exitFailed, "no weigh-in is stored yet", "vitals sync")
	b.run("sync").expect(t, 0)
	body := b.run("report", "--json").object(t)["body"].(map[string]any)
	fat := "Body fat not measured"
	if percent, ok := body["fat_percent"].(float64); ok {
		fat = fmt.Sprintf("Body fat %.1f %%", percent)
	}
	r := b.run("likeness")
	r.expect(t, 0)
	expectDrawn(t, r, "22 November 2026", fmt.Sprintf("%.1f kg", body["weight_kg"]), fmt.Sprintf("BMI %.1f, %s", body["bmi"], body["bmi_class"]),
		fat, fmt.Sprintf("Trend %.1f kg", body["trend_kg"]))
	if _, words := drawn(t, r); !strings.Contains(words, "1.72 m tall") {
		t.Errorf("the height is not told in %q", words)
	}
	b.stop() // it needs no network
	if again := b.run("likeness", "--date", "-0d"); again.stdout != r.stdout || again.code != 0 {
		t.Errorf("by today it is another: %d %s", again.code, again.stderr)
	}
}

// Readings of a person who grew, has no fat with some weigh-ins, and was stood in for
// by a guest.
const manyWeighIns = "date,weight_kg,fat\n2015-03-01 07:00,40,\n2024-01-01 07:00,96.2,35.1\n2024-03-28 07:00,91.0,\n2024-03-28 19:00,91.4,34\n" +
	"2024-04-02 07:00,55,12\n2026-11-20 07:00,71.4,24\n"

func TestDatesOfALikeness(t *testing.T) {
	b := newBox(t)
	b.configure("[display]\nheight_cm = 172\ntime_zone = Europe/London\n")
	b.write("w.csv", manyWeighIns)
	b.run("import", b.path("w.csv")).expect(t, 0, "1 weigh-in held back")

	now := []string{"20 November 2026", "71.4 kg", "BMI 24.1, normal", "Body fat 24.0 %", "Trend 71.4 kg"}
	march := []string{"28 March 2024", "91.4 kg", "BMI 30.9, obese I", "Body fat 34.0 %", "Trend 91.0 kg"}
	first := []string{"1 March 2015", "40.0 kg", "BMI 13.5, severe thinness", "Body fat not measured", "Trend 40.0 kg"}
	estimated := "Drawn with 14.6 %, an estimate"
	changed := []string{"From 28 March 2024 to 20 November 2026", "−20.0 kg, BMI −6.8, body fat −10.0 points"}
	for _, c := range []struct {
		args, says string
		tells      [][]string
	}{
		{"", "", [][]string{now}},
		{"--date 2026-11-20", "", [][]string{now}},
		{"--date 2026-11-20T00:00", "", [][]string{now}},
		{"--date -1d", "the last weigh-in by 2026-11-21 is of 2026-11-20", [][]string{now}},
		{"--date 2030-01-01", "is of 2026-11-20", [][]string{now}},
		{"--date 2024-03-28", "", [][]string{march}},
		{"--date 2024-04-02", "the last weigh-in by 2024-04-02 is of 2024-03-28", [][]string{march}}, // the guest is held back
		{"--date 2015-03-01", "", [][]string{append(slices.Clone(first), estimated)}},
		{"--compare 2024-03-28", "", [][]string{march, now, changed}},
		{"--date 2024-03-28 --compare 2026-11-20", "", [][]string{march, now, changed}},
		{"--compare 2015-03-01", "", [][]string{first, {estimated}, now, {"From 1 March 2015 to 20 November 2026", "+31.4 kg, BMI +10.6, body fat not known of both"}}},
		{"--compare 2026-11-20", "", [][]string{now, now, {"Both dates lead to the same weigh-in"}}},
	} {
		t.Run(c.args, func(t *testing.T) {
			r := b.run(append([]string{"likeness"}, strings.Fields(c.args)...)...)
			if c.says == "" {
				r.expect(t, 0)
			} else {
				r.expect(t, 0, c.says)
			}
			expectDrawn(t, r, slices.Concat(c.tells...)...)
		})
	}
	for args, says := range map[string]string{
		"--date 2015-02-28":                      "there is no weigh-in by 2015-02-28",
		"--compare 2015-02-28":                   "the first that counts is of 2015-03-01",
		"--date 2015-02-28 --compare 2024-01-01": "there is no weigh-in by 2015-02-28",
	} {
		b.run(append([]string{"likeness"}, strings.Fields(args)...)...).expect(t, exitFailed, says, "hint: the first")
	}
}

// The height is the one of the date, and whoever was smaller is drawn smaller.
func TestALikenessHasTheHeightOfItsDate(t *testing.T) {
	b := newBox(t)
	person := fake.Ann(moment)
	person.Heights = []health.Height{
		{ID: "1", At: moment.AddDate(-20, 0, 0), Metres: 1.29},
		{ID: "2", At: moment.AddDate(0, 0, -20), Metres: 1.72},
	}
	b.google.Become(person)
	b.signIn("[display]\nunits = st\n")
	b.run("sync").expect(t, 0)
	r := b.run("likeness", "--compare", moment.AddDate(0, 0, -25).Format(time.DateOnly))
	if r.code != 0 || strings.Count(r.stdout, "<path ") != 2 || !strings.Contains(r.stdout, `d="M160 136C`) || !strings.Contains(r.stdout, `d="M480 26C`) {
		t.Errorf("%d: %s%.3000s", r.code, r.stderr, r.stdout)
	}
	texts, words := drawn(t, r)
	if !strings.Contains(words, "1.29 m tall") || !strings.Contains(words, "1.72 m tall") || !strings.HasPrefix(texts[1], "11 st ") {
		t.Errorf("%q, %q", texts, words)
	}
}

func TestWhatALikenessCannotBeDrawnOf(t *testing.T) {
	b := newBox(t)
	for _, args := range [][]string{{"--date", "yesterday"}, {"--compare", "2024-02-30"}, {"Ann"}, {"--date", hostile}, {"--out"}, {"--width", "3"}} {
		if r := b.run(append([]string{"likeness"}, args...)...); r.code != exitUsage || r.stdout != "" || fault(r.stderr) != "" {
			t.Errorf("%q: %d %s", args, r.code, r.stderr)
		}
	}
	if entries, err := os.ReadDir(b.home); err != nil || len(entries) != 0 {
		t.Errorf("wrong usage left %v", entries)
	}
	b.imported("w.csv", weighIns)
	b.run("likeness").expect(t, exitFailed, "no BMI to draw without a height", "hint: set height_cm under [display] in config.ini")

	odd := newBox(t) // of which nothing counts
	odd.imported("w.csv", "date,weight_kg\n2024-01-01,900\n")
	odd.run("likeness").expect(t, exitFailed, "no weigh-in counts")
}

func TestWhereALikenessGoes(t *testing.T) {
	b := newBox(t)
	b.configure("[display]\nheight_cm = 172\ntime_zone = Europe/London\n")
	b.write("w.csv", weighIns)
	b.run("import", b.path("w.csv")).expect(t, 0)
	printed := b.run("likeness", "--out", "-")
	printed.expect(t, 0)
	b.write("me.svg", "an older one")
	for _, name := range []string{"new.svg", "me.svg"} {
		r := b.run("likeness", "--out", b.path(name))
		r.expect(t, 0)
		if r.stdout != "" || b.read(name) != printed.stdout {
			t.Errorf("%s: %s", name, b.read(name))
		}
		if info, err := os.Stat(b.path(name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v, %v", name, info, err)
		}
	}
	configuration := b.read("config.ini")
	b.run("likeness", "--out", b.path("config.ini")).expect(t, exitUsage, "is the configuration")
	b.run("likeness", "--out", b.path(".local/share/vitals/vitals.db")).expect(t, exitUsage, "is the store of vitals")
	b.run("likeness", "--out", b.home).expect(t, exitUsage, "is a folder")
	b.run("likeness", "--out", b.path("nowhere", "me.svg")).expect(t, exitUsage, "there is no folder")
	if b.read("config.ini") != configuration {
		t.Error("the configuration was written over")
	}
	b.run("likeness").expect(t, 0) // nor the store
}
