package health_test

import (
	"fmt"
	"time"

	"vitals/internal/health"
)

func ExampleBMI() {
	bmi := health.BMI(71.4, 1.72)
	fmt.Printf("%.1f %s\n", bmi, health.BMIClass(bmi))
	// Output: 24.1 normal
}

// A month on which somebody loses 50 g a day, but for a guest on the scale.
func ExampleJudge() {
	first := time.Date(2026, 10, 1, 7, 0, 0, 0, time.UTC)
	var weighings []health.Weighing
	for day := range 31 {
		weighings = append(weighings, health.Weighing{
			ID: fmt.Sprint(day), At: first.AddDate(0, 0, day), KG: 73 - 0.05*float64(day),
		})
	}
	weighings[20].KG = 91

	judged := health.Judge(weighings, first.AddDate(0, 1, 0))
	for _, w := range judged {
		if w.Verdict != health.Accepted {
			fmt.Printf("%v: %.1f kg %s\n", w.Date(), w.KG, w.Reason)
		}
	}
	last, _ := health.Latest(judged)
	rate, enough := health.RateOf(health.Daily(judged))
	perWeek, _ := rate.KGPerWeek()
	fmt.Printf("%v: %.1f kg, trend %.1f kg, %+.2f kg a week (%t)\n", last.Date(), last.KG, last.TrendKG, perWeek, enough)
	// Output:
	// 2026-10-21: 91.0 kg far off the trend
	// 2026-10-31: 71.5 kg, trend 71.9 kg, -0.35 kg a week (true)
}
