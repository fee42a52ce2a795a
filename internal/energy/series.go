package energy

import (
	"slices"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
)

// Layout names the program, or the family of programs, that wrote a database.
type Layout string

// The layouts that are recognised.
const (
	BlogReadings Layout = "blog-readings" // readings(r_datetime, r_watts)
	BlogFlask    Layout = "blog-flask"    // reading(timestamp, watt)
	Generic      Layout = "generic"       // anything else that decodes as readings
)

// Kind is what the values of a series mean.
type Kind string

// The kinds of series.
const (
	Power    Kind = "power"    // how much is drawn at the stamp
	Counter  Kind = "counter"  // what the meter has counted up to the stamp
	Interval Kind = "interval" // the energy of one step
)

// Unit is the unit of a series' values.
type Unit string

// The units; W and kW are of power, the rest of energy.
const (
	Watt         Unit = "W"
	Kilowatt     Unit = "kW"
	WattHour     Unit = "Wh"
	KilowattHour Unit = "kWh"
	MegawattHour Unit = "MWh"
	Joule        Unit = "J"
)

// inKilo is what one of the unit is in kW or kWh.
func (u Unit) inKilo() float64 {
	switch u {
	case Watt, WattHour:
		return 1e-3
	case MegawattHour:
		return 1e3
	case Joule:
		return 1 / 3.6e6
	}
	return 1
}

func (u Unit) ofPower() bool { return u == Watt || u == Kilowatt }

// Label says where in its step a stamp lies.
type Label string

// The labels. Power is as of the instant; energy of a step is stamped with its
// start or its end.
const (
	LabelStart   Label = "start"
	LabelInstant Label = "instant"
	LabelEnd     Label = "end"
)

// Direction is which way the energy of a series flows.
type Direction string

// The directions, as seen from the house.
const (
	Import     Direction = "import"
	Export     Direction = "export"
	Production Direction = "production"
)

// Confidence is how sure detection is of a series.
type Confidence string

// The degrees of confidence: a known layout or the owner's own word, telling
// names and values, values alone.
const (
	Certain Confidence = "certain"
	Likely  Confidence = "likely"
	Guess   Confidence = "guess"
)

// Series describes where the readings of one meter lie in a database and how
// they are to be read. Names are as the database spells them; they may hold
// any character.
type Series struct {
	Name               string // table.value, with the value of Where behind it
	Table, Time, Value string
	Where              Where
	Kind               Kind
	Unit               Unit
	TimeFormat         TimeFormat
	ClockZone          *time.Location // of stamps in FormatLocal
	Label              Label
	Direction          Direction
	Confidence         Confidence

	// Step is the nominal time between two readings, MaxGap how long a reading
	// may be held, and MaxKW what no household draws: readings beyond it are
	// dropped.
	Step, MaxGap time.Duration
	MaxKW        float64

	// Rows, First and Last are what a look at every row found: the number of
	// rows, and the oldest and the newest reading (zero times for none). Only
	// Detect fills them in.
	Rows        int64
	First, Last time.Time

	signed bool // negative values are export, and 0 for import
	empty  bool // there is no row yet
	table  table
}

// lag is how far a stamp lies behind the instant its reading counts from.
func (s Series) lag() time.Duration {
	if s.Label == LabelEnd {
		return s.Step
	}
	return 0
}

// Where picks the rows of one meter out of a table of several: those whose
// Column holds Value, compared as text or as a number. The zero value picks
// all.
type Where struct{ Column, Value string }

// sql returns the condition as a further term of a WHERE clause.
func (w Where) sql() string {
	if w.Column == "" {
		return ""
	}
	return " AND " + w.match()
}

// match is an expression that is 1 for the rows that are picked, whatever the
// declared type of the column.
func (w Where) match() string {
	if w.Column == "" {
		return "1"
	}
	return "(" + quoted(w.Column) + " = :where OR CAST(" + quoted(w.Column) + " AS TEXT) = :where)"
}

func (w Where) bind(stmt *sqlite.Stmt) {
	if w.Column != "" {
		stmt.SetText(":where", w.Value)
	}
}

// Mapping is what the owner of a database says about it in [energy]. What is
// set wins over what detection finds; the zero value leaves all to detection.
type Mapping struct {
	Series             string // the Name of one series, in upper or lower case
	Table, Time, Value string
	Where              string // "column = value"
	Kind               Kind
	Unit               Unit
	TimeFormat         TimeFormat
	Label              Label
	Nominal, MaxGap    time.Duration
	MaxKW              float64
	ClockZone          *time.Location // nil: the zone that is given with the mapping
}

// check says which of the mapping's words are none that it knows.
func (m Mapping) check() error {
	words := []struct {
		key, got string
		known    []string
	}{
		{"kind", string(m.Kind), []string{string(Power), string(Counter), string(Interval)}},
		{"unit", string(m.Unit), []string{string(Watt), string(Kilowatt), string(WattHour), string(KilowattHour), string(MegawattHour), string(Joule)}},
		{"time_format", string(m.TimeFormat), []string{string(FormatUnix), string(FormatUnixMillis), string(FormatUnixMicros), string(FormatUnixNanos), string(FormatJulian), string(FormatISO), string(FormatLocal), string(FormatUTC)}},
		{"label", string(m.Label), []string{string(LabelStart), string(LabelInstant), string(LabelEnd)}},
	}
	for _, word := range words {
		if word.got != "" && !slices.Contains(word.known, word.got) {
			return problem(ErrMapping, "write one of "+strings.Join(word.known, ", ")+", or leave the key out",
				"%s = %s in [energy] is not known", word.key, word.got)
		}
	}
	if m.Kind == Counter {
		return problem(ErrMapping, "name a column of power or of energy by the interval instead",
			"kind = counter in [energy] is not supported yet")
	}
	if m.Kind == Interval && m.Value == "" {
		return problem(ErrMapping, "set value to the column that holds the energy of each step", "kind = interval in [energy] needs a value")
	}
	if m.Kind == "" && m.Unit != "" && !m.Unit.ofPower() {
		return problem(ErrMapping, "set kind = interval if each value is the energy of one step",
			"unit = %s in [energy] needs a kind", m.Unit)
	}
	if m.Kind != "" && m.Unit != "" && (m.Kind == Power) != m.Unit.ofPower() {
		return problem(ErrMapping, "power is in W or kW, energy in Wh, kWh, MWh or J",
			"kind = %s and unit = %s in [energy] do not go together", m.Kind, m.Unit)
	}
	if m.Where != "" {
		if _, err := m.where(); err != nil {
			return err
		}
	}
	return nil
}

// where splits "column = value"; either may stand in quotation marks.
func (m Mapping) where() (Where, error) {
	column, value, found := strings.Cut(m.Where, "=")
	w := Where{Column: unquoted(column), Value: unquoted(value)}
	if m.Where != "" && (!found || w.Column == "") {
		return Where{}, problem(ErrMapping, "write it as: where = column = value", "where = %s in [energy] does not name a column and a value", m.Where)
	}
	return w, nil
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

// places says that the mapping names a place in the database, not only how to
// read it.
func (m Mapping) places() bool {
	return m.Table != "" || m.Time != "" || m.Value != "" || m.Where != ""
}
