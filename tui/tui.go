package tui

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"

	"vitals/internal/health"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

// History answers what is to be seen; view.Viewer does.
type History interface {
	Snapshot(ctx context.Context) (view.Snapshot, error)
	Energy(ctx context.Context, w view.Window, source view.EnergySource) (view.Energy, error)
	Habits(ctx context.Context, w view.Window, source view.EnergySource, data view.Extent) (view.Habits, error)
	Compare(ctx context.Context, w view.Window, e *view.Energy) error
	BodyLine(ctx context.Context, w view.Window) (view.BodyLine, error)
	Why(ctx context.Context, s view.Subject) ([]view.Explanation, error)
}

// Dependencies is everything the screen needs from outside.
type Dependencies struct {
	History History
	Account Account
	Meter   MeterSetup
	Now     func() time.Time

	// Rule keeps what the owner decided about a weigh-in, given with its copies.
	Rule func(ctx context.Context, copies []health.Weighing, r health.Ruling) error

	// Refresh asks for new data at once and returns immediately. What comes
	// of it arrives as News.
	Refresh func()

	// OpenHours tells that calories of a stretch of time are looked at by the
	// hour, and returns immediately. Hours that are not stored may be fetched
	// then, which arrives as News. It may be nil.
	OpenHours func(from, to time.Time)

	// Export writes a series that is shown to a file. Nil: nothing is written.
	Export func(ctx context.Context, e Export) (Exported, error)

	Note   string // what to know about all that is shown; may be empty
	Notice string // what the start put right, "what – and what that means"; may be empty

	Begin      Screen // what to begin with
	Remembered Remembered

	ASCII   bool                 // draw with nothing but ASCII
	Theme   string               // auto, dark, light or mono; "" is auto
	Colours colorprofile.Profile // that the terminal has; with none, text is bold and faint at most
}

// SizeOr returns a filter for tea.WithFilter that gives a terminal which does
// not know its own size the given one; without it nothing would be drawn there.
func SizeOr(width, height int) func(tea.Model, tea.Msg) tea.Msg {
	return func(_ tea.Model, msg tea.Msg) tea.Msg {
		if size, ok := msg.(tea.WindowSizeMsg); ok && (size.Width <= 0 || size.Height <= 0) {
			return tea.WindowSizeMsg{Width: width, Height: height}
		}
		return msg
	}
}

// News is what the background tells the screen, sent as a message.
type News struct {
	Meter   bool   // it is about the meter, not about the account
	Changed bool   // there is something new to be seen
	Doing   string // "" when nothing is under way
	Problem string // a sentence; "" when all is well
	Hint    string // what to do about it, where there is room to say so
	SignIn  bool   // signing in is what to do
	Retry   bool   // trying again later is what to do

	// Candidates are the series to choose from, where the meter's database
	// holds several or only one that is a guess.
	Candidates []Candidate
}

// Screen names what fills the terminal.
type Screen uint8

// The screens a program may begin with.
const (
	Dashboard   Screen = iota
	Welcome            // the choice of what to connect
	SigningIn          // the guide to connecting Google
	namingMeter        // the guide to naming a meter's database
)

// Remembered is where the last screen was left.
type Remembered struct {
	Reach  view.Reach        `json:"reach"`
	Unit   timeline.Unit     `json:"unit"`
	Source view.EnergySource `json:"source"`

	Compare bool `json:"compare"`
	Heat    bool `json:"heat"`

	BodyReach view.Reach    `json:"body_reach"`
	BodyUnit  timeline.Unit `json:"body_unit"`

	Units health.WeightUnit `json:"units,omitempty"` // "": those of the account or the configuration
}

// rememberedWindow is a window as it was left; what makes no sense, or reaches
// less far than least, becomes the usual one.
func rememberedWindow(reach view.Reach, unit timeline.Unit, least, usual view.Reach) view.Window {
	if reach < least || reach > view.All || unit > timeline.Year {
		return view.NewWindow(usual)
	}
	w := view.NewWindow(reach)
	w.Unit = unit
	return w
}

