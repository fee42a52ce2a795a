package energy

import (
	"cmp"
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"vitals/internal/timeline"

	"zombiezen.com/go/sqlite"
)

// Meter reads one series of a meter's database. It keeps no file open: each
// call opens the database anew, so that it may be replaced at any time. Its
// methods may be called from several goroutines. Their errors are those of
// Detect; one more is a *ChoiceError.
type Meter struct {
	path    string
	mapping Mapping
	zone    *time.Location
	now     func() time.Time
	blocks  blockSizes

	mu    sync.Mutex
	read  state     // what the last RollUp saw
	late  time.Time // when the last days were read anew
	known recognised
	mark  []byte // the bookmark that was seen last
}

// NewMeter returns the Meter for the SQLite file at path. Zone is that of
// stamps without one, unless the mapping names another. Nothing is read yet.
func NewMeter(path string, mapping Mapping, zone *time.Location, now func() time.Time) *Meter {
	return &Meter{path: path, mapping: mapping, zone: zone, now: now, blocks: usualBlocks()}
}

// Changed reports whether the database was written to since the last RollUp
// that worked. It looks at sizes and times of change and reads nothing.
func (m *Meter) Changed(context.Context) (bool, error) {
	found, err := stateOf(m.path)
	m.mu.Lock()
	defer m.mu.Unlock()
	return found != m.read, err
}

// Recall tells of the bookmark that a roll-up left, which other methods may need
// to read stamps as that did.
func (m *Meter) Recall(bookmark []byte) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mark = bookmark
}

// lateEvery is how often the last 48 hours are read anew, for rows that came
// late or were changed.
const lateEvery = 10 * time.Minute

// RollUp returns the energy by the quarter-hour: of everything for a nil
// bookmark, else from some time before the end of the roll-up that left it;
// 48 hours before, when the last time is a while ago. Of a large database it
// returns the newest part first, and goes on from there to the oldest when it
// is called with the bookmark left: see RollUp.More. A bookmark that no longer
// fits the database, or a reading that came too late for it, begins anew.
// Reading goes row by row in short transactions, and progress, unless nil, is
// told from several goroutines how many rows of about how many are read. Values
// of dropped readings are in the unit of the series.
func (m *Meter) RollUp(ctx context.Context, bookmark []byte, progress func(done, total int64)) (timeline.RollUp, error) {
	before, err := stateOf(m.path)
	if err != nil {
		return timeline.RollUp{}, err
	}
	m.Recall(bookmark)
	now := m.now()
	m.mu.Lock()
	late := now.Sub(m.late).Abs() >= lateEvery
	m.mu.Unlock()
	var result timeline.RollUp
	err = m.open(ctx, func(b build) error {
		if progress != nil {
			if b.progress, err = b.counting(bookmark, progress); err != nil {
				return err
			}
		}
		var err error
		result, err = b.layered(bookmark, late)
		return err
	})
	if err != nil {
		return timeline.RollUp{}, err
	}
	result.Source = printable(result.Source + " in " + cmp.Or(m.mapping.Called, filepath.Base(m.path)))
	m.mu.Lock()
	defer m.mu.Unlock()
	if !result.More {
		m.read = before
	}
	if late && result.To.IsZero() { // not one of the older parts
		m.late = now
	}
	return result, nil
}

// counting returns what counts rows and tells progress how many of about how
// many were read.
func (b build) counting(data []byte, progress func(done, total int64)) (func(int64), error) {
	var first, last int64
	var err error
	if b.series.whole() {
		last, err = countRows(b.conn, b.series)
	} else {
		first, last, err = b.series.positions(b.conn)
	}
	if err != nil {
		return nil, err
	}
	total := b.rowsAround(first, last+1)
	done := int64(0)
	if left, ok := openBookmark(b.series, data); ok {
		if left.Older.isZero() { // only what is new is read
			total = b.rowsAround(left.Late.Position, last+1)
		} else {
			done = left.OlderRows
		}
	}
	var mu sync.Mutex
	return func(rows int64) {
		mu.Lock()
		defer mu.Unlock()
		done += rows
		total = max(total, done)
		progress(done, total)
	}, nil
}

// Portions returns the energy of [from, to) by the quarter-hour, cut to the
// second at both ends. It reads the whole series.
func (m *Meter) Portions(ctx context.Context, from, to time.Time) ([]timeline.Portion, error) {
	var portions []timeline.Portion
	err := m.open(ctx, func(b build) error {
		var err error
		portions, err = b.layeredPortions(from, to)
		return err
	})
	return portions, err
}

