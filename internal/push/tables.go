package push

import (
	"fmt"
	"strings"

	"vitals/internal/postgres"
)

// format is the version of the tables below. Whoever changes them raises it, and
// says in schema.go how older ones are brought up to it.
const format = 1

// column is a column of a table, by its name and its type as PostgreSQL prints it.
type column struct{ name, kind, about string }

// table is a table of ours. A row belongs to an owner, a person or a meter, and
// has a key within what the owner has; without a key there is one row an owner.
type table struct {
	name, about string
	owner       column
	key         []column // the first is a date or an instant: rows are sent by its month
	others      []column
}

// The types of columns.
const (
	text    = "text"
	whole   = "integer"
	number  = "double precision"
	money   = "numeric"
	date    = "date"
	instant = "timestamp with time zone"
)

var (
	ofPerson = column{"person_id", text, "whose it is: vitals_person"}
	ofMeter  = column{"meter_id", text, "which meter: vitals_meter"}
)

// The statuses are those of exports.
const statuses = "full, partial, estimated (some of it only spread over a gap) or empty"

func person() table {
	return table{"vitals_person", "who is pushed; one row a person", column{"person_id", text, "the account's health user id, or a made-up one where there is no account"}, nil, []column{
		{"name", text, "as the account has it"},
		{"age", whole, "full years"},
		{"height_m", number, "metres"},
		{"member_since", date, "when the account began"},
		{"time_zone", text, "IANA name: the zone of civil dates in vitals_energy_day"},
		{"health_user_id", text, "of Google Health; not for the public"},
		{"fitbit_user_id", text, "of the closed Fitbit API; not for the public"},
	}}
}

func weighIn() table {
	return table{"vitals_weigh_in", "each weigh-in, copies of other apps left out", ofPerson, []column{
		{"time", instant, "when"},
		{"ordinal", whole, "0, or counts on where there are several of one instant"},
	}, []column{
		{"civil_date", date, "the local date it belongs to, at the place of the weigh-in"},
		{"utc_offset_s", whole, "seconds that local time was ahead of UTC there"},
		{"weight_kg", number, "kg"},
		{"bmi", number, "kg/m2, by the height of that date"},
		{"fat_percent", number, "body fat in percent, of this weigh-in"},
		{"trend_kg", number, "the trend in kg after it"},
		{"excluded", text, "NULL where it counts, else why not: held back (implausible) or by you"},
		{"source", text, "the scale or app"},
	}}
}

func energyDay() table {
	columns := []column{
		{"starts", instant, "the first instant of the civil date"},
		{"ends", instant, "the first instant of the next one"},
	}
	for _, s := range [][3]string{{"calories", "calories_kcal", "kcal burned"}, {"active_calories", "active_calories_kcal", "kcal burned by activity"}, {"steps", "steps", "steps"}} {
		columns = append(columns, column{s[1], number, s[2] + "; NULL: no data"},
			column{s[0] + "_covered_s", whole, "seconds of the date that are known"},
			column{s[0] + "_status", text, statuses})
	}
	return table{"vitals_energy_day", "what a person burned and walked; one row a civil date", ofPerson,
		[]column{{"civil_date", date, "local date, by time_zone of vitals_person"}}, columns}
}

func meter() table {
	return table{"vitals_meter", "the electricity meters that are pushed", column{"meter_id", text, "made up of the history and of the meter's place in its configuration"}, nil, []column{
		{"source", text, "the series of the meter's database"},
		{"time_zone", text, "IANA name: the zone of civil dates in vitals_electricity_day"},
		{"latest_time", instant, "of the newest reading"},
		{"latest_w", number, "W at the newest reading, or the mean of the step that ended then"},
	}}
}

func electricityHour() table {
	return table{"vitals_electricity_hour", "a house's electricity by the local hour, from the first data to the last; hours without data are there, too", ofMeter,
		[]column{{"starts", instant, "the first instant of the hour"}},
		append([]column{{"ends", instant, "the first instant of the next one"}}, used()...)}
}

func electricityDay() table {
	columns := append([]column{{"starts", instant, "the first instant of the civil date"}, {"ends", instant, "the first instant of the next one"}}, used()...)
	return table{"vitals_electricity_day", "a house's electricity by the civil date, from the first data to the last; dates without data are there, too", ofMeter,
		[]column{{"civil_date", date, "local date, by time_zone"}},
		append(columns, column{"cost", money, "of energy and standing charge, in the major unit of currency; NULL: not known"},
			column{"currency", text, "ISO 4217"}, column{"time_zone", text, "IANA name"})}
}

func used() []column {
	return []column{
		{"kwh", number, "kWh; NULL: no data"},
		{"covered_s", whole, "seconds that readings account for"},
		{"estimated_s", whole, "seconds of those that were only spread over a gap"},
		{"mean_w", number, "mean power of the covered time in W; NULL: no data"},
		{"status", text, statuses},
	}
}

// What a push remembers.
func pushes() table {
	return table{"vitals_push", "the last whole push of each history", column{"pushed_by", text, "a made-up name of the history"}, nil, []column{
		{"person_id", text, "whose"}, {"meter_id", text, "NULL: none was configured"}, {"pushed_at", instant, "when it was done"},
	}}
}

func parts() table {
	return table{"vitals_part", "what was sent of each month, so that only what has changed is sent again; of no use to a website", column{"pushed_by", text, "vitals_push"}, []column{
		{"table_name", text, "of which table"}, {"owner", text, "whose rows"}, {"part", date, "the first day of the month"},
	}, []column{
		{"sent", text, "a digest of the rows that were sent"}, {"found", text, "a digest of the rows as they were here then"},
	}}
}

func formats() table {
	return table{"vitals_format", "the version of these tables, in one row", column{"format", whole, "an older vitals leaves tables of a newer format alone"}, nil, nil}
}

func allTables() []table {
	return []table{formats(), pushes(), parts(), person(), weighIn(), energyDay(), meter(), electricityHour(), electricityDay()}
}

// columns are all, in their order.
func (t table) columns() []column {
	return append(append([]column{t.owner}, t.key...), t.others...)
}

// sent are those that are sent with each row.
func (t table) sent() []column { return t.columns()[1:] }

// in is the name of the table in a schema, for SQL.
func (t table) in(schema string) string { return postgres.Quoted(schema) + "." + t.name }

// names lists columns with something before each.
func names(columns []column, before string) string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = before + c.name
	}
	return strings.Join(all, ", ")
}

// arrays lists a parameter a column, from $first on, each of which holds the
// values of many rows.
func arrays(columns []column, first int) string {
	all := make([]string, len(columns))
	for i, c := range columns {
		all[i] = fmt.Sprintf("$%d::%s[]", first+i, c.kind)
	}
	return strings.Join(all, ", ")
}

// created is the statements that make the table.
func (t table) created(schema string) string {
	var out strings.Builder
	fmt.Fprintf(&out, "CREATE TABLE %s (", t.in(schema))
	for i, c := range t.columns() {
		kind := c.kind
		if i <= len(t.key) {
			kind += " NOT NULL"
		}
		fmt.Fprintf(&out, "%s %s, ", c.name, kind)
	}
	fmt.Fprintf(&out, "PRIMARY KEY (%s));\n", names(t.columns()[:1+len(t.key)], ""))
	fmt.Fprintf(&out, "COMMENT ON TABLE %s IS %s;\n", t.in(schema), quoted("vitals: "+t.about))
	for _, c := range t.columns() {
		fmt.Fprintf(&out, "COMMENT ON COLUMN %s.%s IS %s;\n", t.in(schema), c.name, quoted(c.about))
	}
	return out.String()
}

func quoted(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
