package fitbit

import (
	"context"
	"net/http"
	"slices"
	"sync"
	"time"

	google "google.golang.org/api/health/v4"

	"vitals/internal/health"
)

// MaxDays is the longest range of a daily or hourly total that one request may
// ask for, in days: as documented, or what the service said since.
func (c *Client) MaxDays(t health.DataType) int {
	if told := c.limits.told(t); told > 0 {
		return told
	}
	if t == health.TypeCalories {
		return 14
	}
	return 90
}

// limits are the longest ranges, in days, that the service told when it refused
// a longer one. The zero value knows of none; it is safe for concurrent use.
type limits struct {
	mu   sync.Mutex
	days map[health.DataType]int
}

// told returns 0 where nothing was told.
func (l *limits) told(t health.DataType) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.days[t]
}

func (l *limits) keep(t health.DataType, days int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.days == nil {
		l.days = map[health.DataType]int{}
	}
	l.days[t] = days
}

// DayTotals reads calories, active calories (kcal) or steps of the civil dates
// in [from, to), the account's own, in time order. A date without data is left
// out; that of a running day is the total so far. Longer ranges than MaxDays
// take several requests. An amount that is too much for a person is returned
// all the same.
//
// A *Skipped error comes with the good totals; any other comes alone.
func (c *Client) DayTotals(ctx context.Context, t health.DataType, from, to health.Date) ([]health.DayTotal, error) {
	asOf := c.options.Now()
	var totals []health.DayTotal
	left := 0
	err := c.windows(t, to.Number()-from.Number(), func(first, days int) error {
		start, end := from.Add(first), from.Add(first+days)
		return c.dailyRollUp(ctx, t, start, end, func(p *google.DailyRollupDataPoint) {
			amount, present := amountOf(t, p.TotalCalories, p.ActiveEnergyBurned, p.Steps)
			if !present {
				return
			}
			date := health.Date{}
			if p.CivilStartTime != nil {
				date = dateFrom(p.CivilStartTime.Date)
			}
			if date.Before(start) || !date.Before(end) || amount < 0 {
				left++
				return
			}
			totals = append(totals, health.DayTotal{Date: date, Amount: amount, AsOf: asOf})
		})
	})
	if err != nil {
		return nil, c.failed(ctx, t, err)
	}
	totals, others := onceEach(totals, func(a health.DayTotal) health.Date { return a.Date }, func(a, b health.DayTotal) bool { return a.Amount == b.Amount })
	slices.SortFunc(totals, func(a, b health.DayTotal) int { return a.Date.Number() - b.Date.Number() })
	return totals, skipped(t, left+others)
}

// HourTotals reads what was burned (kcal) or walked (steps) in the hours of
// [from, to), counted from from, which should be the start of a local hour; in
// time order and in from's zone. An hour without data is left out. Nothing
// later than now is asked for, so the running hour comes with its amount so
// far. Errors are as those of DayTotals.
func (c *Client) HourTotals(ctx context.Context, t health.DataType, from, to time.Time) ([]health.HourTotal, error) {
	asOf := c.options.Now()
	if now := asOf.Truncate(time.Second); now.Before(to) {
		to = now
	}
	const day = 24 * time.Hour
	var totals []health.HourTotal
	left := 0
	err := c.windows(t, int((to.Sub(from)+day-1)/day), func(first, days int) error {
		start := from.Add(time.Duration(first) * day)
		end := start.Add(time.Duration(days) * day)
		if to.Before(end) {
			end = to
		}
		return c.rollUp(ctx, t, start, end, func(p *google.RollupDataPoint) {
			amount, present := amountOf(t, p.TotalCalories, p.ActiveEnergyBurned, p.Steps)
			if !present {
				return
			}
			hour, err := time.Parse(time.RFC3339, p.StartTime)
			if err != nil || hour.Before(start) || !hour.Before(end) || amount < 0 {
				left++
				return
			}
			totals = append(totals, health.HourTotal{Start: hour.In(from.Location()), Amount: amount, AsOf: asOf})
		})
	})
	if err != nil {
		return nil, c.failed(ctx, t, err)
	}
	totals, others := onceEach(totals, func(a health.HourTotal) int64 { return a.Start.Unix() }, func(a, b health.HourTotal) bool { return a.Amount == b.Amount })
	slices.SortFunc(totals, func(a, b health.HourTotal) int { return a.Start.Compare(b.Start) })
	return totals, skipped(t, left+others)
}

