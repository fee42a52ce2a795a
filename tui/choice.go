package tui

import (
	"context"
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"vitals/internal/terminal"
	"vitals/internal/view"
)

// Candidate is a series of a meter's database that may be the house's.
type Candidate struct {
	Name       string // as the configuration names it
	Understood string // what it is, on one line
}

// choice is a list of candidates to choose one from.
type choice struct {
	candidates []Candidate
	marked     int  // the one that enter chooses; -1: none yet
	busy       bool // a choice is being saved
	saved      string
}

// offer puts other candidates up.
func (c *choice) offer(candidates []Candidate) {
	c.candidates, c.busy = candidates, false
	if c.marked >= len(candidates) {
		c.marked = -1
	}
}

// numbered is the candidate that a number key stands for.
func (c *choice) numbered(key string) (Candidate, bool) {
	if len(key) != 1 || key[0] < '1' || key[0] > '9' || int(key[0]-'1') >= len(c.candidates) {
		return Candidate{}, false
	}
	return c.candidates[key[0]-'1'], true
}

// move marks another candidate, if k is a key that does, and reports whether it
// is.
func (c *choice) move(k string) bool {
	switch k {
	case "down":
		c.marked = min(c.marked+1, len(c.candidates)-1)
	case "up":
		c.marked = max(c.marked-1, 0)
	default:
		return false
	}
	return true
}

// asked reports whether the pane asks which series is the house's.
func (m energyState) asked(s view.Snapshot) bool {
	return len(m.choice.candidates) > 0 && s.Electricity == nil && m.source != view.Burned
}

// choosing says what enter does in the list of candidates, "" while the energy
// pane shows none or has not the focus.
func (m *Model) choosing() string {
	switch {
	case m.focus != energyPane || !m.energy.asked(m.snapshot):
		return ""
	case m.energy.choice.marked < 0 && !m.zoomed:
		return "whole list"
	default:
		return "choose it"
	}
}

// chosen is what became of saving a choice.
type chosen struct {
	name string
	err  error
}

// updateChoice handles the keys of the list of candidates while the energy pane
// has the focus; ok is false for all other keys.
func (m *Model) updateChoice(k tea.KeyPressMsg) (cmd tea.Cmd, ok bool) {
	c := &m.energy.choice
	if !m.loaded || m.choosing() == "" {
		return nil, false
	}
	name := k.String()
	if candidate, ok := c.numbered(name); ok {
		return m.choose(candidate), true
	}
	switch name {
	case "j":
		name = "down"
	case "k":
		name = "up"
	case "n":
		return m.openMeterForm(), true
	case "enter":
		if c.marked >= 0 {
			return m.choose(c.candidates[c.marked]), true
		}
		m.zoomed = true
		return nil, true
	case "esc":
		c.marked = -1
		return nil, !m.zoomed
	}
	return nil, c.move(name)
}

// choose saves which series is the house's.
func (m *Model) choose(candidate Candidate) tea.Cmd {
	if m.energy.choice.busy {
		return nil
	}
	m.energy.choice.busy = true
	setup := m.Meter
	return func() tea.Msg { return chosen{candidate.Name, setup.Choose(context.Background(), candidate.Name)} }
}

// takeChosen says what became of a choice, and asks for what follows from it.
func (m *Model) takeChosen(msg chosen) tea.Cmd {
	c := &m.energy.choice
	c.busy = false
	if msg.err != nil {
		m.notice = said(msg.err)
		return nil
	}
	*c = choice{marked: -1, saved: "saved: series = " + terminal.Clean(msg.name)}
	m.zoomed, m.settled, m.notice = false, true, c.saved
	m.Refresh()
	return m.ask()
}

// choiceLines draws the list, scrolled to what is marked.
func (t theme) choiceLines(c choice, why, more string, width, height int) []string {
	lines := wrapped(why, width)
	var whole []string
	if c.marked >= 0 { // the line may be cut
		if text := terminal.Clean(c.candidates[c.marked].Understood); ansi.StringWidth(text) > width-6 && height > len(lines)+6 {
			whole = wrapped(text, width)
		}
	}
	rows := max(1, height-len(lines)-1-len(whole))
	first := max(0, min(max(c.marked, 0)-rows/2, len(c.candidates)-rows))
	end := min(first+rows, len(c.candidates))
	for i := first; i < end; i++ {
		mark, number := "  ", fmt.Sprintf("%2d", i+1)
		if i == c.marked {
			mark = "> "
		}
		if i < 9 {
			number = t.key.Render(number)
		}
		line := mark + number + "  " + terminal.Clean(c.candidates[i].Understood)
		lines = append(lines, ansi.Truncate(line, width, t.ellipsis))
	}
	lines = append(lines, whole...)
	if end-first < len(c.candidates) {
		more = fmt.Sprintf("%d–%d of %d", first+1, end, len(c.candidates)) + t.bar + more
		if t.chart.ASCII {
			more = strings.Replace(more, "–", "-", 1)
		}
	}
	return append(lines, t.faint.Render(ansi.Truncate(more, width, t.ellipsis)))
}

// choiceInPane is the list as the energy pane shows it.
func (t theme) choiceInPane(c choice, zoomed bool, width, height int) []string {
	why := "vitals is not sure which series is your house's electricity; the others are not added to it."
	if len(c.candidates) == 1 {
		why = "vitals is not sure that this series is your house's electricity, and reads nothing before you say so."
	}
	how := "its number chooses it; enter shows all"
	switch {
	case c.busy:
		how = "saving " + t.ellipsis
	case c.marked >= 0:
		how = "enter chooses the marked one"
	case zoomed:
		how = "its number chooses it"
	}
	return t.choiceLines(c, why, how+"; n names another database", width, height)
}
