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
	if len(tariffs) == 0 || len(buckets) == 0 {
		return all
	}
	for i, b := range buckets {
		all[i].Known = b.Status != timeline.Empty
	}
	priceEnergy(all, portions, buckets, tariffs, zone)
	if u != timeline.Hour {
		addStandingCharges(all, portions, buckets, tariffs)
	}
	for i := range all {
		if !all[i].Known {
			all[i] = Cost{}
		}
	}
	return all
}

// priceEnergy adds what the energy of each bucket costs, by the local dates of
// zone.
func priceEnergy(all []Cost, portions []timeline.Portion, buckets []timeline.Bucket, tariffs []Tariff, zone *time.Location) {
	used := timeline.WalkOver(portions)
	nights := nights{energy: timeline.WalkOver(portions)}
	eachDate(buckets, zone, tariffs, func(i int, day timeline.Bucket, from, to int64, tariff Tariff, ok bool) {
		if !all[i].Known {
			return
		}
		// Most pieces are whole buckets, and those are added up already.
		sum := timeline.Portion{Amount: buckets[i].Amount, Covered: buckets[i].Covered}
		if from != buckets[i].Start.Unix() || to != buckets[i].End.Unix() {
			sum = used.Sum(from, to)
		}
		if sum.Covered == 0 {
			return
		}
		if !ok {
			all[i].Known = false
			return
		}
		night := nights.kWh(tariff, day, from, to)
		all[i].Amount += night*tariff.NightPrice + (sum.Amount-night)*tariff.PricePerKWh
	})
}

// addStandingCharges adds one standing charge for each local date of a bucket
// that has data.
func addStandingCharges(all []Cost, portions []timeline.Portion, buckets []timeline.Bucket, tariffs []Tariff) {
	known := timeline.WalkOver(portions)
	eachDate(buckets, buckets[0].Start.Location(), tariffs, func(i int, _ timeline.Bucket, from, to int64, tariff Tariff, ok bool) {
		if !all[i].Known || !known.Covers(from, to) {
			return
		}
		all[i].Known = ok
		all[i].Amount += tariff.StandingCharge
	})
}

// eachDate calls do for each local date of zone in each bucket, in time order:
// with the bucket's index, the day, the part [from, to) of it that lies in the
// bucket, in Unix seconds, and the tariff of that date.
func eachDate(buckets []timeline.Bucket, zone *time.Location, tariffs []Tariff,
	do func(i int, day timeline.Bucket, from, to int64, tariff Tariff, ok bool)) {
	i := 0
	for _, day := range timeline.Spans(buckets[0].Start.In(zone), buckets[len(buckets)-1].End, timeline.Day) {
		tariff, ok := tariffOn(health.DateOf(day.Start), tariffs)
		start, end := day.Start.Unix(), day.End.Unix()
		for from := start; from < end; {
			stop := buckets[i].End.Unix()
			to := min(stop, end)
			do(i, day, from, to, tariff, ok)
			if from = to; from == stop {
				i++
			}
		}
	}
}

func tariffOn(date health.Date, tariffs []Tariff) (Tariff, bool) {
	for i := len(tariffs) - 1; i >= 0; i-- {
		if !date.Before(tariffs[i].From) {
			return tariffs[i], true
		}
	}
	return Tariff{}, false
}

// nights adds up the energy of nights, for stretches that come in time order.
type nights struct {
	energy *timeline.Walk
	day    time.Time  // the start of the day that hours were made for
	hours  [][2]int64 // when it is night on that day, in Unix seconds
}

// kWh is how much of the energy in [from, to), a part of day, was used at night.
// A quarter-hour that the night begins or ends in is shared out by time.
func (n *nights) kWh(t Tariff, day timeline.Bucket, from, to int64) float64 {
	if t.NightFrom == t.NightTo {
		return 0
	}
	if !n.day.Equal(day.Start) {
		n.day, n.hours = day.Start, t.appendNights(n.hours[:0], day)
	}
	sum := 0.0
	for _, night := range n.hours {
		if start, end := max(from, night[0]), min(to, night[1]); start < end {
			sum += n.energy.Sum(start, end).Amount
		}
	}
	return sum
}

// appendNights appends when it is night on a day, or on a part of one.
func (t Tariff) appendNights(nights [][2]int64, day timeline.Bucket) [][2]int64 {
	_, offset := day.Start.Zone()
	_, after := day.End.Add(-time.Second).Zone()
	stretches := []timeline.Bucket{day}
	if offset != after {
		stretches = timeline.Spans(day.Start, day.End, timeline.Hour) // clocks run evenly through an hour
	}
	for _, s := range stretches {
		hours, minutes, seconds := s.Start.Clock()
		shown := time.Duration(hours)*time.Hour + time.Duration(minutes)*time.Minute + time.Duration(seconds)*time.Second
		during := func(from, to time.Duration) {
			from, to = max(0, from-shown), min(s.Length(), to-shown)
			if from < to {
				nights = append(nights, [2]int64{s.Start.Add(from).Unix(), s.Start.Add(to).Unix()})
			}
		}
		if t.NightFrom <= t.NightTo {
			during(t.NightFrom, t.NightTo)
		} else {
			during(0, t.NightTo)
			during(t.NightFrom, 24*time.Hour)
		}
	}
	return nights
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
