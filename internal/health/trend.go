package health

import (
	"math"
	"slices"
	"time"
)

// Verdict says whether a weigh-in counts.
type Verdict uint8

// A weigh-in is Accepted, HeldBack (implausibly far from the trend, and nothing
// yet bears it out) or a Mirror (a copy of another through a second source).
const (
	Accepted Verdict = iota
	HeldBack
	Mirror
)

// Judged is a weigh-in with its verdict and the trend of its day.
type Judged struct {
	Weighing
	Verdict Verdict
	TrendKG float64 // the trend after the newest accepted weigh-in up to here; 0 before the first
}

// TrendGapDays is the most days without a weigh-in that the trend bridges; after
// more it starts anew.
const TrendGapDays = 30

// Limits of the rules below; see Judge.
const (
	smoothing     = 0.9 // weight of yesterday's trend
	heldBackKG    = 3.0 // off the trend, or
	heldBackShare = 0.04
	agreeDays     = 7
	agreeShare    = 0.02
	mirrorKG      = 0.05
	mirrorTime    = time.Minute
)

// Judge puts weigh-ins in time order, decides which count, and draws the trend.
//
// The trend T follows the first accepted weigh-in W of each civil date:
// T += (1 − 0.9^days)·(W − T), days since the one before; it starts anew at W
// after more than 30 days without one. (The Hacker's Diet, ch. "Pencil and
// Paper", with its daily factor 0.1 raised to the days that passed, so that a
// later reading never rewrites the trend of an earlier day.)
//
// A weigh-in more than max(3 kg, 4 %) off the trend of its day is held back,
// unless another within 7 days agrees with it within 2 %. Of two weigh-ins
// within a minute and 0.05 kg from different sources the higher SourceKind
// counts, and the other is its mirror.
func Judge(weighings []Weighing) []Judged {
	judged := make([]Judged, len(weighings))
	for i, w := range weighings {
		judged[i].Weighing = w
	}
	slices.SortStableFunc(judged, func(a, b Judged) int { return a.At.Compare(b.At) })
	markMirrors(judged)

	trend, last := 0.0, Date{}
	for i := range judged {
		j := &judged[i]
		if j.Verdict != Mirror {
			days := j.Date().Number() - last.Number()
			known := !last.IsZero() && days <= TrendGapDays
			switch {
			case known && offTrend(j.KG, trend) && !borneOut(judged, i):
				j.Verdict = HeldBack
			case !known:
				trend, last = j.KG, j.Date()
			case days > 0:
				trend += (1 - math.Pow(smoothing, float64(days))) * (j.KG - trend)
				last = j.Date()
			}
		}
		j.TrendKG = trend
	}
	return judged
}

func offTrend(kg, trend float64) bool {
	return math.Abs(kg-trend) > max(heldBackKG, heldBackShare*trend)
}

// borneOut reports whether another weigh-in agrees with the i-th.
func borneOut(judged []Judged, i int) bool {
	w := judged[i]
	const reach = agreeDays * 24 * time.Hour
	agrees := func(o Judged) bool {
		return o.Verdict != Mirror && math.Abs(o.KG-w.KG) <= agreeShare*w.KG
	}
	for k := i - 1; k >= 0 && w.At.Sub(judged[k].At) <= reach; k-- {
		if agrees(judged[k]) {
			return true
		}
	}
	for k := i + 1; k < len(judged) && judged[k].At.Sub(w.At) <= reach; k++ {
		if agrees(judged[k]) {
			return true
		}
	}
	return false
}

func markMirrors(judged []Judged) {
	for i := range judged {
		a := &judged[i]
		for k := i + 1; k < len(judged) && judged[k].At.Sub(a.At) <= mirrorTime; k++ {
			b := &judged[k]
			if a.Verdict == Mirror || b.Verdict == Mirror || a.Source == b.Source ||
				math.Abs(a.KG-b.KG) > mirrorKG {
				continue
			}
			if b.Source.Kind > a.Source.Kind {
				a.Verdict = Mirror
			} else {
				b.Verdict = Mirror
			}
		}
	}
}

// Latest returns the newest accepted weigh-in.
func Latest(judged []Judged) (Judged, bool) {
	for i := len(judged) - 1; i >= 0; i-- {
		if judged[i].Verdict == Accepted {
			return judged[i], true
		}
	}
	return Judged{}, false
}

// Daily returns the weigh-ins that the trend is made of: the first accepted of
// each civil date, in time order.
func Daily(judged []Judged) []Judged {
	var daily []Judged
	for _, j := range judged {
		if j.Verdict != Accepted {
			continue
		}
		if n := len(daily); n > 0 && daily[n-1].Date() == j.Date() {
			continue
		}
		daily = append(daily, j)
	}
	return daily
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

// RateOf fits a least-squares line through the daily weigh-ins (see Daily) of
// the 28 dates that end with the last one. It reports false, "too little data",
// when there are fewer than 10.
func RateOf(daily []Judged) (Rate, bool) {
	const dates, least = 28, 10
	if len(daily) == 0 {
		return Rate{}, false
	}
	last := daily[len(daily)-1].Date().Number()
	first := slices.IndexFunc(daily, func(j Judged) bool { return last-j.Date().Number() < dates })
	daily = daily[first:]
	n := float64(len(daily))
	if n < least {
		return Rate{}, false
	}
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
