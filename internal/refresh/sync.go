package refresh

import (
	"context"
	"errors"
	"slices"
	"time"

	"vitals/internal/health"
)

// rereadDays is how many dates are fetched again, the one of the last success
// included: trackers that were out of reach deliver late.
const rereadDays = 14

// Reach is how far back a Sync goes, after fetching what is new.
type Reach uint8

// The reaches.
const (
	OneStep    Reach = iota // half a year further than what is stored
	AllData                 // until half a year brings nothing
	Everything              // as AllData, and on to the account's beginning; all of it anew
)

// Result is how fetching one data type went.
type Result struct {
	Type     health.DataType
	New      int
	Changed  int
	Err      error  // nil when all that was asked for came
	Skipped  int    // readings that were of no use
	LeftOut  string // what came and is kept, but counts nowhere, in words; "" for nothing
	Complete bool   // all that this Sync set out to fetch came
	Older    bool   // there is history before it that was not fetched yet
}

// Syncer fetches a person's data into the store. It is for one goroutine.
type Syncer struct {
	Account  Account
	Store    Store
	Now      func() time.Time
	Fallback *time.Location    // zone of the person's days until the account tells it
	Grant    string            // tells grants apart: another one may be another person's; "" for unknown
	Progress func(text string) // hears what is being fetched; may be nil

	// Hurry reports that something else is waiting: a Sync of OneStep then goes
	// back no further than it has. It may be nil.
	Hurry func() bool

	parts *parts // that the ones before it fetched, of the same work; nil for none
}

// Types lists what the account offers, in the order it is fetched.
func (s *Syncer) Types() []health.DataType {
	return slices.DeleteFunc(health.DataTypes(), func(t health.DataType) bool { return !offers(s.Account, t) })
}

// Sync fetches the given types: what is new first, the last 14 days again, and
// then backwards through history that is still missing, for all types by turns.
// What came is stored window by window, so that a sync that was cut short goes
// on where it stopped.
//
// There is a result for each type that the account offers, in their order. A type that fails does not
// keep the others from being fetched, unless the account as a whole cannot be
// asked, or it cannot be told whose it is while there is a history already that
// came with another grant: two people's readings must never end up in one.
func (s *Syncer) Sync(ctx context.Context, types []health.DataType, reach Reach) ([]Result, error) {
	run := &run{Syncer: s, ctx: ctx, reach: reach, fetches: map[health.DataType]health.Fetch{}, excess: map[health.DataType]health.Excess{}, renewed: map[health.DataType]bool{}}
	if s.parts == nil {
		s.parts = newParts(s.Now)
	}
	types = slices.DeleteFunc(slices.Clone(types), func(t health.DataType) bool { return !offers(s.Account, t) })
	kept, err := s.Store.Fetches(ctx)
	if err != nil {
		return nil, err
	}
	for _, fetch := range kept {
		run.fetches[fetch.Type] = fetch
		run.somebody = run.somebody || !fetch.LastSuccess.IsZero()
	}
	run.results = make([]Result, len(types))
	for i, t := range types {
		run.results[i].Type = t
	}
	run.ours = s.confirmed(run.fetches[health.TypeIdentity])
	if !run.ours && !slices.Contains(types, health.TypeIdentity) {
		owner := Result{Type: health.TypeIdentity}
		run.note(&owner, run.fetchNewest(&owner))
	}
	for step := run.fetchNewest; run.each(step); {
		step = run.fetchHistory
	}
	if err := run.ofAccount(); err != nil {
		for i := range run.results {
			run.note(&run.results[i], err)
		}
	}
	return run.results, ctx.Err()
}

// confirmed reports whether the account told, with the grant at hand, that the
// history is its owner's.
func (s *Syncer) confirmed(identity health.Fetch) bool {
	return identity.By != "" && identity.By == s.Grant
}

// each takes a step for every type that is not done, and reports whether there
// was one.
func (r *run) each(step func(*Result) error) (some bool) {
	for i := range r.results {
		result := &r.results[i]
		if result.Err != nil || result.Complete {
			continue
		}
		some = true
		if r.stopped == nil {
			r.note(result, step(result))
		} else {
			r.note(result, r.stopped)
		}
	}
	return some
}

// run is one Sync under way.
type run struct {
	*Syncer
	ctx     context.Context
	reach   Reach
	fetches map[health.DataType]health.Fetch
	results []Result
	excess  map[health.DataType]health.Excess
	renewed map[health.DataType]bool // types whose newest days came

	somebody bool  // there is a history, so it is somebody's
	ours     bool  // it came with the grant at hand
	answered bool  // something was: a type that is refused says nothing of the others
	stopped  error // why nothing more is asked
}

// note keeps how a step ended.
func (r *run) note(result *Result, err error) {
	if err == nil {
		r.answered = true
		return
	}
	result.Err = err
	stranger := result.Type == health.TypeIdentity && r.somebody && !r.ours
	dead := errors.Is(err, health.ErrSignInNeeded) && !r.answered
	if dead || errors.Is(err, health.ErrUnreachable) || stranger || r.ctx.Err() != nil {
		r.stopped = err
	}
	fetch := r.fetches[result.Type]
	fetch.Type, fetch.Error = result.Type, health.WithHint(err)
	if result.Type == health.TypeIdentity && !r.somebody {
		fetch.By = r.Grant // whatever is fetched now comes with this one
	}
	// An interrupted sync is no failure worth remembering, and saving the
	// failure must not hide it.
	if r.ctx.Err() == nil {
		_ = r.Store.SaveFetch(r.ctx, fetch)
	}
}

