package energy

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// statistic is a row of Home Assistant's statistics_meta. Its version changes
// often, so columns are looked for and not concluded from a version.
type statistic struct {
	id, name, title, unit string
	sum, mean             bool
}

// homeAssistant reads Home Assistant's recorder: the statistics of every hour,
// which are kept for ever; those of five minutes, kept for some ten days; and,
// after the last of them, the states themselves. Which statistics are the house
// is not in the database: its own energy settings beside it say so, if they can
// be read.
func (d *detection) homeAssistant() ([]Series, error) {
	meta, ok := d.has("statistics_meta", "id", "statistic_id", "unit_of_measurement", "has_sum")
	hours, both := d.has("statistics", "metadata_id", "sum")
	if !ok || !both {
		return nil, nil
	}
	statistics, err := d.statistics(meta)
	if err != nil {
		return nil, err
	}
	house := d.houseStatistics()
	var promised []Series
	together := map[string][]string{} // ids that are one series, by the name of the first
	for _, s := range statistics {
		if i := slices.Index(house.grid, s.name); i >= 0 && s.sum {
			together[house.grid[0]] = append(together[house.grid[0]], s.id)
		}
	}
	for _, s := range statistics {
		series, ok := d.statisticSeries(s, hours, house)
		if !ok {
			continue
		}
		if ids := together[s.name]; len(ids) > 1 {
			series.Where = Where{{"metadata_id", ids}}
			series.Name = strings.Join(house.grid, " + ")
		} else {
			tail, err := d.stateSeries(s.name)
			if err != nil {
				return nil, err
			}
			if len(tail) == 1 && tail[0].Kind == series.Kind && tail[0].byTime {
				series.tail = &tail[0]
			}
		}
		promised = append(promised, series)
	}
	for i, p := range promised {
		if t, ok := tableNamed(d.tables, "statistics_short_term"); ok && p.Table == hours.name {
			finer := p
			finer.Table, finer.table, finer.Step, finer.MaxGap, finer.tail = t.name, t, 5*time.Minute, 5*time.Minute, nil
			finer, ok, err := d.describe(finer)
			if err != nil {
				return nil, err
			}
			if ok && !finer.Empty {
				promised[i].finer = &finer
			}
		}
	}
	if len(promised) == 0 {
		promised, err = d.stateSeries("")
	} else {
		promised, err = d.describeAll(promised)
	}
	if err == nil && len(promised) == 0 {
		err = problem(nil, "name a meter in its energy dashboard; the first statistics come within the hour",
			"Home Assistant keeps no statistics or states of power or energy in %s yet", d.called)
	}
	return promised, err
}

// statistics lists what is measured.
func (d *detection) statistics(meta table) (found []statistic, err error) {
	column := func(name, otherwise string) string {
		if c, ok := meta.column(name); ok {
			return quoted(c.name)
		}
		return otherwise
	}
	mean := column("has_mean", "0") + " = 1"
	if _, ok := meta.column("mean_type"); ok {
		mean = "mean_type = 1" // has_mean is left empty then
	}
	query := "SELECT id, coalesce(statistic_id, ''), coalesce(" + column("name", "''") + ", ''), coalesce(unit_of_measurement, ''), has_sum = 1, " + mean +
		" FROM " + quoted(meta.name) + " ORDER BY id"
	err = sqlitex.ExecuteTransient(d.conn, query, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		found = append(found, statistic{id: stmt.ColumnText(0), name: stmt.ColumnText(1), title: stmt.ColumnText(2), unit: stmt.ColumnText(3),
			sum: stmt.ColumnBool(4), mean: stmt.ColumnBool(5)})
		return nil
	}})
	return found, err
}

// statisticSeries is how a statistic is read; false when it is neither energy
// nor power.
func (d *detection) statisticSeries(s statistic, hours table, house houseStatistics) (Series, bool) {
	unit := UnitNamed(s.unit)
	series := Series{Name: s.name, Table: hours.name, Time: "start_ts", TimeFormat: FormatUnix, Where: Where{only("metadata_id", s.id)}, table: hours,
		Unit: unit, Label: LabelStart, Step: time.Hour, MaxGap: time.Hour, Direction: directionOf(s.name + " " + s.title), Confidence: Likely}
	if _, ok := hours.column("start_ts"); !ok { // before schema 34
		series.Time, series.TimeFormat = "start", FormatUTC
	}
	switch {
	case unit == "":
		return Series{}, false
	case s.sum && !unit.ofPower():
		series.Kind, series.values, series.carried = Counter, []string{"sum"}, true
	case s.mean && unit.ofPower():
		series.Kind, series.values = Power, []string{"mean"}
	default:
		return Series{}, false
	}
	switch {
	case slices.Contains(house.grid, s.name):
		series.Direction, series.Confidence = Import, Certain
		if house.grid[0] != s.name {
			series.Confidence = Likely
		}
	case slices.Contains(house.returned, s.name):
		series.Direction, series.Confidence = Export, Certain
	case slices.Contains(house.solar, s.name):
		series.Direction, series.Confidence = Production, Certain
	}
	return series, true
}

