package tui

import (
	"fmt"
	"testing"

	"vitals/internal/health"
	"vitals/internal/view"
)

// sizes are those that every state is looked at in, from the least to the
// largest screen.
var sizes = [...][2]int{{20, 5}, {30, 10}, {40, 12}, {50, 40}, {60, 20}, {72, 20}, {80, 24}, {100, 30}, {120, 40}, {160, 45}, {200, 50}, {300, 100}}

// Every state in every size, kept as text in testdata/sizes.
func TestStatesInEverySize(t *testing.T) {
	everything := func(t testing.TB) Dependencies {
		return Dependencies{History: ann(t), Account: &account{}, Meter: &meters{}, Remembered: Remembered{Reach: view.LastDay}}
	}
	with := func(change func(*past)) func(testing.TB) Dependencies {
		return func(t testing.TB) Dependencies {
			d := everything(t)
			change(d.History.(*past))
			return d
		}
	}
	empty := func(t testing.TB) Dependencies {
		d := everything(t)
		d.History = nothing(t)
		return d
	}
	broken := func(t testing.TB) Dependencies {
		d := everything(t)
		d.History = &past{err: hinted{"vitals.db is damaged: database disk image is malformed", "restore it from a backup, or move it away and run vitals sync"}}
		return d
	}
	offline := News{Problem: "could not reach health.googleapis.com (no network)", Hint: "check the connection; what is stored stays readable", Retry: true}
	for _, state := range []struct {
		name string
		with func(testing.TB) Dependencies
		do   func(*driver)
	}{
		{"empty", empty, nil},
		{"loading", everything, func(r *driver) { r.m.loaded = false }}, // a quarter of a second is over
		{"fetching", empty, func(r *driver) {
			r.send(News{Doing: "fetching: 23 of about 368 requests · 2.0 a second · about 3 min left"})
		}},
		{"stale", with(stale), func(r *driver) { r.send(offline) }},
		{"error", broken, nil},
		{"problem", everything, func(r *driver) { r.send(offline) }},
		{"partial", with(partial), nil},
		{"full", everything, nil},
		{"zoom", everything, func(r *driver) { r.keys("enter", "left", "left") }},
		{"sign-in", everything, func(r *driver) { r.keys("a") }},
		{"help", everything, func(r *driver) { r.keys("?") }},
	} {
		t.Run(state.name, func(t *testing.T) {
			for _, size := range sizes {
				drive(t, state.with(t), size[0], size[1], func(r *driver) {
					if state.do != nil {
						state.do(r)
					}
					r.golden(fmt.Sprintf("sizes/%s-%dx%d", state.name, size[0], size[1]))
				})
			}
		})
	}
}

// stale makes everything as old as after some days without a network.
func stale(p *past) {
	s := &p.snapshot
	since := s.AsOf.AddDate(0, 0, -5)
	for i := range s.Fetches {
		s.Fetches[i].LastSuccess = since
	}
	s.Burn = nil
	s.Electricity.NowW, s.Electricity.TodayKWh, s.Electricity.TodayCost, s.Electricity.LastReading = nil, nil, nil, since
	for p.portions[len(p.portions)-1].Start > since.Unix() {
		p.portions = p.portions[:len(p.portions)-1]
	}
	for !p.readings[len(p.readings)-1].At.Before(since) {
		p.readings = p.readings[:len(p.readings)-1]
	}
	s.Body.Weighing.At = p.readings[len(p.readings)-1].At
}

// partial is a household with holes: one of the types fails, there is no body
// fat, no rate, and estimated energy beside a gap.
func partial(p *past) {
	s := &p.snapshot
	for i, f := range s.Fetches {
		if f.Type == health.TypeWeight {
			s.Fetches[i].Error = "Google Health is overloaded or broken (HTTP 503) – nothing is lost: try again later"
			s.Fetches[i].LastSuccess = s.AsOf.AddDate(0, 0, -2)
		}
	}
	s.Body.Fat, s.Body.Trend, s.Body.Rate, s.Body.GoalKG, s.Body.GoalDates = nil, nil, nil, nil, nil
	s.Electricity.IdleW = nil
	n := len(p.portions)
	for i := n - 60; i < n-48; i++ {
		p.portions[i].Estimated = p.portions[i].Covered
	}
	p.portions = append(p.portions[:n-48:n-48], p.portions[n-30:]...)
}
