package view

import (
	"context"
	"slices"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// bodyHistory is all that is known of the body, in time order.
type bodyHistory struct {
	judged   []health.Judged
	daily    []health.Judged // see health.Daily
	weights  []BodyReading   // as BodyReadings returns them
	fats     []health.BodyFat
	composed []health.Composed
	heights  []health.Height

	fallbackM float64 // the height when the account has none; 0: none
}

// bodyHistory returns the history, which is not to be changed.
func (v *Viewer) bodyHistory(ctx context.Context) (bodyHistory, error) {
	if v.Kept == nil {
		return v.readBody(ctx)
	}
	version, err := v.Store.DataVersion(ctx)
	if err != nil {
		return bodyHistory{}, err
	}
	k, hour := v.Kept, v.Now().Truncate(time.Hour)
	k.bodyMu.Lock()
	defer k.bodyMu.Unlock()
	if k.body.judged == nil || k.bodyVersion != version || !k.bodyHour.Equal(hour) {
		body, err := v.readBody(ctx)
		if err != nil {
			return bodyHistory{}, err
		}
		k.body, k.bodyVersion, k.bodyHour = body, version, hour
	}
	body := k.body
	body.fallbackM = v.Preferences.HeightM
	return body, nil
}

func (v *Viewer) readBody(ctx context.Context) (bodyHistory, error) {
	h := bodyHistory{fallbackM: v.Preferences.HeightM}
	err := Together(func() error {
		weighings, err := v.Store.Weighings(ctx)
		h.judged = health.Judge(weighings, v.Now())
		return err
	}, func() (err error) {
		if h.heights, err = v.Store.Heights(ctx); err == nil {
			h.fats, err = v.Store.BodyFats(ctx)
		}
		return err
	})
	if err != nil {
		return bodyHistory{}, err
	}
	health.Pair(h.judged, h.fats)
	h.composed, h.daily = health.Compose(h.judged), health.Daily(h.judged)
	h.weights = h.readings(Weight)
	return h, nil
}

// heightOn is the height in metres valid on a date, 0 when not known.
func (h bodyHistory) heightOn(date health.Date) float64 {
	if metres := health.HeightAt(date, h.heights); metres > 0 {
		return metres
	}
	return h.fallbackM
}

// BodySeries names what of the body is exported.
type BodySeries string

// The series of the body.
const (
	Weight  BodySeries = "weight"
	BodyFat BodySeries = "fat"
	BMI     BodySeries = "bmi"
)

// Unit is the unit of the series' values: weights always in kg.
func (s BodySeries) Unit() string {
	switch s {
	case BodyFat:
		return "%"
	case BMI:
		return "kg/m2"
	default:
		return "kg"
	}
}

// BodyReading is one reading of a body series.
type BodyReading struct {
	At     time.Time // with the offset it was made at; its date is its civil date
	Value  float64
	Trend  *float64 // in the unit of Value; nil where there is none
	Source string

	Verdict health.Verdict // never Mirror
	Reason  health.Reason  // why it is held back, "" when it is not

	Weighing *health.Judged // that it is from, not to be changed; nil for body fat
}

// Weighings are the weigh-in that the reading is from, and its copies.
func (r BodyReading) Weighings() []health.Weighing {
	return append([]health.Weighing{r.Weighing.Weighing}, r.Weighing.Copies...)
}

// Counts reports whether figures are made of the reading.
func (r BodyReading) Counts() bool { return r.Verdict == health.Accepted }

// Excluded says, as exports do, why figures are not made of the reading: "" where
// they are, else "held back" or "by you".
func (r BodyReading) Excluded() string {
	switch r.Verdict {
	case health.HeldBack:
		return "held back"
	case health.LeftOut:
		return "by you"
	default:
		return ""
	}
}

// Date is the civil date of the reading.
func (r BodyReading) Date() health.Date { return health.DateOf(r.At) }

// BodyReadings returns all readings of a series in time order, mirrors left
// out. They are not to be changed.
func (v *Viewer) BodyReadings(ctx context.Context, series BodySeries) ([]BodyReading, error) {
	history, err := v.bodyHistory(ctx)
	switch {
	case err != nil:
		return nil, err
	case series == BodyFat:
		return history.fatReadings(), nil
	case series == Weight:
		return history.weights, nil
	default:
		return history.readings(series), nil
	}
}

func (h bodyHistory) fatReadings() []BodyReading {
	var readings []BodyReading
	for _, f := range health.JudgeFats(h.judged, h.fats) {
		if f.Verdict != health.Mirror {
			readings = append(readings, BodyReading{At: f.At, Value: f.Percent, Trend: f.Trend, Source: f.Source.Name,
				Verdict: f.Verdict, Reason: f.Reason})
		}
	}
	return readings
}

// readings are those of weight or BMI.
func (h bodyHistory) readings(series BodySeries) []BodyReading {
	var readings []BodyReading
	for i := range h.judged {
		j := &h.judged[i]
		if j.Verdict == health.Mirror {
			continue
		}
		r := BodyReading{At: j.At, Value: j.KG, Source: j.Source.Name, Verdict: j.Verdict, Reason: j.Reason, Weighing: j}
		if j.TrendKG > 0 {
			r.Trend = known(j.TrendKG)
		}
		if series == BMI {
			metres := h.heightOn(j.Date())
			if metres <= 0 {
				continue
			}
			r.Value = health.BMI(j.KG, metres)
			if r.Trend != nil {
				r.Trend = known(health.BMI(j.TrendKG, metres))
			}
		}
		readings = append(readings, r)
	}
	return readings
}

// BodyBucket is a body series over one civil bucket.
type BodyBucket struct {
	Start, End     time.Time // half-open, in the zone of the buckets
	N              int       // accepted readings; with none nothing else is known
	Mean, Min, Max float64
	Trend          *float64 // at the bucket's end
}

// InBuckets gathers readings, in time order, in the buckets of unit u that
// cover [from, to), in from's zone. A reading belongs to the civil date sent
// with it; only in buckets of an hour to its instant.
func InBuckets(readings []BodyReading, from, to time.Time, u timeline.Unit) []BodyBucket {
	spans := timeline.Spans(from, to, u)
	buckets := make([]BodyBucket, len(spans))
	for i, span := range spans {
		buckets[i] = BodyBucket{Start: span.Start, End: span.End}
	}
	for _, r := range readings {
		at := placeOf(r, from, u)
		i, ok := slices.BinarySearchFunc(buckets, at, func(b BodyBucket, t time.Time) int {
			switch {
			case !b.End.After(t):
				return -1
			case b.Start.After(t):
				return 1
			default:
				return 0
			}
		})
		if ok && r.Counts() {
			buckets[i].add(r)
		}
	}
	return buckets
}

// placeOf is an instant in the bucket that a reading belongs to, where the first
// begins at from.
func placeOf(r BodyReading, from time.Time, u timeline.Unit) time.Time {
	if u == timeline.Hour {
		return r.At.In(from.Location())
	}
	start, end := dayOf(r.Date(), from.Location())
	if start.Before(from) && end.After(from) { // the range begins inside the date
		return from
	}
	return start
}

func (b *BodyBucket) add(r BodyReading) {
	if b.N == 0 {
		b.Min, b.Max = r.Value, r.Value
	}
	b.N++
	b.Mean += (r.Value - b.Mean) / float64(b.N)
	b.Min, b.Max = min(b.Min, r.Value), max(b.Max, r.Value)
	if r.Trend != nil {
		b.Trend = r.Trend
	}
}

// ExtentOf is the stretch of time that readings, in time order, belong to: for
// buckets of an hour that between the first and the last, else the civil dates
// of zone that carry the names of theirs. A clock that was wrong stretches nothing.
func ExtentOf(readings []BodyReading, u timeline.Unit, zone *time.Location) Extent {
	dated := func(r BodyReading) bool { return r.Reason != health.InFuture && r.Reason != health.BeforeScales }
	i := slices.IndexFunc(readings, dated)
	if i < 0 {
		return Extent{}
	}
	first := readings[i]
	i = len(readings) - 1
	for !dated(readings[i]) {
		i--
	}
	last := readings[i]
	if u == timeline.Hour {
		return Extent{First: first.At, Last: last.At.Add(1)}
	}
	start, _ := dayOf(first.Date(), zone)
	_, end := dayOf(last.Date(), zone)
	return Extent{First: start, Last: end}
}
