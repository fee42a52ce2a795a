package view

import (
	"math"
	"path/filepath"
	"testing"
	"time"

	"vitals/internal/health"
	"vitals/internal/store"
	"vitals/internal/timeline"
)

// longHistory keeps 334,206 quarter-hours, nine and a half years of them, and a
// weigh-in with body fat for each of the days, of the account and once more of an
// archive, in a store at path.
func longHistory(b *testing.B, path string) {
	b.Helper()
	const quarters = 334206
	end := local(b, "2026-11-22 13:30").Unix()
	r := timeline.RollUp{Source: "meter.db: readings", Step: 6 * time.Second,
		Latest: timeline.Reading{Time: time.Unix(end, 0), Value: 412}, Portions: make([]timeline.Portion, quarters)}
	for i := range r.Portions {
		start := end - int64(quarters-i)*timeline.QuarterHour
		r.Portions[i] = timeline.Portion{Start: start, End: start + timeline.QuarterHour,
			Amount: 0.1 + 0.05*math.Sin(float64(i)/15), Covered: timeline.QuarterHour * time.Second}
	}
	var weighings []health.Weighing
	var fats []health.BodyFat
	for i := 0; i < quarters; i += 24 * 4 {
		at := time.Unix(r.Portions[i].Start, 0)
		for _, source := range []health.Source{{Name: "Aria 2", Kind: health.SourceScale}, {Name: "Aria", Kind: health.SourceScale, Via: health.ViaFitbitArchive}} {
			id, swing := at.String()+source.Via, math.Sin(float64(i)/4000)
			weighings = append(weighings, health.Weighing{ID: id, At: at, KG: 75 + 3*swing, Source: source})
			fats = append(fats, health.BodyFat{ID: id, At: at, Percent: 25 + swing, Source: source})
		}
	}
	s, err := store.Open(b.Context(), path)
	if err == nil {
		err = s.SaveRollUp(b.Context(), "m", r)
	}
	if err == nil {
		_, _, err = s.SaveWeighings(b.Context(), weighings)
	}
	if err == nil {
		_, _, err = s.SaveBodyFats(b.Context(), fats)
	}
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		b.Fatal(err)
	}
}

// longViewer looks at that history, with a tariff that has a night price.
func longViewer(b *testing.B, path string) (*Viewer, *store.Store) {
	b.Helper()
	s, err := store.Open(b.Context(), path)
	if err != nil {
		b.Fatal(err)
	}
	tariff := Tariff{Currency: "GBP", PricePerKWh: 0.25, NightPrice: 0.1,
		NightFrom: 30 * time.Minute, NightTo: 7*time.Hour + 30*time.Minute, StandingCharge: 0.5}
	return &Viewer{Store: s, Kept: &Kept{}, Now: func() time.Time { return local(b, "2026-11-22 13:37") },
		Preferences: Preferences{Zone: london(b), Meter: "m", Tariffs: []Tariff{tariff}}}, s
}

// BenchmarkFirstFrame is what there is to do before the first frame of a start.
func BenchmarkFirstFrame(b *testing.B) {
	path := filepath.Join(b.TempDir(), "vitals.db")
	longHistory(b, path)
	for _, reach := range []Reach{LastDay, All} {
		b.Run(map[Reach]string{LastDay: "24 h", All: "all by month"}[reach], func(b *testing.B) {
			for b.Loop() {
				v, s := longViewer(b, path)
				lookAt(b, v, NewWindow(reach))
				if err := s.Close(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkKey is what there is to do for each range and bucket key, but for
// the drawing.
func BenchmarkKey(b *testing.B) {
	path := filepath.Join(b.TempDir(), "vitals.db")
	longHistory(b, path)
	v, s := longViewer(b, path)
	defer s.Close()
	for name, reach := range map[string]Reach{"1": LastDay, "2": LastWeek, "3": LastMonth, "4": LastYear, "5": All} {
		for u := timeline.Hour; u <= timeline.Year; u++ {
			w := NewWindow(reach)
			w.Unit = u
			b.Run(name+u.String(), func(b *testing.B) {
				lookAt(b, v, w)
				for b.Loop() {
					lookAt(b, v, w)
				}
			})
		}
	}
}

// BenchmarkCompare is what comparing adds to a key.
func BenchmarkCompare(b *testing.B) {
	path := filepath.Join(b.TempDir(), "vitals.db")
	longHistory(b, path)
	v, s := longViewer(b, path)
	defer s.Close()
	for _, u := range []timeline.Unit{timeline.Hour, timeline.Day, timeline.Month} {
		w := NewWindow(All)
		w.Unit = u
		b.Run("5"+u.String(), func(b *testing.B) {
			e, err := v.Energy(b.Context(), w, House)
			for b.Loop() && err == nil {
				err = v.Compare(b.Context(), w, &e)
			}
			if err != nil {
				b.Fatal(err)
			}
		})
	}
}

// BenchmarkHabits is what the heat map adds to a key.
func BenchmarkHabits(b *testing.B) {
	path := filepath.Join(b.TempDir(), "vitals.db")
	longHistory(b, path)
	v, s := longViewer(b, path)
	defer s.Close()
	for name, reach := range map[string]Reach{"3": LastMonth, "4": LastYear, "5": All} {
		for _, u := range []timeline.Unit{timeline.Day, timeline.Month} {
			w := NewWindow(reach)
			w.Unit = u
			b.Run(name+u.String(), func(b *testing.B) {
				e, err := v.Energy(b.Context(), w, House)
				for b.Loop() && err == nil {
					_, err = v.Habits(b.Context(), w, House, e.Data)
				}
				if err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

func lookAt(b *testing.B, v *Viewer, w Window) {
	b.Helper()
	_, err := v.Snapshot(b.Context())
	if err == nil {
		_, err = v.Energy(b.Context(), w, House)
	}
	if err == nil {
		_, err = v.BodyLine(b.Context(), NewWindow(LastQuarter))
	}
	if err != nil {
		b.Fatal(err)
	}
}
