package takeout

import (
	"bufio"
	"bytes"
	"encoding/csv"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// decoded returns r as UTF-8: from UTF-16 where a byte order mark says so, from
// Latin-1 where it is no UTF-8.
func decoded(r *bufio.Reader) *bufio.Reader {
	begin, _ := r.Peek(1 << 15)
	switch {
	case bytes.HasPrefix(begin, []byte{0xff, 0xfe}):
		_, _ = r.Discard(2) // what was peeked is there
		return bufio.NewReaderSize(&wide{r: r, low: 0, high: 1}, 1<<16)
	case bytes.HasPrefix(begin, []byte{0xfe, 0xff}):
		_, _ = r.Discard(2)
		return bufio.NewReaderSize(&wide{r: r, low: 1, high: 0}, 1<<16)
	}
	for i := 1; i < utf8.UTFMax && len(begin) > 1<<15-utf8.UTFMax && !utf8.Valid(begin); i++ {
		begin = begin[:len(begin)-1] // a character may be cut at the end of what was peeked
	}
	if utf8.Valid(begin) {
		return r
	}
	return bufio.NewReaderSize(&narrow{r: r}, 1<<16)
}

// wide turns UTF-16 into UTF-8.
type wide struct {
	r         *bufio.Reader
	low, high int
	rest      []byte
}

func (w *wide) unit() (uint16, error) {
	var b [2]byte
	if _, err := io.ReadFull(w.r, b[:]); err != nil {
		return 0, err
	}
	return uint16(b[w.low]) | uint16(b[w.high])<<8, nil
}

// Read implements io.Reader.
func (w *wide) Read(p []byte) (int, error) {
	for len(w.rest) < len(p) {
		u, err := w.unit()
		if err != nil {
			if len(w.rest) > 0 {
				break
			}
			return 0, err
		}
		c := rune(u)
		if utf16.IsSurrogate(c) {
			second, err := w.unit()
			if err != nil {
				return 0, err
			}
			c = utf16.DecodeRune(c, rune(second))
		}
		w.rest = utf8.AppendRune(w.rest, c)
	}
	n := copy(p, w.rest)
	w.rest = w.rest[:copy(w.rest, w.rest[n:])]
	return n, nil
}

// narrow turns Latin-1 into UTF-8.
type narrow struct {
	r    *bufio.Reader
	rest byte // the second byte of a character; 0: none
}

// Read implements io.Reader.
func (l *narrow) Read(p []byte) (n int, err error) {
	for n < len(p) {
		if l.rest != 0 {
			p[n], l.rest = l.rest, 0
			n++
			continue
		}
		b, err := l.r.ReadByte()
		if err != nil {
			if n > 0 {
				return n, nil
			}
			return 0, err
		}
		if b >= 0x80 {
			l.rest = 0x80 | b&0x3f
			b = 0xc0 | b>>6
		}
		p[n] = b
		n++
	}
	return n, nil
}

// separator finds what separates the cells of the first lines: what the most
// of them have.
func separator(r *bufio.Reader) rune {
	begin, _ := r.Peek(1 << 13)
	best, most := ',', 0
	for _, c := range []rune{',', ';', '\t', '|'} {
		count, quoted := 0, false
		for _, b := range string(begin) {
			switch {
			case b == '"':
				quoted = !quoted
			case b == c && !quoted:
				count++
			}
		}
		if c == ',' { // may stand in numbers
			count /= 2
		}
		if count > most {
			best, most = c, count
		}
	}
	return best
}

// records reads rows of cells, as carelessly as they are written.
func records(in *stream, r *bufio.Reader) func() ([]string, error) {
	c := csv.NewReader(r)
	c.Comma = separator(r)
	c.LazyQuotes, c.ReuseRecord, c.FieldsPerRecord = true, true, -1
	return func() ([]string, error) {
		row, err := c.Read()
		in.element()
		return row, err
	}
}
