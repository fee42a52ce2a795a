package report

import (
	"encoding/json"
	"time"

	"vitals/internal/timeline"
	"vitals/internal/view"
)

// Electricity makes the table of electricity by buckets of unit u. Dropped are
// the readings that were left out.
func Electricity(buckets []timeline.Bucket, costs []view.Cost, u timeline.Unit, zone *time.Location, source string, dropped []timeline.Dropped) Table {
	t := Table{Series: "electricity", Unit: "kWh", By: u.String(), Zone: zone, Source: source, RowsName: "buckets",
		Columns: []string{"label", "start", "end", "bucket_s", "kwh", "covered_s", "estimated_s", "mean_w", "status", "cost"}}
	total, known := 0.0, false
	for i, b := range buckets {
		kwh, mean, price := Cell{}, Cell{}, Cell{}
		if b.Status != timeline.Empty {
			kwh, mean = number(b.Amount, 6), number(b.Amount*1000/b.Covered.Hours(), 6)
			total, known = total+b.Amount, true
		}
		if costs[i].Known {
			price = number(costs[i].Amount, 4)
		}
		t.Rows = append(t.Rows, []Cell{word(u.Label(b.Start)), instant(b.Start), instant(b.End), seconds(b.Length()),
			kwh, seconds(b.Covered), seconds(b.Estimated), mean, word(b.Status.String()), price})
	}
	sum := Cell{}
	if known {
		sum = number(total, 6)
	}
	t.Footer = []Field{{"total_kwh", sum.json()}, {"dropped_readings", droppedJSON(dropped, zone)}}
	return t
}

func droppedJSON(dropped []timeline.Dropped, zone *time.Location) json.RawMessage {
	type reading struct {
		Time   json.RawMessage `json:"time"`
		Value  json.RawMessage `json:"value"`
		Reason string          `json:"reason"`
	}
	list := make([]reading, len(dropped))
	for i, d := range dropped {
		list[i] = reading{instant(d.Time.In(zone)).json(), json.RawMessage(jsonNumber(d.Value)), d.Reason}
	}
	out, err := json.Marshal(list)
	if err != nil { // plain values always marshal
		panic(err)
	}
	return out
}

// Totals makes the table of kcal or steps by buckets of unit u.
func Totals(series, unit string, buckets []timeline.Bucket, u timeline.Unit, zone *time.Location) Table {
	t := Table{Series: series, Unit: unit, By: u.String(), Zone: zone, RowsName: "buckets",
		Columns: []string{"label", "start", "end", "bucket_s", "value", "unit", "covered_s", "status"}}
	for _, b := range buckets {
		value := Cell{}
		if b.Status != timeline.Empty {
			value = number(b.Amount, 6)
		}
		t.Rows = append(t.Rows, []Cell{word(u.Label(b.Start)), instant(b.Start), instant(b.End), seconds(b.Length()),
			value, word(unit), seconds(b.Covered), word(b.Status.String())})
	}
	return t
}

// BodyReadings makes the table of single readings.
func BodyReadings(series view.BodySeries, readings []view.BodyReading, zone *time.Location) Table {
	t := Table{Series: string(series), Unit: series.Unit(), By: "raw", Zone: zone, RowsName: "readings",
		Columns: []string{"time", "civil_date", "value", "unit", "trend", "source", "excluded"}}
	for _, r := range readings {
		excluded := Cell{}
		if why := r.Excluded(); why != "" {
			excluded = word(why)
		}
		t.Rows = append(t.Rows, []Cell{instant(r.At), word(r.Date().String()), number(r.Value, 6), word(series.Unit()),
			optional(r.Trend, 6), word(r.Source), excluded})
	}
	return t
}

// BodyBuckets makes the table of a body series by buckets of unit u.
func BodyBuckets(series view.BodySeries, buckets []view.BodyBucket, u timeline.Unit, zone *time.Location) Table {
	t := Table{Series: string(series), Unit: series.Unit(), By: u.String(), Zone: zone, RowsName: "buckets",
		Columns: []string{"label", "start", "end", "value", "unit", "n", "min", "max", "trend"}}
	for _, b := range buckets {
		mean, low, high := Cell{}, Cell{}, Cell{}
		if b.N > 0 {
			mean, low, high = number(b.Mean, 6), number(b.Min, 6), number(b.Max, 6)
		}
		t.Rows = append(t.Rows, []Cell{word(u.Label(b.Start)), instant(b.Start), instant(b.End), mean, word(series.Unit()),
			number(float64(b.N), 0), low, high, optional(b.Trend, 6)})
	}
	return t
}

// RawElectricity makes the table of a meter's own readings, in their unit.
func RawElectricity(readings []timeline.Reading, unit string, zone *time.Location, source string) Table {
	t := Table{Series: "electricity", Unit: unit, By: "raw", Zone: zone, Source: source, RowsName: "readings",
		Columns: []string{"time", "value", "unit"}}
	for _, r := range readings {
		t.Rows = append(t.Rows, []Cell{word(r.Time.In(zone).Format(time.RFC3339Nano)), {jsonNumber(r.Value), false}, word(unit)})
	}
	return t
}
