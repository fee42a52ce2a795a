package energy

import (
	"context"
	"errors"
	"maps"
	"math"
	"time"

	"vitals/internal/timeline"

	"zombiezen.com/go/sqlite"
)

// build turns the rows of one series into energy.
type build struct {
	ctx    context.Context
	conn   *sqlite.Conn
	series Series
	now    time.Time

	blocks  blockSizes
	density float64 // rows for each position

	// progress is told how many more rows were read, from several goroutines;
	// it may be nil.
	progress func(rows int64)

	// again opens the same database once more and calls read; nil where one
	// reader at a time is enough for its writer.
	again func(read func(*sqlite.Conn) error) error
}

// errDisorder is a row earlier than one before it, errEarlier one that is
// earlier than where reading began, errDone the end of what was to be read.
var (
	errDisorder = errors.New("a row is out of order")
	errEarlier  = errors.New("a row is earlier than the bookmark")
	errDone     = errors.New("all was read")
)

// pass is one reading of the rows from a mark on, up to another.
type pass struct {
	from, to mark // to is zero for the end of the table
	rows     *scan
	trail    *trail
	hours    timeline.QuarterHours
	integrator
}

// begin readies a pass; before it, so many readings had been dropped. The
// portions will also end at the instants of cuts, and between two of them
// nothing else is added up.
func (b build) begin(from, to mark, dropped []timeline.Dropped, cuts ...time.Time) *pass {
	p := &pass{from: from, to: to, rows: newScan(b.conn, b.series, b.now), trail: &trail{series: b.series}}
	p.hours.CutAt(cuts...)
	low, high := int64(math.MinInt64), int64(math.MaxInt64)
	if len(cuts) > 0 {
		low, high = nanos(cuts[0]), nanos(cuts[1])
	}
	p.integrator = newIntegrator(b.series, b.now.UnixNano(), func(start, end int64, kWh float64, estimated bool) {
		if start < high && end > low {
			p.hours.Add(start, end, kWh, estimated)
		}
	}, p.drop)
	p.rows.progress = b.progress
	if !to.isZero() && !b.series.byTime {
		p.rows.end = to.Position
	}
	if !from.isZero() {
		p.rows.from = from.Position
		maps.Copy(p.rows.latest, from.Shown)
		p.rows.stamps.resume(from.Clock)
		p.rows.dropped, p.rows.droppedTotal = append(p.rows.dropped, dropped...), from.Dropped
	}
	if begun := from.Begun; begun != nil {
		p.hours.Begin(*begun)
	}
	held := from.Held
	if from.isZero() && b.series.opening != nil {
		held = []reading{*b.series.opening}
	}
	p.integrator.begin(held)
	if n := len(held); n > 0 {
		p.trail.newest = held[n-1].At
	}
	return p
}

// drop notes a reading that a counter cannot have shown, if no other pass did.
func (p *pass) drop(r reading, reason string) {
	if len(p.from.Held) > 0 && r.At <= p.from.Judged || !p.to.isZero() && r.At > p.to.Judged {
		return
	}
	stamp := time.Unix(0, p.rows.series.stamp(r.At)).UTC()
	p.rows.drop(timeline.Dropped{Reading: timeline.Reading{Time: stamp, Value: r.Value}, Reason: reason})
}

// run reads the rows from a mark on. That they are out of order is only noticed
// on the way; then it begins anew and sorts them first.
func (b build) run(from mark, dropped []timeline.Dropped, cuts ...time.Time) (*pass, error) {
	p := b.begin(from, mark{}, dropped, cuts...)
	err := p.read()
	if errors.Is(err, errDisorder) {
		p = b.begin(from, mark{}, dropped, cuts...)
		err = b.sort(p)
	}
	if err != nil {
		return nil, err
	}
	p.finish(b.now.UnixNano())
	return p, nil
}

// read takes the rows of a pass as they come.
func (p *pass) read() error {
	beyond := 0 // readings from p.to on, which decide on those before
	err := p.rows.run(func(r reading) error {
		if r.At < p.trail.newest {
			return errDisorder
		}
		if !p.to.isZero() {
			behind := r.At >= p.to.Rows*second
			if !p.rows.series.byTime && behind != (p.rows.position >= p.to.Position) {
				return errDisorder
			}
			if behind {
				p.take(r)
				if beyond++; beyond > lookAhead || p.rows.series.Kind != Counter {
					return errDone
				}
				return nil
			}
		}
		if err := p.see(r); err != nil {
			return err
		}
		p.take(r)
		return nil
	})
	if errors.Is(err, errDone) {
		return nil
	}
	return err
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
	if b.series.Kind == Counter {
		p.trail.marks = nil // what it judges depends on all before
	}
	marks := p.trail.marks
	return spool.each(func(r reading) error {
		for ; len(marks) > 0 && r.At >= marks[0].Rows*second; marks = marks[1:] {
			p.hold(&marks[0])
		}
		p.take(r)
		return nil
	})
}

// see takes note of a row as it is stored.
func (p *pass) see(r reading) error {
	if r.At < p.from.Rows*second {
		return errEarlier
	}
	p.trail.see(p.rows, r, p)
	return nil
}

// portions adds up what lies in [from, to).
func (b build) portions(from, to time.Time) ([]timeline.Portion, error) {
	p, err := b.run(mark{}, nil, from, to)
	if err != nil {
		return nil, err
	}
	return within(p.hours.Portions(), from, to), nil
}

// within drops the portions before from and after to; the zero time is no
// limit.
func within(portions []timeline.Portion, from, to time.Time) []timeline.Portion {
	for len(portions) > 0 && !from.IsZero() && portions[0].Start < from.Unix() {
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