// Model is the program's one Bubble Tea model.
type Model struct {
	Dependencies
	keys  keyMap
	theme theme

	width, height int
	screen        Screen
	help          bool
	helpFrom      int  // lines of the help that are scrolled away
	erasing       bool // the guide was left: nothing of it is to stay on the main screen
	guideRows     int  // how high the guide has been
	addressRows   int  // of addresses that stand above it, as far as that is known
	focus         pane
	zoomed        bool

	generation int           // of the newest question
	answered   chan struct{} // closed at the next answer
	wanted     question
	untyped    [paneCount]view.Window // what was looked at before a range was typed
	seek       seek                   // which buckets of the next window are to be seen first
	loaded     bool                   // a first answer is there: snapshot, energy and body
	slow       bool                   // it should be, by now
	snapshot   view.Snapshot
	energy     energyState
	hours      [2]time.Time // the stretch last told to OpenHours
	body       bodyState
	units      unitChoice

	account, meterNews News
	failure            string // why the newest question got no answer
	notice             string // what the last key came to
	typing             *prompt
	exports            int           // counts wishes for a file
	mode               atomic.Uint32 // the typingMode
	deciding           atomic.Bool   // numbers and letters decide something
	why                whyScreen
	ruling             bool     // a change of what counts is under way
	drawn              []string // header and panes, while nothing but the typed range changes

	welcome welcomeMenu
	signIn  signInGuide
	meter   meterForm

	settled                 bool // something was connected or named since the start
	lookAround, interrupted bool
}

// question is what the next answer is for.
type question struct {
	energy  view.Window
	source  view.EnergySource
	heat    bool // by the hour of the day
	compare bool // and draw what was there before
	body    view.Window
}

// New returns the model of a program.
func New(d Dependencies) *Model {
	m := &Model{Dependencies: d, keys: newKeyMap(), theme: newTheme(d.ASCII, d.Theme, d.Colours), screen: d.Begin}
	r := d.Remembered
	m.wanted = question{compare: r.Compare, heat: r.Heat, energy: rememberedWindow(r.Reach, r.Unit, view.LastDay, view.LastDay),
		body: rememberedWindow(r.BodyReach, r.BodyUnit, bodyLeast, view.LastQuarter)}
	if d.Remembered.Source <= view.HouseAndBurned {
		m.wanted.source = d.Remembered.Source
	}
	if slices.Contains(health.WeightUnits(), d.Remembered.Units) {
		m.units.chosen = d.Remembered.Units
	}
	m.energy.cursor, m.body.cursor, m.energy.choice.marked = -1, -1, -1
	return m
}

// LookAround reports, when the program has ended, that the demo was asked for.
func (m *Model) LookAround() bool { return m.lookAround }

// Interrupted reports, when the program has ended, that ctrl+c ended it.
func (m *Model) Interrupted() bool { return m.interrupted }

// Tidying returns what to print when the program has ended: it takes from the main
// screen what the guide left there, and nothing else. Addresses that were printed
// before the terminal became wider or narrower, or before a suspension, stay: it is
// not known where they are.
func (m *Model) Tidying() string {
	rows := m.addressRows
	if m.erasing || m.screen == SigningIn { // else the cursor is where the guide began
		rows += max(0, m.guideRows-1)
	}
	if rows == 0 {
		return ""
	}
	return "\r" + ansi.CursorUp(rows) + ansi.EraseScreenBelow
}

// Remember returns what the next start should begin with.
func (m *Model) Remember() Remembered {
	energy, body := m.wanted.energy, m.wanted.body
	if energy.Reach == view.Typed { // a range belongs to its moment
		energy = m.untyped[energyPane]
	}
	if body.Reach == view.Typed {
		body = m.untyped[bodyPane]
	}
	return Remembered{Reach: energy.Reach, Unit: energy.Unit, Source: m.wanted.source, Compare: m.wanted.compare, Heat: m.wanted.heat,
		BodyReach: body.Reach, BodyUnit: body.Unit, Units: m.units.chosen}
}

// slow is when a first answer that is not there yet is worth a word.
type slow struct{}

// Init asks the first question.
func (m *Model) Init() tea.Cmd {
	cmds := []tea.Cmd{m.ask(), tea.Tick(time.Second/4, func(time.Time) tea.Msg { return slow{} })}
	if m.screen == SigningIn {
		cmds = append(cmds, m.beginSignIn(false))
	}
	return tea.Batch(cmds...)
}

// seek says which part of a new window is to be seen, when it has more buckets
// than there is room for.
type seek uint8

