package energy

import (
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitals/internal/timeline"
)

// householdWatts rises and falls as the power of a house does.
func householdWatts(i int) float64 { return 250 + 200*math.Sin(float64(i)/7) + float64(i*31%90) }

// filled makes a database with statements, and 300 readings two minutes apart
// put in by query: its parameters are the stamp, made by stamp, and the value.
func filled(t *testing.T, script, query string, stamp func(time.Time) any, value func(i int) any) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "meter.db")
	conn := writer(t, path)
	for statement := range strings.SplitSeq(script, ";") {
		exec(t, conn, statement)
	}
	exec(t, conn, "BEGIN")
	for i := range 300 {
		exec(t, conn, query, stamp(june.Add(time.Duration(2*i)*time.Minute)), value(i))
	}
	exec(t, conn, "COMMIT")
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestDetect(t *testing.T) {
	oneGoroutine(t)
	wattValues := func(i int) any { return householdWatts(i) }
	wholeWatts := func(i int) any { return int(householdWatts(i)) }
	kilowatts := func(i int) any { return math.Round(householdWatts(i)) / 1000 }
	unix := func(at time.Time) any { return at.Unix() }
	naive := func(at time.Time) any { return at.Format(time.DateTime) }
	for _, test := range []struct {
		name, script, query string
		stamp               func(time.Time) any
		value               func(int) any
		want                string // layout, series, time column, unit, time format, confidence
	}{
		{"seed v1", "CREATE TABLE readings (r_datetime TIMESTAMP, r_watts INT, r_temp INT)", "INSERT INTO readings VALUES (?, ?, 18.4)", naive, wholeWatts,
			"blog-readings readings.r_watts r_datetime W local certain"},
		{"seed v1 in capitals", "CREATE TABLE Readings (R_DateTime TIMESTAMP, R_Watts INT)", "INSERT INTO readings VALUES (?, ?)", naive, wholeWatts,
			"blog-readings Readings.R_Watts R_DateTime W local certain"},
		{"seed v1 with epochs", "CREATE TABLE readings (r_datetime TIMESTAMP, r_watts INT)", "INSERT INTO readings VALUES (?, ?)", unix, wholeWatts,
			"blog-readings readings.r_watts r_datetime W unix certain"},
		{"seed v1 with offsets", "CREATE TABLE readings (r_datetime TIMESTAMP, r_watts INT)", "INSERT INTO readings VALUES (?, ?)",
			func(at time.Time) any { return at.Format(time.RFC3339) }, wholeWatts,
			"blog-readings readings.r_watts r_datetime W iso certain"},
		{"seed v2 beside an empty v1", "CREATE TABLE readings (r_datetime TIMESTAMP, r_watts INT);" +
			"CREATE TABLE reading (id INTEGER NOT NULL, timestamp DATETIME, watt INTEGER, temperature FLOAT, PRIMARY KEY (id));" +
			"CREATE TABLE day (id INTEGER NOT NULL, number INTEGER, date DATE, year INTEGER, dataframe BLOB);" +
			"INSERT INTO day VALUES (1, 1, '2024-06-01', 2024, x'80'), (2, 2, '2024-06-02', 2024, x'80'), (3, 3, '2024-06-03', 2024, x'80')",
			"INSERT INTO reading VALUES (NULL, ?, ?, NULL)", naive, wholeWatts,
			"blog-flask reading.watt timestamp W local certain"},
		{"the names of seed v1 with something else in it", "CREATE TABLE readings (r_datetime TEXT, r_watts TEXT); CREATE TABLE power (ts, watts);" +
			"INSERT INTO readings VALUES ('one', 'x'), ('two', 'y'), ('three', 'z')", "INSERT INTO power VALUES (?, ?)", unix, wattValues,
			"generic power.watts ts W unix likely"},
		{"epoch seconds", "CREATE TABLE log (ts INTEGER PRIMARY KEY, watts REAL)", "INSERT INTO log VALUES (?, ?)", unix, wattValues,
			"generic log.watts ts W unix likely"},
		{"epoch milliseconds in kW", "CREATE TABLE power (ts INTEGER, kw REAL)", "INSERT INTO power VALUES (?, ?)",
			func(at time.Time) any { return at.UnixMilli() }, kilowatts, "generic power.kw ts kW unix_ms likely"},
		{"epoch microseconds in text", "CREATE TABLE power (ts TEXT, load TEXT)", "INSERT INTO power VALUES (?, ?)",
			func(at time.Time) any { return fmt.Sprint(at.UnixMicro()) }, func(i int) any { return fmt.Sprint(int(householdWatts(i))) },
			"generic power.load ts W unix_us likely"},
		{"epoch nanoseconds", "CREATE TABLE power (time, loadW)", "INSERT INTO power VALUES (?, ?)",
			func(at time.Time) any { return at.UnixNano() }, wattValues, "generic power.loadW time W unix_ns likely"},
		{"fractions of seconds", "CREATE TABLE power (time REAL, active_power REAL)", "INSERT INTO power VALUES (?, ?)",
			func(at time.Time) any { return float64(at.UnixMilli()) / 1000 }, wattValues, "generic power.active_power time W unix likely"},
		{"Julian days", "CREATE TABLE power (t REAL, power REAL)", "INSERT INTO power VALUES (?, ?)",
			func(at time.Time) any { return float64(at.Unix())/86400 + 2440587.5 }, wattValues, "generic power.power t W julian likely"},
		{"ISO", "CREATE TABLE power (stamp DATETIME, power REAL)", "INSERT INTO power VALUES (?, ?)",
			func(at time.Time) any { return at.Format("2006-01-02T15:04:05.000Z07:00") }, kilowatts, "generic power.power stamp kW iso likely"},
		{"UTC text", "CREATE TABLE power (at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, power REAL)", "INSERT INTO power VALUES (?, ?)",
			naive, wattValues, "generic power.power at W utc likely"},
		{"naive text", "CREATE TABLE power (at TIMESTAMP, watts REAL)", "INSERT INTO power VALUES (?, ?)",
			naive, wattValues, "generic power.watts at W local guess"},
		{"digits", "CREATE TABLE power (tst INTEGER, watts REAL)", "INSERT INTO power VALUES (?, ?)",
			func(at time.Time) any { return at.Format("20060102150405") }, wattValues, "generic power.watts tst W local guess"},
		{"a value without a name", "CREATE TABLE log (ts, value)", "INSERT INTO log VALUES (?, ?)", unix, wattValues, "generic log.value ts W unix guess"},
		{"a value in a table of power", "CREATE TABLE power_log (ts, value)", "INSERT INTO power_log VALUES (?, ?)", unix, wattValues,
			"generic power_log.value ts W unix likely"},
		{"among other columns", "CREATE TABLE log (id INTEGER PRIMARY KEY, device_time TEXT, ts DATETIME, voltage REAL, power_factor REAL, reactive_power REAL, temp REAL, kwh REAL, watts REAL, upload INT)",
			"INSERT INTO log (ts, watts, voltage, power_factor, reactive_power, temp, kwh, upload, device_time) VALUES (?1, ?2, 230.1, 0.9, 12, 18.4, NULL, 7, '12:00')",
			unix, wattValues, "generic log.watts ts W unix likely"},
		{"of two stamps the start", "CREATE TABLE log (end_time, start_time, watts)", "INSERT INTO log VALUES (?1, ?1, ?2)", unix, wattValues,
			"generic log.watts start_time W unix likely"},
		{"a name that is SQL", `CREATE TABLE "my ""log"" -- x" ("the time" TEXT, "watts, DROP" REAL)`, `INSERT INTO "my ""log"" -- x" VALUES (?, ?)`, unix, wattValues,
			`generic my "log" -- x.watts, DROP the time W unix likely`},
		{"a view and a table of the index kind", "CREATE TABLE log (ts, watts); CREATE VIEW power AS SELECT ts, watts FROM log; CREATE INDEX i ON log (ts)",
			"INSERT INTO log VALUES (?, ?)", unix, wattValues, "generic log.watts ts W unix likely"},
		{"a column that only sounds like a meter's", "CREATE TABLE log (ts, sensor_ok, watts)", "INSERT INTO log VALUES (?1, ?1 / 120 % 2, ?2)", unix, wattValues,
			"generic log.watts ts W unix likely"},
		{"without row numbers", "CREATE TABLE readings (r_datetime TIMESTAMP PRIMARY KEY, r_watts INT) WITHOUT ROWID", "INSERT INTO readings VALUES (?, ?)", naive, wholeWatts,
			"blog-readings readings.r_watts r_datetime W local certain"},
		{"UTF-16", "PRAGMA encoding = 'UTF-16'; CREATE TABLE readings (r_datetime TIMESTAMP, r_watts TEXT)", "INSERT INTO readings VALUES (?, ?)", naive,
			func(i int) any { return fmt.Sprint(int(householdWatts(i))) }, "blog-readings readings.r_watts r_datetime W local certain"},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := filled(t, test.script, test.query, test.stamp, test.value)
			found, err := Detect(t.Context(), path, Mapping{}, time.UTC, testNow, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range found.Series {
				got = append(got, fmt.Sprint(found.Layout, " ", s.Name, " ", s.Time, " ", s.Unit, " ", s.TimeFormat, " ", s.Confidence))
			}
			if len(got) != 1 || got[0] != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			s := found.Series[0]
			if s.Rows != 300 || !s.First.Equal(june) || !s.Last.Equal(june.Add(598*time.Minute)) || s.Step != 2*time.Minute || s.Kind != Power || s.Label != LabelInstant {
				t.Errorf("%d rows from %v to %v every %v", s.Rows, s.First, s.Last, s.Step)
			}
			r := rollUp(t, meterFor(path, Mapping{Series: s.Name}, time.UTC), nil)
			want := 0.
			for i := range 300 {
				want += s.Unit.inKilo() * number(t, fmt.Sprint(test.value(i))) / 30
			}
			if got, covered := sum(r.Portions); math.Abs(got/1000-want) > 1e-9 || covered != 36000 {
				t.Errorf("%v kWh in %v s, want %v", got/1000, covered, want)
			}
		})
	}
}

