package energy

import (
	"math"
	"time"

	"vitals/internal/timeline"

	"zombiezen.com/go/sqlite"
)

// reading is what a row says: a value in the unit of its series, or that
// nothing is known from its instant on.
type reading struct {
	At    int64 // Unix nanoseconds; where a stamp is the end of a step, its start
	Value float64
	Known bool
}

// partRows is how many rows are read in one transaction, so that a writer of a
// database with a rollback journal never waits long.
const partRows = 20_000

// mostDropped is how many dropped readings are listed, the newest; all are
// counted.
const mostDropped = 200

// scan reads the rows of a series once, as they are stored: by row number or,
// in a WITHOUT ROWID table, by time.
type scan struct {
	conn     *sqlite.Conn
	series   Series
	stamps   *stamps
	mostKilo float64                 // the greatest value in kW or kWh that is believed
	from     int64                   // the row number to begin at
	progress func(done, total int64) // may be nil

	rowID       int64 // of the row at hand
	clockBefore int64 // what the clock showed before that row, for a later resume
	read        int64 // rows so far
	matched     int64 // those of the series among them

	dropped      []timeline.Dropped // the newest of them
	droppedTotal int
}

func newScan(conn *sqlite.Conn, s Series, now time.Time) *scan {
	most := s.MaxKW
	if s.Kind == Interval {
		most *= s.Step.Hours()
	}
	rows := &scan{conn: conn, series: s, stamps: newStamps(s.TimeFormat, s.ClockZone, now), mostKilo: most, from: math.MinInt64}
	rows.stamps.step = s.Step
	return rows
}

// run gives every reading to take, and stops when that returns an error.
func (s *scan) run(take func(reading) error) error {
	columns := quoted(s.series.Time) + ", " + quoted(s.series.Value) + ", " + s.series.Where.match() + " FROM " + quoted(s.series.Table)
	rowID := s.series.table.rowID
	if rowID == "" {
		_, err := s.part("SELECT 0, "+columns+" WHERE 0 >= :from ORDER BY "+quoted(s.series.Time), math.MaxInt, take)
		return err
	}
	oldest, newest, err := rowIDs(s.conn, s.series.table)
	if err != nil {
		return err
	}
	oldest = max(oldest, s.from)
	query := "SELECT " + rowID + ", " + columns + " WHERE " + rowID + " >= :from ORDER BY " + rowID
	for {
		full, err := s.part(query, partRows, take)
		if s.progress != nil && err == nil && s.read > 0 {
			s.tell(oldest, newest)
		}
		if err != nil || !full || s.rowID == math.MaxInt64 {
			return err
		}
		s.from = s.rowID + 1
	}
}

// tell reports how far it is, taking the rows to come to be as dense among
// their numbers as those read.
func (s *scan) tell(oldest, newest int64) {
	left := float64(max(0, newest-s.rowID)) / float64(s.rowID-oldest+1)
	s.progress(s.read, s.read+int64(left*float64(s.read)))
}

// part reads at most so many rows in one transaction.
func (s *scan) part(query string, most int, take func(reading) error) (full bool, err error) {
	stmt, err := s.conn.Prepare(query)
	if err != nil {
		return false, err
	}
	defer stmt.Reset()
	stmt.SetInt64(":from", s.from)
	s.series.Where.bind(stmt)
	all := s.series.Where.Column == ""
	var stamp, value cell
	for range most {
		if found, err := stmt.Step(); err != nil || !found {
			return false, err
		}
		s.rowID = stmt.ColumnInt64(0)
		s.read++
		if !all && !stmt.ColumnBool(3) {
			continue
		}
		s.matched++
		stamp.read(stmt, 1)
		value.read(stmt, 2)
		if r, ok := s.accept(&stamp, &value); ok {
			if err := take(r); err != nil {
				return false, err
			}
		}
	}
	return true, nil
}

// The reasons why a value is not believed.
const (
	reasonNegative = "negative"
	reasonSpike    = "spike"
)

// accept reads a row, or drops it.
func (s *scan) accept(stamp, value *cell) (reading, bool) {
	s.clockBefore = s.stamps.last
	at, reason := s.stamps.read(stamp)
	number, known := value.number()
	if reason == "" && known {
		switch {
		case number < 0 && !s.series.signed:
			reason = reasonNegative
		case number*s.series.Unit.inKilo() > s.mostKilo:
			reason = reasonSpike
		}
	}
	if reason == "" {
		return reading{At: at - int64(s.series.lag()), Value: number, Known: known}, true
	}
	if known {
		dropped := timeline.Dropped{Reading: timeline.Reading{Value: number}, Reason: reason}
		if reason != reasonUnreadable {
			dropped.Time = time.Unix(0, at).UTC()
		}
		s.drop(dropped)
	}
	return reading{}, false
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
