package energy

import (
	"context"
	"errors"
	"math"
	"time"

	"vitals/internal/timeline"

	"zombiezen.com/go/sqlite"
)

// build turns the rows of one series into energy.
type build struct {
	ctx      context.Context
	conn     *sqlite.Conn
	series   Series
	now      time.Time
	progress func(done, total int64) // may be nil
}

// errDisorder is a row earlier than one before it, errEarlier one that is
// earlier than where reading began.
var (
	errDisorder = errors.New("a row is out of order")
	errEarlier  = errors.New("a row is earlier than the bookmark")
)

// pass is one reading of the rows from a mark on.
type pass struct {
	from  mark
	rows  *scan
	trail *trail
	hours timeline.QuarterHours
	*integrator
}

// begin readies a pass; before it, so many readings had been dropped. The
// portions will also end at the instants of cuts, and between two of them
// nothing else is added up.
func (b build) begin(from mark, dropped []timeline.Dropped, cuts ...time.Time) *pass {
	p := &pass{from: from, rows: newScan(b.conn, b.series, b.now), trail: newTrail(from, b.now)}
	p.hours.CutAt(cuts...)
	p.integrator = &integrator{series: b.series, add: func(start, end int64, kWh float64) {
		if len(cuts) == 0 || start < nanos(cuts[1]) && end > nanos(cuts[0]) {
			p.hours.Add(start, end, kWh, false)
		}
	}}
	p.rows.progress = b.progress
	if from.From != 0 {
		p.rows.from = from.RowID
		p.rows.stamps.resume(from.Clock)
		p.rows.dropped, p.rows.droppedTotal = append(p.rows.dropped, dropped...), from.Dropped
	}
	if from.Last.At != 0 {
		p.take(from.Last)
	}
	return p
}

// run reads the rows from a mark on. That they are out of order is only
// noticed on the way; then it begins anew and sorts them first.
func (b build) run(from mark, dropped []timeline.Dropped, cuts ...time.Time) (*pass, error) {
	p := b.begin(from, dropped, cuts...)
	err := p.rows.run(func(r reading) error {
		if r.At < p.trail.newest.At {
			return errDisorder
		}
		p.take(r)
		return p.see(r)
	})
	if errors.Is(err, errDisorder) {
		p = b.begin(from, dropped, cuts...)
		err = b.sort(p)
	}
	if err != nil {
		return nil, err
	}
	p.finish(b.now.UnixNano())
	return p, nil
}

// sort reads the rows of a pass and takes them in order of time.
func (b build) sort(p *pass) error {
	spool, err := newSpool(b.ctx)
	if err != nil {
		return err
	}
	defer spool.close()
	err = p.rows.run(func(r reading) error {
		if err := p.see(r); err != nil {
			return err
		}
		return spool.put(r)
	})
	if err != nil {
		return err
	}
	return spool.each(func(r reading) error {
		p.take(r)
		return nil
	})
}

// see takes note of a row as it is stored.
func (p *pass) see(r reading) error {
	if r.At < p.from.From*second {
		return errEarlier
	}
	p.trail.see(p.rows, r)
	return nil
}

// rollUp adds up the rows from a place on.
func (b build) rollUp(from place) (timeline.RollUp, error) {
	p, err := b.run(from.mark, from.dropped)
	if err != nil {
		return timeline.RollUp{}, err
	}
	result := timeline.RollUp{Source: b.series.Name, Portions: p.hours.Portions(),
		Dropped: lastOf(p.rows.dropped), DroppedTotal: p.rows.droppedTotal}
	if b.series.Kind == Power {
		result.Step = b.series.Step // steps of energy leave no time uncovered where they meet
	}
	begins := from.From
	if begins == 0 && from.purged && p.trail.first != 0 { // with the first whole quarter-hour that is left
		begins = (p.trail.first/second/timeline.QuarterHour + 1) * timeline.QuarterHour
	}
	if begins != 0 {
		result.From = time.Unix(begins, 0).UTC()
		result.Portions = within(result.Portions, result.From, time.Time{})
	}
	if latest := p.trail.latest; latest.Known {
		ended := b.series.lag()
		if b.series.Kind == Interval {
			ended = b.series.Step
		}
		result.Latest = timeline.Reading{Time: time.Unix(0, latest.At).Add(ended).UTC(), Value: b.series.watts(latest)}
	}
	result.Bookmark, err = p.trail.leave(b.conn, p.rows, from.purged)
	return result, err
}

// portions adds up what lies in [from, to).
func (b build) portions(from, to time.Time) ([]timeline.Portion, error) {
	p, err := b.run(mark{}, nil, from, to)
	if err != nil {
		return nil, err
	}
	return within(p.hours.Portions(), from, to), nil
}

// within drops the portions before from and after to; the zero time for to is
// no limit.
func within(portions []timeline.Portion, from, to time.Time) []timeline.Portion {
	for len(portions) > 0 && portions[0].Start < from.Unix() {
		portions = portions[1:]
	}
	for n := len(portions); n > 0 && !to.IsZero() && portions[n-1].End > to.Unix(); n-- {
		portions = portions[:n-1]
	}
	return portions
}

// nanos is t in Unix nanoseconds, or the nearest instant that has a number of
// them: that ends in 1678 and in 2262.
func nanos(t time.Time) int64 {
	const most = math.MaxInt64 / int64(time.Second)
	switch s := t.Unix(); {
	case s > most:
		return math.MaxInt64
	case s < -most:
		return math.MinInt64
	default:
		return t.UnixNano()
	}
}
