package view

import (
	"context"
	"fmt"
	"strings"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// whyEnergy explains the figures of the energy pane with a window.
func (v *Viewer) whyEnergy(ctx context.Context, w Window, source EnergySource) ([]Explanation, error) {
	s, err := v.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	energy, err := v.Energy(ctx, w, source)
	if err != nil {
		return nil, err
	}
	var all []Explanation
	if source != Burned {
		house, err := v.whyHouse(ctx, s, energy)
		if err != nil {
			return nil, err
		}
		all = append(all, house...)
	}
	if source != House {
		window := whyTotal("kcal", "in the window", energy.Burned, energy.BurnedTotal)
		if text := energy.LeftOut(); text != "" {
			window.LeftOut = []string{text + ", more than anybody burns"}
		}
		all = append(all, whyBurn(s), window)
	}
	return all, nil
}

// whyBucketAt explains the buckets of a window that begin at start.
func (v *Viewer) whyBucketAt(ctx context.Context, w Window, source EnergySource, start time.Time) ([]Explanation, error) {
	energy, err := v.Energy(ctx, w, source)
	if err != nil {
		return nil, err
	}
	var all []Explanation
	for i, b := range energy.House {
		if !b.Start.Equal(start) {
			continue
		}
		e := whyBucket("kWh", w.Unit, b)
		kept, _, err := v.rollUp(ctx)
		if err != nil {
			return nil, err
		}
		portions, err := v.portions(ctx, kept, b.Start, b.End)
		if err != nil {
			return nil, err
		}
		if w.Unit == timeline.Hour {
			e.From = quarterHours(portions, b)
		} else if e.From, err = finer(w.Unit, "kWh", b, func(u timeline.Unit) ([]timeline.Bucket, error) {
			parts, _, err := v.Electricity(ctx, b.Start, b.End, u)
			return parts, err
		}); err != nil {
			return nil, err
		}
		e.Gaps, e.LeftOut = gaps(portions, b.Start, earlier(b.End, kept.Latest.Time)), dropped(kept, b.Start, b.End)
		e.Source = kept.Source
		all = append(all, e)
		if energy.Costs[i].Known {
			all = append(all, v.whyCost(energy.Costs[i].Amount, w.Unit, b))
		}
	}
	for _, b := range energy.Burned {
		if !b.Start.Equal(start) {
			continue
		}
		e := whyBucket("kcal", w.Unit, b)
		if w.Unit != timeline.Hour {
			if e.From, err = finer(w.Unit, "kcal", b, func(u timeline.Unit) ([]timeline.Bucket, error) {
				return v.Totals(ctx, health.TypeCalories, b.Start, b.End, u)
			}); err != nil {
				return nil, err
			}
		}
		_, excess, err := v.totals(ctx, health.TypeCalories, b.Start, b.End, w.Unit)
		if err != nil {
			return nil, err
		}
		if text := leftOut(excess, w.Unit); text != "" {
			e.LeftOut = []string{text + ", more than anybody burns"}
		}
		e.Source = burnSource
		all = append(all, e)
	}
	return all, nil
}

const burnSource = "Google Health's own totals by the civil day, by the hour for hours: resting energy included"

func whyBucket(unit string, u timeline.Unit, b timeline.Bucket) Explanation {
	e := Explanation{Figure: u.Label(b.Start), Value: "no data", Formula: fmt.Sprintf("%s of %s covered", sayLong(b.Covered), sayLong(b.Length()))}
	if b.Status != timeline.Empty {
		e.Value = amount(b.Amount, unit) + ", " + b.Status.String()
	}
	if b.Estimated > 0 {
		e.Formula += fmt.Sprintf(", %s of it estimated: spread evenly over a gap or an edge", sayLong(b.Estimated))
	}
	return e
}

// amount is an energy as exactly as an export has it, calories to a tenth.
func amount(v float64, unit string) string {
	if unit == "kcal" {
		return fmt.Sprintf("%.1f kcal", v)
	}
	return fmt.Sprintf("%.6f %s", v, unit)
}

// sayLong says a length of time to the second: "23 h 59 min", "3 min 11 s".
func sayLong(d time.Duration) string {
	seconds := int(d.Round(time.Second) / time.Second)
	var parts []string
	for _, part := range []struct {
		n    int
		unit string
	}{{seconds / 3600, "h"}, {seconds / 60 % 60, "min"}, {seconds % 60, "s"}} {
		if part.n != 0 {
			parts = append(parts, fmt.Sprintf("%d %s", part.n, part.unit))
		}
	}
	if parts == nil {
		return "0 s"
	}
	return strings.Join(parts, " ")
}

// finer lists what a bucket is made of by the next shorter unit.
func finer(u timeline.Unit, unit string, b timeline.Bucket, of func(timeline.Unit) ([]timeline.Bucket, error)) ([]string, error) {
	u--
	if u == timeline.Week { // months are not made of whole weeks
		u = timeline.Day
	}
	parts, err := of(u)
	var from listed
	for i := len(parts) - 1; i >= 0; i-- {
		if p := parts[i]; p.Status != timeline.Empty {
			from.add("%s  %s, %s", u.Label(p.Start), amount(p.Amount, unit), p.Status)
		}
	}
	return from.all(), err
}

func quarterHours(portions []timeline.Portion, b timeline.Bucket) []string {
	var from listed
	for i := len(portions) - 1; i >= 0; i-- {
		if p := portions[i]; p.Start >= b.Start.Unix() && p.Start < b.End.Unix() {
			from.add("%s  %.6f kWh, %s covered", clock(p.Start, b.Start), p.Amount, sayLong(p.Covered))
		}
	}
	return from.all()
}

func clock(unix int64, like time.Time) string {
	return time.Unix(unix, 0).In(like.Location()).Format("15:04")
}

// gaps lists the stretches in [from, to) that readings do not cover, or only by
// an estimate, to the quarter-hour; the running one is not looked at.
func gaps(portions []timeline.Portion, from, to time.Time) []string {
	var all listed
	if to = to.Truncate(timeline.QuarterHour * time.Second); !to.After(from) {
		return nil
	}
	say := func(start, end int64, missing, estimated time.Duration) {
		begin, until := time.Unix(start, 0).In(from.Location()), time.Unix(end, 0).In(from.Location())
		const layout = "2 Jan 15:04"
		if missing >= time.Second {
			all.add("%s without readings between %s and %s", sayLong(missing), begin.Format(layout), until.Format(layout))
		}
		if estimated >= time.Second {
			all.add("%s – %s: %s estimated", begin.Format(layout), until.Format(layout), sayLong(estimated))
		}
	}
	var missing, estimated time.Duration
	begin, at := from.Unix(), from.Unix()
	for _, p := range append(within(portions, from.Unix(), to.Unix()), timeline.Portion{Start: to.Unix(), End: to.Unix()}) {
		hole := time.Duration(p.Start-at) * time.Second
		missing += hole
		length := time.Duration(p.End-p.Start) * time.Second
		whole := p.Covered >= length-time.Second && p.Estimated == 0
		if whole || length == 0 {
			say(begin, p.Start, missing, estimated)
			missing, estimated, begin = 0, 0, p.End
		} else {
			missing, estimated = missing+length-p.Covered, estimated+p.Estimated
		}
		at = p.End
	}
	return all.all()
}

// dropped lists the readings in [from, to) that were left out.
func dropped(kept timeline.KeptRollUp, from, to time.Time) []string {
	var all listed
	for i := len(kept.Dropped) - 1; i >= 0; i-- {
		if d := kept.Dropped[i]; !d.Time.Before(from) && d.Time.Before(to) {
			all.add("%s  %g: %s", d.Time.In(from.Location()).Format("2 Jan 2006 15:04:05"), d.Value, d.Reason)
		}
	}
	return all.all()
}

// whyHouse explains the electricity of today and of a window.
func (v *Viewer) whyHouse(ctx context.Context, s Snapshot, energy Energy) ([]Explanation, error) {
	e := s.Electricity
	if e == nil {
		return []Explanation{{Figure: "electricity", Value: "no meter is read yet"}}, nil
	}
	kept, _, err := v.rollUp(ctx)
	if err != nil {
		return nil, err
	}
	now := Explanation{Figure: "now", Value: "not known: the newest reading is too old", Source: kept.Source,
		Formula: fmt.Sprintf("the newest reading, while it is younger than %s", sayLong(max(freshFor, 3*kept.Step)))}
	if kept.Latest.Time.IsZero() {
		now.Value = "not known: there is no reading that can be used"
	} else {
		now.From = []string{fmt.Sprintf("%s  %.0f W", e.LastReading.Format("Mon 2 Jan 2006 15:04:05"), kept.Latest.Value)}
	}
	if e.NowW != nil {
		now.Value = fmt.Sprintf("%.0f W", *e.NowW)
	}
	all := []Explanation{now}
	today := timeline.Day.Start(s.AsOf)
	days, costs, err := v.Electricity(ctx, timeline.Day.Back(s.AsOf, 1), timeline.Day.Next(s.AsOf), timeline.Day)
	if err != nil {
		return nil, err
	}
	portions, err := v.portions(ctx, kept, timeline.Day.Back(s.AsOf, idleNights), timeline.Day.Next(s.AsOf))
	if err != nil {
		return nil, err
	}
	day := whyBucket("kWh", timeline.Day, days[1])
	day.Figure = "today"
	if day.From, err = finer(timeline.Day, "kWh", days[1], func(u timeline.Unit) ([]timeline.Bucket, error) {
		hours, _, err := v.Electricity(ctx, today, timeline.Day.Next(s.AsOf), u)
		return hours, err
	}); err != nil {
		return nil, err
	}
	day.Gaps, day.LeftOut = gaps(portions, today, e.LastReading), dropped(kept, today, s.AsOf)
	all = append(all, day)
	if costs[1].Known {
		all = append(all, v.whyCost(costs[1].Amount, timeline.Day, days[1]))
	}
	if e.YesterdayByNowKWh != nil {
		all = append(all, Explanation{Figure: "yesterday by now", Value: fmt.Sprintf("%.6f kWh", *e.YesterdayByNowKWh),
			Formula: "yesterday from midnight until " + e.KnownUntil.Format("15:04:05") + " by the local clock, as far as today was read",
			From:    []string{fmt.Sprintf("all of yesterday: %.6f kWh, %s", days[0].Amount, days[0].Status)}})
	}
	if e.IdleW != nil {
		idle := Explanation{Figure: "idle load", Value: fmt.Sprintf("%.0f W", *e.IdleW),
			Formula: fmt.Sprintf("the median of the lowest quarter-hour mean of each of the last %d nights, 00–06", idleNights)}
		var nights listed
		for _, low := range lowestOfNights(portions, s.AsOf) {
			nights.add("%s  %.0f W", low.Time.Format("Mon 2 Jan"), low.Value)
		}
		idle.From = nights.all()
		all = append(all, idle)
	}
	window := whyTotal("kWh", "in the window", energy.House, energy.HouseTotal)
	if window.LeftOut = dropped(kept, energy.From, energy.To); kept.DroppedTotal > len(kept.Dropped) {
		window.LeftOut = append(window.LeftOut, fmt.Sprintf("of all history %d readings were left out, the last %d are kept in mind", kept.DroppedTotal, len(kept.Dropped)))
	}
	return append(all, window), nil
}

// whyTotal explains what the buckets of a window add up to.
func whyTotal(unit, figure string, buckets []timeline.Bucket, sum Total) Explanation {
	e := Explanation{Figure: figure, Value: "no data"}
	if sum.Known {
		e.Value = amount(sum.Amount, unit)
	}
	e.Formula = fmt.Sprintf("the sum of the window's buckets, %d: %s of %s covered, %s of it estimated", len(buckets),
		sayLong(sum.Covered), sayLong(sum.Passed), sayLong(sum.Estimated))
	var missing listed
	for i := len(buckets) - 1; i >= 0; i-- {
		if b := buckets[i]; b.Status != timeline.Full {
			missing.add("%s: %s", b.Start.Format("2 Jan 2006 15:04"), b.Status)
		}
	}
	e.Gaps = missing.all()
	return e
}

func (v *Viewer) whyCost(price float64, u timeline.Unit, b timeline.Bucket) Explanation {
	e := Explanation{Figure: "cost", Source: "[tariff] in config.ini", Formula: "energy × price, and one standing charge for each local date with data"}
	if u == timeline.Hour {
		e.Formula = "energy × price; an hour has no standing charge"
	}
	for _, t := range v.Preferences.Tariffs {
		text := fmt.Sprintf("%.4f %s a kWh", t.PricePerKWh, t.Currency)
		if !t.From.IsZero() {
			text = "from " + t.From.String() + " on " + text
		}
		if t.NightFrom != t.NightTo {
			text += fmt.Sprintf(", %.4f at night (%s–%s)", t.NightPrice, sayClock(t.NightFrom), sayClock(t.NightTo))
		}
		if t.StandingCharge != 0 {
			text += fmt.Sprintf(", %.4f a day", t.StandingCharge)
		}
		e.From = append(e.From, text)
		e.Value = fmt.Sprintf("%.4f %s", price, t.Currency)
	}
	return e
}

func sayClock(sinceMidnight time.Duration) string {
	return fmt.Sprintf("%02d:%02d", int(sinceMidnight.Hours()), int(sinceMidnight.Minutes())%60)
}

func whyBurn(s Snapshot) Explanation {
	e := Explanation{Figure: "burned today", Value: "not known", Source: burnSource}
	if s.Burn != nil && s.Burn.Today != nil {
		e.Value = fmt.Sprintf("%.0f kcal, the day is not over", *s.Burn.Today)
	}
	if s.Burn != nil && s.Burn.Yesterday != nil {
		e.From = []string{fmt.Sprintf("yesterday %.0f kcal", *s.Burn.Yesterday)}
	}
	for _, f := range s.Fetches {
		if f.Type == health.TypeCalories && !f.LastSuccess.IsZero() {
			e.Formula = "as Google knew it at " + f.LastSuccess.In(s.AsOf.Location()).Format("15:04 on 2 Jan 2006")
		}
	}
	return e
}
