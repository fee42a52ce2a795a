package tui

import (
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"vitals/internal/timeline"
	"vitals/internal/view"
)

// The dates of a counterpart say what it is: an hour that came twice, or the
// part of one.
func TestDatesOfACounterpart(t *testing.T) {
	zone := london(t)
	twice := time.Date(2026, time.October, 25, 0, 0, 0, 0, time.UTC).In(zone)
	for want, b := range map[string]timeline.Bucket{
		"2026-10-25 01:00 +0100, mean of both": {Start: twice, End: twice.Add(time.Hour)},
		"2026-10-25 02:00 +0000":               {Start: twice.Add(2 * time.Hour), End: twice.Add(3 * time.Hour)},
		"2026-10-25 02:00 +0000 until 02:12":   {Start: twice.Add(2 * time.Hour), End: twice.Add(2*time.Hour + 12*time.Minute)},
	} {
		if got := (theme{}).dates(b, timeline.Hour); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// Where calories are known far less well than the house, the line says so.
func TestCoverageOfBoth(t *testing.T) {
	m := energyState{data: view.Energy{House: []timeline.Bucket{}, Burned: []timeline.Bucket{}}}
	day := 24 * time.Hour
	for covered, want := range map[time.Duration]string{90 * day: "3,650 of 3,652 days covered, of calories 90", 3651 * day: "3,650 of 3,652 days covered"} {
		m.data.HouseTotal = view.Total{Known: true, Covered: 3650 * day, Passed: 3652 * day}
		m.data.BurnedTotal = view.Total{Known: true, Covered: covered, Passed: 3652 * day}
		got := ansi.Strip(newTheme(false, "mono", 0).coverage(m, view.Snapshot{}, 100, leastWithSummary))
		if strings.TrimSpace(got) != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