// succeed records that everything from since on is stored as of now.
func (r *run) succeed(t health.DataType, since health.Date) error {
	fetch := health.Fetch{Type: t, LastSuccess: r.Now(), Since: since}
	if t == health.TypeIdentity {
		fetch.By = r.Grant
	}
	return r.record(fetch)
}

func (r *run) record(fetch health.Fetch) error {
	r.fetches[fetch.Type] = fetch
	return r.Store.SaveFetch(r.ctx, fetch)
}

// fetchNewest brings a type up to date.
func (r *run) fetchNewest(result *Result) error {
	r.tell(string(result.Type), "")
	switch result.Type {
	case health.TypeIdentity:
		return r.whole(result, r.identity)
	case health.TypeProfile:
		return r.whole(result, r.profile)
	case health.TypeSettings:
		return r.whole(result, fetched(r.Account.(HasSettings).Settings, r.Store.SaveSettings))
	case health.TypeDevices:
		return r.whole(result, fetched(r.Account.(HasDevices).Devices, r.Store.SaveDevices))
	case health.TypeWeight:
		return readings(r, result, r.Account.(HasWeighings).Weighings, r.Store.SaveWeighings, weighingsLeftOut)
	case health.TypeBodyFat:
		return readings(r, result, r.Account.(HasBodyFats).BodyFats, r.Store.SaveBodyFats, bodyFatsLeftOut)
	case health.TypeHeight:
		return readings(r, result, r.Account.(HasHeights).Heights, r.Store.SaveHeights, heightsLeftOut)
	default:
		err := r.newestTotals(result)
		r.renewed[result.Type] = err == nil
		return err
	}
}

// fetched joins asking for a thing and saving it.
func fetched[T any](ask func(context.Context) (T, error), save func(context.Context, T) (int, int, error)) func(context.Context) (int, int, error) {
	return func(ctx context.Context) (int, int, error) {
		thing, err := ask(ctx)
		if err != nil {
			return 0, 0, err
		}
		return save(ctx, thing)
	}
}

// whole fetches what has no history.
func (r *run) whole(result *Result, fetch func(context.Context) (int, int, error)) error {
	added, changed, err := fetch(r.ctx)
	if err != nil {
		return err
	}
	result.New, result.Changed, result.Complete = added, changed, true
	r.parts.done++
	return r.succeed(result.Type, health.Date{})
}

func (r *run) identity(ctx context.Context) (added, changed int, err error) {
	identity, err := r.Account.Identity(ctx)
	if err != nil {
		return 0, 0, err
	}
	person, err := r.Store.Person(ctx)
	if err != nil {
		return 0, 0, err
	}
	known, fitbit := person.Identity.HealthUserID, person.Identity.FitbitUserID
	switch {
	case known == "" && r.somebody && !r.ours:
		return 0, 0, ErrUnknownPerson
	case known != "" && known != identity.HealthUserID,
		known == "" && fitbit != "" && identity.FitbitUserID != "" && fitbit != identity.FitbitUserID: // of an archive
		return 0, 0, ErrOtherPerson
	}
	return r.Store.SaveIdentity(ctx, identity)
}

func (r *run) profile(ctx context.Context) (added, changed int, err error) {
	profile, err := r.Account.(HasProfile).Profile(ctx)
	if err != nil {
		return 0, 0, err
	}
	person, err := r.Store.Person(ctx)
	if err != nil {
		return 0, 0, err
	}
	if profile.Name == "" { // the name has a server of its own, which may be out
		profile.Name = person.Profile.Name
	}
	return r.Store.SaveProfile(ctx, profile)
}

// keep saves what came and adds it to the result. Asked is the error it came
// with: readings of no use are no failure, and good ones beside them are saved.
func keep[T any](r *run, result *Result, things []T, asked error, save func(context.Context, []T) (int, int, error)) error {
	skipped, ok := besideGood(asked)
	if !ok {
		return asked
	}
	added, changed, err := save(r.ctx, things)
	result.New += added
	result.Changed += changed
	result.Skipped += skipped
	return err
}

// besideGood returns how many readings an error says were of no use; ok is false
// when nothing came beside it.
func besideGood(err error) (skipped int, ok bool) {
	var some interface{ Skipped() int }
	if errors.As(err, &some) {
		return some.Skipped(), true
	}
	return 0, err == nil
}

// trusted reports whether everything before a success can be taken for stored:
// there was one, and the clock that told its time was not far ahead of today's.
func (s *Syncer) trusted(success time.Time) bool {
	const slack = 24 * time.Hour
	return !success.IsZero() && success.Before(s.Now().Add(slack))
}

// readings fetches weigh-ins and their like: all of them the first time.
func readings[T any](r *run, result *Result, ask func(ctx context.Context, from, to health.Date) ([]T, error), save func(context.Context, []T) (int, int, error), leftOut func([]T, time.Time) string) error {
	var from health.Date
	if last := r.fetches[result.Type].LastSuccess; r.trusted(last) && r.reach != Everything {
		from = health.DateOf(last).Add(1 - rereadDays)
	}
	things, err := ask(r.ctx, from, health.Date{})
	if err := keep(r, result, things, err, save); err != nil {
		return err
	}
	if result.New+result.Changed > 0 {
		result.LeftOut = leftOut(things, r.Now())
	}
	result.Complete = true
	r.parts.done++
	return r.succeed(result.Type, health.Date{})
}
