package meterserver

import (
	"testing"

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
	if changed, err := m.Changed(t.Context()); changed || err != nil {
		t.Errorf("changed %v, %v", changed, err)
	}
}
