package energy

import (
	"runtime"
	"testing"
	"time"
)

// Readings are streamed: what is held at a time is some blocks of them and the
// quarter-hours, however large the database is.
func TestALargeDatabaseIsNotHeldInMemory(t *testing.T) {
	rows, most := 1_500_000, uint64(12<<20)
	if raceDetector {
		rows = 20_000
	}
	path := database(t, samplesTable)
	conn := writer(t, path)
	exec(t, conn, `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i + 1 < ?)
		INSERT INTO samples SELECT 1700000000 + 10 * i, 400 + i % 7 FROM n`, rows)
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	live := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before, peak, looks, read := live(), uint64(0), 0, int64(0)
	m := NewMeter(path, Mapping{Table: "samples", Time: "ts", Value: "w", Unit: Watt}, time.UTC, func() time.Time { return time.Unix(1_700_000_000+20_000_000, 0) })
	var bookmark []byte
	for more := true; more; {
		r, err := m.RollUp(t.Context(), bookmark, func(done, _ int64) {
			looks++
			peak = max(peak, live())
			read = max(read, done)
		})
		if err != nil {
			t.Fatal(err)
		}
		bookmark, more = r.Bookmark, r.More
	}
	if looks == 0 || read < int64(rows) || peak > before+most {
		t.Errorf("%d rows read in %d looks, %d bytes before, %d at most", read, looks, before, peak)
	}
}
