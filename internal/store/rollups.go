package store

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"vitals/internal/timeline"
)

// readAnew begins the bookmarks of a roll-up that a repair of the history took rows
// from, until the meter was read anew to its beginning.
const readAnew = "read anew\x00"

// SaveRollUp keeps r as the roll-up of series, a key that means nothing here.
// The portions from r.From on and before r.To, and all the rest of the record,
// take the place of what was kept before; with r.Anew nothing else stays. But what
// a repair of the history saved from before the first portion does stay: the meter
// may have lost its rows of then. Portions are quarter-hours as timeline makes them,
// none of them cut short; anything else is refused. Coverage is kept to the
// microsecond, instants too.
func (s *Store) SaveRollUp(ctx context.Context, series string, r timeline.RollUp) error {
	const doing = "saving the roll-up"
	if err := checkPortions(r); err != nil {
		return fmt.Errorf("%s: %w", doing, err)
	}
	return s.change(ctx, doing, func(conn *sqlite.Conn) error {
		saved, err := number(conn, "SELECT count(*) FROM roll_up WHERE series = ? AND substr(bookmark, 1, ?) = ?", series, len(readAnew), []byte(readAnew))
		if err != nil {
			return err
		}
		bookmark := r.Bookmark
		if saved > 0 && r.More {
			bookmark = append([]byte(readAnew), bookmark...)
		}
		id, err := number(conn, `
			INSERT INTO roll_up (series, revision, source, step, latest_at, latest_value, dropped_total, bookmark)
			VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7)
			ON CONFLICT DO UPDATE SET revision = revision + 1,
				(source, step, latest_at, latest_value, dropped_total, bookmark) = (?2, ?3, ?4, ?5, ?6, ?7)
			RETURNING id`,
			series, r.Source, int64(r.Step), instant(r.Latest.Time), r.Latest.Value, r.DroppedTotal, bookmark)
		if err != nil {
			return err
		}
		if err := saveDropped(conn, id, r.Dropped); err != nil {
			return err
		}
		if r.Anew && saved == 0 {
			if err := execute(conn, "DELETE FROM quarter_hours WHERE roll_up = ?", id); err != nil {
				return err
			}
		}
		end := int64(math.MaxInt64)
		if !r.To.IsZero() {
			end = r.To.Unix()
		}
		from, portions := max(0, r.From.Unix()), r.Portions
		if saved > 0 && r.From.IsZero() && len(portions) > 0 {
			if from, portions, err = behindSaved(conn, id, portions); err != nil {
				return err
			}
		}
		return savePortions(conn, id, from, end, portions)
	})
}

// behindSaved leaves out a first portion of which more is kept, and returns where
// the others begin: what a meter lost need not end with a quarter-hour.
func behindSaved(conn *sqlite.Conn, id int64, portions []timeline.Portion) (from int64, left []timeline.Portion, err error) {
	first := portions[0]
	kept, err := portionsOf(conn, id, first.Start/day, first.Start/day+1)
	if err != nil {
		return 0, nil, err
	}
	if slices.ContainsFunc(kept, func(p timeline.Portion) bool { return p.Start == first.Start && p.Covered > first.Covered }) {
		return first.End, portions[1:], nil
	}
	return first.Start, portions, nil
}

func saveDropped(conn *sqlite.Conn, id int64, dropped []timeline.Dropped) error {
	if err := execute(conn, "DELETE FROM dropped_reading WHERE roll_up = ?", id); err != nil {
		return err
	}
	for i, d := range dropped {
		if err := execute(conn, "INSERT INTO dropped_reading (roll_up, position, at, value, reason) VALUES (?, ?, ?, ?, ?)",
			id, i, instant(d.Time), d.Value, d.Reason); err != nil {
			return err
		}
	}
	return nil
}

// savePortions replaces the portions from the Unix second from on and before
// end.
func savePortions(conn *sqlite.Conn, id, from, end int64, portions []timeline.Portion) error {
	// The days that from and end fall into keep their other quarter-hours.
	first, last := from/day, int64(math.MaxInt64)
	kept, err := portionsOf(conn, id, first, first+1)
	if err != nil {
		return err
	}
	kept = slices.DeleteFunc(kept, func(p timeline.Portion) bool { return p.Start >= from })
	if len(kept) > 0 {
		portions = append(kept, portions...)
	}
	if end != math.MaxInt64 {
		if last = (end - 1) / day; end%day != 0 {
			rest, err := portionsOf(conn, id, last, last+1)
			if err != nil {
				return err
			}
			rest = slices.DeleteFunc(rest, func(p timeline.Portion) bool { return p.Start < end })
			portions = append(slices.Clip(portions), rest...)
		}
	}

	if err := execute(conn, "DELETE FROM quarter_hours WHERE roll_up = ? AND day BETWEEN ? AND ?", id, first, last); err != nil {
		return err
	}
	var packed []byte
	for len(portions) > 0 {
		number := portions[0].Start / day
		packed = packed[:0]
		for ; len(portions) > 0 && portions[0].Start/day == number; portions = portions[1:] {
			packed = pack(packed, portions[0])
		}
		if err := execute(conn, "INSERT INTO quarter_hours (roll_up, day, packed) VALUES (?, ?, ?)",
			id, number, packed); err != nil {
			return err
		}
	}
	return nil
}

