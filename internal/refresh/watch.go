package refresh

import (
	"context"
	"errors"
	"sync"
	"time"

	"vitals/internal/health"
)

// How often an open dashboard looks for new data.
const (
	MeterEvery    = 10 * time.Second
	CaloriesEvery = 15 * time.Minute
	BodyEvery     = 60 * time.Minute
)

// Part is a part of the news: the account's data or the meter's.
type Part uint8

// The parts.
const (
	AccountPart Part = iota
	MeterPart
)

// News is what a Watch tells while it works.
type News struct {
	Part    Part
	Changed bool   // the store holds something new
	Doing   string // what is under way, for people; "" when nothing is
	Err     error  // why the newest attempt failed; nil when it did not
}

// Watch keeps the store fresh while a dashboard is open.
type Watch struct {
	Store Store
	Now   func() time.Time

	// Syncer returns what fetches the account's data, nil while nobody is
	// signed in. It is asked anew before each sync, and not while nothing is due.
	Syncer func() (*Syncer, error)

	// Meter returns the meter and the key of its roll-up, nil while there is
	// none to read. It is asked anew each time.
	Meter func(ctx context.Context) (meter Meter, series string, err error)

	// Lock keeps other programs from fetching at the same time. It returns
	// false at once when one does.
	Lock func() (unlock func(), ok bool, err error)

	// DataVersion changes when another program saved something in the store.
	DataVersion func(ctx context.Context) (int64, error)

	// Opened gives the stretch that somebody looks at by the hour, each time it
	// becomes another one; nil for never.
	Opened <-chan Stretch

	// Broken hears of what a panic was about. The rest goes on until ctx ends;
	// nil lets the panic end the program.
	Broken func(cause any)

	// Tell hears the news, from several goroutines.
	Tell func(News)

	parts   *parts // of what was fetched last
	fetched time.Time

	waiting bool // until another program has fetched
}

// Run looks for new data until ctx ends: at once, at the cadence above, and
// whenever now receives. With manual it only does so when now receives.
func (w *Watch) Run(ctx context.Context, now <-chan struct{}, manual bool) {
	account, meter := make(chan struct{}, 1), make(chan struct{}, 1)
	var loops sync.WaitGroup
	loops.Go(func() {
		defer w.heed()
		w.watchAccount(ctx, account, manual)
	})
	loops.Go(func() {
		defer w.heed()
		w.watchMeter(ctx, meter, manual)
	})
	for {
		select {
		case <-ctx.Done():
			loops.Wait()
			return
		case <-now:
			for _, loop := range []chan struct{}{account, meter} {
				select {
				case loop <- struct{}{}:
				default: // told already
				}
			}
		}
	}
}

// heed is to be deferred: it tells of a panic.
func (w *Watch) heed() {
	if w.Broken == nil {
		return
	}
	if cause := recover(); cause != nil {
		w.Broken(cause)
	}
}

// watchMeter looks at the meter, and for what other programs saved.
func (w *Watch) watchMeter(ctx context.Context, now <-chan struct{}, manual bool) {
	var seen int64
	var failure error // of the newest look
	for asked := false; ; {
		changed := false
		if asked || !manual {
			changed, failure = w.lookAtMeter(ctx, asked || failure != nil)
		}
		version, err := w.DataVersion(ctx)
		if err == nil && version != seen {
			changed = changed || seen != 0
			seen = version
		}
		if ctx.Err() == nil {
			w.Tell(News{Part: MeterPart, Changed: changed, Err: failure})
		}
		asked = w.wait(ctx, now, MeterEvery, nil)
		if ctx.Err() != nil {
			return
		}
	}
}

// lookAtMeter reads what is new, if the meter was written to or when it is to
// look all the same, and reports whether anything was.
func (w *Watch) lookAtMeter(ctx context.Context, allTheSame bool) (changed bool, err error) {
	meter, series, err := w.Meter(ctx)
	if err != nil || meter == nil {
		return false, err
	}
	written, err := meter.Changed(ctx)
	if err != nil || !written && !allTheSame {
		return false, err
	}
	progress, doing := NewProgress("reading the meter", "rows", w.Now), ""
	return UpdateMeter(ctx, meter, w.Store, series, func(done, total int64) {
		if text, ok := progress.Words(done, total); ok {
			doing = text
			w.Tell(News{Part: MeterPart, Doing: doing})
		}
	}, func() { w.Tell(News{Part: MeterPart, Changed: true, Doing: doing}) })
}

