package tui

import (
	"vitals/internal/timeline"
	"vitals/internal/view"
)

// energyState is what the energy pane shows.
type energyState struct {
	window view.Window
	source view.EnergySource
	data   view.Energy
	offset int // buckets beyond the right edge
	cursor int // the bucket under the cursor, -1 for none
	choice choice

	heat   bool // it is shown as a heat map
	habits view.Habits
	hour   int // of the day, under the cursor
}

// buckets are those that the pane's time axis is made of.
func (m energyState) buckets() []timeline.Bucket {
	if m.heat && !m.empty() {
		return m.habits.Columns
	}
	if m.data.House != nil {
		return m.data.House
	}
	return m.data.Burned
}

// compared reports whether what was there before is shown, too.
func (m energyState) compared() bool { return m.data.Stride.N > 0 }

// readingRows is how many rows the bucket under the cursor takes in words.
func (m energyState) readingRows() int {
	rows := 0
	for _, buckets := range [][]timeline.Bucket{m.data.House, m.data.Burned, m.data.HouseBefore, m.data.BurnedBefore} {
		if buckets != nil {
			rows++
		}
	}
	return rows
}

// known reports whether a bucket has data.
func (m energyState) known(i int) bool {
	if m.heat {
		return knownHours(m.habits.House, i) || knownHours(m.habits.Burned, i)
	}
	return m.data.House != nil && m.data.House[i].Status != timeline.Empty ||
		m.data.Burned != nil && m.data.Burned[i].Status != timeline.Empty
}

// bodyState is what the body pane shows.
type bodyState struct {
	window view.Window
	line   view.BodyLine
	cursor int // the point under the cursor, -1 for none
}

// empty reports whether the pane has nothing to draw at all.
func (m energyState) empty() bool { return m.data.House == nil && m.data.Burned == nil }
