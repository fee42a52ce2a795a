package push

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"strconv"
	"strings"
	"time"

	"vitals/internal/health"
)

// cell is a value of a row as PostgreSQL reads it; the zero cell is NULL.
type cell struct {
	text  string
	known bool
}

// word is a text; "" is not known.
func word(text string) cell {
	text = strings.ReplaceAll(strings.ToValidUTF8(text, "\ufffd"), "\x00", "")
	return cell{text, text != ""}
}

// figure is a number with as many decimals as exports print.
func figure(v float64, decimals int) cell {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return cell{}
	}
	return cell{strconv.FormatFloat(v, 'f', decimals, 64), true}
}

func optional(v *float64) cell {
	if v == nil {
		return cell{}
	}
	return figure(*v, 6)
}

func count(n int) cell {
	if n != int(int32(n)) { // no PostgreSQL's integer
		return cell{}
	}
	return cell{strconv.Itoa(n), true}
}

// seconds are whole, as in exports.
func seconds(d time.Duration) cell { return count(int(d.Round(time.Second) / time.Second)) }

func at(t time.Time) cell {
	if !inCalendar(t.UTC().Year()) {
		return cell{}
	}
	return cell{t.UTC().Format("2006-01-02 15:04:05.999999Z"), true}
}

func on(d health.Date) cell {
	if !inCalendar(d.Year) {
		return cell{}
	}
	return word(d.String())
}

// inCalendar reports whether dates of a year are what a person or a clock can mean,
// and PostgreSQL and everything between writes in the same way.
func inCalendar(year int) bool { return year >= 1000 && year <= 9000 }

// part is the rows of a month, column by column: elements of array literals.
type part struct {
	month   string // its first date
	rows    int
	columns [][]byte
}

// monthOf is the part that the UTC date or the civil date of t belongs to.
func monthOf(t time.Time) string { return t.Format("2006-01") + "-01" }

func (p *part) add(row []cell) {
	if p.columns == nil {
		p.columns = make([][]byte, len(row))
	}
	for i, c := range row {
		p.columns[i] = appendElement(p.columns[i], c)
	}
	p.rows++
}

// appendElement appends a value to the elements of an array literal.
func appendElement(elements []byte, c cell) []byte {
	if len(elements) > 0 {
		elements = append(elements, ',')
	}
	if !c.known {
		return append(elements, "NULL"...)
	}
	elements = append(elements, '"')
	for i := range len(c.text) {
		if c.text[i] == '"' || c.text[i] == '\\' {
			elements = append(elements, '\\')
		}
		elements = append(elements, c.text[i])
	}
	return append(elements, '"')
}

// digest is another one for other rows.
func (p *part) digest() string {
	hash := sha256.New()
	for _, c := range p.columns {
		hash.Write(c)
		hash.Write([]byte{0}) // which no text of ours holds
	}
	return hex.EncodeToString(hash.Sum(nil)[:16])
}

// content is what a table is to hold of an owner.
type content struct {
	table
	ownedBy string
	parts   []*part // in the order of their months
	byMonth map[string]*part
}

func contentOf(t table, owner string) *content {
	return &content{table: t, ownedBy: owner, byMonth: map[string]*part{}}
}

// add appends a row, unless its key is no date or time that a table holds.
func (c *content) add(month string, row ...cell) {
	if !row[0].known {
		return
	}
	p := c.byMonth[month]
	if p == nil {
		p = &part{month: month}
		c.parts, c.byMonth[month] = append(c.parts, p), p
	}
	p.add(row)
}

func (c *content) rows() (n int) {
	for _, p := range c.parts {
		n += p.rows
	}
	return n
}
