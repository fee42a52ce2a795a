package view

import (
	"context"
	"fmt"
	"slices"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// Snapshot is the figures of one moment. A block that has no source yet is nil,
// and so is every figure that is not known.
type Snapshot struct {
	AsOf       time.Time // in the zone of the person's days
	ZoneChosen bool      // false: that zone is only this machine's
	Units      health.WeightUnit
	Person     health.Person

	HeightM     float64 // 0 when not known
	Body        *Body
	HeldBack    *health.Judged // the newest weigh-in, when it is held back
	Burn        *Burn
	Electricity *Electricity
	MeterNamed  bool // a meter's database is configured, whether it can be read or not

	Fetches []health.Fetch // one a data type, in the order they are fetched
	Grant   *Grant         // nil: not known; set by whoever keeps it, which is not the store
}

// Body is the latest accepted weigh-in and what follows from it.
type Body struct {
	Weighing  health.Weighing
	BMI       *float64
	Fat       *float64 // percent, of this weigh-in
	TrendKG   float64
	Trend     *health.Composition // of its parts, as of the newest weigh-in with body fat
	Rate      *health.Rate        // nil: too little data
	GoalKG    *float64
	GoalDates *[2]health.Date // earlier, later
}

// Burn is the kcal burned on civil days of AsOf's zone.
type Burn struct {
	Today, Yesterday *float64
}

// Electricity is the house's figures; days are civil days of AsOf's zone.
type Electricity struct {
	Source       string
	LastReading  time.Time
	KnownUntil   time.Time // the last reading is held for a while
	NowW         *float64
	NowUntil     time.Time // when NowW stops being of now
	IdleW        *float64
	TodayKWh     *float64
	YesterdayKWh *float64

	// YesterdayByNowKWh is yesterday's up to the time of day, by the local
	// clock, of the last reading: what TodayKWh is to be compared with.
	YesterdayByNowKWh *float64

	TodayCost *float64
	Currency  string // "" without a tariff
}

// Snapshot gathers the figures of now.
func (v *Viewer) Snapshot(ctx context.Context) (Snapshot, error) {
	person, err := v.Store.Person(ctx)
	if err != nil {
		return Snapshot{}, err
	}
	zone, chosen := v.zone(person)
	now := v.Now().In(zone)
	s := Snapshot{AsOf: now, ZoneChosen: chosen, Units: v.units(person), Person: person, MeterNamed: v.Preferences.Meter != ""}
	if s.Fetches, err = v.Store.Fetches(ctx); err != nil {
		return Snapshot{}, err
	}
	var history bodyHistory
	err = Together(func() (err error) {
		history, err = v.bodyHistory(ctx)
		return err
	}, func() (err error) {
		if s.Burn, err = v.burn(ctx, now); err == nil {
			s.Electricity, err = v.electricity(ctx, now)
		}
		return err
	})
	if err != nil {
		return Snapshot{}, err
	}
	s.HeightM = history.heightOn(health.DateOf(now))
	s.Body = v.body(history)
	s.HeldBack = history.newestHeldBack()
	return s, nil
}

func (v *Viewer) body(history bodyHistory) *Body {
	latest, ok := health.Latest(history.judged)
	if !ok {
		return nil
	}
	w := history.weighIn(latest)
	body := &Body{Weighing: w.Weighing, BMI: w.BMI, Fat: w.Fat, TrendKG: w.TrendKG}
	if n := len(history.composed); n > 0 {
		body.Trend = &history.composed[n-1].Trend
	}
	rate, ok := health.RateOf(history.daily)
	if ok {
		body.Rate = &rate
	}
	if goal := v.Preferences.GoalKG; goal > 0 {
		body.GoalKG = known(goal)
		if early, late, ok := health.GoalDates(goal, body.TrendKG, latest.Date(), rate); ok {
			body.GoalDates = &[2]health.Date{early, late}
		}
	}
	return body
}

// newestHeldBack is the newest weigh-in when it is held back, else nil.
func (h bodyHistory) newestHeldBack() *health.Judged {
	for i := len(h.judged) - 1; i >= 0; i-- {
		switch j := h.judged[i]; j.Verdict {
		case health.HeldBack:
			return &j
		case health.Accepted:
			return nil
		}
	}
	return nil
}

func (v *Viewer) burn(ctx context.Context, now time.Time) (*Burn, error) {
	days, err := v.Totals(ctx, health.TypeCalories, timeline.Day.Back(now, 1), timeline.Day.Next(now), timeline.Day)
	if err != nil || days == nil {
		return nil, err
	}
	burn := &Burn{}
	if days[0].Status != timeline.Empty {
		burn.Yesterday = known(days[0].Amount)
	}
	if days[1].Status != timeline.Empty {
		burn.Today = known(days[1].Amount)
	}
	return burn, nil
}

func (v *Viewer) electricity(ctx context.Context, now time.Time) (*Electricity, error) {
	kept, ok, err := v.rollUp(ctx)
	if err != nil || !ok {
		return nil, err
	}
	today := timeline.Day.Start(now)
	yesterday := timeline.Day.Start(today.Add(-1))
	portions, err := v.portions(ctx, kept, timeline.Day.Back(now, idleNights), timeline.Day.Next(now))
	if err != nil {
		return nil, err
	}
	e := &Electricity{Source: kept.Source, LastReading: kept.Latest.Time.In(now.Location())}
	// A power is of now only while it may still hold.
	e.NowUntil = kept.Latest.Time.Add(max(freshFor, 3*kept.Step))
	if !kept.Latest.Time.IsZero() && now.Before(e.NowUntil) {
		e.NowW = known(kept.Latest.Value)
	}
	days := timeline.Resample(portions, yesterday, timeline.Day.Next(now), timeline.Day, kept.Step)
	prices := costs(portions, days, timeline.Day, v.Preferences.Tariffs, now.Location())
	if days[0].Status != timeline.Empty {
		e.YesterdayKWh = known(days[0].Amount)
	}
	e.KnownUntil = knownUntil(kept, portions, now)
	if byNow := newBack(Stride{1, timeline.Day}, e.KnownUntil).moment(e.KnownUntil); byNow.After(yesterday) && !e.KnownUntil.Before(today) {
		part := timeline.Resample(portions, yesterday, earlier(byNow, today), timeline.Day, kept.Step)
		if part[0].Status != timeline.Empty {
			e.YesterdayByNowKWh = known(part[0].Amount)
		}
	}
	if last := len(days) - 1; days[last].Status != timeline.Empty {
		e.TodayKWh = known(days[last].Amount)
		if prices[last].Known {
			e.TodayCost = known(prices[last].Amount)
		}
	}
	if tariff, ok := TariffOn(health.DateOf(now), v.Preferences.Tariffs); ok {
		e.Currency = tariff.Currency
	}
	if idle, ok := idleLoad(portions, now); ok {
		e.IdleW = known(idle)
	}
	return e, nil
}

// freshFor is how long a reading of power counts as now, however often the
// meter is read: as long as one is held when the next is missing.
const freshFor = 5 * time.Minute

const idleNights = 14

// idleLoad is the median, in W, of what lowestOfNights finds.
func idleLoad(portions []timeline.Portion, now time.Time) (watts float64, ok bool) {
	var lowest []float64
	for _, low := range lowestOfNights(portions, now) {
		lowest = append(lowest, low.Value)
	}
	if len(lowest) == 0 {
		return 0, false
	}
	slices.Sort(lowest)
	n := len(lowest)
	return (lowest[(n-1)/2] + lowest[n/2]) / 2, true
}

// lowestOfNights are the lowest quarter-hour means, in W, of the last 14 nights
// (00:00–06:00 local) that are over, the newest first; of those that have a whole
// quarter-hour of data.
func lowestOfNights(portions []timeline.Portion, now time.Time) []timeline.Reading {
	var lowest []timeline.Reading
	for n := range idleNights + 1 {
		night := timeline.Day.Back(now, n)
		y, m, d := night.Date()
		six := timeline.FirstShowing(time.Date(y, m, d, 6, 0, 0, 0, time.UTC), night.Location())
		if six.After(now) || len(lowest) == idleNights {
			continue
		}
		if least, ok := lowestMean(portions, night, six); ok {
			lowest = append(lowest, timeline.Reading{Time: night, Value: least})
		}
	}
	return lowest
}

// lowestMean is the lowest mean power in W of a fully covered quarter-hour.
func lowestMean(portions []timeline.Portion, from, to time.Time) (watts float64, ok bool) {
	for _, p := range portions {
		if p.Start < from.Unix() || p.End > to.Unix() || p.Covered < timeline.QuarterHour*time.Second {
			continue
		}
		mean := p.Amount * 1000 / p.Covered.Hours()
		if !ok || mean < watts {
			watts, ok = mean, true
		}
	}
	return watts, ok
}

func (v *Viewer) rollUp(ctx context.Context) (timeline.KeptRollUp, bool, error) {
	if v.Preferences.Meter == "" {
		return timeline.KeptRollUp{}, false, nil
	}
	kept, ok, err := v.Store.RollUp(ctx, v.Preferences.Meter)
	if err != nil {
		return timeline.KeptRollUp{}, false, fmt.Errorf("reading what the meter said: %w", err)
	}
	return kept, ok, nil
}

func known(value float64) *float64 { return &value }
