package view

import (
	"context"
	"math"
	"slices"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// Stride is how far back a window is compared: N buckets of a unit.
type Stride struct {
	N  int
	Of timeline.Unit
}

// Compared is what buckets and their counterparts add up to, each as far as the
// other has data.
type Compared struct {
	Own, Before               float64
	OwnCovered, BeforeCovered time.Duration
	OwnLength, BeforeLength   time.Duration
	Known                     bool // false: there is no pair with data
}

// Change is by how many percent Own is more than Before; ok is false without
// something to compare with.
func (c Compared) Change() (percent float64, ok bool) {
	if !c.Known || c.Before == 0 {
		return 0, false
	}
	return (c.Own/c.Before - 1) * 100, true
}

// GapsDiffer reports whether one side is known less well than the other, by more
// than a hundredth, so that a difference tells little.
func (c Compared) GapsDiffer() bool {
	share := func(covered, length time.Duration) float64 { return min(1, covered.Seconds()/max(1, length.Seconds())) }
	return math.Abs(share(c.BeforeCovered, c.BeforeLength)-share(c.OwnCovered, c.OwnLength)) > 0.01
}

// Stride tells with what the window's buckets, n of them over so many local
// days, are compared: hours and days with those of the same clock time, and
// from a week on of the same weekday; weeks with those of the same season;
// months and years with those a year before, or, for a range that somebody
// wrote, with the span before it.
func (w Window) Stride(n, days int) Stride {
	switch w.Reach { // however far its buckets widen it
	case LastDay:
		days = 1
	case LastWeek:
		days = 7
	case LastMonth:
		days = 30
	}
	weeks := days / 7
	if w.Reach == Typed && days > 1 {
		weeks = max(weeks, 1)
	}
	if w.Reach == LastYear || w.Reach == All || weeks > 52 {
		weeks = 52
	}
	switch {
	case w.Unit == timeline.Year:
		return Stride{1, timeline.Year}
	case w.Unit == timeline.Month && w.Reach == Typed:
		return Stride{max(n, 1), timeline.Month}
	case w.Unit == timeline.Month:
		return Stride{1, timeline.Year}
	case weeks > 0 || w.Unit == timeline.Week:
		return Stride{max(weeks, 1), timeline.Week}
	default:
		return Stride{max(days, 1), timeline.Day}
	}
}

// Compare adds to what a window shows what was there a stride before.
func (v *Viewer) Compare(ctx context.Context, w Window, e *Energy) error {
	zone := e.From.Location()
	now := v.Now().In(zone)
	days := health.DateOf(e.To.Add(-1)).Number() - health.DateOf(e.From).Number() + 1
	e.Stride = w.Stride(max(len(e.House), len(e.Burned)), days)
	kept := v.Kept
	if kept == nil {
		kept = &Kept{}
	}
	err := Together(func() (err error) {
		if e.House != nil {
			e.HouseBefore, err = v.houseBefore(ctx, kept, w.Unit, e.House, e.Stride, now)
		}
		return err
	}, func() (err error) {
		if e.Burned == nil {
			return nil
		}
		asOf := fetchedUntil(e.Burned, w.Unit, now)
		e.BurnedBefore, err = kept.burnedBefore.of(e.Burned, e.Stride, asOf, func(own []timeline.Bucket) ([]timeline.Bucket, error) {
			// Hours before the first that is stored are not without a counterpart:
			// they may be fetched.
			return counterparts(own, w.Unit, e.Stride, time.Time{}, asOf, func(from, to time.Time) ([]timeline.Bucket, error) {
				buckets, _, err := v.readTotals(ctx, health.TypeCalories, from, to, w.Unit)
				return buckets, err
			})
		})
		return err
	})
	e.HouseCompared, e.BurnedCompared = compared(e.House, e.HouseBefore), compared(e.Burned, e.BurnedBefore)
	return err
}

// houseBefore returns what the meter knows of a stride before.
func (v *Viewer) houseBefore(ctx context.Context, keep *Kept, u timeline.Unit, house []timeline.Bucket, stride Stride, now time.Time) ([]timeline.Bucket, error) {
	kept, ok, err := v.rollUp(ctx)
	if err != nil || !ok {
		return nil, err
	}
	last, err := v.portions(ctx, kept, kept.Last.Add(-1), kept.Last)
	if err != nil {
		return nil, err
	}
	asOf := knownUntil(kept, last, now)
	return keep.houseBefore.of(house, stride, asOf, func(own []timeline.Bucket) ([]timeline.Bucket, error) {
		return counterparts(own, u, stride, kept.First, asOf, func(from, to time.Time) ([]timeline.Bucket, error) {
			buckets, err := v.resampled(ctx, kept, from, to, u)
			if err != nil {
				return nil, err
			}
			return v.estimatedAtEnd(ctx, kept, buckets, to)
		})
	})
}

// estimatedAtEnd says of buckets that end inside a quarter-hour that a part of
// the last was only shared out by time: no finer readings are kept.
func (v *Viewer) estimatedAtEnd(ctx context.Context, kept timeline.KeptRollUp, buckets []timeline.Bucket, end time.Time) ([]timeline.Bucket, error) {
	last, err := v.portions(ctx, kept, end.Add(-time.Second), end)
	if err != nil || len(last) == 0 || len(buckets) == 0 || last[0].End <= end.Unix() {
		return buckets, err
	}
	part := last[0].Cut(last[0].Start, end.Unix())
	buckets = slices.Clone(buckets)
	b := &buckets[len(buckets)-1]
	b.Estimated += part.Covered - part.Estimated
	b.Status = timeline.Estimated
	return buckets, nil
}

// knownUntil is the instant up to which the meter's energy is known, in now's
// zone: the newest reading is held for a while. Portions end with the last one.
func knownUntil(kept timeline.KeptRollUp, portions []timeline.Portion, now time.Time) time.Time {
	until := kept.Latest.Time
	if n := len(portions); n > 0 {
		held := time.Unix(portions[n-1].Start, 0).Add(portions[n-1].Covered)
		if held.After(until) {
			until = held
		}
	}
	return earlier(now, until.In(now.Location()))
}

// fetchedUntil is the instant up to which the running bucket of totals is known.
func fetchedUntil(buckets []timeline.Bucket, u timeline.Unit, now time.Time) time.Time {
	for _, b := range buckets {
		if b.End.After(now) && b.Status != timeline.Empty && u <= timeline.Day {
			return earlier(now, b.Start.Add(b.Covered))
		}
	}
	return now
}

// compared adds up the buckets that have a counterpart with data, and those. An
// hour that comes twice has the same counterpart twice, which counts once.
func compared(own, before []timeline.Bucket) Compared {
	var sum Compared
	for i, b := range before {
		if o := &own[i]; o.Status != timeline.Empty && b.Status != timeline.Empty {
			sum.Own += o.Amount
			sum.OwnCovered += o.Covered
			sum.OwnLength += min(o.Length(), b.Length()) // one that runs has a counterpart as long as that is
			sum.Known = true
			if i > 0 && before[i-1].Start.Equal(b.Start) {
				continue
			}
			sum.Before += b.Amount
			sum.BeforeCovered += b.Covered
			sum.BeforeLength += b.Length()
		}
	}
	return sum
}

// CompareBuckets compares a bucket with its counterpart alone.
func CompareBuckets(own, before timeline.Bucket) Compared {
	return compared([]timeline.Bucket{own}, []timeline.Bucket{before})
}

// counterparts returns for each bucket of unit u the one a stride before, an
// empty one with zero times where there is none. A bucket that was running at
// asOf is compared with the same part of the old one, by local time, and one
// that begins later with nothing, as is one whose counterpart lies before first.
// Read returns the buckets of unit u that cover a stretch.
func counterparts(buckets []timeline.Bucket, u timeline.Unit, stride Stride, first, asOf time.Time,
	read func(from, to time.Time) ([]timeline.Bucket, error)) ([]timeline.Bucket, error) {
	back := newBack(stride, asOf)
	mates := make([]mate, len(buckets))
	oldest, last := -1, -1
	for i, b := range buckets {
		if mates[i] = back.mate(b, u); mates[i].end <= first.Unix() {
			mates[i] = mate{}
		}
		if !mates[i].none() {
			if last = i; oldest < 0 {
				oldest = i
			}
		}
	}
	before := make([]timeline.Bucket, len(buckets))
	if oldest < 0 {
		return before, nil
	}
	zone := asOf.Location()
	end := time.Unix(max(mates[last].end, mates[last].again), 0).In(zone)
	if start := u.Start(end); !start.Equal(end) {
		end = u.Next(start)
	}
	old, err := read(u.Start(time.Unix(mates[oldest].start, 0).In(zone)), end)
	if err != nil {
		return nil, err
	}
	for i, m := range mates {
		if m.none() {
			continue
		}
		for len(old) > 1 && old[1].Start.Unix() <= m.start { // they come in time order
			old = old[1:]
		}
		if before[i], err = m.bucket(old, zone, read); err != nil {
			return nil, err
		}
	}
	return before, nil
}

// mate is the counterpart of a bucket: a stretch in Unix seconds, and where the
// clocks showed it twice, when it began again.
type mate struct{ start, end, again int64 }

func (m mate) none() bool { return m.start >= m.end }

// bucket fills a counterpart: with the first of the old buckets if it is that
// one, else by reading it. An hour that came twice is the mean of both.
func (m mate) bucket(old []timeline.Bucket, zone *time.Location, read func(from, to time.Time) ([]timeline.Bucket, error)) (timeline.Bucket, error) {
	stretch := func(start, end int64) (timeline.Bucket, error) {
		if len(old) > 0 && old[0].Start.Unix() == start && old[0].End.Unix() == end {
			return old[0], nil
		}
		parts, err := read(time.Unix(start, 0).In(zone), time.Unix(end, 0).In(zone))
		if err != nil || len(parts) == 0 {
			return timeline.Bucket{}, err
		}
		return parts[0], nil
	}
	b, err := stretch(m.start, m.end)
	if err != nil || m.again == 0 {
		return b, err
	}
	second, err := stretch(m.again, m.again+m.end-m.start)
	switch {
	case b.Status == timeline.Empty:
		b.Amount, b.Covered, b.Estimated, b.Status = second.Amount, second.Covered, second.Estimated, second.Status
	case second.Status != timeline.Empty:
		b.Amount = (b.Amount + second.Amount) / 2
		b.Covered = (b.Covered + second.Covered) / 2
		b.Estimated = (b.Estimated + second.Estimated) / 2
		b.Status = min(b.Status, second.Status)
	}
	return b, err
}

// back finds what was a stride before, by the local clock.
type back struct {
	stride Stride
	asOf   time.Time
	clock  *timeline.Clock
}

func newBack(stride Stride, asOf time.Time) *back {
	return &back{stride, asOf, timeline.NewClock(asOf.Location())}
}

// mate is the counterpart of a bucket of unit u.
func (k *back) mate(b timeline.Bucket, u timeline.Unit) mate {
	if !b.Start.Before(k.asOf) {
		return mate{}
	}
	if u == timeline.Hour {
		return k.hour(b)
	}
	date := k.date(b.Start)
	start := timeline.FirstShowing(date, b.Start.Location())
	if health.DateOf(start) != health.DateOf(date) { // the clocks skipped that date
		return mate{}
	}
	end := u.Next(start)
	if b.End.After(k.asOf) {
		end = earlier(end, k.moment(k.asOf))
	}
	return mate{start: start.Unix(), end: end.Unix()}
}

// hour is the counterpart of an hour. One that the clocks skipped, or showed
// only in part, has none.
func (k *back) hour(b timeline.Bucket) mate {
	_, offset := b.Start.Zone()
	start := b.Start.Unix()
	wall := start + int64(offset)
	switch k.stride.Of {
	case timeline.Week, timeline.Day:
		wall -= int64(k.days()) * 24 * 60 * 60
	default:
		wall = k.wall(b.Start).Unix()
	}
	first, second, ok := k.clock.Shown(wall)
	length := min(b.End.Unix(), k.asOf.Unix()) - start
	if _, _, whole := k.clock.Shown(wall + length - 1); !ok || !whole {
		return mate{}
	}
	m := mate{start: first, end: first + length}
	if second != first {
		m.again = second
	}
	return m
}

// days is a stride of days or weeks in days.
func (k *back) days() int {
	if k.stride.Of == timeline.Week {
		return 7 * k.stride.N
	}
	return k.stride.N
}

// moment is when the clocks first showed, a stride before, what they show at t.
func (k *back) moment(t time.Time) time.Time {
	return timeline.FirstShowing(k.wall(t), t.Location())
}

// date is midnight of the date a stride before that of t, as if it were UTC.
func (k *back) date(t time.Time) time.Time {
	y, m, d := k.wall(t).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}

// wall is what the clocks show at t, a stride before, as if it were UTC. A date
// that the month of then does not have is the end of that month.
func (k *back) wall(t time.Time) time.Time {
	y, m, d := t.Date()
	hours, minutes, seconds := t.Clock()
	switch k.stride.Of {
	case timeline.Year:
		y -= k.stride.N
	case timeline.Month:
		m -= time.Month(k.stride.N)
	default:
		d -= k.days()
		return time.Date(y, m, d, hours, minutes, seconds, 0, time.UTC)
	}
	if last := time.Date(y, m+1, 0, 0, 0, 0, 0, time.UTC).Day(); d > last {
		return time.Date(y, m+1, 1, 0, 0, 0, 0, time.UTC)
	}
	return time.Date(y, m, d, hours, minutes, seconds, 0, time.UTC)
}
