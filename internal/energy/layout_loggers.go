package energy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// domoticz reads the short log of the meters, a row every five minutes for some
// days, and before it the calendar, a row a day.
func (d *detection) domoticz() ([]Series, error) {
	devices, ok := d.has("DeviceStatus", "ID", "Name", "Type", "SubType")
	meter, both := d.has("Meter", "DeviceRowID", "Value", "Date")
	if !ok || !both {
		return nil, nil
	}
	const smartMeter, kWhMeter, kWhSubtype = 250, 243, 29
	var promised []Series
	add := func(name, id, log, calendar string, direction Direction, confidence Confidence, values, counters []string) error {
		t, ok := d.has(log, append([]string{"DeviceRowID", "Date"}, values...)...)
		if !ok {
			return nil
		}
		s := Series{Name: name, Table: t.name, Time: "Date", TimeFormat: FormatLocal, Where: Where{only("DeviceRowID", id)}, table: t, values: values,
			Kind: Counter, Unit: WattHour, Label: LabelInstant, Step: 5 * time.Minute, Direction: direction, Confidence: confidence}
		if days, ok := d.has(calendar, append([]string{"DeviceRowID", "Date"}, counters...)...); ok {
			finer, ok, err := d.describe(s)
			if err != nil {
				return err
			}
			s.Table, s.table, s.values, s.Label, s.Step, s.MaxGap = days.name, days, counters, LabelStart, 24*time.Hour, 26*time.Hour
			if ok && !finer.Empty {
				s.finer = &finer
			}
			if s.opening, err = d.calendarOpening(s); err != nil {
				return err
			}
			if days, ok, err := d.describe(s); err != nil || ok && !days.Empty || s.finer == nil {
				promised = append(promised, days)
				return err
			}
			s = finer
		}
		promised = append(promised, s)
		return nil
	}
	query := "SELECT ID, coalesce(Name, ''), Type, SubType FROM " + quoted(devices.name) + " ORDER BY ID"
	err := sqlitex.ExecuteTransient(d.conn, query, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		id, name := stmt.ColumnText(0), stmt.ColumnText(1)
		switch kind := stmt.ColumnInt(2); {
		case kind == smartMeter:
			if err := add(name, id, "MultiMeter", "MultiMeter_Calendar", Import, Certain, []string{"Value1", "Value5"}, []string{"Counter1", "Counter3"}); err != nil {
				return err
			}
			return add(name+" return", id, "MultiMeter", "MultiMeter_Calendar", Export, Certain, []string{"Value2", "Value6"}, []string{"Counter2", "Counter4"})
		case kind == kWhMeter && stmt.ColumnInt(3) == kWhSubtype:
			return add(name, id, meter.name, "Meter_Calendar", directionOf(name), Likely, []string{"Value"}, []string{"Counter"})
		}
		return nil
	}})
	if err != nil {
		return nil, err
	}
	return d.describeAll(promised)
}

// calendarOpening is what the counters of a calendar showed when its first day
// began: what they showed at its end less what was used on it.
func (d *detection) calendarOpening(s Series) (*reading, error) {
	uses := map[string]string{"Counter": "Value", "Counter1": "Value1", "Counter2": "Value2", "Counter3": "Value5", "Counter4": "Value6"}
	var parts []string
	for _, counter := range s.values {
		parts = append(parts, quoted(counter)+" - "+quoted(uses[counter]))
	}
	query := "SELECT Date, " + strings.Join(parts, " + ") + " FROM " + quoted(s.Table) + " WHERE " + s.Where.match(false) + " AND Date IS NOT NULL ORDER BY Date LIMIT 1"
	stmt, err := d.conn.Prepare(query)
	if err != nil {
		return nil, err
	}
	defer stmt.Reset()
	s.Where.bind(stmt)
	found, err := stmt.Step()
	if err != nil || !found {
		return nil, err
	}
	var date, value cell
	date.read(stmt, 0)
	value.read(stmt, 1)
	s.ClockZone = d.zone
	at, doubt := s.stamps(d.now).read(&date)
	number, known := value.number()
	if doubt != "" || !known || number < 0 {
		return nil, nil
	}
	return &reading{At: at, Value: number, Known: true}, nil
}

