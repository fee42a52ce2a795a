package view

import (
	"math"
	"testing"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// halfKWh is 0.5 kWh in each half-hour of [from, to), as quarter-hours.
func halfKWh(from, to time.Time) []timeline.Portion {
	var portions []timeline.Portion
	for at := from.Unix(); at < to.Unix(); at += timeline.QuarterHour {
		portions = append(portions, timeline.Portion{Start: at, End: at + timeline.QuarterHour, Amount: 0.25,
			Covered: timeline.QuarterHour * time.Second})
	}
	return portions
}

func near(a, b float64) bool { return math.Abs(a-b) < 1e-9 }

func TestTimeOfUseCost(t *testing.T) {
	from, to := local(t, "2024-10-26 00:00"), local(t, "2024-10-28 00:00")
	tariff := Tariff{Currency: "GBP", PricePerKWh: 0.28, NightPrice: 0.095, NightFrom: 30 * time.Minute,
		NightTo: 7*time.Hour + 30*time.Minute, StandingCharge: 0.60}
	portions := halfKWh(from, to)
	price := func(u timeline.Unit, tariffs ...Tariff) []Cost {
		return costs(portions, timeline.Resample(portions, from, to, u, 0), u, tariffs, from.Location())
	}

	days := price(timeline.Day, tariff)
	if !near(days[0].Amount, 6.025) {
		t.Errorf("26 Oct costs %f, want 6.025", days[0].Amount)
	}
	// 25 hours: 8 kWh at night and 17 by day.
	if !near(days[1].Amount, 8*0.095+17*0.28+0.60) {
		t.Errorf("27 Oct costs %f, want 6.12", days[1].Amount)
	}
	if week := price(timeline.Year, tariff); !near(week[0].Amount, days[0].Amount+days[1].Amount) {
		t.Errorf("both days cost %f, want their sum", week[0].Amount)
	}
	hours := price(timeline.Hour, tariff)
	if !near(hours[0].Amount, 0.5*0.28+0.5*0.095) {
		t.Errorf("the first hour costs %f, want energy only, half of it at night", hours[0].Amount)
	}

	// Over midnight, and a price that changes on the second day.
	dearer := tariff
	dearer.From = health.Date{Year: 2024, Month: time.October, Day: 27}
	dearer.PricePerKWh, dearer.NightFrom, dearer.NightTo = 1, 23*time.Hour, time.Hour
	if days := price(timeline.Day, tariff, dearer); !near(days[0].Amount, 6.025) || !near(days[1].Amount, 2*0.095+23*1+0.60) {
		t.Errorf("with a new price: %f and %f", days[0].Amount, days[1].Amount)
	}
	// Before the first tariff nothing is known, not even a part.
	for _, c := range price(timeline.Year, dearer) {
		if c.Known {
			t.Errorf("a cost of %f from a tariff that came later", c.Amount)
		}
	}
	for _, c := range price(timeline.Day) {
		if c.Known {
			t.Errorf("a cost of %f without a tariff", c.Amount)
		}
	}
	// Days without data have no standing charge, and no cost of their own.
	later := to.AddDate(0, 0, 2)
	buckets := timeline.Resample(portions, from, later, timeline.Day, 0)
	if c := costs(portions, buckets, timeline.Day, []Tariff{tariff}, from.Location()); c[2].Known || c[3].Known {
		t.Error("days without data cost something")
	}
	if c := costs(portions, timeline.Resample(portions, from, later, timeline.Year, 0), timeline.Year, []Tariff{tariff}, from.Location()); !near(c[0].Amount, days[0].Amount+days[1].Amount) {
		t.Errorf("with two empty days: %f", c[0].Amount)
	}
}

// The night is what local clocks show, both times when they show it twice.
func TestNightInARepeatedHour(t *testing.T) {
	from, to := local(t, "2024-10-27 00:00"), local(t, "2024-10-28 00:00")
	portions := halfKWh(from, to)
	night := func(begins, ends string) float64 {
		clock := func(text string) time.Duration {
			at, err := time.Parse("15:04", text)
			if err != nil {
				t.Fatal(err)
			}
			return time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
		}
		tariff := Tariff{NightPrice: 1, NightFrom: clock(begins), NightTo: clock(ends)}
		return costs(portions, timeline.Resample(portions, from, to, timeline.Day, 0), timeline.Day, []Tariff{tariff}, from.Location())[0].Amount
	}
	for _, c := range []struct {
		begins, ends string
		kWh          float64
	}{
		{"00:30", "07:30", 8}, {"01:30", "08:30", 7.5}, {"22:00", "01:30", 2 + 1 + 0.5 + 0.5}, {"01:00", "02:00", 2}, {"03:00", "03:00", 0},
	} {
		if got := night(c.begins, c.ends); !near(got, c.kWh) {
			t.Errorf("%s to %s: %f kWh, want %f", c.begins, c.ends, got, c.kWh)
		}
	}
}

// Buckets of another zone do not move the night.
func TestTariffZone(t *testing.T) {
	from, to := local(t, "2024-10-26 00:00"), local(t, "2024-10-26 12:00")
	portions := halfKWh(from, to)
	tariff := Tariff{PricePerKWh: 0.28, NightPrice: 0.095, NightFrom: 30 * time.Minute, NightTo: 7*time.Hour + 30*time.Minute}
	kathmandu, err := time.LoadLocation("Asia/Kathmandu")
	if err != nil {
		t.Fatal(err)
	}
	for _, zone := range []*time.Location{from.Location(), kathmandu} {
		sum := 0.0
		buckets := timeline.Resample(portions, from.In(zone), to.In(zone), timeline.Hour, 0)
		for _, c := range costs(portions, buckets, timeline.Hour, []Tariff{tariff}, from.Location()) {
			sum += c.Amount
		}
		if !near(sum, 7*0.095+5*0.28) {
			t.Errorf("in hours of %s: %f", zone, sum)
		}
	}
}
