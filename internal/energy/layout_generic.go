package energy

import (
	"slices"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"
)

// generic finds readings of power and energy in tables of no known layout, by
// the names of columns and by what they hold. What the mapping names is taken at its word.
func (d *detection) generic() ([]Series, error) {
	tables := d.tables
	if d.mapping.Table != "" {
		t, ok := tableNamed(tables, d.mapping.Table)
		if !ok {
			return nil, problem(ErrMapping, "correct table in [energy]", "there is no table %s in %s; it has %s", d.mapping.Table, d.called, tableNames(tables))
		}
		tables = []table{t}
	}
	var found []Series
	for _, t := range tables {
		if missing := d.missingColumn(t); missing != "" {
			if d.mapping.Table == "" && len(tables) > 1 {
				continue
			}
			return nil, problem(ErrMapping, "correct the names of columns in [energy]", "table %s has no column %s; it has %s", t.name, missing, t.columnNames())
		}
		series, err := d.seriesIn(t)
		if d.mapping.Table == "" && unreadable(err) {
			continue
		}
		if err != nil {
			return nil, err
		}
		found = append(found, series...)
	}
	if len(found) > 0 {
		return found, nil
	}
	const hint = "set table, time and value in [energy] to where the readings are, and unit and time_format if need be"
	if d.mapping.Table != "" {
		return nil, problem(ErrMapping, hint, "%s: found columns %s in table %s, none looks like readings of power or energy with a time",
			d.called, tables[0].columnNames(), tables[0].name)
	}
	return nil, problem(nil, hint, "%s: found tables %s, none looks like readings of power or energy", d.called, tableNames(tables))
}

// unreadable reports whether it is a table's own definition that keeps it from
// being read, such as a collation of the program that wrote it or a function.
func unreadable(err error) bool {
	code := sqlite.ErrCode(err)
	return code == sqlite.ResultError || code == sqlite.ResultErrorMissingCollSeq || code.ToPrimary() == sqlite.ResultTooBig
}

// missingColumn returns a column that the mapping names and t does not have.
func (d *detection) missingColumn(t table) string {
	for _, name := range d.mapping.Columns() {
		if _, ok := t.column(name); name != "" && !ok {
			return name
		}
	}
	return ""
}

// seriesIn finds the series of one table: one for each column of power or
// energy and, where rows of several meters are mixed, for each of those.
func (d *detection) seriesIn(t table) ([]Series, error) {
	var where Where
	if d.mapping.Where != "" {
		where, _ = parseWhere(d.mapping.Where)
		c, _ := t.column(where[0].Column)
		where[0].Column = c.name
	}
	const most = 200 // columns: SQLite has a limit, and no table of a meter comes near it
	if len(t.columns) > most {
		all := t
		t.columns = slices.Clone(t.columns[:most])
		for _, name := range d.mapping.Columns() {
			if c, ok := all.column(name); ok {
				t.columns = append(t.columns, c)
			}
		}
	}
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	rows, err := takeSample(d.conn, t, names, where)
	if err != nil || len(rows.column(0)) < 3 && !d.mapping.Places() {
		return nil, err
	}
	if len(rows.column(0)) == 0 && len(where) > 0 {
		return nil, problem(ErrMapping, "correct where in [energy]", "no row of table %s has %s = %s", t.name, where[0].Column, where[0].Values[0])
	}
	stamp, ok := d.timeColumn(t, rows)
	if !ok {
		return nil, nil
	}
	meters := []Where{where}
	if len(where) == 0 {
		meters = metersIn(t, rows, stamp)
	}
	var found []Series
	for _, meter := range meters {
		if len(meters) > 1 {
			if rows, err = takeSample(d.conn, t, names, meter); err != nil {
				return nil, err
			}
		}
		series, err := d.seriesOf(t, meter, stamp, rows)
		if err != nil {
			return nil, err
		}
		found = append(found, series...)
	}
	return found, nil
}

