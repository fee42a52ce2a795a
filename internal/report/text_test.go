package report

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"
	"pgregory.net/rapid"

	"vitals/internal/health"
	"vitals/internal/terminal"
	"vitals/internal/view"
)

var update = flag.Bool("update", false, "write the reports in testdata anew")

// pleasant complains about what nobody wants in a mail.
func pleasant(text string) (faults []string) {
	for line := range strings.Lines(text) {
		line, ended := strings.CutSuffix(line, "\n")
		if w := ansi.StringWidth(line); w > columns || !ended || strings.TrimRight(line, " ") != line || line == "" || terminal.Clean("x"+line) != "x"+line {
			faults = append(faults, fmt.Sprintf("%d cells: %q", w, line))
		}
		if len(line) > indent && line[:indent] == strings.Repeat(" ", indent) && line[indent] == ' ' {
			faults = append(faults, fmt.Sprintf("not aligned: %q", line))
		}
	}
	return faults
}

func TestTextReportInItsStates(t *testing.T) {
	long := strings.Repeat("a very long name of a scale ", 4) + "/mnt/" + strings.Repeat("folder/", 12) + "x" + strings.Repeat("体重計", 30)
	states := map[string]func(s *view.Snapshot){
		"everything": func(s *view.Snapshot) { s.Fetches = s.Fetches[:1]; s.Burn.Yesterday = value(2251) },
		"stones":     func(s *view.Snapshot) { s.Fetches = nil; s.Units = health.Stone },
		"meter only": func(s *view.Snapshot) {
			*s = view.Snapshot{AsOf: s.AsOf, Electricity: s.Electricity, MeterNamed: true, Grant: &view.Grant{}}
		},
		"scale only": func(s *view.Snapshot) { s.Fetches, s.Electricity, s.Burn = nil, nil, nil },
		"a silent meter": func(s *view.Snapshot) {
			s.Fetches, s.Electricity.NowW, s.Electricity.TodayKWh, s.Electricity.TodayCost = nil, nil, nil, nil
		},
		"signed out": func(s *view.Snapshot) { s.Fetches = s.Fetches[:1]; s.Grant = &view.Grant{} },
		"sign-in ends": func(s *view.Snapshot) {
			s.Fetches = s.Fetches[:1]
			s.Grant = &view.Grant{Kept: true, SignedInAt: s.AsOf.AddDate(0, 0, -6), ExpiresAt: s.AsOf.AddDate(0, 0, 1)}
		},
		"sign-in refused": func(s *view.Snapshot) {
			const text = "the sign-in has expired or was withdrawn – run vitals auth"
			s.Fetches = []health.Fetch{{Type: health.TypeWeight, Error: text}, {Type: health.TypeSteps, Error: text}}
			s.Grant = &view.Grant{Kept: true, Refused: true}
		},
		"problems": func(s *view.Snapshot) {
			s.Fetches = append(s.Fetches, health.Fetch{Type: health.TypeCalories, Error: "Google does not answer – try again later"},
				health.Fetch{Type: health.TypeHeight, Error: "Google does not answer – try again later"})
		},
		"nothing": func(s *view.Snapshot) { *s = view.Snapshot{AsOf: s.AsOf} },
		"long names": func(s *view.Snapshot) {
			s.Person.Profile.Name, s.Person.Devices[0].Name, s.Body.Weighing.Source.Name, s.Electricity.Currency = long, long, long, long
			s.Fetches = []health.Fetch{{Type: health.TypeWeight, Error: "opening /" + strings.Repeat("deep/", 30) + "vitals.db: refused – see ls -ld /" + strings.Repeat("x", 90)}}
		},
	}
	for name, change := range states {
		s := everything(t)
		change(&s)
		var text bytes.Buffer
		if err := WriteText(&text, s, nil); err != nil {
			t.Fatal(err)
		}
		for _, fault := range pleasant(text.String()) {
			t.Errorf("%s: %s", name, fault)
		}
		path := filepath.Join("testdata", strings.ReplaceAll(name, " ", "-")+".txt")
		if *update {
			if err := os.WriteFile(path, text.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatalf("%v (run with -update to write it)", err)
		}
		if text.String() != string(want) {
			t.Errorf("%s is now\n%s\nwant\n%s", path, text.String(), want)
		}
	}
}

// Whatever stands in the history, a report is pleasant, also where the locale has no
// signs, and a line is one, of a status bar that tmux reads.
func TestReportsOfAnything(t *testing.T) {
	text := rapid.Map(rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "#[fg=red]", "#(reboot)", "±±±±±±±±±±±±±±±±±±±±±±±±±±±±±±±±±±±±±±±±±", "\x1b[31m", "a\u00a0b",
		strings.Repeat("…", 90), strings.Repeat("体", 99), strings.Repeat("word ", 30), strings.Repeat("/path", 30)})), terminal.Clean)
	figure := rapid.Ptr(rapid.OneOf(rapid.Float64(), rapid.Float64Range(-10, 99999)), true)
	plain := terminal.Signs(func(string) string { return "" }, false)
	rapid.Check(t, func(t *rapid.T) {
		now := time.Date(2026, 11, 22, 13, 39, 0, 0, time.UTC)
		before := func() time.Time {
			return now.Add(-time.Duration(rapid.Int64Range(0, int64(900*24*time.Hour)).Draw(t, "before")))
		}
		s := view.Snapshot{AsOf: now, Units: rapid.SampledFrom(health.WeightUnits()).Draw(t, "units"), HeightM: 1.7,
			Person: health.Person{Profile: health.Profile{Name: text.Draw(t, "name"), Age: rapid.Int().Draw(t, "age")},
				Devices: []health.Device{{Name: text.Draw(t, "device"), Battery: text.Draw(t, "battery"), LastSync: before()}}},
			Burn: &view.Burn{Today: figure.Draw(t, "burned"), Yesterday: figure.Draw(t, "burned yesterday")},
			Electricity: &view.Electricity{Source: text.Draw(t, "meter"), LastReading: before(), NowW: figure.Draw(t, "now"), TodayKWh: figure.Draw(t, "today"),
				IdleW: figure.Draw(t, "idle"), TodayCost: figure.Draw(t, "cost"), Currency: text.Draw(t, "currency")},
			Fetches: []health.Fetch{{Type: health.TypeCalories, LastSuccess: before(), Error: text.Draw(t, "error")}, {Type: health.DataType(text.Draw(t, "type"))}},
			Grant:   &view.Grant{Kept: rapid.Bool().Draw(t, "kept"), ExpiresAt: before().AddDate(1, 0, 0)},
		}
		if kg := figure.Draw(t, "weight"); kg != nil {
			s.Body = &view.Body{Weighing: health.Weighing{At: before(), KG: *kg, Source: health.Source{Name: text.Draw(t, "scale")}}, TrendKG: *kg, Fat: figure.Draw(t, "fat")}
		}
		for _, signs := range []func(string) string{nil, plain} {
			var out bytes.Buffer
			if err := WriteText(&out, s, signs); err != nil {
				t.Fatal(err)
			}
			if faults := pleasant(out.String()); faults != nil {
				t.Fatalf("%s\n%s", strings.Join(faults, "\n"), out.String())
			}
		}
		var line bytes.Buffer
		if err := WriteLine(&line, s); err != nil {
			t.Fatal(err)
		}
		bar, ended := strings.CutSuffix(line.String(), "\n")
		if !ended || len(bar) > columns || bar == "" || strings.ContainsFunc(bar, func(r rune) bool { return r < ' ' || r > '~' || r == '#' }) {
			t.Fatalf("the line %q", line.String())
		}
	})
}

