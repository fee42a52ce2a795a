package energy

import (
	"bufio"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitals/internal/timeline"
)

// resampleCase is a folder of inputs and expected buckets.
type resampleCase struct {
	Zone   string `json:"tz"`
	Kind   string `json:"kind"`
	Params struct {
		Nominal float64 `json:"nominal_s"`
		MaxGap  float64 `json:"max_gap_s"`
		MaxKW   float64 `json:"max_kw"`
	} `json:"params"`
	Tolerance float64 `json:"tolerance"`
}

// layouts write readings at instants as the loggers of three layouts do.
var layouts = map[Layout]struct {
	create string
	row    func(at time.Time, watts any) []any
}{
	BlogReadings: {"CREATE TABLE readings (r_datetime TIMESTAMP, r_watts INT, r_temp INT)",
		func(at time.Time, watts any) []any {
			return []any{at.Format("2006-01-02 15:04:05.999999"), watts, 18.4}
		}},
	BlogFlask: {"CREATE TABLE reading (id INTEGER NOT NULL, timestamp DATETIME, watt INTEGER, temperature FLOAT, PRIMARY KEY (id))",
		func(at time.Time, watts any) []any {
			return []any{nil, at.Format("2006-01-02 15:04:05.000000"), watts, nil}
		}},
	Generic: {"CREATE TABLE samples (ts INTEGER, watts REAL)",
		func(at time.Time, watts any) []any { return []any{at.Unix(), watts} }},
}

func TestSharedCases(t *testing.T) {
	oneGoroutine(t)
	folder := shared(t, "resample")
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	tested := 0
	for _, entry := range entries {
		meta, err := os.ReadFile(filepath.Join(folder, entry.Name(), "meta.json"))
		if err != nil {
			continue // a real one
		}
		var c resampleCase
		if err := json.Unmarshal(meta, &c); err != nil {
			t.Fatal(err)
		}
		zone := zone(t, c.Zone)
		within := tolerance{kWh: 1e-6, seconds: 1e-6}
		if c.Tolerance != 0 {
			within = tolerance{kWh: lateStamps, relative: c.Tolerance}
		}
		check := func(t *testing.T, path string, mapping Mapping) {
			t.Helper()
			r := rollUp(t, meterFor(path, mapping, zone), nil)
			expected, err := filepath.Glob(filepath.Join(folder, entry.Name(), "expected_[hdwmy]*.csv"))
			if err != nil || len(expected) == 0 {
				t.Fatal("no expected files", err)
			}
			for _, file := range expected {
				compare(t, file, r, zone, within)
			}
		}
		rows := readCSV(t, filepath.Join(folder, entry.Name(), "input.csv"))
		switch c.Kind {
		case "power_w":
			tested++
			mapping := Mapping{Nominal: seconds(c.Params.Nominal), MaxGap: seconds(c.Params.MaxGap)}
			for layout, l := range layouts {
				t.Run(entry.Name()+" "+string(layout), func(t *testing.T) {
					check(t, database(t, l.create, powerRows(t, rows, zone, l.row)...), mapping)
				})
			}
		case "counter_kwh":
			tested++
			mapping := Mapping{Table: "meter", Value: "kwh", Kind: Counter, MaxGap: seconds(c.Params.MaxGap), MaxKW: c.Params.MaxKW}
			var readings [][]any
			for _, in := range rows {
				readings = append(readings, []any{instant(t, in["ts_utc"]).Unix(), number(t, in["meter_kwh"])})
			}
			t.Run(entry.Name(), func(t *testing.T) {
				check(t, database(t, "CREATE TABLE meter (ts INTEGER, kwh REAL)", readings...), mapping)
			})
		case "interval_kwh":
			tested++
			t.Run(entry.Name(), func(t *testing.T) {
				path, mapping := intervalDatabase(t, rows)
				check(t, path, mapping)
			})
		}
	}
	if tested == 0 {
		t.Fatal("no case was found")
	}
}

// lateStamps is the most that a few seconds of delay move over the edge of an hour where
// the power steps by 600 W, in kWh.
const lateStamps = 0.001

func seconds(n float64) time.Duration { return time.Duration(n * float64(time.Second)) }

