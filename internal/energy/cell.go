package energy

import (
	"math"
	"strconv"

	"vitals/internal/energy/pages"

	"zombiezen.com/go/sqlite"
)

// cell is one value as a row holds it; the column's declared type says nothing
// about it. Long text is cut: no time and no number is that long.
type cell struct {
	kind  sqlite.ColumnType
	whole int64
	real  float64
	text  []byte
	space [48]byte // behind text, so that reading a row allocates nothing
}

func (c *cell) read(stmt *sqlite.Stmt, col int) {
	c.kind = stmt.ColumnType(col)
	switch c.kind {
	case sqlite.TypeInteger:
		c.whole = stmt.ColumnInt64(col)
	case sqlite.TypeFloat:
		c.real = stmt.ColumnFloat(col)
	case sqlite.TypeText:
		stmt.ColumnLen(col) // turns UTF-16 into UTF-8
		c.text = c.space[:stmt.ColumnBytes(col, c.space[:])]
	}
}

// take reads a cell that was taken from its page, for as long as that is valid.
func (c *cell) take(from *pages.Cell) {
	c.kind, c.whole, c.real = from.Kind, from.Whole, from.Real
	if from.Kind == sqlite.TypeText {
		c.text = from.Bytes[:min(len(from.Bytes), len(c.space))]
	}
}

// filled says that the cell is not NULL.
func (c *cell) filled() bool { return c.kind != sqlite.TypeNull }

// number returns the cell's value when it is a finite number or text that
// reads as one; 'Null', blobs and the like are none.
func (c *cell) number() (float64, bool) {
	switch c.kind {
	case sqlite.TypeInteger:
		return float64(c.whole), true
	case sqlite.TypeFloat:
		return c.real, !math.IsInf(c.real, 0)
	case sqlite.TypeText:
		if !looksNumeric(c.text) {
			return 0, false
		}
		number, err := strconv.ParseFloat(string(c.text), 64)
		return number, err == nil
	}
	return 0, false
}

// looksNumeric keeps out what strconv reads as a number and no meter means:
// "nan", "infinity", "0x1p-2".
func looksNumeric(text []byte) bool {
	for _, b := range text {
		if (b < '0' || b > '9') && b != '.' && b != '-' && b != '+' && b != 'e' && b != 'E' {
			return false
		}
	}
	return len(text) > 0
}
