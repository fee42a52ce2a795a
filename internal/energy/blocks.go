package energy

import (
	"cmp"
	"errors"
	"math"
	"sync"
	"time"

	"vitals/internal/timeline"

	"zombiezen.com/go/sqlite"
)

// A large table is read in blocks, the newest first, so that there is something
// to see at once and a reading that is cut short has not been for nothing. All
// blocks begin and end at marks. Where the writer does not mind, two are read
// side by side.

// blockSizes is about how many rows a block has, the newest and each later one,
// and how many are read before a mark to know what came before it.
type blockSizes struct{ newest, later, warmUp int64 }

func usualBlocks() blockSizes { return blockSizes{newest: 250_000, later: 1_500_000, warmUp: 2_000} }

const (
	warmUpTime  = 2 * 24 * 3600 // seconds, of a table that is read by time
	aroundClock = 6 * 3600      // seconds around a clock change at which no mark is made
)

// markFrom returns the first mark at or behind a position, the zero mark when
// there is none before end.
func (b build) markFrom(position, end int64) (mark, error) {
	p := b.begin(mark{}, mark{}, nil)
	p.rows.progress = nil
	start, err := b.warmUp(position)
	if err != nil {
		return mark{}, err
	}
	p.rows.from = start
	var found mark
	readings := 0
	err = p.rows.run(func(r reading) error {
		if r.At < p.trail.newest {
			return errDisorder
		}
		p.trail.see(p.rows, r, p)
		p.take(r)
		if n := len(p.trail.marks); n > 0 {
			m := p.trail.marks[n-1]
			warm := start == math.MinInt64 || readings > 2*lookAhead && m.From*second-p.trail.first >= timeline.QuarterHour*second
			if p.trail.marks = p.trail.marks[:0]; m.Position >= position && warm && b.calm(m) {
				found = m
				return errDone
			}
		}
		if p.rows.position >= end {
			return errDone
		}
		readings++
		return nil
	})
	if errors.Is(err, errDone) {
		err = nil
	}
	found.Dropped = 0
	return found, err
}

// warmUp is the position to begin at in order to know what came before another.
func (b build) warmUp(position int64) (int64, error) {
	if b.series.byTime {
		return position - warmUpTime, nil
	}
	stmt, err := b.conn.Prepare("SELECT " + b.series.table.rowID + " FROM " + quoted(b.series.Table) + " WHERE " +
		b.series.table.rowID + " < :from ORDER BY " + b.series.table.rowID + " DESC LIMIT 1 OFFSET :rows")
	if err != nil {
		return 0, err
	}
	defer stmt.Reset()
	stmt.SetInt64(":from", position)
	stmt.SetInt64(":rows", b.blocks.warmUp-1)
	found, err := stmt.Step()
	if err != nil || !found {
		return math.MinInt64, err
	}
	return stmt.ColumnInt64(0), nil
}

// calm says that a mark lies far enough from a clock change: near one, only
// the rows before tell what a local time means.
func (b build) calm(m mark) bool {
	if b.series.TimeFormat != FormatLocal {
		return true
	}
	_, before := time.Unix(m.From-aroundClock, 0).In(b.series.ClockZone).Zone()
	_, after := time.Unix(m.From+aroundClock, 0).In(b.series.ClockZone).Zone()
	return before == after
}

// rowsAround is about how many rows lie from one position to before another.
func (b build) rowsAround(from, to int64) int64 {
	return int64(math.Round(float64(to-from) * b.density))
}

// span is about how many positions so many rows take.
func (b build) span(rows int64) int64 { return int64(float64(rows) / b.density) }

// rowsPerPosition tells how close rows lie, by the last of them. Not all row
// numbers need be in use; they may be stamps.
func (b build) rowsPerPosition() (float64, error) {
	if b.series.byTime {
		return 1 / b.series.Step.Seconds(), nil
	}
	if b.series.whole() {
		return 1, nil
	}
	oldest, last, err := b.series.positions(b.conn)
	if err != nil {
		return 0, err
	}
	first, err := b.warmUp(last)
	if err != nil || first > math.MinInt64 {
		return float64(b.blocks.warmUp+1) / float64(last-first+1), err
	}
	rows, err := countRows(b.conn, b.series)
	return float64(max(1, rows)) / float64(last-oldest+1), err
}

