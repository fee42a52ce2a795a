package energy

import (
	"encoding/json"
	"math"
	"slices"
	"sort"
	"time"

	"vitals/internal/timeline"
)

// Some loggers keep the same energy twice: by long steps for ever, and by
// shorter ones for some days. What is finer takes the place of the rest for as
// long as it reaches back, and stays in what was kept when the logger purges it.

// layered is rollUp for a series that may have finer ones.
func (b build) layered(data []byte, late bool) (timeline.RollUp, error) {
	if b.series.finer == nil {
		r, err := b.rollUp(data, late)
		if err != nil || b.series.tail == nil {
			return r, err
		}
		return b.withTail(r)
	}
	finer := b
	finer.series = *b.series.finer
	finer.series.tail = b.series.tail
	left, ok := openBookmark(b.series, data)
	var fine timeline.RollUp
	var err error
	if ok {
		history, err := left.fits(b.conn, b.series, late)
		if err != nil {
			return timeline.RollUp{}, err
		}
		ok = !history.isZero()
	}
	if ok { // what was purged unseen is only in the coarse one
		before, known := openBookmark(finer.series, left.Finer)
		first, err := rowFrom(b.conn, finer.series, math.MinInt64)
		if err != nil {
			return timeline.RollUp{}, err
		}
		ok = known && first.Position <= before.Newest.Position
	}
	if ok {
		fine, err = finer.layered(left.Finer, late)
		if err != nil {
			return timeline.RollUp{}, err
		}
		if !fine.From.IsZero() && !fine.Anew && !fine.More {
			fine.Source = b.series.Name
			fine.Dropped, fine.DroppedTotal = lastOf(slices.Concat(left.Dropped, fine.Dropped)), left.Total+fine.DroppedTotal
			left.Finer = fine.Bookmark
			fine.Bookmark, err = json.Marshal(left)
			return fine, err
		}
	}
	progress := b.progress
	b.progress = nil
	coarse, err := b.rollUpAll(place{})
	if err != nil {
		return timeline.RollUp{}, err
	}
	if err := b.splice(&coarse, &finer); err != nil {
		return timeline.RollUp{}, err
	}
	finer.progress = progress
	if fine, err = finer.rollUpAll(place{}); err != nil {
		return timeline.RollUp{}, err
	}
	if finer.series.tail != nil {
		if fine, err = finer.withTail(fine); err != nil {
			return timeline.RollUp{}, err
		}
	}
	return b.merge(coarse, fine, finer.series.opening != nil)
}

// splice ends a coarse counter where a finer one of the same register begins,
// which then goes on from the last coarse reading before.
func (b build) splice(coarse *timeline.RollUp, finer *build) error {
	if b.series.Kind != Counter || finer.series.Kind != Counter {
		return nil
	}
	first, err := finer.firstReading()
	if err != nil || first == 0 {
		return err
	}
	p := b.begin(mark{}, mark{}, nil)
	p.rows.progress = nil
	var last *reading
	err = p.rows.run(func(r reading) error {
		if r.At <= first && r.Known && (last == nil || r.At >= last.At) {
			last = &r
		}
		return nil
	})
	if err != nil || last == nil {
		return err
	}
	finer.series.opening, finer.series.openingGap = last, b.series.MaxGap
	n := sort.Search(len(coarse.Portions), func(i int) bool { return coarse.Portions[i].Start*second >= last.At })
	coarse.Portions = coarse.Portions[:n:n]
	return nil
}

// firstReading is the instant of the earliest reading with a value, in Unix
// nanoseconds; 0 for none.
func (b build) firstReading() (first int64, err error) {
	err = newScan(b.conn, b.series, b.now).run(func(r reading) error {
		if r.Known && (first == 0 || r.At < first) {
			first = r.At
		}
		return nil
	})
	return first, err
}

