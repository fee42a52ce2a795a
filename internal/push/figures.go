package push

import (
	"cmp"
	"context"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

// figures is what is pushed: what exports of the same history print, by the
// person's own zone.
type figures struct {
	*view.Viewer
	zone *time.Location
}

func (p *Pusher) figures(ctx context.Context) (figures, error) {
	viewer := *p.Viewer
	zone, err := viewer.Zone(ctx)
	viewer.Preferences.Zone, viewer.Preferences.TariffZone, viewer.Kept = zone, zone, &view.Kept{}
	return figures{&viewer, zone}, err
}

// person is the row of vitals_person; known is false of somebody of whom the account
// told nothing.
func (f figures) person(ctx context.Context) (row []cell, known bool, err error) {
	s, err := f.Snapshot(ctx)
	if err != nil {
		return nil, false, err
	}
	age := cell{}
	if s.Person.Profile.Age > 0 {
		age = count(s.Person.Profile.Age)
	}
	height := cell{}
	if s.HeightM > 0 {
		height = figure(s.HeightM, 6)
	}
	row = []cell{word(s.Person.Profile.Name), age, height, on(s.Person.Profile.MemberSince), word(f.zone.String()),
		word(s.Person.Identity.HealthUserID), word(s.Person.Identity.FitbitUserID)}
	return row, s.Person.Identity != health.Identity{} || s.Person.Profile != health.Profile{}, nil
}

// weighIns are the rows of export weight --by raw, with the body mass index and the
// body fat of each.
func (f figures) weighIns(ctx context.Context, owner string) (*content, error) {
	weights, err := f.BodyReadings(ctx, view.Weight)
	if err != nil {
		return nil, err
	}
	indexes, err := f.BodyReadings(ctx, view.BMI)
	if err != nil {
		return nil, err
	}
	bmi := map[string]cell{} // by the weigh-in; without a height there is none
	for _, r := range indexes {
		bmi[r.Weighing.ID] = figure(r.Value, 6)
	}
	c := contentOf(weighIn(), owner)
	ordinal, before := 0, cell{}
	for _, r := range weights {
		when, fat := at(r.At), cell{}
		if ordinal++; when != before {
			ordinal, before = 0, when
		}
		if r.Weighing.Fat != nil {
			fat = figure(r.Weighing.Fat.Percent, 6)
		}
		_, offset := r.At.Zone()
		c.add(monthOf(r.At.UTC()), when, count(ordinal), on(r.Date()), count(offset), figure(r.Value, 6), bmi[r.Weighing.ID], fat,
			optional(r.Trend), word(r.Excluded()), word(r.Source))
	}
	return c, nil
}

// energyDays are the rows of export calories, active-calories and steps.
func (f figures) energyDays(ctx context.Context, owner string) (*content, error) {
	types := []health.DataType{health.TypeCalories, health.TypeActiveCalories, health.TypeSteps}
	var extents []view.Extent
	var all view.Extent
	for _, t := range types {
		data, err := f.TotalsExtent(ctx, t, timeline.Day)
		if err != nil {
			return nil, err
		}
		extents, all = append(extents, data), all.With(data)
	}
	c := contentOf(energyDay(), owner)
	from, to, ok := f.whole(all, timeline.Day)
	if !ok {
		return c, nil
	}
	byDate := make([]map[health.Date]timeline.Bucket, len(types))
	for i, t := range types {
		byDate[i] = map[health.Date]timeline.Bucket{}
		first, end, ok := f.whole(extents[i], timeline.Day)
		if !ok {
			continue
		}
		buckets, err := f.Totals(ctx, t, first, end, timeline.Day)
		if err != nil {
			return nil, err
		}
		for _, b := range buckets {
			byDate[i][health.DateOf(b.Start)] = b
		}
	}
	for _, day := range timeline.Spans(from, to, timeline.Day) {
		row := []cell{on(health.DateOf(day.Start)), at(day.Start), at(day.End)}
		for _, buckets := range byDate {
			b := buckets[health.DateOf(day.Start)] // the zero bucket is empty
			amount := cell{}
			if b.Status != timeline.Empty {
				amount = figure(b.Amount, 6)
			}
			row = append(row, amount, seconds(b.Covered), word(b.Status.String()))
		}
		c.add(monthOf(day.Start), row...)
	}
	return c, nil
}

// whole is what exports cover unless they are told: whole buckets from the first
// data to the last.
func (f figures) whole(data view.Extent, u timeline.Unit) (from, to time.Time, ok bool) {
	if data.First.IsZero() {
		return from, to, false
	}
	from, to = u.Start(data.First.In(f.zone)), u.Next(data.Last.In(f.zone).Add(-1))
	return from, to, from.Before(to)
}

// meter is the row of vitals_meter; known is false where nothing was read yet.
func (f figures) meter(ctx context.Context) (row []cell, known bool, err error) {
	kept, known, err := f.Store.RollUp(ctx, f.Preferences.Meter)
	latest := cell{}
	if !kept.Latest.Time.IsZero() {
		latest = figure(kept.Latest.Value, 6)
	}
	return []cell{word(kept.Source), word(f.zone.String()), at(kept.Latest.Time), latest}, known, err
}

// electricity are the rows of export electricity by the hour or the day.
func (f figures) electricity(ctx context.Context, owner string, u timeline.Unit) (*content, error) {
	c := contentOf(electricityHour(), owner)
	if u == timeline.Day {
		c = contentOf(electricityDay(), owner)
	}
	data, err := f.HouseExtent(ctx)
	if err != nil {
		return nil, err
	}
	from, to, ok := f.whole(data, u)
	if !ok {
		return c, nil
	}
	buckets, costs, err := f.Electricity(ctx, from, to, u)
	if err != nil {
		return nil, err
	}
	for i, b := range buckets {
		kwh, mean := cell{}, cell{}
		if b.Status != timeline.Empty {
			kwh, mean = figure(b.Amount, 6), figure(b.Amount*1000/b.Covered.Hours(), 6)
		}
		used := []cell{at(b.Start), at(b.End), kwh, seconds(b.Covered), seconds(b.Estimated), mean, word(b.Status.String())}
		if u == timeline.Hour {
			c.add(monthOf(b.Start.UTC()), used...)
			continue
		}
		cost, currency := cell{}, cell{}
		if costs[i].Known {
			cost = figure(costs[i].Amount, 4)
			tariff, _ := view.TariffOn(health.DateOf(b.Start), f.Preferences.Tariffs)
			currency = word(tariff.Currency)
		}
		c.add(monthOf(b.Start), append([]cell{on(health.DateOf(b.Start))}, append(used, cost, currency, word(f.zone.String()))...)...)
	}
	return c, nil
}

// personID is whose figures they are; made is what to call somebody without an
// account.
func (f figures) personID(ctx context.Context, made string) (string, error) {
	person, err := f.Store.Person(ctx)
	return cmp.Or(word(person.Identity.HealthUserID).text, made), err
}
