package energy

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"
)

// What the names of columns tell, matched against the name as spelled.
var (
	namesTime    = regexp.MustCompile(`(?i)time|date|stamp|created|start|interval|epoch|(^|[^a-z])(ts|unix)([^a-z]|$)`)
	namesEdge    = regexp.MustCompile(`(?i)end|stop|updated|received|expire`)
	namesEnergy  = regexp.MustCompile(`(?i)kwh|kw_h|mwh|(^|[^a-z])wh([^a-z]|$)|joule|energy|counter|(^|[^a-z])(consumption|usage)([^a-z]|$)`)
	namesWh      = regexp.MustCompile(`[a-z_]Wh$`)
	namesKW      = regexp.MustCompile(`(?i)kw|kilowatt`)
	namesWatt    = regexp.MustCompile(`(?i)watt|(^|[^a-z])w([^a-z]|$)`)
	namesW       = regexp.MustCompile(`[a-z]W$`) // loadW
	namesPower   = regexp.MustCompile(`(?i)power|(^|[^a-z])(load|demand|leistung)`)
	namesValue   = regexp.MustCompile(`(?i)^(value|val|v|reading|measurement|data|y)$`)
	namesOther   = regexp.MustCompile(`(?i)temp|volt|hum|price|cost|freq|factor|reactive|apparent|battery|(^|[^a-z])(soc|pf|id|va|var|amps?|current)$`)
	namesExtreme = regexp.MustCompile(`(?i)(^|[^a-z])(min|max|peak)`)
	namesMeter   = regexp.MustCompile(`(?i)^(device|sensor|channel|meter|entity|serial|circuit|appliance|room|location|source|pod|phase|name|reading_type)(_?(id|no|nr|number|name|serial))?$`)
	namesExport  = regexp.MustCompile(`(?i)export|return|redeliver|gelvr|feed|inject`)
	namesSolar   = regexp.MustCompile(`(?i)production|solar|generat|(^|[^a-z])pv([^a-z]|$)`)
)

// generic finds power readings in tables of no known layout, by the names of
// columns and by what they hold. What the mapping names is taken at its word.
func (d *detection) generic() ([]Series, error) {
	tables := d.tables
	if d.mapping.Table != "" {
		t, ok := tableNamed(tables, d.mapping.Table)
		if !ok {
			return nil, problem(ErrMapping, "correct table in [energy]", "there is no table %s in %s; it has %s", d.mapping.Table, d.path, tableNames(tables))
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
		return nil, problem(ErrMapping, hint, "%s: found columns %s in table %s, none looks like power readings with a time",
			d.path, tables[0].columnNames(), tables[0].name)
	}
	return nil, problem(nil, hint, "%s: found tables %s, none looks like power readings", d.path, tableNames(tables))
}

// missingColumn returns a column that the mapping names and t does not have.
func (d *detection) missingColumn(t table) string {
	where, _ := d.mapping.where()
	for _, name := range []string{d.mapping.Time, d.mapping.Value, where.Column} {
		if _, ok := t.column(name); name != "" && !ok {
			return name
		}
	}
	return ""
}

// seriesIn finds the series of one table: one for each column of power and,
// where rows of several meters are mixed, for each of those.
func (d *detection) seriesIn(t table) ([]Series, error) {
	where, _ := d.mapping.where()
	if where.Column != "" {
		c, _ := t.column(where.Column)
		where.Column = c.name
	}
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	rows, err := takeSample(d.conn, t, names, where)
	if err != nil || len(rows.column(0)) < 3 && !d.mapping.places() {
		return nil, err
	}
	if len(rows.column(0)) == 0 && where.Column != "" {
		return nil, problem(ErrMapping, "correct where in [energy]", "no row of table %s has %s = %s", t.name, where.Column, where.Value)
	}
	stamp, ok := d.timeColumn(t, rows)
	if !ok {
		return nil, nil
	}
	var found []Series
	for i, c := range t.columns {
		unit, confidence := d.valueColumn(t, c, stamp, rows.column(i))
		if confidence == "" {
			continue
		}
		s := Series{Table: t.name, Time: stamp, Value: c.name, Where: where, table: t,
			Kind: d.kind(), Unit: d.unit(unit), Direction: directionOf(t.name + " " + c.name), Confidence: confidence}
		meters := []Where{where}
		if where.Column == "" {
			meters = metersIn(t, rows, stamp, c.name)
		}
		for _, meter := range meters {
			s.Where = meter
			described, ok, err := d.describe(s)
			if err != nil {
				return nil, err
			}
			if ok {
				found = append(found, described)
			}
		}
	}
	return found, nil
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
		case namesTime.MatchString(c.name) && !namesEdge.MatchString(c.name):
			weight = 3
		case namesTime.MatchString(c.name):
			weight = 2
		}
		if weight > bestWeight {
			best, bestWeight = c.name, weight
		}
	}
	return best, best != ""
}

