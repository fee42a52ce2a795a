package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sync"
	"time"

	tea "charm.land/bubbletea/v2"

	"vitals/fitbit"
	"vitals/internal/health"
	"vitals/internal/refresh"
	"vitals/internal/store"
	"vitals/internal/terminal"
	"vitals/internal/view"
	"vitals/tui"
)

// dashboard runs the screen, or prints the report where there is none.
func (c *cli) dashboard(ctx context.Context) error {
	facts := terminal.Look(c.Getenv, c.Stdin, c.Stdout)
	if !facts.Interactive(c.plain) {
		return c.report(ctx, reportOptions{})
	}
	s, err := c.openToLook(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	begin := tui.Dashboard
	if first, err := s.firstStart(ctx); err != nil {
		return err
	} else if first {
		begin = tui.Welcome
	}
	lookAround, err := s.run(ctx, facts, begin)
	if err != nil || !lookAround {
		return err
	}
	return c.demo(ctx, false)
}

// firstStart reports whether nothing is configured and nothing is stored.
func (s *session) firstStart(ctx context.Context) (bool, error) {
	f := s.settings().Fitbit
	if f.ClientID != "" || f.RefreshToken != "" || s.settings().Energy.Database != "" {
		return false, nil
	}
	fetches, err := s.store.Fetches(ctx)
	if err != nil || len(fetches) > 0 {
		return false, err
	}
	weighings, err := s.store.Weighings(ctx) // out of files
	if err != nil || len(weighings) > 0 {
		return false, err
	}
	fats, err := s.store.BodyFats(ctx)
	if err != nil || len(fats) > 0 {
		return false, err
	}
	for _, t := range []health.DataType{health.TypeCalories, health.TypeSteps} {
		if day, _, err := s.store.DayTotalsExtent(ctx, t); err != nil || !day.IsZero() {
			return false, err
		}
	}
	return true, nil
}

// run shows the screen until it is left, and fetches in the background
// meanwhile. However it ends, the view is remembered – but after a panic, which
// the view itself may have led to. Options come after the usual ones, and win.
func (s *session) run(ctx context.Context, facts terminal.Facts, begin tui.Screen, options ...tea.ProgramOption) (lookAround bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	s.onScreen = true
	defer func() { err = s.keepAtLast(ctx, err) }() // with the terminal, which a passphrase may need
	settings := s.settings().Display
	refreshNow, opened := make(chan struct{}, 1), make(chan refresh.Stretch, 1)
	answered := make(chan struct{})
	account := &signIn{session: s, facts: facts}
	defer account.Leave()
	if settings.Refresh && !s.unsaved {
		s.askForSecrets(ctx)
	}
	broken := &firstPanic{}
	dependencies := tui.Dependencies{
		History: history{session: s, kept: &view.Kept{}, answered: sync.OnceFunc(func() { close(answered) }), damaged: broken.stop},
		Account: account,
		Meter:   meterSetup{s},
		Rule:    s.store.SaveRuling,
		Now:     s.env.Now,
		Refresh: func() {
			s.vault.AskAgain()
			s.keepAgain.Store(true)
			select {
			case refreshNow <- struct{}{}:
			default: // asked already
			}
		},
		OpenHours: func(from, to time.Time) {
			select {
			case <-opened: // nobody looks at that any more
			default:
			}
			opened <- refresh.Stretch{From: from, To: to}
		},
		Note:       s.note,
		Notice:     s.repaired,
		Begin:      begin,
		Remembered: s.remembered(),
		ASCII:      settings.ASCII || !facts.UTF8,
		Theme:      settings.Theme,
		Colours:    facts.Colour,
	}
	if !s.demo {
		dependencies.Export = s.exportShown
	}
	if s.unsaved {
		dependencies.OpenHours = nil
	}
	model := tui.New(dependencies)
	keyboard, picture := terminal.NewKeyboard(s.env.Stdin, s.env.Now, model.Pasted), s.env.screen()
	// Signals end the context, and nothing else: Bubble Tea's own handler knows
	// no SIGHUP, and two handlers of one signal wait for each other for ever.
	shown := collecting{model, make(chan struct{}, 1)}
	options = append([]tea.ProgramOption{tea.WithContext(ctx), tea.WithoutSignalHandler(),
		tea.WithInput(keyboard), tea.WithOutput(picture),
		tea.WithFilter(tui.SizeOr(facts.Width, facts.Height)), tea.WithColorProfile(facts.Colour), tea.WithFPS(120)}, options...)
	program := tea.NewProgram(guarded{shown, broken}, options...)
	broken.end = func() { go program.Quit() } // which waits until a message is taken
	watching, collect := make(chan struct{}), func() {}
	if s.env.CollectLater != nil {
		collect = s.env.CollectLater()
	}
	go func() {
		defer close(watching)
		defer broken.catch()
		// The first frame need not share the processor with what comes after it.
		select {
		case <-answered:
			const drawing = 100 * time.Millisecond
			select {
			case <-time.After(drawing):
			case <-ctx.Done():
			}
		case <-ctx.Done():
		}
		collect()
		var pauses sync.WaitGroup
		pauses.Go(func() {
			defer broken.catch()
			shown.inPauses(ctx, collectMuch)
		})
		if s.unsaved {
			s.watchOthers(ctx, program, refreshNow)
		} else {
			if err := s.sound(ctx); err != nil {
				broken.stop(err)
			}
			s.watch(ctx, program, opened, broken).Run(ctx, refreshNow, !settings.Refresh)
		}
		pauses.Wait()
	}()
	s.vault.ScreenIsUp(true)
	_, err = program.Run()
	s.vault.ScreenIsUp(false)
	_, _ = io.WriteString(picture, model.Tidying()) // a terminal that is gone needs none
	picture.caughtUp(takingLate)
	cancel()
	<-watching
	damaged := errors.Is(broken.found(), store.ErrDamaged)
	if err := broken.found(); err != nil && !damaged {
		return false, err
	}
	unsaved := s.remember(model.Remember())
	if s.unsaved {
		unsaved = nil // it was said that nothing is
	}
	if damaged { // the screen is shown again at once
		return false, broken.found()
	}
	switch {
	case model.Interrupted():
		return false, failure{code: exitInterrupted}
	case err != nil:
		return false, err
	default:
		return model.LookAround(), unsaved
	}
}

// askForSecrets runs the command of [secrets], if there is one and its answer is
// about to be needed: while there is no screen, it can use the terminal to ask for
// a passphrase. As that keeps the first frame waiting, it is said – before, not
// after a moment, when a prompt may be there. What goes wrong is told by whoever
// fetches.
func (s *session) askForSecrets(ctx context.Context) {
	if _, signedIn, err := s.vault.Known(); err != nil || !signedIn || s.settings().Secrets.Command == "" {
		return
	}
	if fetches, err := s.store.Fetches(ctx); err != nil || !refresh.Due(fetches, s.env.Now()) {
		return
	}
	s.env.say("asking the command of [secrets] ...")
	_, _ = s.vault.Fitbit(ctx)
}

// watch is what keeps the store fresh while the screen is open. Broken hears of
// panics, and of damage to the store.
func (s *session) watch(ctx context.Context, program *tea.Program, opened <-chan refresh.Stretch, broken *firstPanic) *refresh.Watch {
	return &refresh.Watch{
		Store: s.store,
		Now:   s.env.Now,
		Syncer: func() (*refresh.Syncer, error) {
			if s.keepAgain.Swap(false) {
				_ = s.vault.KeepAgain(ctx) // what comes of it is told below
			}
			if grant, err := s.grant(ctx); err != nil || grant.RefreshToken == "" {
				return nil, err
			}
			return s.syncer(ctx)
		},
		Meter: func(ctx context.Context) (refresh.Meter, string, error) {
			meter, key, err := s.meterNow(ctx)
			if meter == nil {
				return nil, "", err
			}
			return notedMeter{meter, s}, key, err
		},
		Lock: func() (func(), bool, error) {
			lock := s.fetchLock()
			ok, err := lock.TryLock()
			if err != nil {
				err = fmt.Errorf("keeping others from fetching: %w", err)
			}
			if ok {
				s.begin(fetching)
			}
			return func() {
				s.end(fetching)
				lock.Unlock()
			}, ok, err
		},
		DataVersion: s.saved,
		Opened:      opened,
		Broken:      broken.note,
		Tell: func(news refresh.News) {
			if s.mendable(news.Err) {
				broken.stop(news.Err)
			}
			program.Send(s.told(news))
		},
	}
}

// told is news for the screen. A refresh token that could not be kept is told
// while nothing else is wrong.
func (s *session) told(news refresh.News) tui.News {
	told := tui.News{Meter: news.Part == refresh.MeterPart, Changed: news.Changed, Doing: news.Doing}
	err := news.Err
	if err == nil && !told.Meter && told.Doing == "" {
		err = s.vault.Unkept()
	}
	if err != nil {
		told.Candidates = s.candidatesOf(err)
		told.Problem, told.Hint = err.Error(), health.Hint(err)
		told.SignIn = errors.Is(err, health.ErrSignInNeeded) && !clientAtFault(err)
		told.Retry = errors.Is(err, health.ErrUnreachable) || errors.Is(err, health.ErrOverloaded)
	}
	return told
}

// clientAtFault reports whether no sign-in helps before the OAuth client is put
// right.
func clientAtFault(err error) bool {
	problem, ok := errors.AsType[*fitbit.Error](err)
	return ok && problem.Kind == fitbit.KindSetup
}

// saved returns a number that changes when another program saved something: in
// the store, or in the configuration, which holds the grant.
func (s *session) saved(ctx context.Context) (int64, error) {
	version, err := s.store.DataVersion(ctx)
	if info, failed := os.Stat(s.place.Path); failed == nil {
		version += info.ModTime().UnixNano()
	}
	return version, err
}

// history answers the screen with the configuration as it is at each question.
type history struct {
	*session
	kept     *view.Kept
	answered func() // hears that a question got its answer
	damaged  func(error)
}

func (h history) viewer() *view.Viewer {
	v := h.session.viewer()
	v.Kept = h.kept
	return v
}

// failed passes on an error, after which the rest of the question does not count.
func (h history) failed(err error) error {
	if err != nil {
		h.answered()
	}
	if h.mendable(err) {
		h.damaged(err)
	}
	return err
}

// mendable reports whether an error is of damage that another start repairs now.
func (s *session) mendable(err error) bool {
	return errors.Is(err, store.ErrDamaged) && !s.again && !s.unsaved
}

// Snapshot implements tui.History.
func (h history) Snapshot(ctx context.Context) (view.Snapshot, error) {
	snapshot, err := h.snapshot(ctx, h.viewer())
	return snapshot, h.failed(err)
}

// Energy implements tui.History.
func (h history) Energy(ctx context.Context, w view.Window, source view.EnergySource) (view.Energy, error) {
	e, err := h.viewer().Energy(ctx, w, source)
	return e, h.failed(err)
}

// Habits implements tui.History.
func (h history) Habits(ctx context.Context, w view.Window, source view.EnergySource, data view.Extent) (view.Habits, error) {
	habits, err := h.viewer().Habits(ctx, w, source, data)
	return habits, h.failed(err)
}

// Compare implements tui.History.
func (h history) Compare(ctx context.Context, w view.Window, e *view.Energy) error {
	return h.failed(h.viewer().Compare(ctx, w, e))
}

// BodyLine implements tui.History.
func (h history) BodyLine(ctx context.Context, w view.Window) (view.BodyLine, error) {
	defer h.answered() // it is asked last, as a test of tui's says
	line, err := h.viewer().BodyLine(ctx, w)
	return line, h.failed(err)
}

// Why implements tui.History.
func (h history) Why(ctx context.Context, subject view.Subject) ([]view.Explanation, error) {
	why, err := h.viewer().Why(ctx, subject)
	return why, h.failed(err)
}

// viewFile keeps where the screen was left, in the state directory.
const viewFile = "view.json"

// remembered is the kept view; what cannot be read is the default one.
func (s *session) remembered() tui.Remembered {
	r := tui.Remembered{Reach: view.LastDay}
	if text, err := os.ReadFile(filepath.Join(s.stateDir, viewFile)); err == nil {
		if json.Unmarshal(text, &r) != nil {
			return tui.Remembered{Reach: view.LastDay}
		}
	}
	return r
}

func (s *session) remember(r tui.Remembered) error {
	if r == s.remembered() {
		return nil
	}
	text, err := json.Marshal(r)
	if err != nil { // plain values always marshal
		panic(err)
	}
	return s.saveState(viewFile, string(text)+"\n")
}
