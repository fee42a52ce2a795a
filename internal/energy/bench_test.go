package energy

import (
	"fmt"
	"path/filepath"
	"testing"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

const benchRows = 1_000_000

// fillBench writes rows every ten seconds up to benchNow, stamped by stamp.
func fillBench(b *testing.B, create string, stamp func(time.Time) any) string {
	b.Helper()
	path := filepath.Join(b.TempDir(), "meter.db")
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite|sqlite.OpenCreate)
	if err != nil {
		b.Fatal(err)
	}
	defer conn.Close()
	run := func(query string, args ...any) {
		if err := sqlitex.Execute(conn, query, &sqlitex.ExecOptions{Args: args}); err != nil {
			b.Fatal(err)
		}
	}
	run(create)
	run("BEGIN")
	first := benchNow.Add(-benchRows * 10 * time.Second)
	for i := range benchRows {
		run("INSERT INTO readings VALUES (?, ?)", stamp(first.Add(time.Duration(i)*10*time.Second)), 200+i%700)
	}
	run("COMMIT")
	return path
}

var benchNow = time.Date(2025, 3, 1, 0, 0, 0, 0, time.UTC)

func BenchmarkRollUp(b *testing.B) {
	london := zone(b, "Europe/London")
	for _, layout := range []struct {
		name, create string
		stamp        func(time.Time) any
	}{
		{"epoch", "CREATE TABLE readings (ts INTEGER PRIMARY KEY, watts REAL)", func(t time.Time) any { return t.Unix() }},
		{"text", "CREATE TABLE readings (r_datetime TIMESTAMP, r_watts INT)",
			func(t time.Time) any { return t.In(london).Format("2006-01-02 15:04:05.000000") }},
	} {
		path := fillBench(b, layout.create, layout.stamp)
		meter := NewMeter(path, Mapping{}, london, func() time.Time { return benchNow })
		b.Run(layout.name+"/whole", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				allOf(b, meter, nil)
			}
			b.ReportMetric(benchRows*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
		b.Run(layout.name+"/refresh", func(b *testing.B) {
			whole := allOf(b, meter, nil)
			for b.Loop() {
				if again, err := meter.RollUp(b.Context(), whole.Bookmark, nil); err != nil || again.From.IsZero() {
					b.Fatal(fmt.Sprint(again.From, err))
				}
			}
		})
	}
}

func BenchmarkParseWallTime(b *testing.B) {
	text := []byte("2013-12-16 00:15:02.911489")
	for b.Loop() {
		if _, ok := parseWallTime(text); !ok {
			b.Fatal("not read")
		}
	}
}

func zone(tb testing.TB, name string) *time.Location {
	tb.Helper()
	loaded, err := time.LoadLocation(name)
	if err != nil {
		tb.Fatal(err)
	}
	return loaded
}
