package tui

import (
	"context"
	"strings"
	"unicode/utf8"

	"charm.land/bubbles/v2/key"
	"charm.land/bubbles/v2/textinput"
	tea "charm.land/bubbletea/v2"
)

// MeterSetup names the database of an electricity meter. Its errors are
// sentences, with a Hint() where there is one.
type MeterSetup interface {
	// Complete returns the paths that begin with what was typed.
	Complete(typed string) []string

	// Detect finds the series of a database, at least one if there is no error.
	Detect(ctx context.Context, path string) ([]Candidate, error)

	// Save keeps the path in the configuration and begins to read there: the
	// series of that name, or the only one for "".
	Save(ctx context.Context, path, series string) error

	// Choose keeps in the configuration which series of the database to read.
	Choose(ctx context.Context, series string) error
}

// meterForm is the guide to naming a meter's database.
type meterForm struct {
	generation int
	input      textinput.Model
	offered    []string // completions to choose from
	understood string   // what was found at the path as it stands, if it is one series
	choice     choice   // or several
	problem    string
	busy       bool
	cancel     func() // ends what is under way; may be nil
}

func (m *Model) openMeterForm() tea.Cmd {
	m.screen = namingMeter
	m.meter = meterForm{generation: m.meter.generation + 1, input: newInput(" > "), choice: choice{marked: -1}}
	m.fitFields()
	return nil
}

type completed struct {
	generation int
	typed      string
	paths      []string
}

type detected struct {
	generation int
	path       string
	found      []Candidate
	err        error
}

type meterSaved struct {
	generation int
	err        error
}

func (m *Model) updateMeterForm(msg tea.Msg) tea.Cmd {
	f := &m.meter
	switch msg := msg.(type) {
	case completed:
		if msg.generation == f.generation && msg.typed == f.input.Value() {
			f.complete(msg.paths)
		}
	case detected:
		if msg.generation == f.generation && msg.path == f.path() {
			f.busy = false
			if len(msg.found) == 1 {
				f.understood = msg.found[0].Understood
			} else {
				f.choice.offer(msg.found)
			}
			if msg.err != nil {
				f.problem = said(msg.err)
			}
		}
	case meterSaved:
		if msg.generation != f.generation {
			return nil
		}
		if f.busy = false; msg.err != nil {
			f.problem = said(msg.err)
			return nil
		}
		m.settled = true
		m.Refresh()
		return m.home()
	case tea.KeyPressMsg:
		return m.meterFormKey(msg)
	case tea.PasteMsg:
		return m.editMeterForm(tea.PasteMsg{Content: strings.TrimSpace(msg.Content)})
	}
	return nil
}

func (f *meterForm) path() string { return strings.TrimSpace(f.input.Value()) }

// complete extends the path as far as all offers agree.
func (f *meterForm) complete(paths []string) {
	f.offered = paths
	if len(paths) == 0 {
		f.problem = "nothing there begins like that"
		return
	}
	common := paths[0]
	for _, p := range paths[1:] {
		for !strings.HasPrefix(p, common) {
			_, last := utf8.DecodeLastRuneInString(common)
			common = common[:len(common)-last]
		}
	}
	if len(common) > len(f.input.Value()) {
		f.input.SetValue(common)
		f.input.CursorEnd()
	}
	if len(paths) == 1 {
		f.offered = nil
	}
}

func (m *Model) meterFormKey(k tea.KeyPressMsg) tea.Cmd {
	f := &m.meter
	generation, setup, typed := f.generation, m.Meter, f.input.Value()
	if len(f.choice.candidates) > 0 {
		if candidate, ok := f.choice.numbered(k.String()); ok {
			return m.saveMeter(candidate.Name)
		}
		if f.choice.move(k.String()) {
			return nil
		}
	}
	switch {
	case key.Matches(k, m.keys.back):
		m.endMeterForm()
		return m.home()
	case k.String() == "tab":
		return func() tea.Msg { return completed{generation, typed, setup.Complete(typed)} }
	case k.String() == "enter":
		path := f.path()
		if path == "" {
			f.problem = "write the path of the file, or the address of the server; tab completes a path"
			return nil
		}
		switch {
		case f.understood != "":
			return m.saveMeter("")
		case f.choice.marked >= 0:
			return m.saveMeter(f.choice.candidates[f.choice.marked].Name)
		case len(f.choice.candidates) > 0:
			f.choice.marked = 0 // choosing takes a look first
			return nil
		}
		ctx := f.begin()
		if ctx == nil {
			return nil
		}
		return func() tea.Msg {
			found, err := setup.Detect(ctx, path)
			return detected{generation, path, found, err}
		}
	default:
		return m.editMeterForm(k)
	}
}

