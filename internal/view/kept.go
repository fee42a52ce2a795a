package view

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"sync"
	"time"

	"vitals/internal/timeline"
)

// Kept holds the quarter-hours of the roll-up that was asked for last, so that
// the next question need not read and unpack them again: 40 bytes each, 13 MB
// for ten years. Beside them it holds all their hours and what those cost, 9 MB
// more, which take longer to make than a key may take; and all body readings with
// what was decided about them. The zero value is ready to use; it is safe for
// concurrent use.
type Kept struct {
	mu       sync.Mutex
	series   string
	revision int64
	portions []timeline.Portion // never changed, only replaced
	all      priced
	before   counterpart

	bodyMu      sync.Mutex  // guards what follows
	body        bodyHistory // never changed, only replaced
	bodyVersion int64       // of the store
	bodyHour    time.Time   // what is in the future is no more when it is over
}

// counterpart is the kept hours a stride before each of the kept hours.
type counterpart struct {
	of      priced // whose hours
	asOf    time.Time
	buckets []timeline.Bucket
	sum     Compared
}

// priced is buckets and their costs, by what they were made from.
type priced struct {
	series           string
	revision         int64
	from, to         time.Time
	unit             timeline.Unit
	zone, tariffZone string
	tariffs          []Tariff

	buckets []timeline.Bucket
	costs   []Cost
}

// of reports whether p was made from the same as the other.
func (p *priced) of(other priced) bool {
	return p.revision == other.revision && p.series == other.series && p.unit == other.unit && p.from.Equal(other.from) && p.to.Equal(other.to) &&
		p.zone == other.zone && p.tariffZone == other.tariffZone && slices.Equal(p.tariffs, other.tariffs)
}

// between returns the portions that touch [from, to), as Store.Portions does,
// of a roll-up that has the given revision. They are not to be changed.
func (k *Kept) between(ctx context.Context, store Store, series string, revision int64, from, to time.Time) ([]timeline.Portion, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.series != series || k.revision != revision {
		portions, err := store.Portions(ctx, series, time.Time{}, time.Time{})
		if err != nil {
			return nil, err
		}
		k.series, k.revision, k.portions = series, revision, portions
	}
	portions, start, end := k.portions, from.Unix(), to.Unix()
	portions = portions[sort.Search(len(portions), func(i int) bool { return portions[i].End > start }):]
	return portions[:sort.Search(len(portions), func(i int) bool { return portions[i].Start >= end })], nil
}

// portions returns the quarter-hours of the meter that touch [from, to).
func (v *Viewer) portions(ctx context.Context, kept timeline.KeptRollUp, from, to time.Time) ([]timeline.Portion, error) {
	if v.Kept == nil {
		return v.Store.Portions(ctx, v.Preferences.Meter, from, to)
	}
	return v.Kept.between(ctx, v.Store, v.Preferences.Meter, kept.Revision, from, to)
}

// priced returns the buckets of unit u that cover [from, to), in from's zone,
// and their costs. They are not to be changed.
func (v *Viewer) priced(ctx context.Context, kept timeline.KeptRollUp, from, to time.Time, u timeline.Unit) (priced, error) {
	zone := cmp.Or(v.Preferences.TariffZone, from.Location())
	p := priced{series: v.Preferences.Meter, revision: kept.Revision, from: from, to: to, unit: u,
		zone: from.Location().String(), tariffZone: zone.String(), tariffs: v.Preferences.Tariffs}
	if v.Kept != nil {
		v.Kept.mu.Lock()
		all := v.Kept.all
		v.Kept.mu.Unlock()
		if all.of(p) {
			return all, nil
		}
	}
	portions, err := v.portions(ctx, kept, from, to)
	if err != nil {
		return priced{}, err
	}
	p.buckets = timeline.Resample(portions, from, to, u, kept.Step)
	p.costs = costs(portions, p.buckets, u, v.Preferences.Tariffs, zone)
	return p, nil
}

// keepHours makes all hours up to the one of now before they are asked for.
func (v *Viewer) keepHours(ctx context.Context, now time.Time) error {
	kept, ok, err := v.rollUp(ctx)
	if err != nil || !ok || v.Kept == nil || kept.First.IsZero() {
		return err
	}
	from, to := Window{Reach: All, Unit: timeline.Hour}.Bounds(now, Extent{First: kept.First, Last: kept.Last})
	hours, err := v.priced(ctx, kept, from, to, timeline.Hour)
	if err != nil {
		return err
	}
	v.Kept.mu.Lock()
	defer v.Kept.mu.Unlock()
	v.Kept.all = hours
	return nil
}

// hours returns the kept hours that cover [from, to) if all of them are kept
// and whole, else nil. They are not to be changed.
func (k *Kept) hours(kept timeline.KeptRollUp, u timeline.Unit, from, to time.Time) []timeline.Bucket {
	if k == nil || u != timeline.Hour {
		return nil
	}
	k.mu.Lock()
	all := k.all
	k.mu.Unlock()
	if all.revision != kept.Revision || all.series == "" || all.zone != from.Location().String() {
		return nil
	}
	first := sort.Search(len(all.buckets), func(i int) bool { return !all.buckets[i].Start.Before(from) })
	end := first + sort.Search(len(all.buckets)-first, func(i int) bool { return !all.buckets[first+i].Start.Before(to) })
	if end == first || !all.buckets[first].Start.Equal(from) || !all.buckets[end-1].End.Equal(to) {
		return nil
	}
	return all.buckets[first:end]
}

// resampled returns the meter's buckets of unit u that cover [from, to), in
// from's zone: kept hours, where all of them are kept. They are not to be
// changed.
func (v *Viewer) resampled(ctx context.Context, kept timeline.KeptRollUp, from, to time.Time, u timeline.Unit) ([]timeline.Bucket, error) {
	if hours := v.Kept.hours(kept, u, from, to); hours != nil {
		return hours, nil
	}
	portions, err := v.portions(ctx, kept, from, to)
	return timeline.Resample(portions, from, to, u, kept.Step), err
}

// keepBefore makes the counterparts of all hours before they are asked for, and
// returns them if own is all hours.
func (v *Viewer) keepBefore(own []timeline.Bucket, asOf time.Time, read func(u timeline.Unit, from, to time.Time) ([]timeline.Bucket, error), first time.Time) (counterpart, bool, error) {
	if v.Kept == nil {
		return counterpart{}, false, nil
	}
	v.Kept.mu.Lock()
	all, kept := v.Kept.all, v.Kept.before
	v.Kept.mu.Unlock()
	if len(all.buckets) == 0 {
		return counterpart{}, false, nil
	}
	if !kept.of.of(all) || !kept.asOf.Equal(asOf) {
		stride := Window{Reach: All, Unit: timeline.Hour}.Stride(len(all.buckets), 0)
		buckets, err := counterparts(all.buckets, timeline.Hour, stride, first, asOf, func(from, to time.Time) ([]timeline.Bucket, error) {
			return read(timeline.Hour, from, to)
		})
		if err != nil {
			return counterpart{}, false, err
		}
		kept = counterpart{of: all, asOf: asOf, buckets: buckets, sum: compared(all.buckets, buckets)}
		v.Kept.mu.Lock()
		v.Kept.before = kept
		v.Kept.mu.Unlock()
	}
	return kept, len(own) == len(all.buckets) && &own[0] == &all.buckets[0], nil
}