// RollUp returns what is kept of a series besides its portions, and whether
// there is anything. Times are in UTC.
func (s *Store) RollUp(ctx context.Context, series string) (kept timeline.KeptRollUp, ok bool, err error) {
	err = s.read(ctx, "reading the roll-up", func(conn *sqlite.Conn) error {
		var id, first, last int64
		err := each(conn, func(stmt *sqlite.Stmt) {
			id, ok = stmt.ColumnInt64(0), true
			kept.Revision = stmt.ColumnInt64(1)
			kept.Source = stmt.ColumnText(2)
			kept.Step = time.Duration(stmt.ColumnInt64(3))
			kept.Latest = timeline.Reading{Time: instantAt(stmt, 4), Value: floatAt(stmt, 5)}
			kept.DroppedTotal = stmt.ColumnInt(6)
			kept.Bookmark = bytesAt(stmt, 7)
			if rest, anew := bytes.CutPrefix(kept.Bookmark, []byte(readAnew)); anew {
				kept.Bookmark = append([]byte(nil), rest...) // nil, where nothing was read yet
			}
			first, last = stmt.ColumnInt64(8), stmt.ColumnInt64(9)
		}, `SELECT id, revision, source, step, latest_at, latest_value, dropped_total, bookmark,
				(SELECT min(day) FROM quarter_hours WHERE roll_up = id),
				(SELECT max(day) FROM quarter_hours WHERE roll_up = id)
			FROM roll_up WHERE series = ?`, series)
		if err != nil || !ok {
			return err
		}
		err = each(conn, func(stmt *sqlite.Stmt) {
			kept.Dropped = append(kept.Dropped, timeline.Dropped{
				Reading: timeline.Reading{Time: instantAt(stmt, 0), Value: floatAt(stmt, 1)},
				Reason:  stmt.ColumnText(2),
			})
		}, "SELECT at, value, reason FROM dropped_reading WHERE roll_up = ? ORDER BY position", id)
		if err != nil {
			return err
		}
		earliest, err := portionsOf(conn, id, first, first+1)
		if err != nil {
			return err
		}
		latest, err := portionsOf(conn, id, last, last+1)
		if err != nil || len(earliest) == 0 || len(latest) == 0 {
			return err
		}
		kept.First = time.Unix(earliest[0].Start, 0).UTC()
		kept.Last = time.Unix(latest[len(latest)-1].End, 0).UTC()
		return nil
	})
	return kept, ok, err
}

// Portions returns the portions of a series that touch [from, to), whole and in
// time order; whole seconds, and a zero time is no limit.
func (s *Store) Portions(ctx context.Context, series string, from, to time.Time) ([]timeline.Portion, error) {
	first, end := max(0, from.Unix()), int64(math.MaxInt64)
	if !to.IsZero() {
		end = to.Unix()
	}
	var portions []timeline.Portion
	err := s.read(ctx, "reading the roll-up", func(conn *sqlite.Conn) error {
		id, err := number(conn, "SELECT id FROM roll_up WHERE series = ?", series)
		if err != nil {
			return err
		}
		portions, err = portionsOf(conn, id, first/day, (end-1)/day+1)
		return err
	})
	portions = portions[sort.Search(len(portions), func(i int) bool { return portions[i].End > first }):]
	portions = portions[:sort.Search(len(portions), func(i int) bool { return portions[i].Start >= end })]
	return portions, err
}

// portionsOf returns the portions of the days from number from on and before
// number to.
func portionsOf(conn *sqlite.Conn, id, from, to int64) ([]timeline.Portion, error) {
	const days = " FROM quarter_hours WHERE roll_up = ? AND day >= ? AND day < ?"
	n, err := number(conn, "SELECT count(*)"+days, id, from, to)
	if err != nil {
		return nil, err
	}
	portions := make([]timeline.Portion, 0, n*slotsPerDay)
	var packed [slotsPerDay * partlySize]byte
	err = sqlitex.Execute(conn, "SELECT day, packed"+days+" ORDER BY day", &sqlitex.ExecOptions{
		Args: []any{id, from, to},
		ResultFunc: func(stmt *sqlite.Stmt) (err error) {
			size := stmt.ColumnBytes(1, packed[:])
			portions, err = unpack(portions, stmt.ColumnInt64(0), packed[:size])
			return err
		},
	})
	return portions, err
}
