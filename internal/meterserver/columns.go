package meterserver

import (
	"math"
	"strconv"
	"strings"
	"time"

	"vitals/internal/energy"
	"vitals/internal/postgres"
)

// meaning is how the values of a column are copied.
type meaning byte

const (
	leftOut     meaning = iota
	whole               // as an integer
	real                // as a double; NaN and the infinities are NULL
	truth               // as 0 or 1
	text                // as text
	wall                // a time without a zone, as text
	instant             // a time with one, in microseconds since 1970
	instantText         // the same as text that ends in Z, where a layout expects text
)

// column is a column of a table of the server.
type column struct {
	name     string
	kind     string // the name of its type, or of the one that a domain stands on
	meaning  meaning
	utc      bool // what is filled in without a value is the time by UTC
	readable bool // whoever asks may read it
}

// meaningOf is how values of a type are copied.
func meaningOf(kind string, enumeration bool) meaning {
	switch kind {
	case "int2", "int4", "int8":
		return whole
	case "float4", "float8", "numeric":
		return real
	case "bool":
		return truth
	case "text", "varchar", "bpchar", "name", "uuid", "citext":
		return text
	case "timestamp", "date":
		return wall
	case "timestamptz":
		return instant
	}
	if enumeration {
		return text
	}
	return leftOut
}

// timeLike says that a column may hold the times of readings.
func (c column) timeLike() bool {
	switch c.meaning {
	case wall, instant, instantText:
		return true
	case whole, real, text:
		return energy.NamedLikeTime(c.name)
	}
	return false
}

// numberLike says that a column may hold readings; some loggers write them as text.
func (c column) numberLike() bool {
	return c.meaning == whole || c.meaning == real || c.meaning == text
}

// asked is the column in the list of a SELECT, texts cut to so many letters.
func (c column) asked(longest int) string {
	name := postgres.Quoted(c.name)
	switch c.meaning {
	case text:
		return "left(" + name + "::text, " + strconv.Itoa(longest) + ")"
	case instant, instantText:
		return "(" + name + " AT TIME ZONE 'UTC')"
	}
	return name
}

// declared is the column as the copy has it. NOT NULL is left away: what is no
// number is NULL there. A primary key of type INTEGER would be the row number.
func (c column) declared() string {
	kind := "TEXT"
	switch c.meaning {
	case whole, truth, instant:
		kind = "BIGINT"
	case real:
		kind = "REAL"
	case wall:
		if c.utc {
			kind = "TEXT DEFAULT CURRENT_TIMESTAMP"
		}
	}
	return quoted(c.name) + " " + kind
}

// cell is a value as the copy has it.
type cell struct {
	kind  byte // 0 NULL, 'i', 'r' or 't'
	whole int64
	real  float64
	text  string
}

// value is the cell of what the server wrote.
func (c column) value(raw postgres.Cell) cell {
	if raw == nil {
		return cell{}
	}
	switch c.meaning {
	case whole:
		if n, err := strconv.ParseInt(string(raw), 10, 64); err == nil {
			return cell{kind: 'i', whole: n}
		}
	case truth:
		if string(raw) == "t" {
			return cell{kind: 'i', whole: 1}
		}
		return cell{kind: 'i'}
	case real:
		if n, err := strconv.ParseFloat(string(raw), 64); err == nil && !math.IsNaN(n) && !math.IsInf(n, 0) {
			return cell{kind: 'r', real: n + 0} // one zero, as a comparison sees it
		}
	case instant:
		if micros, ok := microsOf(string(raw)); ok {
			return cell{kind: 'i', whole: micros}
		}
	case instantText:
		return cell{kind: 't', text: strings.Replace(string(raw), " ", "T", 1) + "Z"}
	default:
		return cell{kind: 't', text: string(raw)}
	}
	return cell{}
}

// microsOf reads a time as PostgreSQL writes it, without a zone; false for the
// infinities and for what no four digits of a year can tell.
func microsOf(text string) (int64, bool) {
	for _, layout := range []string{time.DateTime, time.DateOnly} { // with or without a fraction
		if at, err := time.Parse(layout, text); err == nil {
			return at.UnixMicro(), true
		}
	}
	return 0, false
}

// quoted makes a name safe to stand in the copy's SQL.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }
