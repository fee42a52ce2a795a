package meterserver

import (
	"context"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"vitals/internal/energy"
	"vitals/internal/postgres"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// lateEvery is how often the newest rows are compared with the server's, for rows
// that came late or were changed, and the list of tables is read again. It is as
// often as package energy reads the last 48 hours anew.
const lateEvery = 10 * time.Minute

const (
	lateWindow = 48 * time.Hour
	lateRows   = 20_000  // of tables whose key is no time
	lateIDs    = 500_000 // row numbers, of which only some may be rows that are copied
)

// pageRows is how many rows are read at a time and, of a table that the server has
// to read whole for each page, how many then.
const (
	pageRows          = 20_000
	pageRowsUnindexed = 100_000
	pageIDs           = 1_000_000 // row numbers that a page goes through to pick some
	mostOfOneTime     = 500_000   // rows, as they are in memory together
)

// How often all rows are compared where the server counts changes that the newest
// rows do not account for, or does not count; the shorter of small tables.
const (
	fullEvery, fullEveryOfSmall = 24 * time.Hour, time.Hour
	small                       = 250_000 // rows
)

// seen is what a short question tells of a table.
type seen struct {
	oid            int64
	oldest, newest string // keys, "" for no rows
	counts         counts
}

// look asks for the ends of each table, and for what the server counts.
func look(ctx context.Context, conn *postgres.Conn, sources []source) ([]seen, error) {
	var parts []string
	var args []any
	for i, s := range sources {
		args = append(args, s.quotedName())
		oid := "$" + strconv.Itoa(len(args)) + "::text::regclass::oid"
		end := func(order string) string {
			return s.key.asked("(SELECT " + postgres.Quoted(s.key.name) + " FROM " + s.quotedName() + " WHERE " + s.key.bounds() +
				" ORDER BY " + postgres.Quoted(s.key.name) + order + " LIMIT 1)")
		}
		parts = append(parts, "SELECT "+strconv.Itoa(i)+", "+oid+", "+end("")+", "+end(" DESC")+
			", pg_stat_get_tuples_inserted("+oid+"), pg_stat_get_tuples_updated("+oid+"), pg_stat_get_tuples_deleted("+oid+")")
	}
	found := make([]seen, len(sources))
	err := conn.Each(ctx, func(row []postgres.Cell) error {
		key := sources[numberOf(row[0])].key
		found[numberOf(row[0])] = seen{numberOf(row[1]), key.aligned(string(row[2])), key.aligned(string(row[3])), counts{numberOf(row[4]), numberOf(row[5]), numberOf(row[6])}}
		return nil
	}, strings.Join(parts, " UNION ALL "), args...)
	return found, err
}

// page is some rows of a table, in order, with their numbers.
type page struct {
	rows []numbered
	keys []string // of the rows
	full bool     // there may be more
	next string   // the key that those begin at
}

// readPage reads rows from a key on: behind it if the key is the row number, else
// with it. An until that is not "" is the row number of the last one.
func (s source) readPage(ctx context.Context, conn *postgres.Conn, from, until string, most int) (page, error) {
	columns := []string{s.key.asked(postgres.Quoted(s.key.name))}
	for _, c := range s.copied {
		columns = append(columns, c.asked(s.longest))
	}
	where, args := s.key.bounds(), slices.Clone(s.args)
	if s.filter != "" {
		where += " AND (" + s.filter + ")"
	}
	if from != "" {
		args = append(args, from)
		than := " >= "
		if s.key.numbers {
			than = " > "
		}
		where += " AND " + postgres.Quoted(s.key.name) + than + s.key.from("$"+strconv.Itoa(len(args)))
	}
	if until != "" {
		args = append(args, until)
		where += " AND " + postgres.Quoted(s.key.name) + " <= " + s.key.from("$"+strconv.Itoa(len(args)))
	}
	if s.key.twice != nil {
		columns = append(columns, "ctid")
	}
	var p page
	var places []int64
	err := conn.Each(ctx, func(row []postgres.Cell) error {
		cells := make([]cell, len(s.copied))
		for i, c := range s.copied {
			cells[i] = c.value(row[1+i])
		}
		if s.key.twice != nil {
			places = append(places, placeOf(row[len(columns)-1]))
		}
		p.rows, p.keys = append(p.rows, numbered{cells: cells}), append(p.keys, s.key.aligned(string(row[0])))
		return nil
	}, "SELECT "+strings.Join(columns, ", ")+" FROM "+s.quotedName()+" AS t WHERE "+where+" ORDER BY "+s.key.ordered()+" LIMIT "+strconv.Itoa(most), args...)
	if err != nil {
		return page{}, err
	}
	if p.full = len(p.rows) == most; p.full {
		p.next = p.keys[most-1]
	} else if until != "" {
		p.full, p.next = true, until
	}
	if p.full && !s.key.numbers { // then until is "": the last time may have more rows: all of them are on the next page
		n := len(p.rows) - 1
		for n > 0 && p.keys[n-1] == p.keys[n] {
			n--
		}
		p.rows, p.keys = p.rows[:n], p.keys[:n]
	}
	if s.key.twice != nil {
		p.inPasses(s.key, places)
	}
	before := int64(math.MinInt64)
	for i := range p.rows {
		number := s.key.number(p.keys[i])
		if !s.key.numbers {
			number = max(number, before+1)
		}
		p.rows[i].number, before = number, number
	}
	return p, nil
}

// inPasses puts rows of times that a clock shows twice in the order of their places.
// All of them have the same key.
func (p page) inPasses(k key, places []int64) {
	for begin := 0; begin < len(p.rows); {
		end := begin + 1
		for end < len(p.rows) && p.keys[end] == p.keys[begin] {
			end++
		}
		if end > begin+1 && k.passes(p.keys[begin]) {
			sort.Stable(byPlace{p.rows[begin:end], places[begin:end]})
		}
		begin = end
	}
}

type byPlace struct {
	rows   []numbered
	places []int64
}

func (b byPlace) Len() int           { return len(b.rows) }
func (b byPlace) Less(i, j int) bool { return b.places[i] < b.places[j] }
func (b byPlace) Swap(i, j int) {
	b.rows[i], b.rows[j] = b.rows[j], b.rows[i]
	b.places[i], b.places[j] = b.places[j], b.places[i]
}

// placeOf is the order of a row's place, which the server writes as (block,row).
func placeOf(raw postgres.Cell) int64 {
	block, row, _ := strings.Cut(strings.Trim(string(raw), "()"), ",")
	return numberOf(postgres.Cell(block))<<16 + numberOf(postgres.Cell(row))
}

// refresh brings the copy up to date. Whoever calls it holds the copy's lock.
func (m *Meter) refresh(ctx context.Context, c *rowsCopy, progress func(done, total int64)) error {
	now := m.now()
	if m.sources == nil || now.Sub(m.chosen).Abs() >= lateEvery {
		var sources []source
		err := m.ask(ctx, func(ctx context.Context, conn *postgres.Conn) (err error) {
			sources, err = m.choose(ctx, conn)
			return err
		})
		if err != nil {
			return err
		}
		m.sources, m.chosen = sources, now
	}
	if err := c.keepOnly(m.sources); err != nil {
		return err
	}
	found, err := m.look(ctx)
	if err != nil {
		return err
	}
	told := &telling{progress: progress}
	for _, s := range m.sources {
		told.total += s.rows
	}
	for i, s := range m.sources {
		if err := m.refreshTable(ctx, c, s, found[i], told); err != nil {
			return err
		}
	}
	var of fileNote
	if err := c.get("", &of); err != nil {
		return err
	}
	if !of.Whole {
		of.Whole = true
		if err := c.together(func() error { return c.put("", of) }); err != nil {
			return err
		}
	}
	m.seen = found
	return nil
}

// telling tells of progress where that is of more than a page.
type telling struct {
	progress    func(done, total int64)
	done, total int64
}

func (t *telling) read(rows int64, more bool) {
	t.done += rows
	if t.progress != nil && (more || t.done > pageRows) {
		t.progress(t.done, max(t.done, t.total))
	}
}

// refreshTable brings the copy of one table up to date.
func (m *Meter) refreshTable(ctx context.Context, c *rowsCopy, s source, at seen, told *telling) error {
	var n note
	if err := c.get(s.as, &n); err != nil {
		return err
	}
	now := m.now()
	if n.OID != at.oid || n.Shape != s.shape() {
		n = note{OID: at.oid, Shape: s.shape()}
		if err := c.make(s, n); err != nil {
			return err
		}
	}
	purged, err := c.purge(s, at.oldest)
	if err != nil {
		return err
	}
	n.Copied.Deleted += purged
	w := walk{from: n.Last}
	if w.last, err = c.number("SELECT coalesce(max("+s.rowID()+"), ?) FROM "+quoted(s.as), int64(math.MinInt64)); err != nil {
		return err
	}
	back := at.newest == "" || n.Last != "" && s.key.number(at.newest) < s.key.number(n.Last)
	due, err := c.comparisonDue(s, n, at.counts, now)
	if err != nil {
		return err
	}
	switch {
	case !n.Whole:
		copied, err := c.number("SELECT count(*) FROM " + quoted(s.as))
		if err != nil {
			return err
		}
		told.done += copied
	case back || due:
		w.from, w.all, n.Last = "", true, ""
	case now.Sub(n.Late).Abs() >= lateEvery:
		if w.from, err = c.windowOf(s, n.Last); err != nil {
			return err
		}
		w.late = true
	case n.Last == at.newest && at.counts == n.Server.add(n.Copied) && (s.key.twice == nil || !s.key.passes(n.Last)):
		return nil // while a clock shows an hour twice the key stands still, and counts come late
	}
	first := !n.Whole
	if err := m.walk(ctx, c, s, at, &n, w, told); err != nil {
		return err
	}
	n.Whole = true
	if at.newest != "" && (n.Last == "" || s.key.number(at.newest) > s.key.number(n.Last)) { // rows that are not picked
		n.Last = at.newest
	}
	if first || w.all {
		n.Server, n.Copied, n.Full = at.counts, counts{}, now
		if at.newest != "" { // rows that came meanwhile are not in those counts
			newest := s.key.number(at.newest)
			if !s.key.numbers {
				newest = s.key.lastNumber(at.newest)
			}
			n.Copied.Inserted, err = c.number("SELECT count(*) FROM "+quoted(s.as)+" WHERE "+s.rowID()+" > ?", newest)
			if err != nil {
				return err
			}
		}
	}
	if first || w.all || w.late {
		n.Late = now
	}
	return c.together(func() error { return c.put(s.as, n) })
}

// comparisonDue reports whether all rows are to be compared.
func (c *rowsCopy) comparisonDue(s source, n note, now counts, at time.Time) (bool, error) {
	passed := at.Sub(n.Full).Abs()
	if !n.Whole || passed < fullEveryOfSmall || now != (counts{}) && now == n.Server.add(n.Copied) {
		return false, nil
	}
	rows, err := c.number("SELECT count(*) FROM (SELECT 1 FROM "+quoted(s.as)+" LIMIT ?)", small+1)
	return max(rows, s.rows) <= small || passed >= fullEvery, err
}

// purge removes the rows that the server has no more at the beginning of a table.
func (c *rowsCopy) purge(s source, oldest string) (rows int64, err error) {
	first := int64(math.MaxInt64)
	if oldest != "" {
		first = s.key.number(oldest)
	}
	if there, err := c.number("SELECT EXISTS (SELECT 1 FROM "+quoted(s.as)+" WHERE "+s.rowID()+" < ?)", first); err != nil || there == 0 {
		return 0, err
	}
	err = c.together(func() error {
		if err := c.run("DELETE FROM "+quoted(s.as)+" WHERE "+s.rowID()+" < ?", first); err != nil {
			return err
		}
		rows = int64(c.conn.Changes())
		return nil
	})
	return rows, err
}

// windowOf is the key from which on rows are compared for late ones: of times that
// of 48 hours before the last, else that of some rows before.
func (c *rowsCopy) windowOf(s source, last string) (string, error) {
	if last == "" {
		return "", nil
	}
	if from, ok := s.key.before(last, lateWindow); ok {
		return s.key.aligned(from), nil
	}
	var from string
	err := sqlitex.Execute(c.conn, "SELECT "+quoted(s.key.name)+" FROM "+quoted(s.as)+" ORDER BY "+s.rowID()+" DESC LIMIT 1 OFFSET ?",
		&sqlitex.ExecOptions{Args: []any{lateRows}, ResultFunc: func(stmt *sqlite.Stmt) error {
			from = s.key.aligned(stmt.ColumnText(0))
			return nil
		}})
	if s.filter != "" { // rows that are not picked may be many
		if least := s.key.number(last) - lateIDs; from == "" || least > s.key.number(from) {
			from = strconv.FormatInt(least, 10)
		}
	}
	return from, err
}

// walk is which rows of a table are read.
type walk struct {
	from      string // the key to begin at, "" for the first row
	last      int64  // the number of the last row that was copied before
	all, late bool   // all rows are compared, or the newest
	changed   bool   // it is noted that old rows changed
}

// pageEnd is the last row number of a page from a key on, where only some rows are
// picked and the page might go through all of a large table for a few; else "".
func (s source) pageEnd(from string, at seen) string {
	if s.filter == "" || !s.key.numbers || at.newest == "" {
		return ""
	}
	begin := s.key.number(at.oldest) - 1
	if from != "" {
		begin = max(begin, s.key.number(from))
	}
	if s.key.number(at.newest)-begin <= pageIDs {
		return ""
	}
	return strconv.FormatInt(begin+pageIDs, 10)
}

// walk reads rows page by page, and makes those of the copy the same. Each page is
// kept at once.
func (m *Meter) walk(ctx context.Context, c *rowsCopy, s source, at seen, n *note, w walk, told *telling) error {
	most := pageRows
	if !s.key.indexed {
		most = pageRowsUnindexed
	}
	low := int64(math.MinInt64)
	if w.from != "" {
		if low = s.key.number(w.from); !s.key.numbers {
			low--
		}
	}
	for most := most; ; {
		var p page
		err := m.ask(ctx, func(ctx context.Context, conn *postgres.Conn) (err error) {
			p, err = s.readPage(ctx, conn, w.from, s.pageEnd(w.from, at), most)
			return err
		})
		if err != nil {
			return err
		}
		if len(p.rows) == 0 && p.full && !s.key.numbers { // more rows of one time than a page has
			if most > mostOfOneTime {
				return postgres.Problem(energy.ErrMapping, "set time in [energy] to the column with the times of the readings, or give the table an integer primary key",
					"more than %d rows of the table %s have the same %s", mostOfOneTime, s.as, s.key.name)
			}
			most *= 2
			continue
		}
		high := int64(math.MaxInt64)
		if p.full {
			if high = s.key.number(p.next); !s.key.numbers {
				high--
			}
		}
		err = c.together(func() error {
			found, err := c.replace(s, p.rows, low, high, w.last)
			if err != nil {
				return err
			}
			if n.Whole {
				n.Copied = n.Copied.add(found.counts)
			}
			if found.old && n.Whole && !w.changed {
				if w.changed, err = c.longAgo(s, w.last, found.lowest); err != nil {
					return err
				}
				if w.changed {
					if err := c.changedBefore(); err != nil {
						return err
					}
				}
			}
			if len(p.keys) > 0 {
				if key := p.keys[len(p.keys)-1]; n.Last == "" || s.key.number(key) > s.key.number(n.Last) {
					n.Last = key
				}
			}
			return c.put(s.as, *n)
		})
		if err != nil {
			return err
		}
		told.read(int64(len(p.rows)), p.full)
		if !p.full {
			return nil
		}
		w.from, low = p.next, high
	}
}

// longAgo reports whether a row is one that package energy does not read anew by
// itself, as it does with the last 48 hours but for the beginning of a younger table.
func (c *rowsCopy) longAgo(s source, last, number int64) (bool, error) {
	if s.key.timed() && !s.key.numbers {
		window := last - int64(lateWindow/time.Microsecond)<<9
		if number < window {
			return true, nil
		}
		older, err := c.number("SELECT EXISTS (SELECT 1 FROM "+quoted(s.as)+" WHERE "+s.rowID()+" < ?)", window)
		return older == 0, err
	}
	const few = 200 // rows
	behind, err := c.number("SELECT count(*) FROM (SELECT 1 FROM "+quoted(s.as)+" WHERE "+s.rowID()+" > ? LIMIT ?)", number, few+1)
	if err != nil || behind > few {
		return true, err
	}
	all, err := c.number("SELECT count(*) FROM (SELECT 1 FROM "+quoted(s.as)+" LIMIT ?)", small+1)
	return all <= small, err
}