// p1Monitor reads the registers of a Dutch smart meter: hours for years, minutes
// for some weeks. A row holds what they showed at the end of its step. Its own
// columns of energy by the step lose what gaps hide, and are left alone.
func (d *detection) p1Monitor() ([]Series, error) {
	var promised []Series
	for _, way := range []struct {
		name      string
		direction Direction
		values    []string
	}{
		{"import", Import, []string{"VERBR_KWH_181", "VERBR_KWH_182"}},
		{"export", Export, []string{"GELVR_KWH_281", "GELVR_KWH_282"}},
	} {
		columns := append([]string{"TIMESTAMP"}, way.values...)
		var coarse *Series
		for _, level := range []struct {
			table string
			step  time.Duration
		}{{"e_history_uur", time.Hour}, {"e_history_min", time.Minute}} {
			t, ok := d.has(level.table, columns...)
			if !ok {
				continue
			}
			s := Series{Name: way.name, Table: t.name, Time: "TIMESTAMP", TimeFormat: FormatLocal, table: t, values: way.values, Kind: Counter, Unit: KilowattHour,
				Label: LabelStart, Step: level.step, Direction: way.direction, Confidence: Certain, overwritten: true}
			s, ok, err := d.describe(s)
			if err != nil {
				return nil, err
			}
			switch {
			case !ok || s.Empty && coarse != nil:
			case coarse != nil && !coarse.Empty:
				coarse.finer = &s
			default:
				coarse = &s
			}
		}
		if coarse != nil {
			promised = append(promised, *coarse)
		}
	}
	return promised, nil
}

// sbfspot reads the lifetime counter of SMA inverters, every five minutes of
// daylight: that it does not count at night is known. Several inverters are
// added.
func (d *detection) sbfspot() ([]Series, error) {
	t, ok := d.has("DayData", "TimeStamp", "Serial", "TotalYield")
	_, both := d.has("Inverters", "Serial")
	if !ok || !both {
		return nil, nil
	}
	serials, err := d.distinct(t, "Serial")
	if err != nil {
		return nil, err
	}
	s := Series{Name: "production", Table: t.name, Time: "TimeStamp", TimeFormat: FormatUnix, table: t, values: []string{"TotalYield"}, Kind: Counter, Unit: WattHour,
		Label: LabelInstant, Step: 5 * time.Minute, MaxGap: 20 * time.Hour, Direction: Production, Confidence: Certain}
	if len(serials) > 1 {
		s.Where = Where{{"Serial", serials}}
	}
	promised := []Series{s}
	if used, ok := d.has("Consumption", "TimeStamp", "PowerUsed"); ok {
		c := Series{Name: "consumption", Table: used.name, Time: "TimeStamp", TimeFormat: FormatUnix, table: used, values: []string{"PowerUsed"}, Kind: Power, Unit: Watt,
			Label: LabelEnd, Step: 5 * time.Minute, Direction: Import, Confidence: Certain}
		if c, ok, err := d.describe(c); err != nil {
			return nil, err
		} else if ok && !c.Empty {
			promised = append(promised, c)
		}
	}
	return d.describeAll(promised)
}

// distinct lists the values of a column in a table, in order.
func (d *detection) distinct(t table, column string) (values []string, err error) {
	query := "SELECT DISTINCT " + quoted(column) + " FROM " + quoted(t.name) + " WHERE " + quoted(column) + " IS NOT NULL ORDER BY 1"
	err = sqlitex.ExecuteTransient(d.conn, query, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		values = append(values, stmt.ColumnText(0))
		return nil
	}})
	return values, err
}

// ioBroker reads numbers that are logged when they change. There are no units;
// the names of data points tell, often as the numbers of OBIS.
func (d *detection) ioBroker() ([]Series, error) {
	points, ok := d.has("datapoints", "id", "name", "type")
	numbers, both := d.has("ts_number", "id", "ts", "val")
	if !ok || !both {
		return nil, nil
	}
	var all []Series
	query := "SELECT id, coalesce(name, '') FROM " + quoted(points.name) + " WHERE type = 0 ORDER BY id"
	err := sqlitex.ExecuteTransient(d.conn, query, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		all = append(all, Series{Name: stmt.ColumnText(1), Table: numbers.name, Time: "ts", TimeFormat: FormatUnixMillis,
			Where: Where{only("id", stmt.ColumnText(0))}, table: numbers, values: []string{"val"}})
		return nil
	}})
	if err != nil {
		return nil, err
	}
	var promised []Series
	for _, s := range all {
		ok, err := d.named(&s, s.Name)
		if err != nil {
			return nil, err
		}
		if ok {
			promised = append(promised, s)
		}
	}
	return d.describeAll(promised)
}

