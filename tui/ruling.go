package tui

import (
	"context"
	"fmt"

	tea "charm.land/bubbletea/v2"

	"vitals/internal/health"
)

// ruled answers a change of what counts.
type ruled struct {
	said string // what it came to
	err  error
}

// nextRuling names what x does to the weigh-in under the cursor.
func (m *Model) nextRuling() string {
	leaveOut := m.keys.leaveOut.Help().Desc
	points := m.body.line.Points
	if m.body.cursor < 0 || m.body.cursor >= len(points) || points[m.body.cursor].Reading == nil {
		return leaveOut
	}
	reading := points[m.body.cursor].Reading
	ruling := health.NotRuled
	if reading.Weighing != nil {
		ruling = reading.Weighing.Ruling
	}
	switch health.NextRuling(reading.Verdict, ruling) {
	case health.RuledIn:
		return "take in"
	case health.RuledOut:
		return "leave out"
	default:
		return "take back"
	}
}

// turnAround leaves out the weigh-in under the cursor, or takes it back.
func (m *Model) turnAround() tea.Cmd {
	if m.ruling { // what is on screen is not yet what was decided
		return nil
	}
	if m.focus != bodyPane || m.body.cursor < 0 || m.body.cursor >= len(m.body.line.Points) {
		m.notice = "x is for the weigh-in under the cursor: go to Body with tab, then enter"
		if m.focus == bodyPane {
			m.notice = "x is for the weigh-in under the cursor: press enter for one"
		}
		if m.focus == bodyPane && m.zoomed {
			m.notice = "there is no weigh-in under the cursor"
		}
		return nil
	}
	reading := m.body.line.Points[m.body.cursor].Reading
	if reading == nil {
		m.notice = "this is a mean of weigh-ins: press d for each of them, then x"
		return nil
	}
	weighing := reading.Weighing
	next := health.NextRuling(reading.Verdict, weighing.Ruling)
	said := fmt.Sprintf("%s of %s ", m.snapshot.Units.Format(weighing.KG), whenWeighed(weighing.Weighing, m.snapshot.AsOf))
	switch next {
	case health.RuledIn:
		said += "counts now – x again leaves it out"
	case health.RuledOut:
		said += "is left out – x again takes it back"
	default:
		said += "is as the rules have it again"
	}
	m.ruling = true
	rule := m.Rule
	return func() tea.Msg {
		return ruled{said, rule(context.Background(), reading.Weighings(), next)}
	}
}

func (m *Model) takeRuled(r ruled) tea.Cmd {
	if r.err != nil {
		m.ruling = false
		m.notice = said(r.err)
		return nil
	}
	m.notice = r.said
	return m.ask()
}