// stateSeries are the states of an entity or, for the name "", of all that have
// a unit of power or energy.
func (d *detection) stateSeries(entity string) ([]Series, error) {
	states, ok := d.has("states", "state_id", "state", "attributes_id")
	attributes, both := d.has("state_attributes", "attributes_id", "shared_attrs")
	if !ok || !both {
		return nil, nil
	}
	key, names := "entity_id", "SELECT DISTINCT entity_id, entity_id FROM states WHERE entity_id IS NOT NULL"
	if meta, ok := d.has("states_meta", "metadata_id", "entity_id"); ok {
		key, names = "metadata_id", "SELECT metadata_id, entity_id FROM "+quoted(meta.name)
	}
	names = "WITH n(id, name) AS (" + names + ") SELECT id, name FROM n WHERE :name = '' OR name = :name"
	type entityRow struct{ id, name string }
	var entities []entityRow
	err := sqlitex.Execute(d.conn, names, &sqlitex.ExecOptions{Named: map[string]any{":name": entity}, ResultFunc: func(stmt *sqlite.Stmt) error {
		entities = append(entities, entityRow{stmt.ColumnText(0), stmt.ColumnText(1)})
		return nil
	}})
	if err != nil {
		return nil, err
	}
	stamp, ok := states.column("last_updated_ts")
	if !ok {
		stamp, ok = states.column("last_updated")
	}
	if !ok {
		return nil, nil
	}
	var promised []Series
	for _, e := range entities {
		var shared struct {
			Unit  string `json:"unit_of_measurement"`
			Class string `json:"state_class"`
		}
		query := "SELECT a.shared_attrs FROM states AS s JOIN " + quoted(attributes.name) + " AS a ON a.attributes_id = s.attributes_id WHERE s." + quoted(key) +
			" = ? AND s.attributes_id IS NOT NULL ORDER BY s." + quoted(stamp.name) + " DESC LIMIT 1"
		err := sqlitex.Execute(d.conn, query, &sqlitex.ExecOptions{Args: []any{e.id}, ResultFunc: func(stmt *sqlite.Stmt) error {
			_ = json.Unmarshal([]byte(stmt.ColumnText(0)), &shared) // without a unit it is left out
			return nil
		}})
		if err != nil {
			return nil, err
		}
		unit := UnitNamed(shared.Unit)
		if unit == "" || !unit.ofPower() && shared.Class == "measurement" {
			continue
		}
		s := Series{Name: e.name, Table: states.name, Time: "last_updated_ts", TimeFormat: FormatUnix, Where: Where{only(key, e.id)}, table: states,
			values: []string{"state"}, Kind: Counter, Unit: unit, Label: LabelInstant, Direction: directionOf(e.name), Confidence: Likely, lenient: true}
		if _, ok := states.column("last_updated_ts"); !ok {
			s.Time, s.TimeFormat = "last_updated", FormatUTC
		}
		if unit.ofPower() {
			s.Kind, s.MaxGap = Power, time.Hour // written when it changes
		}
		promised = append(promised, s)
	}
	return d.describeAll(promised)
}

// UnitNamed is the unit of a text as people write it, "" for no power or
// energy that is known.
func UnitNamed(text string) Unit {
	for _, u := range []Unit{Watt, Kilowatt, WattHour, KilowattHour, MegawattHour, Joule} {
		if strings.EqualFold(text, string(u)) {
			return u
		}
	}
	return ""
}

// houseStatistics names the statistics of the house.
type houseStatistics struct{ grid, returned, solar []string }

// houseStatistics reads Home Assistant's energy settings, which lie beside the
// database. What cannot be read or understood names nothing.
func (d *detection) houseStatistics() (house houseStatistics) {
	path, err := locate(d.path)
	if err != nil {
		return house
	}
	text, err := os.ReadFile(filepath.Join(filepath.Dir(path), ".storage", "energy"))
	if err != nil {
		return house
	}
	type flow struct {
		From string `json:"stat_energy_from"`
		To   string `json:"stat_energy_to"`
	}
	var settings struct {
		Data struct {
			Sources []struct {
				Type string `json:"type"`
				flow
				FlowFrom []flow `json:"flow_from"`
				FlowTo   []flow `json:"flow_to"`
			} `json:"energy_sources"`
		} `json:"data"`
	}
	if json.Unmarshal(text, &settings) != nil {
		return house
	}
	add := func(to *[]string, name string) {
		if name != "" && !slices.Contains(*to, name) {
			*to = append(*to, name)
		}
	}
	for _, source := range settings.Data.Sources {
		switch source.Type {
		case "grid":
			for _, f := range append(append([]flow{source.flow}, source.FlowFrom...), source.FlowTo...) {
				add(&house.grid, f.From)
				add(&house.returned, f.To)
			}
		case "solar":
			add(&house.solar, source.From)
		}
	}
	return house
}
