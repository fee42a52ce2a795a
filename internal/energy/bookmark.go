package energy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"time"

	"vitals/internal/timeline"

	"zombiezen.com/go/sqlite"
)

const (
	second     = 1_000_000_000 // in Unix nanoseconds
	lateWindow = 48 * 3600     // seconds: how far back readings are read anew, for rows that come late
)

// mark is a place in a table where reading can begin anew: all rows before it
// are earlier than From, and it and all rows after it are not.
type mark struct {
	From    int64   // Unix seconds at a full quarter-hour; 0 for the beginning of the table
	RowID   int64   // of the first row to read
	Clock   int64   // what the clock showed at the row before it
	Last    reading // the newest before it, with a value or without; zero for none
	Latest  reading // the newest before it with a value
	Dropped int     // how many readings before it were dropped
}

// trail follows readings as they are stored and keeps the marks among them
// that a later reading may begin at: one a quarter-hour, back to the newest
// that lies before the late window.
type trail struct {
	newest, latest reading
	first          int64 // Unix nanoseconds of the first reading as they are stored; 0 for none
	now            int64 // a later reading is not the latest yet
	marks          []mark
}

func newTrail(from mark, now time.Time) *trail {
	return &trail{newest: from.Last, latest: from.Latest, now: now.UnixNano()}
}

// see takes note of the row that the scan is at.
func (t *trail) see(s *scan, r reading) {
	for n := len(t.marks); n > 0 && r.At < t.marks[n-1].From*second; n-- {
		t.marks = t.marks[:n-1]
	}
	if r.At >= t.newest.At {
		quarter := r.At / second / timeline.QuarterHour * timeline.QuarterHour
		if t.newest.At != 0 && t.newest.At < quarter*second {
			t.marks = append(t.marks, mark{From: quarter, RowID: s.rowID, Clock: s.clockBefore,
				Last: t.newest, Latest: t.latest, Dropped: s.droppedTotal})
			for len(t.marks) > 1 && t.marks[1].From <= quarter-lateWindow {
				t.marks = t.marks[1:]
			}
		}
		t.newest = r
	}
	if t.first == 0 {
		t.first = r.At
	}
	if r.Known && r.At >= t.latest.At && r.At <= t.now {
		t.latest = r
	}
}

// bookmark is what a roll-up leaves for the next one: where to go on, and by
// what to see that the table is still the one that was read.
type bookmark struct {
	Version int
	Source  string   // a hash of from where the series is read
	Reading string   // a hash of how
	First   rowProof // the first row of the table
	Purged  bool     // there were rows before it, which stay in what was kept
	Mark    mark     // zero for the beginning
	Proof   rowProof // the row at Mark
	Newest  rowProof // the row with the highest number
	Until   int64    // Unix nanoseconds of the newest reading
	Dropped []timeline.Dropped
}

const bookmarkVersion = 3

// rowProof identifies a row by its number and what it holds.
type rowProof struct {
	RowID   int64
	Content string
}

// rowFrom returns the first row whose number is at least from.
func rowFrom(conn *sqlite.Conn, s Series, from int64) (rowProof, error) {
	stmt, err := conn.Prepare("SELECT " + s.table.rowID + ", substr(quote(" + quoted(s.Time) + ") || quote(" + quoted(s.Value) + "), 1, 100) FROM " +
		quoted(s.Table) + " WHERE " + s.table.rowID + " >= :from ORDER BY " + s.table.rowID + " LIMIT 1")
	if err != nil {
		return rowProof{}, err
	}
	defer stmt.Reset()
	stmt.SetInt64(":from", from)
	if found, err := stmt.Step(); err != nil || !found {
		return rowProof{}, err
	}
	return rowProof{RowID: stmt.ColumnInt64(0), Content: stmt.ColumnText(1)}, nil
}

// identity hashes everything that the energy read from a series depends on:
// where it stands, and how it is read. Some of the latter is concluded from the
// rows, and may change with them.
func (s Series) identity() (source, reading string) {
	clock := ""
	if s.TimeFormat == FormatLocal {
		clock = s.ClockZone.String()
	}
	hash := func(format string, parts ...any) string {
		sum := sha256.Sum256(fmt.Appendf(nil, format, parts...))
		return hex.EncodeToString(sum[:12])
	}
	return hash("%q %q %q %q %q %q", s.Table, s.Time, s.Value, s.Where, s.Kind, s.Unit),
		hash("%q %q %q %d %d %g %t", s.TimeFormat, clock, s.Label, s.Step, s.MaxGap, s.MaxKW, s.signed)
}

// leave returns the bookmark of a finished roll-up, or nil when the next one
// has to read everything.
func (t *trail) leave(conn *sqlite.Conn, s *scan, purged bool) ([]byte, error) {
	if t.newest.At == 0 || s.series.table.rowID == "" {
		return nil, nil
	}
	b := bookmark{Version: bookmarkVersion, Purged: purged, Until: t.newest.At}
	b.Source, b.Reading = s.series.identity()
	if len(t.marks) > 0 {
		b.Mark = t.marks[0]
	}
	if listed := len(s.dropped) - (s.droppedTotal - b.Mark.Dropped); listed > 0 {
		b.Dropped = lastOf(s.dropped[:listed])
	}
	var err error
	if b.First, err = rowFrom(conn, s.series, math.MinInt64); err != nil {
		return nil, err
	}
	if b.Proof, err = rowFrom(conn, s.series, b.Mark.RowID); err != nil {
		return nil, err
	}
	if b.Newest, err = rowFrom(conn, s.series, s.rowID); err != nil {
		return nil, err
	}
	return json.Marshal(b)
}

// place is where to go on after a roll-up.
type place struct {
	mark
	dropped []timeline.Dropped // what had been dropped until there
	purged  bool               // the table has lost rows at its beginning, which stay in what was kept
}

// resume returns where to go on after the roll-up that left the bookmark: the
// beginning, if the table is not the one that was read then, or is read in
// another way now.
func resume(conn *sqlite.Conn, s Series, data []byte) (place, error) {
	source, reading := s.identity()
	var b bookmark
	if len(data) == 0 || json.Unmarshal(data, &b) != nil || b.Version != bookmarkVersion || b.Source != source {
		return place{}, nil
	}
	_, newest, err := rowIDs(conn, s.table)
	if err != nil || newest < b.Newest.RowID {
		return place{}, err
	}
	first, err := rowFrom(conn, s, math.MinInt64)
	if err != nil {
		return place{}, err
	}
	if first.RowID > b.Newest.RowID && b.Reading == reading {
		next := (b.Until/second/timeline.QuarterHour + 1) * timeline.QuarterHour
		return place{mark: mark{From: next, RowID: first.RowID, Clock: b.Until / second, Latest: b.Mark.Latest, Dropped: b.Mark.Dropped},
			dropped: b.Dropped, purged: true}, nil
	}
	end, err := rowFrom(conn, s, b.Newest.RowID)
	if err != nil {
		return place{}, err
	}
	proof, err := rowFrom(conn, s, b.Mark.RowID)
	if err != nil {
		return place{}, err
	}
	marked := b.Mark.From != 0 && proof == b.Proof
	purged := b.Purged || first.RowID > b.First.RowID
	switch {
	case end != b.Newest && !marked: // another table of that name
		return place{}, nil
	case marked && b.Reading == reading && (first == b.First || first.RowID > b.First.RowID):
		return place{mark: b.Mark, dropped: b.Dropped, purged: purged}, nil
	default:
		return place{purged: purged}, nil
	}
}
