package tui

import (
	"time"

	tea "charm.land/bubbletea/v2"
)

// fasterThanFingers is how soon a key follows another only where text is
// pasted, or where a slow link brings several keys at once.
const fasterThanFingers = 30 * time.Millisecond

// How many letters a slow link may bring at once. More of them are text, as
// terminals that do not mark a paste send each letter of it as a key.
const (
	typedAhead  = 5
	thenWeighty = 2 // before a key of consequence
)

// burst tells keys from pasted text.
type burst struct {
	pressed int // keys so far
	fast    int // letters in a row, each at once after the other
	last    time.Time
}

// press takes in a key.
func (b *burst) press(k tea.KeyPressMsg, now time.Time) {
	b.pressed++
	switch {
	case k.Text == "" && k.String() != "enter":
		b.fast = 0
		return
	case now.Sub(b.last) < fasterThanFingers:
		b.fast++
	default:
		b.fast = 0
	}
	b.last = now
}

// begin anew, after keys that were meant for a prompt.
func (b *burst) begin() { b.fast, b.last = 0, time.Time{} }

// text reports whether the newest key is part of pasted text.
func (b *burst) text() bool { return b.fast >= typedAhead }

const pastedHere = "pasted text is not taken here: / takes a range, a signs in"

// paused is when a moment has passed after a key.
type paused struct {
	pressed int
	then    func() tea.Cmd
}

// unlessMoreFollows does what a key of consequence is for, a moment after it:
// as a letter of pasted text it does nothing.
func (m *Model) unlessMoreFollows(then func() tea.Cmd) tea.Cmd {
	if m.burst.fast > thenWeighty {
		m.notice = pastedHere
		return nil
	}
	pressed := m.burst.pressed
	return tea.Tick(fasterThanFingers, func(time.Time) tea.Msg { return paused{pressed, then} })
}

func (m *Model) takePaused(p paused) tea.Cmd {
	if p.pressed != m.burst.pressed {
		return nil
	}
	return p.then()
}

// quit leaves the program, unless the key was a letter of pasted text.
func (m *Model) quit() tea.Cmd {
	return m.unlessMoreFollows(func() tea.Cmd { return tea.Quit })
}
