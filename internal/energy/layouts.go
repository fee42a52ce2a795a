package energy

import (
	"slices"
	"strings"
)

// layout is a family of databases and how to recognise one: by tables and
// columns that no other has. No series means that it is another.
type layout struct {
	layout    Layout
	recognise func() ([]Series, error)
}

// layouts are those that are known, in the order they are tried.
func (d *detection) layouts() []layout {
	return []layout{
		{HomeAssistant, d.homeAssistant},
		{Domoticz, d.domoticz},
		{P1Monitor, d.p1Monitor},
		{SBFspot, d.sbfspot},
		{IOBroker, d.ioBroker},
		{EVCC, d.evcc},
		{FHEM, d.fhem},
		{BlogReadings, d.blogReadings},
		{BlogFlask, d.blogFlask},
		{Octodata, d.octodata},
		{SolarPi, d.solarPi},
		{SmartMeter, d.smartMeter},
	}
}

// describeAll describes what a layout's names promise, and leaves out what does
// not hold it.
func (d *detection) describeAll(promised []Series) ([]Series, error) {
	var found []Series
	for _, s := range promised {
		described, ok, err := d.describe(s)
		if err != nil {
			return nil, err
		}
		if ok {
			found = append(found, described)
		}
	}
	return found, nil
}

// has returns the table of that name if it has all the columns.
func (d *detection) has(name string, columns ...string) (table, bool) {
	t, ok := tableNamed(d.tables, name)
	for _, c := range columns {
		_, hasColumn := t.column(c)
		ok = ok && hasColumn
	}
	return t, ok
}

// indexed says that an index of the table leads to the rows of a series in
// order of time: stamps that are numbers, behind nothing but the columns that
// pick the rows.
func (d *detection) indexed(s Series) bool {
	if s.TimeFormat != FormatUnix && s.TimeFormat != FormatUnixMillis && s.TimeFormat != FormatUnixMicros || len(s.Where) == 0 {
		return false
	}
	for _, c := range s.Where {
		if column, _ := s.table.column(c.Column); !column.typed {
			return false
		}
	}
	picks := func(name string) bool {
		return slices.ContainsFunc(s.Where, func(c Condition) bool { return strings.EqualFold(c.Column, name) })
	}
	for _, index := range s.table.indexes {
		for _, name := range index {
			if strings.EqualFold(name, s.Time) {
				return true
			}
			if !picks(name) {
				break
			}
		}
	}
	return false
}