// onceEach keeps the first of the things that have one key, and counts the
// later ones that are not the same: the service lists the newest first, and its
// pages shift while they are read.
func onceEach[T any, K comparable](things []T, key func(T) K, same func(a, b T) bool) (once []T, others int) {
	first := make(map[K]T, len(things))
	for _, thing := range things {
		k := key(thing)
		seen, ok := first[k]
		switch {
		case !ok:
			first[k] = thing
			once = append(once, thing)
		case !same(thing, seen):
			others++
		}
	}
	return once, others
}

// windows asks for a number of days in windows of at most MaxDays: each
// begins first days after the start of them all. Should the service allow less
// than it says elsewhere, its word counts.
func (c *Client) windows(t health.DataType, days int, ask func(first, days int) error) error {
	maxDays := c.MaxDays(t)
	for first := 0; first < days; {
		window := min(maxDays, days-first)
		err := ask(first, window)
		fault, ok := faultOf(err)
		switch {
		case ok && fault.is(http.StatusBadRequest, "INVALID_ROLLUP_QUERY_DURATION") && 0 < fault.maxDays && fault.maxDays < maxDays:
			maxDays = fault.maxDays
			c.limits.keep(t, maxDays)
		case err != nil:
			return err
		default:
			first += window
		}
	}
	return nil
}

// dailyRollUp asks for totals by civil day. The service wants no page size
// here, or exactly one.
func (c *Client) dailyRollUp(ctx context.Context, t health.DataType, from, to health.Date, each func(*google.DailyRollupDataPoint)) error {
	request := &google.DailyRollUpDataPointsRequest{
		Range:          &google.CivilTimeInterval{Start: midnight(from), End: midnight(to)},
		WindowSizeDays: 1,
	}
	return eachInPages(t, func(token string) ([]*google.DailyRollupDataPoint, string, error) {
		request.PageToken = token
		page, err := something(c.google.Users.DataTypes.DataPoints.DailyRollUp(parent(t), request).Context(ctx).Do())
		if err != nil {
			return nil, "", err
		}
		return page.RollupDataPoints, page.NextPageToken, nil
	}, each)
}

// rollUp asks for totals by the hour. The page size is the number of windows:
// with any other the service takes the request for a longer one.
func (c *Client) rollUp(ctx context.Context, t health.DataType, from, to time.Time, each func(*google.RollupDataPoint)) error {
	request := &google.RollUpDataPointsRequest{
		Range:      &google.Interval{StartTime: from.UTC().Format(time.RFC3339), EndTime: to.UTC().Format(time.RFC3339)},
		WindowSize: "3600s",
		PageSize:   int64((to.Sub(from) + time.Hour - 1) / time.Hour),
	}
	return eachInPages(t, func(token string) ([]*google.RollupDataPoint, string, error) {
		request.PageToken = token
		page, err := something(c.google.Users.DataTypes.DataPoints.RollUp(parent(t), request).Context(ctx).Do())
		if err != nil {
			return nil, "", err
		}
		return page.RollupDataPoints, page.NextPageToken, nil
	}, each)
}

func midnight(d health.Date) *google.CivilDateTime {
	return &google.CivilDateTime{Date: &google.Date{Year: int64(d.Year), Month: int64(d.Month), Day: int64(d.Day)}}
}

// amountOf returns the amount of a window. Present is false for a window
// without data; a value without a figure is 0.
func amountOf(t health.DataType, total *google.TotalCaloriesRollupValue, active *google.ActiveEnergyBurnedRollupValue,
	steps *google.StepsRollupValue,
) (amount float64, present bool) {
	switch {
	case t == health.TypeCalories && total != nil:
		return total.KcalSum, true
	case t == health.TypeActiveCalories && active != nil:
		return active.KcalSum, true
	case t == health.TypeSteps && steps != nil:
		return float64(steps.CountSum), true
	default:
		return 0, false
	}
}
