package tui

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"vitals/internal/health"
	"vitals/internal/view"
)

var update = flag.Bool("update", false, "write the golden frames anew")

// golden compares the screen with testdata/NAME.txt.
func (r *driver) golden(name string) {
	r.t.Helper()
	frame := r.frame() + "\n"
	for i, line := range strings.Split(frame, "\n") {
		if w := ansi.StringWidth(line); w > r.m.width {
			r.t.Errorf("%s: line %d is %d cells wide on a screen of %d", name, i+1, w, r.m.width)
		}
	}
	if n := strings.Count(frame, "\n"); n > r.m.height {
		r.t.Errorf("%s: %d lines on a screen of %d", name, n, r.m.height)
	}
	sameAsFile(r.t, filepath.Join("testdata", name+".txt"), frame)
}

// sameAsFile compares a frame with the golden one in a file, or writes it there.
func sameAsFile(t *testing.T, path, frame string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(frame), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v (run with -update to write it)", err)
	}
	if frame != string(want) {
		t.Errorf("%s is now\n%s\nwant\n%s", path, frame, want)
	}
}

func TestFrames(t *testing.T) {
	everything := func(t testing.TB) Dependencies {
		return Dependencies{History: ann(t), Account: &account{}, Meter: &meters{}, Remembered: Remembered{Reach: view.LastDay}}
	}
	empty := func(t testing.TB) Dependencies {
		return Dependencies{History: nothing(t), Account: &account{}, Meter: &meters{}, Remembered: Remembered{Reach: view.LastDay}}
	}
	ascii := func(t testing.TB) Dependencies {
		d := everything(t)
		d.ASCII = true
		return d
	}
	heldBack := func(t testing.TB) Dependencies {
		p, d := ann(t), everything(t)
		p.snapshot.HeldBack = &health.Judged{Weighing: health.Weighing{At: p.snapshot.AsOf.Add(-time.Hour), KG: 88}, Verdict: health.HeldBack, Reason: health.OffTrend}
		d.History = p
		return d
	}
	signedIn := func(t testing.TB) Dependencies {
		p, d := nothing(t), empty(t)
		p.snapshot.Grant = &view.Grant{Kept: true, SignedInAt: p.snapshot.AsOf.AddDate(0, 0, -20)}
		d.History = p
		return d
	}
	longAgo := func(t testing.TB) Dependencies {
		p, d := ann(t), everything(t)
		for i := range p.readings {
			p.readings[i].At = p.readings[i].At.AddDate(-2, 0, 0)
		}
		d.History = p
		return d
	}
	onlyHeldBack := func(t testing.TB) Dependencies {
		p, d := ann(t), everything(t)
		p.snapshot.Body = nil
		p.snapshot.HeldBack = &health.Judged{Weighing: health.Weighing{At: p.snapshot.AsOf.Add(-time.Hour), KG: 7000}, Verdict: health.HeldBack, Reason: health.NotAPerson}
		p.readings = []view.BodyReading{{At: p.snapshot.AsOf.Add(-time.Hour), Value: 7000, Verdict: health.HeldBack, Reason: health.NotAPerson, Trend: new(float64)}}
		d.History = p
		return d
	}
	welcome := func(t testing.TB) Dependencies {
		d := empty(t)
		d.Begin = Welcome
		return d
	}
	at := func(day, hour int) time.Time { return time.Date(2026, 11, day, hour, 12, 0, 0, time.UTC) }
	granted := func(since, until time.Time) func(testing.TB) Dependencies {
		return func(t testing.TB) Dependencies {
			d := everything(t)
			d.History.(*past).snapshot.Grant = &view.Grant{Kept: true, SignedInAt: since, ExpiresAt: until}
			return d
		}
	}
	const overloaded = "Google Health is overloaded or broken (HTTP 503) – nothing is lost: try again later"
	const refusal = "the sign-in expired or was withdrawn – sign in again: press a, or run vitals auth"
	fetched := func(problem string, types ...health.DataType) func(testing.TB) Dependencies {
		return func(t testing.TB) Dependencies {
			d := everything(t)
			s := &d.History.(*past).snapshot
			for i, f := range s.Fetches {
				if slices.Contains(types, f.Type) {
					s.Fetches[i].Error, s.Fetches[i].LastSuccess = problem, at(9, 12)
				}
			}
			s.Grant.Refused = problem == refusal
			return d
		}
	}
	problem := News{Problem: "could not reach health.googleapis.com (no network)", Hint: "check the connection; what is stored stays readable"}
	exporting := func(t testing.TB) Dependencies {
		d := everything(t)
		d.Export = (&files{}).write
		return d
	}
	tests := []struct {
		name          string
		with          func(testing.TB) Dependencies
		width, height int
		do            func(*driver)
	}{
		{"full-80x24", everything, 80, 24, nil},
		{"full-100x30", everything, 100, 30, nil},
		{"full-120x40", everything, 120, 40, nil},
		{"full-200x50", everything, 200, 50, nil},
		{"tabs-60x20", everything, 60, 20, nil},
		{"tabs-body-40x12", everything, 40, 12, func(r *driver) { r.keys("tab", "tab") }},
		{"stacked-50x40", everything, 50, 40, nil},
		{"tiny-20x5", everything, 20, 5, nil},
		{"too-small-19x4", everything, 19, 4, nil},
		{"ascii-80x24", ascii, 80, 24, nil},
		{"calories-80x24", everything, 80, 24, func(r *driver) { r.keys("s") }},
		{"why-80x24", everything, 80, 24, func(r *driver) { r.keys("tab", "tab", "i") }},
		{"why-100x30", everything, 100, 30, func(r *driver) { r.keys("tab", "tab", "i") }},
		{"why-ascii-60x20", ascii, 60, 20, func(r *driver) { r.keys("tab", "tab", "i") }},
		{"why-narrow-30x10", everything, 30, 10, func(r *driver) { r.keys("tab", "tab", "i", "end") }},
		{"held-back-80x24", heldBack, 80, 24, nil},
		{"held-back-alone-80x24", onlyHeldBack, 80, 24, func(r *driver) { r.keys("tab", "tab", "enter") }},
		{"zoom-body-40x12", everything, 40, 12, func(r *driver) { r.keys("tab", "tab", "enter", "left") }},
		{"no-weigh-in-80x24", longAgo, 80, 24, nil},
		{"nothing-came-80x24", signedIn, 80, 24, nil},
		{"both-80x24", everything, 80, 24, func(r *driver) { r.keys("s", "s") }},
		{"week-by-hour-80x24", everything, 80, 24, func(r *driver) { r.keys("2", "h") }},
		{"compare-80x24", everything, 80, 24, func(r *driver) { r.keys("c") }},
		{"compare-ascii-80x24", ascii, 80, 24, func(r *driver) { r.keys("2", "c") }},
		{"compare-both-100x30", everything, 100, 30, func(r *driver) { r.keys("s", "s", "2", "c") }},
		{"compare-zoom-80x24", everything, 80, 24, func(r *driver) { r.keys("2", "c", "enter", "left") }},
		{"year-80x24", everything, 80, 24, func(r *driver) { r.keys("4") }},
		{"heat-year-80x24", everything, 80, 24, func(r *driver) { r.keys("4", "v") }},
		{"heat-month-80x24", everything, 80, 24, func(r *driver) { r.keys("3", "v") }},
		{"heat-40x12", everything, 40, 12, func(r *driver) { r.keys("4", "v") }},
		{"heat-zoom-40x12", everything, 40, 12, func(r *driver) { r.keys("3", "v", "enter", "left") }},
		{"heat-zoom-100x30", everything, 100, 30, func(r *driver) { r.keys("4", "v", "enter", "left", "left", "up", "up", "up") }},
		{"heat-both-100x30", everything, 100, 30, func(r *driver) { r.keys("s", "s", "2", "v") }},
		{"heat-both-zoom-80x24", everything, 80, 24, func(r *driver) { r.keys("s", "s", "3", "v", "enter", "left", "down") }},
		{"heat-ascii-80x24", ascii, 80, 24, func(r *driver) { r.keys("4", "v", "enter", "left") }},
		{"zoom-80x24", everything, 80, 24, func(r *driver) { r.keys("enter", "left", "left") }},
		{"zoom-body-80x24", everything, 80, 24, func(r *driver) { r.keys("tab", "tab", "enter", "left") }},
		{"sign-in-ends-80x24", granted(at(21, 9), at(28, 9)), 80, 24, nil},
		{"sign-in-ends-120x40", granted(at(21, 9), at(28, 9)), 120, 40, nil},
		{"sign-in-ends-tomorrow-80x24", granted(at(16, 9), at(23, 9)), 80, 24, nil},
		{"sign-in-ends-tomorrow-40x12", granted(at(16, 9), at(23, 9)), 40, 12, nil},
		{"sign-in-ends-tomorrow-20x5", granted(at(16, 9), at(23, 9)), 20, 5, nil},
		{"sign-in-expired-80x24", granted(at(15, 9), at(22, 9)), 80, 24, nil},
		{"sign-in-expired-60x20", granted(at(15, 9), at(22, 9)), 60, 20, nil},
		{"sign-in-expired-40x12", granted(at(15, 9), at(22, 9)), 40, 12, func(r *driver) { r.keys("tab", "tab") }},
		{"sign-in-refused-80x24", fetched(refusal, health.DataTypes()...), 80, 24, nil},
		{"not-connected-80x24", func(t testing.TB) Dependencies {
			d := everything(t)
			d.History.(*past).snapshot.Grant = &view.Grant{}
			return d
		}, 80, 24, nil},
		{"behind-80x24", fetched(overloaded, health.TypeSteps), 80, 24, nil},
		{"behind-several-80x24", fetched(overloaded, health.TypeWeight, health.TypeBodyFat, health.TypeHeight), 80, 24, nil},
		{"zoom-profile-80x24", fetched(overloaded, health.TypeSteps), 80, 24, func(r *driver) { r.keys("tab", "enter") }},
		{"zoom-profile-100x30", granted(at(16, 9), at(23, 9)), 100, 30, func(r *driver) { r.keys("tab", "enter") }},
		{"zoom-profile-60x20", fetched(overloaded, health.TypeSteps, health.TypeCalories), 60, 20, func(r *driver) { r.keys("tab", "enter") }},
		{"zoom-profile-40x12", granted(at(15, 9), at(22, 9)), 40, 12, func(r *driver) { r.keys("tab", "enter") }},
		{"pounds-80x24", everything, 80, 24, func(r *driver) { r.keys("u") }},
		{"stone-80x24", everything, 80, 24, func(r *driver) { r.keys("u", "u") }},
		{"stone-zoom-80x24", everything, 80, 24, func(r *driver) { r.keys("u", "u", "tab", "tab", "enter", "left") }},
		{"stone-tabs-40x12", everything, 40, 12, func(r *driver) { r.keys("u", "u", "tab", "tab") }},
		{"typing-80x24", everything, 80, 24, func(r *driver) { r.keys("/"); r.typed("2026-10-24 2026-10"); r.keys("enter") }},
		{"export-80x24", exporting, 80, 24, func(r *driver) { r.keys("e") }},
		{"export-both-60x20", exporting, 60, 20, func(r *driver) { r.keys("s", "s", "e") }},
		{"export-taken-80x24", exporting, 80, 24, func(r *driver) { r.keys("tab", "tab", "e"); r.typed("taken.csv"); r.keys("enter") }},
		{"export-done-80x24", exporting, 80, 24, func(r *driver) { r.keys("e", "enter") }},
		{"help-80x24", everything, 80, 24, func(r *driver) { r.keys("?") }},
		{"empty-80x24", empty, 80, 24, nil},
		{"problem-80x24", everything, 80, 24, func(r *driver) { r.send(problem) }},
		{"welcome-80x24", welcome, 80, 24, nil},
		{"meter-form-80x24", empty, 80, 24, func(r *driver) { r.keys("enter"); r.typed("~/m"); r.keys("tab", "enter") }},
		{"choice-80x24", empty, 80, 24, func(r *driver) { r.send(several(12)) }},
		{"choice-tabs-60x16", empty, 60, 16, func(r *driver) { r.send(several(12)); r.keys("down", "down") }},
		{"choice-narrow-30x12", empty, 30, 12, func(r *driver) { r.send(several(3)) }},
		{"choice-zoom-80x24", empty, 80, 24, func(r *driver) {
			r.send(several(30))
			r.keys("enter")
			r.keys(strings.Split(strings.Repeat("j", 25), "")...)
		}},
		{"choice-guess-80x24", empty, 80, 24, func(r *driver) { r.send(several(1)) }},
		{"choice-form-80x24", empty, 80, 24, func(r *driver) {
			r.m.Meter.(*meters).several = several(4).Candidates
			r.keys("enter")
			r.typed("~/m.db")
			r.keys("enter", "down")
		}},
		{"sign-in-80x24", everything, 80, 24, func(r *driver) { r.keys("a") }},
		{"sign-in-wrong-80x24", everything, 80, 24, func(r *driver) { r.keys("a"); r.typed("rubbish"); r.keys("enter") }},
		{"sign-in-client-80x24", empty, 80, 24, func(r *driver) { r.m.Account.(*account).noClient = true; r.keys("a") }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			drive(t, tt.with(t), tt.width, tt.height, func(r *driver) {
				if tt.do != nil {
					tt.do(r)
				}
				r.golden(tt.name)
			})
		})
	}
}