// named says what a series means by a name that people gave it, and by its
// shape; false when it is no power or energy. Its rows are written when the
// value changes.
func (d *detection) named(s *Series, name string) (bool, error) {
	rows, err := takeSample(d.conn, s.table, []string{s.Time, s.values[0]}, s.Where)
	if err != nil {
		return false, err
	}
	two := table{name: s.table.name, columns: []column{{name: s.Time}, {name: s.values[0]}}}
	shape := rows.shape(d, two, s.Time, 1)
	part := name[strings.LastIndexAny(name, "./:")+1:]
	s.Direction, s.MaxGap = directionOf(name), time.Hour
	switch obis := strings.NewReplacer("_", ".", "-", ".", "*", ".").Replace(name); {
	case strings.Contains(obis, "1.8.0"), strings.Contains(obis, "2.8.0"):
		part = "energy_kwh"
		if shape.growth*WattHour.inKilo() >= 0.5 && shape.growth > 500 {
			part = "energy_wh"
		}
	case strings.Contains(obis, "16.7.0"):
		part = "power_w"
		if shape.unit() == Kilowatt {
			part = "power_kw"
		}
	}
	ok := s.guess(s.table, column{name: part}, shape)
	if s.Kind == Counter {
		s.MaxGap = 0
	}
	return ok, nil
}

// evcc reads the quarter-hours of the energy manager evcc.
func (d *detection) evcc() ([]Series, error) {
	entities, ok := d.has("entities", "id", "group", "name")
	meters, both := d.has("meters", "meter", "ts")
	if !ok || !both {
		return nil, nil
	}
	value := ""
	for _, name := range []string{"energy", "import", "pos", "val"} { // from new to old
		if c, ok := meters.column(name); ok {
			value = c.name
			break
		}
	}
	if value == "" {
		return nil, nil
	}
	recovered, _ := meters.column("recovered")
	returned, gives := meters.column("return_energy")
	var promised []Series
	query := "SELECT id, \"group\", coalesce(nullif(title, ''), name) FROM " + quoted(entities.name) + " ORDER BY id"
	if _, ok := entities.column("title"); !ok {
		query = strings.Replace(query, "coalesce(nullif(title, ''), name)", "name", 1)
	}
	err := sqlitex.ExecuteTransient(d.conn, query, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		group := stmt.ColumnText(1)
		s := Series{Name: stmt.ColumnText(2), Table: meters.name, Time: "ts", Where: Where{only("meter", stmt.ColumnText(0))}, table: meters, values: []string{value},
			Kind: Interval, Unit: KilowattHour, Label: LabelStart, Step: 15 * time.Minute, Direction: Import, Confidence: Likely, estimated: recovered.name}
		switch group {
		case "forecast", "temperature":
			return nil
		case "grid":
			s.Confidence = Certain
		case "pv":
			s.Direction, s.Confidence = Production, Certain
		case "battery":
			s.Direction = Production
		}
		promised = append(promised, s)
		if group == "grid" && gives {
			s.Name, s.values, s.Direction = s.Name+" export", []string{returned.name}, Export
			promised = append(promised, s)
		}
		return nil
	}})
	if err != nil {
		return nil, err
	}
	return d.describeAll(promised)
}

// fhem reads the log of FHEM: text of every device, of which what has a unit of
// power or energy, or the name of one, is taken.
func (d *detection) fhem() ([]Series, error) {
	t, ok := d.has("history", "TIMESTAMP", "DEVICE", "READING", "VALUE")
	if !ok {
		return nil, nil
	}
	kinds, err := d.fhemReadings(t)
	if err != nil {
		return nil, err
	}
	var promised []Series
	for _, kind := range kinds {
		device, reading := kind[0], kind[1]
		s := Series{Name: device + ":" + reading, Table: t.name, Time: "TIMESTAMP", TimeFormat: FormatLocal, Where: Where{only("DEVICE", device), only("READING", reading)},
			table: t, values: []string{"VALUE"}, lenient: true}
		unit := UnitNamed(kind[2])
		name := reading
		if unit != "" {
			name += "_" + string(unit)
		}
		ok, err := d.named(&s, name)
		if err != nil {
			return nil, err
		}
		s.Direction = directionOf(s.Name)
		if ok && unit != "" && s.Unit.ofPower() == unit.ofPower() {
			s.Unit, s.unsure, s.Confidence = unit, false, Likely
		}
		if ok {
			promised = append(promised, s)
		}
	}
	return d.describeAll(promised)
}

