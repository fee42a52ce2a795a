package meterserver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"vitals/internal/energy"
	"vitals/internal/postgres"
	"vitals/internal/postgres/trial"
)

const minutes = `CREATE TABLE readings (id serial PRIMARY KEY, at timestamptz, watts real);
	INSERT INTO readings (at, watts) SELECT '2026-10-20Z'::timestamptz + i * interval '1 minute', 300 + mod(i, 200) FROM generate_series(0, %d) AS i`

func TestValuesOfEveryType(t *testing.T) {
	at := trial.Database(t)
	trial.Run(t, at, "CREATE TYPE mood AS ENUM ('good', 'bad')", "CREATE DOMAIN kilo AS numeric(20, 6)",
		`CREATE TABLE t (id smallint PRIMARY KEY, big bigint, n numeric, k kilo, r real, d double precision, b boolean, s text, v varchar(9), c char(4), u uuid, e mood,
			tz timestamptz, ts timestamp, day date, bytes bytea, j jsonb, list int[])`,
		`INSERT INTO t VALUES (1, 9223372036854775807, 'NaN', 1.5, 0.1, 'Infinity', true, 'x', 'y', 'z', '00000000-0000-0000-0000-000000000001', 'good',
			'2024-10-27 01:30:00.123456+01', '2024-10-27 01:30:00.5', '2024-10-27', '\x00', '{}', '{1}')`,
		`INSERT INTO t VALUES (2, -5, 1e400, -0.000001, 'NaN', 1e-300, false, repeat('é', 9000), '', '', NULL, 'bad', 'infinity', '-infinity', '0044-03-15 BC', NULL, NULL, NULL)`,
		`INSERT INTO t VALUES (3, NULL, 12345678901234567890.5, NULL, NULL, '-0', NULL, NULL, NULL, NULL, NULL, NULL, '0001-01-01 00:00:00 BC', '294276-12-31', '9999-12-31')`)
	m, _ := newMeter(t, at, energy.Mapping{Table: "t", Time: "tz", Value: "big"})
	_, _ = m.RollUp(t.Context(), nil, nil) // it is no meter
	want := `1|9223372036854775807||1.5|0.1||1|x|y|z|00000000-0000-0000-0000-000000000001|good|1729989000123456|2024-10-27 01:30:00.5|2024-10-27
2|-5|||||0|500|||||||0044-03-15 BC
`
	query := `SELECT id, big, n, k, r, d, b, s, v, c, u, e, tz, ts, day FROM t WHERE id = 1`
	got := rowsOf(t, m, query) + rowsOf(t, m, "SELECT id, big, n, '', r, '', b, length(s), v, c, u, '', tz, '', day FROM t WHERE id = 2")
	if got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if got := rowsOf(t, m, "SELECT typeof(n), n, d, typeof(tz), ts, day FROM t WHERE id = 3"); got != "real|1.2345678901234567e+19|0.0|null|294276-12-31 00:00:00|9999-12-31\n" {
		t.Errorf("got %s", got)
	}
	if columns := rowsOf(t, m, "SELECT group_concat(name || ' ' || type, ',') FROM pragma_table_info('t')"); strings.Contains(columns, "bytes") || strings.Contains(columns, "list") || !strings.Contains(columns, "tz BIGINT,ts TEXT") {
		t.Errorf("its columns are %s", columns)
	}
}

// Names may hold anything.
func TestHostileNames(t *testing.T) {
	at := trial.Database(t)
	name := `r"; DROP TABLE x; --` + "\x1b[31m"
	q := postgres.Quoted
	trial.Run(t, at, fmt.Sprintf(`CREATE SCHEMA %[1]s; CREATE TABLE %[1]s.%[1]s (%[1]s timestamp PRIMARY KEY, "watts ""; '$1" real, rowid int, "ROWID" int, _rowid_ int, oid int)`, q(name)),
		fmt.Sprintf(`INSERT INTO %[1]s.%[1]s SELECT '2026-10-20'::timestamp + i * interval '1 minute', 300 + i %% 7, 1, 2, 3, 4 FROM generate_series(0, 99) AS i`, q(name)))
	m, c := newMeter(t, at, energy.Mapping{Table: name + "." + name})
	r := rollUp(t, m, nil)
	if len(r.Portions) != 7 || strings.Contains(r.Source, "\x1b") {
		t.Errorf("%d quarter-hours of %q", len(r.Portions), r.Source)
	}
	trial.Run(t, at, fmt.Sprintf(`INSERT INTO %[1]s.%[1]s VALUES ('2026-10-21', 5, 1, 2, 3, 4); DELETE FROM %[1]s.%[1]s WHERE %[1]s < '2026-10-20 00:10'`, q(name)))
	c.at = c.at.Add(time.Hour)
	rollUp(t, m, r.Bookmark)
	if n := rowsOf(t, m, "SELECT count(*) FROM "+quoted(name+"."+name)); n != "91\n" {
		t.Errorf("%s rows", n)
	}
}

