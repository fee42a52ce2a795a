package energy

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitals/internal/timeline"

	"zombiezen.com/go/sqlite"
)

// The house of these tests: what its meter shows in kWh after so many hours
// from june on. It uses 0.3 kW, and 1.2 kW between seven and nine.
func counted(hours float64) float64 {
	day, within := math.Floor(hours/24), math.Mod(hours, 24)
	return 5000 + day*(22*0.3+2*1.2) + 0.3*within + 0.9*min(max(within-7, 0), 2)
}

// steps calls each so many times, step after step from june on.
func steps(n int, step time.Duration, each func(at time.Time, hours float64)) {
	for i := range n {
		each(june.Add(time.Duration(i)*step), (time.Duration(i) * step).Hours())
	}
}

// logged makes a database by statements, which end in a semicolon at the end of
// a line, and what fill adds.
func logged(t *testing.T, script string, fill func(insert func(query string, args ...any))) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "meter.db")
	conn := writer(t, path)
	exec(t, conn, "PRAGMA synchronous = off")
	for statement := range strings.SplitSeq(script, ";\n") {
		exec(t, conn, statement)
	}
	exec(t, conn, "BEGIN")
	fill(func(query string, args ...any) { exec(t, conn, query, args...) })
	exec(t, conn, "COMMIT")
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// uses checks the hours of a roll-up against the house.
func uses(t *testing.T, r timeline.RollUp, from, hours int) {
	t.Helper()
	begin := june.Add(time.Duration(from) * time.Hour)
	buckets := timeline.Resample(r.Portions, begin, begin.Add(time.Duration(hours)*time.Hour), timeline.Hour, r.Step)
	for i, b := range buckets {
		want := counted(float64(from+i+1)) - counted(float64(from+i))
		if math.Abs(b.Amount-want) > 1e-6 || b.Status != timeline.Full {
			t.Errorf("%s: %v kWh %s, want %v", timeline.Hour.Label(b.Start), b.Amount, b.Status, want)
		}
	}
}

const homeAssistantMeta = "CREATE TABLE statistics_meta (id INTEGER PRIMARY KEY, statistic_id TEXT, source TEXT, unit_of_measurement TEXT, has_mean BOOLEAN, has_sum BOOLEAN, name TEXT);\n"

// homeAssistant makes a recorder of schema 41: hours for four days, five
// minutes for the last of them, and states until an hour after.
func homeAssistantDatabase(t *testing.T, names ...string) string {
	t.Helper()
	script := homeAssistantMeta +
		"CREATE TABLE statistics (id INTEGER PRIMARY KEY, metadata_id INTEGER, start_ts FLOAT, mean FLOAT, state FLOAT, sum FLOAT);\n" +
		"CREATE UNIQUE INDEX a ON statistics (metadata_id, start_ts);\n" +
		"CREATE TABLE statistics_short_term (id INTEGER PRIMARY KEY, metadata_id INTEGER, start_ts FLOAT, mean FLOAT, state FLOAT, sum FLOAT);\n" +
		"CREATE UNIQUE INDEX b ON statistics_short_term (metadata_id, start_ts);\n" +
		"CREATE TABLE states_meta (metadata_id INTEGER PRIMARY KEY, entity_id TEXT);\n" +
		"CREATE TABLE state_attributes (attributes_id INTEGER PRIMARY KEY, shared_attrs TEXT);\n" +
		"CREATE TABLE states (state_id INTEGER PRIMARY KEY, state TEXT, last_updated_ts FLOAT, attributes_id INTEGER, metadata_id INTEGER);\n" +
		"CREATE INDEX c ON states (metadata_id, last_updated_ts)"
	return logged(t, script, func(insert func(string, ...any)) {
		insert(`INSERT INTO state_attributes VALUES (1, '{"unit_of_measurement": "kWh", "state_class": "total_increasing"}')`)
		for i, name := range names {
			id := i + 1
			insert("INSERT INTO statistics_meta VALUES (?, ?, 'recorder', 'kWh', 0, 1, NULL)", id, name)
			insert("INSERT INTO states_meta VALUES (?, ?)", id, name)
			steps(96, time.Hour, func(at time.Time, hours float64) {
				insert("INSERT INTO statistics (metadata_id, start_ts, state, sum) VALUES (?, ?, 7, ?)", id, at.Unix(), counted(hours+1)-5000)
			})
			steps(96*12, 5*time.Minute, func(at time.Time, hours float64) {
				if hours >= 72.25 {
					insert("INSERT INTO statistics_short_term (metadata_id, start_ts, state, sum) VALUES (?, ?, 7, ?)", id, at.Unix(), counted(hours+1./12)-5000)
				}
			})
			steps(97*60, time.Minute, func(at time.Time, hours float64) {
				if hours >= 90 {
					insert("INSERT INTO states (state, last_updated_ts, attributes_id, metadata_id) VALUES (?, ?, 1, ?)", fmt.Sprint(counted(hours)), float64(at.Unix())+0.25, id)
				}
			})
			insert("INSERT INTO states (state, last_updated_ts, attributes_id, metadata_id) VALUES ('unavailable', ?, 1, ?)", june.Add(97*time.Hour).Unix(), id)
		}
	})
}

