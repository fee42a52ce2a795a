package energy

import (
	"maps"
	"math/bits"
	"slices"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// A sample is some rows of a table, in blocks of neighbours spread over it and
// the newest row: for each row a cell for each column asked for. Its blocks
// begin at fixed row numbers, so that it changes seldom as the table grows, and
// with it what is concluded from it.
type sample [][][]cell

const (
	sampleBlocks = 32
	blockRows    = 33
)

func takeSample(conn *sqlite.Conn, t table, columns []string, where Where) (sample, error) {
	query := "SELECT "
	for _, name := range columns {
		query += quoted(name) + ", "
	}
	if t.rowID == "" {
		query += "0 FROM " + quoted(t.name) + " WHERE 0 = :from AND " + where.match(false)
		block, _, err := sampleBlock(conn, query, 0, where, sampleBlocks*blockRows)
		return sample{block}, err
	}
	oldest, newest, err := rowIDs(conn, t)
	if err != nil {
		return nil, err
	}
	query += t.rowID + " FROM " + quoted(t.name) + " WHERE " + t.rowID + " >= :from AND " + where.match(false) + " ORDER BY " + t.rowID
	span := uint64(newest) - uint64(oldest)
	if span < sampleBlocks*blockRows {
		block, _, err := sampleBlock(conn, query, oldest, where, sampleBlocks*blockRows)
		return sample{block}, err
	}
	spacing := int64(1) << bits.Len64(span/sampleBlocks)
	var s sample
	for from, last := oldest, oldest; last < newest; from = min(newest, (last/spacing+1)*spacing) {
		var block [][]cell
		block, last, err = sampleBlock(conn, query, from, where, blockRows)
		if err != nil || len(block) == 0 {
			return s, err
		}
		s = append(s, block)
	}
	// A row number that is far from all others, as of a clock that nobody had
	// set, leaves most blocks empty.
	if len(s.column(0)) < sampleBlocks*blockRows/2 {
		block, _, err := sampleBlock(conn, query, oldest, where, sampleBlocks*blockRows)
		return append(sample{block}, s[len(s)-1]), err
	}
	return s, nil
}

// sampleBlock reads rows next to each other; the last column of query is the
// row number, and that of the last row is returned.
func sampleBlock(conn *sqlite.Conn, query string, from int64, where Where, most int) (rows [][]cell, last int64, err error) {
	stmt, err := conn.Prepare(query + " LIMIT :most")
	if err != nil {
		return nil, 0, err
	}
	defer stmt.Reset()
	stmt.SetInt64(":from", from)
	stmt.SetInt64(":most", int64(most))
	where.bind(stmt)
	columns := stmt.ColumnCount() - 1
	for {
		if found, err := stmt.Step(); err != nil || !found {
			return rows, last, err
		}
		row := make([]cell, columns)
		for i := range row {
			row[i].read(stmt, i)
		}
		rows = append(rows, row)
		last = stmt.ColumnInt64(columns)
	}
}

// rowIDs returns the lowest and the highest row number; 0 and 0 for an empty
// table. Two subqueries, because one query for both would read every row.
func rowIDs(conn *sqlite.Conn, t table) (oldest, newest int64, err error) {
	query := "SELECT (SELECT min(" + t.rowID + ") FROM " + quoted(t.name) + "), (SELECT max(" + t.rowID + ") FROM " + quoted(t.name) + ")"
	err = sqlitex.ExecuteTransient(conn, query, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		oldest, newest = stmt.ColumnInt64(0), stmt.ColumnInt64(1)
		return nil
	}})
	return oldest, newest, err
}

// column returns the sampled cells of one column.
func (s sample) column(i int) []*cell {
	var cells []*cell
	for _, block := range s {
		for row := range block {
			cells = append(cells, &block[row][i])
		}
	}
	return cells
}

// settleFormat says how at least so many percent of cells write a time; text
// without an offset counts as local for now. Stamps of a clock that nobody had
// set are neither for nor against a format.
func settleFormat(cells []*cell, percent int) (TimeFormat, bool) {
	votes := map[TimeFormat]int{}
	cast := 0
	order := dayOrder(cells)
	for _, c := range cells {
		if c.kind == sqlite.TypeNull {
			continue
		}
		cast++
		if format := formatOf(c, order); format != "" {
			votes[format]++
		}
	}
	const unset = TimeFormat("unset")
	for format, n := range votes {
		if format != unset && n*100 >= (cast-votes[unset])*percent && n*500 >= cast*4*percent {
			return format, true
		}
	}
	return "", false
}

func formatOf(c *cell, order dateOrder) TimeFormat {
	t, ok := parseOrdered(c.text, order)
	if !ok {
		t, ok = parseTelegram(c.text)
	}
	if ok && c.kind == sqlite.TypeText {
		if t.zoned {
			return FormatISO
		}
		return FormatLocal
	}
	number, ok := c.number()
	const y2k = 946_684_800 // where many clocks begin
	switch {
	case !ok:
		return ""
	case number >= 1e9 && number < 2.1e9:
		return FormatUnix
	case number >= 1e12 && number < 2.1e12:
		return FormatUnixMillis
	case number >= 1e15 && number < 2.1e15:
		return FormatUnixMicros
	case number >= 1e18 && number < 2.1e18:
		return FormatUnixNanos
	case c.kind == sqlite.TypeFloat && number >= 2.44e6 && number < 2.47e6:
		return FormatJulian
	case c.kind == sqlite.TypeInteger && number >= 2.005e13 && number < 2.1e13: // 20240331140005
		return FormatLocal
	case number >= 0 && number < 1e7, number >= y2k && number < y2k+1e7, number >= y2k*1e3 && number < (y2k+1e7)*1e3:
		return "unset"
	}
	return ""
}

// medianStep returns the median time between neighbours of the sample, or 0
// when there are none; the stamps are in its first column. Newest first is an
// order too; scattered says that there is none, so that neighbours in the table
// are not neighbours in time.
func (s sample) medianStep(newStamps func() *stamps) (step time.Duration, scattered bool) {
	steps := map[time.Duration]int{}
	up, down := 0, 0
	for _, block := range s {
		stamps, last := newStamps(), int64(0)
		for row := range block {
			at, doubt := stamps.read(&block[row][0])
			switch {
			case doubt != "":
				continue
			case last != 0 && at > last:
				up++
				steps[coarse(at-last)]++
			case last != 0 && at < last:
				down++
				steps[coarse(last-at)]++
			}
			last = at
		}
	}
	return median(steps), 10*min(up, down) > up+down
}

// coarse is a step in whole seconds or, below one, in milliseconds.
func coarse(nanos int64) time.Duration {
	if step := time.Duration(nanos); step > time.Second {
		return step.Round(time.Second)
	}
	return max(time.Duration(nanos).Round(time.Millisecond), time.Millisecond)
}

// median returns the median of steps that are counted, 0 of none.
func median(steps map[time.Duration]int) time.Duration {
	sorted, left := slices.Sorted(maps.Keys(steps)), 1
	for _, n := range steps {
		left += n
	}
	left /= 2
	for _, step := range sorted {
		if left -= steps[step]; left <= 0 {
			return step
		}
	}
	return 0
}
