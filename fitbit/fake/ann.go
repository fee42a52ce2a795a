package fake

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// annsDays is how far back Ann's data goes.
const annsDays = 3*365 + 10

// Ann makes up a whole person for the demonstration: some three years of
// weigh-ins, body fat, calories and steps that end now. It is the same person
// for the same now, and nothing of hers is later than now. Among her weigh-ins
// are a guest's, far off, and one that a second app passed on.
func Ann(now time.Time) Person {
	zone, err := time.LoadLocation("Europe/London")
	if err != nil {
		zone = time.UTC // a machine without time zones
	}
	now = now.Truncate(time.Second).In(zone)
	ann := Person{
		Identity: health.Identity{HealthUserID: "1000000000000000041", FitbitUserID: "1ABCDE"},
		Profile:  health.Profile{Name: "Ann E.", Age: 41, MemberSince: health.Date{Year: 2014, Month: time.March, Day: 2}},
		Zone:     zone,
		Units:    health.Kilograms,
		Heights:  []health.Height{{ID: "900000041", At: time.Date(2014, time.March, 2, 20, 14, 0, 0, zone), Metres: 1.72}},
	}
	ann.weigh(now)
	ann.live(now)
	last := ann.Weighings[len(ann.Weighings)-1]
	ann.Devices = []health.Device{
		{Name: "Aria 2", Type: "SCALE", Battery: "High", LastSync: last.At},
		{Name: "Charge 6", Type: "TRACKER", Battery: "Medium", LastSync: now.Add(-13 * time.Minute).Truncate(time.Minute)},
	}
	return ann
}

// annsWeight is where Ann's weight tends to: kg by days ago.
func annsWeight(daysAgo float64) float64 {
	bends := []struct{ daysAgo, kg float64 }{
		{0, 71.7}, {60, 74.3}, {130, 76.5}, {260, 79.2}, {420, 79.8}, {600, 77.6}, {800, 75.2}, {950, 76.0}, {annsDays, 77.8},
	}
	for i, b := range bends[1:] {
		if a := bends[i]; daysAgo <= b.daysAgo {
			return a.kg + (b.kg-a.kg)*(daysAgo-a.daysAgo)/(b.daysAgo-a.daysAgo)
		}
	}
	return bends[len(bends)-1].kg
}

// away reports whether Ann has no scale that day: two holidays a year.
func away(d health.Date) bool {
	yearDay := time.Date(d.Year, d.Month, d.Day, 0, 0, 0, 0, time.UTC).YearDay()
	return yearDay >= 208 && yearDay < 222 || yearDay >= 96 && yearDay < 103
}

// weigh makes up weigh-ins on most mornings, with body fat for most of them.
func (p *Person) weigh(now time.Time) {
	random := rand.New(rand.NewPCG(4, 1))
	scale := health.Source{Name: "Aria 2", Kind: health.SourceScale}
	today := health.DateOf(now)
	water := 0.0 // what comes and goes from day to day
	for ago := annsDays; ago >= 0; ago-- {
		d := today.Add(-ago)
		water = 0.4*water + 0.25*random.NormFloat64()
		minute := 6*60 + 45 + random.IntN(50)
		second, skipped, inShoes := random.IntN(60), random.Float64() < 0.12, random.Float64() < 0.07
		fatNoise := 0.35 * random.NormFloat64()
		at := time.Date(d.Year, d.Month, d.Day, 0, minute, second, 0, p.Zone)
		if skipped && ago > 0 || away(d) || at.After(now) {
			continue
		}
		kg := round(annsWeight(float64(ago))+water, 1)
		id := fmt.Sprint(700000000 + d.Number())
		p.Weighings = append(p.Weighings, health.Weighing{ID: id, At: at, KG: kg, Source: scale})
		if !inShoes {
			percent := round(27.3+0.55*(kg-71.7)+fatNoise, 1)
			p.BodyFats = append(p.BodyFats, health.BodyFat{ID: fmt.Sprint(800000000 + d.Number()), At: at, Percent: percent, Source: scale})
		}
	}
	p.addGuestAndCopy(today, scale)
}

func (p *Person) addGuestAndCopy(today health.Date, scale health.Source) {
	copied := p.Weighings[len(p.Weighings)-8]
	copied.ID = fmt.Sprint(710000000 + today.Number())
	copied.Source = health.Source{Name: "org.example.bodylog", Kind: health.SourceApp}
	d := today.Add(-23)
	guest := health.Weighing{
		ID: fmt.Sprint(720000000 + d.Number()), At: time.Date(d.Year, d.Month, d.Day, 19, 38, 11, 0, p.Zone),
		KG: 96.4, Source: scale,
	}
	p.Weighings = append(p.Weighings, copied, guest)
	slices.SortStableFunc(p.Weighings, func(a, b health.Weighing) int { return a.At.Compare(b.At) })
}

// live makes up calories, active calories and steps by the hour.
func (p *Person) live(now time.Time) {
	random := rand.New(rand.NewPCG(4, 2))
	const basal = 57.5 // kcal an hour
	p.Totals = map[health.DataType][]timeline.Portion{}
	start := timeline.Day.Start(now.AddDate(0, 0, -annsDays))
	for hour := start; hour.Before(now); hour = hour.Add(time.Hour) {
		effort := annsEffort(hour) * (0.6 + 0.8*random.Float64())
		end := hour.Add(time.Hour)
		share := 1.0
		if now.Before(end) {
			end, share = now, now.Sub(hour).Hours()
		}
		add := func(t health.DataType, amount float64) {
			p.Totals[t] = append(p.Totals[t], timeline.Portion{
				Start: hour.Unix(), End: end.Unix(), Amount: amount, Covered: end.Sub(hour),
			})
		}
		add(health.TypeCalories, share*(basal+1.15*effort))
		if effort > 4 {
			add(health.TypeActiveCalories, share*effort)
			add(health.TypeSteps, math.Round(share*effort*11))
		}
	}
}

// annsEffort is the energy beyond rest that an hour of Ann's week takes, in
// kcal: walks to work, a lunch break, two evenings of sport, weekend outings.
func annsEffort(hour time.Time) float64 {
	h, day := hour.Hour(), hour.Weekday()
	weekend := day == time.Saturday || day == time.Sunday
	switch {
	case h < 6 || h >= 23:
		return 2
	case weekend && h >= 10 && h < 13:
		return 105
	case weekend:
		return 34
	case h == 8 || h == 17:
		return 95
	case (day == time.Tuesday || day == time.Thursday) && h == 19:
		return 310
	case h == 12:
		return 48
	default:
		return 22
	}
}