// fits checks that every size draws something that fits.
func (r *driver) fits(name string) {
	r.t.Helper()
	for width := 1; width <= 210; width += 11 {
		for height := 1; height <= 60; height += 5 {
			r.m.width, r.m.height = width, height
			lines := strings.Split(r.m.View().Content, "\n")
			if len(lines) > height {
				r.t.Fatalf("%s at %dx%d has %d lines", name, width, height, len(lines))
			}
			for _, line := range lines {
				if w := ansi.StringWidth(line); w > width {
					r.t.Fatalf("%s at %dx%d has a line of %d cells: %q", name, width, height, w, line)
				}
			}
		}
	}
}

// Every size draws something that fits, in every state.
func TestEverySizeFits(t *testing.T) {
	states := map[string][]string{"dashboard": nil, "zoom": {"enter"}, "body": {"tab", "tab", "enter"}, "help": {"?"}, "both": {"s", "s"}, "compared": {"s", "s", "c", "enter"}, "typing": {"/"},
		"heat": {"4", "v"}, "heat of both": {"s", "s", "v", "enter"}, "exporting": {"e"}}
	states["heat in full"] = []string{"4", "v", "enter"}
	nobody := func() History { // a house and nobody signed in
		p := ann(t)
		p.burned, p.readings, p.snapshot.Burn, p.snapshot.Body = nil, nil, nil, nil
		return p
	}
	for name, keys := range map[string][]string{"calories of nobody": {"s", "v"}, "both of nobody": {"v", "s", "s", "enter"}, "back": {"v", "s", "v"}} {
		drive(t, Dependencies{History: nobody(), Account: &account{}, Meter: &meters{}}, 80, 24, func(r *driver) {
			r.keys(keys...)
			r.fits(name)
		})
	}
	drive(t, Dependencies{History: nothing(t), Account: &account{}, Meter: &meters{}}, 80, 24, func(r *driver) {
		r.keys("v", "s", "s", "tab", "enter")
		r.fits("heat map of nothing")
	})
	for name, keys := range states {
		drive(t, Dependencies{History: ann(t), Account: &account{}, Meter: &meters{}, Export: (&files{}).write,
			Remembered: Remembered{Reach: view.LastDay}}, 80, 24, func(r *driver) {
			r.keys(keys...)
			r.fits(name)
		})
	}
}

