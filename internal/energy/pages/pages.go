package pages

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

var (
	// ErrUnsupported is a table that only SQL can read.
	ErrUnsupported = errors.New("not a table that can be read by its pages")
	// ErrChanged is a schema that is no longer the one of Open: open it anew.
	ErrChanged = errors.New("the schema has changed")

	errCorrupt = sqlite.ResultCorrupt.ToError()
	errDone    = errors.New("done")
)

// Cell is a value as a row holds it, except that a number in a column of REAL
// is a float. Bytes are those of text or a blob, valid until Walk's callback
// returns.
type Cell struct {
	Kind  sqlite.ColumnType
	Whole int64
	Real  float64
	Bytes []byte
}

// Table is a table to be walked, by one goroutine at a time.
type Table struct {
	conn   *sqlite.Conn
	page   *sqlite.Stmt
	root   int64
	schema uint32
	count  *sqlite.Stmt // of all pages

	usable  int      // bytes of a page that SQLite uses
	columns []column // those that a record holds, up to the last that is wanted
	rowIDs  []int    // the cells that are the row's number
	cells   []Cell
	buffers [][]byte // a page for each level of the tree
}

type column struct {
	cell     int // -1: not wanted
	real     bool
	defaults bool // a record may end before it and still have a value
}

// Open looks at a table and at the columns that are wanted of it. It returns
// ErrUnsupported for what is no plain rowid table, and for text in UTF-16.
func Open(conn *sqlite.Conn, table string, wanted ...string) (t *Table, err error) {
	defer sqlitex.Save(conn)(&err)
	t = &Table{conn: conn, cells: make([]Cell, len(wanted))}
	if t.page, err = conn.Prepare("SELECT data FROM sqlite_dbpage WHERE pgno = ?"); err != nil {
		return nil, err
	}
	if t.count, err = conn.Prepare("PRAGMA page_count"); err != nil {
		return nil, err
	}
	if err := t.header(); err != nil {
		return nil, err
	}
	err = sqlitex.ExecuteTransient(conn, `SELECT s.rootpage FROM sqlite_schema s, pragma_table_list(s.name) l
		WHERE s.type = 'table' AND l.schema = 'main' AND l.type = 'table' AND l.wr = 0 AND s.name = ? COLLATE NOCASE`,
		&sqlitex.ExecOptions{Args: []any{table}, ResultFunc: func(stmt *sqlite.Stmt) error {
			t.root = stmt.ColumnInt64(0)
			return nil
		}})
	if err == nil && t.root == 0 {
		err = fmt.Errorf("%w: %q is missing, a view, virtual, or WITHOUT ROWID", ErrUnsupported, table)
	}
	if err != nil {
		return nil, err
	}
	return t, t.find(table, wanted)
}

// find places the wanted columns in a record.
func (t *Table) find(table string, wanted []string) error {
	found, last := 0, 0
	err := sqlitex.ExecuteTransient(t.conn, `SELECT name, upper(type), dflt_value, hidden,
		pk AND upper(type) = 'INTEGER' AND (SELECT count(*) FROM pragma_table_xinfo(?1) WHERE pk) = 1
			AND NOT EXISTS (SELECT * FROM pragma_index_list(?1) WHERE origin = 'pk')
		FROM pragma_table_xinfo(?1)`, &sqlitex.ExecOptions{Args: []any{table}, ResultFunc: func(stmt *sqlite.Stmt) error {
		c := column{cell: -1, real: isReal(stmt.ColumnText(1)), defaults: !stmt.ColumnIsNull(2)}
		if stmt.ColumnInt(3) != 0 {
			return fmt.Errorf("%w: %q has a generated column", ErrUnsupported, table)
		}
		for i, name := range wanted {
			if !strings.EqualFold(name, stmt.ColumnText(0)) {
				continue
			}
			found++
			if stmt.ColumnBool(4) {
				t.rowIDs = append(t.rowIDs, i)
				continue
			}
			if c.cell >= 0 {
				return fmt.Errorf("%w: column %q is wanted twice", ErrUnsupported, name)
			}
			c.cell, last = i, len(t.columns)+1
		}
		t.columns = append(t.columns, c)
		return nil
	}})
	if err == nil && found != len(wanted) {
		err = fmt.Errorf("%w: %q lacks a column", ErrUnsupported, table)
	}
	t.columns = t.columns[:min(last, len(t.columns))]
	return err
}