// unfinished is what is left to do of a data type.
type unfinished struct {
	pause time.Duration // 0: it did not fail; else how long was waited, or is to be
	again time.Time     // when it is to be tried again
}

const firstPause = time.Minute

// failed is what is left to do after one more failure: it is tried again later
// each time, and not before the service wants to be asked.
func (u unfinished) failed(now time.Time, err error) unfinished {
	const longest = 24 * time.Hour // whoever asks for more is not believed
	pause := min(max(2*u.pause, firstPause), BodyEvery)
	if asked, ok := errors.AsType[interface {
		error
		Pause() time.Duration
	}](err); ok && asked.Pause() <= longest {
		pause = max(pause, asked.Pause())
	}
	return unfinished{pause: pause, again: later(now, pause)}
}

// wait is how long it is until it is to be tried again: never longer than the
// pause, or the clock was set back.
func (u unfinished) wait(now time.Time) time.Duration {
	if wait := u.again.Sub(now); wait <= u.pause {
		return wait
	}
	return 0
}

// later is the end of a pause by the clock alone: what Go measures besides stands
// still while a machine sleeps.
func later(now time.Time, pause time.Duration) time.Time { return now.Round(0).Add(pause) }

// watchAccount fetches the account's data, and what failed again, less and less
// often.
func (w *Watch) watchAccount(ctx context.Context, now <-chan struct{}, manual bool) {
	left := map[health.DataType]unfinished{}
	hours := opened{manual: manual}
	for asked := false; ; {
		next := MeterEvery // somebody may sign in, here or elsewhere
		hours.allowed = hours.allowed || asked || !manual
		if asked {
			hours.unfinished = unfinished{}
		}
		switch {
		case asked || !manual || w.waiting:
			next = w.work(ctx, asked, left, &hours)
		case hours.due(w.Now()):
			next = w.fetchHours(ctx, &hours)
		}
		asked = w.wait(ctx, now, next, &hours)
		if ctx.Err() != nil {
			return
		}
	}
}

// work does the most pressing of what is to be done – what is out of date, hours
// that somebody looks at, older history – and returns when to look again.
func (w *Watch) work(ctx context.Context, asked bool, left map[health.DataType]unfinished, hours *opened) time.Duration {
	due, older, until, syncer, err := w.due(ctx, asked, left)
	switch {
	case err != nil:
		w.waiting = false
		w.Tell(News{Part: AccountPart, Err: err})
		return until
	case len(due) > 0:
		return w.fetch(ctx, syncer, due, left, hours)
	case hours.due(w.Now()):
		return w.fetchHours(ctx, hours)
	case len(older) > 0:
		return w.fetch(ctx, syncer, older, left, hours)
	case w.waiting:
		w.waiting = false
		w.Tell(News{Part: AccountPart}) // the other one has fetched all there was
	}
	if hours.wanted() {
		return min(until, hours.wait(w.Now()))
	}
	return until
}

// alone runs a fetch while no other program fetches, and returns when to look
// again.
func (w *Watch) alone(syncer *Syncer, fetch func()) time.Duration {
	unlock, ok, err := w.Lock()
	w.waiting = err == nil && !ok
	if err != nil {
		w.Tell(News{Part: AccountPart, Err: err})
		return firstPause
	}
	if !ok {
		w.Tell(News{Part: AccountPart, Doing: "another vitals is fetching"})
		return MeterEvery
	}
	defer unlock()
	syncer.Progress = func(text string) {
		w.Tell(News{Part: AccountPart, Changed: true, Doing: "fetching " + text})
	}
	fetch()
	return time.Second
}