// What was copied before a reading was ended stays, and the next one goes on.
func TestACopyThatWasCutOffGoesOn(t *testing.T) {
	at := trial.Database(t)
	const rows = 3 * pageRows
	trial.Run(t, at, fmt.Sprintf(minutes, rows-1), "ANALYZE")
	m, _ := newMeter(t, at, energy.Mapping{})
	ctx, cancel := context.WithCancel(t.Context())
	pages := 0
	_, err := m.RollUp(ctx, nil, func(done, total int64) {
		if total != rows {
			t.Errorf("%d rows of %d", done, total)
		}
		if pages++; pages == 2 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	if n := rowsOf(t, m, "SELECT count(*) FROM readings"); n != fmt.Sprintln(2*pageRows) {
		t.Errorf("%s rows were kept", n)
	}
	var first int64
	other := NewMeter(m.at, filepath.Dir(m.path), energy.Mapping{}, time.UTC, m.now)
	defer other.Close()
	_, err = other.RollUp(t.Context(), nil, func(done, _ int64) {
		if first == 0 {
			first = done
		}
	})
	if err != nil || first != rows {
		t.Errorf("it went on to %d rows, %v", first, err)
	}
	fresh, _ := newMeter(t, at, energy.Mapping{})
	sameEnergy(t, rollUp(t, other, nil), rollUp(t, fresh, nil))
}

// A server that ends connections, as it does before it starts anew, is asked again.
func TestTheServerEndsTheConnection(t *testing.T) {
	at := trial.Database(t)
	trial.Run(t, at, fmt.Sprintf(minutes, 99))
	m, c := newMeter(t, at, energy.Mapping{})
	r := rollUp(t, m, nil)
	const end = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
	trial.Run(t, at, end)
	if _, err := m.Changed(t.Context()); err != nil {
		t.Error(err)
	}
	trial.Run(t, at, end, "INSERT INTO readings (at, watts) VALUES ('2026-10-20 02:00Z', 5)")
	c.at = c.at.Add(time.Minute)
	if next := rollUp(t, m, r.Bookmark); next.Latest.Value != 5 {
		t.Errorf("the latest is %v", next.Latest)
	}
}

func TestAServerThatCannotBeRead(t *testing.T) {
	at := trial.Database(t)
	trial.Run(t, at, fmt.Sprintf(minutes, 99), "CREATE TABLE words (word text)", "CREATE VIEW timeless AS SELECT watts, 'x' AS word FROM readings",
		"CREATE TABLE big (at timestamp, watts real)", "UPDATE pg_class SET reltuples = 3e7 WHERE relname = 'big'")
	role := "reader_" + strings.ToLower(strings.TrimPrefix(address(t, at).Database(), "trial_"))[:12]
	trial.Run(t, at, "CREATE ROLE "+role+" LOGIN PASSWORD 'hunter2'")
	t.Cleanup(func() { trial.Run(t, at, "DROP OWNED BY "+role, "DROP ROLE "+role) })
	limited, err := url.Parse(at)
	if err != nil {
		t.Fatal(err)
	}
	limited.User = url.UserPassword(role, "hunter2")
	for name, c := range map[string]struct {
		at, table, says, hint string
		mapping               bool
	}{
		"no such table":    {at, "reading", "there is no table reading in", "correct table", true},
		"no key":           {at, "timeless", "has no key to read it on by", "time in [energy]", true},
		"too many rows":    {at, "", "30 million rows", "set table in [energy]", true},
		"no rights":        {limited.String(), "readings", "no permission to read the table readings", "GRANT SELECT", false},
		"no rights at all": {limited.String(), "", "no table of times and numbers that can be read", "SELECT", false},
		"no server":        {"postgres://ann:hunter2@127.0.0.1:1/x", "", "no PostgreSQL answers", "listens", false},
		"no words":         {at, "words", "has no key", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			m, _ := newMeter(t, c.at, energy.Mapping{Table: c.table})
			_, err := m.RollUp(t.Context(), nil, nil)
			var said interface {
				error
				Hint() string
			}
			if !errors.As(err, &said) || !strings.Contains(err.Error(), c.says) || !strings.Contains(said.Hint(), c.hint) || errors.Is(err, energy.ErrMapping) != c.mapping {
				t.Errorf("it says %v", err)
			}
			if err != nil && (strings.Contains(err.Error(), "hunter2") || strings.Contains(err.Error(), m.path)) {
				t.Errorf("it says too much: %v", err)
			}
		})
	}
	trial.Run(t, at, "GRANT SELECT (at, watts) ON readings TO "+role)
	m, _ := newMeter(t, limited.String(), energy.Mapping{Table: "readings"})
	if r := rollUp(t, m, nil); len(r.Portions) != 7 {
		t.Errorf("by two columns: %d quarter-hours", len(r.Portions))
	}
}

func TestAServerThatHangsIsLeftAtOnce(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	m, _ := newMeter(t, "postgres://ann:hunter2@"+silent.Addr().String()+"/meter", energy.Mapping{})
	for _, pause := range []time.Duration{0, time.Millisecond, 5 * time.Millisecond, 50 * time.Millisecond} { // in the copy, or at the server
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(pause, cancel)
		began := time.Now()
		if _, err := m.RollUp(ctx, nil, nil); !errors.Is(err, context.Canceled) || time.Since(began) > 5*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	}
}

func TestTwoAtOnce(t *testing.T) {
	at := trial.Database(t)
	trial.Run(t, at, fmt.Sprintf(minutes, 30_000))
	folder := t.TempDir()
	want := NewMeter(address(t, at), t.TempDir(), energy.Mapping{}, time.UTC, func() time.Time { return testNow })
	defer want.Close()
	all := rollUp(t, want, nil)
	var both sync.WaitGroup
	for range 3 {
		both.Go(func() {
			m := NewMeter(address(t, at), folder, energy.Mapping{}, time.UTC, func() time.Time { return testNow })
			defer m.Close()
			for range 3 {
				r, err := m.RollUp(t.Context(), nil, nil)
				if err != nil {
					t.Error(err)
					return
				}
				sameEnergy(t, r, all)
			}
		})
	}
	both.Wait()
}

// A copy that is damaged, another program's or of another database is made anew;
// one that cannot be written to says so.
func TestAnUnusableCopy(t *testing.T) {
	at := trial.Database(t)
	trial.Run(t, at, fmt.Sprintf(minutes, 9999))
	m, _ := newMeter(t, at, energy.Mapping{})
	want := rollUp(t, m, nil)
	good, err := os.ReadFile(m.path)
	if err != nil {
		t.Fatal(err)
	}
	bent := append([]byte{}, good...)
	for i := 4096; i < len(bent); i++ {
		bent[i] ^= 0x5a
	}
	foreign := sqliteFile(t, `CREATE TABLE "copied by vitals" (x)`)
	other, err := os.ReadFile(foreign)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string][]byte{"no database": []byte("watts, and more of them"), "damaged": bent, "cut": good[:len(good)/2], "empty": nil, "foreign": other} {
		t.Run(name, func(t *testing.T) {
			if err := removeCopy(m.path); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(m.path, content, 0o666); err != nil {
				t.Fatal(err)
			}
			sameEnergy(t, rollUp(t, m, nil), want)
			if info, err := os.Stat(m.path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v", info, err)
			}
		})
	}
	t.Run("in the way", func(t *testing.T) {
		if err := removeCopy(m.path); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(m.path, 0o700); err != nil {
			t.Fatal(err)
		}
		_, err := m.RollUp(t.Context(), nil, nil)
		if !errors.Is(err, ErrUnsaved) {
			t.Errorf("it says %v", err)
		}
	})
}

// What a view calls may not write, and nothing of vitals is left in the session.
func TestNothingIsWritten(t *testing.T) {
	at := trial.Database(t)
	trial.Run(t, at, "CREATE TABLE written (at timestamp)", "CREATE FUNCTION spy() RETURNS timestamp LANGUAGE sql AS 'INSERT INTO written VALUES (now()) RETURNING at'",
		"CREATE VIEW readings AS SELECT spy() AS at, 5.0 AS watts")
	m, _ := newMeter(t, at, energy.Mapping{Table: "readings"})
	if _, err := m.RollUp(t.Context(), nil, nil); postgres.Code(err) != "25006" {
		t.Errorf("it says %v", err)
	}
	err := m.ask(t.Context(), func(ctx context.Context, conn *postgres.Conn) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	err = m.conn.Each(t.Context(), func(row []postgres.Cell) error {
		if string(row[0]) != "0" || string(row[1]) != "off" {
			t.Errorf("statement_timeout %s, read only %s", row[0], row[1])
		}
		return nil
	}, "SELECT current_setting('statement_timeout'), current_setting('default_transaction_read_only')")
	if err != nil {
		t.Fatal(err)
	}
}
