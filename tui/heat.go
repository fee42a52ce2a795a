package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"vitals/chart"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

// heatMap is a heat map, the rows it is drawn in, and what its values are.
type heatMap struct {
	chart.Heat
	rows   int
	unit   string
	format func(float64) string // of a mean in the summary
	exact  func(float64) string
}

// heatMaps are the heat maps of the pane, one above the other on one time axis,
// between a line of figures and the words below. Never none.
func (t theme) heatMaps(m energyState, width, height int) []heatMap {
	rows := max(0, height-m.heatWords(height).rows())
	exactly := func(v float64) string { return grouped(v, 3) + " kWh" }
	house := heatMap{chart.Heat{Hours: m.habits.House}, rows, "kWh", kWh, exactly}
	burned := heatMap{chart.Heat{Hours: m.habits.Burned}, rows, "kcal", kcal, kcal}
	var maps []heatMap
	switch {
	case m.habits.House != nil && m.habits.Burned != nil:
		house.NoTimeAxis = true
		house.rows = max(0, (rows-1)/2)
		burned.rows = min(rows-house.rows, house.rows+1)
		maps = []heatMap{house, burned}
	case m.habits.House != nil:
		maps = []heatMap{house}
	default:
		maps = []heatMap{burned}
	}
	for i := range maps {
		h := &maps[i]
		h.Look, h.Columns, h.Unit, h.Offset, h.Cursor, h.CursorHour = t.chart, m.habits.Columns, m.habits.Unit, m.offset, m.cursor, m.hour
		h.rows = min(h.rows, h.Height(width, h.rows)+len(maps)-1-i) // a blank row between two
	}
	return maps
}

// heatWords shares out the rows for words as words does for charts; the legend
// is in the place of the coverage.
func (m energyState) heatWords(height int) words {
	const least, roomy = 4, 16
	var w words
	if m.cursor >= 0 {
		w.reading = 1
		if m.habits.House != nil && m.habits.Burned != nil {
			w.reading = 2
		}
	}
	if height-w.rows() >= least {
		w.figures, w.coverage = 1, 1
	}
	if m.cursor >= 0 && height >= roomy {
		w.summary = summaryRows
	}
	// A row for a word must not cost the map several.
	rows := func(w words) int { return chart.Heat{}.Height(height, max(0, height-w.rows())) }
	if without := (words{summary: w.summary, reading: w.reading, coverage: w.coverage}); m.cursor >= 0 && rows(without) > rows(w)+1 {
		w = without
	}
	if without := (words{reading: w.reading, coverage: w.coverage}); m.cursor >= 0 && rows(without) > rows(w)+summaryRows+1 {
		w = without
	}
	return w
}

// heatLines draws the heat maps with the words around them.
func (t theme) heatLines(m energyState, s view.Snapshot, width, height int) []string {
	maps, shared := t.heatMaps(m, width, height), m.heatWords(height)
	var lines []string
	if shared.figures > 0 {
		lines = append(lines, t.energyFigures(m, s, width))
	}
	for _, h := range maps {
		if h.rows > 0 {
			lines = append(lines, strings.Split(h.Draw(width, h.rows), "\n")...)
		}
	}
	if shared.coverage > 0 {
		lines = append(lines, t.heatLegend(m, s, maps, width, height))
	}
	if m.cursor < 0 {
		return lines
	}
	if shared.summary > 0 {
		var said []string
		for _, h := range maps {
			text := h.Summary(h.format)
			if len(maps) > 1 && ansi.StringWidth(text) > width {
				text, _, _ = strings.Cut(text, ";")
			}
			said = append(said, wrapped(text, width)...)
		}
		said = append(said, make([]string, shared.summary)...)[:shared.summary]
		for _, line := range said {
			lines = append(lines, t.faint.Render(ansi.Truncate(line, width, t.ellipsis)))
		}
	}
	for _, line := range t.heatReading(m, s, maps, width) {
		lines = append(lines, ansi.Truncate(line, width, t.ellipsis))
	}
	return lines
}