func TestHomeAssistant(t *testing.T) {
	path := homeAssistantDatabase(t, "sensor.house_energy")
	m := meterFor(path, Mapping{}, time.UTC)
	r := allOf(t, m, nil)
	uses(t, r, 0, 96)
	if want := june.Add(97*time.Hour - time.Minute + time.Second/4); !r.Latest.Time.Equal(want) || math.Abs(r.Latest.Value-300) > 1 {
		t.Errorf("the latest is %+v, want 300 W at %v", r.Latest, want)
	}
	// Five minutes of 300 W stand at the end of the fourth day, and no more.
	if short := timeline.Sum(r.Portions, june.Add(72*time.Hour), june.Add(72*time.Hour+15*time.Minute)); math.Abs(short.Amount-0.075) > 1e-9 {
		t.Errorf("%v kWh where five minutes begin", short.Amount)
	}
	if again := rollUp(t, m, r.Bookmark); again.From.IsZero() || again.More {
		t.Errorf("a look at nothing new reads from %v, more %v", again.From, again.More)
	}
}

// History that is imported later, or set right, is read anew.
func TestHomeAssistantHistoryChanges(t *testing.T) {
	for name, change := range map[string]string{
		"imported":  "INSERT INTO statistics (metadata_id, start_ts, state, sum) VALUES (1, 1717200000 - 3600, 7, 0)",
		"set right": "UPDATE statistics SET sum = sum + 100 WHERE start_ts >= 1717200000 + 20 * 3600",
	} {
		path := homeAssistantDatabase(t, "sensor.house_energy")
		r := allOf(t, meterFor(path, Mapping{}, time.UTC), nil)
		exec(t, writer(t, path), change)
		got := allOf(t, meterFor(path, Mapping{}, time.UTC), r.Bookmark)
		want := allOf(t, meterFor(path, Mapping{}, time.UTC), nil)
		if a, b := sumOf(got), sumOf(want); !got.From.IsZero() || math.Abs(a-b) > 1e-9 {
			t.Errorf("%s: from %v there are %v kWh, want %v", name, got.From, a, b)
		}
	}
}

func sumOf(r timeline.RollUp) (kWh float64) {
	for _, p := range r.Portions {
		kWh += p.Amount
	}
	return kWh
}

