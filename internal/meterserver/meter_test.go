package meterserver

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"vitals/internal/energy"
	"vitals/internal/postgres/trial"
)

// A table with a key is read as the same table in a SQLite file is.
func TestATableIsReadAsAFileIs(t *testing.T) {
	at := trial.Database(t)
	trial.Run(t, at, `CREATE TABLE readings (id serial PRIMARY KEY, at timestamp NOT NULL, watts real)`,
		`INSERT INTO readings (at, watts) SELECT '2026-10-20'::timestamp + i * interval '1 minute', 300 + i % 200 FROM generate_series(0, 4999) AS i`)
	path := sqliteFile(t, `CREATE TABLE readings (id INTEGER PRIMARY KEY, at TIMESTAMP NOT NULL, watts REAL);
		WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 4999)
		INSERT INTO readings SELECT i + 1, datetime('2026-10-20', i || ' minutes'), 300 + i % 200 FROM n`)
	m, _ := newMeter(t, at, energy.Mapping{})
	got := rollUp(t, m, nil)
	sameEnergy(t, got, rollUp(t, fromFile(path, energy.Mapping{}), nil))
	if want := "readings.watts in " + address(t, at).String(); got.Source != want {
		t.Errorf("its source is %q, not %q", got.Source, want)
	}
	settle(t, m)
}

// A clock on the wall that is put back shows an hour twice. The passes are told apart
// as in a file, by the order of rows, though nothing else tells it – also when the
// second one comes while it is being read.
func TestAnHourThatCameTwice(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	at := trial.Database(t)
	const create = "CREATE TABLE readings (r_datetime TIMESTAMP, r_watts INT)"
	trial.Run(t, at, create)
	m := NewMeter(address(t, at), t.TempDir(), energy.Mapping{}, london, func() time.Time { return testNow })
	defer m.Close()
	script := create
	begins := time.Date(2024, time.October, 26, 20, 0, 0, 0, time.UTC)
	for _, minutes := range []int{250, 35, 40, 300} {
		for range minutes / 5 {
			insert := fmt.Sprintf("INSERT INTO readings VALUES ('%s', %d)", begins.In(london).Format(time.DateTime), 100+begins.Unix()/300%7*50)
			trial.Run(t, at, insert)
			script, begins = script+";\n"+insert, begins.Add(5*time.Minute)
		}
		got := rollUp(t, m, nil)
		sameEnergy(t, got, rollUp(t, energy.NewMeter(sqliteFile(t, script), energy.Mapping{}, london, func() time.Time { return testNow }), nil))
	}
	if n := strings.Count(script, "2024-10-27 01:30:00"); n != 2 {
		t.Errorf("half past one is there %d times", n)
	}
}

// Home Assistant before its schema 34 wrote times with a zone; the states after the
// last statistics count, too.
func TestHomeAssistantOfOld(t *testing.T) {
	at := trial.Database(t)
	path := both(t, at, "CREATE TABLE statistics_meta (id INTEGER PRIMARY KEY, statistic_id VARCHAR(255), source VARCHAR(32), unit_of_measurement VARCHAR(255), has_mean BOOLEAN, has_sum BOOLEAN, name VARCHAR(255))",
		"CREATE TABLE statistics (id INTEGER PRIMARY KEY, metadata_id INTEGER, start TIMESTAMP, mean FLOAT, state FLOAT, sum FLOAT)",
		"INSERT INTO statistics_meta VALUES (1, 'sensor.grid', 'recorder', 'kWh', false, true, NULL), (2, 'sensor.heat', 'recorder', '°C', true, false, NULL)")
	trial.Run(t, at, "ALTER TABLE statistics ALTER COLUMN start TYPE timestamptz",
		"INSERT INTO statistics SELECT 2 * i + 1, 1, '2026-10-20Z'::timestamptz + i * interval '1 hour', NULL, i * 0.5, i * 0.5 FROM generate_series(0, 99) AS i",
		"INSERT INTO statistics SELECT 2 * i + 2, 2, '2026-10-20Z'::timestamptz + i * interval '1 hour', 20, NULL, NULL FROM generate_series(0, 99) AS i")
	file := writer(t, path)
	run(t, file, `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 99)
		INSERT INTO statistics SELECT 2 * i + 1, 1, datetime('2026-10-20', i || ' hours'), NULL, i * 0.5, i * 0.5 FROM n`)
	m, _ := newMeter(t, at, energy.Mapping{})
	sameEnergy(t, rollUp(t, m, nil), rollUp(t, fromFile(path, energy.Mapping{}), nil))
	if n := rowsOf(t, m, "SELECT count(*) FROM statistics"); n != "100\n" {
		t.Errorf("%s rows were copied: the heat is none of ours", n)
	}
}

// Where few of many rows are picked, a page ends after so many row numbers; nothing
// is passed over.
func TestFewRowsOfMany(t *testing.T) {
	at := trial.Database(t)
	trial.Run(t, at, "CREATE TABLE statistics_meta (id serial PRIMARY KEY, statistic_id text, unit_of_measurement text, has_mean boolean, has_sum boolean)",
		"CREATE TABLE statistics (id bigint PRIMARY KEY, metadata_id int, start_ts double precision, sum double precision)",
		"INSERT INTO statistics_meta (statistic_id, unit_of_measurement, has_sum) VALUES ('sensor.grid', 'kWh', true), ('sensor.heat', '°C', false)",
		"INSERT INTO statistics SELECT (i + 3) * 700000, 1 + mod(i, 2), 1790000000 + i / 2 * 3600 - 800, i FROM generate_series(0, 39) AS i")
	m, c := newMeter(t, at, energy.Mapping{})
	r := rollUp(t, m, nil)
	if got := rowsOf(t, m, "SELECT count(*), min(id), max(id) FROM statistics"); got != "20|2100000|28700000\n" {
		t.Errorf("copied %s", got)
	}
	trial.Run(t, at, "INSERT INTO statistics VALUES (60000000, 1, 1790200000, 60), (60000001, 2, 1790200000, 60)", "DELETE FROM statistics WHERE id < 3000000")
	c.at = c.at.Add(time.Minute)
	rollUp(t, m, r.Bookmark)
	if got := rowsOf(t, m, "SELECT count(*), min(id), max(id) FROM statistics"); got != "20|3500000|60000000\n" {
		t.Errorf("then %s", got)
	}
}
