package refresh

import (
	"context"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

const (
	// hourlyDays is how far back a Sync fetches totals by the hour.
	hourlyDays = 90

	// stepDays is how much further back history is fetched at a time.
	stepDays = 180

	// justNow is how long the newest totals count as new.
	justNow = time.Minute

	// emptyDays is after how many days without data in a row the history of
	// an account that does not tell its age counts as ended.
	emptyDays = 2 * 365
)

// zone is the zone of the account's civil days.
func (s *Syncer) zone(person health.Person) *time.Location {
	if zone, err := time.LoadLocation(person.Settings.TimeZone); err == nil && person.Settings.TimeZone != "" {
		return zone
	}
	return s.Fallback
}

// began is the first date that the account can have data of; told is false when
// it does not tell and that is before anybody had a tracker.
func began(person health.Person) (first health.Date, told bool) {
	if first = person.Profile.MemberSince; !first.IsZero() {
		return first, true
	}
	return health.Date{Year: 2009, Month: time.September, Day: 1}, false
}

// newestTotals fetches the days since the last success, the newest first.
func (r *run) newestTotals(result *Result) error {
	person, err := r.Store.Person(r.ctx)
	if err != nil {
		return err
	}
	zone := r.zone(person)
	fetch := r.fetches[result.Type]
	if r.justFetched(fetch) {
		return nil // one step of history follows the other
	}
	most := r.totals().MaxDays(result.Type)
	tomorrow := health.DateOf(r.Now().In(zone)).Add(1)
	first, since := r.newest(fetch, tomorrow, most, zone)
	newest := laterDate(tomorrow.Add(-most), first)
	if _, err := r.window(result, newest, tomorrow, zone); err != nil {
		return err
	}
	// What was missed before is filled from its old end, which the cursor can
	// follow.
	for from := first; from.Before(newest); {
		to := from.Add(most)
		if !to.Before(newest) {
			to = newest
		}
		if _, err := r.window(result, from, to, zone); err != nil {
			return err
		}
		if from = to; to.Before(newest) {
			if err := r.record(health.Fetch{Type: result.Type, LastSuccess: midnight(to, zone), Since: since}); err != nil {
				return err
			}
		}
	}
	return r.succeed(result.Type, since)
}

func (r *run) justFetched(fetch health.Fetch) bool {
	age := r.Now().Sub(fetch.LastSuccess)
	return r.reach == OneStep && fetch.Error == "" && !fetch.Since.IsZero() && 0 <= age && age < justNow
}

// newest returns the first of the newest days to be fetched, and from which on
// everything is stored then.
func (r *run) newest(fetch health.Fetch, tomorrow health.Date, most int, zone *time.Location) (first, since health.Date) {
	if !r.trusted(fetch.LastSuccess) || fetch.Since.IsZero() || r.reach == Everything {
		return tomorrow.Add(-most), tomorrow.Add(-most)
	}
	return health.DateOf(fetch.LastSuccess.In(zone)).Add(1 - rereadDays), fetch.Since
}

// fetchHistory goes a step further back than what is stored.
func (r *run) fetchHistory(result *Result) error {
	since := r.fetches[result.Type].Since
	person, err := r.Store.Person(r.ctx)
	if err != nil {
		return err
	}
	zone := r.zone(person)
	begin, told := began(person)
	until, some := laterDate(begin, since.Add(-stepDays)), false
	for until.Before(since) && !(r.reach == OneStep && r.Hurry != nil && r.Hurry()) {
		r.tell(string(result.Type), " before "+since.String())
		from := laterDate(since.Add(-r.totals().MaxDays(result.Type)), begin)
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

// window fetches the days [from, to), and their hours when they are recent, and
// returns how many days had data.
func (r *run) window(result *Result, from, to health.Date, zone *time.Location) (days int, err error) {
	t := result.Type
	totals, err := r.totals().DayTotals(r.ctx, t, from, to)
	err = keep(r, result, totals, err, func(ctx context.Context, totals []health.DayTotal) (added, changed int, err error) {
		if added, changed, err = r.Store.SaveDayTotals(ctx, t, totals); added+changed > 0 {
			r.leaveOut(result, totals)
		}
		return added, changed, err
	})
	r.parts.done++
	if today := health.DateOf(r.Now().In(zone)); err != nil || !today.Add(1-hourlyDays).Before(to) {
		return len(totals), err
	}
	return len(totals), r.hours(r.ctx, t, from, to, zone)
}

// leaveOut words which days can be nobody's.
func (r *run) leaveOut(result *Result, totals []health.DayTotal) {
	excess := r.excess[result.Type]
	excess.AddDays(result.Type, totals)
	if r.excess[result.Type] = excess; excess.Count > 0 {
		result.LeftOut = excess.Words("day", health.UnitOf(result.Type))
	}
}

func (r *run) totals() HasTotals { return r.Account.(HasTotals) }

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

func earlierDate(a, b health.Date) health.Date {
	if a.Before(b) {
		return a
	}
	return b
}
