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
	"zombiezen.com/go/sqlite/sqlitex"
)

// bookmark is what a roll-up leaves for the next one: where to go on, and by
// what to see that the table is still the one that was read.
type bookmark struct {
	Version int
	Source  string     // a hash of from where the series is read
	Reading string     // a hash of how
	Clock   TimeFormat // of stamps without an offset, once it was known which clock's they are

	First   rowProof   // the first row
	Purged  bool       // there were rows before it, which stay in what was kept
	Anchors []rowProof // some rows between First and Late
	Late    mark       // 48 hours before the end, zero for the beginning
	Proof   rowProof   // the row at Late
	Recent  mark       // as near to the end as can be
	Newest  rowProof   // the last row
	Numbers int64      // the highest row number, of a table that is read by time
	Edition int64      `json:",omitempty"` // of a copy, whose old rows may be changed

	Until   int64            // Unix nanoseconds of the newest reading
	Latest  timeline.Reading // as in timeline.RollUp
	Dropped []timeline.Dropped
	Total   int // of those dropped

	// Older is the mark that everything before is still to be read of; zero
	// when all was read. OlderRows is how many rows were read so far.
	Older     mark
	OlderRows int64

	Finer json.RawMessage `json:",omitempty"` // the bookmark of Series.finer
}

const bookmarkVersion = 4

// rowProof identifies a row by where it stands and what it holds.
type rowProof struct {
	Position int64
	Content  string
}

// rowFrom returns the first row at or behind a position.
func rowFrom(conn *sqlite.Conn, s Series, from int64) (rowProof, error) {
	position, match, order := s.table.rowID, "1", s.table.rowID
	if s.byTime {
		position, match, order = quoted(s.Time), s.Where.match(true), quoted(s.Time)
	}
	content := "quote(" + quoted(s.Time) + ")"
	for _, name := range s.values {
		content += " || quote(" + quoted(name) + ")"
	}
	stmt, err := conn.Prepare("SELECT " + position + ", substr(" + content + ", 1, 100) FROM " + quoted(s.Table) +
		" WHERE " + match + " AND " + order + " >= :from ORDER BY " + order + " LIMIT 1")
	if err != nil {
		return rowProof{}, err
	}
	defer stmt.Reset()
	scale := int64(1)
	if s.byTime {
		s.Where.bind(stmt)
		if scale = s.TimeFormat.perSecond(); from != math.MinInt64 {
			from *= scale
		}
	}
	stmt.SetInt64(":from", from)
	if found, err := stmt.Step(); err != nil || !found {
		return rowProof{}, err
	}
	proof := rowProof{Position: stmt.ColumnInt64(0), Content: stmt.ColumnText(1)}
	if s.byTime {
		proof.Position = int64(math.Floor(stmt.ColumnFloat(0) / float64(scale)))
	}
	return proof, nil
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
	return hash("%q %q %q %q %q %q %t", s.Table, s.Time, s.values, s.Where, s.Kind, s.Unit, s.byTime),
		hash("%q %q %q %d %d %g %t %t %t %q %d", s.TimeFormat, clock, s.Label, s.Step, s.MaxGap, s.MaxKW, s.signed, s.carried, s.overwritten, s.estimated, s.order)
}

// proofs fills in what the table is to be recognised by, up to the row that a
// scan ended at.
func (b *bookmark) proofs(conn *sqlite.Conn, s Series, end int64) (err error) {
	for _, proof := range []struct {
		to *rowProof
		at int64
	}{{&b.First, math.MinInt64}, {&b.Proof, b.Late.Position}, {&b.Newest, end}} {
		if *proof.to, err = rowFrom(conn, s, proof.at); err != nil {
			return err
		}
	}
	if b.Edition, err = editionOf(conn); err != nil {
		return err
	}
	if s.byTime && s.table.rowID != "" {
		if _, b.Numbers, err = rowIDs(conn, s.table); err != nil {
			return err
		}
	}
	return b.anchor(conn, s)
}

// editionOf is that of a copy (see CopyTable), 0 for any other database.
func editionOf(conn *sqlite.Conn) (edition int64, err error) {
	copied := false
	err = sqlitex.Execute(conn, "SELECT 1 FROM sqlite_schema WHERE name = ?", &sqlitex.ExecOptions{Args: []any{CopyTable},
		ResultFunc: func(*sqlite.Stmt) error { copied = true; return nil }})
	if err != nil || !copied {
		return 0, err
	}
	return pragma(conn, "user_version")
}

