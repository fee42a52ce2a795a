package view

import (
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// Tariff is what electricity costs from a local date on, in the major unit of
// a currency.
type Tariff struct {
	From        health.Date // zero: since ever
	Currency    string      // "GBP"
	PricePerKWh float64

	// NightPrice applies while local clocks show NightFrom or later and before
	// NightTo, both since midnight; over midnight when NightTo is the earlier.
	// They are equal when there is no night price.
	NightPrice         float64
	NightFrom, NightTo time.Duration

	StandingCharge float64 // for each local date
}

// Cost is what a bucket's electricity costs.
type Cost struct {
	Amount float64
	Known  bool // false without a tariff for all of the bucket, or without data
}

// costs prices buckets of unit u made of portions. An hour is priced for its
// energy only; a longer bucket adds one standing charge for each of its local
// dates with data. Dates and night hours of tariffs are those of zone, which
// need not be that of the buckets.
func costs(portions []timeline.Portion, buckets []timeline.Bucket, u timeline.Unit, tariffs []Tariff, zone *time.Location) []Cost {
	all := make([]Cost, len(buckets))
	if len(tariffs) == 0 {
		return all
	}
	for i, b := range buckets {
		if b.Status == timeline.Empty {
			continue
		}
		energy := pricedDays(portions, b, zone, tariffs, func(t Tariff, day timeline.Bucket, used float64) float64 {
			night := t.nightKWh(portions, day)
			return night*t.NightPrice + (used-night)*t.PricePerKWh
		})
		standing := Cost{Known: true}
		if u != timeline.Hour {
			standing = pricedDays(portions, b, b.Start.Location(), tariffs, func(t Tariff, _ timeline.Bucket, _ float64) float64 {
				return t.StandingCharge
			})
		}
		all[i] = Cost{Amount: energy.Amount + standing.Amount, Known: energy.Known && standing.Known}
	}
	return all
}

// pricedDays adds up a price of each local date in a bucket that has data.
func pricedDays(portions []timeline.Portion, b timeline.Bucket, zone *time.Location, tariffs []Tariff, price func(t Tariff, day timeline.Bucket, used float64) float64) Cost {
	cost := Cost{Known: true}
	for _, day := range timeline.Spans(b.Start.In(zone), b.End, timeline.Day) {
		used := timeline.Sum(portions, day.Start, day.End)
		if used.Covered == 0 {
			continue
		}
		tariff, ok := tariffOn(health.DateOf(day.Start), tariffs)
		if !ok {
			return Cost{}
		}
		cost.Amount += price(tariff, day, used.Amount)
	}
	return cost
}

func tariffOn(date health.Date, tariffs []Tariff) (Tariff, bool) {
	for i := len(tariffs) - 1; i >= 0; i-- {
		if !date.Before(tariffs[i].From) {
			return tariffs[i], true
		}
	}
	return Tariff{}, false
}

// nightKWh is how much of the energy of a day, or of a part of one, was used at
// night. A quarter-hour that the night begins or ends in is shared out by time.
func (t Tariff) nightKWh(portions []timeline.Portion, day timeline.Bucket) float64 {
	stretches := []timeline.Bucket{day}
	if !day.Start.AddDate(0, 0, 1).Equal(day.Start.Add(24 * time.Hour)) {
		stretches = timeline.Spans(day.Start, day.End, timeline.Hour) // clocks run evenly through an hour
	}
	sum := 0.0
	for _, s := range stretches {
		hours, minutes, seconds := s.Start.Clock()
		shown := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute + time.Duration(seconds)*time.Second
		during := func(from, to time.Duration) {
			from, to = max(0, from-shown), min(s.Length(), to-shown)
			if from < to {
				sum += timeline.Sum(portions, s.Start.Add(from), s.Start.Add(to)).Amount
			}
		}
		if t.NightFrom <= t.NightTo {
			during(t.NightFrom, t.NightTo)
		} else {
			during(0, t.NightTo)
			during(t.NightFrom, 24*time.Hour)
		}
	}
	return sum
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}
