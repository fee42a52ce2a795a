package refresh

import (
	"context"
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
	// signed in. It is asked anew before each sync.
	Syncer func() (*Syncer, error)

	// Meter returns the meter and the key of its roll-up, nil while there is
	// none to read. It is asked anew each time.
	Meter func(ctx context.Context) (meter Meter, series string, err error)

	// Lock keeps other programs from fetching at the same time. It returns
	// false at once when one does.
	Lock func() (unlock func(), ok bool, err error)

	// DataVersion changes when another program saved something in the store.
	DataVersion func(ctx context.Context) (int64, error)

	// Tell hears the news, from several goroutines.
	Tell func(News)
}

// Run looks for new data until ctx ends: at once, at the cadence above, and
// whenever now receives. With manual it only does so when now receives.
func (w *Watch) Run(ctx context.Context, now <-chan struct{}, manual bool) {
	account, meter := make(chan struct{}, 1), make(chan struct{}, 1)
	var loops sync.WaitGroup
	loops.Go(func() { w.watchAccount(ctx, account, manual) })
	loops.Go(func() { w.watchMeter(ctx, meter, manual) })
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
		asked = wait(ctx, now, MeterEvery)
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
	written, err := meter.Changed()
	if err != nil || !written && !allTheSame {
		return false, err
	}
	progress, doing := newProgress(w.Now), ""
	return UpdateMeter(ctx, meter, w.Store, series, func(done, total int64) {
		if text, ok := progress.words(done, total); ok {
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

// watchAccount fetches the account's data, and what failed again, less and less
// often.
func (w *Watch) watchAccount(ctx context.Context, now <-chan struct{}, manual bool) {
	left := map[health.DataType]unfinished{}
	for asked := false; ; {
		next := MeterEvery // somebody may sign in, here or elsewhere
		if asked || !manual {
			due, until, syncer, err := w.due(ctx, asked, left)
			next = until
			switch {
			case err != nil:
				w.Tell(News{Part: AccountPart, Err: err})
			case len(due) > 0:
				next = w.fetch(ctx, syncer, due, left)
			}
		}
		asked = wait(ctx, now, next)
		if ctx.Err() != nil {
			return
		}
	}
}

// fetch syncs the due types, notes what is left to do of them, tells what came
// of it, and returns when to look again.
func (w *Watch) fetch(ctx context.Context, syncer *Syncer, due []health.DataType, left map[health.DataType]unfinished) time.Duration {
	unlock, ok, err := w.Lock()
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
	results, err := syncer.Sync(ctx, due, OneStep)
	for _, r := range results {
		was := left[r.Type]
		delete(left, r.Type)
		if r.Err != nil {
			pause := min(max(2*was.pause, firstPause), BodyEvery)
			left[r.Type] = unfinished{pause: pause, again: w.Now().Add(pause)}
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
	return time.Second
}

const firstPause = time.Minute

// due returns what fetches and which types: those not fetched within their
// cadence, all when asked, else those of which there is more to fetch; or how
// long it is until the first will be due. One that failed waits for its time.
func (w *Watch) due(ctx context.Context, asked bool, unfinished map[health.DataType]unfinished) (due []health.DataType, until time.Duration, syncer *Syncer, err error) {
	if syncer, err = w.Syncer(); err != nil || syncer == nil {
		return nil, MeterEvery, nil, err
	}
	fetches, err := w.Store.Fetches(ctx)
	if err != nil {
		return nil, MeterEvery, nil, err
	}
	last := map[health.DataType]time.Time{}
	for _, f := range fetches {
		last[f.Type] = f.LastSuccess
	}
	until = BodyEvery
	var more []health.DataType
	for _, t := range health.DataTypes() {
		every := BodyEvery
		if t == health.TypeCalories {
			every = CaloriesEvery
		}
		wait := last[t].Add(every).Sub(w.Now())
		if wait > every { // a clock that was set back
			wait = 0
		}
		rest, some := unfinished[t]
		if rest.pause > 0 {
			wait = min(rest.again.Sub(w.Now()), rest.pause)
		}
		switch {
		case asked || wait <= 0:
			due = append(due, t)
		case some && rest.pause == 0:
			more = append(more, t)
		default:
			until = min(until, wait)
		}
	}
	if len(due) == 0 {
		due = more
	}
	return due, until, syncer, nil
}

// wait returns true when now receives, false after the pause or when ctx ends.
func wait(ctx context.Context, now <-chan struct{}, pause time.Duration) bool {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-now:
		return true
	case <-ctx.Done():
	case <-timer.C:
	}
	return false
}
