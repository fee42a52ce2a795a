package tui

import (
	"time"

	"vitals/internal/timeline"
)

// longestOpened is how many days of a heat map are told to OpenHours: as many as
// there always are by the hour. Years are not fetched for a glance.
const longestOpened = 90

// openHours tells when calories of another stretch are looked at by the hour,
// together with what they are compared with; of a heat map the newest days in
// sight.
func (m *Model) openHours() {
	e := m.energy.data
	if e.Burned == nil || m.OpenHours == nil {
		return
	}
	stretch := [2]time.Time{e.From, e.To}
	switch {
	case m.energy.mapped():
		first, end := m.inSight()
		if first == end {
			return
		}
		columns := m.energy.habits.Columns[first:end]
		stretch = [2]time.Time{columns[0].Start, columns[len(columns)-1].End}
		newest := stretch[1]
		if now := timeline.Day.Next(m.snapshot.AsOf); now.Before(newest) {
			newest = now
		}
		if from := timeline.Day.Back(newest, longestOpened); stretch[0].Before(from) {
			stretch[0] = from
		}
	case e.Unit != timeline.Hour:
		return
	}
	for _, b := range e.BurnedBefore {
		if !b.Start.IsZero() && b.Start.Before(stretch[0]) {
			stretch[0] = b.Start
		}
	}
	if stretch != m.hours {
		m.hours = stretch
		m.OpenHours(stretch[0], stretch[1])
	}
}
