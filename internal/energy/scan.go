package energy

import (
	"errors"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitals/internal/energy/pages"
	"vitals/internal/timeline"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// reading is what a row says: a value in the unit of its series, or that
// nothing is known from its instant on.
type reading struct {
	At        int64 // Unix nanoseconds: where power or an interval begins, or a counter was read
	Value     float64
	Known     bool
	Estimated bool `json:",omitempty"`
}

// partRows is how many rows are read in one transaction, so that a writer of a
// database with a rollback journal never waits long.
const partRows = 20_000

// mostDropped is how many dropped readings are listed, the newest; all are
// counted.
const mostDropped = 200

// scan reads the rows of a series once: as they are stored, by row number, or
// in order of time where an index leads there. A row's position is its number
// or, by time, the Unix second of its stamp.
type scan struct {
	conn     *sqlite.Conn
	series   Series
	stamps   *stamps
	least    float64 // the smallest and the greatest value that is believed
	most     float64
	shift    int64            // nanoseconds from a stamp to the instant of its reading
	civil    bool             // it is the end of the stamp's day instead
	from     int64            // the position to begin at
	end      int64            // bad readings from this position on are not counted here
	progress func(rows int64) // told after each part how many it had; may be nil

	position    int64 // of the row at hand
	clockBefore int64 // what the clock showed before that row, for a later resume
	read        int64 // rows so far
	matched     int64 // those of the series among them

	cells  []cell             // of the row at hand: the stamp, the values, whether it is estimated
	group  reading            // rows of one stamp that are added up
	joined int                // how many of them
	latest map[string]float64 // what each of several counters showed last

	dropped      []timeline.Dropped // the newest of them
	droppedTotal int
}

func newScan(conn *sqlite.Conn, s Series, now time.Time) *scan {
	rows := &scan{conn: conn, series: s, stamps: s.stamps(now), shift: int64(s.shift()), civil: s.civilDays(),
		least: 0, most: s.MaxKW / s.Unit.inKilo(), from: math.MinInt64, end: math.MaxInt64, cells: make([]cell, 1+len(s.values)), latest: map[string]float64{}}
	switch s.Kind {
	case Interval:
		rows.most *= s.Step.Hours()
	case Counter:
		rows.most = math.Inf(1)
	}
	if s.signed || s.carried {
		rows.least = math.Inf(-1)
	}
	rows.stamps.step = s.Step
	return rows
}

// whole says that the rows have to be read in one go, as they are in no order
// that one could go on in.
func (s Series) whole() bool {
	return !s.byTime && (s.table.rowID == "" || s.Where.together() > 1)
}

// run gives every reading to take, and stops when that returns an error.
func (s *scan) run(take func(reading) error) error {
	if s.series.table.rowID != "" && !s.series.byTime && len(s.series.Where) == 0 && s.series.estimated == "" {
		if done, err := s.walk(take); done || err != nil {
			return err
		}
	}
	query := s.query()
	for {
		if err := unlocked(s.conn); err != nil {
			return err
		}
		before := s.read
		full, err := s.part(query, take)
		if s.progress != nil && (err == nil || errors.Is(err, errDone)) {
			s.progress(s.read - before)
		}
		if err != nil {
			return err
		}
		if !full || s.position == math.MaxInt64 {
			return s.flush(take)
		}
		s.from = s.position + 1
	}
}

// walk reads a plain table by its pages, several times as fast as by SQL; false
// leaves what is not read yet to SQL.
func (s *scan) walk(take func(reading) error) (done bool, err error) {
	columns := append([]string{s.series.Time}, s.series.values...)
	rows, err := pages.Open(s.conn, s.series.Table, columns...)
	if err != nil {
		return false, nil // SQL says what is wrong with it, if anything is
	}
	for {
		if err := unlocked(s.conn); err != nil {
			return true, err
		}
		before := s.read
		end, err := rows.Walk(s.from, math.MaxInt64, partRows, func(rowID int64, cells []pages.Cell, whole bool) error {
			s.position = rowID
			s.read++
			s.matched++
			if !whole {
				return s.one(rowID, take)
			}
			for i := range s.cells {
				s.cells[i].take(&cells[i])
			}
			r, ok := s.accept()
			if !ok {
				return nil
			}
			return take(r)
		})
		if s.progress != nil && (err == nil || errors.Is(err, errDone)) {
			s.progress(s.read - before)
		}
		switch {
		case errors.Is(err, pages.ErrChanged), sqlite.ErrCode(err) == sqlite.ResultCorrupt:
			if s.read > before {
				s.from = s.position + 1
			}
			return false, nil
		case err != nil || end:
			return true, err
		}
		s.from = s.position + 1
	}
}

// one reads a single row by SQL.
func (s *scan) one(rowID int64, take func(reading) error) error {
	stmt, err := s.conn.Prepare(s.query())
	if err != nil {
		return err
	}
	defer stmt.Reset()
	stmt.SetInt64(":from", rowID)
	if found, err := stmt.Step(); err != nil || !found {
		return err
	}
	if r, ok := s.row(stmt); ok {
		return take(r)
	}
	return nil
}

// row reads the cells of a row.
func (s *scan) row(stmt *sqlite.Stmt) (reading, bool) {
	s.cells[0].read(stmt, 2)
	for i := range s.series.values {
		s.cells[1+i].read(stmt, 3+i)
	}
	r, ok := s.accept()
	r.Estimated = s.series.estimated != "" && stmt.ColumnBool(3+len(s.series.values))
	return r, ok
}

// query selects the position, whether the row is picked or whose of several it
// is, and the cells.
func (s *scan) query() string {
	rowID := s.series.table.rowID
	var columns []string
	for _, name := range append([]string{s.series.Time}, s.series.values...) {
		columns = append(columns, quoted(name))
	}
	if s.series.estimated != "" {
		columns = append(columns, quoted(s.series.estimated))
	}
	cells := strings.Join(columns, ", ") + " FROM " + quoted(s.series.Table) + " WHERE "
	stamp, key := quoted(s.series.Time), "1"
	for _, c := range s.series.Where {
		if len(c.Values) > 1 {
			key = quoted(c.Column)
		}
	}
	switch {
	case s.series.whole():
		return "SELECT 0, " + key + ", " + cells + s.series.Where.match(false) + " AND 0 >= :from ORDER BY " + stamp
	case s.series.byTime:
		return "SELECT 0, " + key + ", " + cells + s.series.Where.match(true) + " AND " + stamp + " >= :from ORDER BY " + stamp
	}
	return "SELECT " + rowID + ", " + s.series.Where.match(false) + ", " + cells + rowID + " >= :from ORDER BY " + rowID
}

// part reads some rows in one transaction; full says that there may be more.
func (s *scan) part(query string, take func(reading) error) (full bool, err error) {
	stmt, err := s.conn.Prepare(query)
	if err != nil {
		return false, err
	}
	defer stmt.Reset()
	byTime, whole := s.series.byTime, s.series.whole()
	from := s.from
	if byTime && from != math.MinInt64 {
		from *= s.series.TimeFormat.perSecond()
	}
	stmt.SetInt64(":from", from)
	s.series.Where.bind(stmt)
	together := s.series.Where.together() > 1
	for n := 0; ; n++ {
		if found, err := stmt.Step(); err != nil || !found {
			return false, err
		}
		if !whole && n >= partRows && (!byTime || s.second(stmt) > s.position) {
			return true, nil
		}
		s.read++
		switch {
		case byTime:
			s.position = s.second(stmt)
		case !whole:
			s.position = stmt.ColumnInt64(0)
			if len(s.series.Where) > 0 && !stmt.ColumnBool(1) {
				continue
			}
		}
		s.matched++
		if r, ok := s.row(stmt); ok {
			key := ""
			if together {
				key = stmt.ColumnText(1)
			}
			if err := s.pass(r, key, take); err != nil {
				return false, err
			}
		}
	}
}

// second is the Unix second of the stamp of a row that is read by time.
func (s *scan) second(stmt *sqlite.Stmt) int64 {
	return int64(math.Floor(stmt.ColumnFloat(2) / float64(s.series.TimeFormat.perSecond())))
}

// pass gives a reading to take or, where several rows of one stamp belong
// together, adds it to theirs. Several counters show what they showed last: one
// that is not written down, as at night, has not moved.
func (s *scan) pass(r reading, key string, take func(reading) error) error {
	if s.series.Where.together() == 1 {
		return take(r)
	}
	var err error
	if s.joined > 0 && r.At != s.group.At {
		err = s.flush(take)
	}
	if s.series.Kind == Counter {
		if r.Known {
			s.latest[key] = r.Value
		}
		s.group, s.joined = reading{At: r.At, Known: len(s.latest) > 0}, s.series.Where.together()
		for _, key := range slices.Sorted(maps.Keys(s.latest)) {
			s.group.Value += s.latest[key]
		}
		return err
	}
	if s.joined == 0 {
		s.group = reading{At: r.At, Known: true}
	}
	s.group.Value += r.Value
	s.group.Known = s.group.Known && r.Known
	s.group.Estimated = s.group.Estimated || r.Estimated
	s.joined++
	return err
}

// flush passes on the rows of one stamp, if none is missing.
func (s *scan) flush(take func(reading) error) error {
	n := s.joined
	s.joined = 0
	if n == 0 || n != s.series.Where.together() {
		return nil
	}
	return take(s.group)
}

// The reasons why a value is not believed.
const (
	reasonNegative = "negative"
	reasonSpike    = "spike"
	reasonDip      = "dip"
)

// accept reads a row, or drops it.
func (s *scan) accept() (reading, bool) {
	s.clockBefore = s.stamps.last
	at, reason := s.stamps.read(&s.cells[0])
	number, known := s.cells[1].number()
	for i := 2; i <= len(s.series.values); i++ {
		more, ok := s.cells[i].number()
		number, known = number+more, known && ok
	}
	if reason == "" && known {
		switch {
		case number < s.least:
			reason = reasonNegative
		case number > s.most:
			reason = reasonSpike
		}
	}
	if reason == "" {
		return reading{At: s.instant(at), Value: number, Known: known}, true
	}
	if known && s.position < s.end {
		dropped := timeline.Dropped{Reading: timeline.Reading{Value: number}, Reason: reason}
		if reason != reasonUnreadable {
			dropped.Time = time.Unix(0, at).UTC()
		}
		s.drop(dropped)
	}
	return reading{}, false
}

// instant is the instant of the reading that is stamped with at.
func (s *scan) instant(at int64) int64 {
	if s.civil {
		return timeline.Day.Next(time.Unix(0, at).In(s.series.ClockZone)).UnixNano()
	}
	return at + s.shift
}

func (s *scan) drop(d timeline.Dropped) {
	s.dropped = append(s.dropped, d)
	s.droppedTotal++
	if len(s.dropped) == 2*mostDropped {
		s.dropped = append(s.dropped[:0], lastOf(s.dropped)...)
	}
}

// lastOf returns as many dropped readings as are listed.
func lastOf(dropped []timeline.Dropped) []timeline.Dropped {
	return dropped[max(0, len(dropped)-mostDropped):]
}

// positions returns those of the first and the last row; 0 and 0 for none.
func (s Series) positions(conn *sqlite.Conn) (first, last int64, err error) {
	if !s.byTime {
		return rowIDs(conn, s.table)
	}
	for _, end := range []struct {
		order string
		to    *int64
	}{{"", &first}, {" DESC", &last}} {
		stmt, err := conn.Prepare("SELECT 0, 0, " + quoted(s.Time) + " FROM " + quoted(s.Table) + " WHERE " + s.Where.match(true) +
			" AND " + quoted(s.Time) + " < " + strconv.FormatInt(math.MaxInt64, 10) + " ORDER BY " + quoted(s.Time) + end.order + " LIMIT 1")
		if err != nil {
			return 0, 0, err
		}
		s.Where.bind(stmt)
		found, err := stmt.Step()
		if found {
			*end.to = int64(math.Floor(stmt.ColumnFloat(2) / float64(s.TimeFormat.perSecond())))
		}
		if resetErr := stmt.Reset(); err == nil {
			err = resetErr
		}
		if err != nil {
			return 0, 0, err
		}
	}
	return first, last, nil
}

// countRows counts the rows of a table.
func countRows(conn *sqlite.Conn, s Series) (n int64, err error) { return countSome(conn, s, -1) }

// countSome counts the rows of a table up to a number of them; a negative one is no
// limit.
func countSome(conn *sqlite.Conn, s Series, most int64) (n int64, err error) {
	rows := quoted(s.Table)
	if most >= 0 {
		rows = "(SELECT 1 FROM " + rows + " LIMIT " + strconv.FormatInt(most, 10) + ")"
	}
	err = sqlitex.ExecuteTransient(conn, "SELECT count(*) FROM "+rows, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		n = stmt.ColumnInt64(0)
		return nil
	}})
	return n, err
}
