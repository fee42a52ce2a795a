package energy

import (
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"
)

// Where picks the rows of one meter out of a table of several: those that meet
// all conditions. With none it picks every row.
type Where []Condition

// Condition is met by rows whose Column holds one of Values, compared as text
// or as a number. With more than one value, rows of one stamp are added up, and
// count only where there is one for each value.
type Condition struct {
	Column string
	Values []string
}

// only is the condition that a column has a value.
func only(column, value string) Condition { return Condition{column, []string{value}} }

// text is the values, for people to read.
func (w Where) text() string {
	var parts []string
	for _, c := range w {
		parts = append(parts, strings.Join(c.Values, "+"))
	}
	return strings.Join(parts, " ")
}

// together is how many rows of one stamp are added up.
func (w Where) together() int {
	n := 1
	for _, c := range w {
		n *= len(c.Values)
	}
	return n
}

// match is an expression that is true for the rows that are picked. Exact
// leaves it to the declared type of a column how it compares, so that an index
// can be used; else it does not matter.
func (w Where) match(exact bool) string {
	if len(w) == 0 {
		return "1"
	}
	n := 0
	var all []string
	for _, c := range w {
		var one []string
		for range c.Values {
			n++
			parameter := ":where" + strconv.Itoa(n)
			term := quoted(c.Column) + " = " + parameter
			if !exact {
				term += " OR CAST(" + quoted(c.Column) + " AS TEXT) = " + parameter
			}
			one = append(one, term)
		}
		all = append(all, "("+strings.Join(one, " OR ")+")")
	}
	return strings.Join(all, " AND ")
}

func (w Where) bind(stmt *sqlite.Stmt) {
	n := 0
	for _, c := range w {
		for _, value := range c.Values {
			n++
			stmt.SetText(":where"+strconv.Itoa(n), value)
		}
	}
}

// parseWhere reads "column = value"; either may stand in quotation marks.
func parseWhere(text string) (Where, error) {
	column, value, found := strings.Cut(text, "=")
	c := only(unquoted(column), unquoted(value))
	if !found || c.Column == "" {
		return nil, problem(ErrMapping, "write it as: where = column = value", "where = %s in [energy] does not name a column and a value", text)
	}
	return Where{c}, nil
}

func unquoted(text string) string {
	text = strings.TrimSpace(text)
	for _, mark := range []string{`"`, `'`} {
		if len(text) >= 2 && strings.HasPrefix(text, mark) && strings.HasSuffix(text, mark) {
			return text[1 : len(text)-1]
		}
	}
	return text
}
