package meterserver

import (
	"context"
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"vitals/internal/energy"
	"vitals/internal/postgres"
	"vitals/internal/postgres/trial"
	"vitals/internal/refresh"
	"vitals/internal/store"
)

// tables are those of the tests below: the same readings with a key, by time for
// one of several sensors, without any key, and as a view.
var tables = map[string]struct {
	create, insert string
	mapping        energy.Mapping
}{
	"with a key": {"CREATE TABLE readings (id serial PRIMARY KEY, at timestamptz NOT NULL, watts real)",
		"INSERT INTO readings (at, watts) VALUES (to_timestamp($1::bigint), $2)", energy.Mapping{}},
	"by time": {"CREATE TABLE readings (at timestamptz, sensor text, watts real, PRIMARY KEY (sensor, at)); CREATE INDEX ON readings (at DESC)",
		"INSERT INTO readings VALUES (to_timestamp($1::bigint), 'house', $2), (to_timestamp($1::bigint), 'shed', 5) ON CONFLICT DO NOTHING",
		energy.Mapping{Table: "readings", Where: "sensor = house"}},
	"by one time": {"CREATE TABLE readings (at timestamptz PRIMARY KEY, watts real)",
		"INSERT INTO readings VALUES (to_timestamp($1::bigint), $2) ON CONFLICT DO NOTHING", energy.Mapping{}},
	"without a key": {"CREATE TABLE readings (at timestamp, watts real)",
		"INSERT INTO readings VALUES (to_timestamp($1::bigint) AT TIME ZONE 'UTC', $2)", energy.Mapping{}},
	"by seconds": {"CREATE TABLE readings (at double precision, watts real)",
		"INSERT INTO readings VALUES ($1::bigint + 0.25, $2)", energy.Mapping{Time: "at"}},
	"a view": {"CREATE TABLE kept (at timestamp, watts real); CREATE VIEW readings AS SELECT at, watts FROM kept WHERE watts < 90000",
		"INSERT INTO kept VALUES (to_timestamp($1::bigint) AT TIME ZONE 'UTC', $2)", energy.Mapping{Table: "public.readings"}},
}

