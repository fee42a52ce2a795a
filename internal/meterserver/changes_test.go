package meterserver

import (
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitals/internal/energy"
	"vitals/internal/postgres/trial"
	"vitals/internal/refresh"
	"vitals/internal/store"
)

// The newest 48 hours may begin amid an hour that the clock showed twice.
func TestTheNewestRowsBeginInAnHourThatCameTwice(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	at := trial.Database(t)
	trial.Run(t, at, "CREATE TABLE readings (at timestamp, watts int)",
		"INSERT INTO readings SELECT (i AT TIME ZONE 'Europe/London'), 100 + mod(extract(epoch FROM i)::bigint / 300, 7) * 50 FROM generate_series('2024-10-26 20:00Z'::timestamptz, '2024-10-29 01:25Z', interval '5 minutes') AS i")
	c := &clock{testNow}
	m := NewMeter(address(t, at), t.TempDir(), energy.Mapping{}, london, c.now)
	defer m.Close()
	first := rollUp(t, m, nil)
	trial.Run(t, at, "INSERT INTO readings VALUES ('2024-10-29 01:30', 100)")
	c.at = c.at.Add(lateEvery)
	rollUp(t, m, first.Bookmark)
	fresh := NewMeter(m.at, t.TempDir(), energy.Mapping{}, london, c.now)
	defer fresh.Close()
	rollUp(t, fresh, nil)
	const query = "SELECT rowid, * FROM readings WHERE at >= '2024-10-27 01:00' AND at < '2024-10-27 02:00'"
	if got, want := rowsOf(t, m, query), rowsOf(t, fresh, query); got != want {
		t.Errorf("of the hour the copy has\n%swant\n%s", got, want)
	}
}

