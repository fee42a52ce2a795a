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
	words := []string{"Energy", sources[m.source], "by " + m.window.Unit.String()}
	if m.heat {
		words[2] = "hour of day by " + m.habits.Unit.String()
	}
	if m.compared() {
		words = append(words, "vs "+before(m.data.Stride))
	}
	return strings.Join(words, t.bar)
}

// energyNote is the note in its top edge: the window, and how much of it is in
// sight when that is not all.
func (t theme) energyNote(m energyState, s view.Snapshot, width, height int) string {
	buckets := m.buckets()
	first, end := t.energyInSight(m, width, height)
	w, widened, from, to := m.window, m.data.Widened, m.data.From, m.data.To
	if m.heat {
		w.Unit, widened, from, to = m.habits.Unit, m.habits.Widened, m.habits.From, m.habits.To
	}
	if end <= first || end-first == len(buckets) {
		title := t.windowTitle(w, widened, from, to, s.AsOf)
		if m.heat && ansi.StringWidth(title) > width-frameColumns-ansi.StringWidth(t.energyTitle(m)) {
			title = t.windowTitle(w, true, from, to, s.AsOf)
		}
		return title
	}
	follows := end == len(buckets) && w.FollowsNow()
	shown := t.stretch(w.Unit, buckets[first].Start, buckets[end-1].End, s.AsOf, follows)
	return fmt.Sprintf("%s of %s%s%s", grouped(float64(end-first), 0), grouped(float64(len(buckets)), 0), t.bar, shown)
}

// energyInSight returns which buckets the pane shows: first included, end
// excluded.
func (t theme) energyInSight(m energyState, width, height int) (first, end int) {
	if m.heat {
		maps := t.heatMaps(m, width, height)
		return maps[0].Visible(width, maps[0].rows)
	}
	charts := t.energyCharts(m, width, height)
	return charts[0].Visible(width, charts[0].rows)
}

// energyLines draws the energy pane inside its frame.
func (t theme) energyLines(m energyState, s view.Snapshot, zoomed bool, width, height int) []string {
	if m.asked(s) {
		return t.choiceInPane(m.choice, zoomed, width, height)
	}
	if advice := t.energyAdvice(m, s, width); advice != nil {
		return advice
	}
	lines := []string{t.energyFigures(m, s, width)}
	if m.heat {
		return append(lines, t.heatLines(m, s, width, height)...)
	}
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
	return append(lines, t.coverage(m, s, width))
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
	add := func(buckets, before []timeline.Bucket, rows int) {
		charts = append(charts, barChart{chart.Bars{Look: t.chart, Buckets: buckets, Compare: before, Unit: m.window.Unit,
			Offset: m.offset, Cursor: m.cursor}, rows})
	}
	both := m.source == view.HouseAndBurned && m.data.House != nil && m.data.Burned != nil
	rows := max(0, height-2)
	if m.cursor >= 0 {
		rows = max(0, height-1-summaryRows-m.readingRows())
	}
	switch {
	case both:
		add(m.data.House, m.data.HouseBefore, rows/2)
		add(m.data.Burned, m.data.BurnedBefore, rows-rows/2)
		upper, lower := &charts[0], &charts[1]
		upper.NoTimeAxis = true
		widest := max(upper.WidestLabel(width, upper.rows), lower.WidestLabel(width, lower.rows))
		upper.LabelWidth, lower.LabelWidth = widest, widest
	case m.data.House != nil:
		add(m.data.House, m.data.HouseBefore, rows)
	default:
		add(m.data.Burned, m.data.BurnedBefore, rows)
	}
	return charts
}

// energyAdvice is what the pane says when there is nothing to show.
func (t theme) energyAdvice(m energyState, s view.Snapshot, width int) []string {
	switch {
	case !m.empty() || m.source != view.Burned && s.Electricity != nil || m.source != view.House && s.Burn != nil:
		return nil
	case m.source == view.Burned:
		return t.signInAdvice(s, "No calories yet.", width)
	case s.MeterNamed:
		if m.choice.saved != "" {
			return append(wrapped(m.choice.saved, width), wrapped("Reading it …", width)...)
		}
		lines := wrapped("Nothing was read from the meter's database yet.", width)
		return append(lines, "Press "+t.key.Render("enter")+" to name another, "+t.key.Render("s")+" for the calories you burn.")
	default:
		lines := wrapped("No meter yet: vitals reads the SQLite database that an electricity meter's logger writes.", width)
		return append(lines, "Press "+t.key.Render("enter")+" to name it, "+t.key.Render("s")+" for the calories you burn.")
	}
}

// coverage says how much of the window is known and, where there is room, from
// where.
func (t theme) coverage(m energyState, s view.Snapshot, width int) string {
	house, burned := m.data.HouseTotal, m.data.BurnedTotal
	if m.heat {
		house, burned = m.habits.HouseTotal, m.habits.BurnedTotal
	}
	sum := house
	if m.data.House == nil {
		sum = burned
	}
	if m.heat && !sum.Known && (m.data.HouseTotal.Known || m.data.BurnedTotal.Known) {
		return t.faint.Render("nothing is known by the hour in this window")
	}
	leftOut := m.data.LeftOut()
	if data := m.data.Data; !sum.Known && !data.First.IsZero() && leftOut == "" {
		press, shows := "G", " shows the newest there is"
		if !data.First.Before(m.data.To) {
			press, shows = "g", " shows the oldest there is"
		}
		what := "no data"
		if burned.Known {
			what = "no electricity"
		}
		return t.faint.Render(what+" in this window; ") + t.key.Render(press) + t.faint.Render(shows)
	}
	unit, per := "h", 1.0
	if sum.Passed >= 72*time.Hour {
		unit, per = "days", 24
	}
	covered, passed := sum.Covered.Hours()/per, sum.Passed.Hours()/per
	decimals := 0
	if math.Round(covered) == math.Round(passed) && passed-covered >= 0.05 {
		decimals = 1
	}
	words := []string{fmt.Sprintf("%s of %s %s covered", grouped(covered, decimals), grouped(passed, decimals), unit)}
	if leftOut != "" && ansi.StringWidth(words[0]+t.bar+leftOut) > width {
		leftOut, _, _ = strings.Cut(leftOut, ":")
		leftOut, _, _ = strings.Cut(leftOut, ",")
	}
	if leftOut != "" {
		words = append(words, leftOut)
	}
	if sum.Estimated > 0 {
		words = append(words, fmt.Sprintf("%s %s estimated", grouped(sum.Estimated.Hours()/per, 0), unit))
	}
	if m.heat {
		return t.faint.Render(strings.Join(words, t.bar))
	}
	if e := s.Electricity; e != nil && e.IdleW != nil && m.source != view.Burned {
		words = append(words, fmt.Sprintf("idles at %s W", grouped(*e.IdleW, 0)))
	}
	if e := s.Electricity; e != nil && m.data.House != nil && ansi.StringWidth(strings.Join(append(words, e.Source), t.bar)) <= width {
		words = append(words, e.Source)
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