func connect(t testing.TB, text string) *postgres.Conn {
	t.Helper()
	conn, err := address(t, text).Dial(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

// However rows come, change and go between refreshes, the copy is the one that is
// made of the last rows at once, and so is the energy.
func TestRefreshesAddUpToACopyMadeAtOnce(t *testing.T) {
	for name, table := range tables {
		t.Run(name, func(t *testing.T) {
			at := trial.Database(t)
			conn := connect(t, at)
			ctx := t.Context()
			rapid.Check(t, func(t *rapid.T) {
				fail := func(err error) {
					if err != nil {
						t.Fatal(err)
					}
				}
				fail(conn.Script(ctx, "DROP SCHEMA public CASCADE; CREATE SCHEMA public"))
				fail(conn.Script(ctx, table.create))
				folder := tempDir(t)
				history, err := store.OpenMemory(ctx)
				fail(err)
				defer history.Close()
				c := &clock{testNow}
				parsed, err := postgres.ParseAddress(at)
				fail(err)
				m := NewMeter(parsed, folder, table.mapping, time.UTC, c.now)
				defer m.Close()
				const begins = 1790000000
				last := int64(begins)
				watts := 0
				add := func(from, step int64, n int) {
					fail(conn.Together(ctx, func() error {
						for i := range n {
							watts = (watts + 677) % 3000
							if _, err := conn.Run(ctx, table.insert, from+int64(i)*step, watts); err != nil {
								return err
							}
						}
						return nil
					}))
				}
				changing := "readings"
				if name == "a view" {
					changing = "kept"
				}
				stamp := map[string]string{"by seconds": "to_timestamp(at)", "with a key": "at", "by time": "at", "by one time": "at"}[name]
				if stamp == "" {
					stamp = "at AT TIME ZONE 'UTC'"
				}
				some := func(do string) {
					from := rapid.Int64Range(begins-1, last).Draw(t, "from")
					_, err := conn.Run(ctx, fmt.Sprintf(do, changing)+" WHERE "+stamp+" BETWEEN to_timestamp($1::bigint) AND to_timestamp($2::bigint) AND "+stamp+" > to_timestamp($3::bigint)",
						from, from+rapid.Int64Range(0, 20_000).Draw(t, "long"), int64(begins+130)) // detection needs some rows
					fail(err)
				}
				refreshed := func() {
					_, err := refresh.UpdateMeter(ctx, m, history, "meter", nil, nil)
					fail(err)
				}
				add(begins, 60, 40)
				last += 40 * 60
				for range rapid.IntRange(1, 12).Draw(t, "steps") {
					switch rapid.IntRange(0, 6).Draw(t, "step") {
					case 0:
						step := rapid.SampledFrom([]int64{60, 600, 7200}).Draw(t, "step length")
						n := rapid.IntRange(1, 40).Draw(t, "rows")
						add(last, step, n)
						last += step * int64(n)
					case 1:
						add(rapid.Int64Range(begins+2, last).Draw(t, "late"), 37, rapid.IntRange(1, 5).Draw(t, "late rows"))
					case 2:
						some("UPDATE %s SET watts = watts + 1")
					case 3:
						some("DELETE FROM %s")
					case 4:
						c.at = c.at.Add(rapid.SampledFrom([]time.Duration{10 * time.Second, 11 * time.Minute, 2 * time.Hour}).Draw(t, "pause"))
					default:
						refreshed()
					}
				}
				fail(conn.Script(ctx, "SELECT pg_stat_force_next_flush()"))
				c.at = c.at.Add(25 * time.Hour) // by then all rows were compared
				refreshed()
				other := NewMeter(parsed, tempDir(t), table.mapping, time.UTC, c.now)
				defer other.Close()
				want, err := other.RollUp(ctx, nil, nil)
				fail(err)
				query := `SELECT rowid, * FROM "` + map[bool]string{true: "public.readings", false: "readings"}[name == "a view"] + `"`
				if got, want := rowsOf(t, m, query), rowsOf(t, other, query); got != want {
					t.Fatalf("the copy has\n%swant\n%s", got, want)
				}
				got, err := history.Portions(ctx, "meter", time.Time{}, time.Time{})
				fail(err)
				if len(got) != len(want.Portions) {
					t.Fatalf("%d quarter-hours, not %d: %v, not %v", len(got), len(want.Portions), got, want.Portions)
				}
				for i, p := range want.Portions {
					if math.Abs(got[i].Amount-p.Amount) > 1e-9 || got[i].Start != p.Start || (got[i].Covered-p.Covered).Abs() > time.Millisecond {
						t.Fatalf("the quarter-hour %v is %v", p, got[i])
					}
				}
			})
		})
	}
}

// A table that is another one is copied anew; rows that were purged stay in what was
// kept, as they do of a file.
func TestATableIsReplaced(t *testing.T) {
	at := trial.Database(t)
	create := "CREATE TABLE readings (id serial PRIMARY KEY, at timestamp, watts real)"
	fill := "INSERT INTO readings (at, watts) SELECT '2026-10-20'::timestamp + i * interval '1 minute', %d FROM generate_series(0, 999) AS i"
	trial.Run(t, at, create, fmt.Sprintf(fill, 100))
	m, c := newMeter(t, at, energy.Mapping{})
	first := rollUp(t, m, nil)
	for _, change := range []string{
		"DROP TABLE readings; " + create,
		"TRUNCATE readings RESTART IDENTITY",
		"DROP TABLE readings; CREATE TABLE readings (watts real, at timestamp, note text, id bigserial PRIMARY KEY)",
		"ALTER TABLE readings DROP COLUMN note",
		"ALTER TABLE readings ADD COLUMN more numeric",
	} {
		watts := 200
		trial.Run(t, at, change)
		if !strings.HasPrefix(change, "ALTER") {
			trial.Run(t, at, fmt.Sprintf(fill, watts))
		}
		c.at = c.at.Add(2 * time.Hour)
		if changed, err := m.Changed(t.Context()); err != nil || !changed {
			t.Errorf("%s: changed %v, %v", change, changed, err)
		}
		r, err := m.RollUp(t.Context(), nil, nil)
		if err != nil {
			t.Fatalf("%s: %v", change, err)
		}
		if got := r.Portions[3].Amount; math.Abs(got-0.05) > 1e-9 || len(r.Portions) != len(first.Portions) {
			t.Errorf("%s: %g kWh, %d portions", change, got, len(r.Portions))
		}
	}
	r := rollUp(t, m, nil)
	trial.Run(t, at, "DELETE FROM readings WHERE id < 500")
	c.at = c.at.Add(time.Minute)
	purged := rollUp(t, m, r.Bookmark)
	if n := rowsOf(t, m, "SELECT count(*) FROM readings"); n != "501\n" || purged.From.IsZero() || purged.Anew {
		t.Errorf("%s rows are left, energy from %v on, anew %v", n, purged.From, purged.Anew)
	}
	trial.Run(t, at, "DELETE FROM readings")
	c.at = c.at.Add(time.Minute)
	_, _ = m.RollUp(t.Context(), r.Bookmark, nil) // there is nothing to recognise
	if n := rowsOf(t, m, "SELECT count(*) FROM readings"); n != "0\n" {
		t.Errorf("%s rows are left of none", n)
	}
}

// tempDir is a folder for one round of a property.
func tempDir(t *rapid.T) string {
	folder, err := os.MkdirTemp("", "vitals-copy-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(folder) })
	return folder
}
