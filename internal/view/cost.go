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

// costs prices buckets of unit u made of portions; each begins where the one
// before ends. An hour is priced for its energy only; a longer bucket adds one
// standing charge for each of its local dates with data. Dates and night hours
// of tariffs are those of zone, which need not be that of the buckets.
func costs(portions []timeline.Portion, buckets []timeline.Bucket, u timeline.Unit, tariffs []Tariff, zone *time.Location) []Cost {
	all := make([]Cost, len(buckets))
	if len(tariffs) == 0 || len(buckets) == 0 {
		return all
	}
	energy := newPricer(portions, buckets, tariffs, zone)
	standing := energy
	if own := buckets[0].Start.Location(); own != zone && u != timeline.Hour {
		standing = newPricer(portions, buckets, tariffs, own)
	}
	for i := range buckets {
		b := &buckets[i]
		if b.Status == timeline.Empty {
			continue
		}
		cost := energy.price(b)
		if standing != energy {
			cost.standing = standing.price(b).standing
		}
		if u == timeline.Hour {
			cost.standing.Amount = 0
		}
		if cost.energy.Known && cost.standing.Known {
			all[i] = Cost{Amount: cost.energy.Amount + cost.standing.Amount, Known: true}
		}
	}
	return all
}

// pricer prices buckets that come in time order, by the local dates of a zone.
type pricer struct {
	tariffs     []Tariff
	dates       []timeline.Bucket // those still to come, the one under way first
	tariff      Tariff            // of that date
	known       bool              // false: there is no tariff for it
	nights      [][2]int64        // when it is night on it, in Unix seconds
	used, night *timeline.Walk
}

func newPricer(portions []timeline.Portion, buckets []timeline.Bucket, tariffs []Tariff, zone *time.Location) *pricer {
	p := &pricer{tariffs: tariffs, used: timeline.WalkOver(portions), night: timeline.WalkOver(portions),
		dates: timeline.Spans(buckets[0].Start.In(zone), buckets[len(buckets)-1].End, timeline.Day)}
	p.begin()
	return p
}

// begin looks up what is so on the date under way.
func (p *pricer) begin() {
	day := p.dates[0]
	p.tariff, p.known = TariffOn(health.DateOf(day.Start), p.tariffs)
	p.nights = p.nights[:0]
	if p.known {
		p.nights = p.tariff.appendNights(p.nights, day)
	}
}

// price is what a bucket's energy costs, and the standing charges of its dates.
func (p *pricer) price(b *timeline.Bucket) (cost struct{ energy, standing Cost }) {
	cost.energy.Known, cost.standing.Known = true, true
	start, end := b.Start.Unix(), b.End.Unix()
	for from := start; from < end; {
		until := p.dates[0].End.Unix()
		for until <= from { // buckets without data are not asked for
			p.dates = p.dates[1:]
			p.begin()
			until = p.dates[0].End.Unix()
		}
		to := min(end, until)
		sum := timeline.Portion{Amount: b.Amount, Covered: b.Covered}
		if from != start || to != end {
			sum = p.used.Sum(from, to)
		}
		switch {
		case sum.Covered == 0:
		case !p.known:
			cost.energy.Known, cost.standing.Known = false, false
		default:
			night := p.nightKWh(from, to, sum.Amount)
			cost.energy.Amount += night*p.tariff.NightPrice + (sum.Amount-night)*p.tariff.PricePerKWh
			cost.standing.Amount += p.tariff.StandingCharge
		}
		from = to
	}
	return cost
}

// nightKWh is how much of the energy used in [from, to), a part of the date
// under way, was used at night. A quarter-hour that the night begins or ends in
// is shared out by time.
func (p *pricer) nightKWh(from, to int64, used float64) float64 {
	sum := 0.0
	for _, night := range p.nights {
		start, end := max(from, night[0]), min(to, night[1])
		switch {
		case start >= end:
		case start == from && end == to:
			sum += used
		default:
			sum += p.night.Sum(start, end).Amount
		}
	}
	return sum
}

// TariffOn returns the tariff that is valid on a local date; false for none.
func TariffOn(date health.Date, tariffs []Tariff) (Tariff, bool) {
	for i := len(tariffs) - 1; i >= 0; i-- {
		if !date.Before(tariffs[i].From) {
			return tariffs[i], true
		}
	}
	return Tariff{}, false
}

// appendNights appends when it is night on a day, or on a part of one: in Unix
// seconds, in time order.
func (t Tariff) appendNights(nights [][2]int64, day timeline.Bucket) [][2]int64 {
	if t.NightFrom == t.NightTo {
		return nights
	}
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
