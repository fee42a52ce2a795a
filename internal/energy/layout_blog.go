package energy

// blog recognises the two tables of the energy monitor that a blog described
// in 2013 and 2014: one reading of whole watts every two minutes,
// stamped with the local time of Python's datetime.now(). The tables day,
// week, month and year beside the second one only repeat it.
func (d *detection) blog() (Layout, []Series, error) {
	known := []struct {
		layout             Layout
		table, time, value string
	}{
		{BlogReadings, "readings", "r_datetime", "r_watts"},
		{BlogFlask, "reading", "timestamp", "watt"},
	}
	var empty []Series // both tables can be there, and the older one never used
	var layout Layout
	for _, k := range known {
		t, _ := tableNamed(d.tables, k.table)
		stamp, hasTime := t.column(k.time)
		value, hasValue := t.column(k.value)
		if !hasTime || !hasValue {
			continue
		}
		s, ok, err := d.describe(Series{
			Table: t.name, Time: stamp.name, Value: value.name, table: t,
			Kind: d.kind(), Unit: d.unit(Watt), Direction: Import, Confidence: Certain,
		})
		if err != nil {
			return "", nil, err
		}
		if !ok {
			continue // the names fit, what they hold does not
		}
		if !s.empty {
			return k.layout, []Series{s}, nil
		}
		if empty == nil {
			layout, empty = k.layout, []Series{s}
		}
	}
	return layout, empty, nil
}

// kind is the kind of a series of power, unless the mapping says otherwise.
func (d *detection) kind() Kind {
	if d.mapping.Kind != "" {
		return d.mapping.Kind
	}
	return Power
}

// unit is the unit found, unless the mapping says otherwise.
func (d *detection) unit(found Unit) Unit {
	if d.mapping.Unit != "" {
		return d.mapping.Unit
	}
	return found
}
