package chart_test

import (
	"fmt"
	"strings"
	"time"

	"vitals/chart"
	"vitals/internal/timeline"
)

// Six hours of a house. Nothing is known of the fourth, and half of the last one.
func ExampleBars_Draw() {
	midnight := time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC)
	hours := timeline.Spans(midnight, midnight.Add(6*time.Hour), timeline.Hour)
	for i, kWh := range []float64{0.2, 0.4, 0.8, 0, 0.6, 0.3} {
		hours[i].Amount, hours[i].Covered, hours[i].Status = kWh, time.Hour, timeline.Full
	}
	hours[3].Covered, hours[3].Status = 0, timeline.Empty
	hours[5].Covered, hours[5].Status = time.Hour/2, timeline.Partial

	bars := chart.Bars{Buckets: hours, Unit: timeline.Hour, Cursor: -1, NoTimeAxis: true}
	for line := range strings.SplitSeq(bars.Draw(28, 5), "\n") {
		fmt.Printf("[%s]\n", line)
	}
	// Output:
	// [   │                        ]
	// [0.8┤        ███             ]
	// [   │        ███     ███     ]
	// [0.4┤    ███ ███     ███ ⡠⡠⡠ ]
	// [   │███ ███ ███  ·  ███ ░░░ ]
}