func TestLineInItsStates(t *testing.T) {
	for want, change := range map[string]func(s *view.Snapshot){
		"71.4 kg | 412 W | 5.18 kWh today | 0 kcal today": func(s *view.Snapshot) {},
		"no data yet":                    func(s *view.Snapshot) { *s = view.Snapshot{AsOf: s.AsOf} },
		"71.4 kg | 5.18 kWh until 13:38": func(s *view.Snapshot) { s.Electricity.NowW, s.Burn = nil, nil },
		"71.4 kg on 2 Nov": func(s *view.Snapshot) {
			s.Electricity, s.Burn = nil, nil
			s.Body.Weighing.At = s.AsOf.AddDate(0, 0, -20)
		},
		"71.4 kg on 22 Nov 2025": func(s *view.Snapshot) {
			s.Electricity, s.Burn = nil, nil
			s.Body.Weighing.At = s.AsOf.AddDate(-1, 0, 0)
		},
		"412 W | 5.18 kWh today": func(s *view.Snapshot) { s.Body, s.Burn = nil, nil },
		"meter silent since 20 Nov | 0 kcal today": func(s *view.Snapshot) {
			s.Body, s.Electricity = nil, &view.Electricity{LastReading: s.AsOf.AddDate(0, 0, -2)}
		},
		"71.4 kg | 1432 kcal until 09:39": func(s *view.Snapshot) {
			s.Electricity, s.Burn.Today = nil, value(1432)
			s.Fetches = []health.Fetch{{Type: health.TypeCalories, LastSuccess: s.AsOf.Add(-4 * time.Hour)}}
		},
		"71.4 kg | 412 W | 5.18 kWh today | sign-in expired": func(s *view.Snapshot) {
			s.Grant, s.Burn.Today = &view.Grant{Kept: true, Refused: true}, value(11432)
		},
		"71.4 kg | signed out": func(s *view.Snapshot) { s.Electricity, s.Burn, s.Grant = nil, nil, &view.Grant{} },
	} {
		s := everything(t)
		change(&s)
		var line bytes.Buffer
		if err := WriteLine(&line, s); err != nil || line.String() != want+"\n" {
			t.Errorf("%q, %v, and not %q", line.String(), err, want)
		}
	}
}
