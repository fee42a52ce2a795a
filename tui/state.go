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

	compare bool // draw what it is compared with, too
	offset  int  // buckets beyond the right edge
	cursor  int  // the bucket under the cursor, -1 for none
	choice  choice

	heat   bool // it is shown as a heat map
	habits view.Habits
	hour   int // of the day, under the cursor
}

// mapped reports whether a heat map is drawn: one was asked for, and there is
// something to draw.
func (m energyState) mapped() bool { return m.heat && !m.empty() && len(m.habits.Columns) > 0 }

// buckets are those that the pane's time axis is made of.
func (m energyState) buckets() []timeline.Bucket {
	if m.mapped() {
		return m.habits.Columns
	}
	if m.data.House != nil {
		return m.data.House
	}
	return m.data.Burned
}

// overlaid reports whether what was there before is drawn, too.
func (m energyState) overlaid() bool { return m.compare && m.data.Stride.N > 0 }

// charts is how many charts the pane draws.
func (m energyState) charts() int {
	if m.data.House != nil && m.data.Burned != nil {
		return 2
	}
	return 1
}

// known reports whether a bucket has data.
func (m energyState) known(i int) bool {
	if m.mapped() {
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
