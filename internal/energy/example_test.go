package energy_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"

	"vitals/internal/energy"
	"vitals/internal/timeline"
)

// The logger of this house wrote 400 W every two minutes for a day.
const aDayOf400W = `
CREATE TABLE readings (r_datetime TIMESTAMP, r_watts INT);
WITH RECURSIVE minute(n) AS (VALUES (0) UNION ALL SELECT n + 2 FROM minute WHERE n < 1440)
INSERT INTO readings SELECT datetime('2026-11-01', n || ' minutes'), 400 FROM minute;`

func Example() {
	ctx := context.Background()
	folder, err := os.MkdirTemp("", "meter")
	if err != nil {
		fmt.Println(err)
		return
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "energymonitor.db")
	conn, err := sqlite.OpenConn(path)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer conn.Close()
	if err := sqlitex.ExecuteScript(conn, aDayOf400W, nil); err != nil {
		fmt.Println(err)
		return
	}

	// What is understood of the file, without being told anything but the zone.
	now := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	found, err := energy.Detect(ctx, path, energy.Mapping{}, time.UTC, now, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	series := found.Likeliest()[0]
	fmt.Println(found.Layout, series.Kind, series.Unit, series.Step, series.Rows)

	// Its energy, by the day.
	meter := energy.NewMeter(path, energy.Mapping{}, time.UTC, func() time.Time { return now })
	rollUp, err := meter.RollUp(ctx, nil, nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, day := range timeline.Resample(rollUp.Portions, now.AddDate(0, 0, -1), now, timeline.Day, rollUp.Step) {
		fmt.Printf("%.1f kWh on %s, %v\n", day.Amount, timeline.Day.Label(day.Start), day.Status)
	}
	// Output:
	// blog-readings power W 2m0s 721
	// 9.6 kWh on 2026-11-01, full
}
