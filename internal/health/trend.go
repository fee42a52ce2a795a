package health

import (
	"math"
	"slices"
)

// TrendGapDays is the most days without a weigh-in that a trend bridges; after
// more it starts anew.
const TrendGapDays = 30

// smoothing is the weight of yesterday's trend.
const smoothing = 0.9

// smoothed is a trend T under way. It follows one value V a civil date:
// T += (1 − 0.9^days)·(V − T), with the days since the one before, and starts
// anew at V after more than TrendGapDays. (The Hacker's Diet, ch. "Pencil and
// Paper", with its daily factor 0.1 raised to the days that passed. TrendWeight
// fills gaps by a straight line instead, which rewrites the trend of days past
// whenever a reading arrives: after 70 kg and, three days later, 73 it says
// 70.561 where this says 70.813.)
type smoothed struct {
	value float64
	last  Date
}

// reaches reports whether the trend goes on to a date.
func (t smoothed) reaches(d Date) bool {
	return !t.last.IsZero() && d.Number()-t.last.Number() <= TrendGapDays
}

// follow takes in the first value of a date; the date's others change nothing.
func (t *smoothed) follow(d Date, value float64) {
	days := d.Number() - t.last.Number()
	switch {
	case !t.reaches(d):
		t.value, t.last = value, d
	case days > 0:
		t.value += (1 - math.Pow(smoothing, float64(days))) * (value - t.value)
		t.last = d
	}
}

// Rate is how fast a weight changes.
type Rate struct {
	KGPerDay float64
	StdErr   float64 // of KGPerDay
}

// KGPerWeek returns the rate and its standard error in kg per week.
func (r Rate) KGPerWeek() (rate, stdErr float64) { return r.KGPerDay * 7, r.StdErr * 7 }

// KcalPerDay is the energy balance that explains the rate, at 7700 kcal a kg
// (Hall 2008, Int J Obes 32:573, gives 32.2 MJ = 7696 kcal).
func (r Rate) KcalPerDay() float64 { return r.KGPerDay * 7700 }

// A rate is of RateDates dates, RateLeast of them with a weigh-in.
const (
	RateDates = 28
	RateLeast = 10
)

// RatePoints returns those of the daily weigh-ins (see Daily) that a rate is made
// of: the ones of the 28 dates that end with the last.
func RatePoints(daily []Judged) []Judged {
	if len(daily) == 0 {
		return nil
	}
	last := daily[len(daily)-1].Date().Number()
	return daily[slices.IndexFunc(daily, func(j Judged) bool { return last-j.Date().Number() < RateDates }):]
}

// RateOf fits a least-squares line through the readings of RatePoints. It reports
// false, "too little data", when there are fewer than 10. (TrendWeight fits its
// last 14 trend values instead; from a cold start these lag so much that after
// two weeks they say half of the truth. Readings of 28 dates scatter no more.)
func RateOf(daily []Judged) (Rate, bool) {
	daily = RatePoints(daily)
	if len(daily) < RateLeast {
		return Rate{}, false
	}
	n, last := float64(len(daily)), daily[len(daily)-1].Date().Number()
	var meanX, meanY float64
	for _, j := range daily {
		meanX += float64(j.Date().Number()-last) / n
		meanY += j.KG / n
	}
	var sxx, sxy, syy float64
	for _, j := range daily {
		x, y := float64(j.Date().Number()-last)-meanX, j.KG-meanY
		sxx += x * x
		sxy += x * y
		syy += y * y
	}
	slope := sxy / sxx
	residual := max(0, syy-slope*sxy)
	return Rate{KGPerDay: slope, StdErr: math.Sqrt(residual / (n - 2) / sxx)}, true
}

// GoalDates returns the dates, the earlier one first, on which the weight
// reaches goal when it goes on from trend on the given date at rate ± one
// standard error. It reports false when either leads away from the goal or
// takes more than three years.
func GoalDates(goalKG, trendKG float64, on Date, rate Rate) (early, late Date, ok bool) {
	const threeYears = 3 * 365
	distance := goalKG - trendKG
	days := func(kgPerDay float64) (int, bool) {
		if kgPerDay == 0 || distance/kgPerDay < 0 || distance/kgPerDay > threeYears {
			return 0, false
		}
		return int(math.Round(distance / kgPerDay)), true
	}
	a, okA := days(rate.KGPerDay - rate.StdErr)
	b, okB := days(rate.KGPerDay + rate.StdErr)
	if !okA || !okB {
		return Date{}, Date{}, false
	}
	return on.Add(min(a, b)), on.Add(max(a, b)), true
}
