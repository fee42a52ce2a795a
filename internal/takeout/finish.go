package takeout

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// plausible reports whether a minute, in Unix seconds, can be true.
func (r *reader) plausible(at int64, amount float64) bool {
	const (
		first   = 1167609600 // 2007, the year of Fitbit
		most    = 2000       // kcal or steps
		further = 36 * 3600  // a wall clock may be ahead
	)
	return first <= at && at < r.Now.Unix()+further && 0 <= amount && amount <= most
}

// repeats reports whether the clocks of the zone show w twice.
func (r *reader) repeats(w wall) bool { return len(timeline.Instants(w.utc(), r.Zone)) > 1 }

// finish saves what stood in minutes and completes the report.
func (r *reader) finish() error {
	err := r.saveSums(health.TypeCalories, health.ViaFitbitArchive, r.classicCalories.sums(r.Zone, true))
	if err == nil {
		err = r.saveSums(health.TypeSteps, health.ViaFitbitArchive, r.classicSteps.sums(r.Zone, false))
	}
	for _, t := range slices.Sorted(maps.Keys(r.google)) {
		if err == nil {
			err = r.saveSums(t, health.ViaGoogleArchive, r.bestSource(t, r.google[t]))
		}
	}
	if err != nil {
		return err
	}
	order := health.DataTypes()
	for _, total := range r.totals {
		r.report.Totals = append(r.report.Totals, *total)
	}
	slices.SortFunc(r.report.Totals, func(a, b Total) int {
		return cmp.Or(cmp.Compare(slices.Index(order, a.Type), slices.Index(order, b.Type)), cmp.Compare(a.What, b.What))
	})
	for _, left := range r.from.left {
		r.report.Left = append(r.report.Left, *left)
	}
	slices.SortFunc(r.report.Left, func(a, b Left) int {
		return cmp.Or(cmp.Compare(a.Reason, b.Reason), cmp.Compare(b.Files, a.Files), cmp.Compare(a.Family, b.Family))
	})
	return nil
}

// bestSource takes each date from one of several data sources, as two devices
// count the same steps: its own before mirrors of other apps, then the one that
// tells of the most minutes, then the larger.
func (r *reader) bestSource(t health.DataType, sources map[string]*minutes) sums {
	mirror := func(name string) int {
		if isMirror(strings.ToLower(name)) {
			return 1
		}
		return 0
	}
	names := slices.SortedFunc(maps.Keys(sources), func(a, b string) int {
		return cmp.Or(cmp.Compare(mirror(a), mirror(b)), cmp.Compare(a, b))
	})
	best := sums{map[health.Date]sum{}, map[int64]sum{}}
	from := map[health.Date]string{}
	all := map[string]sums{}
	for _, name := range names {
		all[name] = sources[name].sums(r.Zone, false)
		for date, s := range all[name].days {
			have, known := best.days[date]
			same := known && mirror(from[date]) == mirror(name)
			if !known || same && cmp.Or(cmp.Compare(s.known, have.known), cmp.Compare(s.amount, have.amount)) > 0 {
				best.days[date], from[date] = s, name
			}
		}
	}
	if t == health.TypeSteps {
		// Hours without steps are told nowhere: beside those of the archive's own
		// JSON, which has them too, they would be taken from here.
		return best
	}
	for _, name := range names {
		for start, s := range all[name].hours {
			if from[health.DateOf(time.Unix(start, 0).In(r.Zone))] == name {
				best.hours[start] = s
			}
		}
	}
	return best
}

// saveSums saves a series that stood in minutes. Who burns calories does so in
// every minute: an hour that misses some is not kept, and a day as a part of one.
// Steps stand only in the minutes in which there were any.
func (r *reader) saveSums(t health.DataType, via string, s sums) error {
	everyMinute := t == health.TypeCalories
	var days []health.DayTotal
	partial := 0
	for _, date := range slices.SortedFunc(maps.Keys(s.days), func(a, b health.Date) int { return a.Number() - b.Number() }) {
		of := s.days[date]
		if !counts(t, of.value()) {
			continue
		}
		begins, ends := r.local(wall{date: date}), r.local(wall{date: date.Add(1)})
		total := health.DayTotal{Date: date, Amount: of.value(), AsOf: time.Unix(of.asOf, 0).UTC(), Via: via}
		whole := min(minutesADay, int(ends.Sub(begins)/time.Minute))
		running := begins.Before(total.AsOf) && total.AsOf.Before(ends)
		if everyMinute && of.known < whole {
			total.Covered = time.Duration(of.known) * time.Minute
			if !r.whole[date] {
				partial++
			}
		} else if everyMinute {
			r.whole[date] = true
		}
		if total.AsOf.Before(ends) && (!running || everyMinute && total.Covered == 0) {
			total.AsOf = ends.UTC() // the stamp is wrong: it cannot be older than what it tells
		}
		days = append(days, total)
	}
	if partial > 0 {
		r.report.Notes = append(r.report.Notes, fmt.Sprintf("%s: of %d of the days some minutes are missing (%s); they are kept as parts of a day until a whole one comes", spoken(t), partial, via))
	}
	if said := impossible(t, days); said != "" {
		r.report.Notes = append(r.report.Notes, spoken(t)+": "+said)
	}
	for chunk := range slices.Chunk(days, batch) {
		if err := r.savedTotals(t, "days", len(chunk), func(ctx context.Context) (int, int, error) { return r.sink.SaveDayTotals(ctx, t, chunk) }); err != nil {
			return err
		}
	}
	for starts := range slices.Chunk(slices.Sorted(maps.Keys(s.hours)), batch) {
		hours := make([]health.HourTotal, 0, len(starts))
		for _, start := range starts {
			if total, ok := r.hourTotal(t, via, start, s.hours[start]); ok {
				hours = append(hours, total)
			}
		}
		if err := r.savedTotals(t, "hours", len(hours), func(ctx context.Context) (int, int, error) { return r.sink.SaveHourTotals(ctx, t, hours) }); err != nil {
			return err
		}
	}
	return nil
}

// hourTotal is the total of one hour, if it is one to be kept.
func (r *reader) hourTotal(t health.DataType, via string, start int64, of sum) (health.HourTotal, bool) {
	begins := time.Unix(start, 0).UTC()
	everyMinute := t == health.TypeCalories
	if everyMinute && of.known < 60 || !counts(t, of.value()) || begins.After(r.Now) {
		return health.HourTotal{}, false
	}
	asOf := time.Unix(of.asOf, 0).UTC()
	if ends := begins.Add(time.Hour); asOf.Before(begins) || everyMinute && asOf.Before(ends) {
		asOf = ends
	}
	return health.HourTotal{Start: begins, Amount: of.value(), AsOf: asOf, Via: via}, true
}

// impossible tells of days that nobody can have had: they are kept, and counted
// nowhere.
func impossible(t health.DataType, days []health.DayTotal) string {
	var excess health.Excess
	excess.AddDays(t, days)
	if excess.Count == 0 {
		return ""
	}
	return excess.Words("day", health.UnitOf(t)) + " (kept, and counted nowhere)"
}

func (r *reader) savedTotals(t health.DataType, what string, read int, save func(context.Context) (int, int, error)) error {
	added, changed, err := save(r.ctx)
	if err != nil {
		return err
	}
	r.count(t, what, read, added, changed)
	return nil
}
