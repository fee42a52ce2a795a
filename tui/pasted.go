package tui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"vitals/internal/terminal"
)

const pastedHere = "pasted text is not taken here: / takes a range, a signs in"

// mostKeys is how many keys that only look at something may come at once before
// they are taken for text.
const mostKeys = 8

// together is how many letters came with the newest one, and the first of them.
func (m *Model) together() (letters int, first rune) {
	if m.Together == nil {
		return 1, 0
	}
	return m.Together()
}

// pasted reports whether a key is a letter of pasted text, as terminals send it
// that do not mark pastes. What ends, decides, saves or opens something is so
// sooner than what looks at another window. A range may come in one go.
func (m *Model) pasted(k tea.KeyPressMsg) bool {
	together, first := m.together()
	letter := k.Text != "" || k.String() == "enter"
	keys := m.keys
	switch {
	case !letter || together <= terminal.MostAtOnce:
		return false
	case m.screen == Welcome, key.Matches(k, keys.quit, keys.leaveOut, keys.export, keys.account, keys.refresh), m.choosing() != "":
		return true
	case key.Matches(k, keys.typedRange) && first == '/':
		return false
	default:
		return together > mostKeys
	}
}
