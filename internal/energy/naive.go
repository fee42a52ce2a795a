package energy

import (
	"math"
	"regexp"
	"time"

	"zombiezen.com/go/sqlite"
)

var (
	defaultUTC   = regexp.MustCompile(`(?i)current_timestamp|'now'`)
	defaultLocal = regexp.MustCompile(`(?i)'localtime'`)
)

// settleClock says whether stamps without an offset are of a wall clock in the
// zone or of one set to UTC. The column's default tells, or the rows near a
// clock change, or stamps that would lie in the future. When nothing does, it
// is taken as local and not settled.
func (d *detection) settleClock(s Series, rows sample) (format TimeFormat, settled bool, err error) {
	if d.mapping.ClockZone != nil {
		return FormatLocal, true, nil
	}
	stamp, _ := s.table.column(s.Time)
	switch {
	case defaultLocal.MatchString(stamp.defaultValue):
		return FormatLocal, true, nil
	case defaultUTC.MatchString(stamp.defaultValue):
		return FormatUTC, true, nil
	}
	first, last := int64(math.MaxInt64), int64(math.MinInt64)
	for _, c := range rows.column(0) {
		if wall, ok := wallOf(c); ok {
			first, last = min(first, wall), max(last, wall)
		}
	}
	if last < first {
		return FormatLocal, false, nil
	}
	if s.table.rowID != "" && len(s.Where) == 0 {
		if format, settled, err = d.clockAtChanges(s, first, last); settled || err != nil {
			return format, settled, err
		}
	}
	const slack = 600
	_, offset := d.now.In(d.zone).Zone()
	switch ahead := last - d.now.Unix(); {
	case ahead > slack && ahead <= int64(offset)+slack:
		return FormatLocal, true, nil // as UTC it would not have happened yet
	case ahead-int64(offset) > slack && ahead <= slack:
		return FormatUTC, true, nil
	}
	return FormatLocal, false, nil
}

// clockAtChanges looks at the rows around the last clock changes of the zone
// between two wall times.
func (d *detection) clockAtChanges(s Series, first, last int64) (format TimeFormat, settled bool, err error) {
	const changes = 6
	at := time.Unix(last, 0).In(d.zone)
	for range changes {
		change, _ := at.ZoneBounds()
		if change.IsZero() || change.Unix() < first {
			break
		}
		at = change.Add(-time.Second)
		_, before := at.Zone()
		_, after := change.Zone()
		// The wall times from..to are shown twice or not at all.
		from, to := change.Unix()+int64(min(before, after)), change.Unix()+int64(max(before, after))
		if from == to {
			continue
		}
		walls, err := d.wallsAround(s, from, to)
		if err != nil {
			return "", false, err
		}
		format, settled = clockOf(walls, from, to, after < before)
		if stamp, _ := s.table.column(s.Time); stamp.primaryKey && after < before && format == FormatUTC {
			settled = false // of the two local times alike, only one was kept
		}
		if settled {
			return format, true, nil
		}
	}
	return "", false, nil
}

// clockOf judges wall times, in the order of their rows, around the stretch
// [from, to) that a local clock shows twice, or else not at all.
func clockOf(walls []int64, from, to int64, twice bool) (format TimeFormat, settled bool) {
	width := to - from
	var before, inside, after int
	last, gap := int64(0), int64(0)
	for _, wall := range walls {
		if twice && last-wall >= width/2 && last < to+width && wall >= from {
			return FormatLocal, true
		}
		if last != 0 {
			gap = max(gap, wall-last)
		}
		last = wall
		switch {
		case wall < from:
			before++
		case wall < to:
			inside++
		default:
			after++
		}
	}
	switch {
	case before == 0 || after == 0:
		return "", false
	case twice:
		return FormatUTC, inside > 0 && gap <= width/2
	case inside == 0:
		return FormatLocal, true
	}
	return FormatUTC, 8*inside >= before+after
}

// wallsAround reads the wall times of the rows from one width of the stretch
// before it to one width after it, in a table that is more or less in order.
func (d *detection) wallsAround(s Series, from, to int64) ([]int64, error) {
	stmt, err := d.conn.Prepare("SELECT " + s.table.rowID + ", " + quoted(s.Time) + " FROM " + quoted(s.Table) +
		" WHERE " + s.table.rowID + " >= :from ORDER BY " + s.table.rowID)
	if err != nil {
		return nil, err
	}
	defer stmt.Reset()
	width := to - from
	low, high, err := rowIDs(d.conn, s.table)
	if err != nil {
		return nil, err
	}
	for low < high {
		middle := low + (high-low)/2
		rowID, wall, ok, err := firstWall(stmt, middle)
		if err != nil {
			return nil, err
		}
		if !ok || wall >= from-width {
			high = middle
		} else {
			low = rowID + 1
		}
	}
	const most = 30_000
	var walls []int64
	_, wall, ok, err := firstWall(stmt, low)
	for ; ok && err == nil && wall < to+width && len(walls) < most; _, wall, ok, err = nextWall(stmt) {
		walls = append(walls, wall)
	}
	return walls, err
}

func firstWall(stmt *sqlite.Stmt, from int64) (rowID, wall int64, ok bool, err error) {
	if err := stmt.Reset(); err != nil {
		return 0, 0, false, err
	}
	stmt.SetInt64(":from", from)
	return nextWall(stmt)
}

// nextWall returns the next row whose stamp can be read.
func nextWall(stmt *sqlite.Stmt) (rowID, wall int64, ok bool, err error) {
	var c cell
	for {
		if found, err := stmt.Step(); err != nil || !found {
			return 0, 0, false, err
		}
		c.read(stmt, 1)
		if wall, ok := wallOf(&c); ok {
			return stmt.ColumnInt64(0), wall, true, nil
		}
	}
}

// wallOf returns what a wall clock showed, unless nobody had set it.
func wallOf(c *cell) (wall int64, ok bool) {
	local := stamps{format: FormatLocal, text: true}
	wall, _, _, ok = local.parse(c)
	return wall, ok && wall >= earliest
}
