package view

import (
	"context"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// BodyLine is the weight over a window, for drawing.
type BodyLine struct {
	From, To time.Time // half-open, in the zone of the person's days
	Unit     timeline.Unit
	Data     Extent

	Points []Point   // weigh-ins, or the means of buckets longer than a day
	Trend  [][]Point // in stretches without a gap
}

// Point is a weight at an instant.
type Point struct {
	At      time.Time
	KG      float64
	TrendKG float64      // 0 when not known
	Reading *BodyReading // nil for the mean of a bucket
}

// Counts reports whether figures are made of the weight.
func (p Point) Counts() bool { return p.Reading == nil || p.Reading.Counts() }

// BodyLine returns what a window of the body pane shows.
func (v *Viewer) BodyLine(ctx context.Context, w Window) (BodyLine, error) {
	person, err := v.Store.Person(ctx)
	if err != nil {
		return BodyLine{}, err
	}
	readings, err := v.BodyReadings(ctx, Weight)
	if err != nil {
		return BodyLine{}, err
	}
	now := v.now(person)
	line := BodyLine{Unit: w.Unit, Data: ExtentOf(readings, w.Unit, now.Location())}
	line.From, line.To = w.Bounds(now, line.Data)
	line.Trend = trendStretches(readings, line.From, line.To)
	if w.Unit > timeline.Day {
		for _, b := range InBuckets(readings, line.From, line.To, w.Unit) {
			if b.N > 0 {
				line.Points = append(line.Points, Point{At: b.Start.Add(b.End.Sub(b.Start) / 2), KG: b.Mean})
			}
		}
		return line, nil
	}
	for _, r := range readings {
		if !r.At.Before(line.From) && r.At.Before(line.To) {
			p := Point{At: r.At, KG: r.Value, Reading: &r}
			if r.Trend != nil {
				p.TrendKG = *r.Trend
			}
			line.Points = append(line.Points, p)
		}
	}
	return line, nil
}

// trendStretches are the trend's points in [from, to) and one beyond each edge,
// so that the line reaches the edges.
func trendStretches(readings []BodyReading, from, to time.Time) [][]Point {
	var stretches [][]Point
	last := 0
	for i, r := range readings {
		if !r.Counts() || r.Trend == nil ||
			i+1 < len(readings) && readings[i+1].At.Before(from) ||
			i > 0 && !readings[i-1].At.Before(to) {
			continue
		}
		date := r.Date().Number()
		if len(stretches) == 0 || date-last > health.TrendGapDays {
			stretches = append(stretches, nil)
		}
		n := len(stretches) - 1
		stretches[n] = append(stretches[n], Point{At: r.At, KG: *r.Trend})
		last = date
	}
	return stretches
}
