package tui

import (
	"testing"

	"vitals/internal/health"
	"vitals/internal/view"
)

// Everything that is drawn follows the unit: figures, axis, goal, rate, cursor.
func TestUnitsFollowTheKey(t *testing.T) {
	onDashboard(t, func(r *driver) {
		steps := []struct {
			key    string
			shown  []string
			hidden []string
		}{
			{"", []string{"71.4 kg", "trend 71.9 kg", "−0.31 ± 0.08 kg/week", "68 kg: Feb", " 74┤"}, []string{"lb"}},
			{"u", []string{"157.4 lb", "trend 158.5 lb", "−0.68 ± 0.18 lb/week", "149.9 lb: Feb", "160 lb┤"}, []string{"kg", " st "}},
			{"u", []string{"11 st 3.4 lb", "trend 11 st 4.5 lb", "lb/week", "10 st 9.9 lb: Feb", "11st 6┤"}, []string{"kg"}},
			{"u", []string{"71.4 kg"}, []string{"lb"}},
		}
		for _, step := range steps {
			if step.key != "" {
				r.keys(step.key)
			}
			r.expect(step.shown...)
			r.expectNot(step.hidden...)
			r.expect("1.72 m", "412 W") // what is no weight stays
		}
		r.keys("u", "u", "tab", "tab", "enter", "end")
		r.expect("lowest 11 st ", "Sun 22 Nov 2026 07:10   11 st 4.", "trend 11 st ")
		r.keys("i")
		asked := r.m.History.(*past).asked
		if got := asked[len(asked)-1].Units; got != health.Stone {
			t.Errorf("i asks for units %q", got)
		}
	})
}

func TestChosenUnitsStay(t *testing.T) {
	onDashboard(t, func(r *driver) {
		if got := r.m.Remember().Units; got != "" {
			t.Errorf("nobody chose, and %q is remembered", got)
		}
		r.keys("u")
		r.send(News{Changed: true})
		r.expect("157.4 lb")
		if got := r.m.Remember().Units; got != health.Pounds {
			t.Errorf("remembered %q", got)
		}
		r.keys("u", "u") // back at the account's, which may change
		r.m.History.(*past).snapshot.Units = health.Stone
		r.send(News{Changed: true})
		r.expect("11 st 3.4 lb")
		if got := r.m.Remember().Units; got != "" {
			t.Errorf("back at the usual ones, %q is remembered", got)
		}
	})
	for _, c := range []struct {
		kept health.WeightUnit
		want string
	}{{health.Pounds, "157.4 lb"}, {"", "71.4 kg"}, {"stone", "71.4 kg"}} {
		drive(t, Dependencies{History: ann(t), Remembered: Remembered{Reach: view.LastDay, Units: c.kept}}, 80, 24, func(r *driver) {
			r.expect(c.want)
		})
	}
}
