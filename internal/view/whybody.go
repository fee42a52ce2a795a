package view

import (
	"context"
	"fmt"
	"math"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// whyBody explains the figures of the newest weigh-in that counts.
func (v *Viewer) whyBody(ctx context.Context) ([]Explanation, error) {
	person, err := v.Store.Person(ctx)
	if err != nil {
		return nil, err
	}
	h, err := v.bodyHistory(ctx)
	if err != nil {
		return nil, err
	}
	units := v.units(person)
	latest, ok := health.Latest(h.judged)
	if !ok {
		return []Explanation{{Figure: "weight", Value: "not known: no weigh-in counts", LeftOut: h.leftOut(units, len(h.judged), func(health.Judged) bool { return true })}}, nil
	}
	body := v.body(h)
	all := []Explanation{h.whyWeight(latest, units), h.whyBMI(latest), h.whyFat(latest), h.whyTrend(units)}
	newer := h.leftOut(units, len(h.judged), func(o health.Judged) bool { return o.At.After(latest.At) })
	all[0].LeftOut = append(all[0].LeftOut, newer...)
	all = append(all, h.whyComposition(units)...)
	all = append(all, h.whyRate(body, units)...)
	if body.GoalKG != nil {
		all = append(all, whyGoal(body, units))
	}
	return all, nil
}

// whyReading explains a reading of a weight, as BodyReadings returned it.
func (v *Viewer) whyReading(ctx context.Context, r BodyReading) ([]Explanation, error) {
	person, err := v.Store.Person(ctx)
	if err != nil {
		return nil, err
	}
	h, err := v.bodyHistory(ctx)
	if err != nil {
		return nil, err
	}
	units := v.units(person)
	for i, j := range h.judged {
		if j.Verdict == health.Mirror || !j.At.Equal(r.At) || r.Weighing == nil || j.ID != r.Weighing.ID || j.Source != r.Weighing.Source {
			continue
		}
		all := []Explanation{h.whyWeight(j, units), whyCounted(h.judged, i, units), h.whyBMI(j), h.whyFat(j)}
		return all, nil
	}
	return []Explanation{{Figure: "weight", Value: "this weigh-in is not there any more"}}, nil
}

// whyMean explains the mean weight of the bucket of unit u that holds an instant,
// in its zone.
func (v *Viewer) whyMean(ctx context.Context, at time.Time, u timeline.Unit) ([]Explanation, error) {
	person, err := v.Store.Person(ctx)
	if err != nil {
		return nil, err
	}
	units := v.units(person)
	readings, err := v.BodyReadings(ctx, Weight)
	if err != nil {
		return nil, err
	}
	from, to := u.Start(at), u.Next(at)
	e := Explanation{Figure: u.Label(from), Value: "no weigh-in counts", Formula: "the mean of the weigh-ins that count"}
	if b := InBuckets(readings, from, to, u)[0]; b.N > 0 {
		e.Value = fmt.Sprintf("%s, between %s and %s", exact(b.Mean, units), exact(b.Min, units), exact(b.Max, units))
	}
	var of, left listed
	for i := len(readings) - 1; i >= 0; i-- {
		r := readings[i]
		if place := placeOf(r, from, u); place.Before(from) || !place.Before(to) {
			continue
		}
		text := fmt.Sprintf("%s  %s  %s", sayTime(r.Weighing.Weighing), exact(r.Value, units), saySource(r.Weighing.Source))
		switch r.Verdict {
		case health.Accepted:
			of.add("%s", text)
		case health.LeftOut:
			left.add("%s: left out by you", text)
		default:
			left.add("%s: held back, %s", text, r.Reason)
		}
	}
	e.From, e.LeftOut = of.all(), left.all()
	return []Explanation{e}, nil
}

func (h bodyHistory) whyWeight(j health.Judged, units health.WeightUnit) Explanation {
	e := Explanation{Figure: "weight", Value: exact(j.KG, units), Source: saySource(j.Source),
		From: []string{sayTime(j.Weighing) + " " + j.At.Format("-07:00") + ", filed under " + j.Date().String()}}
	for _, c := range j.Copies {
		e.LeftOut = append(e.LeftOut, fmt.Sprintf("%s  %s  %s: a copy of it", sayTime(c), exact(c.KG, units), saySource(c.Source)))
	}
	return e
}

// leftOut says which of the newest n weigh-ins do not count, those among them
// that are asked for.
func (h bodyHistory) leftOut(units health.WeightUnit, n int, asked func(health.Judged) bool) []string {
	var left listed
	for i := len(h.judged) - 1; i >= 0 && i >= len(h.judged)-n; i-- {
		j := h.judged[i]
		if (j.Verdict == health.HeldBack || j.Verdict == health.LeftOut) && asked(j) {
			left.add("%s  %s  %s: %s", sayTime(j.Weighing), exact(j.KG, units), saySource(j.Source), whyNot(j))
		}
	}
	return left.all()
}

func whyNot(j health.Judged) string {
	switch {
	case j.Verdict == health.LeftOut:
		return "left out by you"
	case j.Reason == health.OffTrend:
		return fmt.Sprintf("held back, %.2f kg off the trend of %.2f kg", math.Abs(j.KG-j.TrendKG), j.TrendKG)
	default:
		return "held back, " + string(j.Reason)
	}
}

// whyCounted explains the verdict about the i-th weigh-in.
func whyCounted(judged []health.Judged, i int, units health.WeightUnit) Explanation {
	j := judged[i]
	e := Explanation{Figure: "does it count?", Value: "yes", Formula: "held back when more than 3 kg and 4 % off the trend, unless another within 7 days agrees within 2 %"}
	switch {
	case j.Verdict != health.Accepted:
		e.Value = "no: " + whyNot(j)
	case j.Ruling == health.RuledIn:
		e.Value = "yes, as you said"
	}
	before, first := 0.0, true
	for _, o := range judged[:i] {
		if o.Verdict == health.Accepted {
			before, first = o.TrendKG, first && o.Date() != j.Date()
		}
	}
	switch {
	case j.Verdict != health.Accepted:
	case !first:
		e.From = []string{"the trend goes by the first weigh-in of " + j.Date().String() + ", which is another one"}
	case before == 0:
		e.From = []string{"the trend begins with it"}
	default:
		e.From = []string{fmt.Sprintf("it moved the trend from %s to %s", exact(before, units), exact(j.TrendKG, units))}
	}
	return e
}

func (h bodyHistory) whyBMI(j health.Judged) Explanation {
	e := Explanation{Figure: "BMI", Value: "not known: no height on record"}
	metres := h.heightOn(j.Date())
	if metres <= 0 {
		return e
	}
	bmi := health.BMI(j.KG, metres)
	e.Value = fmt.Sprintf("%.2f, %s", bmi, health.BMIClass(bmi))
	e.Formula = fmt.Sprintf("%.2f kg / (%.3f m)²; the class is the WHO's for adults, of the unrounded value", j.KG, metres)
	height := h.whyHeight(j.Date())
	e.From, e.Source = height.From, height.Source
	return e
}

func (h bodyHistory) whyFat(j health.Judged) Explanation {
	e := Explanation{Figure: "body fat", Value: "none with this weigh-in", Formula: "the nearest reading within three minutes, of the same source"}
	if fat := j.Fat; fat != nil {
		e.Value = fmt.Sprintf("%.1f %%", fat.Percent)
		e.From = []string{fat.At.Format("Mon 2 Jan 2006 15:04:05")}
		e.Source = saySource(fat.Source)
	}
	for _, f := range h.fats {
		if reason := f.Reason(); reason != "" && health.DateOf(f.At) == j.Date() {
			e.LeftOut = append(e.LeftOut, fmt.Sprintf("%g %%  %s: held back, %s", f.Percent, saySource(f.Source), reason))
		}
	}
	return e
}

func (h bodyHistory) whyTrend(units health.WeightUnit) Explanation {
	daily := h.daily
	last := daily[len(daily)-1]
	e := Explanation{Figure: "trend", Value: exact(last.TrendKG, units), Formula: "T += (1 − 0.9^days)·(W − T), by the first weigh-in W of each date",
		LeftOut: h.leftOut(units, len(h.judged), func(j health.Judged) bool { return last.Date().Number()-j.Date().Number() <= health.TrendGapDays })}
	var from listed
	var gaps listed
	for i := len(daily) - 1; i >= 0; i-- {
		d := daily[i]
		from.add("%s  W %.2f kg  T %.2f kg", d.Date(), d.KG, d.TrendKG)
		if i > 0 {
			if days := d.Date().Number() - daily[i-1].Date().Number(); days > health.TrendGapDays {
				gaps.add("none for %d days before %s: the trend began anew", days, d.Date())
			}
		}
	}
	e.From, e.Gaps = from.all(), gaps.all()
	return e
}

func (h bodyHistory) whyComposition(units health.WeightUnit) []Explanation {
	if len(h.composed) == 0 {
		return nil
	}
	last := h.composed[len(h.composed)-1]
	e := Explanation{Figure: "fat and lean mass", Value: fmt.Sprintf("%s fat, %s lean, which is %.1f %% fat",
		exact(last.Trend.FatKG, units), exact(last.Trend.LeanKG, units), last.Trend.FatPercent()),
		Formula: "each is smoothed on its own, as the trend is"}
	var from listed
	for i := len(h.composed) - 1; i >= 0; i-- {
		c := h.composed[i]
		from.add("%s  %.2f kg at %.1f %%: %.2f fat, %.2f lean", c.Date(), c.KG, c.Fat.Percent, c.KG*c.Fat.Percent/100, c.KG*(1-c.Fat.Percent/100))
	}
	e.From = from.all()
	return []Explanation{e}
}

func (h bodyHistory) whyRate(body *Body, units health.WeightUnit) []Explanation {
	points := health.RatePoints(h.daily)
	e := Explanation{Figure: "rate", Formula: fmt.Sprintf("least squares through the %d weigh-ins of the %d dates that end with the newest", len(points), health.RateDates)}
	var from listed
	for i := len(points) - 1; i >= 0; i-- {
		from.add("%s  %.2f kg", points[i].Date(), points[i].KG)
	}
	e.From = from.all()
	e.LeftOut = h.leftOut(units, len(h.judged), func(j health.Judged) bool {
		return points[len(points)-1].Date().Number()-j.Date().Number() < health.RateDates
	})
	if body.Rate == nil {
		e.Value = fmt.Sprintf("too little data: %d of at least %d dates", len(points), health.RateLeast)
		return []Explanation{e}
	}
	rate, stdErr := body.Rate.KGPerWeek()
	e.Value = fmt.Sprintf("%+.3f ± %.3f kg a week", rate, stdErr)
	if perKG, name := units.Scale(); perKG != 1 {
		e.Value += fmt.Sprintf(" (%+.2f ± %.2f %s)", rate*perKG, stdErr*perKG, name)
	}
	e.Value += ", one standard error"
	if missing := health.RateDates - len(points); missing > 0 {
		e.Gaps = []string{fmt.Sprintf("no weigh-in on %d of the %d dates", missing, health.RateDates)}
	}
	return []Explanation{e, {Figure: "energy balance", Value: fmt.Sprintf("%+.0f kcal a day, an estimate", body.Rate.KcalPerDay()),
		Formula: fmt.Sprintf("%+.4f kg a day × 7700 kcal a kg", body.Rate.KGPerDay),
		Source:  "Hall 2008, Int J Obes 32:573; too high for lean people"}}
}

func whyGoal(b *Body, units health.WeightUnit) Explanation {
	e := Explanation{Figure: "goal", Source: "goal_kg of [display] in config.ini",
		Value: exact(*b.GoalKG, units) + ", not in sight at this rate, or not within three years"}
	if b.Rate == nil {
		e.Value = exact(*b.GoalKG, units) + ", no date: too little data for a rate"
		return e
	}
	if b.GoalDates != nil {
		e.Value = fmt.Sprintf("%s between %s and %s", exact(*b.GoalKG, units), b.GoalDates[0], b.GoalDates[1])
	}
	e.Formula = fmt.Sprintf("(%.2f − %.2f) kg at %+.4f ± %.4f kg a day from %s on", *b.GoalKG, b.TrendKG, b.Rate.KGPerDay, b.Rate.StdErr, b.Weighing.Date())
	return e
}
