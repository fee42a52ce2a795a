package chart

import (
	"time"

	"vitals/internal/timeline"
)

// dateLabels is one way to label civil dates on an axis of instants.
type dateLabels struct {
	unit timeline.Unit // labels stand at the start of some of these
	days float64       // from label to label, on average
	room int           // columns that a label should have to itself

	first string // layout of the label of the first date, which may start no unit

	// label returns the label of the start of a unit, "" for none. A main one
	// marks the start of something longer and goes first.
	label func(start time.Time) (text string, main bool)
}

const (
	dayAndMonth = "2 Jan"

	monthDays = 365.2425 / 12
	yearDays  = 365.2425
)

// waysToDate lists the ways to label dates, the one with the most labels first.
func waysToDate() []dateLabels {
	ways := []dateLabels{
		{timeline.Day, 1, 10, dayAndMonth, dateLabel},
		{timeline.Week, 7, 10, dayAndMonth, dateLabel},
		{timeline.Day, monthDays / 2, 10, dayAndMonth, halfMonthLabel},
		{timeline.Month, monthDays, 8, dayAndMonth, dateLabel},
	}
	for _, every := range []int{1, 3, 6} {
		ways = append(ways, dateLabels{timeline.Month, monthDays * float64(every), 5, "", monthLabel(every)})
	}
	for _, every := range []int{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000} {
		ways = append(ways, dateLabels{timeline.Year, yearDays * float64(every), 6, "", yearLabel(every)})
	}
	return ways
}

// dateLabel labels a date. The first of a month goes before others.
func dateLabel(start time.Time) (string, bool) { return start.Format(dayAndMonth), start.Day() == 1 }

func halfMonthLabel(start time.Time) (string, bool) {
	if start.Day() != 1 && start.Day() != 15 {
		return "", false
	}
	return dateLabel(start)
}

// timeLabels labels civil dates of From's zone, as many as there is room for,
// and the first date if that leaves room.
func (l Lines) timeLabels(row labelRow, plot linePlot) {
	days := l.length() / (24 * 60 * 60)
	if !(days > 0) {
		return
	}
	columns := float64(len(row.taken) - row.left)
	for _, way := range waysToDate() {
		if way.days/days*columns >= float64(way.room) {
			l.placeDates(row, plot, way)
			break
		}
	}
}

func (l Lines) placeDates(row labelRow, plot linePlot, way dateLabels) {
	place := func(t time.Time, text string) {
		x, _ := plot.cell(spot{X: seconds(l.From, t)})
		row.place(x, text, row.styles.Axis)
	}
	for _, mainOnes := range []bool{true, false} {
		for t := way.unit.Next(l.From.Add(-1)); !t.After(l.To); t = way.unit.Next(t) {
			if text, main := way.label(t); main == mainOnes {
				place(t, text)
			}
		}
	}
	place(l.From, l.From.Format(way.first))
}