// A layout's own names, and most stamps, are enough.
func TestSomeBadRows(t *testing.T) {
	oneGoroutine(t)
	rows := func(n int, row func(i int) []any) [][]any {
		all := make([][]any, n)
		for i := range all {
			all[i] = row(i)
		}
		return all
	}
	naive := func(i int) string { return june.Add(time.Duration(2*i) * time.Minute).Format(time.DateTime) }
	const keyed = "CREATE TABLE power (ts INTEGER PRIMARY KEY, watts REAL)"
	for _, test := range []struct {
		name, create string
		rows         [][]any
		good         int
	}{
		{"a fifteenth without a value", layouts[BlogReadings].create, rows(3000, func(i int) []any {
			if i%15 == 7 {
				return []any{naive(i), "Null", nil}
			}
			return []any{naive(i), 300, nil}
		}), 2800},
		{"a twentieth without a time", layouts[BlogReadings].create, rows(3000, func(i int) []any {
			if i%20 == 7 {
				return []any{"??", 300, nil}
			}
			return []any{naive(i), 300, nil}
		}), 2850},
		{"one of the year 2000", keyed, append(rows(5000, func(i int) []any {
			return []any{june.Unix() + 60*int64(i), 300.5}
		}), []any{946684815, 300.5}), 5000},
		{"some of 1970", keyed, append(rows(1000, func(i int) []any {
			return []any{june.Unix() + 60*int64(i), 300.5}
		}), rows(11, func(i int) []any { return []any{60 * i, 300.5} })...), 1000},
		{"many of the year 2000", "CREATE TABLE power (ts INTEGER, watts REAL)", rows(1011, func(i int) []any {
			if i < 40 {
				return []any{946684800 + 60*i, 300.5}
			}
			return []any{june.Unix() + 60*int64(i), 300.5}
		}), 971},
	} {
		t.Run(test.name, func(t *testing.T) {
			m := meterFor(database(t, test.create, test.rows...), Mapping{}, time.UTC)
			good := 0
			err := m.Readings(t.Context(), time.Time{}, time.Time{}, func(timeline.Reading, Unit) error { good++; return nil }, nil)
			if err != nil || good != test.good {
				t.Errorf("%d readings, want %d (%v)", good, test.good, err)
			}
		})
	}
}

