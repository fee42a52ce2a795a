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

func newRangePrompt() *rangePrompt { return &rangePrompt{input: newInput("from – to: ")} }

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

// fitFields gives all fields the room that the screen has.
func (m *Model) fitFields() {
	for _, field := range []*textinput.Model{&m.signIn.client, &m.signIn.secret, &m.meter.input} {
		field.SetWidth(max(10, m.width-8))
	}
	if m.typing != nil {
		m.typing.input.SetWidth(max(1, m.width-ansi.StringWidth(m.typing.input.Prompt)-3))
	}
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
			if current, _ := m.window(); current.Reach != view.Typed {
				m.untyped[m.windowPane()] = current.Newest()
			}
			return m.look(view.TypedWindow(from, to))
		}
		m.typing.problem = ""
	}
	var cmd tea.Cmd
	m.typing.input, cmd = m.typing.input.Update(msg)
	return cmd
}

func (p *rangePrompt) view(width int) (string, *tea.Cursor) {
	cursor := p.input.Cursor()
	if cursor != nil {
		cursor.X++
	}
	return fit(" "+p.input.View(), width), cursor
}

// advice stands below the field: what may be written there, or what is wrong
// with what was.
func (p *rangePrompt) advice(t theme, width int) string {
	text, style := "2024-03-01 2024-04-01 (to is excluded), 2024-03, -7d, last year; esc leaves", t.faint
	if p.problem != "" {
		text, style = p.problem, t.problem
	}
	return fit(" "+style.Render(ansi.Truncate(text, max(0, width-2), t.ellipsis)), width)
}
