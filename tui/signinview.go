package tui

import (
	"fmt"
	"strings"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"vitals/internal/terminal"
)

// signInView draws the guide below the printed address, on the main screen. It
// never gets lower there: Bubble Tea leaves lines of a view behind that has
// shrunk.
func (m *Model) signInView() tea.View {
	lines, cursor := m.signInLines()
	rows := max(1, m.height-1)
	m.guideRows = min(max(m.guideRows, len(lines)), rows)
	for len(lines) < m.guideRows {
		lines = append(lines, "")
	}
	if over := len(lines) - rows; over > 0 {
		lines = lines[over:]
		if cursor != nil {
			cursor.Y -= over
		}
	}
	for i, line := range lines {
		lines[i] = ansi.Truncate(line, m.width, m.theme.ellipsis)
	}
	v := tea.NewView(strings.Join(lines, "\n"))
	if cursor != nil && cursor.Y >= 0 {
		v.Cursor = cursor
	}
	v.WindowTitle = "vitals"
	return v
}

// erasedGuide is nothing in the place of the guide.
func (m *Model) erasedGuide() tea.View {
	v := tea.NewView(strings.Repeat("\n", max(0, m.guideRows-1)))
	v.Cursor = steadyCursor(0, 0)
	return v
}

func (m *Model) signInLines() ([]string, *tea.Cursor) {
	g, t := &m.signIn, m.theme
	switch {
	case g.step == preparing, g.hidden:
		return []string{"", "", ""}, nil // what stood here would stay above the address
	}
	switch g.step {
	case wantsClient, wantsSecret:
		return m.clientLines()
	case connected:
		return m.connectedLines(), nil
	case failed:
		return append([]string{" " + t.strong.Render("Connect Google"), ""},
			append(m.told(g.problem), "", m.keyHints("ctrl+n", "try again", "esc", "back"))...), nil
	}
	const blank = 1 // rows between the address and the guide
	address := (ansi.StringWidth(g.link.Address)+m.width-1)/max(1, m.width) + blank
	for _, less := range [...]brevity{wordy, withoutData, withoutGoodness} {
		if lines, cursor := m.answerLines(less); address+len(lines) < m.height {
			return lines, cursor // and no part of the address has to be scrolled to
		}
	}
	if lines, cursor := m.answerLines(shortSteps); len(lines) < m.height {
		return lines, cursor
	}
	return m.answerLines(fieldOnly)
}

// brevity is how much of the guide is left out for want of rows; each leaves
// out what those before it do, too.
type brevity uint8

const (
	wordy           brevity = iota
	withoutData             // no word on the data that stays
	withoutGoodness         // nor on how long the link is good
	shortSteps
	fieldOnly // and what became of what was pasted
)

// answerLines is the guide while it waits for the answer, or works on it.
func (m *Model) answerLines(less brevity) ([]string, *tea.Cursor) {
	g, t := &m.signIn, m.theme
	var lines []string
	if less < fieldOnly {
		lines = append(lines, " "+t.strong.Render("Connect Google"))
	}
	lines = append(lines, m.told(g.link.Note)...)
	lines = append(lines, m.told(g.link.Warning)...)
	steps := []string{
		"Open the address above in a browser on any device, with the Google account of your Fitbit. Choose your account and allow access.",
		fmt.Sprintf("The browser then tries to open %s and shows an error page (\"can't connect\"). That is expected.", terminal.Brief(hostOf(g.link.Redirect))),
		"Copy the whole address from the browser's address bar and paste it here:",
	}
	switch less {
	case shortSteps:
		steps = []string{
			"Open the address above in any browser; allow access.",
			fmt.Sprintf("An error page of %s follows, as expected.", terminal.Brief(hostOf(g.link.Redirect))),
			"Copy the whole address of that page, paste it here:",
		}
	case fieldOnly:
		steps = nil
		lines = append(lines, " Paste the answer:")
	}
	for i, step := range steps {
		mark := fmt.Sprintf(" %d ", i+1)
		for _, line := range wrapped(step, m.width-4) {
			lines, mark = append(lines, mark+line), "   "
		}
	}
	row := len(lines)
	entered := g.entered(t)
	lines = append(lines, "   > "+entered)
	switch {
	case g.step == working:
		for i, step := range g.doing {
			mark := "   done: "
			if i == len(g.doing)-1 {
				mark = "   now:  "
			}
			lines = append(lines, mark+step)
		}
	case g.problem != "":
		lines = append(lines, m.told(g.problem)...)
	case g.notice != "":
		lines = append(lines, m.told(g.notice)...)
	case g.paste.Problem != "":
		lines = append(lines, m.told(g.paste.Problem)...)
	case g.paste.Note != "":
		lines = append(lines, m.told(g.paste.Note+" – enter goes on")...)
	}
	if less < withoutGoodness {
		lines = append(lines, m.goodness()...)
	}
	if less < withoutData {
		lines = append(lines, m.stays()...)
	}
	lines = append(lines, m.keyHints("ctrl+y", "copy address", "esc", "back", "ctrl+n", "new link", "ctrl+c", "quit"))
	if g.step == working {
		return lines, nil
	}
	return lines, steadyCursor(5+ansi.StringWidth(entered), row)
}

// steadyCursor is a cursor like that of the fields: Bubble Tea gives the terminal
// its own back at the end, unless it blinks.
func steadyCursor(x, y int) *tea.Cursor {
	c := tea.NewCursor(x, y)
	c.Blink = false
	return c
}

