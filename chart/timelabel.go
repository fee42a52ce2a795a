package chart

import (
	"fmt"
	"strconv"
	"time"

	"charm.land/lipgloss/v2"

	"vitals/internal/timeline"
)

// labelRow is a row of labels that never touch.
type labelRow struct {
	*picture
	left, y int
	taken   []bool // the columns of the picture that hold a label
}

func newLabelRow(p *picture, left, y int) labelRow {
	return labelRow{p, left, y, make([]bool, p.cells.Width())}
}

// place writes text from column x on if there is room.
func (r labelRow) place(x int, text string, style lipgloss.Style) {
	end := x + len([]rune(text))
	if x < r.left || end > len(r.taken) {
		return
	}
	for _, taken := range r.taken[max(x-1, r.left):min(end+1, len(r.taken))] {
		if taken {
			return
		}
	}
	r.text(x, r.y, text, style)
	for i := x; i < end; i++ {
		r.taken[i] = true
	}
}

// bucketLabels is one way to label buckets.
type bucketLabels struct {
	every int // buckets from label to label, at least
	room  int // columns that a label should have to itself

	// label returns the label of a bucket, "" for none. A main one marks the
	// start of something longer and goes first.
	label func(start time.Time) (text string, main bool)
}

// timeLabels labels buckets of unit u on civil boundaries of their own zone: as
// many of them as there is room for.
func timeLabels(row labelRow, u timeline.Unit, buckets []timeline.Bucket, c columns) {
	ways := waysToLabel(u, c.end-c.first)
	way := ways[len(ways)-1]
	for _, w := range ways {
		if w.every*c.pitch >= w.room {
			way = w
			break
		}
	}
	for _, mainOnes := range []bool{true, false} {
		for i := c.first; i < c.end; i++ {
			if text, main := way.label(buckets[i].Start); main == mainOnes {
				row.place(c.column(i), text, row.styles.Axis)
			}
		}
	}
}

// waysToLabel lists the ways to label n buckets of a unit, the one with the
// most labels first.
func waysToLabel(u timeline.Unit, n int) []bucketLabels {
	var ways []bucketLabels
	switch u {
	case timeline.Hour:
		for _, every := range []int{1, 2, 3, 4, 6, 12, 24} {
			ways = append(ways, bucketLabels{every, 5, hourLabel(every)})
		}
	case timeline.Day:
		if n <= 14 {
			return []bucketLabels{{1, 8, weekdayLabel("Mon 2")}, {1, 4, weekdayLabel("Mon")}, {7, 4, mondayLabel}}
		}
		for _, every := range []int{1, 2, 5, 10, 15} {
			ways = append(ways, bucketLabels{every, 5, dayLabel(every)})
		}
		ways = append(ways, bucketLabels{28, 4, dayLabel(32)})
	case timeline.Week:
		ways = []bucketLabels{{1, 5, weekLabel}, {4, 4, weekMonthLabel(1)}, {13, 4, weekMonthLabel(3)}}
	case timeline.Month:
		for _, every := range []int{1, 3, 6, 12} {
			ways = append(ways, bucketLabels{every, 5, monthLabel(every)})
		}
	case timeline.Year:
		for _, every := range []int{1, 2, 5, 10, 20, 50, 100} {
			ways = append(ways, bucketLabels{every, 6, yearLabel(every)})
		}
	}
	return ways
}

func hourLabel(every int) func(time.Time) (string, bool) {
	return func(start time.Time) (string, bool) {
		switch {
		case beginsDate(start):
			return start.Format("Mon"), true
		case start.Hour()%every == 0:
			return start.Format("15"), false
		}
		return "", false
	}
}

// beginsDate says whether t is the first instant of its local date.
func beginsDate(t time.Time) bool {
	date := func(t time.Time) int { return t.Year()*1000 + t.YearDay() }
	return date(t) > date(t.Add(-1))
}

func weekdayLabel(layout string) func(time.Time) (string, bool) {
	return func(start time.Time) (string, bool) { return start.Format(layout), false }
}

func mondayLabel(start time.Time) (string, bool) {
	if start.Weekday() != time.Monday {
		return "", false
	}
	return "Mon", false
}

func dayLabel(every int) func(time.Time) (string, bool) {
	return func(start time.Time) (string, bool) {
		day := start.Day()
		switch {
		case day == 1:
			return start.Format("Jan"), true
		case every == 2 && day%2 == 1, every != 2 && day%every == 0:
			return strconv.Itoa(day), false
		}
		return "", false
	}
}

func weekLabel(start time.Time) (string, bool) {
	_, week := start.ISOWeek()
	return fmt.Sprintf("W%02d", week), false
}

// weekMonthLabel labels the weeks of each month's first Monday.
func weekMonthLabel(every int) func(time.Time) (string, bool) {
	return func(start time.Time) (string, bool) {
		if monday := timeline.Week.Start(start); monday.Day() <= 7 {
			return monthLabel(every)(monday)
		}
		return "", false
	}
}

func monthLabel(every int) func(time.Time) (string, bool) {
	return func(start time.Time) (string, bool) {
		switch {
		case start.Month() == time.January:
			return start.Format("2006"), true
		case (start.Month()-1)%time.Month(every) == 0:
			return start.Format("Jan"), false
		}
		return "", false
	}
}

func yearLabel(every int) func(time.Time) (string, bool) {
	return func(start time.Time) (string, bool) {
		if start.Year()%every == 0 {
			return start.Format("2006"), false
		}
		return "", false
	}
}
