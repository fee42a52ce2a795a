package tui

import (
	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"

	"vitals/internal/terminal"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

// Update implements tea.Model.
func (m *Model) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	defer m.setMode()
	if _, key := msg.(tea.KeyPressMsg); !key || m.typing == nil {
		m.drawn = nil
	}
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		before := m.width
		m.width, m.height = msg.Width, msg.Height
		if m.width != before { // terminals differ in what becomes of long lines
			m.addressRows = 0
		}
		m.fitFields()
		m.keepCursorInSight()
		return m, m.reprintAddress(before)
	case answer:
		return m, m.take(msg)
	case slow:
		m.slow = true
		return m, nil
	case erased:
		m.erasing, m.guideRows = false, 0
		return m, nil
	case explained:
		m.takeExplained(msg)
		return m, nil
	case ruled:
		return m, m.takeRuled(msg)
	case chosen:
		return m, m.takeChosen(msg)
	case exported:
		return m, m.takeExported(msg)
	case outdated:
		if msg.generation == m.generation {
			return m, m.ask()
		}
		return m, nil
	case tea.ResumeMsg:
		return m, m.ask()
	case News:
		return m, m.hear(msg)
	}
	if k, ok := msg.(tea.KeyPressMsg); ok {
		switch {
		case key.Matches(k, m.keys.interrupt):
			m.interrupted = true
			return m, tea.Quit
		case key.Matches(k, m.keys.suspend):
			m.addressRows = 0 // a shell prints below them
			return m, tea.Suspend
		case key.Matches(k, m.keys.redraw):
			return m, tea.ClearScreen
		}
	}
	switch m.screen {
	case Welcome:
		return m, m.updateWelcome(msg)
	case SigningIn:
		return m, m.updateSignIn(msg)
	case namingMeter:
		return m, m.updateMeterForm(msg)
	default:
		return m, m.updateDashboard(msg)
	}
}

// What r comes to.
const (
	lookingForNew = "looking for new data"
	nothingNew    = "looked: nothing new"
)

// hear takes in what the background tells.
func (m *Model) hear(news News) tea.Cmd {
	news.Doing, news.Problem, news.Hint = terminal.Brief(news.Doing), terminal.Brief(news.Problem), terminal.Brief(news.Hint)
	last := &m.account
	if news.Meter {
		last = &m.meterNews
		if news.Doing == "" { // what is under way knows of no candidates yet
			m.energy.choice.offer(news.Candidates)
			if news.Problem != "" {
				m.energy.choice.saved = ""
			}
		}
	}
	*last = news
	switch {
	case m.notice == lookingForNew && !news.Changed && news.Doing == "" && news.Problem == "":
		m.notice = nothingNew
	case m.notice == lookingForNew, m.notice == nothingNew:
		m.notice = ""
	}
	if news.Changed {
		return m.ask()
	}
	return nil
}

func (m *Model) updateDashboard(msg tea.Msg) tea.Cmd {
	if m.typing != nil {
		return m.updateTyping(msg)
	}
	k, ok := msg.(tea.KeyPressMsg)
	_, pasted := msg.(tea.PasteMsg)
	switch {
	case pasted:
		m.notice = pastedHere
		return nil
	case !ok:
		return nil
	}
	m.notice = ""
	if m.help {
		return m.updateHelp(k)
	}
	if m.why.open {
		return m.updateWhy(k)
	}
	if cmd, ok := m.updateChoice(k); ok {
		return cmd
	}
	keys := m.keys
	switch {
	case key.Matches(k, keys.quit):
		return tea.Quit
	case !m.loaded && !key.Matches(k, keys.refresh, keys.account):
	case key.Matches(k, keys.help):
		m.help, m.helpFrom = true, 0
	case key.Matches(k, keys.why):
		m.why.open = true
		return m.askWhy()
	case key.Matches(k, keys.leaveOut):
		return m.turnAround()
	case key.Matches(k, keys.account):
		return m.openSignIn()
	case key.Matches(k, keys.refresh):
		m.notice = lookingForNew
		m.Refresh()
		return m.ask()
	case key.Matches(k, keys.typedRange):
		m.typing = newRangePrompt(m.theme)
		m.fitFields()
	case key.Matches(k, keys.export):
		m.openExport()
	case key.Matches(k, keys.source) && (!m.zoomed || m.focus == energyPane):
		m.wanted.source = (m.wanted.source + 1) % (view.HouseAndBurned + 1)
		return m.ask()
	case key.Matches(k, keys.heat) && (!m.zoomed || m.focus == energyPane):
		m.wanted.heat = !m.wanted.heat
		return m.ask()
	case key.Matches(k, keys.compare) && m.wanted.heat && (!m.zoomed || m.focus == energyPane):
		m.notice = "a heat map is compared with nothing: press v for bars, then c"
	case key.Matches(k, keys.compare) && (!m.zoomed || m.focus == energyPane):
		m.wanted.compare = !m.wanted.compare
		return m.ask()
	case key.Matches(k, keys.source, keys.compare, keys.heat): // in another pane alone on the screen
		m.notice = "this key is for Energy: tab goes there"
	case key.Matches(k, keys.units):
		m.nextUnits()
	case m.moveHour(k):
	case key.Matches(k, keys.nextPane):
		return m.moveFocus(+1)
	case key.Matches(k, keys.previousPane):
		return m.moveFocus(-1)
	case key.Matches(k, keys.zoom):
		return m.zoom()
	case key.Matches(k, keys.back):
		m.zoomed = false
		m.energy.cursor, m.body.cursor = -1, -1
	default:
		return m.updateWindow(k)
	}
	return nil
}

