package health

import (
	"math"
	"slices"
	"time"
)

// Verdict says whether a weigh-in counts.
type Verdict uint8

// A weigh-in is Accepted, HeldBack by the rules until something bears it out,
// LeftOut by its owner, or a Mirror: a copy of another through a second source.
const (
	Accepted Verdict = iota
	HeldBack
	LeftOut
	Mirror
)

// Reason says in words why a reading is held back; "" when it is not.
type Reason string

// The reasons.
const (
	OffTrend     Reason = "far off the trend"
	NotAPerson   Reason = "no person's weight"
	InFuture     Reason = "in the future"
	BeforeScales Reason = "before 1980"
	NotBodyFat   Reason = "no person's body fat"
)

// Judged is a weigh-in with its verdict and the trend of its day.
type Judged struct {
	Weighing
	Verdict Verdict
	Reason  Reason  // of a weigh-in that is held back
	TrendKG float64 // the trend after the newest accepted weigh-in up to here; 0 before the first

	// Copies are the mirrors of this weigh-in.
	Copies []Weighing

	Fat *BodyFat // what Pair found; nil for none

	original int // the place of what it is a mirror of
}

// Limits of the rules below; see Judge.
const (
	heldBackKG    = 3.0 // off the trend, or
	heldBackShare = 0.04
	agreeDays     = 7
	agreeShare    = 0.02

	leastKG, mostKG           = 20, 350
	leastPercent, mostPercent = 2, 75
	clockAhead                = 24 * time.Hour // of a scale's clock that is not simply wrong
)

// Judge puts weigh-ins in time order, decides which of them count as of now, and
// draws the trend through the first accepted one of each civil date (see
// TrendGapDays for when it starts anew).
//
// A weigh-in more than max(3 kg, 4 %) off the trend of its day is held back,
// unless another within 7 days agrees with it within 2 %. What is no person's
// weight (outside 20–350 kg), is in the future or before 1980 is held back
// whatever agrees with it. The owner's Ruling overrides all that.
//
// Copies of one weigh-in count once: those from another source within a minute
// and 0.05 kg. A file keeps wall clocks, rounded weights and sometimes only the
// date. So a reading through a file is a copy, too, within a minute by the wall
// clock, or of the same civil date when either has no time of day, and within
// 0.06 kg (an archive's 0.1 lb are 0.045). Of copies the one of the higher
// SourceKind counts, then the account's own, then the earlier.
func Judge(weighings []Weighing, now time.Time) []Judged {
	judged := make([]Judged, len(weighings))
	for i, w := range weighings {
		judged[i].Weighing = w
	}
	slices.SortStableFunc(judged, func(a, b Judged) int { return a.At.Compare(b.At) })
	markMirrors(judged)
	for i := range judged {
		judged[i].Reason = impossible(judged[i].Weighing, now)
	}
	var trend smoothed
	for i := range judged {
		j := &judged[i]
		switch {
		case j.Verdict == Mirror:
			j.Reason = ""
		case j.Ruling == RuledOut:
			j.Verdict, j.Reason = LeftOut, ""
		case j.Ruling == RuledIn:
			j.Reason = ""
			trend.follow(j.Date(), j.KG)
		case j.Reason != "":
			j.Verdict = HeldBack
		case trend.reaches(j.Date()) && offTrend(j.KG, trend.value) && !borneOut(judged, i):
			j.Verdict, j.Reason = HeldBack, OffTrend
		default:
			trend.follow(j.Date(), j.KG)
		}
		j.TrendKG = trend.value
	}
	return judged
}

// impossible says why a weigh-in cannot be true, whatever else was weighed.
func impossible(w Weighing, now time.Time) Reason {
	switch {
	case !(leastKG <= w.KG && w.KG <= mostKG):
		return NotAPerson
	case w.At.After(now.Add(clockAhead)):
		return InFuture
	case w.At.Year() < 1980:
		return BeforeScales
	default:
		return ""
	}
}

func offTrend(kg, trend float64) bool {
	return math.Abs(kg-trend) > max(heldBackKG, heldBackShare*trend)
}

// borneOut reports whether another weigh-in agrees with the i-th.
func borneOut(judged []Judged, i int) bool {
	w := judged[i]
	const reach = agreeDays * 24 * time.Hour
	agrees := func(o Judged) bool {
		return o.Verdict != Mirror && o.Ruling != RuledOut && math.Abs(o.KG-w.KG) <= agreeShare*w.KG+rounding
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

// markMirrors finds the copies among weigh-ins in time order. What was ruled of
// a copy is ruled of the weigh-in.
func markMirrors(judged []Judged) {
	readings := make([]reading, len(judged))
	for i, j := range judged {
		readings[i] = reading{j.At, j.KG, j.Source}
	}
	for i, original := range originals(readings, mirrorKG, fileMirrorKG) {
		if original == i {
			continue
		}
		o := &judged[original]
		judged[i].Verdict, judged[i].original = Mirror, original
		o.Copies = append(o.Copies, judged[i].Weighing)
		if o.Ruling == NotRuled {
			o.Ruling = judged[i].Ruling
		}
	}
}

// NextRuling is the ruling that turns around what is: what counts is left out;
// what is held back counts; what the owner left out is for the rules to decide
// again.
func NextRuling(v Verdict, r Ruling) Ruling {
	switch {
	case r == RuledOut:
		return NotRuled
	case v == HeldBack:
		return RuledIn
	default:
		return RuledOut
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