// powerRows turns the input of a power_w case into rows of a layout. Case 37
// has the text of a wall clock already; only the first clock can read it.
func powerRows(t *testing.T, input []map[string]string, zone *time.Location, row func(time.Time, any) []any) [][]any {
	t.Helper()
	var rows [][]any
	clock := timeline.NewClock(zone)
	for _, in := range input {
		var at time.Time
		watts := number(t, in["watts"]+in["r_watts"])
		if in["ts_utc"] != "" {
			at = instant(t, in["ts_utc"])
		} else {
			wall, err := time.Parse("2006-01-02 15:04:05.999999", in["r_datetime"])
			if err != nil {
				t.Fatal(err)
			}
			at = time.Unix(clock.Instant(wall.Unix()), int64(wall.Nanosecond()))
		}
		rows = append(rows, row(at.In(zone), watts))
	}
	return rows
}

// intervalDatabase turns the input of an interval_kwh case into a table; case
// 39 has the text of a clock set to UTC, at the end of the half-hour.
func intervalDatabase(t *testing.T, input []map[string]string) (path string, mapping Mapping) {
	t.Helper()
	mapping = Mapping{Table: "usage", Value: "kwh", Kind: Interval}
	var rows [][]any
	for _, in := range input {
		if in["DateTime"] != "" {
			rows = append(rows, []any{in["DateTime"], number(t, in["kwh"])})
			mapping.Label, mapping.TimeFormat = LabelEnd, FormatUTC
			continue
		}
		rows = append(rows, []any{strings.Replace(in["start_utc"], "Z", "+00:00", 1), number(t, in["kwh"])})
	}
	return database(t, "CREATE TABLE usage (at TEXT, kwh REAL)", rows...), mapping
}

func TestCase37AsItWasWritten(t *testing.T) {
	folder := shared(t, "resample", "37_naive_local_fallback_2013")
	var rows [][]any
	for _, in := range readCSV(t, filepath.Join(folder, "input.csv")) {
		rows = append(rows, []any{in["r_datetime"], number(t, in["r_watts"]), nil})
	}
	london := zone(t, "Europe/London")
	path := database(t, layouts[BlogReadings].create, rows...)
	r := rollUp(t, meterFor(path, Mapping{Nominal: 2 * time.Minute, MaxGap: 2 * time.Minute}, london), nil)
	for _, unit := range []string{"hour", "day"} {
		compare(t, filepath.Join(folder, "expected_"+unit+".csv"), r, london, tolerance{kWh: lateStamps, relative: 0.002})
	}
}

