package view

import (
	"cmp"
	"context"
	"sort"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// EnergySource is what the energy pane shows: the house's electricity, the
// calories a person burns, or both on one time axis.
type EnergySource uint8

// The energy sources, in the order people switch through them.
const (
	House EnergySource = iota
	Burned
	HouseAndBurned
)

// Energy is a window of energy, in buckets; Burned and House have the same
// buckets where both are shown. Its slices may be kept for other answers, and are
// not to be changed.
type Energy struct {
	From, To time.Time // half-open, in the zone of the person's days
	Widened  bool      // see Window
	Unit     timeline.Unit
	Data     Extent            // of all that the source has, not only the window
	House    []timeline.Bucket // kWh; nil when not shown or there is no meter
	Costs    []Cost            // of House
	Burned   []timeline.Bucket // kcal; nil when not shown or nothing was fetched

	HouseTotal, BurnedTotal Total

	// BurnedExcess is what was left out of Burned: hours where its buckets are
	// hours, else days.
	BurnedExcess health.Excess

	// What Compare adds: for each bucket the one a stride before, without data
	// and with zero times where there is none.
	Stride                        Stride // zero: nothing is compared
	HouseBefore, BurnedBefore     []timeline.Bucket
	HouseCompared, BurnedCompared Compared
}

// LeftOut says what was left out of Burned: "1 day left out: 229,313 kcal on
// 1 Mar 2024"; "" for nothing.
func (e Energy) LeftOut() string { return leftOut(e.BurnedExcess, e.Unit) }

func leftOut(x health.Excess, u timeline.Unit) string {
	switch {
	case x.Count == 0:
		return ""
	case u == timeline.Hour:
		return x.Words("hour", "kcal")
	default:
		return x.Words("day", "kcal")
	}
}

// Total is what buckets add up to.
type Total struct {
	Amount float64
	Known  bool // false: none of the buckets has data

	Covered, Estimated time.Duration // as in timeline.Portion
	Passed             time.Duration // how much of the buckets is not in the future
}

// total adds buckets up as of now; each begins where the one before ends.
func total(buckets []timeline.Bucket, now time.Time) Total {
	var sum Total
	if n := len(buckets); n > 0 {
		sum.Passed = max(0, earlier(buckets[n-1].End, now).Sub(buckets[0].Start))
	}
	for i := range buckets {
		if b := &buckets[i]; b.Status != timeline.Empty {
			sum.Amount += b.Amount
			sum.Covered += b.Covered
			sum.Estimated += b.Estimated
			sum.Known = true
		}
	}
	return sum
}

// Energy returns what a window shows.
func (v *Viewer) Energy(ctx context.Context, w Window, source EnergySource) (Energy, error) {
	zone, err := v.Zone(ctx)
	if err != nil {
		return Energy{}, err
	}
	now := v.Now().In(zone)
	e := Energy{Unit: w.Unit}
	var house Extent
	if source != Burned {
		if house, err = v.HouseExtent(ctx); err != nil {
			return Energy{}, err
		}
		e.Data = house
	}
	if source != House {
		// Hours that are not stored are fetched when somebody looks at them.
		burned, err := v.TotalsExtent(ctx, health.TypeCalories, timeline.Day)
		if err != nil {
			return Energy{}, err
		}
		e.Data = e.Data.With(burned)
	}
	e.From, e.To = w.Bounds(now, e.Data)
	e.Widened = w.Widened(now, e.Data)
	err = Together(func() (err error) {
		if source == Burned {
			return nil
		}
		if all := (Window{Reach: All, Unit: timeline.Hour}); w == all {
			house = e.Data
		}
		if err := v.keepHours(ctx, now, house); err != nil {
			return err
		}
		e.House, e.Costs, err = v.Electricity(ctx, e.From, e.To, w.Unit)
		return err
	}, func() (err error) {
		if source != House {
			e.Burned, e.BurnedExcess, err = v.totals(ctx, health.TypeCalories, e.From, e.To, w.Unit)
		}
		return err
	})
	if err != nil {
		return Energy{}, err
	}
	e.HouseTotal, e.BurnedTotal = total(e.House, now), total(e.Burned, now)
	return e, nil
}

// With returns the extent that covers both.
func (x Extent) With(other Extent) Extent {
	switch {
	case x.First.IsZero():
		return other
	case other.First.IsZero():
		return x
	default:
		return Extent{First: earlier(x.First, other.First), Last: later(x.Last, other.Last)}
	}
}

// HouseExtent is the stretch of time that the meter's roll-up covers.
func (v *Viewer) HouseExtent(ctx context.Context) (Extent, error) {
	kept, _, err := v.rollUp(ctx)
	return Extent{First: kept.First, Last: kept.Last}, err
}

// Electricity returns the kWh, and what they cost, in the buckets of unit u
// that cover [from, to), in from's zone; nil without a meter.
func (v *Viewer) Electricity(ctx context.Context, from, to time.Time, u timeline.Unit) ([]timeline.Bucket, []Cost, error) {
	kept, ok, err := v.rollUp(ctx)
	if err != nil || !ok {
		return nil, nil, err
	}
	p, err := v.priced(ctx, kept, from, to, u)
	return p.buckets, p.costs, err
}

// TotalsExtent is the stretch of time from the first total of type t to the end
// of the last: of hours for buckets of an hour, else of the account's days.
func (v *Viewer) TotalsExtent(ctx context.Context, t health.DataType, u timeline.Unit) (Extent, error) {
	if u == timeline.Hour {
		first, last, err := v.Store.HourTotalsExtent(ctx, t)
		if err != nil || first.IsZero() {
			return Extent{}, err
		}
		return Extent{First: first, Last: last.Add(time.Hour)}, nil
	}
	first, last, err := v.Store.DayTotalsExtent(ctx, t)
	if err != nil || first.IsZero() {
		return Extent{}, err
	}
	account, err := v.accountZone(ctx)
	start, _ := dayOf(first, account)
	_, end := dayOf(last, account)
	return Extent{First: start, Last: end}, err
}

// Totals returns kcal or steps in the buckets of unit u that cover [from, to),
// in from's zone; nil when nothing of the kind was ever fetched. The days
// fetched are the account's own: one that does not lie in one bucket is taken
// by the hour, as far as its hours were fetched. A day or an hour that is shared
// out between buckets is estimated. What is more than anybody can burn or walk
// is no data (see health.PossibleDay).
func (v *Viewer) Totals(ctx context.Context, t health.DataType, from, to time.Time, u timeline.Unit) ([]timeline.Bucket, error) {
	buckets, _, err := v.totals(ctx, t, from, to, u)
	return buckets, err
}

// totals returns, too, what was left out.
func (v *Viewer) totals(ctx context.Context, t health.DataType, from, to time.Time, u timeline.Unit) ([]timeline.Bucket, health.Excess, error) {
	if u == timeline.Hour {
		return v.hourTotals(ctx, t, from, to, func() ([]timeline.Bucket, health.Excess, error) { return v.readTotals(ctx, t, from, to, u) })
	}
	return v.readTotals(ctx, t, from, to, u)
}

func (v *Viewer) readTotals(ctx context.Context, t health.DataType, from, to time.Time, u timeline.Unit) ([]timeline.Bucket, health.Excess, error) {
	first, _, err := v.Store.DayTotalsExtent(ctx, t)
	if err != nil || first.IsZero() {
		return nil, health.Excess{}, err
	}
	var portions []timeline.Portion
	var excess health.Excess
	if u == timeline.Hour {
		portions, excess, err = v.hours(ctx, t, from, to)
	} else {
		portions, excess, err = v.days(ctx, t, from, to, u)
	}
	if err != nil {
		return nil, excess, err
	}
	for i, p := range portions {
		if !inOneBucket(p, from, to, u) {
			portions[i].Estimated = p.Covered
		}
	}
	return timeline.Resample(portions, from, to, u, 0), excess, nil
}

func (v *Viewer) hours(ctx context.Context, t health.DataType, from, to time.Time) ([]timeline.Portion, health.Excess, error) {
	var excess health.Excess
	// An hour of Google's may begin before the range in zones off the full hour.
	totals, err := v.Store.HourTotals(ctx, t, from.Add(-time.Hour), to)
	if err != nil {
		return nil, excess, err
	}
	portions := make([]timeline.Portion, 0, len(totals))
	for _, total := range withoutOverlap(totals) {
		if !health.PossibleHour(t, total.Amount) {
			if total.Start.Add(time.Hour).After(from) {
				excess.Add(total.Amount, health.DateOf(total.Start.In(from.Location())))
			}
			continue
		}
		portions = appendTotal(portions, total.Start, total.Start.Add(time.Hour), total.Amount, total.AsOf, 0)
	}
	return portions, excess, nil
}

// withoutOverlap drops of hours that overlap the one of lower rank or fetched
// first: who travels from London to Kolkata has their hours counted from other
// minutes.
func withoutOverlap(totals []health.HourTotal) []health.HourTotal {
	var kept []health.HourTotal
	for _, total := range totals {
		last := len(kept) - 1
		switch {
		case last < 0 || !total.Start.Before(kept[last].Start.Add(time.Hour)):
			kept = append(kept, total)
		case cmp.Or(cmp.Compare(health.TotalRank(kept[last].Via, 0), health.TotalRank(total.Via, 0)), kept[last].AsOf.Compare(total.AsOf)) < 0:
			kept[last] = total
		}
	}
	return kept
}

func (v *Viewer) days(ctx context.Context, t health.DataType, from, to time.Time, u timeline.Unit) ([]timeline.Portion, health.Excess, error) {
	var excess health.Excess
	account, err := v.accountZone(ctx)
	if err != nil {
		return nil, excess, err
	}
	totals, err := v.Store.DayTotals(ctx, t, health.DateOf(from.In(account)), health.DateOf(to.In(account)).Add(1))
	if err != nil {
		return nil, excess, err
	}
	var hours []timeline.Portion // of all the range, once they are needed
	portions := make([]timeline.Portion, 0, len(totals))
	for _, total := range totals {
		start, end := dayOf(total.Date, account)
		if !health.PossibleDay(t, total.Amount) {
			if start.Before(to) {
				excess.Add(total.Amount, total.Date)
			}
			continue
		}
		whole := len(portions)
		portions = appendTotal(portions, start, end, total.Amount, total.AsOf, total.Covered)
		if whole == len(portions) || inOneBucket(portions[whole], from, to, u) {
			continue
		}
		if hours == nil {
			if hours, _, err = v.hours(ctx, t, from.AddDate(0, 0, -1), to.AddDate(0, 0, 1)); err != nil {
				return nil, excess, err
			}
		}
		if day := within(hours, portions[whole].Start, portions[whole].End); len(day) > 0 {
			portions = append(portions[:whole], day...)
		}
	}
	return portions, excess, nil
}

// inOneBucket reports whether no edge of a bucket or of the range cuts a portion.
func inOneBucket(p timeline.Portion, from, to time.Time, u timeline.Unit) bool {
	bucketEnds := u.Next(time.Unix(p.Start, 0).In(from.Location())).Unix()
	outside := p.End <= from.Unix() || p.Start >= to.Unix()
	return outside || from.Unix() <= p.Start && p.End <= min(to.Unix(), bucketEnds)
}

// within returns what of the portions, which are in time order, lies in [start, end).
func within(portions []timeline.Portion, start, end int64) []timeline.Portion {
	var parts []timeline.Portion
	first := sort.Search(len(portions), func(i int) bool { return portions[i].End > start })
	for _, p := range portions[first:] {
		if p.Start >= end {
			break
		}
		parts = append(parts, p.Cut(start, end))
	}
	return parts
}

// appendTotal adds a total as a portion that was fetched at asOf; one that was
// still running then ends there. Covered is how much of it is known, 0 for all.
func appendTotal(portions []timeline.Portion, start, end time.Time, amount float64, asOf time.Time, covered time.Duration) []timeline.Portion {
	p := timeline.Portion{Start: start.Unix(), End: earlier(end, asOf).Unix(), Amount: amount}
	if p.End <= p.Start {
		return portions
	}
	p.Covered = time.Duration(p.End-p.Start) * time.Second
	if covered > 0 {
		p.Covered = min(p.Covered, covered)
	}
	return append(portions, p)
}

// dayOf returns the first instant of a civil date in zone and of the next one.
func dayOf(d health.Date, zone *time.Location) (start, end time.Time) {
	midnight := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC)
	start = timeline.FirstShowing(midnight, zone)
	return start, timeline.Day.Next(start)
}
