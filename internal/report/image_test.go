package report

import (
	"bytes"
	"encoding/xml"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

// svg is the picture of a table, which is well-formed XML.
func svg(t *testing.T, table Table) string {
	t.Helper()
	var out bytes.Buffer
	if err := table.WriteSVG(&out); err != nil {
		t.Fatal(err)
	}
	for decoder := xml.NewDecoder(bytes.NewReader(out.Bytes())); ; {
		if _, err := decoder.Token(); err == io.EOF {
			return out.String()
		} else if err != nil {
			t.Fatalf("%v in\n%s", err, out.String())
		}
	}
}

func TestAPictureTellsTheCells(t *testing.T) {
	zone := london(t)
	day := func(d int) time.Time { return time.Date(2024, 3, d, 0, 0, 0, 0, zone) }
	buckets := []timeline.Bucket{
		{Start: day(30), End: day(31)},
		{Start: day(31), End: day(32), Amount: 9.1, Covered: 22 * time.Hour, Estimated: time.Hour, Status: timeline.Estimated},
		{Start: day(32), End: day(33), Amount: 4, Covered: 24 * time.Hour, Status: timeline.Full},
	}
	costs := []view.Cost{{}, {Amount: 1.5, Known: true}, {}}
	picture := svg(t, Electricity(buckets, costs, timeline.Day, zone, "m.db: </desc><script>", nil))
	for _, text := range []string{
		"<title id=\"electricity-by-day-title\">Electricity by day, kWh, 30 March 2024 to 1 April 2024</title>",
		"Total 13.100000 kWh. Lowest 4.000000 kWh (2024-04-01), highest 9.100000 kWh (2024-03-31), mean 6.550000 kWh. Of 3 days 1 estimated, 1 without data. Read from m.db: &lt;/desc&gt;&lt;script&gt;.</desc>",
		"<title>2024-03-30&#xA;no data</title>", "times of Europe/London</text>", ">of 3 days 1 estimated, 1 without data</text>",
		"<title>2024-03-31&#xA;9.100000 kWh, estimated&#xA;79200 of 82800 s covered, 3600 s estimated&#xA;mean 413.636364 W&#xA;cost 1.5000</title>",
	} {
		if !strings.Contains(picture, text) {
			t.Errorf("there is no %s in\n%s", text, picture)
		}
	}
}

func TestAPictureOfReadingsBreaksTheTrendAtAGap(t *testing.T) {
	zone := london(t)
	at := func(d int) time.Time { return time.Date(2026, 3, d, 7, 12, 0, 0, zone) }
	var readings []view.BodyReading
	for _, d := range []int{1, 2, 32, 63, 64} { // 30 days are bridged, 31 are not
		readings = append(readings, view.BodyReading{At: at(d), Value: 71.4, Trend: value(71.9), Source: "Aria 2"})
	}
	readings = append(readings, view.BodyReading{At: at(65), Value: 90, Source: "scale", Verdict: health.HeldBack},
		view.BodyReading{At: at(9000), Value: 71, Source: "scale", Verdict: health.LeftOut})
	table := BodyReadings(view.Weight, readings, zone)
	table.To = at(66)
	picture := svg(t, table)
	_, line, _ := strings.Cut(picture, `<path class="trend" d="`)
	line, _, _ = strings.Cut(line, `"`)
	if strings.Count(line, "M") != 2 {
		t.Errorf("the trend is %q", line)
	}
	for _, text := range []string{"1 March 2026 00:00 to 5 May 2026 07:12", "left out: held back", "2026-05-04T07:12:00+01:00", "7 readings, 2 of them left out or held back"} {
		if !strings.Contains(picture, text) {
			t.Errorf("no %s in\n%s", text, picture)
		}
	}
	if !strings.Contains(picture, "Readings of other times are not drawn.") || strings.Contains(picture, "by you") {
		t.Error("it does not say that something is not drawn")
	}
	for _, by := range []struct {
		unit   timeline.Unit
		breaks int
	}{{timeline.Day, 2}, {timeline.Month, 1}} {
		table := BodyBuckets(view.Weight, view.InBuckets(readings, at(1).Add(-10*time.Hour), at(70), by.unit), by.unit, zone)
		_, line, _ := strings.Cut(svg(t, table), `<path class="trend" d="`)
		line, _, _ = strings.Cut(line, `"`)
		if strings.Count(line, "M") != by.breaks {
			t.Errorf("by %s the trend is %q", by.unit, line)
		}
	}
}

func TestAPictureSaysHowManyReadingsCount(t *testing.T) {
	zone := london(t)
	one := view.BodyReading{At: time.Date(2026, 3, 1, 7, 12, 0, 0, zone), Value: 71.4, Trend: value(71.9)}
	held := view.BodyReading{At: one.At.Add(time.Hour), Value: 90, Verdict: health.HeldBack}
	for says, readings := range map[string][]view.BodyReading{
		"(2026-03-01T07:12:00Z). 1 reading.</desc>":                                {one},
		"(2026-03-01T07:12:00Z). 2 readings.</desc>":                               {one, one},
		"(2026-03-01T07:12:00Z). 2 readings, 1 of them left out or held back.</de": {one, held},
		">No reading that counts. 1 reading, 1 of them left out or held back.</de": {held},
		">No data.</desc>": nil,
	} {
		if picture := svg(t, BodyReadings(view.Weight, readings, zone)); !strings.Contains(picture, says) {
			t.Errorf("it does not say %s:\n%s", says, picture)
		}
	}
}

func TestAPictureOfNothingBeforeAnEdgeBeginsNowhere(t *testing.T) {
	table := BodyReadings(view.Weight, nil, london(t))
	table.To = time.Date(1900, 1, 1, 0, 0, 0, 0, table.Zone)
	if picture := svg(t, table); !strings.Contains(picture, "Weight, single readings, kg, no data</title>") || strings.Contains(picture, "0000") {
		t.Errorf("it has a time axis:\n%s", picture)
	}
}

// Whatever is in a table, there is a picture, and no number that is none.
func TestPicturesOfTheUnlikely(t *testing.T) {
	zone := london(t)
	day := time.Date(2024, 3, 30, 0, 0, 0, 0, zone)
	odd := []float64{0, math.NaN(), math.Inf(1), math.Inf(-1), 1e300, -1e300, 1e299, 5e-324, math.MaxFloat64, -7}
	tables := []Table{{}, Totals("steps", "steps", nil, timeline.Day, zone), BodyReadings(view.BMI, nil, zone)}
	buckets := timeline.Spans(day, timeline.Day.Back(day, -len(odd)), timeline.Day)
	bodies := make([]view.BodyBucket, len(odd))
	var raw []timeline.Reading
	var readings []view.BodyReading
	for i, v := range odd {
		buckets[i].Amount, buckets[i].Status = v, timeline.Full
		bodies[i] = view.BodyBucket{Start: buckets[i].Start, End: buckets[i].End, N: 1, Mean: v, Min: odd[(i+3)%len(odd)], Max: v, Trend: &v}
		at := time.Date([]int{1, 2024, 9999, 10000, -5}[i%5], 1, 1, 0, 0, 0, 0, zone)
		raw = append(raw, timeline.Reading{Time: at, Value: v})
		readings = append(readings, view.BodyReading{At: at, Value: v, Trend: &v, Source: "\x1b]0;x\x07</title>\u202e"})
		tables = append(tables, Totals("steps", "steps", buckets[i:i+1], timeline.Day, zone), BodyReadings(view.Weight, readings[i:], zone))
	}
	tables = append(tables, Totals("steps", "steps", buckets, timeline.Day, zone), Electricity(buckets, make([]view.Cost, len(buckets)), timeline.Day, zone, "", nil),
		BodyBuckets(view.Weight, bodies, timeline.Day, zone), RawElectricity(raw, "W", zone, ""), BodyReadings(view.Weight, readings, zone))
	for _, table := range tables {
		if picture := svg(t, table); strings.Contains(picture, "NaN") || strings.Contains(picture, "Inf") {
			t.Errorf("%s by %s:\n%.3000s", table.Series, table.By, picture)
		}
	}
}
