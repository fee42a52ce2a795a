package tui

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"vitals/chart"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

// energyTitle is the title of the energy pane.
func (t theme) energyTitle(m energyState) string {
	sources := map[view.EnergySource]string{view.House: "house", view.Burned: "calories", view.HouseAndBurned: "house and calories"}
	return strings.Join([]string{"Energy", sources[m.source], "by " + m.window.Unit.String()}, t.bar)
}

// energyNote is the note in its top edge: the window, and how much of it is in
// sight when that is not all.
func (t theme) energyNote(m energyState, s view.Snapshot, width, height int) string {
	buckets := m.buckets()
	first, end := t.energyInSight(m, width, height)
	if end <= first || end-first == len(buckets) {
		return t.windowTitle(m.window, m.data.Widened, m.data.From, m.data.To, s.AsOf)
	}
	follows := end == len(buckets) && m.window.FollowsNow()
	shown := t.stretch(m.window.Unit, buckets[first].Start, buckets[end-1].End, s.AsOf, follows)
	return fmt.Sprintf("%s of %s%s%s", grouped(float64(end-first), 0), grouped(float64(len(buckets)), 0), t.bar, shown)
}

// energyInSight returns which buckets the pane shows: first included, end
// excluded.
func (t theme) energyInSight(m energyState, width, height int) (first, end int) {
	charts := t.energyCharts(m, width, height)
	return charts[0].Visible(width, charts[0].rows)
}

// energyLines draws the energy pane inside its frame.
func (t theme) energyLines(m energyState, s view.Snapshot, width, height int) []string {
	if advice := t.energyAdvice(m, s, width); advice != nil {
		return advice
	}
	lines := []string{t.energyFigures(m, s, width)}
	for _, c := range t.energyCharts(m, width, height) {
		if c.rows > 0 {
			lines = append(lines, strings.Split(c.Draw(width, c.rows), "\n")...)
		}
	}
	if m.cursor >= 0 {
		lines = append(lines, t.energySummary(m, width, height)...)
		for _, line := range t.energyReading(m, s) {
			lines = append(lines, ansi.Truncate(line, width, t.ellipsis))
		}
		return lines
	}
	return append(lines, t.coverage(m, s))
}

// barChart is a chart and the rows it is drawn in.
type barChart struct {
	chart.Bars
	rows int
}

// energyCharts are the charts of the pane, one above the other on one time
// axis, between a line of figures and one of coverage, or of a summary and the
// bucket under the cursor.
func (t theme) energyCharts(m energyState, width, height int) []barChart {
	var charts []barChart
	add := func(buckets []timeline.Bucket, rows int) {
		charts = append(charts, barChart{chart.Bars{Look: t.chart, Buckets: buckets, Unit: m.window.Unit,
			Offset: m.offset, Cursor: m.cursor}, rows})
	}
	both := m.source == view.HouseAndBurned && m.data.House != nil && m.data.Burned != nil
	rows := max(0, height-2)
	switch {
	case m.cursor >= 0 && both:
		rows = max(0, height-1-summaryRows-2)
	case m.cursor >= 0:
		rows = max(0, height-1-summaryRows-1)
	}
	switch {
	case both:
		add(m.data.House, rows/2)
		add(m.data.Burned, rows-rows/2)
		upper, lower := &charts[0], &charts[1]
		upper.NoTimeAxis = true
		widest := max(upper.WidestLabel(width, upper.rows), lower.WidestLabel(width, lower.rows))
		upper.LabelWidth, lower.LabelWidth = widest, widest
	default:
		add(m.buckets(), rows)
	}
	return charts
}

// energyAdvice is what the pane says when there is nothing to show.
func (t theme) energyAdvice(m energyState, s view.Snapshot, width int) []string {
	switch {
	case !m.empty() || m.source != view.Burned && s.Electricity != nil || m.source != view.House && s.Burn != nil:
		return nil
	case m.source == view.Burned:
		return t.signInAdvice("No calories yet.", width)
	case s.MeterNamed:
		lines := wrapped("Nothing was read from the meter's database yet.", width)
		return append(lines, "Press "+t.key.Render("enter")+" to name another, "+t.key.Render("s")+" for the calories you burn.")
	default:
		lines := wrapped("No meter yet: vitals reads the SQLite database that an electricity meter's logger writes.", width)
		return append(lines, "Press "+t.key.Render("enter")+" to name it, "+t.key.Render("s")+" for the calories you burn.")
	}
}