// fetch syncs types, notes what is left to do of them, tells what came of it,
// and returns when to look again. Hours that somebody looks at do not wait for
// older history.
func (w *Watch) fetch(ctx context.Context, syncer *Syncer, types []health.DataType, left map[health.DataType]unfinished, hours *opened) time.Duration {
	const together = 5 * time.Second // one step of history soon follows the other
	if w.parts == nil || w.Now().Sub(w.fetched).Abs() > together {
		w.parts = newParts(w.Now)
	}
	syncer.parts = w.parts
	defer func() { w.fetched = w.Now() }()
	syncer.Hurry = func() bool {
		w.look(hours)
		return hours.due(w.Now())
	}
	return w.alone(syncer, func() {
		results, err := syncer.Sync(ctx, types, OneStep)
		for _, r := range results {
			was := left[r.Type]
			delete(left, r.Type)
			if r.Err != nil {
				left[r.Type] = was.failed(w.Now(), r.Err)
			} else if r.Older {
				left[r.Type] = unfinished{again: w.Now()}
			}
			if err == nil {
				err = r.Err
			}
		}
		if ctx.Err() == nil {
			w.Tell(News{Part: AccountPart, Changed: true, Err: err})
		}
	})
}

// due returns what fetches, which types are due – all when asked –, of which there
// is older history, and how long it is until one will be due. Where there is
// nothing to do, what fetches is nil: having it may mean that somebody is asked
// for a passphrase.
func (w *Watch) due(ctx context.Context, asked bool, unfinished map[health.DataType]unfinished) (due, older []health.DataType, until time.Duration, syncer *Syncer, err error) {
	fetches, err := w.Store.Fetches(ctx)
	if err != nil {
		return nil, nil, MeterEvery, nil, err
	}
	if due, older, until = dueOf(health.DataTypes(), fetches, w.Now(), asked, unfinished); len(due)+len(older) == 0 {
		return nil, nil, until, nil, nil
	}
	if syncer, err = w.Syncer(); err != nil || syncer == nil {
		return nil, nil, MeterEvery, nil, err
	}
	due, older, until = dueOf(syncer.Types(), fetches, w.Now(), asked, unfinished)
	return due, older, until, syncer, nil
}

// Due reports whether a Watch that begins now would fetch something at once, of an
// account that offers all there is.
func Due(fetches []health.Fetch, now time.Time) bool {
	due, _, _ := dueOf(health.DataTypes(), fetches, now, false, nil)
	return len(due) > 0
}

// dueOf is due, of types. Those are due that were not fetched within their cadence;
// one that failed waits for its time.
func dueOf(types []health.DataType, fetches []health.Fetch, now time.Time, asked bool, unfinished map[health.DataType]unfinished) (due, older []health.DataType, until time.Duration) {
	last := map[health.DataType]time.Time{}
	for _, f := range fetches {
		last[f.Type] = f.LastSuccess
	}
	until = BodyEvery
	for _, t := range types {
		every := BodyEvery
		if t == health.TypeCalories {
			every = CaloriesEvery
		}
		wait := last[t].Add(every).Sub(now)
		if wait > every { // a clock that was set back
			wait = 0
		}
		rest, some := unfinished[t]
		if rest.pause > 0 {
			wait = rest.wait(now)
		}
		switch {
		case asked || wait <= 0:
			due = append(due, t)
		case some && rest.pause == 0:
			older = append(older, t)
		default:
			until = min(until, wait)
		}
	}
	return due, older, until
}

// wait returns true when now receives, false after the pause or when ctx ends, or
// when another stretch is opened, which is noted in hours. The pause is over when
// the clock says so, be it that the machine slept, or when that much time passed.
func (w *Watch) wait(ctx context.Context, now <-chan struct{}, pause time.Duration, hours *opened) bool {
	end := later(w.Now(), pause)
	var stretches <-chan Stretch
	if hours != nil {
		stretches = w.Opened
	}
	timer := time.NewTimer(min(pause, MeterEvery))
	defer timer.Stop()
	for {
		select {
		case <-now:
			return true
		case stretch := <-stretches:
			hours.open(stretch)
			return false
		case <-ctx.Done():
			return false
		case <-timer.C:
		}
		pause -= MeterEvery
		if pause <= 0 || !w.Now().Before(end) {
			return false
		}
		timer.Reset(min(pause, MeterEvery))
	}
}