// Which statistics are the house stands beside the database; two registers of
// it are one series.
func TestHomeAssistantKnowsTheHouse(t *testing.T) {
	for name, test := range map[string]struct {
		settings, chosen string
		times            float64
	}{
		"nothing":    {"", "", 0},
		"today's":    {`{"data": {"energy_sources": [{"type": "grid", "stat_energy_from": "sensor.t2"}, {"type": "solar", "stat_energy_from": "sensor.t1"}]}}`, "sensor.t2", 1},
		"older":      {`{"data": {"energy_sources": [{"type": "grid", "flow_from": [{"stat_energy_from": "sensor.t2"}], "flow_to": []}]}}`, "sensor.t2", 1},
		"registers":  {`{"data": {"energy_sources": [{"type": "grid", "flow_from": [{"stat_energy_from": "sensor.t1"}, {"stat_energy_from": "sensor.t2"}]}]}}`, "sensor.t1 + sensor.t2", 2},
		"unreadable": {`{"data": 7`, "", 0},
	} {
		t.Run(name, func(t *testing.T) {
			path := homeAssistantDatabase(t, "sensor.t1", "sensor.t2", "sensor.washing_machine")
			if test.settings != "" {
				folder := filepath.Join(filepath.Dir(path), ".storage")
				if err := os.Mkdir(folder, 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(folder, "energy"), []byte(test.settings), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			m := meterFor(path, Mapping{}, time.UTC)
			if test.chosen == "" {
				_, err := m.RollUp(t.Context(), nil, nil)
				if choice, is := err.(*ChoiceError); !is || len(choice.Series) != 3 {
					t.Fatalf("it does not ask: %v", err)
				}
				return
			}
			r := allOf(t, m, nil)
			if want := test.chosen + " in meter.db"; r.Source != want {
				t.Errorf("the source is %q, want %q", r.Source, want)
			}
			if sum := timeline.Sum(r.Portions, june, june.Add(96*time.Hour)); math.Abs(sum.Amount-test.times*(counted(96)-counted(0))) > 1e-6 {
				t.Errorf("%v kWh", sum.Amount)
			}
		})
	}
}

// Before schema 34 statistics began with text in UTC.
func TestHomeAssistantOfOld(t *testing.T) {
	script := homeAssistantMeta + "CREATE TABLE statistics (id INTEGER PRIMARY KEY, created DATETIME, start DATETIME, mean FLOAT, state FLOAT, sum FLOAT, metadata_id INTEGER)"
	path := logged(t, script, func(insert func(string, ...any)) {
		insert("INSERT INTO statistics_meta VALUES (1, 'sensor.e', 'recorder', 'Wh', 0, 1, NULL), (2, 'sensor.p', 'recorder', 'W', 1, 0, NULL), (3, 'sensor.c', 'recorder', 'EUR', 0, 1, NULL)")
		steps(48, time.Hour, func(at time.Time, hours float64) {
			start := at.Format("2006-01-02 15:04:05.000000")
			insert("INSERT INTO statistics (start, sum, metadata_id) VALUES (?, ?, 1)", start, 1000*(counted(hours+1)-5000))
			insert("INSERT INTO statistics (start, mean, metadata_id) VALUES (?, ?, 2)", start, 1000*(counted(hours+1)-counted(hours)))
		})
	})
	london := zone(t, "Europe/London")
	for _, series := range []string{"", "sensor.p"} {
		uses(t, allOf(t, meterFor(path, Mapping{Series: series}, london), nil), 0, 48)
	}
}

// What each logger writes, read as it is meant.
func TestLayouts(t *testing.T) {
	amsterdam := zone(t, "Europe/Amsterdam")
	for _, test := range []struct {
		name   string
		layout Layout
		script string
		fill   func(insert func(string, ...any))
		series string
		from   int // hours
	}{
		{name: "ioBroker", layout: IOBroker,
			script: "CREATE TABLE datapoints (id INTEGER PRIMARY KEY, name TEXT, type INTEGER);\nCREATE TABLE ts_number (id INTEGER, ts INTEGER, val REAL, ack BOOLEAN, PRIMARY KEY (id, ts))",
			fill: func(insert func(string, ...any)) {
				insert("INSERT INTO datapoints VALUES (1, 'meter.0.1-0:1_8_0__255.value', 0), (2, 'room.temperature', 0), (3, 'a.text', 1)")
				steps(72*4+1, 15*time.Minute, func(at time.Time, hours float64) {
					insert("INSERT INTO ts_number VALUES (1, ?1, ?2, 1), (2, ?1, 20.5, 1)", at.UnixMilli(), counted(hours))
				})
			}},
		{name: "FHEM", layout: FHEM,
			script: "CREATE TABLE history (TIMESTAMP TIMESTAMP, DEVICE varchar(64), TYPE varchar(64), EVENT varchar(512), READING varchar(64), VALUE varchar(128), UNIT varchar(32))",
			fill: func(insert func(string, ...any)) {
				steps(72*12+1, 5*time.Minute, func(at time.Time, hours float64) {
					stamp := at.In(amsterdam).Format(time.DateTime)
					insert("INSERT INTO history VALUES (?, 'meter', 'x', '', 'total_consumption', ?, 'kWh')", stamp, fmt.Sprint(counted(hours)))
					insert("INSERT INTO history VALUES (?, 'lamp', 'x', '', 'state', 'on', '')", stamp)
				})
			}},
		{name: "octodata", layout: Octodata,
			script: "CREATE TABLE readings (start_time TEXT PRIMARY KEY, end_time TEXT, usage FLOAT)",
			fill: func(insert func(string, ...any)) {
				for i := 72*2 - 1; i >= 0; i-- { // newest first
					at, hours := june.Add(time.Duration(i)*30*time.Minute), float64(i)/2
					insert("INSERT INTO readings VALUES (?, ?, ?)", at.In(amsterdam).Format(time.RFC3339), at.Add(30*time.Minute).Format(time.RFC3339), counted(hours+0.5)-counted(hours))
				}
			}},
		{name: "SolarPi", layout: SolarPi,
			script: "CREATE TABLE electricity_data (id INTEGER PRIMARY KEY, created_at DATETIME DEFAULT CURRENT_TIMESTAMP, meter_180 REAL, meter_280 REAL, active_power REAL)",
			fill: func(insert func(string, ...any)) {
				steps(72*12+1, 5*time.Minute, func(at time.Time, hours float64) {
					insert("INSERT INTO electricity_data VALUES (NULL, ?, ?, 7.5, 300)", at.Format(time.DateTime), counted(hours))
				})
			}},
		{name: "smart meter", layout: SmartMeter,
			script: "CREATE TABLE total_power_readings (timestamp INTEGER PRIMARY KEY, total_consumption_day_wh INTEGER, total_production_day_wh INTEGER, total_consumption_night_wh INTEGER, total_production_night_wh INTEGER)",
			fill: func(insert func(string, ...any)) {
				steps(72*12+1, 5*time.Minute, func(at time.Time, hours float64) {
					insert("INSERT INTO total_power_readings VALUES (?, ?, 0, ?, 0)", at.Unix(), 1000*counted(hours)-2_000_000, 2_000_000)
				})
			}},
		{name: "Domoticz with a calendar", layout: Domoticz,
			script: "CREATE TABLE DeviceStatus (ID INTEGER PRIMARY KEY, Name TEXT, Type INTEGER, SubType INTEGER);\nINSERT INTO DeviceStatus VALUES (3, 'P1', 250, 1);\n" +
				"CREATE TABLE Meter (DeviceRowID BIGINT, Value BIGINT, Usage INTEGER, Date DATETIME);\n" +
				"CREATE TABLE MultiMeter (DeviceRowID BIGINT, Value1 BIGINT, Value2 BIGINT, Value3 BIGINT, Value4 BIGINT, Value5 BIGINT, Value6 BIGINT, Date DATETIME);\n" +
				"CREATE TABLE MultiMeter_Calendar (DeviceRowID BIGINT, Value1 BIGINT, Value2 BIGINT, Value5 BIGINT, Value6 BIGINT, Counter1 BIGINT, Counter2 BIGINT, Counter3 BIGINT, Counter4 BIGINT, Date DATETIME)",
			fill: func(insert func(string, ...any)) {
				for day := range 3 {
					midnight := time.Date(2024, 6, 1+day, 0, 0, 0, 0, amsterdam)
					began, ended := 1000*counted(midnight.Sub(june).Hours()), 1000*counted(midnight.AddDate(0, 0, 1).Sub(june).Hours())
					insert("INSERT INTO MultiMeter_Calendar VALUES (3, ?, 0, 0, 0, ?, 0, 1000, 0, ?)", ended-began, ended, midnight.Format(time.DateOnly))
				}
				steps(72*12+1, 5*time.Minute, func(at time.Time, hours float64) {
					if hours >= 40.5 {
						insert("INSERT INTO MultiMeter VALUES (3, ?, 0, 300, 0, 1000, 0, ?)", 1000*counted(hours), at.In(amsterdam).Format(time.DateTime))
					}
				})
			}, from: 41},
		{name: "P1 monitor", layout: P1Monitor,
			script: "CREATE TABLE e_history_uur (TIMESTAMP TEXT PRIMARY KEY, VERBR_KWH_181 REAL, VERBR_KWH_182 REAL, VERBR_KWH_X REAL);\nCREATE TABLE e_history_min (TIMESTAMP TEXT PRIMARY KEY, VERBR_KWH_181 REAL, VERBR_KWH_182 REAL, VERBR_KWH_X REAL)",
			fill: func(insert func(string, ...any)) {
				steps(72, time.Hour, func(at time.Time, hours float64) {
					insert("INSERT INTO e_history_uur VALUES (?, ?, 1000, 99)", at.In(amsterdam).Format(time.DateTime), counted(hours+1))
				})
				steps(72*60, time.Minute, func(at time.Time, hours float64) {
					if hours >= 50.4 {
						insert("INSERT INTO e_history_min VALUES (?, ?, 1000, 99)", at.In(amsterdam).Format(time.DateTime), counted(hours+1./60))
					}
				})
			}, from: 1},
		{name: "evcc", layout: EVCC,
			script: "CREATE TABLE entities (id INTEGER PRIMARY KEY, \"group\" TEXT, name TEXT);\nINSERT INTO entities VALUES (1, 'grid', 'grid'), (2, 'pv', 'roof'), (3, 'forecast', 'f');\nCREATE TABLE meters (meter INTEGER, ts INTEGER, pos REAL)",
			fill: func(insert func(string, ...any)) {
				steps(72*4, 15*time.Minute, func(at time.Time, hours float64) {
					insert("INSERT INTO meters VALUES (1, ?1, ?2), (2, ?1, 7), (3, ?1, 8)", at.Unix(), counted(hours+0.25)-counted(hours))
				})
			}},
		{name: "two inverters", layout: SBFspot,
			script: "CREATE TABLE Inverters (Serial INT);\nCREATE TABLE DayData (TimeStamp datetime, Serial INT, TotalYield INT, Power INT, PRIMARY KEY (TimeStamp, Serial))",
			fill: func(insert func(string, ...any)) {
				steps(72*12+1, 5*time.Minute, func(at time.Time, hours float64) {
					insert("INSERT INTO DayData VALUES (?1, 11, ?2 * 0.25, 0), (?1, 22, ?2 * 0.75, 0)", at.Unix(), 1000*counted(hours))
				})
			}},
		{name: "a telegram", layout: Generic,
			script: "CREATE TABLE snapshots (id INTEGER PRIMARY KEY, meter_id TEXT, offpeak_consumption TEXT, peak_consumption TEXT, gas_consumption TEXT, tst_reading TEXT)",
			fill: func(insert func(string, ...any)) {
				steps(72*12+1, 5*time.Minute, func(at time.Time, hours float64) {
					insert("INSERT INTO snapshots VALUES (NULL, '4530', ?, '01000.000', '00012.500', ?)", fmt.Sprintf("%010.3f", counted(hours)), at.In(amsterdam).Format("060102150405")+"S")
				})
			}},
		{name: "the day first", layout: Generic,
			script: "CREATE TABLE power (date TEXT, watts REAL)",
			fill: func(insert func(string, ...any)) {
				for i := range 20 * 24 * 4 {
					at := june.Add(time.Duration(i) * 15 * time.Minute)
					hours := float64(i) / 4
					insert("INSERT INTO power VALUES (?, ?)", at.Format("02/01/2006 15:04"), 4000*(counted(hours+0.25)-counted(hours)))
				}
			}, series: "power.watts", from: 1},
	} {
		t.Run(test.name, func(t *testing.T) {
			path := logged(t, test.script, test.fill)
			mapping := Mapping{Series: test.series}
			if test.name == "the day first" {
				mapping.ClockZone = time.UTC
			}
			found, err := Detect(t.Context(), path, mapping, amsterdam, testNow, nil)
			if err != nil || found.Layout != test.layout {
				t.Fatal(found.Layout, err)
			}
			r := allOf(t, meterFor(path, mapping, amsterdam), nil)
			if test.layout == Generic || test.layout == Octodata || test.layout == EVCC {
				r.Step = 0
			}
			uses(t, r, test.from, 72-test.from)
		})
	}
}

// The first pass of a repeated hour is overwritten by the second: the row that
// is left spans both.
func TestOverwrittenHour(t *testing.T) {
	amsterdam := zone(t, "Europe/Amsterdam")
	begin := time.Date(2024, 10, 26, 22, 0, 0, 0, time.UTC)
	path := logged(t, "CREATE TABLE e_history_uur (TIMESTAMP TEXT PRIMARY KEY, VERBR_KWH_181 REAL, VERBR_KWH_182 REAL)", func(insert func(string, ...any)) {
		for i := range 30 {
			insert("INSERT OR REPLACE INTO e_history_uur VALUES (?, ?, 0)", begin.Add(time.Duration(i)*time.Hour).In(amsterdam).Format(time.DateTime), float64(100+i))
		}
	})
	r := allOf(t, meterFor(path, Mapping{}, amsterdam), nil)
	for i, b := range timeline.Resample(r.Portions, begin.Add(time.Hour).In(amsterdam), begin.Add(30*time.Hour), timeline.Hour, r.Step) {
		if math.Abs(b.Amount-1) > 1e-9 || b.Status != timeline.Full {
			t.Errorf("hour %d: %v kWh %s", i+1, b.Amount, b.Status)
		}
	}
}

// Two registers of one meter are added, unlike things never.
func TestGenericEnergy(t *testing.T) {
	for _, test := range []struct {
		columns string
		values  func(hours float64) []any
		series  []string // in order of likelihood
	}{
		{"import_t1_kwh REAL, import_t2_kwh REAL, export_kwh REAL, temp REAL", func(h float64) []any { return []any{counted(h), 2000, 7 + h/9, 20} },
			[]string{"m.import_t1_kwh+import_t2_kwh import kWh counter likely", "m.export_kwh export kWh counter likely"}},
		{"kwh_181 REAL, kwh_182 REAL, kwh_281 REAL, kwh_282 REAL", func(h float64) []any { return []any{counted(h), 2000, 7, 8} },
			[]string{"m.kwh_181+kwh_182 import kWh counter likely", "m.kwh_281+kwh_282 export kWh counter likely"}},
		{"energy_wh INTEGER", func(h float64) []any { return []any{int(1000 * (counted(h+0.25) - counted(h)))} }, []string{"m.energy_wh import Wh interval likely"}},
		{"energy_kwh REAL, power_w REAL", func(h float64) []any { return []any{counted(h), 300 + 100*math.Sin(h)} },
			[]string{"m.energy_kwh import kWh counter likely", "m.power_w import W power likely"}},
		{"energy REAL", func(h float64) []any { return []any{3.6e6 * counted(h)} }, []string{"m.energy import J counter likely"}},
		{"reading REAL", func(h float64) []any { return []any{counted(h)} }, []string{"m.reading import kWh counter guess"}},
	} {
		path := logged(t, "CREATE TABLE m (ts INTEGER, "+test.columns+")", func(insert func(string, ...any)) {
			steps(72*4, 15*time.Minute, func(at time.Time, hours float64) {
				values := append([]any{at.Unix()}, test.values(hours)...)
				insert("INSERT INTO m VALUES (?"+strings.Repeat(", ?", len(values)-1)+")", values...)
			})
		})
		found, err := Detect(t.Context(), path, Mapping{}, time.UTC, testNow, nil)
		if err != nil {
			t.Error(test.columns, err)
			continue
		}
		var got []string
		for _, s := range found.Likeliest() {
			got = append(got, fmt.Sprint(s.Name, " ", s.Direction, " ", s.Unit, " ", s.Kind, " ", s.Confidence))
		}
		if strings.Join(got, "; ") != strings.Join(test.series, "; ") {
			t.Errorf("%s: got %q", test.columns, got)
		}
	}
}

// An index leads to the rows of one of many meters.
func TestReadByTime(t *testing.T) {
	path := logged(t, "CREATE TABLE readings (meter INTEGER, ts INTEGER, watts REAL, PRIMARY KEY (meter, ts))", func(insert func(string, ...any)) {
		steps(72*12, 5*time.Minute, func(at time.Time, hours float64) {
			insert("INSERT INTO readings VALUES (1, ?1, 300 + ?2 % 50), (2, ?1, 4000 - ?2 % 90)", at.Unix(), at.Unix()/300)
		})
	})
	mapping := Mapping{Table: "readings", Where: "meter = 2", Value: "watts"}
	m := meterFor(path, mapping, time.UTC)
	r := allOf(t, m, nil)
	if !m.known.series.byTime && !knownByTime(t, path, mapping) {
		t.Error("the index is not used")
	}
	conn := writer(t, path)
	exec(t, conn, "INSERT INTO readings VALUES (2, ?, 100), (1, ?, 99)", june.Add(72*time.Hour).Unix(), june.Add(72*time.Hour).Unix())
	grown := stored(r, rollUp(t, m, r.Bookmark))
	exec(t, conn, "INSERT INTO readings VALUES (2, ?, 100)", june.Add(5*time.Hour+90*time.Second).Unix()) // history that comes late
	late := rollUp(t, m, grown.Bookmark)
	if !late.From.IsZero() {
		t.Errorf("what came late is not read: from %v", late.From)
	}
	want := allOf(t, meterFor(path, mapping, time.UTC), nil)
	if a, b := sumOf(stored(grown, late)), sumOf(want); math.Abs(a-b) > 1e-9 || a < 200 {
		t.Errorf("%v kWh, want %v", a, b)
	}
}

func knownByTime(t *testing.T, path string, mapping Mapping) bool {
	t.Helper()
	by := false
	err := readOnly(t.Context(), path, 0, func(conn *sqlite.Conn) error {
		found, err := detect(t.Context(), conn, path, mapping, time.UTC, testNow)
		by = err == nil && found.Series[0].byTime
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return by
}

// Who was away for longer than the finer steps are kept still has all hours.
func TestLayersAfterALongAbsence(t *testing.T) {
	path := homeAssistantDatabase(t, "sensor.house_energy")
	kept := allOf(t, meterFor(path, Mapping{}, time.UTC), nil)
	conn := writer(t, path)
	exec(t, conn, "DELETE FROM statistics_short_term")
	exec(t, conn, "DELETE FROM states")
	exec(t, conn, "BEGIN")
	steps(20*24, time.Hour, func(at time.Time, hours float64) {
		if hours >= 96 {
			exec(t, conn, "INSERT INTO statistics (metadata_id, start_ts, state, sum) VALUES (1, ?, 7, ?)", at.Unix(), counted(hours+1)-5000)
		}
	})
	steps(20*24*12, 5*time.Minute, func(at time.Time, hours float64) {
		if hours >= 18*24 {
			exec(t, conn, "INSERT INTO statistics_short_term (id, metadata_id, start_ts, state, sum) VALUES (?, 1, ?, 7, ?)",
				1_000_000+at.Unix()-june.Unix(), at.Unix(), counted(hours+1./12)-5000)
		}
	})
	exec(t, conn, "COMMIT")
	m := meterFor(path, Mapping{}, time.UTC)
	r := rollUp(t, m, kept.Bookmark)
	uses(t, stored(kept, r), 0, 20*24)
	// From then on only the finest end is read.
	exec(t, conn, "INSERT INTO statistics_short_term (metadata_id, start_ts, state, sum) VALUES (1, ?, 7, ?)", june.AddDate(0, 0, 20).Unix(), counted(20*24+1./12)-5000)
	if again := rollUp(t, m, r.Bookmark); again.From.Before(june.AddDate(0, 0, 17)) {
		t.Errorf("a new row reads from %v", again.From)
	}
}

// Inverters are added, also when one came later, is silent at night, or died.
func TestInvertersThatComeAndGo(t *testing.T) {
	yield := func(hours float64) float64 { return 1000 * counted(hours) }
	path := logged(t, "CREATE TABLE Inverters (Serial INT);\nCREATE TABLE DayData (TimeStamp datetime, Serial INT, TotalYield INT, Power INT, PRIMARY KEY (TimeStamp, Serial))",
		func(insert func(string, ...any)) {
			steps(6*24*12, 5*time.Minute, func(at time.Time, hours float64) {
				insert("INSERT INTO DayData VALUES (?, 11, ?, 0)", at.Unix(), yield(hours))
				if hours >= 48 {
					insert("INSERT INTO DayData VALUES (?, 22, ?, 0)", at.Unix(), yield(hours)-yield(48))
				}
				if hours >= 72 && hours < 96 {
					insert("INSERT INTO DayData VALUES (?, 33, ?, 0)", at.Unix(), yield(hours)-yield(72))
				}
			})
		})
	conn := writer(t, path)
	m := meterFor(path, Mapping{}, time.UTC)
	r := allOf(t, m, nil)
	steps(7*24*12, 5*time.Minute, func(at time.Time, hours float64) {
		if hours >= 144 {
			exec(t, conn, "INSERT INTO DayData VALUES (?1, 11, ?2, 0), (?1, 22, ?3, 0)", at.Unix(), yield(hours), yield(hours)-yield(48))
		}
	})
	r = stored(r, rollUp(t, meterFor(path, Mapping{}, time.UTC), r.Bookmark))
	for day, times := range []float64{1, 1, 2, 3, 2, 2, 2} {
		from := june.AddDate(0, 0, day)
		got := timeline.Sum(r.Portions, from, from.Add(23*time.Hour)).Amount
		if want := times * (counted(23) - counted(0)); math.Abs(got-want) > 0.03 {
			t.Errorf("day %d: %v kWh, want %v", day, got, want)
		}
	}
}

// Rows of one meter that are rare among others, read in blocks.
func TestRareRowsInBlocks(t *testing.T) {
	path := logged(t, "CREATE TABLE readings (ts INTEGER, meter TEXT, watts REAL)", func(insert func(string, ...any)) {
		steps(4000, time.Minute, func(at time.Time, hours float64) {
			for other := range 9 {
				insert("INSERT INTO readings VALUES (?, ?, 5)", at.Unix(), fmt.Sprint("other", other))
			}
			insert("INSERT INTO readings VALUES (?, 'house', 600)", at.Unix())
		})
	})
	mapping := Mapping{Table: "readings", Where: "meter = house", Value: "watts"}
	m := meterFor(path, mapping, time.UTC)
	m.blocks = blockSizes{newest: 3000, later: 4000, warmUp: 50}
	got, want := allOf(t, m, nil), allOf(t, meterFor(path, mapping, time.UTC), nil)
	if difference := differ(got, want); difference != "" && !strings.Contains(difference, "From:") {
		t.Error(difference)
	}
	if a, b := sumOf(got), 4000*600./60/1000; math.Abs(a-b) > 1e-9 {
		t.Errorf("%v kWh, want %v", a, b)
	}
}