func TestNothingThatLooksLikeReadings(t *testing.T) {
	unix := func(at time.Time) any { return at.Unix() }
	growing := func(i int) any { return 5000 + 3*i }
	for _, test := range []struct {
		name, script, query string
		stamp               func(time.Time) any
		value               func(int) any
		want                string
	}{
		{"the weather", "CREATE TABLE a (ts, temperature)", "INSERT INTO a VALUES (?, ?)", unix, func(i int) any { return 10 + i%9 }, "found tables a"},
		{"no time", "CREATE TABLE a (n, watts)", "INSERT INTO a VALUES (?, ?)", func(at time.Time) any { return at.Unix() / 1000 }, growing, "found tables a"},
		{"no number", "CREATE TABLE a (ts, watts)", "INSERT INTO a VALUES (?, ?)", unix, func(int) any { return "high" }, "found tables a"},
		{"text that turns around", "CREATE TABLE \"a\u202eb\u200b\" (ts, x)", "INSERT INTO \"a\u202eb\u200b\" VALUES (?, ?)", unix, growing, "found tables ab, none"},
		{"a control character", "CREATE TABLE \"a\x1b[2J\" (ts, x)", "INSERT INTO \"a\x1b[2J\" VALUES (?, ?)", unix, growing, "found tables a[2J, none"},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Detect(t.Context(), filled(t, test.script, test.query, test.stamp, test.value), Mapping{}, time.UTC, testNow, nil)
			checkProblem(t, err, test.want)
		})
	}
}