// The half-year of a real house has its own clock, minutes without a value and
// a gap of two and a half days.
func TestRealHalfYear(t *testing.T) {
	oneGoroutine(t)
	file, err := os.Open(shared(t, "energy", "uci_sceaux_2007h1", "household_power_consumption_2007h1.csv"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	path := filepath.Join(t.TempDir(), "meter.db")
	conn := writer(t, path)
	exec(t, conn, "CREATE TABLE minutes (at TEXT, power REAL)")
	exec(t, conn, "BEGIN")
	lines := bufio.NewScanner(file)
	lines.Scan()
	for lines.Scan() {
		in := strings.Split(lines.Text(), ",")
		at, err := time.Parse("2/1/06 15:04:05", strings.Replace(in[1], "/2007", "/07", 1)+" "+in[2])
		if err != nil {
			t.Fatal(err)
		}
		var kilowatts any
		if in[3] != "" && in[3] != "?" {
			kilowatts = number(t, in[3])
		}
		exec(t, conn, "INSERT INTO minutes VALUES (?, ?)", at.Format(time.DateTime), kilowatts)
	}
	exec(t, conn, "COMMIT")
	folder := shared(t, "resample", "real_uci_sceaux_2007h1")
	clock := zone(t, "Etc/GMT-1")
	for name, mapping := range map[string]Mapping{
		"found":  {ClockZone: clock},
		"mapped": {Table: "MINUTES", Time: "At", Value: "Power", TimeFormat: FormatLocal, ClockZone: clock, Unit: Kilowatt, Kind: Power},
	} {
		t.Run(name, func(t *testing.T) {
			r := rollUp(t, meterFor(path, mapping, zone(t, "Europe/Paris")), nil)
			if r.Step != time.Minute {
				t.Errorf("the step is %v", r.Step)
			}
			for _, unit := range []string{"day", "week", "month", "year"} {
				compare(t, filepath.Join(folder, "expected_"+unit+".csv"), r, clock, tolerance{kWh: 1e-3, seconds: 1e-3})
			}
		})
	}
}

// One house, in the databases of several loggers.
func TestSharedLayouts(t *testing.T) {
	london := zone(t, "Europe/London")
	hours := readCSV(t, shared(t, "layouts", "truth_hour.csv"))
	days := readCSV(t, shared(t, "layouts", "truth_day.csv"))
	for _, test := range []struct {
		file   string
		layout Layout
		series string // "" for the one that is chosen without being asked for
		column string
		within float64 // of an hour, as a share
		gap    string  // what cannot be told apart hour by hour
	}{
		{"seed_v1_energymonitor.db", BlogReadings, "", "import_kwh", 0.01, ""},
		{"seed_v2_flask.db", BlogFlask, "", "import_kwh", 0.01, ""},
		{"ha_schema52.db", HomeAssistant, "sensor.grid_import_energy", "import_kwh", 0.0001, ""},
		{"ha_schema52.db", HomeAssistant, "sensor.grid_export_energy", "export_kwh", 0.0001, ""},
		{"ha_schema52.db", HomeAssistant, "sensor.solar_today_energy", "solar_kwh", 0.0001, ""},
		{"ha_schema52.db", HomeAssistant, "sensor.house_import_power", "import_kwh", 0.001, ""},
		{"ha_schema52.db", HomeAssistant, "supplier:elec_import_consumption", "import_kwh", 0.0001, ""},
		{"domoticz.db", Domoticz, "", "import_kwh", 0.01, ""},
		{"domoticz.db", Domoticz, "Smart meter return", "export_kwh", 0.01, ""},
		{"domoticz.db", Domoticz, "Solar production", "solar_kwh", 0.01, ""},
		{"p1mon_e_historie.db", P1Monitor, "", "import_kwh", 0.02, "2024-10-27 01:00"},
		{"p1mon_e_historie.db", P1Monitor, "export", "export_kwh", 0.01, "2024-10-27 01:00"},
		{"sbfspot.db", SBFspot, "", "solar_kwh", 0.01, ""},
		{"evcc.db", EVCC, "", "import_kwh", 0.0001, ""},
		{"evcc.db", EVCC, "grid export", "export_kwh", 0.0001, ""},
		{"evcc.db", EVCC, "Roof", "solar_kwh", 0.0001, ""},
		{"generic_epoch_ms_kw.db", Generic, "", "import_kwh", 0.0001, ""},
		{"generic_utc_text_current_timestamp.db", Generic, "", "import_kwh", 0.005, ""},
		{"generic_utc_text_current_timestamp.db", Generic, "readings.power_W", "import_kwh", 0.005, ""},
	} {
		t.Run(test.file+" "+test.series, func(t *testing.T) {
			path := shared(t, "layouts", test.file)
			found, err := Detect(t.Context(), path, Mapping{}, london, testNow, nil)
			if err != nil || found.Layout != test.layout {
				t.Fatal(found.Layout, err)
			}
			r := rollUp(t, meterFor(path, Mapping{Series: test.series}, london), nil)
			for unit, rows := range map[timeline.Unit][]map[string]string{timeline.Hour: hours, timeline.Day: days} {
				from, to := instant(t, rows[0]["start_utc"]).In(london), instant(t, rows[len(rows)-1]["end_utc"])
				buckets := timeline.Resample(r.Portions, from, to, unit, r.Step)
				if len(buckets) != len(rows) {
					t.Fatalf("%d %vs, want %d", len(buckets), unit, len(rows))
				}
				for i, b := range buckets {
					want := number(t, rows[i][test.column])
					label := unit.Label(b.Start)
					if test.gap != "" && strings.HasPrefix(label, test.gap) || test.layout == SBFspot && b.Status == timeline.Empty && !b.Start.Before(r.Latest.Time.Add(-time.Hour)) {
						continue // nobody knows of the last night before the next morning
					}
					if label != rows[i]["label"] || math.Abs(b.Amount-want) > max(want*test.within, 0.2*test.within) || b.Status == timeline.Empty {
						t.Errorf("%s: %v %s, want %v", label, b.Amount, b.Status, want)
					}
				}
			}
		})
	}
}
