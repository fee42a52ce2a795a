package timeline_test

import (
	"fmt"
	"time"

	"vitals/internal/timeline"
)

// The clocks went forward in London on 31 March 2024: that day has 23 hours, and
// the hour from one to two o'clock does not exist.
func ExampleSpans() {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		fmt.Println(err)
		return
	}
	from := time.Date(2024, 3, 30, 0, 0, 0, 0, london)
	for _, day := range timeline.Spans(from, from.AddDate(0, 0, 3), timeline.Day) {
		fmt.Println(timeline.Day.Label(day.Start), day.Length())
	}
	night := time.Date(2024, 3, 31, 0, 0, 0, 0, london)
	for _, hour := range timeline.Spans(night, night.Add(2*time.Hour), timeline.Hour) {
		fmt.Println(timeline.Hour.Label(hour.Start))
	}
	// Output:
	// 2024-03-30 24h0m0s
	// 2024-03-31 23h0m0s
	// 2024-04-01 24h0m0s
	// 2024-03-31 00:00 +0000
	// 2024-03-31 02:00 +0100
}

// Half a kWh in each hour, which a logger missed from six in the evening on.
func ExampleResample() {
	midnight := time.Date(2024, 3, 30, 0, 0, 0, 0, time.UTC)
	var hours []timeline.Portion
	for h := range 42 {
		start := midnight.Add(time.Duration(h) * time.Hour)
		hours = append(hours, timeline.Portion{
			Start: start.Unix(), End: start.Add(time.Hour).Unix(),
			Amount: 0.5, Covered: time.Hour,
		})
	}
	for _, day := range timeline.Resample(hours, midnight, midnight.AddDate(0, 0, 3), timeline.Day, time.Hour) {
		fmt.Printf("%s  %4.1f kWh  %v  %v\n", timeline.Day.Label(day.Start), day.Amount, day.Covered, day.Status)
	}
	// Output:
	// 2024-03-30  12.0 kWh  24h0m0s  full
	// 2024-03-31   9.0 kWh  18h0m0s  partial
	// 2024-04-01   0.0 kWh  0s  empty
}