func TestMapping(t *testing.T) {
	unix := func(at time.Time) any { return at.Unix() }
	script := "CREATE TABLE data (When_ TEXT, X TEXT, dev, n); CREATE TABLE other (a, b)"
	query := "INSERT INTO data SELECT ?1, ?2, 'north', 1 UNION ALL SELECT ?1, ?2 * 2, 'south', '2'"
	path := filled(t, script, query, unix, func(i int) any { return int(householdWatts(i)) })
	for _, test := range []struct {
		mapping Mapping
		problem string
		name    string
		rows    int64
	}{
		{mapping: Mapping{Table: "DATA", Value: "x", Where: "dev = south"}, name: "data.X south", rows: 300},
		{mapping: Mapping{Table: "data", Time: "when_", Value: "x", Where: `"n"='2'`, Unit: Kilowatt}, name: "data.X 2", rows: 300},
		{mapping: Mapping{Value: "x", Where: "n=1"}, name: "data.X 1", rows: 300},
		{mapping: Mapping{Table: "data", Value: "x", Where: "dev = x' OR 1=1 --"}, problem: "no row of table data has dev = x' OR 1=1 --"},
		{mapping: Mapping{Table: "date"}, problem: "there is no table date in"},
		{mapping: Mapping{Table: "other"}, problem: "found columns a, b in table other"},
		{mapping: Mapping{Table: "data", Time: "ts"}, problem: "table data has no column ts; it has When_, X, dev, n"},
		{mapping: Mapping{Table: "data", Value: "watts"}, problem: "no column watts"},
		{mapping: Mapping{Table: "data", Where: "meter = 1"}, problem: "no column meter"},
		{mapping: Mapping{Where: "meter"}, problem: "does not name a column and a value"},
		{mapping: Mapping{Value: "watts"}, problem: "found tables data, other"},
		{mapping: Mapping{Table: "data", Value: "dev"}, problem: "holds no numbers"},
		{mapping: Mapping{Table: "data", Value: "x", TimeFormat: FormatISO}, problem: "time_format = iso"},
		{mapping: Mapping{Kind: "energy"}, problem: "kind = energy"},
		{mapping: Mapping{Unit: "watts"}, problem: "unit = watts"},
		{mapping: Mapping{TimeFormat: "epoch"}, problem: "time_format = epoch"},
		{mapping: Mapping{Label: "middle"}, problem: "label = middle"},
		{mapping: Mapping{Kind: Power, Unit: KilowattHour}, problem: "do not go together"},
		{mapping: Mapping{Unit: KilowattHour}, problem: "needs a kind"},
		{mapping: Mapping{Kind: Interval}, problem: "needs a value"},
		{mapping: Mapping{Kind: Counter}, problem: "kind = counter in [energy] needs a value"},
		{mapping: Mapping{Table: "data", Value: "x", Series: "data.X"}, name: "", rows: 0},
	} {
		t.Run(fmt.Sprintf("%+v", test.mapping), func(t *testing.T) {
			found, err := Detect(t.Context(), path, test.mapping, time.UTC, testNow, nil)
			if test.problem != "" {
				checkProblem(t, err, test.problem)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if s := found.Series[0]; test.name != "" && (len(found.Series) != 1 || s.Name != test.name || s.Rows != test.rows || s.Confidence != Certain) {
				t.Errorf("found %+v", found.Series)
			}
		})
	}
}

// Meters that share a table are never mixed.
func TestSeveralMeters(t *testing.T) {
	unix := func(at time.Time) any { return at.Unix() }
	path := filled(t, "CREATE TABLE power (ts, sensor, watts)", "INSERT INTO power SELECT ?1, 'Kitchen', ?2 UNION ALL SELECT ?1, 'Attic', ?2 * 2",
		unix, func(i int) any { return householdWatts(i) })
	found, err := Detect(t.Context(), path, Mapping{}, time.UTC, testNow, nil)
	if err != nil || len(found.Series) != 2 || found.Series[0].Name != "power.watts Attic" || found.Series[1].Rows != 300 {
		t.Fatalf("%+v, %v", found.Series, err)
	}
	_, err = meterFor(path, Mapping{}, time.UTC).RollUp(t.Context(), nil, nil)
	checkProblem(t, err, "holds several series: power.watts Attic, power.watts Kitchen")
	_, err = meterFor(path, Mapping{Series: "house"}, time.UTC).RollUp(t.Context(), nil, nil)
	checkProblem(t, err, "there is no series house")
	attic, _ := sum(rollUp(t, meterFor(path, Mapping{Series: "Power.Watts attic"}, time.UTC), nil).Portions)
	kitchen, _ := sum(rollUp(t, meterFor(path, Mapping{Where: "sensor = Kitchen"}, time.UTC), nil).Portions)
	if math.Abs(attic-2*kitchen) > 1e-6 || kitchen == 0 {
		t.Errorf("%v Wh in the attic, %v in the kitchen", attic, kitchen)
	}

	// What goes out is not what comes in.
	path = filled(t, "CREATE TABLE power (ts, export_w, import_w, solar_w)", "INSERT INTO power VALUES (?1, 0, ?2, 0)", unix, func(i int) any { return householdWatts(i) })
	if r := rollUp(t, meterFor(path, Mapping{}, time.UTC), nil); r.Source != "power.import_w in meter.db" {
		t.Errorf("the source is %s", r.Source)
	}
}

func TestEmptyTables(t *testing.T) {
	for _, l := range layouts {
		path := database(t, l.create)
		found, err := Detect(t.Context(), path, Mapping{}, time.UTC, testNow, nil)
		if strings.Contains(l.create, "samples") {
			checkProblem(t, err, "found tables samples")
			continue
		}
		if err != nil || found.Series[0].Rows != 0 || !found.Series[0].First.IsZero() {
			t.Errorf("%+v, %v", found, err)
		}
		if r := rollUp(t, meterFor(path, Mapping{}, time.UTC), nil); len(r.Portions) != 0 || !r.Latest.Time.IsZero() {
			t.Errorf("%+v", r)
		}
	}
}

// Rows without any order give the same energy, and the same step.
func TestNoOrderAtAll(t *testing.T) {
	oneGoroutine(t)
	var rows [][]any
	for i := range 3000 {
		rows = append(rows, []any{june.Add(time.Duration(i) * time.Minute).Unix(), householdWatts(i)})
	}
	want := rollUp(t, meterFor(database(t, layouts[Generic].create, rows...), Mapping{}, time.UTC), nil)
	orders := map[string]func(){
		"shuffled": func() {
			rand.New(rand.NewPCG(1, 2)).Shuffle(len(rows), func(i, j int) { rows[i], rows[j] = rows[j], rows[i] })
		},
		"newest first": func() {
			for i := range rows {
				rows[i] = []any{june.Add(time.Duration(2999-i) * time.Minute).Unix(), householdWatts(2999 - i)}
			}
		},
	}
	for name, order := range orders {
		order()
		got := rollUp(t, meterFor(database(t, layouts[Generic].create, rows...), Mapping{}, time.UTC), nil)
		if fmt.Sprint(got.Portions) != fmt.Sprint(want.Portions) || got.Step != time.Minute {
			t.Errorf("%s: step %v, %d portions", name, got.Step, len(got.Portions))
		}
	}
}
