package refresh

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

const (
	// rereadDays is how many dates are fetched again, the one of the last
	// success included: trackers that were out of reach deliver late.
	rereadDays = 14

	// hourlyDays is how far back totals by the hour are fetched.
	hourlyDays = 90

	// stepDays is how much further back history is fetched at a time.
	stepDays = 180

	// justNow is how long the newest totals count as new.
	justNow = time.Minute

	// emptyDays is after how many days without data in a row the history of
	// an account that does not tell its age counts as ended.
	emptyDays = 2 * 365
)

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
	Err      error // nil when all that was asked for came
	Skipped  int   // readings that were of no use
	Complete bool  // all that this Sync set out to fetch came
	Older    bool  // there is history before it that was not fetched yet
}

// Syncer fetches a person's data into the store. It is for one goroutine.
type Syncer struct {
	Account  Account
	Store    Store
	Now      func() time.Time
	Fallback *time.Location    // zone of the person's days until the account tells it
	Grant    string            // tells grants apart: another one may be another person's; "" for unknown
	Progress func(text string) // hears what is being fetched; may be nil
}

// Sync fetches the given types: what is new first, the last 14 days again, and
// then backwards through history that is still missing, for all types by turns.
// What came is stored window by window, so that a sync that was cut short goes
// on where it stopped.
//
// There is a result for each type, in their order. A type that fails does not
// keep the others from being fetched, unless the account as a whole cannot be
// asked, or it cannot be told whose it is while there is a history already that
// came with another grant: two people's readings must never end up in one.
func (s *Syncer) Sync(ctx context.Context, types []health.DataType, reach Reach) ([]Result, error) {
	run := &run{Syncer: s, ctx: ctx, reach: reach, fetches: map[health.DataType]health.Fetch{}}
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
	by := run.fetches[health.TypeIdentity].By
	run.ours = by != "" && by == s.Grant
	if !run.ours && !slices.Contains(types, health.TypeIdentity) {
		owner := Result{Type: health.TypeIdentity}
		run.note(&owner, run.fetchNewest(&owner))
	}
	for step := run.fetchNewest; run.each(step); {
		step = run.fetchHistory
	}
	return run.results, ctx.Err()
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
	if r.Progress != nil {
		r.Progress(string(result.Type))
	}
	switch result.Type {
	case health.TypeIdentity:
		return r.whole(result, r.identity)
	case health.TypeProfile:
		return r.whole(result, r.profile)
	case health.TypeSettings:
		return r.whole(result, fetched(r.Account.Settings, r.Store.SaveSettings))
	case health.TypeDevices:
		return r.whole(result, fetched(r.Account.Devices, r.Store.SaveDevices))
	case health.TypeWeight:
		return readings(r, result, r.Account.Weighings, r.Store.SaveWeighings)
	case health.TypeBodyFat:
		return readings(r, result, r.Account.BodyFats, r.Store.SaveBodyFats)
	case health.TypeHeight:
		return readings(r, result, r.Account.Heights, r.Store.SaveHeights)
	default:
		return r.newestTotals(result)
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
	switch known := person.Identity.HealthUserID; {
	case known == "" && r.somebody && !r.ours:
		return 0, 0, ErrUnknownPerson
	case known != "" && known != identity.HealthUserID:
		return 0, 0, ErrOtherPerson
	}
	return r.Store.SaveIdentity(ctx, identity)
}

func (r *run) profile(ctx context.Context) (added, changed int, err error) {
	profile, err := r.Account.Profile(ctx)
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
	var some interface{ Skipped() int }
	switch {
	case errors.As(asked, &some):
		result.Skipped += some.Skipped()
	case asked != nil:
		return asked
	}
	added, changed, err := save(r.ctx, things)
	result.New += added
	result.Changed += changed
	return err
}

// readings fetches weigh-ins and their like: all of them the first time.
func readings[T any](r *run, result *Result, ask func(ctx context.Context, from, to health.Date) ([]T, error), save func(context.Context, []T) (int, int, error)) error {
	var from health.Date
	if last := r.fetches[result.Type].LastSuccess; !last.IsZero() && r.reach != Everything {
		from = health.DateOf(last).Add(1 - rereadDays)
	}
	things, err := ask(r.ctx, from, health.Date{})
	if err := keep(r, result, things, err, save); err != nil {
		return err
	}
	result.Complete = true
	return r.succeed(result.Type, health.Date{})
}

// zone is the zone of the account's civil days.
func (r *run) zone() (*time.Location, error) {
	person, err := r.Store.Person(r.ctx)
	if err != nil {
		return nil, err
	}
	if zone, err := time.LoadLocation(person.Settings.TimeZone); err == nil && person.Settings.TimeZone != "" {
		return zone, nil
	}
	return r.Fallback, nil
}

// newestTotals fetches the days since the last success, newest first.
func (r *run) newestTotals(result *Result) error {
	zone, err := r.zone()
	if err != nil {
		return err
	}
	fetch := r.fetches[result.Type]
	if age := r.Now().Sub(fetch.LastSuccess); r.reach == OneStep && fetch.Error == "" && !fetch.Since.IsZero() && 0 <= age && age < justNow {
		return nil // one step of history follows the other
	}
	tomorrow := health.DateOf(r.Now().In(zone)).Add(1)
	first := tomorrow.Add(-r.Account.MaxDays(result.Type))
	since := fetch.Since
	if fetch.LastSuccess.IsZero() || since.IsZero() || r.reach == Everything {
		since = first
	} else {
		first = health.DateOf(fetch.LastSuccess.In(zone)).Add(1 - rereadDays)
	}
	for to := tomorrow; first.Before(to); {
		from := laterDate(to.Add(-r.Account.MaxDays(result.Type)), first)
		if _, err := r.window(result, from, to, zone); err != nil {
			return err
		}
		to = from
	}
	return r.succeed(result.Type, since)
}

// fetchHistory goes a step further back than what is stored.
func (r *run) fetchHistory(result *Result) error {
	since := r.fetches[result.Type].Since
	zone, err := r.zone()
	if err != nil {
		return err
	}
	person, err := r.Store.Person(r.ctx)
	if err != nil {
		return err
	}
	begin, told := person.Profile.MemberSince, true
	if begin.IsZero() {
		begin, told = firstTracker(), false
	}
	until, some := laterDate(begin, since.Add(-stepDays)), false
	for until.Before(since) {
		if r.Progress != nil {
			r.Progress(fmt.Sprintf("%s before %s", result.Type, since))
		}
		from := laterDate(since.Add(-r.Account.MaxDays(result.Type)), begin)
		n, err := r.window(result, from, since, zone)
		if err != nil {
			return err
		}
		some = some || n > 0
		if since = from; n == 0 && !told && r.endsHere(result.Type, since) {
			since = begin
		}
		if err := r.record(health.Fetch{Type: result.Type, LastSuccess: r.fetches[result.Type].LastSuccess, Since: since}); err != nil {
			return err
		}
	}
	result.Older = begin.Before(since)
	result.Complete = !result.Older || r.reach == OneStep || r.reach == AllData && !some
	return nil
}

// endsHere reports whether there are no data for so long after a date that
// there will be none before.
func (r *run) endsHere(t health.DataType, since health.Date) bool {
	totals, err := r.Store.DayTotals(r.ctx, t, since, since.Add(emptyDays))
	return err == nil && len(totals) == 0
}

// firstTracker is before anybody had one.
func firstTracker() health.Date { return health.Date{Year: 2009, Month: time.September, Day: 1} }

// window fetches the days [from, to), and their hours when they are recent, and
// returns how many days had data.
func (r *run) window(result *Result, from, to health.Date, zone *time.Location) (days int, err error) {
	t := result.Type
	totals, err := r.Account.DayTotals(r.ctx, t, from, to)
	err = keep(r, result, totals, err, func(ctx context.Context, totals []health.DayTotal) (int, int, error) {
		return r.Store.SaveDayTotals(ctx, t, totals)
	})
	now := r.Now().In(zone)
	if err != nil || !health.DateOf(now).Add(1-hourlyDays).Before(to) {
		return len(totals), err
	}
	start, end := midnight(from, zone), midnight(to, zone)
	if end.After(now) {
		end = timeline.Hour.Next(now)
	}
	hours, err := r.Account.HourTotals(r.ctx, t, start, end)
	uncounted := *result // hours are the days once more
	err = keep(r, &uncounted, hours, err, func(ctx context.Context, hours []health.HourTotal) (int, int, error) {
		return r.Store.SaveHourTotals(ctx, t, hours)
	})
	return len(totals), err
}

// midnight is the first instant of a date.
func midnight(d health.Date, zone *time.Location) time.Time {
	return timeline.FirstShowing(time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC), zone)
}

func laterDate(a, b health.Date) health.Date {
	if a.Before(b) {
		return b
	}
	return a
}
