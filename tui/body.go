package tui

import (
	"fmt"
	"math"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"vitals/chart"
	"vitals/internal/health"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

// bodyLeast is the least the body pane shows, whatever key is pressed.
const bodyLeast = view.LastMonth

// bodyNotes are the notes for the top edge of the body pane: the window.
func (t theme) bodyNotes(m bodyState, s view.Snapshot) []string {
	widened := m.window.Widened(s.AsOf, m.line.Data)
	if m.window.FollowsNow() && !widened {
		return []string{reachName(m.window.Reach)}
	}
	return t.windowTitles(m.window, widened, m.line.From, m.line.To, s.AsOf)
}

// bodyTitle is the title of the body pane in at most width cells. Where there
// are no rows for a summary, it tells between which weights the chart lies.
func (t theme) bodyTitle(m bodyState, s view.Snapshot, width, height int) string {
	const title = "Body"
	by := ""
	if m.line.Unit > timeline.Day {
		by = t.bar + "means by " + m.line.Unit.String()
	}
	spread, ok := t.bodyChart(m, s).Spread()
	if !ok || m.cursor >= 0 || height >= leastBodySummary {
		return fitting(width, title+by, title)
	}
	perKG, _ := s.Units.Scale()
	weight := func(v float64) string { return s.Units.Format(v / perKG) }
	lowest := weight(spread.Lowest)
	if s.Units != health.Stone {
		lowest, _, _ = strings.Cut(lowest, " ")
	}
	between := title + by + t.bar + lowest + t.dash + weight(spread.Highest)
	return fitting(width, between+", mean "+weight(spread.Mean), between, title+by, title)
}

// leastBodySummary is how many rows the body pane has from which on a summary
// stands below its chart.
const leastBodySummary = 12

// bodyLines draws the body pane inside its frame.
func (t theme) bodyLines(m bodyState, s view.Snapshot, width, height int) []string {
	if s.Body == nil && s.HeldBack == nil {
		if s.Person.Identity == (health.Identity{}) {
			return t.signInAdvice(s, "No weigh-ins yet.", width)
		}
		return wrapped("No weigh-ins yet. They appear here after the next one on the scale.", width)
	}
	var lines []string
	if s.Body != nil {
		lines = t.bodyFigures(s, width)
	} else {
		lines = wrapped("No weigh-in counts yet.", width)
	}
	if s.HeldBack != nil {
		lines = append(lines, t.heldBack(*s.HeldBack, s, width, m.cursor >= 0))
	}
	if len(m.line.Points) == 0 && !m.line.Data.First.IsZero() {
		lines = append(lines, fitting(width, "No weigh-in in this window: in this pane G shows the newest there is.", "None in this window: G shows the newest."))
	}
	summarised := height >= leastBodySummary
	if m.cursor >= 0 { // what is under it stays first, then the chart
		const chartFirst, chartNext = 2, 5 // rows
		summarised = height >= 1+1+chartFirst
		lines = lines[:min(len(lines), max(0, height-2-chartNext))]
	}
	rows := height - len(lines)
	if summarised {
		rows--
	}
	if m.cursor >= 0 {
		rows--
	}
	picture := t.bodyChart(m, s)
	if rows > 0 {
		lines = append(lines, strings.Split(picture.Draw(width, rows), "\n")...)
	}
	if summarised {
		perKG, _ := s.Units.Scale()
		summary := picture.Summary(func(v float64) string { return s.Units.Format(v / perKG) })
		lines = append(lines, t.faint.Render(ansi.Truncate(firstClauses(summary, width), width, t.ellipsis)))
	}
	if m.cursor >= 0 {
		lines = append(lines, t.bodyReading(m, s, width))
	}
	return lines
}

// heldBack says that the newest weigh-in does not count, and which key helps.
func (t theme) heldBack(j health.Judged, s view.Snapshot, width int, zoomed bool) string {
	what := s.Units.Format(j.KG) + " " + whenWeighed(j.Weighing, s.AsOf) + " held back"
	press := ": enter, x takes it in"
	if zoomed {
		press = ": x takes it in"
	}
	return t.problem.Render(fitting(width, what+", "+string(j.Reason)+press, what+press, what))
}

// bodyFigures are two columns of figures, or one where two do not fit.
func (t theme) bodyFigures(s view.Snapshot, width int) []string {
	b := s.Body
	weight := t.figure.Render(s.Units.Format(b.Weighing.KG))
	bmi, fat := "BMI "+t.unknown(), "fat "+t.unknown()
	if b.BMI != nil {
		bmi = fmt.Sprintf("BMI %.1f %s", *b.BMI, health.BMIClass(*b.BMI))
	}
	if b.Fat != nil {
		fat = fmt.Sprintf("fat %.1f %%", *b.Fat)
	}
	source := b.Weighing.Source.Name + ", " + whenWeighed(b.Weighing, s.AsOf)
	trend := "trend " + s.Units.Format(b.TrendKG)
	rate := "rate: too little data"
	if b.Rate != nil {
		perKG, unit := s.Units.Scale()
		perWeek, stdErr := b.Rate.KGPerWeek()
		rate = fmt.Sprintf("%s %s %.2f %s/week", t.signed(perWeek*perKG), t.plusMinus, stdErr*perKG, unit)
	}
	goal := t.goal(s)
	const widest = 28
	column := min(widest, width-max(ansi.StringWidth(trend), ansi.StringWidth(goal)))
	column = max(column, ansi.StringWidth(source)+2, ansi.StringWidth(rate)+2)
	pair := func(left, right string) string {
		if right == "" {
			return left
		}
		return fit(left, column) + right
	}
	first := strings.Join([]string{weight, bmi, fat}, "   ")
	if c := b.Trend; c != nil { // where there is room
		parts := fmt.Sprintf("   by trend %s fat, %s lean", s.Units.Format(c.FatKG), s.Units.Format(c.LeanKG))
		first = fitting(width, first+parts, first)
	}
	lines := []string{first, pair(source, trend), pair(rate, goal)}
	for _, line := range lines {
		if ansi.StringWidth(line) > width {
			return packed(width, weight, bmi, fat, trend, rate, source, goal)
		}
	}
	return lines
}

// packed sets texts side by side, as many in each line of width cells as fit.
func packed(width int, texts ...string) []string {
	var lines []string
	for _, text := range texts {
		last := len(lines) - 1
		switch {
		case text == "":
		case last >= 0 && ansi.StringWidth(lines[last])+2+ansi.StringWidth(text) <= width:
			lines[last] += "  " + text
		default:
			lines = append(lines, text)
		}
	}
	return lines
}

// unknown stands for a figure that is not known.
func (t theme) unknown() string {
	if t.chart.ASCII {
		return "-"
	}
	return "–"
}

func (t theme) goal(s view.Snapshot) string {
	if s.Body.GoalKG == nil {
		return ""
	}
	goal := strings.Replace(s.Units.Format(*s.Body.GoalKG), ".0 ", " ", 1)
	if s.Body.GoalDates == nil {
		return "goal " + goal
	}
	return goal + ": " + t.between(s.Body.GoalDates[0], s.Body.GoalDates[1])
}

// between says a range of dates by the month: "Feb–Mar 2027".
func (t theme) between(early, late health.Date) string {
	dash := "–"
	if t.chart.ASCII {
		dash = "-"
	}
	from, to := early.Month.String()[:3], late.Month.String()[:3]
	switch {
	case early.Year != late.Year:
		return fmt.Sprintf("%s %d%s%s %d", from, early.Year, dash, to, late.Year)
	case early.Month != late.Month:
		return fmt.Sprintf("%s%s%s %d", from, dash, to, late.Year)
	case early.Day != late.Day:
		return fmt.Sprintf("%d%s%d %s %d", early.Day, dash, late.Day, to, late.Year)
	default:
		return fmt.Sprintf("%d %s %d", late.Day, to, late.Year)
	}
}

// bodyChart is the weight as dots and its trend as a line, in the small unit
// people read weights in; its axis tells the unit where that is not kg.
func (t theme) bodyChart(m bodyState, s view.Snapshot) chart.Lines {
	perKG, _ := s.Units.Scale()
	picture := chart.Lines{Look: t.chart, From: m.line.From, To: m.line.To, Cursor: m.cursor,
		Format: func(v float64) string { return axisWeight(s.Units, v) }}
	for _, p := range m.line.Points {
		picture.Readings = append(picture.Readings, chart.Point{Time: p.At, Value: p.KG * perKG, Hollow: !p.Counts()})
	}
	for _, stretch := range m.line.Trend {
		for _, p := range stretch {
			picture.Trend = append(picture.Trend, chart.Point{Time: p.At, Value: p.KG * perKG})
		}
		picture.Trend = append(picture.Trend, chart.Point{Value: math.NaN()})
	}
	if s.Body != nil && s.Body.GoalKG != nil {
		picture.Rule = *s.Body.GoalKG * perKG
	}
	return picture
}

// axisWeight writes a number of kg, or of pounds, for an axis: "71", "157 lb",
// "11st 3".
func axisWeight(u health.WeightUnit, v float64) string {
	const stone = 14 // pounds
	switch {
	case u == health.Stone && v >= 0:
		return fmt.Sprintf("%dst %.3g", int(v)/stone, math.Mod(v, stone))
	case u == health.Kilograms:
		return fmt.Sprintf("%.4g", v)
	default:
		return fmt.Sprintf("%.4g lb", v)
	}
}

// left says why a reading does not count.
func left(r view.BodyReading) string {
	if r.Verdict == health.LeftOut {
		return "left out by you"
	}
	return "held back: " + string(r.Reason)
}

// bodyReading says the weigh-in, or the mean of a bucket, under the cursor.
func (t theme) bodyReading(m bodyState, s view.Snapshot, width int) string {
	p := m.line.Points[m.cursor]
	at := m.line.Unit.Label(p.At.In(s.AsOf.Location()))
	if m.line.Unit <= timeline.Day {
		at = p.At.Format("Mon 2 Jan 2006 15:04")
		if r := p.Reading; r.Weighing != nil && r.Weighing.DateOnly() {
			at = p.At.Format("Mon 2 Jan 2006")
		}
	}
	weight, verdict, trend := s.Units.Format(p.KG), "", ""
	if p.Reading == nil {
		weight = "mean " + weight
	}
	switch {
	case !p.Counts():
		verdict = "   " + left(*p.Reading)
	case p.TrendKG > 0:
		trend = "   trend " + s.Units.Format(p.TrendKG)
	}
	const apart = "   "
	short, _, _ := strings.Cut(verdict, ":")
	return fitting(width, t.strong.Render(at)+apart+weight+verdict+trend, t.strong.Render(at)+apart+weight+short,
		p.At.Format("2 Jan 2006")+" "+weight+short, weight)
}
