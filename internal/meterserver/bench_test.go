package meterserver

import (
	"os/exec"
	"testing"
	"time"

	"vitals/internal/energy"
	"vitals/internal/postgres/trial"
	"vitals/internal/timeline"
)

const million = `CREATE TABLE readings (id serial PRIMARY KEY, at timestamptz, watts real);
	INSERT INTO readings (at, watts) SELECT '2016-10-20Z'::timestamptz + i * interval '1 minute', 300 + mod(i, 200) FROM generate_series(0, 999999) AS i;
	ANALYZE readings`

// readAll adds up all rows, block by block, and returns the last roll-up.
func readAll(b *testing.B, m *Meter) timeline.RollUp {
	r := rollUp(b, m, nil)
	for r.More {
		r = rollUp(b, m, r.Bookmark)
	}
	return r
}

// BenchmarkFirstReading copies a million rows and adds them up, as a multiple of
// what psql takes to fetch them (go test -bench FirstReading -benchtime 3x).
func BenchmarkFirstReading(b *testing.B) {
	at := trial.Database(b)
	trial.Run(b, at, million)
	var copying, adding, fetching time.Duration
	for b.Loop() {
		began := time.Now()
		if err := exec.CommandContext(b.Context(), "psql", "-qX", at, "-c", `\copy readings TO /dev/null`).Run(); err != nil {
			b.Skip("there is no psql: ", err)
		}
		fetching += time.Since(began)
		m, _ := newMeter(b, at, energy.Mapping{})
		began = time.Now()
		if err := m.upToDate(b.Context(), nil); err != nil {
			b.Fatal(err)
		}
		copying += time.Since(began)
		began = time.Now()
		readAll(b, m)
		adding += time.Since(began)
		m.Close()
	}
	b.ReportMetric(copying.Seconds()/fetching.Seconds(), "copy/psql")
	b.ReportMetric(adding.Seconds()/fetching.Seconds(), "roll-up/psql")
	b.ReportMetric(fetching.Seconds()/float64(b.N), "psql-s/op")
}

// BenchmarkLook asks whether anything is new where nothing is.
func BenchmarkLook(b *testing.B) {
	at := trial.Database(b)
	trial.Run(b, at, million)
	m, _ := newMeter(b, at, energy.Mapping{})
	readAll(b, m)
	settle(b, m)
	for b.Loop() {
		if changed, err := m.Changed(b.Context()); changed || err != nil {
			b.Fatal(changed, err)
		}
	}
}

// BenchmarkOneRow reads one new row of a million.
func BenchmarkOneRow(b *testing.B) {
	at := trial.Database(b)
	trial.Run(b, at, million)
	m, _ := newMeter(b, at, energy.Mapping{})
	r := readAll(b, m)
	conn := connect(b, at)
	for i := 0; b.Loop(); i++ {
		b.StopTimer()
		if _, err := conn.Run(b.Context(), "INSERT INTO readings (at, watts) VALUES ('2019-01-01Z'::timestamptz + $1::int * interval '1 minute', 5)", i); err != nil {
			b.Fatal(err)
		}
		b.StartTimer()
		r = rollUp(b, m, r.Bookmark)
	}
}
