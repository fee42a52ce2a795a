package tui

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"vitals/internal/timeline"
	"vitals/internal/view"
)

// figure is a part of the line of figures; parts with the highest drop go first
// where there is no room.
type figure struct {
	name   string
	values []string
	drop   int
}

// energyFigures is the line of figures: as many as there is room for.
func (t theme) energyFigures(m energyState, s view.Snapshot, width int) string {
	figures := t.figuresOfNow(m, s)
	sum := figure{name: reachName(m.window.Reach), drop: 2}
	house, burned, widened := m.data.HouseTotal, m.data.BurnedTotal, m.data.Widened
	if m.mapped() {
		house, burned, widened = m.habits.HouseTotal, m.habits.BurnedTotal, m.habits.Widened
	}
	if widened {
		sum.name = "shown"
	}
	if house.Known {
		sum.values = append(sum.values, kWh(house.Amount))
	}
	if burned.Known {
		sum.values = append(sum.values, kcal(burned.Amount))
	}
	figures = append(figures, sum)
	if m.overlaid() {
		for i := range figures[:len(figures)-1] { // the sum stays, which the difference is of
			figures[i].drop += len(figures)
		}
		figures = append(figures, t.difference(m))
	}
	for {
		line, last := "", -1
		for i, f := range figures {
			if len(f.values) == 0 {
				continue
			}
			if line != "" {
				line += "   "
			}
			line += f.name + " " + strings.Join(f.values, ", ")
			if last < 0 || f.drop > figures[last].drop {
				last = i
			}
		}
		if last < 0 || ansi.StringWidth(line) <= width {
			return line
		}
		if line == figures[last].name+" "+strings.Join(figures[last].values, ", ") { // the only one left
			return ansi.Truncate(line, width, t.ellipsis)
		}
		figures[last].values = nil
	}
}

// figuresOfNow are those of today and yesterday.
func (t theme) figuresOfNow(m energyState, s view.Snapshot) []figure {
	now, today := figure{name: "now"}, figure{name: "today", drop: 1}
	byNow, yesterday := figure{name: "yesterday by now", drop: 3}, figure{name: "yesterday", drop: 4}
	if e := s.Electricity; e != nil && m.source != view.Burned {
		switch {
		case e.NowW != nil:
			now.values = []string{t.figure.Render(grouped(*e.NowW, 0) + " W")}
		case !e.LastReading.IsZero():
			now.name, now.values = "last reading", []string{when(e.LastReading, s.AsOf)}
		}
		if e.TodayKWh != nil {
			text := t.figure.Render(kWh(*e.TodayKWh))
			if e.TodayCost != nil {
				text += " " + t.money(*e.TodayCost, e.Currency)
			}
			today.values = append(today.values, text)
		}
		if e.YesterdayByNowKWh != nil {
			byNow.values = []string{strings.TrimSuffix(kWh(*e.YesterdayByNowKWh), " kWh")}
		}
	}
	if b := s.Burn; b != nil && m.source != view.House {
		if b.Today != nil {
			today.values = append(today.values, t.figure.Render(kcal(*b.Today)))
		}
		if b.Yesterday != nil {
			yesterday.values = []string{kcal(*b.Yesterday)}
		}
	}
	return []figure{now, today, byNow, yesterday}
}

// difference is what was there a stride before, and by how much that changed.
func (t theme) difference(m energyState) figure {
	f := figure{name: strings.TrimPrefix(before(m.data.Stride), "the ")}
	add := func(c view.Compared, all view.Total, unit func(float64) string) {
		if !c.Known {
			return
		}
		text := unit(c.Before)
		if math.Abs(all.Amount-c.Own) > math.Abs(all.Amount)/100 { // only a part of the window has a counterpart
			text += " " + t.arrow + " " + unit(c.Own) + " where both are known"
		}
		if c.GapsDiffer() {
			text += " (gaps differ)"
		} else if percent, ok := c.Change(); ok {
			text += " " + t.strong.Render(t.percent(percent))
		}
		f.values = append(f.values, text)
	}
	add(m.data.HouseCompared, m.data.HouseTotal, kWh)
	add(m.data.BurnedCompared, m.data.BurnedTotal, kcal)
	if f.values == nil {
		f.values = []string{"no data"}
	}
	return f
}

// percent prints a change with its sign, without decimals.
func (t theme) percent(v float64) string {
	switch n := math.Round(v); {
	case n < 0:
		return t.minus + grouped(-n, 0) + " %"
	case n > 0:
		return "+" + grouped(n, 0) + " %"
	default:
		return "0 %"
	}
}