// newestBlock returns the mark that the newest block of a table begins at, the
// zero mark if all of it is one block.
func (b build) newestBlock() (mark, error) {
	if b.series.whole() || b.series.Where.together() > 1 {
		return mark{}, nil
	}
	first, last, err := b.series.positions(b.conn)
	if err != nil || b.rowsAround(first, last) < 2*b.blocks.newest {
		return mark{}, err
	}
	m, err := b.markFrom(last-b.span(b.blocks.newest), last)
	if errors.Is(err, errDisorder) {
		return mark{}, nil // which the reading itself will find, and sort
	}
	return m, err
}

// older is the blocks before a mark: as many as there are readers.
type older struct {
	begin    mark  // of the oldest of them; zero for the beginning of the table
	first    int64 // Unix nanoseconds of the oldest reading
	portions []timeline.Portion
	dropped  []timeline.Dropped
	total    int   // of those dropped
	rows     int64 // read
}

// readOlder reads the blocks that end at a mark. That rows are out of order is
// an errDisorder.
func (b build) readOlder(end mark) (older, error) {
	first, _, err := b.series.positions(b.conn)
	if err != nil {
		return older{}, err
	}
	readers := 1
	if b.again != nil {
		readers = 2
	}
	ends := []mark{end}
	for range readers {
		begin, err := b.blockBefore(ends[len(ends)-1], first)
		if err != nil {
			return older{}, err
		}
		if ends = append(ends, begin); begin.isZero() {
			break
		}
	}
	passes := make([]*pass, len(ends)-1)
	failed := make([]error, len(passes))
	panics := make(chan any, len(passes))
	var readings sync.WaitGroup
	for i := range passes[1:] {
		readings.Go(func() {
			defer func() {
				if cause := recover(); cause != nil {
					panics <- cause
				}
			}()
			failed[i+1] = b.again(func(conn *sqlite.Conn) (err error) {
				other := b
				other.conn = conn
				passes[i+1], err = other.block(ends[i+2], ends[i+1])
				return err
			})
		})
	}
	passes[0], failed[0] = b.block(ends[1], ends[0])
	readings.Wait()
	select {
	case cause := <-panics:
		panic(cause) // where the caller can see to it
	default:
	}
	if err := errors.Join(failed...); err != nil {
		return older{}, err
	}
	result := older{begin: ends[len(ends)-1], first: passes[len(passes)-1].trail.first}
	for i := len(passes) - 1; i >= 0; i-- {
		p := passes[i]
		result.portions = append(result.portions, within(p.hours.Portions(), instantOf(p.from), instantOf(p.to))...)
		result.dropped = lastOf(append(result.dropped, p.rows.dropped...))
		result.total += p.rows.droppedTotal
		result.rows += p.rows.read
	}
	return result, nil
}

// blockBefore returns the mark that the block before end begins at, the zero
// mark where the table does.
func (b build) blockBefore(end mark, first int64) (mark, error) {
	for rows := b.blocks.later; ; rows *= 2 {
		from := end.Position - b.span(rows)
		if from <= first {
			return mark{}, nil
		}
		begin, err := b.markFrom(from, end.Position)
		if err != nil || !begin.isZero() && begin.Rows < end.Rows {
			return begin, err
		}
	}
}

// block reads the rows from one mark to the next.
func (b build) block(from, to mark) (*pass, error) {
	p := b.begin(from, to, nil)
	if err := p.read(); err != nil {
		return nil, cmp.Or(disorder(err), err)
	}
	p.finish(b.now.UnixNano())
	return p, nil
}

// disorder is errDisorder for an error that means the same in a block.
func disorder(err error) error {
	if errors.Is(err, errEarlier) {
		return errDisorder
	}
	return nil
}

// instantOf is the instant of a mark, the zero time for the zero mark.
func instantOf(m mark) time.Time {
	if m.isZero() {
		return time.Time{}
	}
	return time.Unix(m.From, 0).UTC()
}
