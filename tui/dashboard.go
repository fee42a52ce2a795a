package tui

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"
)

func (m *Model) layout() layout { return arrange(m.width, m.height, m.focus, m.zoomed) }

// View implements tea.Model.
func (m *Model) View() tea.View {
	switch {
	case m.width == 0:
		return tea.NewView("") // no size yet
	case m.erasing:
		return m.erasedGuide()
	case m.screen == SigningIn:
		return m.signInView()
	}
	v := tea.NewView("")
	v.AltScreen = true
	v.WindowTitle = "vitals"
	l := m.layout()
	switch {
	case l.arrangement == tooSmall:
		v.Content = tooSmallText(l)
	case m.screen == Welcome:
		v.Content = m.welcomeView()
	case m.screen == namingMeter:
		v.Content, v.Cursor = m.meterFormView()
	case m.help:
		v.Content = m.helpView()
	case m.why.open:
		v.Content = m.whyView()
	case m.loaded:
		v.Content, v.Cursor = m.dashboardView(l)
	case m.failure != "":
		v.Content = m.failureView()
	case m.slow:
		v.Content = " " + m.theme.strong.Render("vitals") + "\n\n " + m.theme.faint.Render(fitting(m.width-2, "reading what is stored "+m.theme.ellipsis, "reading "+m.theme.ellipsis))
	}
	return v
}

// failureView is what there is to see when not even the first question got an
// answer.
func (m *Model) failureView() string {
	lines := append([]string{" " + m.theme.strong.Render("vitals"), ""}, m.told(m.failure)...)
	if over := len(lines) + 2 - m.height; over > 0 {
		lines = lines[:max(1, len(lines)-over)]
		lines[len(lines)-1] += m.theme.ellipsis
	}
	lines = append(lines, "", m.keyHints("r", "try again", "q", "quit"))
	for i, line := range lines {
		lines[i] = fit(line, m.width)
	}
	return strings.Join(lines[:min(len(lines), m.height)], "\n")
}

func tooSmallText(l layout) string {
	text := fmt.Sprintf("vitals needs %d columns and %d rows.", leastWidth, leastHeight)
	lines := strings.Split(ansi.Wrap(text, l.width, ""), "\n")
	return strings.Join(lines[:min(len(lines), l.height)], "\n")
}

func (m *Model) dashboardView(l layout) (string, *tea.Cursor) {
	if m.drawn == nil {
		m.drawn = m.draw(l)
	}
	rows := slices.Clip(m.drawn)
	status, cursor := m.status(l.width)
	if cursor != nil {
		cursor.Y = len(rows)
	}
	bottom := m.helpBar(l.width)
	if m.typing != nil {
		bottom = m.typing.advice(m.theme, l.width)
	}
	return strings.Join(append(rows, status, bottom), "\n"), cursor
}

// draw draws the header and the panes.
func (m *Model) draw(l layout) []string {
	rows := []string{m.header(l)}
	profile := m.pane(l, profilePane)
	body := m.pane(l, bodyPane)
	if l.arrangement == grid {
		for i := range profile {
			rows = append(rows, profile[i]+body[i])
		}
	} else {
		rows = append(append(rows, profile...), body...)
	}
	return append(rows, m.pane(l, energyPane)...)
}

// pane draws one pane into its box.
func (m *Model) pane(l layout, p pane) []string {
	b := l.panes[p]
	if !b.shown() {
		return nil
	}
	t, s := m.theme, m.snapshot
	width, height := b.inside()
	if b.height < leastFramed {
		width, height = b.width, b.height
	}
	var title string
	var notes, lines []string
	switch p {
	case profilePane:
		title, lines = "Profile", t.profileLines(s, width)
		if m.zoomed {
			lines = append(lines, t.fetchLines(s, width, height-len(lines))...)
		}
	case bodyPane:
		notes = t.bodyNotes(m.body, s)
		title = t.bodyTitle(m.body, s, titleRoom(b.width, notes[0]), height)
		lines = t.bodyLines(m.body, s, width, height)
	default:
		notes = t.energyNotes(m.energy, s, width, height)
		title = t.energyTitle(m.energy, titleRoom(b.width, notes[min(1, len(notes)-1)]))
		lines = t.energyLines(m.energy, s, m.zoomed, width, height)
	}
	if b.height < leastFramed {
		return unframed(b, lines)
	}
	return t.frame(b, title, notes, p == m.focus && l.arrangement != tabbed, lines)
}

