package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"vitals/fitbit/fake"
	energyfake "vitals/internal/energy/fake"
	"vitals/internal/health"
	"vitals/internal/store"
	"vitals/internal/timeline"
)

const (
	years      = 10
	hourlyDays = 90 // how far back there are calories by the hour
)

// decade is a made-up person and what was stored of her in ten years: a weigh-in
// and body fat each day, both known to the account and to an archive; calories
// and steps of each day. Of the same date it is the same.
type decade struct {
	now  time.Time
	zone *time.Location

	begin     health.Date
	weighings []health.Weighing
	fats      []health.BodyFat
	totals    map[health.DataType][]health.DayTotal
	hours     map[health.DataType][]health.HourTotal
}

func newDecade(now time.Time) (*decade, error) {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		return nil, err
	}
	now = now.Truncate(time.Second).In(zone)
	d := &decade{now: now, zone: zone, begin: health.DateOf(now.AddDate(-years, 0, 0)),
		totals: map[health.DataType][]health.DayTotal{}, hours: map[health.DataType][]health.HourTotal{}}
	for date := d.begin; !health.DateOf(now).Before(date); date = date.Add(1) {
		d.weigh(date)
		d.live(date)
	}
	return d, nil
}

func of(date health.Date) *rand.Rand { return rand.New(rand.NewPCG(10, uint64(date.Number()))) }

// weigh makes up the weigh-in of a date, and the copy that an archive has of it.
func (d *decade) weigh(date health.Date) {
	random := of(date)
	at := time.Date(date.Year, date.Month, date.Day, 6, 40+random.IntN(50), random.IntN(60), 0, d.zone)
	if at.After(d.now) {
		return
	}
	slow := float64(date.Number())
	kg := round(76+4*math.Sin(slow/400)+1.5*math.Sin(slow/90)+0.4*random.NormFloat64(), 1)
	percent := round(27+0.5*(kg-76)+0.35*random.NormFloat64(), 1)
	for _, source := range []health.Source{{Name: "Aria 2", Kind: health.SourceScale}, {Name: "scale", Kind: health.SourceScale, Via: health.ViaFitbitArchive}} {
		id := fmt.Sprint(source.Via, 1000+date.Number())
		w := health.Weighing{ID: id, At: at, KG: kg, Source: source}
		f := health.BodyFat{ID: id, At: at, Percent: percent, Source: source}
		if source.Via != "" {
			w.AsOf, f.AsOf = d.now.AddDate(0, -1, 0), d.now.AddDate(0, -1, 0)
		}
		d.weighings, d.fats = append(d.weighings, w), append(d.fats, f)
	}
}

// live makes up what a date took, and what each hour did of the newest dates.
func (d *decade) live(date health.Date) {
	random := of(date)
	sums := map[health.DataType]float64{}
	recent := !date.Before(health.DateOf(d.now).Add(-hourlyDays))
	add := func(t health.DataType, hour time.Time, amount float64) {
		sums[t] += amount
		if recent {
			d.hours[t] = append(d.hours[t], health.HourTotal{Start: hour, Amount: amount, AsOf: d.now})
		}
	}
	start := time.Date(date.Year, date.Month, date.Day, 0, 0, 0, 0, d.zone)
	for hour := start; hour.Before(d.now) && health.DateOf(hour) == date; hour = hour.Add(time.Hour) {
		effort := math.Round(90*math.Max(0, math.Sin(float64(hour.Hour()-7)/5))*random.Float64()*100) / 100
		add(health.TypeCalories, hour, 57.5+1.15*effort)
		add(health.TypeActiveCalories, hour, effort)
		add(health.TypeSteps, hour, math.Round(11*effort))
	}
	for t, sum := range sums {
		d.totals[t] = append(d.totals[t], health.DayTotal{Date: date, Amount: sum, AsOf: d.now})
	}
}

// person is who a made-up Google serves: without the archive's copies, and with
// as much of what was burned as a sync asks for again.
func (d *decade) person() fake.Person {
	p := fake.Ann(d.now)
	p.Profile.MemberSince = d.begin
	p.Weighings, p.BodyFats, p.Totals = nil, nil, map[health.DataType][]timeline.Portion{}
	for i := range d.weighings {
		if d.weighings[i].Source.Via == "" {
			p.Weighings, p.BodyFats = append(p.Weighings, d.weighings[i]), append(p.BodyFats, d.fats[i])
		}
	}
	for t, hours := range d.hours {
		for _, h := range hours {
			end := h.Start.Add(time.Hour)
			p.Totals[t] = append(p.Totals[t], timeline.Portion{Start: h.Start.Unix(), End: end.Unix(), Amount: h.Amount, Covered: time.Hour})
		}
	}
	return p
}

// keep puts everything into a store, as syncs and an import would have in the
// course of the years.
func (d *decade) keep(ctx context.Context, path string) (err error) {
	s, err := store.Open(ctx, path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	p := d.person()
	tomorrow := health.DateOf(d.now).Add(1)
	steps := []func() error{
		func() error { _, _, err := s.SaveIdentity(ctx, p.Identity); return err },
		func() error { _, _, err := s.SaveProfile(ctx, p.Profile); return err },
		func() error { _, _, err := s.SaveWeighings(ctx, d.weighings); return err },
		func() error { _, _, err := s.SaveBodyFats(ctx, d.fats); return err },
	}
	for _, t := range health.DataTypes() {
		fetch := health.Fetch{Type: t, LastSuccess: d.now}
		if len(d.totals[t]) > 0 {
			fetch.Since = d.begin
			steps = append(steps,
				func() error { _, _, err := s.SaveDayTotals(ctx, t, d.totals[t]); return err },
				func() error { _, _, err := s.SaveHourTotals(ctx, t, d.hours[t]); return err },
				// Hours of which there is nothing, so that nobody asks for them.
				func() error { return s.MarkHours(ctx, t, d.begin, tomorrow) })
		}
		steps = append(steps, func() error { return s.SaveFetch(ctx, fetch) })
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// meter writes ten years of the house's power, or adds to what is there the
// reading of now.
func (d *decade) meter(ctx context.Context, path string) error {
	if _, err := os.Stat(path); err == nil {
		return energyfake.AddReading(ctx, path, d.now, 412)
	}
	unfinished := filepath.Join(filepath.Dir(path), "unfinished.db")
	if err := os.RemoveAll(unfinished); err != nil {
		return err
	}
	if err := energyfake.WriteYears(ctx, unfinished, d.now, d.zone, years); err != nil {
		return err
	}
	return os.Rename(unfinished, path)
}

func round(x float64, decimals int) float64 {
	scale := math.Pow10(decimals)
	return math.Round(x*scale) / scale
}