// anchor keeps some rows of long ago, by which to see that history was changed.
func (b *bookmark) anchor(conn *sqlite.Conn, s Series) error {
	const anchors = 8
	b.Anchors = nil
	if b.Late.isZero() {
		return nil
	}
	for i := int64(1); i < anchors; i++ {
		proof, err := rowFrom(conn, s, b.First.Position+(b.Late.Position-b.First.Position)/anchors*i)
		if err != nil {
			return err
		}
		b.Anchors = append(b.Anchors, proof)
	}
	return nil
}

// held reports whether the rows of long ago, as far as they were not purged,
// are what they were.
func (b *bookmark) held(conn *sqlite.Conn, s Series, first rowProof) (bool, error) {
	for _, anchor := range b.Anchors {
		if anchor.Position < first.Position {
			continue
		}
		if now, err := rowFrom(conn, s, anchor.Position); err != nil || now != anchor {
			return false, err
		}
	}
	return true, nil
}

// openBookmark reads a bookmark; false says that it is none of this series.
func openBookmark(s Series, data []byte) (b bookmark, ok bool) {
	source, _ := s.identity()
	ok = len(data) > 0 && json.Unmarshal(data, &b) == nil && b.Version == bookmarkVersion && b.Source == source
	return b, ok
}

// place is where to go on after a roll-up.
type place struct {
	mark
	listed []timeline.Dropped // what had been dropped until there
	latest timeline.Reading   // before it
	purged bool               // the table has lost rows at its beginning, which stay in what was kept
}

// at is the place of one of the marks of a bookmark.
func (b *bookmark) at(m mark, purged bool) place {
	p := place{mark: m, latest: b.Latest, purged: purged}
	if listed := len(b.Dropped) - (b.Total - m.Dropped); listed > 0 {
		p.listed = b.Dropped[:listed]
	}
	return p
}

// fits says whether the table is the one that the bookmark was left in, and
// returns where to go on: at the recent mark, at the late one when rows may
// have come late, else at the beginning.
func (b *bookmark) fits(conn *sqlite.Conn, s Series, late bool) (place, error) {
	_, reading := s.identity()
	_, end, err := s.positions(conn)
	if err != nil || end < b.Newest.Position {
		return place{}, err
	}
	first, err := rowFrom(conn, s, math.MinInt64)
	if err != nil {
		return place{}, err
	}
	if first.Position > b.Newest.Position && b.Reading == reading {
		next := (b.Until/second/timeline.QuarterHour + 1) * timeline.QuarterHour
		return b.at(mark{Rows: next, From: next, Position: first.Position, Clock: b.Until / second, Dropped: b.Total}, true), nil
	}
	newest, err := rowFrom(conn, s, b.Newest.Position)
	if err != nil {
		return place{}, err
	}
	proof, err := rowFrom(conn, s, b.Late.Position)
	if err != nil {
		return place{}, err
	}
	marked := !b.Late.isZero() && proof == b.Proof
	purged := b.Purged || first.Position > b.First.Position
	if newest != b.Newest && !marked { // another table of that name
		return place{}, nil
	}
	edition, err := editionOf(conn)
	if err != nil {
		return place{}, err
	}
	if !marked || b.Reading != reading || b.Edition != edition || first != b.First && first.Position <= b.First.Position {
		return place{purged: purged}, nil
	}
	if held, err := b.held(conn, s, first); err != nil || !held {
		return place{purged: purged}, err
	}
	if earlier, err := b.insertedBefore(conn, s, b.Late.Position); err != nil || earlier {
		return place{purged: purged}, err
	}
	if late || newest != b.Newest {
		return b.at(b.Late, purged), nil
	}
	if earlier, err := b.insertedBefore(conn, s, b.Recent.Position); err != nil || earlier {
		return b.at(b.Late, purged), err
	}
	return b.at(b.Recent, purged), nil
}

// insertedBefore reports whether rows that are read by time were added before a
// position since: history that was imported.
func (b *bookmark) insertedBefore(conn *sqlite.Conn, s Series, position int64) (bool, error) {
	if !s.byTime || s.table.rowID == "" {
		return false, nil
	}
	stmt, err := conn.Prepare("SELECT 1 FROM " + quoted(s.Table) + " WHERE " + s.table.rowID + " > :numbers AND +" + quoted(s.Time) +
		" < :position AND " + s.Where.match(false) + " LIMIT 1")
	if err != nil {
		return false, err
	}
	defer stmt.Reset()
	stmt.SetInt64(":numbers", b.Numbers)
	stmt.SetInt64(":position", position*s.TimeFormat.perSecond())
	s.Where.bind(stmt)
	return stmt.Step()
}

// latestOf is the newest reading of a pass or, without one, the one before it.
func latestOf(p *pass, before timeline.Reading) timeline.Reading {
	if at, watts, ok := p.latest(); ok {
		return timeline.Reading{Time: time.Unix(0, at).UTC(), Value: watts}
	}
	return before
}
