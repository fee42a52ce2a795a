package tui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
)

// welcomeMenu is the choice on the first start.
type welcomeMenu struct{ chosen int }

// welcomeChoices are the ways to begin; either source works alone.
var welcomeChoices = [...]struct{ key, title, text string }{
	{"c", "Connect Google", "weight, body fat and calories of a Fitbit or Google Health account; about ten minutes once"},
	{"n", "Name a meter database", "the database that the logger of your electricity meter writes, in SQLite or PostgreSQL; read only"},
	{"l", "Look around", "the whole program on made-up data; nothing is stored"},
}

func (m *Model) updateWelcome(msg tea.Msg) tea.Cmd {
	k, ok := msg.(tea.KeyPressMsg)
	if !ok {
		return nil
	}
	choices := len(welcomeChoices)
	switch {
	case key.Matches(k, m.keys.quit):
		return tea.Quit
	case key.Matches(k, m.keys.nextPane):
		m.welcome.chosen = (m.welcome.chosen + 1) % choices
	case key.Matches(k, m.keys.previousPane):
		m.welcome.chosen = (m.welcome.chosen + choices - 1) % choices
	case key.Matches(k, m.keys.zoom):
		return m.begin(m.welcome.chosen)
	}
	for i, c := range welcomeChoices {
		if k.String() == c.key {
			return m.begin(i)
		}
	}
	return nil
}

func (m *Model) begin(choice int) tea.Cmd {
	switch choice {
	case 0:
		return m.openSignIn()
	case 1:
		return m.openMeterForm()
	default:
		m.lookAround = true
		return tea.Quit
	}
}

func (m *Model) welcomeView() string {
	t := m.theme
	lines := []string{"", " " + t.strong.Render("vitals") + t.bar + "who you are, what you weigh, what energy you use", ""}
	lines = append(lines, " Nothing is set up yet. Begin with either; the other can follow.", "")
	for i, c := range welcomeChoices {
		mark := "  "
		if i == m.welcome.chosen {
			mark = "> "
		}
		lines = append(lines, " "+mark+t.key.Render(c.key)+"  "+t.strong.Render(c.title))
		for _, line := range wrapped(c.text, min(72, m.width-8)) {
			lines = append(lines, "      "+line)
		}
		lines = append(lines, "")
	}
	lines = append(lines, t.faint.Render(" enter chooses, tab moves, q quits"))
	for i, line := range lines {
		lines[i] = fit(line, m.width)
	}
	return strings.Join(lines[:min(len(lines), m.height)], "\n")
}
