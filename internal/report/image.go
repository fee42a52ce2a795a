package report

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitals/chart"
	"vitals/internal/health"
	"vitals/internal/timeline"
)

// WriteSVG draws the rows as an SVG image. What is told of each when it is pointed
// at are its own cells, digit by digit.
func (t Table) WriteSVG(w io.Writer) error {
	_, err := w.Write(t.image().Draw())
	return err
}

// titles are the series' names for people.
var titles = map[string]string{
	"weight": "Weight", "fat": "Body fat", "bmi": "Body mass index", "calories": "Calories burned",
	"active-calories": "Calories burned in activity", "steps": "Steps", "electricity": "Electricity",
}

// cells are those of a row by the names of their columns.
type cells struct {
	column map[string]int
	row    []Cell
}

// text is that of the cell of a column, "" where there is none.
func (c cells) text(name string) string {
	if at, ok := c.column[name]; ok {
		return c.row[at].text
	}
	return ""
}

// instant reads a cell with an instant, in a zone.
func (c cells) instant(name string, zone *time.Location) (time.Time, error) {
	at, err := time.Parse(time.RFC3339Nano, c.text(name))
	return at.In(zone), err
}

// seconds reads a cell with a length of time.
func (c cells) seconds(name string) time.Duration {
	n, _ := strconv.ParseInt(c.text(name), 10, 64) // 0 where there is no such cell
	return time.Duration(n) * time.Second
}

func (t Table) image() chart.Image {
	if t.Zone == nil {
		t.Zone = time.UTC
	}
	m := chart.Image{Name: t.Series + "-by-" + t.By, Title: cmp.Or(titles[t.Series], t.Series) + " by " + t.By + ", " + t.Unit,
		Unit: t.Unit, Single: t.By == "raw", Notes: []string{"times of " + t.Zone.String()}, From: t.From, To: t.To}
	if m.Single {
		m.Title = cmp.Or(titles[t.Series], t.Series) + ", single readings, " + t.Unit
	} else if unit, err := timeline.ParseUnit(t.By); err == nil {
		m.By = unit
	}
	column := map[string]int{}
	for i, name := range t.Columns {
		column[name] = i
	}
	_, m.Bars = column["covered_s"]
	m.Items = make([]chart.Item, 0, len(t.Rows))
	for _, row := range t.Rows {
		c := cells{column, row}
		if item, ok := t.item(c); ok {
			if len(t.Rows) <= chart.MostDrawn {
				item.Lines = t.lines(c)
			}
			m.Items = append(m.Items, item)
			m.Trend = t.trend(m.Trend, c, item)
		}
	}
	m.From, m.To = t.width(m.Items)
	m.Range = rangeInWords(m.From, m.To)
	b := counted(m)
	if exceptions := b.Exceptions(); m.Bars && exceptions != "" {
		m.Notes = append(m.Notes, exceptions)
	}
	m.Description = t.description(m, b)
	return m
}

// drawn is the number in a cell.
func drawn(text string) chart.Figure {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		v = math.NaN()
	}
	return chart.Figure{Value: v, Text: text}
}

// item is the row with these cells. It is false where the row has no instant that
// can be written, which is none of the years 0 to 9999.
func (t Table) item(c cells) (chart.Item, bool) {
	value := cmp.Or(c.text("kwh"), c.text("value"))
	told := drawn(value)
	i := chart.Item{Bucket: timeline.Bucket{Amount: told.Value, Covered: c.seconds("covered_s")},
		Text: told.Text, Low: told, High: told, Label: c.text("label"), Hollow: c.text("excluded") != ""}
	var err error
	if t.By == "raw" {
		i.Label = c.text("time")
		i.Start, err = c.instant("time", t.Zone)
		i.End = i.Start
	} else if i.Start, err = c.instant("start", t.Zone); err == nil {
		i.End, err = c.instant("end", t.Zone)
	}
	if err != nil {
		return i, false
	}
	if value == "" {
		return i, true
	}
	i.Status = timeline.Full
	for s := timeline.Empty; s < timeline.Full; s++ {
		if c.text("status") == s.String() {
			i.Status = s
		}
	}
	if c.text("n") != "" {
		i.Low, i.High = drawn(c.text("min")), drawn(c.text("max"))
	}
	return i, true
}

// lines tell the cells of a row, one by one.
func (t Table) lines(c cells) []string {
	value := cmp.Or(c.text("kwh"), c.text("value"))
	if value == "" {
		return []string{"no data"}
	}
	estimated := c.text("estimated_s")
	if estimated == "0" {
		estimated = ""
	}
	covered := ""
	if c.text("covered_s") != c.text("bucket_s") || estimated != "" {
		covered = c.text("covered_s") + " of " + c.text("bucket_s") + " s covered" + with(", ", estimated, " s estimated")
	}
	lines := []string{value + " " + t.Unit + with(", ", c.text("status"), "") + with(", mean of ", c.text("n"), ""),
		with("from ", c.text("min"), " to "+c.text("max")), covered,
		with("mean ", c.text("mean_w"), " W"), with("cost ", c.text("cost"), ""), with("trend ", c.text("trend"), ""),
		with("left out: ", c.text("excluded"), ""), with("source: ", c.text("source"), "")}
	return slices.DeleteFunc(lines, func(line string) bool { return line == "" })
}

