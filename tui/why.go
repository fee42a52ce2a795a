package tui

import (
	"context"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"vitals/internal/timeline"
	"vitals/internal/view"
)

// whyScreen says where the figures of a pane, or the one under the cursor, come
// from.
type whyScreen struct {
	open         bool
	generation   int // of the newest question
	about        string
	explanations []view.Explanation
	failure      string
	from         int // lines that are scrolled away
}

// explained answers askWhy.
type explained struct {
	generation   int
	explanations []view.Explanation
	err          error
}

// askWhy asks where the figures come from that have the focus.
func (m *Model) askWhy() tea.Cmd {
	m.why.generation++
	about, subject := m.subject()
	m.why.about = about
	generation, history := m.why.generation, m.History
	return func() tea.Msg {
		explanations, err := history.Why(context.Background(), subject)
		return explained{generation, explanations, err}
	}
}

// subject is what has the focus, in words and to ask about.
func (m *Model) subject() (string, view.Subject) {
	switch {
	case m.focus == profilePane:
		return "Profile", view.Subject{Topic: view.AboutPerson, Units: m.units.chosen}
	case m.focus == bodyPane && m.body.cursor >= 0:
		point := m.body.line.Points[m.body.cursor]
		return "this weight", view.Subject{Topic: view.AboutBody, Units: m.units.chosen, Reading: point.Reading,
			At: point.At.In(m.snapshot.AsOf.Location()), Unit: m.body.line.Unit}
	case m.focus == bodyPane:
		return "Body", view.Subject{Topic: view.AboutBody, Units: m.units.chosen}
	}
	energy := view.Subject{Topic: view.AboutEnergy, Window: m.energy.window, Source: m.energy.source}
	if m.energy.cursor < 0 {
		return "Energy", energy
	}
	energy.At = m.energy.buckets()[m.energy.cursor].Start
	if m.energy.mapped() { // whose columns may reach beyond the window
		column := m.energy.habits.Columns[m.energy.cursor]
		energy.Window = view.TypedWindow(column.Start, column.End)
		energy.Window.Unit = m.energy.habits.Unit
		if m.energy.habits.Unit == timeline.Day {
			energy.Window.Unit, energy.At = timeline.Hour, m.energy.hourBegins()
		}
	}
	return "this " + energy.Window.Unit.String(), energy
}

func (m *Model) takeExplained(e explained) {
	if e.generation != m.why.generation {
		return
	}
	m.why.explanations, m.why.failure = e.explanations, ""
	if e.err != nil {
		m.why.failure = said(e.err)
	}
}

// updateWhy scrolls; any other key leaves.
func (m *Model) updateWhy(k tea.KeyPressMsg) tea.Cmd {
	rows := m.height - helpHeading
	most := max(0, len(m.whyLines())-rows)
	to := m.why.from
	switch {
	case key.Matches(k, m.keys.quit):
		return tea.Quit
	case k.String() == "pgdown", k.String() == "space":
		to += rows
	case k.String() == "pgup":
		to -= rows
	case key.Matches(k, m.keys.first):
		to = 0
	case key.Matches(k, m.keys.last):
		to = most
	case key.Matches(k, m.keys.nextPane):
		to++
	case key.Matches(k, m.keys.previousPane):
		to--
	default:
		m.why = whyScreen{generation: m.why.generation + 1}
		return nil
	}
	m.why.from = min(max(to, 0), most)
	return nil
}

// whyView shows the explanations, or the part of them that is scrolled to.
func (m *Model) whyView() string {
	lines := m.whyLines()
	rows := max(0, m.height-helpHeading)
	title := " " + m.theme.strong.Render("vitals") + m.theme.bar + "why: " + m.why.about
	room := m.width - ansi.StringWidth(title) - 2
	leave := fitting(room, "esc goes back ", "")
	if len(lines) > rows {
		leave = fitting(room, m.shown("↑ ↓")+" pgup pgdn scroll, i goes back ", "i goes back ", "")
		from := min(m.why.from, len(lines)-rows)
		lines = lines[from : from+rows]
	}
	if asOf := m.theme.bar + "as of " + when(m.snapshot.AsOf, m.snapshot.AsOf); ansi.StringWidth(asOf+leave) <= room {
		title += asOf
	}
	lines = append([]string{spread(title, leave, m.width), ""}, lines...)
	for i, line := range lines {
		lines[i] = fit(line, m.width)
	}
	return strings.Join(lines, "\n")
}

// whyLines are all lines of the explanations.
func (m *Model) whyLines() []string {
	if m.why.failure != "" {
		return m.told(m.why.failure)
	}
	width := max(1, m.width-4)
	var lines []string
	add := func(indent, text string) {
		for _, line := range wrapped(m.theme.typeable(text), max(1, width-len(indent))) {
			lines = append(lines, " "+indent+line)
		}
	}
	for _, e := range m.why.explanations {
		add("", m.theme.strong.Render(e.Figure)+m.theme.bar+e.Value)
		if e.Formula != "" {
			add("  ", e.Formula)
		}
		for _, part := range []struct {
			heading string
			items   []string
		}{{"made of", e.From}, {"does not count", e.LeftOut}, {"gaps", e.Gaps}} {
			if len(part.items) == 0 {
				continue
			}
			lines = append(lines, "   "+m.theme.faint.Render(part.heading))
			lines = append(lines, m.flow(part.items, width-6)...)
		}
		if e.Source != "" {
			add("  ", "source: "+e.Source)
		}
		lines = append(lines, "")
	}
	return trimmed(lines)
}

// flow sets short items in as many columns as there is room for, downwards.
func (m *Model) flow(items []string, width int) []string {
	const indent, apart = "     ", 3
	widest := 1
	for i, item := range items {
		items[i] = m.theme.typeable(item)
		widest = max(widest, ansi.StringWidth(items[i]))
	}
	columns := max(1, (width+apart)/(widest+apart))
	rows := (len(items) + columns - 1) / columns
	var lines []string
	for row := range rows {
		var line strings.Builder
		for i := row; i < len(items); i += rows {
			line.WriteString(fit(items[i], widest+apart))
		}
		if columns > 1 {
			lines = append(lines, indent+strings.TrimRight(line.String(), " "))
			continue
		}
		for _, part := range wrapped(items[row], max(1, width)) {
			lines = append(lines, indent+part)
		}
	}
	return lines
}
