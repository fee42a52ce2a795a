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

// energyTitle is the title of the energy pane in at most width cells, if it can
// be said in them.
func (t theme) energyTitle(m energyState, width int) string {
	source := map[view.EnergySource]string{view.House: "house", view.Burned: "calories", view.HouseAndBurned: "house and calories"}[m.source]
	const name = "Energy"
	titles := [][]string{{name, source, "by " + m.window.Unit.String()}}
	switch {
	case m.mapped():
		by := " by " + m.habits.Unit.String()
		titles = [][]string{{name, source, "hour of day" + by}, {name, "hour of day" + by}, {name, "hours" + by}}
	case m.overlaid():
		versus := "vs " + before(m.data.Stride)
		titles = [][]string{append(titles[0], versus), {name, source, versus}, {name, versus}}
	}
	var forms []string
	for _, words := range titles {
		forms = append(forms, strings.Join(words, t.bar))
	}
	return fitting(width, forms...)
}

// energyNotes are the notes for its top edge: the window, and how much of it is
// in sight when that is not all.
func (t theme) energyNotes(m energyState, s view.Snapshot, width, height int) []string {
	buckets := m.buckets()
	first, end := t.energyInSight(m, width, height)
	w, widened, from, to := m.window, m.data.Widened, m.data.From, m.data.To
	if m.mapped() {
		w.Unit, widened, from, to = m.habits.Unit, m.habits.Widened, m.habits.From, m.habits.To
	}
	if end <= first || end-first == len(buckets) {
		return t.windowTitles(w, widened, from, to, s.AsOf)
	}
	follows := end == len(buckets) && w.FollowsNow()
	shown := t.stretch(w.Unit, buckets[first].Start, buckets[end-1].End, s.AsOf, follows)
	count := fmt.Sprintf("%s of %s", grouped(float64(end-first), 0), grouped(float64(len(buckets)), 0))
	return []string{count + t.bar + shown, shown, count}
}

