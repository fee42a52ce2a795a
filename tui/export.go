package tui

import (
	"context"
	"fmt"
	"strings"
	"time"

	tea "charm.land/bubbletea/v2"

	"vitals/internal/health"
	"vitals/internal/terminal"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

// Export is a series that is shown, to be written to a file.
type Export struct {
	Series   string    // as the command line names it: electricity, calories, weight
	From, To time.Time // half-open, in the zone of the person's days
	Unit     timeline.Unit
	Single   bool   // single readings, not buckets of Unit
	Name     string // of the file, as it was typed; its ending is the format
	Replace  bool   // the file of that name
}

// Exported is what became of an Export.
type Exported struct {
	Where string // the file, for people
	Lines int    // buckets or readings
	Taken bool   // nothing was written: there is a file of that name
}

// fileToWrite is what a name is typed for.
type fileToWrite struct {
	export     Export
	others     []string // series that are shown, too
	taken      string   // the name that enter writes over
	generation int
	busy       bool
	cancel     func() // ends what is under way; may be nil
}

// exported answers the wish for a file.
type exported struct {
	generation int
	export     Export
	result     Exported
	err        error
}

// openExport asks for the name of a file for what the focused pane shows.
func (m *Model) openExport() {
	var e Export
	var others []string
	energy, body := m.energy.data, m.body.line
	if m.energy.mapped() { // its cells are made of hours
		energy.From, energy.To, energy.Unit = m.energy.habits.From, m.energy.habits.To, timeline.Hour
	}
	switch {
	case m.Export == nil:
		m.notice = "the demo writes nothing; in your own vitals, e writes what is shown to a file"
	case m.zoomed && m.focus == profilePane:
		m.notice = "e is for a series: go to Energy or Body with tab"
	case m.focus == bodyPane && body.Data.First.IsZero():
		m.notice = "there is no weigh-in to export yet"
	case m.focus == bodyPane:
		e = Export{Series: string(view.Weight), From: body.From, To: body.To, Unit: body.Unit, Single: body.Unit <= timeline.Day}
	case energy.House != nil:
		e = Export{Series: "electricity", From: energy.From, To: energy.To, Unit: energy.Unit}
		if energy.Burned != nil {
			others = []string{string(health.TypeCalories)}
		}
	case energy.Burned != nil:
		e = Export{Series: string(health.TypeCalories), From: energy.From, To: energy.To, Unit: energy.Unit}
	default:
		m.notice = "there is nothing to export here yet"
	}
	if e.Series == "" {
		return
	}
	m.exports++
	m.typing = newPrompt("", &fileToWrite{export: e, others: others, generation: m.exports})
	m.typing.input.SetValue(e.fileName())
	m.fitFields()
	m.typing.input.CursorEnd()
}

// fileName is what a file of the export may be called: electricity-by-hour-2026-11-21.csv.
func (e Export) fileName() string {
	name := e.Series
	if !e.Single {
		name += "-by-" + e.Unit.String()
	}
	return name + e.From.Format("-2006-01-02") + ".csv"
}

// prompt stands before the name.
func (f *fileToWrite) prompt(width int) string {
	const name = 36 // cells for it
	return fitting(width-name, "export "+f.export.Series+" to: ", "export to: ", "to: ")
}

func (f *fileToWrite) advice(t theme, width int) string {
	if f.busy {
		return "writing " + t.ellipsis
	}
	short := "enter writes it, esc leaves"
	long := short + "; the ending may be .csv, .json, .txt or .svg"
	if len(f.others) > 0 {
		short += "; tab: " + f.others[0]
		long = short + "; .csv, .json, .txt or .svg"
	}
	return fitting(width, long, short)
}

// exportKey handles what is special while a file's name is typed, and reports
// whether it did.
func (m *Model) exportKey(k tea.KeyPressMsg) bool {
	f := m.typing.file
	switch k.String() {
	case "enter":
		return f.busy
	case "tab":
		if len(f.others) > 0 && !f.busy {
			m.nextSeries()
		}
		return true
	}
	return f.busy
}

// nextSeries goes over to another series that is shown. A name that nobody
// changed becomes that series' own.
func (m *Model) nextSeries() {
	f := m.typing.file
	untouched := m.typing.input.Value() == f.export.fileName()
	f.export.Series, f.others = f.others[0], append(f.others[1:], f.export.Series)
	if untouched {
		m.typing.input.SetValue(f.export.fileName())
	}
	m.typing.problem, f.taken = "", ""
	m.fitFields()
	m.typing.input.CursorEnd()
}

// askExport makes the command that writes the file.
func (m *Model) askExport() tea.Cmd {
	f := m.typing.file
	e := f.export
	e.Name = m.typing.input.Value()
	e.Replace = f.taken != "" && f.taken == e.Name
	ctx, cancel := context.WithCancel(context.Background())
	f.busy, f.cancel, m.typing.problem = true, cancel, ""
	generation, export := f.generation, m.Export
	return func() tea.Msg {
		defer cancel()
		result, err := export(ctx, e)
		return exported{generation, e, result, err}
	}
}

// takeExported says what became of a file. One that was given up is only spoken
// of if it was written all the same.
func (m *Model) takeExported(msg exported) tea.Cmd {
	written := msg.err == nil && !msg.result.Taken
	waiting := m.typing != nil && m.typing.file != nil && m.typing.file.generation == msg.generation
	switch {
	case waiting && msg.err != nil:
		m.typing.refuse(m.theme.typeable(said(msg.err)))
	case waiting && msg.result.Taken:
		m.typing.refuse("there is such a file: enter once more replaces it, or type another name")
		m.typing.file.taken = msg.export.Name
	case waiting:
		m.leavePrompt()
	}
	if !written {
		return nil
	}
	m.notice = fmt.Sprintf("wrote %s to %s", msg.export.counted(msg.result.Lines), terminal.Brief(msg.result.Where))
	return m.ask() // the export may have read newer readings than are shown
}

// refuse says why there is no file yet.
func (p *prompt) refuse(why string) {
	p.problem, p.file.busy, p.file.taken = why, false, ""
}

// counted says how many of what: "24 hours".
func (e Export) counted(n int) string {
	what := e.Unit.String()
	if e.Single {
		what = strings.Replace(e.Series, string(view.Weight), "weigh-in", 1)
	}
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
