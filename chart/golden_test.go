package chart

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"vitals/internal/timeline"
)

var update = flag.Bool("update", false, "write the pictures in testdata anew")

func zone(t testing.TB, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

// household makes n buckets of unit u from a date on, with amounts up to about
// peak; those of hours go up and down with the day.
func household(from time.Time, n int, u timeline.Unit, peak float64) []timeline.Bucket {
	random := rand.New(rand.NewPCG(1, 2))
	buckets := timeline.Spans(from, u.Back(from, -n), u)
	for i := range buckets {
		daily := 0.0
		if u == timeline.Hour {
			daily = 0.2 * math.Sin(float64(buckets[i].Start.Hour()-9)/24*2*math.Pi)
		}
		buckets[i].Amount = peak * (0.25 + daily + 0.5*random.Float64()*random.Float64())
		buckets[i].Status = timeline.Full
	}
	return buckets
}

// mixed is a day with all kinds of buckets.
func mixed(from time.Time) []timeline.Bucket {
	buckets := household(from, 24, timeline.Hour, 0.9)
	for i, status := range map[int]timeline.Status{
		3: timeline.Estimated, 4: timeline.Estimated, 5: timeline.Estimated,
		8: timeline.Empty, 9: timeline.Empty, 10: timeline.Partial, 23: timeline.Partial,
	} {
		buckets[i].Status = status
	}
	buckets[6].Amount, buckets[15].Amount = 0, math.NaN()
	return buckets
}

func exporting(buckets []timeline.Bucket) []timeline.Bucket {
	for i := range buckets {
		if hour := buckets[i].Start.Hour(); hour > 8 && hour < 17 {
			buckets[i].Amount *= -0.6
		}
	}
	return buckets
}

// weighIns are 90 days of readings with some missing, one left out, a gap of
// twelve days, and the trend.
func weighIns(from time.Time) (readings, trend []Point) {
	random := rand.New(rand.NewPCG(3, 4))
	average := 74.0
	for day := range 90 {
		p := Point{Time: from.AddDate(0, 0, day).Add(7 * time.Hour)}
		p.Value = 74 - 0.035*float64(day) + random.NormFloat64()*0.5
		switch {
		case day > 40 && day <= 52:
			p.Value = math.NaN()
			trend = append(trend, p)
		case day == 60:
			p.Value, p.Hollow = p.Value+2, true
			readings = append(readings, p)
		case random.Float64() < 0.8:
			average += 0.1 * (p.Value - average)
			readings = append(readings, p)
			trend = append(trend, Point{Time: p.Time, Value: average})
		}
	}
	return readings, trend
}

type drawing interface{ Draw(w, h int) string }

type scene struct {
	name string
	w, h int
	drawing
}

func barScenes(t testing.TB, look Look) []scene {
	london := zone(t, "Europe/London")
	date := func(y int, m time.Month, d, h int) time.Time { return time.Date(y, m, d, h, 0, 0, 0, london) }
	bars := func(buckets []timeline.Bucket, u timeline.Unit) Bars {
		return Bars{Look: look, Buckets: buckets, Unit: u, Cursor: -1}
	}
	day := bars(mixed(date(2024, time.March, 9, 14)), timeline.Hour)
	pointed := day
	pointed.Cursor = 12
	compared := day
	compared.Compare = household(date(2024, time.March, 8, 14), 24, timeline.Hour, 1.4)
	compared.Compare[2].Status = timeline.Empty
	upper := pointed
	upper.NoTimeAxis, upper.LabelWidth = true, 5
	lower := upper
	lower.NoTimeAxis = false
	export := bars(exporting(mixed(date(2024, time.March, 9, 14))), timeline.Hour)
	long := bars(household(date(2024, time.January, 1, 0), 8760, timeline.Hour, 0.9), timeline.Hour)
	back := long
	back.Offset, back.Cursor = 24, 8700
	none := bars(timeline.Spans(date(2024, time.March, 9, 14), date(2024, time.March, 10, 14), timeline.Hour), timeline.Hour)
	return []scene{
		{"24 hours", 76, 7, day},
		{"24 hours, high and wide", 116, 27, day},
		{"24 hours, cursor", 76, 5, pointed},
		{"24 hours, compared", 76, 9, compared},
		{"the upper of two charts", 76, 4, upper},
		{"the lower of two charts", 76, 5, lower},
		{"three rows", 76, 3, day},
		{"two rows", 40, 2, day},
		{"one row", 76, 1, day},
		{"narrower than axes", 9, 5, day},
		{"one cell", 1, 1, day},
		{"export", 76, 9, export},
		{"export, one row", 76, 1, export},
		{"8760 hours", 76, 7, long},
		{"8760 hours, a day back, cursor", 76, 7, back},
		{"the clocks go forward", 76, 5, bars(household(date(2024, time.March, 30, 14), 24, timeline.Hour, 0.9), timeline.Hour)},
		{"the clocks go back", 140, 5, bars(household(date(2024, time.October, 27, 0), 25, timeline.Hour, 0.9), timeline.Hour)},
		{"7 days", 76, 7, bars(household(date(2024, time.October, 20, 0), 7, timeline.Day, 12), timeline.Day)},
		{"30 days", 76, 7, bars(household(date(2024, time.October, 10, 0), 30, timeline.Day, 12), timeline.Day)},
		{"300 days", 76, 7, bars(household(date(2024, time.January, 10, 0), 300, timeline.Day, 12), timeline.Day)},
		{"12 weeks", 76, 7, bars(household(date(2023, time.November, 6, 0), 12, timeline.Week, 90), timeline.Week)},
		{"53 weeks", 76, 7, bars(household(date(2023, time.November, 6, 0), 53, timeline.Week, 90), timeline.Week)},
		{"12 months", 76, 7, bars(household(date(2023, time.November, 1, 0), 12, timeline.Month, 400), timeline.Month)},
		{"40 months", 76, 7, bars(household(date(2020, time.November, 1, 0), 40, timeline.Month, 1400), timeline.Month)},
		{"5 years", 76, 7, bars(household(date(2020, time.January, 1, 0), 5, timeline.Year, 4000), timeline.Year)},
		{"no data", 76, 5, none},
		{"no buckets", 40, 5, bars(nil, timeline.Day)},
	}
}

// rhythm is a household's hours in n columns from a date on: quiet at night, a
// peak in the morning, a higher one in the evening, more at weekends and in
// winter.
func rhythm(from time.Time, n int, u timeline.Unit) [][24]timeline.HourOfDay {
	random := rand.New(rand.NewPCG(5, 6))
	hours := make([][24]timeline.HourOfDay, n)
	for i, column := range timeline.Spans(from, u.Back(from, -n), u) {
		days := int32(1)
		if u == timeline.Week {
			days = 7
		}
		winter := (1 + math.Cos(2*math.Pi*float64(column.Start.YearDay()-15)/365)) / 2
		for hour := range 24 {
			near := func(middle, width float64) float64 {
				return math.Exp(-math.Pow((float64(hour)-middle)/width, 2))
			}
			mean := 0.14 + 0.3*near(7, 1.2) + (0.35+0.35*winter)*near(19, 2.5)
			if u == timeline.Day && column.Start.Weekday()%6 == 0 {
				mean += 0.25 * near(12, 3)
			}
			mean *= 0.85 + 0.3*random.Float64()
			covered := time.Duration(days) * time.Hour
			hours[i][hour] = timeline.HourOfDay{Amount: mean * covered.Hours(), Covered: covered, Length: covered, Days: days, Status: timeline.Full}
		}
	}
	return hours
}

func heat(look Look, hours [][24]timeline.HourOfDay, u timeline.Unit) Heat {
	from := time.Date(2023, time.November, 27, 0, 0, 0, 0, time.UTC)
	return Heat{Look: look, Columns: timeline.Spans(from, u.Back(from, -len(hours)), u), Unit: u, Hours: hours, Cursor: -1}
}

// legended is a heat map with its legend and what its summary says below.
type legended struct{ Heat }

func (l legended) Draw(w, h int) string {
	return strings.Join([]string{l.Heat.Draw(w, h), l.Legend(w, h, w, "kWh"),
		l.Summary(func(v float64) string { return fmt.Sprintf("%.2f kWh", v) })}, "\n")
}

func heatScenes(t testing.TB, look Look) []scene {
	from := time.Date(2023, time.November, 27, 0, 0, 0, 0, zone(t, "Europe/London"))
	weeks := func(n int) Heat { return heat(look, rhythm(from, n, timeline.Week), timeline.Week) }
	days := func(n int) Heat { return heat(look, rhythm(from, n, timeline.Day), timeline.Day) }
	year := weeks(53)
	for hour := range 24 {
		year.Hours[20][hour] = timeline.HourOfDay{}
		if hour > 6 && hour < 18 {
			year.Hours[21][hour] = timeline.HourOfDay{}
		}
	}
	pointed := pointedAt(year, 21, 7)
	month := days(30)
	outlier := days(30)
	outlier.Hours[11][15].Amount = 9.3
	exporting := weeks(53)
	for i := range exporting.Hours {
		for hour := 10; hour < 16; hour++ {
			if i > 15 && i < 40 {
				exporting.Hours[i][hour].Amount *= -1.4
			}
		}
	}
	still := weeks(10)
	for i := range still.Hours {
		for hour := range 24 {
			still.Hours[i][hour].Amount = 0
		}
	}
	back := weeks(520)
	back.Offset, back.Cursor, back.CursorHour = 52, 410, 19
	upper := year
	upper.NoTimeAxis = true
	return []scene{
		{"a year by week", 76, 7, legended{year}},
		{"a year by week, 12 rows, cursor", 96, 19, legended{pointed}},
		{"a year by week, 24 rows", 116, 27, year},
		{"a year by week, rows of two", 116, 49, pointed},
		{"30 days", 76, 13, legended{month}},
		{"30 days, cursor", 36, 6, pointedAt(month, 29, 0)},
		{"one hour far beyond", 76, 9, legended{outlier}},
		{"sending back", 76, 13, legended{exporting}},
		{"nothing used", 40, 5, legended{still}},
		{"no data", 40, 5, legended{heat(look, make([][24]timeline.HourOfDay, 7), timeline.Day)}},
		{"7 days", 76, 13, days(7)},
		{"2 days", 76, 7, days(2)},
		{"14 days", 76, 7, days(14)},
		{"520 weeks, a year back, cursor", 76, 9, legended{back}},
		{"the upper of two maps", 76, 3, upper},
		{"two rows", 40, 2, month},
		{"one row", 76, 1, month},
		{"narrower than axes", 9, 5, month},
		{"one cell", 1, 1, month},
		{"no columns", 40, 5, legended{heat(look, nil, timeline.Week)}},
	}
}

func pointedAt(m Heat, column, hour int) Heat {
	m.Cursor, m.CursorHour = column, hour
	return m
}

func lineScenes(t testing.TB, look Look) []scene {
	london := zone(t, "Europe/London")
	from := time.Date(2026, time.August, 24, 0, 0, 0, 0, london)
	lines := Lines{Look: look, From: from, To: from.AddDate(0, 0, 90), Cursor: -1}
	empty := lines
	lines.Readings, lines.Trend = weighIns(from)
	goal := lines
	goal.Rule, goal.Cursor = 70, 30
	far := lines
	far.Rule = 60
	year, month, decade := goal, goal, goal
	year.From = from.AddDate(0, -9, 0)
	month.From = lines.To.AddDate(0, 0, -30)
	decade.From = from.AddDate(-9, 0, 0)
	one := empty
	one.Readings = lines.Readings[:1]
	equal := empty
	for day := range 90 {
		equal.Readings = append(equal.Readings, Point{Time: from.AddDate(0, 0, day), Value: 71.4})
	}
	equal.Trend = equal.Readings
	sparse := empty
	for day := range 12 {
		p := Point{Time: from.AddDate(0, 0, 7*day), Value: 27.3 - 0.1*float64(day)}
		sparse.Trend = append(sparse.Trend, p)
		p.Value += 0.2 * float64(day*3%5-2)
		sparse.Readings = append(sparse.Readings, p)
	}
	return []scene{
		{"90 days", 53, 5, lines},
		{"90 days, goal, cursor", 76, 20, goal},
		{"90 days, goal too far off", 76, 10, far},
		{"a year", 76, 14, year},
		{"30 days", 53, 6, month},
		{"nine years", 76, 8, decade},
		{"weekly", 76, 10, sparse},
		{"three rows", 53, 3, lines},
		{"one row", 53, 1, lines},
		{"narrower than axes", 9, 5, lines},
		{"one reading", 53, 6, one},
		{"equal values", 53, 6, equal},
		{"no data", 53, 6, empty},
	}
}

// TestPictures compares with what was looked at and found good.
func TestPictures(t *testing.T) {
	for _, file := range []struct {
		name   string
		scenes []scene
	}{
		{"bars.txt", barScenes(t, Look{})},
		{"bars-ascii.txt", barScenes(t, Look{ASCII: true})},
		{"heat.txt", heatScenes(t, Look{})},
		{"heat-ascii.txt", heatScenes(t, Look{ASCII: true})},
		{"lines.txt", lineScenes(t, Look{})},
		{"lines-ascii.txt", lineScenes(t, Look{ASCII: true})},
	} {
		var got strings.Builder
		for _, s := range file.scenes {
			fmt.Fprintf(&got, "%s (%d x %d)\n", s.name, s.w, s.h)
			for line := range strings.Lines(s.Draw(s.w, s.h) + "\n") {
				fmt.Fprintf(&got, "[%s]\n", strings.TrimSuffix(line, "\n"))
			}
			got.WriteByte('\n')
		}
		path := filepath.Join("testdata", file.name)
		if *update {
			if err := os.WriteFile(path, []byte(got.String()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		wantLines, gotLines := strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")
		for i := range min(len(wantLines), len(gotLines)) {
			if wantLines[i] != gotLines[i] {
				t.Errorf("%s:%d:\n got %s\nwant %s", path, i+1, gotLines[i], wantLines[i])
			}
		}
		if len(wantLines) != len(gotLines) {
			t.Errorf("%s has %d lines, want %d", path, len(gotLines), len(wantLines))
		}
	}
}
