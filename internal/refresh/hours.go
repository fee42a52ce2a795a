package refresh

import (
	"context"
	"errors"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// Stretch is a stretch of time that somebody looks at, half-open.
type Stretch struct {
	From, To time.Time
}

// hoursDays is how many dates are asked for at a time when somebody looks at
// hours that were not fetched: as many as one request for calories may.
const hoursDays = 14

// errUnconfirmed is the error of hours that may be of somebody else's account.
var errUnconfirmed = errors.New("it is not known yet whose account it is")

// Hours fetches the next totals by the hour of the dates that a stretch touches:
// the newest ones that were never fetched, at most 14. What was fetched is never
// asked for again, whether there was data or not; dates that are not over are
// left to Sync. Nothing is fetched while it is not confirmed whose the account
// is.
func (s *Syncer) Hours(ctx context.Context, t health.DataType, stretch Stretch) error {
	first, end, left, err := s.nextHours(ctx, t, stretch)
	if err != nil || !first.Before(end) {
		return err
	}
	fetches, err := s.Store.Fetches(ctx)
	if err != nil {
		return err
	}
	person, err := s.Store.Person(ctx)
	if err != nil {
		return err
	}
	if len(fetches) == 0 || fetches[0].Type != health.TypeIdentity || !s.confirmed(fetches[0]) {
		return errUnconfirmed
	}
	if s.parts == nil {
		s.parts = newParts(s.Now)
	}
	if s.Progress != nil {
		if text, ok := s.parts.words(string(t)+" by the hour", " from "+first.String()+" to "+end.Add(-1).String(), int64(left)); ok {
			s.Progress(text)
		}
	}
	s.parts.done++
	return s.hours(ctx, t, first, end, s.zone(person))
}

// nextHours returns which dates Hours is to fetch next, and about how many such
// parts there are; none when they are all there, or the account has no hours.
func (s *Syncer) nextHours(ctx context.Context, t health.DataType, stretch Stretch) (first, end health.Date, parts int, err error) {
	person, err := s.Store.Person(ctx)
	if err != nil || !offers(s.Account, t) || !stretch.From.Before(stretch.To) {
		return first, end, 0, err
	}
	zone := s.zone(person)
	begin, _ := began(person)
	today := health.DateOf(s.Now().In(zone))
	missing, err := s.Store.HoursMissing(ctx, t, laterDate(begin, health.DateOf(stretch.From.In(zone))),
		earlierDate(today, health.DateOf(stretch.To.Add(-1).In(zone)).Add(1)))
	if err != nil || len(missing) == 0 {
		return first, end, 0, err
	}
	parts = (len(missing) + hoursDays - 1) / hoursDays
	// Windows lie side by side, wherever somebody looks.
	newest := missing[len(missing)-1]
	from := newest.Add(-newest.Number() % hoursDays)
	missing, err = s.Store.HoursMissing(ctx, t, laterDate(begin, from), earlierDate(today, from.Add(hoursDays)))
	if err != nil || len(missing) == 0 {
		return first, end, 0, err
	}
	return missing[0], missing[len(missing)-1].Add(1), parts, nil
}

// hours fetches the hours of the dates [from, to), up to the running one.
func (s *Syncer) hours(ctx context.Context, t health.DataType, from, to health.Date, zone *time.Location) error {
	now := s.Now().In(zone)
	start, end := midnight(from, zone), midnight(to, zone)
	if end.After(now) {
		end = timeline.Hour.Next(now)
	}
	hours, err := s.Account.(HasTotals).HourTotals(ctx, t, start, end)
	if _, ok := besideGood(err); !ok {
		return err
	}
	if _, _, err := s.Store.SaveHourTotals(ctx, t, hours); err != nil {
		return err
	}
	return s.Store.MarkHours(ctx, t, from, earlierDate(to, health.DateOf(now)))
}

// opened is the stretch that somebody looks at by the hour, until all of it is
// there. The zero value is none.
type opened struct {
	Stretch
	unfinished
	parts   *parts // of it that were fetched
	manual  bool   // nothing is fetched that nobody asked for
	allowed bool   // to be fetched
}

// open puts another stretch in its place.
func (o *opened) open(s Stretch) { *o = opened{Stretch: s, manual: o.manual, allowed: !o.manual} }

func (o *opened) wanted() bool { return o.allowed && o.From.Before(o.To) }

func (o *opened) due(now time.Time) bool { return o.wanted() && o.wait(now) <= 0 }

// look notes whether another stretch was opened.
func (w *Watch) look(o *opened) {
	select {
	case stretch := <-w.Opened:
		o.open(stretch)
	default:
	}
}

// fetchHours fetches the next of the hours that somebody looks at, tells what
// came of it, and returns when to look again.
func (w *Watch) fetchHours(ctx context.Context, o *opened) time.Duration {
	const t = health.TypeCalories
	w.look(o)
	syncer, err := w.Syncer()
	if err != nil || syncer == nil {
		o.unfinished = o.failed(w.Now(), err)
		return MeterEvery
	}
	if first, end, _, err := syncer.nextHours(ctx, t, o.Stretch); err == nil && !first.Before(end) {
		*o = opened{manual: o.manual}
		return 0
	}
	if o.parts == nil {
		o.parts = newParts(w.Now)
	}
	syncer.parts = o.parts
	more := false
	pause := w.alone(syncer, func() {
		err := syncer.Hours(ctx, t, o.Stretch)
		first, end, _, _ := syncer.nextHours(ctx, t, o.Stretch)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			if o.unfinished = o.failed(w.Now(), err); !errors.Is(err, errUnconfirmed) {
				w.Tell(News{Part: AccountPart, Err: err})
			}
		case first.Before(end):
			more = true
		default:
			*o = opened{manual: o.manual}
			w.Tell(News{Part: AccountPart, Changed: true})
		}
	})
	if more {
		return 0
	}
	return pause
}
