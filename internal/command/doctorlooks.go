package command

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"vitals/internal/config"
	"vitals/internal/health"
	"vitals/internal/store"
	"vitals/internal/terminal"
)

// examination is what the checks share. All of it is only read.
type examination struct {
	*session // without what cannot be had: see below
	facts    terminal.Facts
	patience time.Duration
	until    time.Time // when that ends

	unplaced   error // why there is no place for a config.ini
	unread     error // why the configuration is not known
	noSecrets  error // why the command that keeps them did not tell them
	data       config.Dir
	noData     error // why there is no place for a history
	state      config.Dir
	noState    error
	unopened   error // why the history cannot be read, fs.ErrNotExist for none yet; session.store is empty then
	about      store.About
	person     health.Person
	noPerson   error // why nothing is known of the account, which may have told
	fetches    []health.Fetch
	zone       *time.Location
	signedIn   bool  // a grant is kept
	wrongSetup error // why nothing can be asked of Google
}

// examine gathers what the checks need; each part may be missing, as may what
// does not answer in three quarters of the patience. The rest is for the checks.
func (c *cli) examine(ctx context.Context) (*examination, error) {
	x := &examination{session: &session{env: c.Environment, machine: machineZone(c.Getenv)},
		facts: terminal.Look(c.Getenv, c.Stdin, c.Stdout), patience: patient}
	if c.Patience > 0 {
		x.patience = c.Patience
	}
	x.until = time.Now().Add(x.patience)
	looking, cancel := context.WithTimeout(ctx, x.patience*3/4)
	defer cancel()
	x.data, x.noData = config.DataDir(c.Getenv, c.Home)
	x.state, x.noState = config.StateDir(c.Getenv, c.Home)
	x.dataDir, x.stateDir = x.data.Path, x.state.Path
	kept := begun(func() (stored, error) { // meanwhile, as it may be on another disk
		if x.noData != nil {
			return stored{}, x.noData
		}
		return lookedInto(looking, x.storePath())
	})
	x.place, x.unplaced = inTime(looking, "this folder", begun(func() (config.Place, error) {
		return config.Locate(c.configFlag, c.Getenv, c.WorkingDir, c.Home)
	}))
	if x.unread = x.unplaced; x.unread == nil {
		x.config, x.unread = inTime(looking, x.place.Path, begun(func() (config.Config, error) {
			return config.Load(x.place.Path, c.Home, c.Getenv)
		}))
	}
	if x.unread == nil {
		x.vault = c.vault(x.place)
		if x.config.Secrets != (config.Secrets{}) {
			kept, err := inTime(looking, "the command of [secrets]", begun(func() (config.Fitbit, error) { return x.vault.Fitbit(looking) }))
			if x.noSecrets = err; err == nil {
				x.config.Fitbit = kept
			}
		}
	}
	x.signedIn = x.config.Fitbit.RefreshToken != ""
	if x.unread == nil {
		x.wrongSetup = clientProblem(x.config.Fitbit, c.Now())
	}
	var history stored
	history, x.unopened = inTime(looking, x.storePath(), kept)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	x.store, x.about, x.person, x.noPerson, x.fetches = history.store, history.about, history.person, history.noPerson, history.fetches
	if x.noPerson == nil && !x.noHistory() {
		x.noPerson = x.unopened
	}
	if x.store == nil { // or its methods had to be asked for everywhere
		var err error
		if x.store, err = store.OpenMemory(ctx); err != nil {
			return nil, err
		}
		if x.about, err = x.store.About(ctx); err != nil {
			return nil, err
		}
	}
	x.zone, _ = x.zoneAndOrigin()
	return x, nil
}

// stored is what the history tells of itself and of the account.
type stored struct {
	store    *store.Store // nil when it could not be opened
	about    store.About
	person   health.Person
	noPerson error
	fetches  []health.Fetch
}

// lookedInto looks into the history in the file at path. With an error comes
// what could be had all the same.
func lookedInto(ctx context.Context, path string) (s stored, err error) {
	if s.store, err = store.OpenReadOnly(ctx, path); err != nil {
		return s, err
	}
	if s.about, err = s.store.About(ctx); err != nil || s.about.Format == 0 {
		return s, err
	}
	var noFetches error // what an older format has of it is as good
	s.person, s.noPerson = s.store.Person(ctx)
	s.fetches, noFetches = s.store.Fetches(ctx)
	if s.about.Format == s.about.Known {
		err = cmp.Or(s.noPerson, noFetches)
	}
	return s, err
}

// answer is what a look at something came to.
type answer[T any] struct {
	value T
	err   error
}

// begun begins to look at what may not answer, such as a file on a server that
// is gone.
func begun[T any](look func() (T, error)) <-chan answer[T] {
	told := make(chan answer[T], 1)
	go func() {
		value, err := look()
		told <- answer[T]{value, err}
	}()
	return told
}

const unanswered = "look for a disk or a file server that does not answer: df"

// inTime returns what a look at something came to, or an error when that is not
// known before ctx ends: it is left to itself then.
func inTime[T any](ctx context.Context, something string, told <-chan answer[T]) (T, error) {
	late := answer[T]{err: failure{cause: fmt.Errorf("no answer in time from %s", something), hint: unanswered}}
	a := late
	select {
	case a = <-told:
	case <-ctx.Done():
		select {
		case a = <-told: // long ago
		default:
		}
	}
	if ctx.Err() != nil && errors.Is(a.err, ctx.Err()) {
		a = late
	}
	return a.value, a.err
}

// noHistory reports that nothing was ever stored, which is no fault.
func (x *examination) noHistory() bool { return errors.Is(x.unopened, fs.ErrNotExist) }

// at is an instant in the zone of the person.
func (x *examination) at(t time.Time) string { return t.In(x.zone).Format("2006-01-02 15:04") }
