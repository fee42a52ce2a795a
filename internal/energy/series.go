package energy

import (
	"slices"
	"strings"
	"time"

	"vitals/internal/timeline"
)

// Layout names the program, or the family of programs, that wrote a database.
type Layout string

// The layouts that are recognised.
const (
	BlogReadings  Layout = "blog-readings" // readings(r_datetime, r_watts)
	BlogFlask     Layout = "blog-flask"    // reading(timestamp, watt)
	HomeAssistant Layout = "home-assistant"
	Domoticz      Layout = "domoticz"
	P1Monitor     Layout = "p1-monitor"
	SBFspot       Layout = "sbfspot"
	IOBroker      Layout = "iobroker"
	EVCC          Layout = "evcc"
	FHEM          Layout = "fhem"
	Octodata      Layout = "octodata"
	SolarPi       Layout = "solarpi"
	SmartMeter    Layout = "smart-meter" // registers of Wh, by day and by night
	Generic       Layout = "generic"     // anything else that decodes as readings
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

// The labels. Power is as of the instant, and so is a counter; energy of a step
// is stamped with its start or its end. A counter with LabelStart was read at
// the end of the step that its stamp begins, and power with LabelStart or
// LabelEnd is the mean of the step.
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
	Name               string
	Table, Time, Value string // Value names the columns, joined by +, that are added
	Where              Where
	Kind               Kind
	Unit               Unit
	TimeFormat         TimeFormat
	ClockZone          *time.Location // of stamps in FormatLocal
	Label              Label
	Direction          Direction
	Confidence         Confidence

	// Step is the nominal time between two readings, MaxGap how long a reading
	// of power may be held, or how far energy may be spread without being
	// estimated. MaxKW is what no household draws: readings of power and of
	// energy by the interval beyond it are dropped, and a counter that grows
	// faster is looked at twice.
	Step, MaxGap time.Duration
	MaxKW        float64

	// Rows, First and Last are what a look at every row found: the number of
	// rows, and the oldest and the newest reading (zero times for none). Only
	// Detect fills them in.
	Rows        int64
	First, Last time.Time

	Empty bool // there is no row yet

	unsure  bool // what the values mean is a guess
	settled bool // it is known which clock the stamps are of
	signed  bool // negative values are export, and 0 for import
	lenient bool // that some values are text is usual

	// carried says that the writer has carried a counter over resets itself.
	carried bool

	// overwritten says that a local time shown twice was kept once, as it was
	// the second time.
	overwritten bool

	order     dateOrder
	table     table
	values    []string // the columns of Value
	estimated string   // a column that is true where energy was estimated; "" for none
	byTime    bool     // an index leads to the rows of Where in order of time

	opening    *reading      // what a counter showed before its first row
	openingGap time.Duration // MaxGap from there to the first row

	finer *Series // the same energy by shorter steps, for as long as those are kept
	tail  *Series // the same energy after the last row of the rest
}

// shift is how much later than its stamp the instant of a reading lies: that
// at which power or the energy of an interval begins, or a counter was read.
func (s Series) shift() time.Duration {
	switch {
	case s.Kind == Counter && s.Label == LabelStart:
		return s.Step
	case s.Kind != Counter && s.Label == LabelEnd:
		return -s.Step
	}
	return 0
}

// FinestStep is the nominal time between two readings where they are closest.
func (s Series) FinestStep() time.Duration {
	if s.finer != nil {
		return s.finer.FinestStep()
	}
	return s.Step
}

// stamp is the stamp of a reading, both in Unix nanoseconds.
func (s Series) stamp(at int64) int64 {
	if s.civilDays() {
		return timeline.Day.Back(time.Unix(0, at).In(s.ClockZone), 1).UnixNano()
	}
	return at - int64(s.shift())
}

// civilDays says that the steps are of civil days, which are not all of one
// length.
func (s Series) civilDays() bool {
	return s.TimeFormat == FormatLocal && s.Kind == Counter && s.Step == 24*time.Hour && s.shift() != 0
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

	// Called is what messages and sources call the database where its file is a
	// copy of another, "" for its path.
	Called string
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
	if m.Kind == Counter && m.Value == "" {
		return problem(ErrMapping, "set value to the column that holds what the meter counted", "kind = counter in [energy] needs a value")
	}
	if m.Kind == Interval && m.Value == "" {
		return problem(ErrMapping, "set value to the column that holds the energy of each step", "kind = interval in [energy] needs a value")
	}
	if m.Kind == "" && m.Unit != "" && !m.Unit.ofPower() {
		return problem(ErrMapping, "set kind = counter if the values only grow, kind = interval if each is the energy of one step",
			"unit = %s in [energy] needs a kind", m.Unit)
	}
	if m.Kind != "" && m.Unit != "" && (m.Kind == Power) != m.Unit.ofPower() {
		return problem(ErrMapping, "power is in W or kW, energy in Wh, kWh, MWh or J",
			"kind = %s and unit = %s in [energy] do not go together", m.Kind, m.Unit)
	}
	if m.Where != "" {
		if _, err := parseWhere(m.Where); err != nil {
			return err
		}
	}
	return nil
}

// Columns are the names of columns that the mapping gives, "" where it leaves
// one out.
func (m Mapping) Columns() []string {
	names := []string{m.Time, m.Value}
	if m.Where != "" {
		if where, err := parseWhere(m.Where); err == nil {
			names = append(names, where[0].Column)
		}
	}
	return names
}

// Places says that the mapping names a place in the database, not only how to
// read it.
func (m Mapping) Places() bool {
	return m.Table != "" || m.Time != "" || m.Value != "" || m.Where != ""
}