// status is the line above the keys: what is being typed, what went wrong, or
// what is under way.
func (m *Model) status(width int) (string, *tea.Cursor) {
	if m.typing != nil {
		return m.typing.view(width)
	}
	width -= 2
	text, style := m.doing(), m.theme.faint
	if m.notice != "" {
		text = m.notice
	} else if all := m.troubles(); len(all) > 0 && (text == "" || !all[0].stored) {
		text, style = all[0].line(width, m.theme), m.theme.problem
	}
	text = ansi.Truncate(m.theme.typeable(text), max(0, width), m.theme.ellipsis)
	return fit(" "+style.Render(text), width+2), nil
}

// doing is what the background is at.
func (m *Model) doing() string {
	return strings.ReplaceAll(cmp.Or(m.account.Doing, m.meterNews.Doing), " · ", m.theme.bar)
}

// trouble is something that went wrong, and what to do about it.
type trouble struct {
	problem, hint string
	key, does     string // which key to press and what it does, where there is no room for the hint
	stored        bool   // it is told from what was stored, and may be over soon
}

// troubles lists what is wrong, the most pressing first.
func (m *Model) troubles() []trouble {
	var all []trouble
	add := func(t trouble) {
		if t.problem != "" && !slices.ContainsFunc(all, func(o trouble) bool { return o.problem == t.problem }) {
			all = append(all, t)
		}
	}
	told := func(text string) trouble { // as health.WithHint writes it
		problem, hint, _ := strings.Cut(text, " – ")
		return trouble{problem: problem, hint: hint}
	}
	add(told(m.failure))
	for _, n := range []News{m.account, m.meterNews} {
		if len(n.Candidates) > 0 && m.energy.asked(m.snapshot) {
			continue // the pane asks
		}
		t := trouble{problem: n.Problem, hint: n.Hint}
		switch {
		case n.SignIn:
			t.key, t.does = "a", "to connect again"
		case n.Retry:
			t.key, t.does = "r", "to try again"
		}
		add(t)
	}
	if !m.account.SignIn {
		add(grantTrouble(m.snapshot))
	}
	repaired := told(m.Notice)
	repaired.key, repaired.does = "?", "for more"
	add(repaired)
	for _, f := range m.snapshot.Fetches {
		t := told(f.Error)
		t.stored = true
		add(t)
	}
	return all
}

// line says a trouble on one line: the hint if it fits, else which key helps.
func (t trouble) line(width int, look theme) string {
	key, does := t.key, t.does
	switch {
	case key != "":
	case strings.Contains(t.hint, "press a"):
		key, does = "a", "to connect again"
	case t.hint == "", strings.HasPrefix(t.hint, "check the connection"), strings.HasPrefix(t.hint, "nothing is lost"):
		key, does = "r", "to try again"
	default:
		key, does = "?", "for what to do"
	}
	press := " – press " + key + " " + does
	texts := []string{t.problem + press, t.problem + " – press " + key}
	if t.hint != "" {
		texts = append([]string{t.problem + " – " + t.hint}, texts...)
	}
	const least = 20 // of the problem
	for _, press := range []string{press, " – press " + key} {
		if room := width - ansi.StringWidth(press); room >= least {
			texts = append(texts, ansi.Truncate(t.problem, room, look.ellipsis)+press)
		}
	}
	return fitting(width, texts...)
}

// helpBar is the bottom line: the way to the help, and as many keys before it as
// there is room for.
func (m *Model) helpBar(width int) string {
	entry := func(b key.Binding) string {
		return " " + m.theme.key.Render(m.shown(b.Help().Key)) + " " + b.Help().Desc
	}
	help := entry(m.keys.help)
	line := ""
	for _, b := range m.keys.bar(m.zoomed, m.focus, m.energy.mapped(), m.choosing(), m.nextRuling()) {
		next := line + entry(b) + " "
		if ansi.StringWidth(next)+ansi.StringWidth(help) > width {
			break
		}
		line = next
	}
	return fit(line+help, width)
}