// moveFocus goes to the next pane, or the one before.
func (m *Model) moveFocus(by int) tea.Cmd {
	order := [...]pane{energyPane, profilePane, bodyPane}
	for i, p := range order {
		if p == m.focus {
			m.focus = order[(i+by+len(order))%len(order)]
			break
		}
	}
	if !m.zoomed {
		return nil
	}
	return m.full()
}

// zoom shows the focused pane alone; where there is nothing to see it leads to
// what would fill it.
func (m *Model) zoom() tea.Cmd {
	if m.focus == energyPane && m.loaded && m.energy.empty() && m.energy.source != view.Burned {
		return m.openMeterForm()
	}
	return m.full()
}

// full shows the focused pane alone, with a cursor.
func (m *Model) full() tea.Cmd {
	m.zoomed = true
	m.placeCursors(true, true)
	if m.focus != energyPane || m.energy.data.Stride.N > 0 || m.energy.heat {
		return nil
	}
	return m.ask() // for what the cursor compares with
}

// updateWindow handles the keys that change what a pane shows.
func (m *Model) updateWindow(k tea.KeyPressMsg) tea.Cmd {
	keys := m.keys
	if m.zoomed && m.focus == profilePane { // it shows no window
		return nil
	}
	for i, b := range []key.Binding{keys.day, keys.week, keys.month, keys.year, keys.all} {
		if key.Matches(k, b) {
			reach := [...]view.Reach{view.LastDay, view.LastWeek, view.LastMonth, view.LastYear, view.All}[i]
			if m.focus == bodyPane && reach < bodyLeast {
				reach = bodyLeast
			}
			return m.look(view.NewWindow(reach))
		}
	}
	w, data := m.window()
	now := m.Now().In(m.snapshot.AsOf.Location())
	for i, b := range []key.Binding{keys.byHour, keys.byDay, keys.byWeek, keys.byMonth, keys.byYear} {
		if key.Matches(k, b) {
			w.Unit = timeline.Unit(i)
			return m.look(w)
		}
	}
	switch {
	case m.zoomed && m.moveCursor(k):
		return nil
	case key.Matches(k, keys.earlier, keys.windowEarlier):
		if m.scroll(+1) {
			return nil
		}
		if w.Earlier(now, data) == w {
			m.notice = "nothing older is stored"
			return nil
		}
		return m.look(w.Earlier(now, data))
	case key.Matches(k, keys.later, keys.windowLater):
		if m.scroll(-1) {
			return nil
		}
		if w.Later(now, data) == w {
			m.notice = "this is the newest"
			return nil
		}
		return m.seekIn(w.Later(now, data), oldestData) // which follows on what was seen
	case key.Matches(k, keys.now):
		if m.focus != bodyPane {
			m.energy.offset = 0
		}
		m.placeCursors(m.focus != bodyPane, m.focus == bodyPane)
		newest := w.Newest()
		if w.Reach == view.Typed {
			newest = m.untyped[m.windowPane()]
		}
		if newest == w && m.focus == bodyPane { // no other key leads back to what it began with
			newest = view.NewWindow(view.LastQuarter)
		}
		return m.look(newest)
	case key.Matches(k, keys.oldest):
		if w.Oldest(now, data) == w {
			m.scrollToData(false)
		}
		return m.seekIn(w.Oldest(now, data), oldestData)
	case key.Matches(k, keys.newest):
		if w.NewestData(now, data) == w {
			m.scrollToData(true)
		}
		return m.seekIn(w.NewestData(now, data), newestData)
	}
	return nil
}

// windowPane is the pane whose window keys act on: the body's when it has the
// focus, else that of energy.
func (m *Model) windowPane() pane {
	if m.focus == bodyPane {
		return bodyPane
	}
	return energyPane
}

// window is the window that keys act on, and what there is to see.
func (m *Model) window() (view.Window, view.Extent) {
	if m.windowPane() == bodyPane {
		return m.wanted.body, m.body.line.Data
	}
	return m.wanted.energy, m.energy.data.Data
}

// seekIn asks for another window in the focused pane, and for a part of it.
func (m *Model) seekIn(w view.Window, part seek) tea.Cmd {
	if current, _ := m.window(); w != current && m.focus != bodyPane {
		m.seek = part
	}
	return m.look(w)
}

// look asks for another window in the focused pane.
func (m *Model) look(w view.Window) tea.Cmd {
	current, _ := m.window()
	if w == current {
		return nil
	}
	if m.focus == bodyPane {
		m.wanted.body = w
	} else {
		m.wanted.energy = w
	}
	return m.ask()
}
