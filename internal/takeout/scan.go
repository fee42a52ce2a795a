package takeout

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"math"
	"strconv"
)

// scanner reads JSON of arrays of small flat objects as a stream, which is what
// all exports are made of, several times as fast as a decoder into values.
type scanner struct {
	r      io.Reader
	in     *stream
	buffer []byte
	at     int // in buffer
	fields []field
	used   int
	key    []byte
}

func newScanner(r io.Reader, in *stream) *scanner {
	return &scanner{r: r, in: in, buffer: make([]byte, 0, 1<<16)}
}

// fill reads on when all of the buffer is used.
func (s *scanner) fill() error {
	for range 100 {
		n, err := s.r.Read(s.buffer[:cap(s.buffer)])
		s.buffer, s.at = s.buffer[:n], 0
		switch {
		case n > 0:
			return nil
		case err == io.EOF:
			return io.ErrUnexpectedEOF
		case err != nil:
			return err
		}
	}
	return io.ErrNoProgress
}

// field is one member of an object.
type field struct {
	name, value []byte
	quoted      bool
}

// element is one object of an array, good until the next one. What is nested in
// it is not there.
type element []field

const (
	mostFields = 200
	deepest    = 100
)

var errNoJSON = errors.New("it is no sound JSON")

// bytes is the value of a member, nil for none and for null.
func (e element) bytes(name string) []byte {
	for i := range e {
		if string(e[i].name) == name && (e[i].quoted || string(e[i].value) != "null") {
			return e[i].value
		}
	}
	return nil
}

func (e element) text(name string) string { return string(e.bytes(name)) }

// number reads a number, also one in quotes; NaN when there is none.
func (e element) number(name string) float64 {
	v, err := strconv.ParseFloat(e.text(name), 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

// token returns the next byte that is no white space.
func (s *scanner) token() (byte, error) {
	for {
		for s.at < len(s.buffer) {
			b := s.buffer[s.at]
			s.at++
			if b != ' ' && b != '\n' && b != '\r' && b != '\t' {
				return b, nil
			}
		}
		if err := s.fill(); err != nil {
			return 0, err
		}
	}
}

// array hands over the elements of an array whose opening bracket was read.
// Elements that are no objects are passed over.
func (s *scanner) array(f func(element) error) error {
	b, err := s.token()
	if err != nil || b == ']' {
		return err
	}
	for {
		if b == '{' {
			if err := s.object(); err != nil {
				return err
			}
			if err := f(element(s.fields[:s.used])); err != nil {
				return err
			}
		} else if err := s.skip(b, 0); err != nil {
			return err
		}
		s.in.element()
		if b, err = s.token(); err != nil {
			return err
		}
		if b == ']' {
			return nil
		}
		if b != ',' {
			return errNoJSON
		}
		if b, err = s.token(); err != nil {
			return err
		}
	}
}

// members calls f for each member of an object whose opening brace was read; f
// must read the value, which begins with the byte given.
func (s *scanner) members(f func(name []byte, begin byte) error) error {
	b, err := s.token()
	if err != nil || b == '}' {
		return err
	}
	for {
		if b != '"' {
			return errNoJSON
		}
		if s.key, err = s.quoted(s.key[:0]); err != nil {
			return err
		}
		if b, err = s.token(); err != nil {
			return err
		}
		if b != ':' {
			return errNoJSON
		}
		if b, err = s.token(); err != nil {
			return err
		}
		if err := f(s.key, b); err != nil {
			return err
		}
		if b, err = s.token(); err != nil || b == '}' {
			return err
		}
		if b != ',' {
			return errNoJSON
		}
		if b, err = s.token(); err != nil {
			return err
		}
	}
}

// object reads an object whose opening brace was read into fields.
func (s *scanner) object() error {
	s.used = 0
	return s.members(s.field)
}

// field reads one member of it; what is nested is passed over.
func (s *scanner) field(name []byte, begin byte) (err error) {
	if begin == '{' || begin == '[' {
		return s.skip(begin, 0)
	}
	if s.used == len(s.fields) {
		if s.used == mostFields {
			return errTooMuch
		}
		s.fields = append(s.fields, field{})
	}
	at := &s.fields[s.used]
	s.used++
	at.name = append(at.name[:0], name...)
	if at.quoted = begin == '"'; at.quoted {
		at.value, err = s.quoted(at.value[:0])
	} else {
		at.value, err = s.bare(append(at.value[:0], begin))
	}
	return err
}

// quoted appends the text whose opening quote was read.
func (s *scanner) quoted(to []byte) ([]byte, error) {
	begin, escaped := len(to), false
	for {
		rest := s.buffer[s.at:]
		end := bytes.IndexByte(rest, '"')
		if end < 0 {
			end = len(rest)
		}
		if slash := bytes.IndexByte(rest[:end], '\\'); slash >= 0 {
			escaped = true
			to = append(to, rest[:slash+1]...)
			s.at += slash + 1
			if s.at == len(s.buffer) {
				if err := s.fill(); err != nil {
					return to, err
				}
			}
			to = append(to, s.buffer[s.at])
			s.at++
			continue
		}
		to = append(to, rest[:end]...)
		if s.at += end; s.at < len(s.buffer) {
			s.at++
			break
		}
		if err := s.fill(); err != nil {
			return to, err
		}
	}
	if !escaped {
		return to, nil
	}
	var plain string
	if json.Unmarshal([]byte(`"`+string(to[begin:])+`"`), &plain) != nil {
		return to, errNoJSON
	}
	return append(to[:begin], plain...), nil
}

// bare appends the rest of a number, true, false or null.
func (s *scanner) bare(to []byte) ([]byte, error) {
	for {
		for s.at < len(s.buffer) {
			b := s.buffer[s.at]
			if !('a' <= b && b <= 'z' || 'A' <= b && b <= 'Z' || '0' <= b && b <= '9' || b == '.' || b == '-' || b == '+') {
				return to, nil
			}
			to = append(to, b)
			s.at++
		}
		if err := s.fill(); err != nil {
			return to, err
		}
	}
}

// skip passes over the value that begins with the byte given.
func (s *scanner) skip(begin byte, depth int) error {
	if depth > deepest {
		return errTooMuch
	}
	var err error
	switch begin {
	case '"':
		s.key, err = s.quoted(s.key[:0])
		return err
	case '{':
		return s.members(func(_ []byte, b byte) error { return s.skip(b, depth+1) })
	case '[':
		for b, err := s.token(); ; b, err = s.token() {
			if err != nil || b == ']' {
				return err
			}
			if b == ',' {
				continue
			}
			if err := s.skip(b, depth+1); err != nil {
				return err
			}
			s.in.element()
		}
	case 't', 'f', 'n', '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		s.key, err = s.bare(append(s.key[:0], begin))
		return err
	}
	return errNoJSON
}