// with is a text between what leads to it and what follows, or "" for no text.
func with(lead, text, follows string) string {
	if text == "" {
		return ""
	}
	return lead + text + follows
}

// trend adds what an item has of the trend, and ends the line before it where a
// trend bridges no gap. A bucket's is that at its end.
func (t Table) trend(line []chart.Point, c cells, i chart.Item) []chart.Point {
	v, err := strconv.ParseFloat(c.text("trend"), 64)
	if err != nil || i.Hollow {
		return line
	}
	at, begin := i.End, i.Start
	if n := len(line); n > 0 {
		gap := health.DateOf(begin).Number() - health.DateOf(line[n-1].Time).Number()
		if t.By == "raw" && gap > health.TrendGapDays || t.By != "raw" && gap >= health.TrendGapDays {
			line = append(line, chart.Point{Time: at, Value: math.NaN()})
		}
	}
	return append(line, chart.Point{Time: at, Value: v})
}

// width is what a picture of the items shows: all buckets; of readings what was
// asked for, or the whole days or hours from the first to the last.
func (t Table) width(items []chart.Item) (from, to time.Time) {
	if len(items) > 0 {
		from, to = items[0].Start, items[0].End
	}
	for _, i := range items {
		if i.Start.Before(from) {
			from = i.Start
		}
		if i.End.After(to) {
			to = i.End
		}
	}
	if t.By == "raw" && len(items) > 0 {
		u := timeline.Hour
		if to.Sub(from) > 24*time.Hour {
			u = timeline.Day
		}
		from, to = u.Start(from), u.Next(to)
	}
	if !t.From.IsZero() {
		from = t.From
	}
	if !t.To.IsZero() {
		to = t.To
	}
	if from.IsZero() { // nothing before an edge
		from = to
	}
	return from.In(t.Zone), to.In(t.Zone)
}

// rangeInWords names dates where a range is of whole ones: "1 March 2024 to 31 March 2024".
func rangeInWords(from, to time.Time) string {
	const date, minute = "2 January 2006", "2 January 2006 15:04"
	if !from.Before(to) {
		return "no data"
	}
	midnight := func(t time.Time) bool { return timeline.Day.Start(t).Equal(t) }
	if !midnight(from) || !midnight(to) {
		return from.Format(minute) + " to " + to.Format(minute)
	}
	begin, end := from.Format(date), to.Add(-1).Format(date)
	if begin == end {
		return begin
	}
	return begin + " to " + end
}

// counted are the items that count, in the places of all.
func counted(m chart.Image) chart.Bars {
	b := chart.Bars{Unit: m.By, Buckets: make([]timeline.Bucket, 0, len(m.Items))}
	for _, i := range m.Items {
		if i.Hollow {
			i.Status = timeline.Empty
		}
		b.Buckets = append(b.Buckets, i.Bucket)
	}
	return b
}

// description says in words what a picture shows, for who does not see it.
func (t Table) description(m chart.Image, b chart.Bars) string {
	var newest chart.Item
	sum, hollow := 0.0, 0
	for n, i := range m.Items {
		if i.Hollow {
			hollow++
		}
		if b.Buckets[n].Status != timeline.Empty {
			sum += i.Amount
			newest = i
		}
	}
	readings := fmt.Sprintf("%d readings", len(m.Items))
	if len(m.Items) == 1 {
		readings = "1 reading"
	}
	if hollow > 0 {
		readings += fmt.Sprintf(", %d of them left out or held back", hollow)
	}
	spread, _, _, ok := b.Spread()
	switch {
	case !ok && hollow > 0:
		return "No reading that counts. " + readings + "."
	case !ok:
		return "No data."
	}
	named := func(what string, v float64) string {
		for n, i := range m.Items {
			if b.Buckets[n].Status != timeline.Empty && i.Amount == v {
				return fmt.Sprintf("%s %s %s (%s)", what, i.Text, t.Unit, i.Label)
			}
		}
		return ""
	}
	told := func(v float64) string { return number(v, 6).text + " " + t.Unit }
	extremes := named("Lowest", spread.Lowest) + ", " + named("highest", spread.Highest)
	var parts []string
	switch exceptions := b.Exceptions(); {
	case m.Bars:
		total := told(sum)
		for _, f := range t.Footer {
			if f.Name == "total_kwh" {
				total = string(f.Value) + " " + t.Unit
			}
		}
		parts = append(parts, "Total "+total, extremes+", mean "+told(spread.Mean))
		if exceptions != "" {
			parts = append(parts, strings.ToUpper(exceptions[:1])+exceptions[1:])
		}
	case m.Single:
		parts = append(parts, extremes+fmt.Sprintf(", newest %s %s (%s)", newest.Text, t.Unit, newest.Label),
			readings)
	default:
		parts = append(parts, extremes+fmt.Sprintf(", newest %s %s (%s)", newest.Text, t.Unit, newest.Label))
		if exceptions != "" {
			parts = append(parts, strings.ToUpper(exceptions[:1])+exceptions[1:])
		}
	}
	if t.Source != "" {
		parts = append(parts, "Read from "+t.Source)
	}
	return strings.Join(parts, ". ") + "."
}