// energyFigures is the line of figures: as many as there is room for.
func (t theme) energyFigures(m energyState, s view.Snapshot, width int) string {
	var now, today, yesterday, sum []string
	nowName := "now"
	if e := s.Electricity; e != nil && m.source != view.Burned {
		switch {
		case e.NowW != nil:
			now = append(now, t.figure.Render(grouped(*e.NowW, 0)+" W"))
		case !e.LastReading.IsZero():
			nowName, now = "last reading", append(now, when(e.LastReading, s.AsOf))
		}
		if e.TodayKWh != nil {
			today = append(today, t.figure.Render(kWh(*e.TodayKWh)))
		}
		if e.TodayCost != nil {
			today = append(today, t.money(*e.TodayCost, e.Currency))
		}
		if e.YesterdayKWh != nil {
			yesterday = append(yesterday, kWh(*e.YesterdayKWh))
		}
		if m.data.HouseTotal.Known {
			sum = append(sum, kWh(m.data.HouseTotal.Amount))
		}
	}
	if b := s.Burn; b != nil && m.source != view.House {
		add := func(to *[]string, figure string) {
			if n := len(*to); n > 0 {
				(*to)[n-1] += ","
			}
			*to = append(*to, figure)
		}
		if b.Today != nil {
			add(&today, t.figure.Render(kcal(*b.Today)))
		}
		if b.Yesterday != nil {
			add(&yesterday, kcal(*b.Yesterday))
		}
		if m.data.BurnedTotal.Known {
			add(&sum, kcal(m.data.BurnedTotal.Amount))
		}
	}
	sumName := reachName(m.window.Reach)
	if m.data.Widened {
		sumName = "shown"
	}
	line := ""
	for _, part := range []struct {
		name    string
		figures []string
	}{{nowName, now}, {"today", today}, {"yesterday", yesterday}, {sumName, sum}} {
		if len(part.figures) == 0 {
			continue
		}
		text := part.name + " " + strings.Join(part.figures, " ")
		if line != "" {
			text = "   " + text
		}
		if ansi.StringWidth(line)+ansi.StringWidth(text) <= width {
			line += text
		}
	}
	return line
}

// coverage says how much of the window is known.
func (t theme) coverage(m energyState, s view.Snapshot) string {
	sum := m.data.HouseTotal
	if m.data.House == nil {
		sum = m.data.BurnedTotal
	}
	if data := m.data.Data; !sum.Known && !data.First.IsZero() {
		press, shows := "G", " shows the newest there is"
		if !data.First.Before(m.data.To) {
			press, shows = "g", " shows the oldest there is"
		}
		return t.faint.Render("no data in this window; ") + t.key.Render(press) + t.faint.Render(shows)
	}
	unit, per := "h", 1.0
	if sum.Passed >= 72*time.Hour {
		unit, per = "days", 24
	}
	words := []string{fmt.Sprintf("%s of %s %s covered", grouped(sum.Covered.Hours()/per, 0), grouped(sum.Passed.Hours()/per, 0), unit)}
	if sum.Estimated > 0 {
		words = append(words, fmt.Sprintf("%s %s estimated", grouped(sum.Estimated.Hours()/per, 0), unit))
	}
	if e := s.Electricity; e != nil && e.IdleW != nil && m.source != view.Burned {
		words = append(words, fmt.Sprintf("idles at %s W", grouped(*e.IdleW, 0)))
	}
	return t.faint.Render(strings.Join(words, t.bar))
}

// summaryRows is how many rows the words below a zoomed chart take.
const summaryRows = 2

// energySummary says in words what the charts show: a line each, or two for one.
func (t theme) energySummary(m energyState, width, height int) []string {
	formats := []func(float64) string{kWh, kcal}
	if m.data.House == nil {
		formats = formats[1:]
	}
	charts := t.energyCharts(m, width, height)
	var lines []string
	for i, c := range charts {
		text := c.Summary(formats[i])
		if len(charts) == 1 {
			lines = append(lines, wrapped(text, width)...)
		} else {
			if ansi.StringWidth(text) > width {
				text, _, _ = strings.Cut(text, ";")
			}
			lines = append(lines, text)
		}
	}
	for len(lines) < summaryRows {
		lines = append(lines, "")
	}
	lines = lines[:summaryRows]
	for i := range lines {
		lines[i] = t.faint.Render(ansi.Truncate(lines[i], width, t.ellipsis))
	}
	return lines
}

// energyReading says the bucket under the cursor exactly, a line for each source.
func (t theme) energyReading(m energyState, s view.Snapshot) []string {
	label := t.strong.Render(m.window.Unit.Label(m.buckets()[m.cursor].Start))
	var lines []string
	if m.data.House != nil {
		b := m.data.House[m.cursor]
		words := []string{label, "no data"}
		if b.Status != timeline.Empty {
			words = []string{label, grouped(b.Amount, 3) + " kWh", fmt.Sprintf("mean %s W", grouped(b.Amount*1000/b.Covered.Hours(), 0))}
			if c := m.data.Costs[m.cursor]; c.Known && s.Electricity != nil {
				words = append(words, t.money(c.Amount, s.Electricity.Currency))
			}
			words = append(words, howFull(b))
		}
		lines = append(lines, strings.Join(words, "  "))
		label = strings.Repeat(" ", ansi.StringWidth(label))
	}
	if m.data.Burned != nil {
		words := []string{label, "no calories"}
		if b := m.data.Burned[m.cursor]; b.Status != timeline.Empty {
			words = []string{label, kcal(b.Amount), howFull(b)}
		}
		lines = append(lines, strings.Join(words, "  "))
	}
	return lines
}

// howFull says how well a bucket is known.
func howFull(b timeline.Bucket) string {
	if b.Status == timeline.Full {
		return b.Status.String()
	}
	tenths := func(d time.Duration) float64 { return math.Round(d.Hours()*10) / 10 }
	return fmt.Sprintf("%s: %g of %g h", b.Status, tenths(b.Covered), tenths(b.Length()))
}
