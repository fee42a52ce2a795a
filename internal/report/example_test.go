package report_test

import (
	"fmt"
	"os"
	"time"

	"vitals/internal/report"
	"vitals/internal/timeline"
)

// Nothing is known of the second day: its value is absent, not 0.
func ExampleTotals() {
	monday := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	days := timeline.Spans(monday, monday.AddDate(0, 0, 2), timeline.Day)
	days[0].Amount, days[0].Covered, days[0].Status = 2251, 24*time.Hour, timeline.Full

	table := report.Totals("calories", "kcal", days, timeline.Day, time.UTC)
	if err := table.WriteCSV(os.Stdout); err != nil {
		fmt.Println(err)
	}
	// Output:
	// label,start,end,bucket_s,value,unit,covered_s,status
	// 2026-11-02,2026-11-02T00:00:00Z,2026-11-03T00:00:00Z,86400,2251.000000,kcal,86400,full
	// 2026-11-03,2026-11-03T00:00:00Z,2026-11-04T00:00:00Z,86400,,kcal,0,empty
}