// Rows that come while a table is copied first are counted, so that not all is
// compared for them the next day.
func TestRowsThatComeDuringTheFirstCopyAreCounted(t *testing.T) {
	for name, table := range map[string]string{"with a key": "id serial PRIMARY KEY, at timestamptz, watts real", "by time": "at timestamptz PRIMARY KEY, watts real"} {
		t.Run(name, func(t *testing.T) {
			at := trial.Database(t)
			trial.Run(t, at, "CREATE TABLE readings ("+table+"); INSERT INTO readings (at, watts) SELECT '2026-10-20Z'::timestamptz + i * interval '1 minute', 300 FROM generate_series(0, 25000) AS i",
				"SELECT pg_stat_force_next_flush()")
			m, _ := newMeter(t, at, energy.Mapping{})
			pages := 0
			_, err := m.RollUp(t.Context(), nil, func(_, _ int64) {
				if pages++; pages == 1 {
					trial.Run(t, at, "INSERT INTO readings (at, watts) SELECT '2026-11-10Z'::timestamptz + i * interval '1 minute', 300 FROM generate_series(0, 4) AS i; SELECT pg_stat_force_next_flush()")
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			settle(t, m)
			c, err := openCopy(t.Context(), m.path, m.at.Identity())
			if err != nil {
				t.Fatal(err)
			}
			defer c.close()
			var n note
			if err := c.get("readings", &n); err != nil {
				t.Fatal(err)
			}
			if now := m.seen[0].counts; now != n.Server.add(n.Copied) || now.Inserted != 25006 {
				t.Errorf("the server counts %v, the copy %v and %v", now, n.Server, n.Copied)
			}
		})
	}
}

// Two programs do not keep each other reading where nothing is new.
func TestTwoThatWatchComeToRest(t *testing.T) {
	for name, create := range map[string]string{
		"a table": "CREATE TABLE readings (id serial PRIMARY KEY, at timestamptz, watts real)",
		"a view":  "CREATE TABLE kept (id serial PRIMARY KEY, at timestamptz, watts real); CREATE VIEW readings AS SELECT at, watts FROM kept",
	} {
		t.Run(name, func(t *testing.T) {
			at := trial.Database(t)
			trial.Run(t, at, create)
			into := map[string]string{"a table": "readings", "a view": "kept"}[name]
			trial.Run(t, at, "INSERT INTO "+into+" (at, watts) SELECT '2026-10-20Z'::timestamptz + i * interval '1 minute', 300 FROM generate_series(0, 999) AS i; SELECT pg_stat_force_next_flush()")
			one, _ := newMeter(t, at, energy.Mapping{Table: "readings"})
			rollUp(t, one, nil)
			trial.Run(t, at, "INSERT INTO "+into+" (at, watts) VALUES ('2026-11-10Z', 300); SELECT pg_stat_force_next_flush()")
			other := NewMeter(one.at, filepath.Dir(one.path), energy.Mapping{Table: "readings"}, time.UTC, one.now)
			defer other.Close()
			for round := 0; ; round++ {
				resting := true
				for _, m := range []*Meter{one, other} {
					changed, err := m.Changed(t.Context())
					if err != nil {
						t.Fatal(err)
					}
					if changed {
						resting = false
						rollUp(t, m, nil)
					}
				}
				if resting {
					break
				}
				if round > 10 {
					t.Fatal("each reads what the other one wrote")
				}
				time.Sleep(10 * time.Millisecond) // times of files are no finer
			}
		})
	}
}

// Another table of the name may differ in old rows alone.
func TestATableThatWasSwappedIsReadFromTheBeginning(t *testing.T) {
	at := trial.Database(t)
	trial.Run(t, at, "CREATE TABLE readings (id serial PRIMARY KEY, at timestamptz, watts real)",
		"INSERT INTO readings (at, watts) SELECT '2026-10-20Z'::timestamptz + i * interval '1 minute', 300 FROM generate_series(0, 19999) AS i")
	m, c := newMeter(t, at, energy.Mapping{})
	history, err := store.OpenMemory(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer history.Close()
	total := func() (kWh float64) {
		if _, err := refresh.UpdateMeter(t.Context(), m, history, "meter", nil, nil); err != nil {
			t.Fatal(err)
		}
		portions, err := history.Portions(t.Context(), "meter", time.Time{}, time.Time{})
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range portions {
			kWh += p.Amount
		}
		return kWh
	}
	before := total()
	trial.Run(t, at, "ALTER TABLE readings RENAME TO old; CREATE TABLE readings (LIKE old INCLUDING ALL); INSERT INTO readings SELECT * FROM old; UPDATE readings SET watts = 900 WHERE id BETWEEN 3001 AND 3060; DROP TABLE old CASCADE")
	c.at = c.at.Add(time.Minute)
	if after := total(); math.Abs(after-before-0.6) > 0.01 {
		t.Errorf("%s kWh more, not 0.6", fmt.Sprintf("%.3f", after-before))
	}
}

// Many sensors may be logged in one second, and each row has a number of its own.
func TestManyRowsOfOneTime(t *testing.T) {
	at := trial.Database(t)
	trial.Run(t, at, "CREATE TABLE readings (ts int, sensor int, kwh double precision); CREATE INDEX ON readings (ts)",
		"INSERT INTO readings SELECT 1790000000 + i / 700, mod(i, 700), i / 700 * 0.001 FROM generate_series(0, 41999) AS i")
	m, _ := newMeter(t, at, energy.Mapping{Table: "readings", Time: "ts", Value: "kwh", Where: "sensor = 699"})
	rollUp(t, m, nil)
	if n := rowsOf(t, m, "SELECT count(*), count(DISTINCT ts * 1000 + sensor) FROM readings"); n != "42000|42000\n" {
		t.Errorf("%s rows were copied", n)
	}
	trial.Run(t, at, "CREATE TABLE same (at timestamptz, n int, watts real); INSERT INTO same SELECT '2026-10-20Z', i, 4 FROM generate_series(0, 1000000) AS i")
	m, _ = newMeter(t, at, energy.Mapping{Table: "same"})
	if _, err := m.RollUp(t.Context(), nil, nil); !errors.Is(err, energy.ErrMapping) || !strings.Contains(err.Error(), "have the same at") {
		t.Errorf("of rows without order it says %v", err)
	}
}

// Of two columns whose names are one in the copy the first is copied, and no other
// one is taken for it.
func TestTwoColumnsOfOneName(t *testing.T) {
	at := trial.Database(t)
	trial.Run(t, at, `CREATE TABLE readings ("ID" text, id serial PRIMARY KEY, at timestamptz, watts real)`,
		`INSERT INTO readings ("ID", at, watts) SELECT 'x', '2026-10-20Z'::timestamptz + i * interval '1 minute', 300 FROM generate_series(0, 99) AS i`)
	m, c := newMeter(t, at, energy.Mapping{})
	rollUp(t, m, nil)
	trial.Run(t, at, `INSERT INTO readings ("ID", at, watts) VALUES ('x', '2026-10-21Z', 300)`)
	c.at = c.at.Add(lateEvery)
	rollUp(t, m, nil)
	if n := rowsOf(t, m, "SELECT count(*) FROM readings"); n != "101\n" {
		t.Errorf("%s rows were copied", n)
	}
}
