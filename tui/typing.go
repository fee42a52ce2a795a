package tui

import (
	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"vitals/internal/view"
)

// prompt is the line in which a range or the name of a file is typed.
type prompt struct {
	input   textinput.Model
	problem string
	file    *fileToWrite // nil while it is a range that is typed
}

func newRangePrompt(t theme) *prompt { return newPrompt(t.typeable("from – to: "), nil) }

// newPrompt returns a prompt for a text that is not long: a field gets slow with
// what is typed or pasted into it.
func newPrompt(question string, file *fileToWrite) *prompt {
	const longest = 512
	p := &prompt{input: newInput(question), file: file}
	p.input.CharLimit = longest
	return p
}

// newInput returns a focused field with a cursor that does not blink: blinking
// would send bytes for nothing.
func newInput(prompt string) textinput.Model {
	input := textinput.New()
	input.Prompt = prompt
	input.SetStyles(textinput.Styles{Cursor: textinput.CursorStyle{Shape: tea.CursorBlock}}) // the terminal's own colours
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
		if m.typing.file != nil {
			m.typing.input.Prompt = m.typing.file.prompt(m.width)
		}
		m.typing.input.SetWidth(max(1, m.width-ansi.StringWidth(m.typing.input.Prompt)-3))
		m.typing.input.SetCursor(m.typing.input.Position()) // which shows what was scrolled away
	}
}

// updateTyping handles keys while a range or a name is typed.
func (m *Model) updateTyping(msg tea.Msg) tea.Cmd {
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch {
		case key.Matches(k, m.keys.back):
			m.leavePrompt()
			return nil
		case m.typing.file != nil && m.exportKey(k):
			return nil
		case k.String() == "enter" && m.typing.file != nil:
			return m.askExport()
		case k.String() == "enter":
			from, to, err := view.ParseRange(m.typing.input.Value(), m.Now().In(m.snapshot.AsOf.Location()))
			if err != nil {
				m.typing.problem = said(err)
				return nil
			}
			m.leavePrompt()
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

// leavePrompt ends typing, and what is under way because of it.
func (m *Model) leavePrompt() {
	if f := m.typing.file; f != nil && f.cancel != nil {
		f.cancel()
	}
	m.typing = nil
}

func (p *prompt) view(width int) (string, *tea.Cursor) {
	cursor := p.input.Cursor()
	if cursor != nil {
		cursor.X++
	}
	return fit(" "+p.input.View(), width), cursor
}

// advice stands below the field: what may be written there, or what is wrong
// with what was.
func (p *prompt) advice(t theme, width int) string {
	text, style := "2024-03-01 2024-04-01 (to is excluded), 2024-03, -7d, last year; esc leaves", t.faint
	if p.file != nil {
		text = p.file.advice(t, width-2)
	}
	if p.problem != "" {
		text, style = p.problem, t.problem
	}
	return fit(" "+style.Render(ansi.Truncate(text, max(0, width-2), t.ellipsis)), width)
}
