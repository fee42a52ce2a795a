package tui

import (
	"context"
	"math"
	"path/filepath"
	"testing"
	"time"

	tea "charm.land/bubbletea/v2"

	"vitals/internal/store"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

// BenchmarkKeyToFrame is what there is to do from a range or bucket key to the
// text of the next frame, on 334,206 quarter-hours at 120x40.
func BenchmarkKeyToFrame(b *testing.B) {
	zone := london(b)
	now := time.Date(2026, 11, 22, 13, 37, 0, 0, zone)
	s, err := store.Open(b.Context(), filepath.Join(b.TempDir(), "vitals.db"))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	const quarters = 334206
	r := timeline.RollUp{Source: "meter.db: readings", Step: 6 * time.Second, Latest: timeline.Reading{Time: now, Value: 412}}
	for i := range quarters {
		start := now.Unix()/timeline.QuarterHour*timeline.QuarterHour - int64(quarters-i)*timeline.QuarterHour
		r.Portions = append(r.Portions, timeline.Portion{Start: start, End: start + timeline.QuarterHour,
			Amount: 0.1 + 0.05*math.Sin(float64(i)/15), Covered: timeline.QuarterHour * time.Second})
	}
	if err := s.SaveRollUp(context.Background(), "m", r); err != nil {
		b.Fatal(err)
	}
	viewer := &view.Viewer{Store: s, Kept: &view.Kept{}, Now: func() time.Time { return now },
		Preferences: view.Preferences{Zone: zone, Meter: "m", Tariffs: []view.Tariff{{Currency: "GBP", PricePerKWh: 0.25,
			NightPrice: 0.1, NightFrom: 30 * time.Minute, NightTo: 7*time.Hour + 30*time.Minute, StandingCharge: 0.5}}}}
	for _, keys := range []string{"1h", "2d", "2h", "3d", "4m", "4d", "5m", "5w", "5d", "5h"} {
		for name, remembered := range map[string]Remembered{"": {}, " compared": {Compare: true}, " as a heat map": {Heat: true}} {
			remembered.Reach = view.LastDay
			b.Run(keys+name, func(b *testing.B) {
				m := New(Dependencies{History: viewer, Now: viewer.Now, Remembered: remembered})
				m.Update(tea.WindowSizeMsg{Width: 120, Height: 40})
				m.Update(m.ask()())
				for b.Loop() {
					m.wanted.energy.Unit = timeline.Year // so that a key asks
					var ask tea.Cmd
					for _, key := range keys {
						if _, cmd := m.Update(tea.KeyPressMsg{Code: key, Text: string(key)}); cmd != nil {
							ask = cmd
						}
					}
					m.Update(ask())
					if m.View().Content == "" || m.energy.window.Unit.String()[0] != keys[1] {
						b.Fatal("no frame")
					}
				}
			})
		}
	}
}
