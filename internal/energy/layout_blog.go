package energy

// The two tables of the energy monitor that a blog described in 2013 and 2014:
// one reading of whole watts every two minutes, stamped with the local time of
// Python's datetime.now(). The tables day, week, month and year beside the
// second one only repeat it.

func (d *detection) blogReadings() ([]Series, error) {
	return d.blog("readings", "r_datetime", "r_watts", "reading")
}

func (d *detection) blogFlask() ([]Series, error) { return d.blog("reading", "timestamp", "watt", "") }

// blog recognises one of the tables. It gives way to the other table where it
// is empty: both can be there, and the older one never used.
func (d *detection) blog(name, time, value, other string) ([]Series, error) {
	t, ok := d.has(name, time, value)
	if !ok {
		return nil, nil
	}
	stamp, _ := t.column(time)
	watts, _ := t.column(value)
	s, ok, err := d.describe(Series{Table: t.name, Time: stamp.name, values: []string{watts.name}, table: t,
		Kind: Power, Unit: d.unit(Watt), Direction: Import, Confidence: Certain})
	if err != nil || !ok { // the names fit, what they hold does not
		return nil, err
	}
	if _, both := d.has(other); s.Empty && both {
		return nil, nil
	}
	return []Series{s}, nil
}

// unit is the unit found, unless the mapping says otherwise.
func (d *detection) unit(found Unit) Unit {
	if d.mapping.Unit != "" && d.mapping.Unit.ofPower() == found.ofPower() {
		return d.mapping.Unit
	}
	return found
}
