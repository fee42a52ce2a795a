package view

import (
	"cmp"
	"context"
	"slices"
	"sort"
	"sync"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// Kept holds the quarter-hours of the roll-up that was asked for last, so that
// the next question need not read and unpack them again: 40 bytes each, 13 MB
// for ten years. Beside them it holds all their hours and what those cost, 9 MB
// more, which take longer to make than a key may take; once they were looked at,
// many hours of totals and the counterparts of many hours, 7 MB each; and all body
// readings with what was decided about them. The zero value is ready to use; it is safe
// for concurrent use.
type Kept struct {
	mu       sync.Mutex
	series   string
	revision int64
	portions []timeline.Portion // never changed, only replaced
	all      priced

	totalsMu sync.Mutex // guards what follows
	totals   hourTotals

	houseBefore, burnedBefore keptCounterparts

	bodyMu      sync.Mutex  // guards what follows
	body        bodyHistory // never changed, only replaced
	bodyVersion int64       // of the store
	bodyHour    time.Time   // what is in the future is no more when it is over
}

// manyHours are so many that making them takes a good part of what a key may take.
const manyHours = 10_000

// hourTotals is totals by the hour, by what they were made from.
type hourTotals struct {
	version int64 // of the store
	of      health.DataType
	zone    string

	buckets []timeline.Bucket // never changed, only replaced
	excess  health.Excess
}

// keptCounterparts is the counterparts of many hours, as they were at asOf.
type keptCounterparts struct {
	mu      sync.Mutex
	own     []timeline.Bucket
	stride  Stride
	asOf    time.Time
	buckets []timeline.Bucket // never changed, only replaced
}

// priced is buckets and their costs, by what they were made from.
type priced struct {
	series           string
	revision         int64
	from, to         time.Time
	zone, tariffZone string
	tariffs          []Tariff

	buckets []timeline.Bucket
	costs   []Cost
}

// part returns what of p has the given range and is made from the same as other.
func (p *priced) part(other priced) (priced, bool) {
	if p.revision != other.revision || p.series != other.series || p.zone != other.zone ||
		p.tariffZone != other.tariffZone || !slices.Equal(p.tariffs, other.tariffs) {
		return priced{}, false
	}
	first, end, ok := covering(p.buckets, other.from, other.to)
	if ok {
		other.buckets, other.costs = p.buckets[first:end:end], p.costs[first:end:end]
	}
	return other, ok
}

// covering finds those of the buckets that cover [from, to), if there are such.
func covering(buckets []timeline.Bucket, from, to time.Time) (first, end int, ok bool) {
	first = sort.Search(len(buckets), func(i int) bool { return !buckets[i].Start.Before(from) })
	end = first + sort.Search(len(buckets)-first, func(i int) bool { return !buckets[first+i].Start.Before(to) })
	return first, end, end > first && buckets[first].Start.Equal(from) && buckets[end-1].End.Equal(to)
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
	p := priced{series: v.Preferences.Meter, revision: kept.Revision, from: from, to: to,
		zone: from.Location().String(), tariffZone: zone.String(), tariffs: v.Preferences.Tariffs}
	if all, ok := v.Kept.hours(u); ok {
		if part, ok := all.part(p); ok {
			return part, nil
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

// keepHours makes all hours of an extent, up to the one of now, before they are
// asked for.
func (v *Viewer) keepHours(ctx context.Context, now time.Time, extent Extent) error {
	kept, ok, err := v.rollUp(ctx)
	if err != nil || !ok || v.Kept == nil || kept.First.IsZero() {
		return err
	}
	from, to := Window{Reach: All, Unit: timeline.Hour}.Bounds(now, extent)
	hours, err := v.priced(ctx, kept, from, to, timeline.Hour)
	if err != nil {
		return err
	}
	v.Kept.mu.Lock()
	defer v.Kept.mu.Unlock()
	if _, ok := v.Kept.all.part(hours); !ok {
		v.Kept.all = hours
	}
	return nil
}

// hours returns the kept hours, if buckets of unit u are hours.
func (k *Kept) hours(u timeline.Unit) (priced, bool) {
	if k == nil || u != timeline.Hour {
		return priced{}, false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.all, k.all.series != ""
}

// resampled returns the meter's buckets of unit u that cover [from, to), in
// from's zone: kept hours, where all of them are kept. They are not to be
// changed.
func (v *Viewer) resampled(ctx context.Context, kept timeline.KeptRollUp, from, to time.Time, u timeline.Unit) ([]timeline.Bucket, error) {
	all, ok := v.Kept.hours(u)
	if ok && all.revision == kept.Revision && all.series == v.Preferences.Meter && all.zone == from.Location().String() {
		if first, end, ok := covering(all.buckets, from, to); ok {
			return all.buckets[first:end:end], nil
		}
	}
	portions, err := v.portions(ctx, kept, from, to)
	return timeline.Resample(portions, from, to, u, kept.Step), err
}

// hourTotals returns what read reads of type t for [from, to), in from's zone:
// a part of what was kept of many hours, if nothing was saved since. It is not to
// be changed.
func (v *Viewer) hourTotals(ctx context.Context, t health.DataType, from, to time.Time, read func() ([]timeline.Bucket, health.Excess, error)) ([]timeline.Bucket, health.Excess, error) {
	if v.Kept == nil || to.Sub(from) < manyHours*time.Hour {
		return read()
	}
	version, err := v.Store.DataVersion(ctx)
	if err != nil {
		return nil, health.Excess{}, err
	}
	k := v.Kept
	k.totalsMu.Lock()
	defer k.totalsMu.Unlock()
	zone := from.Location().String()
	if kept := k.totals; kept.version == version && kept.of == t && kept.zone == zone {
		first, end, ok := covering(kept.buckets, from, to)
		// What was left out of a part is not known.
		if ok && (end-first == len(kept.buckets) || kept.excess.Count == 0) {
			return kept.buckets[first:end:end], kept.excess, nil
		}
	}
	buckets, excess, err := read()
	if err == nil {
		k.totals = hourTotals{version: version, of: t, zone: zone, buckets: buckets, excess: excess}
	}
	return buckets, excess, err
}

// of returns what compare finds for buckets a stride before, as of asOf. Of many
// hours it compares only those anew that were not over when they were kept. What it
// returns is not to be changed.
func (k *keptCounterparts) of(own []timeline.Bucket, stride Stride, asOf time.Time, compare func(own []timeline.Bucket) ([]timeline.Bucket, error)) ([]timeline.Bucket, error) {
	if len(own) < manyHours {
		return compare(own)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	over := 0
	if len(k.own) == len(own) && &k.own[0] == &own[0] && k.stride == stride {
		if k.asOf.Equal(asOf) {
			return k.buckets, nil
		}
		until := earlier(k.asOf, asOf)
		over = sort.Search(len(own), func(i int) bool { return own[i].End.After(until) })
	}
	rest, err := compare(own[over:])
	if err != nil {
		return nil, err
	}
	buckets := rest
	if over > 0 {
		buckets = slices.Concat(k.buckets[:over], rest)
	}
	k.own, k.stride, k.asOf, k.buckets = own, stride, asOf, buckets
	return buckets, nil
}