const (
	stay seek = iota // the newest buckets, with data or without
	oldestData
	newestData
)

// answer is what a question came to.
type answer struct {
	generation int
	question   question
	snapshot   view.Snapshot
	energy     view.Energy
	habits     view.Habits
	line       view.BodyLine
	err        error
}

// ask makes the command that answers what is wanted now.
func (m *Model) ask() tea.Cmd {
	m.generation++
	generation, wanted, history := m.generation, m.wanted, m.History
	compare := wanted.compare || m.zoomed && m.focus == energyPane // the cursor tells it in words
	return func() tea.Msg {
		a := answer{generation: generation, question: wanted}
		ctx := context.Background()
		a.err = view.Together(func() (err error) {
			a.snapshot, err = history.Snapshot(ctx)
			return err
		}, func() (err error) {
			a.energy, err = history.Energy(ctx, wanted.energy, wanted.source)
			switch {
			case err != nil:
			case wanted.heat:
				a.habits, err = history.Habits(ctx, wanted.energy, wanted.source, a.energy.Data)
			case compare:
				err = history.Compare(ctx, wanted.energy, &a.energy)
			}
			return err
		})
		if a.err == nil {
			a.line, a.err = history.BodyLine(ctx, wanted.body)
		}
		return a
	}
}

// take shows an answer, unless a newer question was asked since.
func (m *Model) take(a answer) tea.Cmd {
	if a.generation != m.generation {
		return nil
	}
	m.ruling = false
	if a.err != nil {
		m.failure = said(a.err)
		return m.outdatedAfter(time.Minute)
	}
	m.failure = ""
	if m.signedInElsewhere(a.snapshot) {
		m.account = News{}
		m.Refresh()
	}
	before := m.held()
	moved := m.energy.window != a.question.energy || m.energy.source != a.question.source || m.energy.heat != a.question.heat
	bodyMoved := m.body.window != a.question.body
	m.loaded, m.snapshot = true, a.snapshot
	m.units.usual = a.snapshot.Units
	m.useUnits()
	m.energy.window, m.energy.source, m.energy.data = a.question.energy, a.question.source, a.energy
	m.energy.compare = a.question.compare
	m.energy.heat, m.energy.habits = a.question.heat, a.habits
	m.body.window, m.body.line = a.question.body, a.line
	if moved {
		m.energy.offset = 0
	}
	m.hold(before, moved, bodyMoved)
	m.placeCursors(moved, bodyMoved)
	if moved && m.seek != stay {
		m.scrollToData(m.seek == newestData)
	}
	m.seek = stay
	m.openHours()
	if m.why.open {
		return tea.Batch(m.askWhy(), m.whenOutdated())
	}
	return m.whenOutdated()
}

// outdated is when an answer stops being true by itself, for want of a newer.
type outdated struct{ generation int }

// whenOutdated waits until the window that follows now moves on, which it does
// at midnight, too; until the power of now is none any more, or the sign-in ends.
func (m *Model) whenOutdated() tea.Cmd {
	now := m.Now()
	until := timeline.Hour.Next(now.In(m.snapshot.AsOf.Location()))
	if e := m.snapshot.Electricity; e != nil && e.NowW != nil && e.NowUntil.Before(until) {
		until = e.NowUntil
	}
	if g := m.snapshot.Grant; g != nil && g.ExpiresAt.After(now) && g.ExpiresAt.Before(until) {
		until = g.ExpiresAt
	}
	return m.outdatedAfter(until.Sub(now) + time.Millisecond)
}

// outdatedAfter waits until the newest answer is outdated, or there is a newer one:
// a meter that is written to all the time would leave hundreds waiting.
func (m *Model) outdatedAfter(pause time.Duration) tea.Cmd {
	if m.answered != nil {
		close(m.answered)
	}
	generation, newer := m.generation, make(chan struct{})
	m.answered = newer
	return func() tea.Msg {
		timer := time.NewTimer(pause)
		defer timer.Stop()
		select {
		case <-timer.C:
			return outdated{generation}
		case <-newer:
			return nil
		}
	}
}

// home goes to the dashboard, or back to the choice of the first start while
// nothing came of it.
func (m *Model) home() tea.Cmd {
	m.screen = Dashboard
	if m.Begin == Welcome && !m.settled {
		m.screen = Welcome
	}
	return m.ask()
}