// goodness tells until when the link is good, and where it is kept meanwhile.
func (m *Model) goodness() []string {
	g := &m.signIn
	good := []string{fmt.Sprintf("This link is good until %s.", g.link.Until.Format("15:04"))}
	if g.link.File != "" {
		saved := "It is also saved in " + terminal.Brief(g.link.File)
		if one := good[0] + " " + saved; ansi.StringWidth(one) <= m.width-4 {
			good[0] = one
		} else {
			good = append(good, saved)
		}
	}
	for i, line := range good {
		good[i] = "   " + m.theme.faint.Render(line)
	}
	return good
}

// stays shows while signing in that what is known stays: the newest figures.
func (m *Model) stays() []string {
	s := m.snapshot
	var figures []string
	if b := s.Body; b != nil {
		figures = append(figures, s.Units.Format(b.Weighing.KG)+" ("+whenWeighed(b.Weighing, s.AsOf)+")")
	}
	if e := s.Electricity; e != nil && e.TodayKWh != nil {
		figures = append(figures, kWh(*e.TodayKWh)+" ("+when(e.LastReading, s.AsOf)+")")
	}
	if len(figures) == 0 {
		return nil
	}
	text := "Your data stays: " + strings.Join(figures, m.theme.bar)
	return []string{"   " + m.theme.faint.Render(fitting(m.width-4, text, "Your data stays: "+figures[0], "Your data stays."))}
}

// entered says what is in the field without showing it: screens get recorded.
func (g *signInGuide) entered(t theme) string {
	if g.pasted == "" {
		return ""
	}
	count := fmt.Sprintf("got %d characters", len([]rune(g.pasted)))
	if len(g.pasted) == 1 {
		count = "got 1 character"
	}
	if g.paste.State == PasteReady && g.problem == "" {
		return count + t.bar + "ok"
	}
	return count
}

func (m *Model) clientLines() ([]string, *tea.Cursor) {
	g, t := &m.signIn, m.theme
	lines := []string{" " + t.strong.Render("Connect Google") + t.bar + "first, a Google OAuth client of your own (once)"}
	lines = append(lines, m.told(g.link.Note)...)
	lines = append(lines, m.told(g.link.Warning)...)
	lines = append(lines, ClientSteps()...)
	field, input := "   Client id, or path or content of the downloaded file:", &g.client
	if g.step == wantsSecret {
		field, input = "   Client secret:", &g.secret
	}
	lines = append(lines, field)
	row := len(lines)
	lines = append(lines, input.View())
	lines = append(lines, m.told(g.problem)...)
	lines = append(lines, m.keyHints("enter", "go on", "esc", "back", "ctrl+c", "quit"))
	cursor := input.Cursor()
	if cursor != nil {
		cursor.Y = row
	}
	return lines, cursor
}

// ClientSteps tell how to make an OAuth client at Google.
func ClientSteps() []string {
	return []string{
		" 1 console.cloud.google.com: make a project (any name).",
		" 2 APIs & Services, Library: enable \"Google Health API\".",
		" 3 OAuth consent screen: External; under Data Access add the Google Health",
		"   scopes ending in .readonly for activity, measurements, profile, settings.",
		" 4 Audience: \"Publish app\" (in Testing the sign-in ends after 7 days).",
		" 5 Clients, Create client: type \"Desktop app\". Download its JSON file.",
	}
}

func (m *Model) connectedLines() []string {
	g, t := &m.signIn, m.theme
	who := "Connected"
	if g.result.Name != "" {
		who += " as " + terminal.Brief(g.result.Name)
	}
	lines := []string{" " + t.strong.Render(who) + " (" + terminal.Brief(strings.Join(g.result.Granted, ", ")) + ")."}
	for _, line := range wrapped(terminal.Brief(g.result.Saved), m.width-2) {
		lines = append(lines, " "+line)
	}
	if len(g.result.Missing) > 0 {
		lines = append(lines, m.told(fmt.Sprintf("Access was granted without %s; ctrl+n asks for it again.",
			strings.Join(g.result.Missing, ", ")))...)
	}
	lines = append(lines, m.told(g.link.Warning)...)
	if err := g.result.Untried; err != nil {
		lines = append(lines, m.told("The access could not be tried out: "+said(err))...)
	}
	return append(lines, "", m.keyHints("enter", "dashboard", "ctrl+n", "new link"))
}

// told is a sentence as lines, none for an empty one.
func (m *Model) told(text string) []string {
	if text == "" {
		return nil
	}
	lines := wrapped(m.theme.typeable(terminal.Brief(text)), m.width-4)
	for i, line := range lines {
		lines[i] = "   " + m.theme.problem.Render(line)
	}
	return lines
}

// keyHints names keys and what they do here, given in pairs.
func (m *Model) keyHints(pairs ...string) string {
	var line string
	for i := 0; i+1 < len(pairs); i += 2 {
		hint := " " + m.theme.key.Render(m.shown(pairs[i])) + " " + pairs[i+1] + " "
		if ansi.StringWidth(line)+ansi.StringWidth(hint) > m.width+1 {
			break
		}
		line += hint
	}
	return strings.TrimSuffix(line, " ")
}

// hostOf is the host and port of an address, for people.
func hostOf(address string) string {
	_, rest, _ := strings.Cut(address, "://")
	host, _, _ := strings.Cut(rest, "/")
	return host
}
