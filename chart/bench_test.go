package chart

import (
	"math"
	"testing"
	"time"

	"charm.land/lipgloss/v2"

	"vitals/internal/timeline"
)

func colours() Look {
	colour := func(n string) lipgloss.Style { return lipgloss.NewStyle().Foreground(lipgloss.Color(n)) }
	return Look{
		Bar: colour("4"), Faint: colour("8"), Line: colour("2"), Dot: colour("7"),
		Rule: colour("5"), Axis: colour("8"), Cursor: colour("3").Reverse(true),
		Heat: []lipgloss.Style{colour("4"), colour("6"), colour("3"), colour("1")},
	}
}

// hours are n buckets of an hour that begin at the start of 2024 in UTC.
func hours(n int) []timeline.Bucket {
	buckets := make([]timeline.Bucket, n)
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range buckets {
		buckets[i] = timeline.Bucket{
			Start: start, End: start.Add(time.Hour), Status: timeline.Full,
			Amount: 0.5 + 0.4*math.Sin(float64(i)/24*2*math.Pi) + 0.1*float64(i*7%5),
		}
		start = start.Add(time.Hour)
	}
	return buckets
}

func BenchmarkBars(b *testing.B) {
	bars := Bars{Look: colours(), Buckets: hours(350_000), Unit: timeline.Hour, Cursor: -1}
	b.ReportAllocs()
	for b.Loop() {
		bars.Draw(116, 27)
	}
}

func BenchmarkBarsOfADay(b *testing.B) {
	bars := Bars{Look: colours(), Buckets: hours(24), Unit: timeline.Hour, Cursor: -1}
	b.ReportAllocs()
	for b.Loop() {
		bars.Draw(76, 7)
	}
}

func BenchmarkLines(b *testing.B) {
	start := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	lines := Lines{Look: colours(), From: start, To: start.AddDate(1, 0, 0), Cursor: -1}
	for i := range 1000 {
		p := Point{Time: start.Add(time.Duration(i) * 8 * time.Hour), Value: 70 + 3*math.Sin(float64(i)/100)}
		lines.Trend = append(lines.Trend, p)
		p.Value += float64(i*7%5) * 0.2
		lines.Readings = append(lines.Readings, p)
	}
	b.ReportAllocs()
	for b.Loop() {
		lines.Draw(116, 27)
	}
}

func BenchmarkHeat(b *testing.B) {
	m := heat(Look{}, rhythm(time.Date(2014, 1, 1, 0, 0, 0, 0, time.UTC), 3650, timeline.Day), timeline.Day)
	m.Look = colours()
	b.ReportAllocs()
	for b.Loop() {
		m.Draw(116, 27)
		m.Legend(116, 27, 116, "kWh")
	}
}

func BenchmarkHeatSummary(b *testing.B) {
	m := heat(Look{}, rhythm(time.Date(2014, 1, 1, 0, 0, 0, 0, time.UTC), 3650, timeline.Day), timeline.Day)
	for b.Loop() {
		m.Summary(func(float64) string { return "" })
	}
}

func BenchmarkSummary(b *testing.B) {
	bars := Bars{Buckets: hours(350_000), Unit: timeline.Hour}
	for b.Loop() {
		bars.Summary(func(float64) string { return "" })
	}
}
