package energy

import (
	"context"
	"errors"
	"math"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// Inspection is how a meter's database is found to be.
type Inspection struct {
	Layout  Layout
	Journal Journal
	Series  Series // the one that is read; Rows, First and Last are not filled in

	Size   int64     // of the file, in bytes
	Newest time.Time // the newest stamp that is believed, of the rows at both ends; zero for none
	Future bool      // a later one among them is more than a day from now, and not believed

	ZoneUnsure bool // nothing tells whether stamps without a zone are local or UTC
	Checked    bool // its pages were looked through for damage, and there is none
}

// Overdue reports whether the newest reading is so old that the next ones ought
// to have come: by three steps and two hours. A supplier may take three days.
func (i Inspection) Overdue(now time.Time) bool {
	const least, supplier = 2 * time.Hour, 3 * 24 * time.Hour
	patience := max(least, 3*i.Series.FinestStep())
	if i.Layout == Octodata {
		patience = max(patience, supplier)
	}
	return !i.Newest.IsZero() && now.Sub(i.Newest) > patience
}

// Most bytes that are looked through for damage: 8 MB took 30 ms. A writer with a
// rollback journal has to wait meanwhile; one that keeps a log does not.
const (
	mostChecked        = 64 << 20
	mostCheckedWaiting = 16 << 20
)

// Inspect looks at the database at path as a Meter would, without reading all of
// its rows. Zone and mapping are those of NewMeter, errors those of a Meter; one
// of a database that is damaged wherever it may be. Nothing is written to the
// file or beside it.
func Inspect(ctx context.Context, path string, mapping Mapping, zone *time.Location, now time.Time) (Inspection, error) {
	var found Inspection
	err := readOnly(ctx, path, busyTimeout, func(conn *sqlite.Conn) error {
		database, err := detect(ctx, conn, path, mapping, zone, now)
		if err != nil {
			return err
		}
		at, err := stateOf(path)
		if err != nil {
			return err
		}
		found = Inspection{Layout: database.Layout, Size: at.database.size}
		if found.Journal, err = journalOf(conn); err != nil {
			return err
		}
		if found.Size <= mostCheckedWaiting || found.Journal == writeAhead && found.Size <= mostChecked {
			if err := check(conn, path); err != nil {
				return err
			}
			found.Checked = true
		}
		if found.Series, err = database.choose(mapping.Series); err != nil {
			return err
		}
		found.ZoneUnsure = !found.Series.settled && !found.Series.Empty
		found.Newest, found.Future, err = found.Series.newest(conn, now)
		return err
	})
	return found, err
}

func check(conn *sqlite.Conn, path string) error {
	found := ""
	err := sqlitex.ExecuteTransient(conn, "PRAGMA quick_check(1)", &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		found = stmt.ColumnText(0)
		return nil
	}})
	if err == nil && found != "ok" {
		err = damaged(path, nil)
	}
	return err
}

// newest returns the newest stamp of the rows at both ends of a table, and
// whether one of them is of the future: most tables grow at their end, but some
// have the newest row first.
func (s Series) newest(conn *sqlite.Conn, now time.Time) (newest time.Time, future bool, err error) {
	for _, layer := range []*Series{s.finer, s.tail} {
		if layer == nil {
			continue
		}
		at, ahead, err := layer.newest(conn, now)
		if err != nil {
			return newest, false, err
		}
		newest, future = newer(newest, at), future || ahead
	}
	look := func(from int64, most int) (seen bool, err error) {
		rows := newScan(conn, s, now)
		rows.from = from
		err = rows.run(func(r reading) error {
			newest, seen = newer(newest, time.Unix(0, s.stamp(r.At)).UTC()), true
			if most--; most == 0 {
				return errDone
			}
			return nil
		})
		for _, d := range rows.dropped {
			seen = seen || d.Reason == reasonFuture
			future = future || d.Reason == reasonFuture
		}
		if errors.Is(err, errDone) {
			err = nil
		}
		return seen, err
	}
	if s.whole() {
		_, err := look(math.MinInt64, 0)
		return newest, future, err
	}
	first, last, err := s.positions(conn)
	if err != nil {
		return newest, false, err
	}
	reach := int64(sampleReach)
	if s.byTime {
		reach = warmUpTime
	} else if _, err := look(math.MinInt64, sampleReach); err != nil {
		return newest, false, err
	}
	// Rows of other meters may lie between: then it looks further back.
	for ; ; reach *= 30 {
		from := int64(math.MinInt64)
		if uint64(last)-uint64(first) > uint64(reach) {
			from = last - reach
		}
		if seen, err := look(from, 0); seen || err != nil || from == math.MinInt64 || reach > math.MaxInt64/30 {
			return newest, future, err
		}
	}
}

func newer(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