// Readings calls each with the readings stamped in [from, to), in order of time,
// a zero time for no limit, and with the unit of their values. What was dropped is
// left out; of several readings of one instant the last is given. It reads the
// whole series first, which progress, unless nil, is told of, and stops when each
// returns an error.
func (m *Meter) Readings(ctx context.Context, from, to time.Time, each func(timeline.Reading, Unit) error, progress func(done, total int64)) error {
	readings, err := newSpool(ctx)
	if err != nil {
		return err
	}
	defer readings.close()
	var series Series
	err = m.open(ctx, func(b build) error {
		series = b.series
		if err := readings.clear(); err != nil { // of what a reading that was begun anew left
			return err
		}
		rows, alone := newScan(b.conn, b.series, b.now), series
		alone.finer = nil
		if rows.progress, err = told(b.conn, []Series{alone}, progress); err != nil {
			return err
		}
		return rows.run(func(r reading) error {
			r.At = series.stamp(r.At)
			if r.At < nanos(from) || !to.IsZero() && r.At >= nanos(to) {
				return nil
			}
			return readings.put(r)
		})
	})
	if err != nil {
		return err
	}
	var last reading
	pass := func() error {
		if !last.Known {
			return nil
		}
		return each(timeline.Reading{Time: time.Unix(0, last.At).UTC(), Value: last.Value}, series.Unit)
	}
	err = readings.each(func(r reading) error {
		if r.At > last.At {
			if err := pass(); err != nil {
				return err
			}
		}
		last = r
		return nil
	})
	if err != nil {
		return err
	}
	return pass()
}

// recognised is a series as it was recognised, and by what to see that it still
// is.
type recognised struct {
	series  Series
	schema  int64 // the version of the database's schema
	edition int64 // of a copy
	inode   uint64
	until   int64 // the position of the last row that it is good for

	choice *ChoiceError // instead of series
	at     time.Time
}

// open opens the database, finds the series and calls read.
func (m *Meter) open(ctx context.Context, read func(build) error) error {
	return readOnly(ctx, m.path, busyTimeout, func(conn *sqlite.Conn) error {
		now := m.now()
		series, err := m.recognise(ctx, conn, now)
		if err != nil {
			return err
		}
		b := build{ctx: ctx, conn: conn, series: series, now: now, blocks: m.blocks}
		journal, err := journalOf(conn)
		if err != nil {
			return err
		}
		if journal == writeAhead {
			b.again = func(read func(*sqlite.Conn) error) error { return readOnly(ctx, m.path, busyTimeout, read) }
		}
		if b.density, err = b.rowsPerPosition(); err != nil {
			return err
		}
		return read(b)
	})
}

// recognise finds the series, or remembers it while the schema is what it was.
// A small table may still tell more of itself as it grows. Which clock stamps
// without an offset are of is told by the bookmark, where the rows do not tell
// any more.
func (m *Meter) recognise(ctx context.Context, conn *sqlite.Conn, now time.Time) (Series, error) {
	schema, err := pragma(conn, "schema_version")
	if err != nil {
		return Series{}, err
	}
	edition, err := editionOf(conn)
	if err != nil {
		return Series{}, err
	}
	at, err := stateOf(m.path)
	if err != nil {
		return Series{}, err
	}
	m.mu.Lock()
	known, data := m.known, m.mark
	m.mu.Unlock()
	if known.schema == schema && known.edition == edition && known.inode == at.database.inode {
		if known.choice != nil && now.Sub(known.at).Abs() < lateEvery {
			return Series{}, known.choice
		}
		if _, last, err := known.series.positions(conn); known.choice == nil && err == nil && last <= known.until {
			return known.series, nil
		}
	}
	found, err := detect(ctx, conn, m.path, m.mapping, m.zone, now)
	if err != nil {
		return Series{}, err
	}
	series, err := found.choose(m.mapping.Series)
	if choice := (*ChoiceError)(nil); errors.As(err, &choice) {
		m.mu.Lock()
		m.known = recognised{choice: choice, schema: schema, edition: edition, inode: at.database.inode, at: now}
		m.mu.Unlock()
	}
	if err != nil {
		return Series{}, err
	}
	if left, ok := openBookmark(series, data); ok && !series.settled && left.Clock == FormatUTC && series.TimeFormat == FormatLocal {
		series.TimeFormat, series.settled = FormatUTC, true
	}
	if series.whole() {
		return series, nil
	}
	first, last, err := series.positions(conn)
	if err != nil {
		return Series{}, err
	}
	const settled = 10_000 // rows
	if last-first < settled {
		return series, nil
	}
	rows, err := countSome(conn, series, settled)
	if err != nil {
		return Series{}, err
	}
	if rows >= settled {
		m.mu.Lock()
		m.known = recognised{series: series, schema: schema, edition: edition, inode: at.database.inode, until: last + (last-first)/4}
		m.mu.Unlock()
	}
	return series, nil
}