// seriesOf finds the series of one meter in a table.
func (d *detection) seriesOf(t table, meter Where, stamp string, rows sample) ([]Series, error) {
	var meant []Series
	for i, c := range t.columns {
		if c.name == stamp {
			continue
		}
		shape := rows.shape(d, t, stamp, i)
		s := Series{Table: t.name, Time: stamp, values: []string{c.name}, Where: meter, table: t, Direction: directionOf(t.name + " " + c.name)}
		if d.mapping.Value != "" {
			if !strings.EqualFold(c.name, d.mapping.Value) {
				continue
			}
			d.mean(&s, c.name, shape)
		} else if slices.ContainsFunc(meter, func(m Condition) bool { return m.Column == c.name }) || !s.guess(t, c, shape) {
			continue
		}
		if d.mapping.Unit != "" {
			s.Unit = d.mapping.Unit
		}
		if d.mapping.Kind != "" {
			s.Kind = d.mapping.Kind
		}
		if (s.Kind == Power) != s.Unit.ofPower() {
			continue // what the mapping says does not go with this column
		}
		meant = append(meant, s)
	}
	return d.describeAll(joinRegisters(meant))
}

// mean takes the owner's word that a column holds readings.
func (d *detection) mean(s *Series, name string, shape shape) {
	s.Kind, s.Unit, s.Confidence = d.mapping.Kind, d.mapping.Unit, Certain
	energy, unit := energyNamed(name)
	if _, power := powerUnit(name, shape); power && unit == "" {
		energy = false
	}
	if s.Kind == "" {
		switch s.Kind = Power; {
		case s.Unit != "" && s.Unit.ofPower():
		case energy && shape.counts:
			s.Kind = Counter
		case energy:
			s.Kind = Interval
		}
	}
	if s.Unit != "" {
		return
	}
	switch {
	case s.Kind == Power:
		s.Unit, _ = powerUnit(name, shape)
	case unit != "":
		s.Unit = unit
	default:
		s.Unit = KilowattHour
	}
}

// timeColumn finds the column that holds the stamps: of those that decode, the
// one whose name says most.
func (d *detection) timeColumn(t table, rows sample) (string, bool) {
	if d.mapping.Time != "" {
		c, _ := t.column(d.mapping.Time)
		return c.name, true
	}
	best, bestWeight := "", 0
	for i, c := range t.columns {
		if _, ok := settleFormat(rows.column(i), 99); !ok {
			continue
		}
		weight := 1
		switch {
		case NamedLikeTime(c.name) && !namesEdge.MatchString(c.name):
			weight = 3
		case NamedLikeTime(c.name):
			weight = 2
		}
		if weight > bestWeight {
			best, bestWeight = c.name, weight
		}
	}
	return best, best != ""
}

// metersIn lists the meters whose rows are mixed in one table, told apart by a
// column of few different values. Without such a column it is the one Where
// that picks every row.
func metersIn(t table, rows sample, stamp string) []Where {
	const most = 32
	for i, c := range t.columns {
		if !namesMeter.MatchString(c.name) || c.name == stamp || c.primaryKey && c.name == "id" {
			continue
		}
		var values []string
		for _, cell := range rows.column(i) {
			text, ok := cell.label()
			if ok && !slices.Contains(values, text) && len(values) <= most {
				values = append(values, text)
			}
		}
		if len(values) < 2 || len(values) > most {
			continue
		}
		slices.Sort(values)
		meters := make([]Where, len(values))
		for j, text := range values {
			meters[j] = Where{only(c.name, text)}
		}
		return meters
	}
	return []Where{nil}
}

func directionOf(name string) Direction {
	switch {
	case namesExport.MatchString(name):
		return Export
	case namesSolar.MatchString(name):
		return Production
	}
	return Import
}

// label returns a cell that names something: text or a whole number.
func (c *cell) label() (string, bool) {
	switch c.kind {
	case sqlite.TypeText:
		return string(c.text), len(c.text) < len(c.space)
	case sqlite.TypeInteger:
		return strconv.FormatInt(c.whole, 10), true
	}
	return "", false
}
