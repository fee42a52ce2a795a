package tui

import (
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"vitals/internal/view"
)

// rangePrompt is the line in which a range is typed.
type rangePrompt struct {
	input   textinput.Model
	problem string
}

func newRangePrompt() *rangePrompt {
	p := &rangePrompt{input: newInput("from – to: ")}
	return p
}

// newInput returns a focused field with a cursor that does not blink: blinking
// would send bytes for nothing.
func newInput(prompt string) textinput.Model {
	input := textinput.New()
	input.Prompt = prompt
	input.SetVirtualCursor(false)
	input.CharLimit = 4096
	input.Focus()
	return input
}

// updateTyping handles keys while a range is typed.
func (m *Model) updateTyping(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch {
		case key.Matches(k, m.keys.back):
			m.typing = nil
			return nil
		case k.String() == "enter":
			from, to, err := view.ParseRange(m.typing.input.Value(), m.Now().In(m.snapshot.AsOf.Location()))
			if err != nil {
				m.typing.problem = err.Error()
				return nil
			}
			m.typing = nil
			return m.look(view.TypedWindow(from, to))
		}
		m.typing.problem = ""
	}
	var cmd tea.Cmd
	m.typing.input, cmd = m.typing.input.Update(msg)
	return cmd
}

func (p *rangePrompt) view(t theme, width int) (string, *tea.Cursor) {
	advice := "2024-03-01 2024-04-01, 2024-03, -7d, last year; esc leaves"
	style := t.faint
	if p.problem != "" {
		advice, style = p.problem, t.problem
	}
	field := " " + p.input.View() + "   "
	cursor := p.input.Cursor()
	if cursor != nil {
		cursor.X++
	}
	room := max(0, width-ansi.StringWidth(field)-1)
	return fit(field+style.Render(ansi.Truncate(advice, room, t.ellipsis)), width), cursor
}