// valueColumn says in which unit of power a column is, and how sure that is;
// no confidence means that it is not power at all.
func (d *detection) valueColumn(t table, c column, stamp string, cells []*cell) (Unit, Confidence) {
	if d.mapping.Value != "" && !strings.EqualFold(c.name, d.mapping.Value) || c.name == stamp {
		return "", ""
	}
	shape := shapeOf(cells)
	unit := shape.unit()
	switch {
	case namesKW.MatchString(c.name):
		unit = Kilowatt
	case namesWatt.MatchString(c.name), namesW.MatchString(c.name):
		unit = Watt
	}
	if d.mapping.Kind == Interval {
		unit = energyUnit(c.name)
	}
	if d.mapping.Value != "" {
		return unit, Certain
	}
	if _, _, filled := tally(cells); !mostly(shape.numbers, filled) || shape.numbers == 0 || c.primaryKey || namesOther.MatchString(c.name) ||
		namesEnergy.MatchString(c.name) || namesWh.MatchString(c.name) {
		return "", ""
	}
	confidence := Likely
	switch {
	case namesKW.MatchString(c.name), namesWatt.MatchString(c.name), namesW.MatchString(c.name):
	case namesPower.MatchString(c.name) && !shape.counts:
	case namesValue.MatchString(c.name) && namesPower.MatchString(t.name) && !shape.counts:
	case namesValue.MatchString(c.name) && shape.likePower():
		confidence = Guess
	default:
		return "", ""
	}
	if namesExtreme.MatchString(c.name) {
		confidence = Guess
	}
	return unit, confidence
}

// energyUnit reads the unit from the name of a column of energy.
func energyUnit(name string) Unit {
	switch name = strings.ToLower(name); {
	case strings.Contains(name, "mwh"):
		return MegawattHour
	case strings.Contains(name, "joule"):
		return Joule
	case strings.HasSuffix(name, "wh") && !strings.HasSuffix(name, "kwh"):
		return WattHour
	}
	return KilowattHour
}

// shape is what a sample of numbers looks like.
type shape struct {
	numbers    int
	mean, most float64
	fractions  bool // some are not whole
	counts     bool // they only ever grow, as those of a counter do
	varies     bool // they rise and fall
}

func shapeOf(cells []*cell) shape {
	var s shape
	var sum, last float64
	rises, falls := 0, 0
	for _, c := range cells {
		number, ok := c.number()
		if !ok {
			continue
		}
		if s.numbers > 0 && number > last {
			rises++
		} else if s.numbers > 0 && number < last {
			falls++
		}
		s.numbers++
		sum += number
		s.most = max(s.most, number)
		s.fractions = s.fractions || number != math.Trunc(number)
		last = number
	}
	s.mean = sum / float64(max(1, s.numbers))
	s.counts = rises*5 > s.numbers && falls*200 < s.numbers
	s.varies = rises*20 > s.numbers && falls*20 > s.numbers
	return s
}

// unit tells kW from W: no household of more than one plug stays below 30 W
// and none reaches 30 kW, and nobody logs whole kW.
func (s shape) unit() Unit {
	if s.fractions && s.most <= 30 {
		return Kilowatt
	}
	return Watt
}

// likePower says that the numbers by themselves look like the power of a
// household, 0.5 to 200 kWh a day.
func (s shape) likePower() bool {
	daily := s.mean * s.unit().inKilo() * 24
	return s.varies && !s.counts && daily >= 0.5 && daily <= 200
}

// metersIn lists the meters whose rows are mixed in one table, told apart by a
// column of few different values. Without such a column it is the one Where
// that picks every row.
func metersIn(t table, rows sample, stamp, value string) []Where {
	const most = 32
	for i, c := range t.columns {
		if !namesMeter.MatchString(c.name) || c.name == stamp || c.name == value {
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
			meters[j] = Where{Column: c.name, Value: text}
		}
		return meters
	}
	return []Where{{}}
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
