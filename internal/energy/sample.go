package energy

import (
	"maps"
	"math"
	"math/bits"
	"slices"
	"strings"
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
	sampleReach  = 3000 // rows
)

func takeSample(conn *sqlite.Conn, t table, columns []string, where Where) (sample, error) {
	query := "SELECT "
	for _, name := range columns {
		query += quoted(name) + ", "
	}
	if stamp := t.leadingTo(where); stamp != "" {
		return sampleEnds(conn, t, query, stamp, where)
	}
	if t.rowID == "" {
		query += "0 FROM " + quoted(t.name) + " WHERE 0 = :from AND :until > 0 AND " + where.match(false)
		block, _, err := sampleBlock(conn, query, 0, 1, where, sampleBlocks*blockRows)
		return sample{block}, err
	}
	oldest, newest, err := rowIDs(conn, t)
	if err != nil {
		return nil, err
	}
	query += t.rowID + " FROM " + quoted(t.name) + " WHERE " + t.rowID + " BETWEEN :from AND :until AND " + where.match(false) + " ORDER BY " + t.rowID
	span := uint64(newest) - uint64(oldest)
	if span < sampleBlocks*blockRows {
		block, _, err := sampleBlock(conn, query, oldest, math.MaxInt64, where, sampleBlocks*blockRows)
		return sample{block}, err
	}
	spacing := int64(1) << bits.Len64(span/sampleBlocks)
	var s sample
	for from, last := oldest, oldest; last < newest; from = min(newest, (last/spacing+1)*spacing) {
		var block [][]cell
		until := int64(math.MaxInt64)
		if len(where) > 0 { // no block looks far for the rows of one meter
			if until, err = rowAfter(conn, t, from, sampleReach); err != nil {
				return nil, err
			}
		}
		block, last, err = sampleBlock(conn, query, from, until, where, blockRows)
		if err != nil {
			return s, err
		}
		if last = max(last, from); len(block) > 0 {
			s = append(s, block)
		}
	}
	// A row number that is far from all others, as of a clock that nobody had
	// set, leaves most blocks empty, and so do rare rows of one meter.
	if len(s.column(0)) < sampleBlocks*blockRows/2 {
		block, _, err := sampleBlock(conn, query, oldest, math.MaxInt64, where, sampleBlocks*blockRows)
		if len(s) > 0 {
			return append(sample{block}, s[len(s)-1]), err
		}
		return sample{block}, err
	}
	return s, nil
}

// leadingTo returns the column that an index has behind nothing but the columns
// of where, "" when there is no such index or nothing to pick.
func (t table) leadingTo(where Where) string {
	if len(where) == 0 || where.together() > 1 {
		return ""
	}
	for _, c := range where {
		if column, _ := t.column(c.Column); !column.typed {
			return ""
		}
	}
	for _, index := range t.indexes {
		if len(index) <= len(where) {
			continue
		}
		picked := 0
		for _, name := range index[:len(where)] {
			if slices.ContainsFunc(where, func(c Condition) bool { return strings.EqualFold(c.Column, name) }) {
				picked++
			}
		}
		if picked == len(where) {
			return index[len(where)]
		}
	}
	return ""
}

// sampleEnds takes the first and the last rows that an index leads to, in order
// of its next column.
func sampleEnds(conn *sqlite.Conn, t table, query, stamp string, where Where) (sample, error) {
	const most = sampleBlocks * blockRows / 2
	var s sample
	for _, order := range []string{"", " DESC"} {
		block, _, err := sampleBlock(conn, query+"0 FROM "+quoted(t.name)+" WHERE 0 = :from AND :until > 0 AND "+where.match(true)+
			" ORDER BY "+quoted(stamp)+order, 0, 1, where, most)
		if err != nil {
			return nil, err
		}
		if order != "" {
			slices.Reverse(block)
		}
		s = append(s, block)
		if len(block) < most { // all of them
			break
		}
	}
	return s, nil
}

// rowAfter returns the number of the row so many behind another, the highest
// number when there are not so many.
func rowAfter(conn *sqlite.Conn, t table, from int64, rows int64) (int64, error) {
	stmt, err := conn.Prepare("SELECT " + t.rowID + " FROM " + quoted(t.name) + " WHERE " + t.rowID + " >= :from ORDER BY " + t.rowID + " LIMIT 1 OFFSET :rows")
	if err != nil {
		return 0, err
	}
	defer stmt.Reset()
	stmt.SetInt64(":from", from)
	stmt.SetInt64(":rows", rows)
	if found, err := stmt.Step(); err != nil || !found {
		return math.MaxInt64, err
	}
	return stmt.ColumnInt64(0), nil
}

// sampleBlock reads rows next to each other; the last column of query is the
// row number, and that of the last row is returned.
func sampleBlock(conn *sqlite.Conn, query string, from, until int64, where Where, most int) (rows [][]cell, last int64, err error) {
	stmt, err := conn.Prepare(query + " LIMIT :most")
	if err != nil {
		return nil, 0, err
	}
	defer stmt.Reset()
	stmt.SetInt64(":from", from)
	stmt.SetInt64(":until", until)
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
