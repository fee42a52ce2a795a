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
// energy only; a longer bucket adds one standing charge for each local date
// with data in it.
func costs(portions []timeline.Portion, buckets []timeline.Bucket, u timeline.Unit, tariffs []Tariff) []Cost {
	all := make([]Cost, len(buckets))
	if len(tariffs) == 0 {
		return all
	}
	for i, b := range buckets {
		if b.Status == timeline.Empty {
			continue
		}
		cost := Cost{Known: true}
		for _, day := range timeline.Spans(b.Start, b.End, timeline.Day) {
			used := timeline.Sum(portions, day.Start, day.End)
			if used.Covered == 0 {
				continue
			}
			tariff, ok := tariffOn(health.DateOf(day.Start), tariffs)
			if !ok {
				cost.Known = false
				break
			}
			night := tariff.nightKWh(portions, day)
			cost.Amount += night*tariff.NightPrice + (used.Amount-night)*tariff.PricePerKWh
			if u != timeline.Hour {
				cost.Amount += tariff.StandingCharge
			}
		}
		all[i] = cost
	}
	return all
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
// night.
func (t Tariff) nightKWh(portions []timeline.Portion, day timeline.Bucket) float64 {
	between := func(from, to time.Time) float64 {
		from, to = later(from, day.Start), earlier(to, day.End)
		if !from.Before(to) {
			return 0
		}
		return timeline.Sum(portions, from, to).Amount
	}
	y, m, d := day.Start.Date()
	midnight := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	from := timeline.FirstShowing(midnight.Add(t.NightFrom), day.Start.Location())
	to := timeline.FirstShowing(midnight.Add(t.NightTo), day.Start.Location())
	switch {
	case t.NightFrom < t.NightTo:
		return between(from, to)
	case t.NightFrom > t.NightTo:
		return between(day.Start, to) + between(from, day.End)
	default:
		return 0
	}
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
