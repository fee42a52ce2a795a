package tui

import (
	"context"
	"errors"
	"testing"

	"vitals/internal/health"
	"vitals/internal/view"
)

// i asks about what has the focus, or is under the cursor.
func TestWhyAsksAboutTheFocus(t *testing.T) {
	tests := []struct {
		name string
		keys []string
		want func(view.Subject) bool
	}{
		{"energy", nil, func(s view.Subject) bool { return s.Topic == view.AboutEnergy && s.At.IsZero() }},
		{"calories", []string{"s"}, func(s view.Subject) bool { return s.Topic == view.AboutEnergy && s.Source == view.Burned }},
		{"a bucket", []string{"2", "enter", "left"}, func(s view.Subject) bool {
			return s.Topic == view.AboutEnergy && s.Window.Reach == view.LastWeek && s.At.Format("2 Jan 15:04") == "21 Nov 00:00"
		}},
		{"profile", []string{"tab"}, func(s view.Subject) bool { return s.Topic == view.AboutPerson }},
		{"body", []string{"tab", "tab"}, func(s view.Subject) bool {
			return s.Topic == view.AboutBody && s.Reading == nil && s.At.IsZero()
		}},
		{"a weigh-in", []string{"tab", "tab", "enter", "home"}, func(s view.Subject) bool {
			return s.Topic == view.AboutBody && s.Reading != nil && s.Reading.At.Format("2 Jan") == "4 Sep"
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := ann(t)
			drive(t, Dependencies{History: p, Account: &account{}, Meter: &meters{}, Remembered: Remembered{Reach: view.LastDay}}, 80, 24, func(r *driver) {
				r.keys(append(tt.keys, "i")...)
				if len(p.asked) != 1 || !tt.want(p.asked[0]) {
					t.Errorf("asked about %+v", p.asked)
				}
				r.expect("why: ")
				before := len(p.asked)
				r.send(News{Changed: true}) // what is open is kept true
				if len(p.asked) != before+1 {
					t.Error("new data did not ask again")
				}
				r.keys("i")
				r.expect("? help")
			})
		})
	}
}

func TestWhyThatFails(t *testing.T) {
	p := ann(t)
	drive(t, Dependencies{History: p, Account: &account{}, Meter: &meters{}}, 80, 24, func(r *driver) {
		p.err = errors.New("the history is damaged")
		r.keys("i")
		r.expect("the history is damaged")
	})
}

// x turns around what counts, says so, and can be taken back.
func TestTheOwnerLeavesOutAndTakesBack(t *testing.T) {
	p := ann(t)
	guest := &p.readings[40]
	guest.Weighing = &health.Judged{Weighing: health.Weighing{ID: "guest", At: guest.At, KG: guest.Value}, Copies: []health.Weighing{{ID: "copy"}}}
	var saved []health.Ruling
	var refuse error
	rule := func(_ context.Context, copies []health.Weighing, r health.Ruling) error {
		if len(copies) != 2 || copies[0].ID != "guest" {
			t.Errorf("ruled of %+v", copies)
		}
		if refuse != nil {
			return refuse
		}
		saved = append(saved, r)
		guest.Verdict = [...]health.Verdict{health.NotRuled: health.HeldBack, health.RuledIn: health.Accepted, health.RuledOut: health.LeftOut}[r]
		guest.Weighing.Ruling = r
		return nil
	}
	drive(t, Dependencies{History: p, Account: &account{}, Meter: &meters{}, Rule: rule}, 80, 24, func(r *driver) {
		r.keys("x")
		r.expect("go to Body")
		r.keys("tab", "tab", "enter", "home")
		for range 40 {
			r.keys("right")
		}
		r.expect("88.0 kg   held back: far off the trend")
		for _, step := range []struct{ said, shown string }{
			{"counts now", "88.0 kg   trend"}, {"is left out – x again takes it back", "left out by you"}, {"as the rules have it", "held back: far off"},
		} {
			r.keys("x")
			r.send(News{Doing: "fetching calories"}) // which is no reason not to hear what a key came to
			r.expect(step.said, step.shown)
		}
		if len(saved) != 3 || saved[0] != health.RuledIn || saved[1] != health.RuledOut || saved[2] != health.NotRuled {
			t.Errorf("saved %v", saved)
		}
		refuse = errors.New("the disk is full")
		r.keys("x")
		r.expect("the disk is full", "held back")
		r.keys("w", "x")
		r.expect("press d for each")
	})
}