// The picture in the README is this frame.
func TestThePictureInTheReadme(t *testing.T) {
	readme, err := os.ReadFile(filepath.Join("..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	frame, err := os.ReadFile(filepath.Join("testdata", "full-80x24.txt"))
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(frame)) {
		if !strings.Contains(string(readme), strings.TrimRight(line, " \n")) {
			t.Errorf("the README lacks %s", line)
		}
	}
}

// With ASCII alone nothing else is drawn, whatever is shown.
func TestNothingButASCII(t *testing.T) {
	for name, keys := range map[string][]string{
		"dashboard": nil, "zoom": {"enter"}, "body": {"tab", "tab", "enter"}, "profile": {"tab", "enter"}, "help": {"?"},
		"why": {"i"}, "why of a weight": {"tab", "tab", "enter", "i"}, "both": {"s", "s", "c"}, "heat": {"4", "v", "enter"},
		"typing": {"/", "x", "enter"}, "exporting": {"e", "enter"}, "signing in": {"a"}, "wrong": {"a", "x", "y", "enter"}, "copied": {"a", "ctrl+y"},
	} {
		p := ann(t)
		d := Dependencies{History: p, Account: &account{}, Meter: &meters{}, Export: (&files{}).write, Remembered: Remembered{Reach: view.LastDay}, ASCII: true}
		drive(t, d, 80, 24, func(r *driver) {
			r.keys(keys...)
			r.asciiOnly(name)
			r.send(News{Doing: "fetching weight: 2 of 10 parts · 20 %"}, News{Problem: "could not reach Google – no network", Hint: "try again …"})
			r.asciiOnly(name + ", news")
		})
	}
	for name, do := range map[string]func(*driver){
		"welcome": nil,
		"choice":  func(r *driver) { r.send(several(12)) },
		"meter":   func(r *driver) { r.keys("enter"); r.typed("~/m"); r.keys("tab", "enter") },
	} {
		d := Dependencies{History: nothing(t), Account: &account{}, Meter: &meters{}, ASCII: true}
		if name == "welcome" {
			d.Begin = Welcome
		}
		drive(t, d, 80, 24, func(r *driver) {
			if do != nil {
				do(r)
			}
			r.asciiOnly(name)
		})
	}
}

func (r *driver) asciiOnly(name string) {
	r.t.Helper()
	for _, c := range r.frame() {
		if c > '~' {
			r.t.Errorf("%s shows %q:\n%s", name, c, r.frame())
			return
		}
	}
}
