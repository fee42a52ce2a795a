package meterserver

import (
	"testing"
	"time"

	"vitals/internal/energy"
	"vitals/internal/postgres/trial"
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
