// Package energy recognises the SQLite database that a household's electricity
// meter is logged to, reads it beside the program that writes it without ever
// changing anything, and turns its readings into energy by the UTC
// quarter-hour.
//
// A database is described by its Series; a Meter reads one of them.
package energy

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"vitals/internal/timeline"

	"zombiezen.com/go/sqlite"
)

// Meter reads one series of a meter's database. It keeps no file open: each
// call opens the database and recognises it anew, so that it may be replaced
// at any time. Its methods may be called from several goroutines. Their errors
// are those of Detect; a database that holds several series is one more, until
// the mapping picks one.
type Meter struct {
	path    string
	mapping Mapping
	zone    *time.Location
	now     func() time.Time

	mu   sync.Mutex
	read state // what the last RollUp saw
}

// NewMeter returns the Meter for the SQLite file at path. Zone is that of
// stamps without one, unless the mapping names another. Nothing is read yet.
func NewMeter(path string, mapping Mapping, zone *time.Location, now func() time.Time) *Meter {
	return &Meter{path: path, mapping: mapping, zone: zone, now: now}
}

// Changed reports whether the database was written to since the last RollUp
// that worked. It looks at sizes and times of change and reads nothing.
func (m *Meter) Changed() (bool, error) {
	found, err := stateOf(m.path)
	m.mu.Lock()
	defer m.mu.Unlock()
	return found != m.read, err
}

// RollUp returns the energy by the quarter-hour: of everything for a nil
// bookmark, else from some 48 hours before the end of the roll-up that left
// it. A bookmark that no longer fits the database, or a reading that came too
// late for it, also gives everything that the database still holds; RollUp.From
// tells. Reading goes row by
// row in short transactions, and progress, unless nil, is told how many rows
// of about how many are read; it begins anew when rows turn out to be out of
// order. Values of dropped readings are in the unit of the series.
func (m *Meter) RollUp(ctx context.Context, bookmark []byte, progress func(done, total int64)) (timeline.RollUp, error) {
	before, err := stateOf(m.path)
	if err != nil {
		return timeline.RollUp{}, err
	}
	var result timeline.RollUp
	err = m.open(ctx, func(b build) error {
		b.progress = progress
		from, err := resume(b.conn, b.series, bookmark)
		if err != nil {
			return err
		}
		result, err = b.rollUp(from)
		if errors.Is(err, errEarlier) {
			result, err = b.rollUp(place{purged: from.purged})
		}
		return err
	})
	if err != nil {
		return timeline.RollUp{}, err
	}
	result.Source = printable(result.Source + " in " + filepath.Base(m.path))
	m.mu.Lock()
	defer m.mu.Unlock()
	m.read = before
	return result, nil
}

// Portions returns the energy of [from, to) by the quarter-hour, cut to the
// second at both ends. It reads the whole series.
func (m *Meter) Portions(ctx context.Context, from, to time.Time) ([]timeline.Portion, error) {
	var portions []timeline.Portion
	err := m.open(ctx, func(b build) error {
		var err error
		portions, err = b.portions(from, to)
		return err
	})
	return portions, err
}

// Readings calls each with the readings of [from, to) in order of time, a zero
// time for no limit, and with the unit of their values, W or kW for a series of power. What was
// dropped is left out; of several readings of one instant the last is given.
// It reads the whole series first, and stops when each returns an error.
func (m *Meter) Readings(ctx context.Context, from, to time.Time, each func(timeline.Reading, Unit) error) error {
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
		return newScan(b.conn, b.series, b.now).run(func(r reading) error {
			r.At += int64(series.lag())
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

// open opens the database, finds the series and calls read.
func (m *Meter) open(ctx context.Context, read func(build) error) error {
	now := m.now()
	return readOnly(ctx, m.path, busyTimeout, func(conn *sqlite.Conn) error {
		found, err := detect(ctx, conn, m.path, m.mapping, m.zone, now)
		if err != nil {
			return err
		}
		series, err := found.choose(m.mapping.Series)
		if err != nil {
			return err
		}
		return read(build{ctx: ctx, conn: conn, series: series, now: now})
	})
}