// energyInSight returns which buckets the pane shows: first included, end
// excluded.
func (t theme) energyInSight(m energyState, width, height int) (first, end int) {
	if m.mapped() {
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
	if advice := t.energyAdvice(m, s, width, height); advice != nil {
		return advice
	}
	if m.mapped() {
		return t.heatLines(m, s, width, height)
	}
	var lines []string
	words := m.words(height)
	if words.figures > 0 {
		lines = append(lines, t.energyFigures(m, s, width))
	}
	for _, c := range t.energyCharts(m, width, height) {
		if c.rows > 0 {
			lines = append(lines, strings.Split(c.Draw(width, c.rows), "\n")...)
		}
	}
	if words.summary > 0 {
		lines = append(lines, t.energySummary(m, width, height)...)
	}
	if words.reading > 0 {
		for _, line := range t.energyReading(m, s, width, words.before > 0) {
			lines = append(lines, ansi.Truncate(line, width, t.ellipsis))
		}
	}
	if words.coverage > 0 {
		lines = append(lines, t.coverage(m, s, width, height))
	}
	return lines
}

// words is how many rows of the pane each kind of words takes; the charts have
// the rest.
type words struct{ figures, summary, reading, before, coverage int }

func (w words) rows() int { return w.figures + w.summary + w.reading + w.before + w.coverage }

// words shares out the rows inside the pane: what is under the cursor first,
// then the charts.
func (m energyState) words(height int) words {
	const chartFirst, chartNext, chartLast, chartRoomy = 2, 3, 5, 6 // rows for the charts before more words come in
	charts := m.charts()
	if m.cursor < 0 {
		w := words{figures: 1}
		if height > chartFirst {
			w.coverage = 1
		}
		if height >= leastWithSummary {
			w.summary = charts
		}
		return w
	}
	w := words{reading: charts}
	if height-w.rows() >= 1+chartFirst {
		w.figures = 1
	}
	if height-w.rows() >= charts+chartNext {
		w.before = charts
	}
	if height-w.rows() >= summaryRows+chartLast {
		w.summary = summaryRows
	}
	if height-w.rows() >= 1+charts*chartRoomy {
		w.coverage = 1
	}
	return w
}

const (
	leastWithSummary = 14 // rows inside a pane without a cursor
	summaryRows      = 2  // beside a cursor
)

// barChart is a chart and the rows it is drawn in.
type barChart struct {
	chart.Bars
	rows int
}

// energyCharts are the charts of the pane, one above the other on one time
// axis, between a line of figures and the words below.
func (t theme) energyCharts(m energyState, width, height int) []barChart {
	var charts []barChart
	add := func(buckets, before []timeline.Bucket, rows int) {
		if !m.compare {
			before = nil
		}
		charts = append(charts, barChart{chart.Bars{Look: t.chart, Buckets: buckets, Compare: before, Unit: m.window.Unit,
			Offset: m.offset, Cursor: m.cursor}, rows})
	}
	rows := max(0, height-m.words(height).rows())
	switch {
	case m.charts() == 2:
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
func (t theme) energyAdvice(m energyState, s view.Snapshot, width, height int) []string {
	what := ""
	switch {
	case !m.empty() || m.source != view.Burned && s.Electricity != nil || m.source != view.House && s.Burn != nil:
		return nil
	case m.source == view.Burned:
		return t.signInAdvice(s, "No calories yet.", width)
	case s.MeterNamed && m.choice.saved != "":
		return append(wrapped(m.choice.saved, width), wrapped(t.typeable("Reading it …"), width)...)
	case s.MeterNamed:
		what = "Nothing was read from the meter's database yet."
	default:
		what = "No meter yet: vitals reads the database that an electricity meter's logger writes, in SQLite or PostgreSQL."
	}
	name := "it"
	if s.MeterNamed {
		name = "another"
	}
	lines := append(wrapped(what, width), wrapped(fmt.Sprintf("Press %s to name %s, %s for the calories you burn.",
		t.key.Render("enter"), name, t.key.Render("s")), width)...)
	if len(lines) > height {
		return []string{"No electricity yet.", t.key.Render("enter") + ": name a meter"}
	}
	return lines
}

// coverage says how much of the window is known and, where there is room, what
// the values lie between, unless that is said in a line of its own, and where
// they come from.
func (t theme) coverage(m energyState, s view.Snapshot, width, height int) string {
	house, burned := m.data.HouseTotal, m.data.BurnedTotal
	if m.mapped() {
		house, burned = m.habits.HouseTotal, m.habits.BurnedTotal
	}
	sum := house
	if m.data.House == nil {
		sum = burned
	}
	if m.mapped() && !sum.Known && (m.data.HouseTotal.Known || m.data.BurnedTotal.Known) {
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
		said := fitting(width-ansi.StringWidth(press+shows), what+" in this window; ", what+" here; ", "")
		if said == "" {
			return fitting(width, t.key.Render(press)+t.faint.Render(shows), t.faint.Render(what))
		}
		return t.faint.Render(said) + t.key.Render(press) + t.faint.Render(shows)
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
	if known := burned.Covered.Hours() / per; m.data.House != nil && m.data.Burned != nil && math.Abs(known-covered) > passed/100 {
		words[0] += fmt.Sprintf(", of calories %s", grouped(known, decimals))
	}
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
	if m.mapped() {
		return t.faint.Render(ansi.Truncate(strings.Join(words, t.bar), width, t.ellipsis))
	}
	// What matters less comes in only where the rest leaves room.
	line := strings.Join(words, t.bar)
	room := func(text string) bool { return text != "" && ansi.StringWidth(line+t.bar+text) <= width }
	spread, idle, source := t.spread(m, width, height), idles(m, s), sourceName(m, s)
	if brief := strings.Replace(spread, " kWh", "", 1); idle != "" && m.data.Burned == nil && room(brief+t.bar+idle) && !room(spread+t.bar+idle) {
		spread = brief // the figures above say the unit
	}
	for _, part := range []*string{&spread, &idle, &source} {
		if !room(*part) {
			*part = ""
			continue
		}
		line += t.bar + *part
	}
	for _, text := range []string{idle, spread, source} {
		if text != "" {
			words = append(words, text)
		}
	}
	return t.faint.Render(ansi.Truncate(strings.Join(words, t.bar), width, t.ellipsis))
}

// idles says what the house needs when nobody does anything.
func idles(m energyState, s view.Snapshot) string {
	if e := s.Electricity; e != nil && e.IdleW != nil && m.source != view.Burned {
		return fmt.Sprintf("idles at %s W", grouped(*e.IdleW, 0))
	}
	return ""
}

// sourceName says where the house's energy is read.
func sourceName(m energyState, s view.Snapshot) string {
	if e := s.Electricity; e != nil && m.data.House != nil {
		return e.Source
	}
	return ""
}

// spread says between which values the first chart lies, in few words; "" where
// the summary says it.
func (t theme) spread(m energyState, width, height int) string {
	if height >= leastWithSummary {
		return ""
	}
	first := t.energyCharts(m, width, height)[0]
	s, count, whole, ok := first.InSight(width, first.rows).Spread()
	if !ok {
		return ""
	}
	unit := "kWh"
	if m.data.House == nil {
		unit = "kcal"
	}
	kind := ""
	if whole {
		kind = "whole "
	}
	if count == 1 {
		return fmt.Sprintf("one %s%s: %s %s", kind, m.window.Unit, roughly(s.Last), unit)
	}
	return fmt.Sprintf("%s%s%s %s, mean %s, last %s%s", roughly(s.Lowest), t.dash, roughly(s.Highest), unit, roughly(s.Mean), kind, roughly(s.Last))
}

// energySummary says in words what the charts show, in so many rows: a line
// each, or two for one.
func (t theme) energySummary(m energyState, width, height int) []string {
	formats := []func(float64) string{littleKWh, kcal}
	if m.data.House == nil {
		formats = formats[1:]
	}
	charts, rows := t.energyCharts(m, width, height), m.words(height).summary
	var lines []string
	for i, c := range charts {
		text := c.InSight(width, c.rows).Summary(formats[i])
		if rows > len(charts) {
			lines = append(lines, wrapped(text, width)...)
			continue
		}
		if ansi.StringWidth(text) > width {
			text, _, _ = strings.Cut(text, ";")
		}
		lines = append(lines, firstClauses(text, width))
	}
	for len(lines) < rows {
		lines = append(lines, "")
	}
	lines = lines[:rows]
	for i := range lines {
		lines[i] = t.faint.Render(ansi.Truncate(lines[i], width, t.ellipsis))
	}
	return lines
}