// merge puts the finer roll-up in the place of the newest part of the coarse
// one: from the first step of the coarse one that it covers or, of a counter,
// from its first reading on.
func (b build) merge(coarse, fine timeline.RollUp, spliced bool) (timeline.RollUp, error) {
	result := coarse
	result.Step = fine.Step
	result.Dropped, result.DroppedTotal = lastOf(slices.Concat(coarse.Dropped, fine.Dropped)), coarse.DroppedTotal+fine.DroppedTotal
	if len(fine.Portions) > 0 {
		begins := fine.Portions[0].Start
		n := len(coarse.Portions)
		if !spliced {
			begins = b.stepAfter(fine.Portions[0])
			n = sort.Search(n, func(i int) bool { return coarse.Portions[i].Start >= begins })
		}
		if n == 0 {
			begins = fine.Portions[0].Start
		}
		result.Portions = append(coarse.Portions[:n:n], within(fine.Portions, time.Unix(begins, 0), time.Time{})...)
	}
	if result.Latest.Time.Before(fine.Latest.Time) {
		result.Latest = fine.Latest
	}
	var left bookmark
	if coarse.Bookmark == nil || fine.Bookmark == nil {
		result.Bookmark = nil // everything is read anew each time
		return result, nil
	}
	if err := json.Unmarshal(coarse.Bookmark, &left); err != nil {
		return result, err
	}
	left.Finer = fine.Bookmark
	var err error
	result.Bookmark, err = json.Marshal(left)
	return result, err
}

// stepAfter is the Unix second at which the first whole step of the series
// begins that a finer portion and those after it cover.
func (b build) stepAfter(p timeline.Portion) int64 {
	begins := p.Start
	if p.Covered < timeline.QuarterHour*time.Second {
		begins = p.End
	}
	if b.series.Step < 24*time.Hour {
		step := max(int64(b.series.Step/time.Second), timeline.QuarterHour)
		return (begins + step - 1) / step * step
	}
	at := time.Unix(begins, 0).In(b.series.ClockZone)
	if start := timeline.Day.Start(at); !start.Equal(at) {
		return timeline.Day.Next(at).Unix()
	}
	return begins
}

// withTail adds what was read after the last row of a roll-up.
func (b build) withTail(r timeline.RollUp) (timeline.RollUp, error) {
	tail := b
	tail.series, tail.progress = *b.series.tail, nil
	last := r.Latest.Time
	if last.IsZero() {
		return r, nil
	}
	const before = 3600 // seconds in which the reading before the tail is looked for
	p := tail.begin(mark{}, mark{}, nil, last, b.now.AddDate(0, 0, 2))
	p.rows.from = last.Unix() - before
	if err := p.read(); err != nil {
		return r, err
	}
	p.finish(b.now.UnixNano())
	for _, add := range p.hours.Portions() {
		n := len(r.Portions)
		if add.Start < last.Unix() {
			continue
		}
		quarter := add.Start / timeline.QuarterHour * timeline.QuarterHour
		if n > 0 && r.Portions[n-1].Start == quarter {
			whole := &r.Portions[n-1]
			if whole.Covered+add.Covered > timeline.QuarterHour*time.Second {
				continue // it is known already
			}
			whole.Amount += add.Amount
			whole.Covered += add.Covered
			whole.Estimated += add.Estimated
			continue
		}
		add.Start, add.End = quarter, quarter+timeline.QuarterHour
		r.Portions = append(r.Portions, add)
	}
	if latest := latestOf(p, r.Latest); latest.Time.After(r.Latest.Time) {
		r.Latest = latest
	}
	return r, nil
}

// layeredPortions is portions for a series that may have finer ones, of which
// the finest cut the edges.
func (b build) layeredPortions(from, to time.Time) ([]timeline.Portion, error) {
	if b.series.finer == nil && b.series.tail == nil {
		return b.portions(from, to)
	}
	b.progress = nil
	all, err := b.layered(nil, false)
	if err != nil {
		return nil, err
	}
	finest := b
	for finest.series.finer != nil {
		finest.series = *finest.series.finer
	}
	cut, err := finest.portions(from, to)
	if err != nil {
		return nil, err
	}
	var portions []timeline.Portion
	for _, p := range all.Portions {
		if p.End <= from.Unix() || p.Start >= to.Unix() {
			continue
		}
		part := p.Cut(from.Unix(), to.Unix())
		if part != p {
			i := slices.IndexFunc(cut, func(c timeline.Portion) bool { return c.Start == part.Start && c.End == part.End })
			if i >= 0 {
				part = cut[i]
			}
		}
		portions = append(portions, part)
	}
	return portions, nil
}
