package tui

import (
	"time"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// inSight returns which of the energy pane's buckets are in sight on this
// screen: first included, end excluded.
func (m *Model) inSight() (first, end int) {
	b := m.layout().panes[energyPane]
	if !b.shown() {
		return 0, len(m.energy.buckets())
	}
	width, height := b.inside()
	return m.theme.energyInSight(m.energy, width, height)
}

// scroll moves by a screenful towards older buckets, or newer ones when by is
// negative, and reports whether there were any out of sight.
func (m *Model) scroll(by int) bool {
	if m.focus == bodyPane {
		return false
	}
	first, end := m.inSight()
	page := end - first
	switch {
	case by > 0 && first > 0:
		m.energy.offset += min(page, first)
	case by < 0 && m.energy.offset > 0:
		m.energy.offset = max(0, m.energy.offset-page)
	default:
		return false
	}
	if m.energy.cursor >= 0 {
		first, end = m.inSight()
		m.energy.cursor = min(max(m.energy.cursor, first), end-1)
	}
	m.openHours()
	return true
}

// scrollToData brings the oldest or the newest bucket with data into sight, and
// the cursor of a zoomed pane to it.
func (m *Model) scrollToData(newest bool) {
	if m.focus == bodyPane {
		return
	}
	at := -1
	for i := range m.energy.buckets() {
		if m.energy.known(i) && (newest || at < 0) {
			at = i
		}
	}
	if at < 0 {
		return
	}
	if m.energy.cursor >= 0 {
		m.energy.cursor = at
	}
	m.keepInSight(at)
}

// held is what cursors and scrolling hold on to when the buckets under them
// are exchanged: instants. Zero times hold on to nothing.
type held struct{ cursor, edge, reading time.Time }

func (m *Model) held() held {
	var h held
	if buckets := m.energy.buckets(); len(buckets) > 0 {
		if m.energy.cursor >= 0 {
			h.cursor = buckets[m.energy.cursor].Start
		}
		if last := len(buckets) - 1 - m.energy.offset; m.energy.offset > 0 && last >= 0 {
			h.edge = buckets[last].Start
		}
	}
	if m.body.cursor >= 0 && m.body.cursor < len(m.body.line.Points) {
		h.reading = m.body.line.Points[m.body.cursor].At
	}
	return h
}

// hold moves cursors and scrolling to where they were before, unless the window
// of their pane moved.
func (m *Model) hold(before held, energyMoved, bodyMoved bool) {
	for i, b := range m.energy.buckets() {
		if !energyMoved && b.Start.Equal(before.cursor) {
			m.energy.cursor = i
		}
		if !energyMoved && b.Start.Equal(before.edge) {
			m.energy.offset = len(m.energy.buckets()) - 1 - i
		}
	}
	for i, p := range m.body.line.Points {
		if !bodyMoved && p.At.Equal(before.reading) {
			m.body.cursor = i
		}
	}
}

// moveCursor handles the keys of a zoomed pane and reports whether it was one.
func (m *Model) moveCursor(k tea.KeyPressMsg) bool {
	cursor, count := &m.energy.cursor, len(m.energy.buckets())
	if m.focus == bodyPane {
		cursor, count = &m.body.cursor, len(m.body.line.Points)
	}
	switch {
	case key.Matches(k, m.keys.earlier):
		*cursor = max(*cursor-1, 0)
	case key.Matches(k, m.keys.later):
		*cursor++
	case key.Matches(k, m.keys.first):
		*cursor = 0
	case key.Matches(k, m.keys.last):
		*cursor = count - 1
	default:
		return false
	}
	*cursor = min(*cursor, count-1)
	m.keepCursorInSight()
	return true
}

// placeCursors puts the cursor of a zoomed pane on the newest of what is shown,
// where that is new, and takes it away from the others.
func (m *Model) placeCursors(energy, body bool) {
	switch {
	case !m.zoomed || m.focus != energyPane:
		m.energy.cursor = -1
	case energy || m.energy.cursor >= len(m.energy.buckets()):
		if m.energy.cursor < 0 {
			m.energy.hour = m.snapshot.AsOf.Hour()
		}
		m.energy.cursor = -1
		for i, b := range m.energy.buckets() {
			if b.Start.Before(m.snapshot.AsOf) {
				m.energy.cursor = i
			}
		}
	}
	switch {
	case !m.zoomed || m.focus != bodyPane:
		m.body.cursor = -1
	case body || m.body.cursor >= len(m.body.line.Points):
		m.body.cursor = len(m.body.line.Points) - 1
	}
	m.keepCursorInSight()
}

// keepCursorInSight scrolls the energy pane so that its cursor is in sight.
func (m *Model) keepCursorInSight() {
	if m.energy.cursor >= 0 {
		m.keepInSight(m.energy.cursor)
	}
}

// keepInSight scrolls the energy pane so that a bucket is in sight.
func (m *Model) keepInSight(bucket int) {
	// Scrolling can make the labels wider, and the room for buckets smaller.
	const tries = 3
	for try := range tries {
		first, end := m.inSight()
		switch {
		case bucket < first:
			m.energy.offset += first - bucket + try
		case bucket >= end:
			m.energy.offset = max(0, m.energy.offset-(bucket-end+1))
		default:
			return
		}
	}
}