// heatLegend says what the steps of the maps are and, where there is room, how
// much of the window is known.
func (t theme) heatLegend(m energyState, s view.Snapshot, maps []heatMap, width, height int) string {
	const apart = 3
	if house, burned := m.habits.HouseTotal, m.habits.BurnedTotal; !house.Known && !burned.Known || maps[0].rows == 0 {
		return t.coverage(m, s, width, height)
	}
	room := (width - apart*(len(maps)-1)) / len(maps)
	var legends []string
	for _, h := range maps {
		legends = append(legends, h.Legend(width, h.rows, room, h.unit))
	}
	line := strings.Join(legends, strings.Repeat(" ", apart))
	room = width - ansi.StringWidth(line+t.bar)
	if coverage := t.coverage(m, s, width, height); ansi.StringWidth(coverage) <= room {
		line += t.faint.Render(t.bar) + coverage
	}
	return line
}

// heatReading says the hour under the cursor exactly, a line for each map.
func (t theme) heatReading(m energyState, s view.Snapshot, maps []heatMap, width int) []string {
	day := edge(m.habits.Columns[m.cursor].Start, s.AsOf, s.AsOf.Year(), timeline.Day)
	from, to := fmt.Sprintf(" %02d:00", m.hour), fmt.Sprintf("–%02d:00", m.hour+1)
	labels := []string{day + from + to, day + from}
	if m.habits.Unit == timeline.Week {
		labels = []string{"week of " + day + "," + from + to, "week of " + day + "," + from, day + from}
	}
	var values []string
	widest := 0
	for _, h := range maps {
		value := "no data"
		var hour timeline.HourOfDay
		if m.cursor < len(h.Hours) {
			hour = h.Hours[m.cursor][m.hour]
		}
		if hour.Covered > 0 {
			value = h.say(hour, m.habits.Unit)
			if least := ansi.StringWidth(labels[len(labels)-1]); least+2+ansi.StringWidth(value) > width {
				value, _, _ = strings.Cut(value, "  ")
				value, _, _ = strings.Cut(value, " of ")
			}
		} else if m.habits.Unit == timeline.Day && m.hourBegins().Hour() != m.hour {
			value = "no such hour: the clocks went forward"
		}
		values = append(values, value)
		widest = max(widest, ansi.StringWidth(value))
	}
	const apart = "  "
	label := t.strong.Render(t.typeable(fitting(width-len(apart)-widest, labels...)))
	for i := range values {
		values[i] = label + apart + values[i]
		label = strings.Repeat(" ", ansi.StringWidth(label))
	}
	return values
}

// say says exactly what an hour holds, and how well it is known. In a week it is
// the mean of its days, as it is of both where an hour came twice.
func (h heatMap) say(hour timeline.HourOfDay, u timeline.Unit) string {
	mean, _ := hour.Mean()
	known := howFull(timeline.Bucket{End: time.Time{}.Add(hour.Length), Covered: hour.Covered, Status: hour.Status})
	switch {
	case u == timeline.Week:
		text := fmt.Sprintf("mean %s of %d days", h.exact(mean), hour.Days)
		if hour.Days == 1 {
			text = "mean " + h.exact(mean) + " of 1 day"
		}
		if hour.Status == timeline.Full {
			return text
		}
		return text + "  " + known
	case hour.Length > time.Hour:
		return "mean " + h.exact(mean) + ", it came twice  " + known
	default:
		return h.exact(hour.Amount) + "  " + known
	}
}

// hourBegins is when the hour under the cursor of a heat map by day begins, or a
// later hour because the clocks skipped it.
func (m energyState) hourBegins() time.Time {
	start := m.habits.Columns[m.cursor].Start
	year, month, day := start.Date()
	return timeline.FirstShowing(time.Date(year, month, day, m.hour, 0, 0, 0, time.UTC), start.Location())
}

// moveHour handles the keys that move the cursor of a zoomed heat map by hours
// and reports whether it was one.
func (m *Model) moveHour(k tea.KeyPressMsg) bool {
	if !m.zoomed || m.focus != energyPane || !m.energy.mapped() || m.energy.cursor < 0 {
		return false
	}
	switch {
	case key.Matches(k, m.keys.hourEarlier):
		m.energy.hour = max(m.energy.hour-1, 0)
	case key.Matches(k, m.keys.hourLater):
		m.energy.hour = min(m.energy.hour+1, 23)
	default:
		return false
	}
	return true
}

// knownHours reports whether any hour of a column has data.
func knownHours(hours [][24]timeline.HourOfDay, column int) bool {
	return column < len(hours) && slices.ContainsFunc(hours[column][:], func(h timeline.HourOfDay) bool { return h.Covered > 0 })
}