// begin starts something that takes a while; nil when it is busy already.
func (f *meterForm) begin() context.Context {
	if f.busy {
		return nil
	}
	f.busy, f.problem, f.offered = true, "", nil
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel = cancel
	return ctx
}

// saveMeter keeps the path and which of its series to read.
func (m *Model) saveMeter(series string) tea.Cmd {
	f := &m.meter
	ctx := f.begin()
	if ctx == nil {
		return nil
	}
	generation, setup, path := f.generation, m.Meter, f.path()
	return func() tea.Msg { return meterSaved{generation, setup.Save(ctx, path, series)} }
}

// editMeterForm changes the path; what was known of the old one is no longer so.
func (m *Model) editMeterForm(msg tea.Msg) tea.Cmd {
	m.endMeterForm()
	f := &m.meter
	var cmd tea.Cmd
	f.input, cmd = f.input.Update(msg)
	f.understood, f.problem, f.offered, f.choice = "", "", nil, choice{marked: -1}
	return cmd
}

// endMeterForm gives up what the form was at; answers that come later are stale.
func (m *Model) endMeterForm() {
	if m.meter.cancel != nil {
		m.meter.cancel()
	}
	m.meter.generation++
	m.meter.busy = false
}

func (m *Model) meterFormView() (string, *tea.Cursor) {
	f, t := &m.meter, m.theme
	lines := []string{" " + t.strong.Render("Name a meter database"), ""}
	for _, line := range wrapped("The path of the SQLite file that your electricity meter's logger writes, or the address of a "+
		"PostgreSQL database: postgres://user@host/name, with the password in ~/.pgpass. vitals only reads it, in short steps, while the logger goes on.", min(76, m.width-2)) {
		lines = append(lines, " "+line)
	}
	lines = append(lines, "")
	row := len(lines)
	lines = append(lines, f.input.View(), "")
	switch {
	case f.problem != "":
		lines = append(lines, m.told(f.problem)...)
	case f.understood != "":
		lines = append(lines, " Understood:")
		for _, line := range wrapped(f.understood, m.width-4) {
			lines = append(lines, "   "+line)
		}
	case len(f.choice.candidates) > 0:
		for _, line := range t.choiceLines(f.choice, "It holds several series. Which one is your house's electricity? The others are not added to it.",
			"its number saves it; arrows mark one for enter", max(0, m.width-2), max(0, m.height-2-len(lines))) {
			lines = append(lines, " "+line)
		}
	case f.busy:
		lines = append(lines, m.theme.typeable(" looking …"))
	}
	for _, p := range f.offered {
		if len(lines) >= m.height-2 {
			lines = append(lines, m.theme.typeable("   …"))
			break
		}
		lines = append(lines, "   "+p)
	}
	for len(lines) < m.height-1 {
		lines = append(lines, "")
	}
	hints := m.keyHints("tab", "complete", "enter", "look into it", "esc", "back")
	if f.understood != "" {
		hints = m.keyHints("enter", "save and show it", "esc", "back")
	}
	if len(f.choice.candidates) > 0 {
		hints = m.keyHints("1–9", "save it", "↑↓", "mark", "enter", "save the marked", "esc", "back")
	}
	lines = append(lines[:m.height-1], hints)
	for i, line := range lines {
		lines[i] = fit(line, m.width)
	}
	cursor := f.input.Cursor()
	if cursor != nil {
		cursor.Y = row
	}
	return strings.Join(lines, "\n"), cursor
}