// isReal reports whether a declared type in capitals has REAL affinity.
func isReal(declared string) bool {
	has := func(part string) bool { return strings.Contains(declared, part) }
	return (has("REAL") || has("FLOA") || has("DOUB")) && !has("INT") && !has("CHAR") && !has("CLOB") && !has("TEXT") && !has("BLOB")
}

// header reads what the first page says about all of them.
func (t *Table) header() error {
	page, err := t.read(1, 0)
	if err != nil {
		return err
	}
	if len(page) < 512 {
		return errCorrupt
	}
	t.usable = len(page) - int(page[20])
	t.schema = binary.BigEndian.Uint32(page[40:])
	if binary.BigEndian.Uint32(page[56:]) != 1 {
		return fmt.Errorf("%w: its text is not UTF-8", ErrUnsupported)
	}
	return nil
}

// read returns a page, valid until the next one of the same level is read.
func (t *Table) read(number int64, level int) ([]byte, error) {
	t.page.BindInt64(1, number)
	defer t.page.Reset()
	if found, err := t.page.Step(); err != nil {
		return nil, err
	} else if !found {
		return nil, errCorrupt
	}
	if level == len(t.buffers) {
		t.buffers = append(t.buffers, make([]byte, t.page.ColumnLen(0)))
	}
	return t.buffers[level][:t.page.ColumnBytes(0, t.buffers[level])], nil
}

// Walk gives the rows numbered lo to hi in order, at most so many, and reports
// whether there are no more. It reads within one transaction, that of the
// caller if there is one. A row is not whole when a wanted cell is not on its
// page, or is a default that it was never given: then its cells say nothing,
// and SQL has to be asked for it.
func (t *Table) Walk(lo, hi int64, most int, take func(rowID int64, cells []Cell, whole bool) error) (end bool, err error) {
	if most <= 0 {
		return false, nil
	}
	defer sqlitex.Save(t.conn)(&err)
	before := *t
	if err := t.header(); err != nil {
		return false, err
	}
	if t.schema != before.schema || t.usable != before.usable {
		t.schema, t.usable = before.schema, before.usable
		return false, ErrChanged
	}
	w := walk{Table: t, lo: lo, hi: hi, left: most, take: take}
	if w.pages, err = sqlitex.ResultInt64(t.count); err != nil {
		return false, err
	}
	err = w.descend(t.root, 0)
	if errors.Is(err, errDone) {
		err = nil
	}
	return err == nil && w.left > 0, err
}

type walk struct {
	*Table
	lo, hi  int64
	left    int
	last    int64
	started bool
	pages   int64 // how many there may still be: one that leads back to itself has no end
	take    func(int64, []Cell, bool) error
}

const (
	interior = 5
	leaf     = 13

	mostLevels = 20 // as in SQLite
)

func (w *walk) descend(number int64, level int) error {
	if w.pages--; w.pages < 0 {
		return errCorrupt
	}
	page, err := w.read(number, level)
	if err != nil {
		return err
	}
	start := 0
	if number == 1 {
		start = 100
	}
	if len(page) < w.usable || level == mostLevels {
		return errCorrupt
	}
	page = page[:w.usable]
	cells := int(binary.BigEndian.Uint16(page[start+3:]))
	pointers := page[start+8:]
	if page[start] == interior {
		pointers = pointers[4:]
	}
	if 2*cells > len(pointers) {
		return errCorrupt
	}
	pointers = pointers[:2*cells]
	if page[start] == leaf {
		return w.leaf(page, pointers)
	}
	if page[start] != interior {
		return errCorrupt
	}
	for ; len(pointers) > 0; pointers = pointers[2:] {
		at := int(binary.BigEndian.Uint16(pointers))
		if at+4 >= len(page) {
			return errCorrupt
		}
		key, n := varint(page[at+4:])
		if n == 0 {
			return errCorrupt
		}
		if int64(key) < w.lo {
			continue
		}
		if err := w.descend(int64(binary.BigEndian.Uint32(page[at:])), level+1); err != nil {
			return err
		}
		if int64(key) >= w.hi {
			return errDone
		}
	}
	return w.descend(int64(binary.BigEndian.Uint32(page[start+8:])), level+1)
}