// before names what a window is compared with: "the week before".
func before(s view.Stride) string {
	if s.N == 1 {
		return "the " + s.Of.String() + " before"
	}
	return fmt.Sprintf("%d %ss before", s.N, s.Of)
}

// energyReading says the bucket under the cursor exactly, as far as there is
// room: a line for each source, and another for what it is compared with.
func (t theme) energyReading(m energyState, s view.Snapshot, width int, withBefore bool) []string {
	start := m.buckets()[m.cursor].Start
	label := m.window.Unit.Label(start)
	if width < ansi.StringWidth(label)+roomBesideLabel {
		label = edge(start, s.AsOf, s.AsOf.Year(), m.window.Unit)
	}
	blank := strings.Repeat(" ", ansi.StringWidth(label))
	label = t.strong.Render(label)
	var lines []string
	add := func(forms ...string) {
		least := forms[len(forms)-1]
		for i, form := range forms {
			forms[i] = label + "  " + form
		}
		label = blank
		lines = append(lines, fitting(width, append(forms, least)...))
	}
	before := func(own timeline.Bucket, all []timeline.Bucket, unit func(float64) string) {
		if !withBefore {
			return
		}
		text := ""
		if all != nil {
			text = t.readingBefore(m, own, all[m.cursor], unit, width)
		}
		lines = append(lines, text)
	}
	if m.data.House != nil {
		exactly := func(v float64) string { return grouped(v, 3) + " kWh" }
		b := m.data.House[m.cursor]
		if b.Status == timeline.Empty {
			add("no data")
		} else {
			value, mean, full := exactly(b.Amount), fmt.Sprintf("  mean %s W", grouped(b.Amount*1000/b.Covered.Hours(), 0)), "  "+howFull(b)
			cost := ""
			if c := m.data.Costs[m.cursor]; c.Known && s.Electricity != nil {
				cost = "  " + t.money(c.Amount, s.Electricity.Currency)
			}
			add(value+mean+cost+full, value+cost+full, value+full, value+"  "+b.Status.String(), value)
		}
		before(b, m.data.HouseBefore, exactly)
	}
	if m.data.Burned != nil {
		b := m.data.Burned[m.cursor]
		if b.Status == timeline.Empty {
			add("no calories")
		} else {
			add(kcal(b.Amount)+"  "+howFull(b), kcal(b.Amount)+"  "+b.Status.String(), kcal(b.Amount))
		}
		before(b, m.data.BurnedBefore, kcal)
	}
	return lines
}

// roomBesideLabel is what the words beside a bucket's whole label need.
const roomBesideLabel = 40

// readingBefore says the counterpart of the bucket under the cursor: its value,
// by how much the bucket differs from that and, where there is room, its own
// dates and how well it is known.
func (t theme) readingBefore(m energyState, own, b timeline.Bucket, unit func(float64) string, width int) string {
	name := before(m.data.Stride) + ": "
	switch {
	case b.Start.IsZero():
		return t.faint.Render(name + t.dash)
	case b.Status == timeline.Empty:
		return t.faint.Render(name + "no data  " + t.dates(b, m.window.Unit))
	}
	value := unit(b.Amount)
	pair := view.CompareBuckets(own, b)
	if percent, ok := pair.Change(); ok && !pair.GapsDiffer() {
		value += " " + t.percent(percent)
	}
	dates := name + value + "  " + t.dates(b, m.window.Unit)
	return t.faint.Render(fitting(width, dates+"  "+howFull(b), dates, name+value))
}

// dates says which stretch a counterpart is; of one that was cut, where it ends.
// An hour that came twice is compared with as the mean of both.
func (t theme) dates(b timeline.Bucket, u timeline.Unit) string {
	text := u.Label(b.Start)
	if u == timeline.Hour && len(timeline.Instants(b.Start, b.Start.Location())) > 1 {
		text += ", mean of both"
	}
	switch whole := u.Next(b.Start).Equal(b.End); {
	case whole:
	case u <= timeline.Day:
		text += " until " + b.End.Format("15:04")
	default:
		text += " until " + b.End.Format("2 Jan 15:04")
	}
	return text
}

// howFull says how well a bucket is known.
func howFull(b timeline.Bucket) string {
	if b.Status == timeline.Full {
		return b.Status.String()
	}
	part := b.Covered
	if b.Status == timeline.Estimated {
		part = b.Estimated
	}
	tenths := func(d time.Duration) float64 { return math.Round(d.Hours()*10) / 10 }
	return fmt.Sprintf("%s: %g of %g h", b.Status, tenths(part), tenths(b.Length()))
}