// fhemReadings lists devices, what is read of them, and in which unit. With the
// index that FHEM advises it jumps from one to the next.
func (d *detection) fhemReadings(t table) (kinds [][3]string, err error) {
	unit := "''"
	if c, ok := t.column("UNIT"); ok {
		unit = quoted(c.name)
	}
	query := "SELECT DISTINCT DEVICE AS d, READING AS r FROM history"
	if slices.ContainsFunc(t.indexes, func(index []string) bool { return len(index) > 1 && index[0] == "DEVICE" && index[1] == "READING" }) {
		next := func(column string) string {
			return "(SELECT " + column + " FROM history WHERE (DEVICE, READING) > (d, r) ORDER BY DEVICE, READING LIMIT 1)"
		}
		query = "WITH RECURSIVE k(d, r) AS (SELECT * FROM (SELECT DEVICE, READING FROM history WHERE DEVICE IS NOT NULL AND READING IS NOT NULL ORDER BY DEVICE, READING LIMIT 1) " +
			"UNION ALL SELECT " + next("DEVICE") + ", " + next("READING") + " FROM k WHERE d IS NOT NULL) SELECT d, r FROM k WHERE d IS NOT NULL"
	}
	query = strings.ReplaceAll("SELECT d, r, coalesce((SELECT "+unit+" FROM history WHERE DEVICE = d AND READING = r LIMIT 1), '') FROM ("+query+")", "history", quoted(t.name))
	err = sqlitex.ExecuteTransient(d.conn, query, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		kinds = append(kinds, [3]string{stmt.ColumnText(0), stmt.ColumnText(1), stmt.ColumnText(2)})
		return nil
	}})
	return kinds, err
}

// octodata reads the half-hours of a supplier, stamped with the local offset
// and stored newest first.
func (d *detection) octodata() ([]Series, error) {
	t, ok := d.has("readings", "start_time", "end_time", "usage")
	if !ok {
		return nil, nil
	}
	return d.describeAll([]Series{{Name: "usage", Table: t.name, Time: "start_time", table: t, values: []string{"usage"}, Kind: Interval, Unit: KilowattHour,
		Label: LabelStart, Step: 30 * time.Minute, Direction: Import, Confidence: Certain}})
}

// solarPi reads the registers of a house with solar panels.
func (d *detection) solarPi() ([]Series, error) {
	t, ok := d.has("electricity_data", "created_at", "meter_180", "meter_280")
	if !ok {
		return nil, nil
	}
	s := Series{Name: "import", Table: t.name, Time: "created_at", table: t, values: []string{"meter_180"}, Kind: Counter, Unit: KilowattHour, Direction: Import, Confidence: Certain}
	promised := []Series{s}
	s.Name, s.values, s.Direction = "export", []string{"meter_280"}, Export
	promised = append(promised, s)
	if sun, ok := d.has("pvdata", "created_at", "current_power"); ok {
		promised = append(promised, Series{Name: "solar", Table: sun.name, Time: "created_at", table: sun, values: []string{"current_power"}, Kind: Power, Unit: Watt,
			Direction: Production, Confidence: Certain})
	}
	return d.describeAll(promised)
}

// smartMeter reads registers of Wh by day and by night, and the power beside
// them.
func (d *detection) smartMeter() ([]Series, error) {
	t, ok := d.has("total_power_readings", "timestamp", "total_consumption_day_wh", "total_consumption_night_wh")
	if !ok {
		return nil, nil
	}
	s := Series{Name: "consumption", Table: t.name, Time: "timestamp", table: t, values: []string{"total_consumption_day_wh", "total_consumption_night_wh"},
		Kind: Counter, Unit: WattHour, Direction: Import, Confidence: Certain}
	promised := []Series{s}
	if _, ok := d.has(t.name, "total_production_day_wh", "total_production_night_wh"); ok {
		s.Name, s.values, s.Direction = "production", []string{"total_production_day_wh", "total_production_night_wh"}, Export
		promised = append(promised, s)
	}
	if live, ok := d.has("live_power_readings", "timestamp", "watt", "reading_type"); ok {
		types, err := d.distinct(live, "reading_type")
		if err != nil {
			return nil, err
		}
		for _, kind := range types {
			promised = append(promised, Series{Name: fmt.Sprint("power ", kind), Table: live.name, Time: "timestamp", table: live, values: []string{"watt"},
				Where: Where{only("reading_type", kind)}, Kind: Power, Unit: Watt, Direction: directionOf(kind), Confidence: Likely})
		}
	}
	return d.describeAll(slices.Clip(promised))
}