func (w *walk) leaf(page, pointers []byte) error {
	for ; len(pointers) > 0; pointers = pointers[2:] {
		at := int(binary.BigEndian.Uint16(pointers))
		if at >= len(page) {
			return errCorrupt
		}
		size, n := varint(page[at:])
		key, m := varint(page[at+n:])
		if n == 0 || m == 0 {
			return errCorrupt
		}
		rowID := int64(key)
		if rowID < w.lo {
			continue
		}
		if rowID > w.hi {
			return errDone
		}
		if w.started && rowID <= w.last {
			return errCorrupt
		}
		at += n + m
		local := w.local(size)
		if local > len(page)-at {
			return errCorrupt
		}
		whole, ok := w.decode(page[at:at+local], rowID)
		if !ok && uint64(local) == size {
			return errCorrupt
		}
		w.last, w.started = rowID, true
		if err := w.take(rowID, w.cells, ok && whole); err != nil {
			return err
		}
		if w.left--; w.left == 0 {
			return errDone
		}
	}
	return nil
}

// local is how many bytes of a record of so many are on its leaf; the others
// are on overflow pages.
func (t *Table) local(size uint64) int {
	most := t.usable - 35
	if size <= uint64(most) {
		return int(size)
	}
	least := (t.usable-12)*32/255 - 23
	if k := least + int((size-uint64(least))%uint64(t.usable-4)); k <= most {
		return k
	}
	return least
}

// widths are the bytes of a value by the type that its record says.
var widths = [10]int{0, 1, 2, 3, 4, 6, 8, 8, 0, 0}

// decode reads the cells of a record. It is not whole when a default is
// missing, and not ok when it ends too early.
func (t *Table) decode(record []byte, rowID int64) (whole, ok bool) {
	size, n := varint(record)
	if n == 0 || size < uint64(n) || size > uint64(len(record)) {
		return false, false
	}
	types, body := record[n:size], record[size:]
	for _, c := range t.columns {
		if len(types) == 0 {
			if c.cell >= 0 {
				if c.defaults {
					return false, true
				}
				t.cells[c.cell] = Cell{Kind: sqlite.TypeNull}
			}
			continue
		}
		kind, n := varint(types)
		if n == 0 || kind == 10 || kind == 11 {
			return false, false
		}
		types = types[n:]
		width := kind
		if kind < 10 {
			width = uint64(widths[kind])
		} else {
			width = (kind - 12) / 2
		}
		if width > uint64(len(body)) {
			return false, false
		}
		if c.cell >= 0 {
			t.cells[c.cell].set(kind, body[:width], c.real)
		}
		body = body[width:]
	}
	for _, i := range t.rowIDs {
		t.cells[i] = Cell{Kind: sqlite.TypeInteger, Whole: rowID}
	}
	return true, true
}

func (c *Cell) set(kind uint64, b []byte, real bool) {
	c.Kind = sqlite.TypeInteger
	switch kind {
	case 0:
		c.Kind = sqlite.TypeNull
		return
	case 1:
		c.Whole = int64(int8(b[0]))
	case 2:
		c.Whole = int64(int16(binary.BigEndian.Uint16(b)))
	case 3:
		c.Whole = int64(int8(b[0]))<<16 | int64(b[1])<<8 | int64(b[2])
	case 4:
		c.Whole = int64(int32(binary.BigEndian.Uint32(b)))
	case 5:
		c.Whole = int64(int16(binary.BigEndian.Uint16(b)))<<32 | int64(binary.BigEndian.Uint32(b[2:]))
	case 6:
		c.Whole = int64(binary.BigEndian.Uint64(b))
	case 7:
		c.Kind, c.Real = sqlite.TypeFloat, math.Float64frombits(binary.BigEndian.Uint64(b))
		if c.Real != c.Real { // SQLite has no NaN
			c.Kind = sqlite.TypeNull
		}
		return
	case 8, 9:
		c.Whole = int64(kind - 8)
	default:
		c.Kind, c.Bytes = sqlite.TypeBlob, b
		if kind%2 == 1 {
			c.Kind = sqlite.TypeText
		}
		return
	}
	if real {
		c.Kind, c.Real = sqlite.TypeFloat, float64(c.Whole)
	}
}

// varint reads a number of one to nine bytes; n is 0 when it is cut short.
func varint(b []byte) (v uint64, n int) {
	if len(b) > 0 && b[0] < 0x80 {
		return uint64(b[0]), 1
	}
	for i, x := range b[:min(9, len(b))] {
		if i == 8 {
			return v<<8 | uint64(x), 9
		}
		v = v<<7 | uint64(x&0x7f)
		if x < 0x80 {
			return v, i + 1
		}
	}
	return 0, 0
}
