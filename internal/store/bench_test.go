package store

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// ofDays is a roll-up of that many days; one in two hundred of its quarter-hours
// is estimated in part.
func ofDays(n int) timeline.RollUp {
	n *= slotsPerDay
	start := time.Date(2014, 3, 2, 0, 0, 0, 0, time.UTC).Unix()
	portions := make([]timeline.Portion, n)
	for i := range portions {
		p := timeline.Portion{Start: start + int64(i)*timeline.QuarterHour, Covered: wholeSlot}
		p.End = p.Start + timeline.QuarterHour
		p.Amount = 0.1 + 0.05*math.Sin(float64(i)/15)
		if i%200 == 0 {
			p.Estimated = 7 * time.Minute
		}
		portions[i] = p
	}
	return timeline.RollUp{Source: "house", Step: 10 * time.Second, Portions: portions, Bookmark: []byte("row 1")}
}

const tenYears = 3650

func BenchmarkTenYears(b *testing.B) {
	s := openFile(b, filepath.Join(b.TempDir(), "vitals.db"))
	defer closeStore(b, s)
	r := ofDays(tenYears)
	end := time.Unix(r.Portions[len(r.Portions)-1].End, 0)

	b.Run("save all", func(b *testing.B) {
		for b.Loop() {
			if err := s.SaveRollUp(b.Context(), "house", r); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("load all", func(b *testing.B) {
		for b.Loop() {
			if all, err := s.Portions(b.Context(), "house", time.Time{}, time.Time{}); len(all) != len(r.Portions) {
				b.Fatal(len(all), err)
			}
		}
	})
	b.Run("load one day", func(b *testing.B) {
		for b.Loop() {
			if last, err := s.Portions(b.Context(), "house", end.AddDate(0, 0, -1), end); len(last) != slotsPerDay {
				b.Fatal(len(last), err)
			}
		}
	})
	b.Run("load record", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := s.RollUp(b.Context(), "house"); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("save last hour", func(b *testing.B) {
		tail := r
		tail.From = end.Add(-time.Hour)
		tail.Portions = r.Portions[len(r.Portions)-4:]
		for b.Loop() {
			if err := s.SaveRollUp(b.Context(), "house", tail); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("data version", func(b *testing.B) {
		for b.Loop() {
			if _, err := s.DataVersion(b.Context()); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkWeighings(b *testing.B) {
	s := openFile(b, filepath.Join(b.TempDir(), "vitals.db"))
	defer closeStore(b, s)
	weighings := make([]health.Weighing, 3650)
	for i := range weighings {
		weighings[i] = health.Weighing{
			ID: fmt.Sprintf("users/me/dataTypes/weight/dataPoints/%d", i), At: at.AddDate(0, 0, i-3650),
			KG: 70 + math.Sin(float64(i)/40), Source: health.Source{Name: "Aria 2", Kind: health.SourceScale},
		}
	}
	b.Run("save new and again", func(b *testing.B) {
		for b.Loop() {
			if _, _, err := s.SaveWeighings(b.Context(), weighings); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("load", func(b *testing.B) {
		for b.Loop() {
			if all, err := s.Weighings(b.Context()); len(all) != len(weighings) {
				b.Fatal(len(all), err)
			}
		}
	})
}

// BenchmarkStart is what a start costs: open, and load ten years.
func BenchmarkStart(b *testing.B) {
	path := filepath.Join(b.TempDir(), "vitals.db")
	s := openFile(b, path)
	if err := s.SaveRollUp(b.Context(), "house", ofDays(tenYears)); err != nil {
		b.Fatal(err)
	}
	closeStore(b, s)
	for b.Loop() {
		s := openFile(b, path)
		if _, err := s.Portions(b.Context(), "house", time.Time{}, time.Time{}); err != nil {
			b.Fatal(err)
		}
		closeStore(b, s)
	}
}

func BenchmarkOpen(b *testing.B) {
	path := filepath.Join(b.TempDir(), "vitals.db")
	closeStore(b, openFile(b, path))
	for b.Loop() {
		closeStore(b, openFile(b, path))
	}
}

// BenchmarkRepair is what a start costs that repairs ten years of electricity and
// totals.
func BenchmarkRepair(b *testing.B) {
	path := filepath.Join(b.TempDir(), "vitals.db")
	s := openFile(b, path)
	if err := s.SaveRollUp(b.Context(), "house", ofDays(tenYears)); err != nil {
		b.Fatal(err)
	}
	for _, kind := range []health.DataType{health.TypeCalories, health.TypeActiveCalories, health.TypeSteps} {
		hours := make([]health.HourTotal, 24*tenYears)
		for i := range hours {
			hours[i] = health.HourTotal{Start: at.Add(-time.Duration(i) * time.Hour), Amount: float64(i) + 0.5}
		}
		if _, _, err := s.SaveHourTotals(b.Context(), kind, hours); err != nil {
			b.Fatal(err)
		}
	}
	closeStore(b, s)
	content, err := os.ReadFile(path)
	if err != nil {
		b.Fatal(err)
	}
	clear(content[:pageSize])
	b.SetBytes(int64(len(content)))
	for b.Loop() {
		b.StopTimer()
		if err := os.WriteFile(path, content, 0o600); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		if len(repaired(b, path)) == 0 {
			b.Fatal("nothing was repaired")
		}
	}
}
