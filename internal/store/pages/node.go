package pages

import (
	"encoding/binary"
	"math"
	"slices"
)

// Node is a page of a tree, read by itself.
type Node struct {
	Index    bool     // of a tree in order of keys: an index, or a table WITHOUT ROWID
	Children []uint32 // the pages below it, empty for a leaf
	Rows     []Row    // those that can be read, in their order
	Unread   int      // how many cannot be
}

// Row is a row as it is stored: for an alias of the row's number it holds nil,
// and columns that were added later may be missing at its end. A whole number
// may stand for a REAL one. Values are nil, int64, float64, string or []byte.
type Row struct {
	ID     int64 // 0 in a tree in order of keys
	Values []any
}

const (
	indexInterior = 2
	tableInterior = 5
	indexLeaf     = 10
	tableLeaf     = 13

	mostBytes = 1 << 20 // of a row; the longest is the bookmark of a meter, of some kB
)

// Node reads a page of a tree; ok is false when it is none, or its head is
// damaged.
func (m *Image) Node(n uint32) (node Node, ok bool) {
	page := m.Page(n)
	if page == nil {
		return node, false
	}
	head := 0
	if n == 1 {
		head = headerSize
	}
	kind, size := page[head], 8
	switch kind {
	case indexInterior, tableInterior:
		size = 12
	case indexLeaf, tableLeaf:
	default:
		return node, false
	}
	node.Index = kind == indexInterior || kind == indexLeaf
	cells := int(binary.BigEndian.Uint16(page[head+3:]))
	begin := head + size + 2*cells
	if begin > len(page) {
		return node, false
	}
	for i := range cells {
		at := int(binary.BigEndian.Uint16(page[head+size+2*i:]))
		if at < begin || at >= len(page) {
			node.Unread++
			continue
		}
		m.cell(&node, kind, page[at:])
	}
	if size == 12 {
		node.Children = append(node.Children, binary.BigEndian.Uint32(page[head+8:]))
	}
	return node, true
}

// cell adds a cell of a page, given from its beginning on.
func (m *Image) cell(node *Node, kind byte, cell []byte) {
	if kind == indexInterior || kind == tableInterior {
		if len(cell) < 4 {
			node.Unread++
			return
		}
		node.Children = append(node.Children, binary.BigEndian.Uint32(cell))
		cell = cell[4:]
	}
	if kind == tableInterior {
		return
	}
	size, n := varint(cell)
	cell = cell[n:]
	var row Row
	if n > 0 && kind == tableLeaf {
		var number uint64
		number, n = varint(cell)
		row.ID, cell = int64(number), cell[n:]
	}
	if n == 0 || size > mostBytes {
		node.Unread++
		return
	}
	record, ok := m.record(cell, int(size), kind)
	if ok {
		row.Values, ok = values(record)
	}
	if !ok {
		node.Unread++
		return
	}
	node.Rows = append(node.Rows, row)
}

// record puts a record of so many bytes together that begins on a page and may
// go on on others.
func (m *Image) record(cell []byte, size int, kind byte) ([]byte, bool) {
	most, least := m.size-35, (m.size-12)*32/255-23
	if kind != tableLeaf {
		most = (m.size-12)*64/255 - 23
	}
	if size <= most {
		if size > len(cell) {
			return nil, false
		}
		return cell[:size], true
	}
	local := least + (size-least)%(m.size-4)
	if local > most {
		local = least
	}
	if local+4 > len(cell) {
		return nil, false
	}
	record := append(make([]byte, 0, size), cell[:local]...)
	var used []uint32
	for next := binary.BigEndian.Uint32(cell[local:]); len(record) < size; {
		page := m.Page(next)
		if page == nil || slices.Contains(used, next) {
			return nil, false
		}
		used = append(used, next)
		record = append(record, page[4:min(len(page), 4+size-len(record))]...)
		next = binary.BigEndian.Uint32(page)
	}
	for _, n := range used {
		m.spilled[n] = true
	}
	return record, true
}

// Spilled reports whether a page holds the rest of a long row that was read.
func (m *Image) Spilled(n uint32) bool { return m.spilled[n] }

// values reads the values of a record.
func values(record []byte) ([]any, bool) {
	size, n := varint(record)
	if n == 0 || size < uint64(n) || size > uint64(len(record)) {
		return nil, false
	}
	kinds, body := record[n:size], record[size:]
	var found []any
	for len(kinds) > 0 {
		kind, n := varint(kinds)
		kinds = kinds[n:]
		width := widthOf(kind)
		if n == 0 || width < 0 || width > len(body) {
			return nil, false
		}
		found = append(found, value(kind, body[:width]))
		body = body[width:]
	}
	return found, len(body) == 0
}

// widthOf is how many bytes a value of a kind takes, below 0 for one that does
// not exist.
func widthOf(kind uint64) int {
	switch {
	case kind <= 4:
		return int(kind)
	case kind == 5:
		return 6
	case kind <= 7:
		return 8
	case kind <= 9:
		return 0
	case kind <= 11 || kind > 3*mostBytes:
		return -1
	default:
		return int(kind-12) / 2
	}
}

func value(kind uint64, b []byte) any {
	switch {
	case kind == 0:
		return nil
	case kind == 7:
		return math.Float64frombits(binary.BigEndian.Uint64(b))
	case kind <= 6:
		whole := int64(int8(b[0]))
		for _, more := range b[1:] {
			whole = whole<<8 | int64(more)
		}
		return whole
	case kind <= 9:
		return int64(kind - 8)
	case kind%2 == 1:
		return string(b)
	default:
		return b
	}
}

// varint reads a number of one to nine bytes; n is 0 when it is cut short.
func varint(b []byte) (v uint64, n int) {
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
