package tui

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"vitals/internal/health"
	"vitals/internal/terminal"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

// said is an error as a sentence, with its hint; what others said may be in it.
func said(err error) string { return terminal.Brief(health.WithHint(err)) }

// when says an instant as people do, next to now: "today 07:12", "Sat 07:12",
// "2 Mar 07:12", "2 Mar 2014". It is told in t's own zone.
func when(t, now time.Time) string {
	days := health.DateOf(now).Number() - health.DateOf(t).Number()
	switch {
	case days == 0:
		return t.Format("today 15:04")
	case days == 1:
		return t.Format("yesterday 15:04")
	case days > 1 && days < 7:
		return t.Format("Mon 15:04")
	case days < 300 && days > -60:
		return t.Format("2 Jan 15:04")
	default:
		return t.Format("2 Jan 2006")
	}
}

// whenWeighed is when for a weigh-in, without a time of day that nobody knows.
func whenWeighed(w health.Weighing, now time.Time) string {
	text := when(w.At, now)
	if w.DateOnly() {
		text = strings.TrimSuffix(text, w.At.Format(" 15:04"))
	}
	return text
}

// shortWhen is when for the header: only the time of day for today.
func shortWhen(t, now time.Time) string {
	return strings.TrimPrefix(when(t, now), "today ")
}

// edge says where a window begins or ends, as exactly as its buckets are; with
// the year where it is not that of the time that is told beside it.
func edge(t, now time.Time, year int, u timeline.Unit) string {
	with := ""
	if t.Year() != year {
		with = " 2006"
	}
	switch u {
	case timeline.Hour:
		if days := health.DateOf(now).Number() - health.DateOf(t).Number(); days >= 0 && days < 7 {
			return t.Format("Mon 15:04")
		}
		return t.Format("2 Jan" + with + " 15:04")
	case timeline.Day, timeline.Week:
		return t.Format("Mon 2 Jan" + with)
	case timeline.Month:
		return t.Format("Jan 2006")
	default:
		return t.Format("2006")
	}
}

// reachName says how far a window reaches.
func reachName(r view.Reach) string {
	switch r {
	case view.LastDay:
		return "24 h"
	case view.LastWeek:
		return "7 days"
	case view.LastMonth:
		return "30 days"
	case view.LastQuarter:
		return "90 days"
	case view.LastYear:
		return "12 months"
	case view.All:
		return "all"
	default:
		return "range"
	}
}

// windowTitles say what a window shows: "24 h: Sat 14:00 → now", or less where
// there is no room. One that is widened to whole buckets is no longer what its
// name says.
func (t theme) windowTitles(w view.Window, widened bool, from, to, now time.Time) []string {
	shown := t.stretch(w.Unit, from, to, now, w.FollowsNow())
	if widened {
		return []string{shown}
	}
	titles := []string{reachName(w.Reach) + ": " + shown, shown}
	if w.FollowsNow() {
		return append(titles, reachName(w.Reach))
	}
	return append(titles, edge(from, now, now.Year(), w.Unit)+" "+t.arrow)
}

// stretch says from where to where buckets of unit u go.
func (t theme) stretch(u timeline.Unit, from, to, now time.Time, followsNow bool) string {
	if u > timeline.Hour {
		to = to.Add(-1) // the last bucket shown, not the first one after it
	}
	begin, end := edge(from, now, to.Year(), u), edge(to, now, now.Year(), u)
	if followsNow {
		begin, end = edge(from, now, now.Year(), u), "now"
	}
	return begin + " " + t.arrow + " " + end
}

// kWh prints an energy with two decimals, from a thousand on without.
func kWh(v float64) string {
	if math.Abs(v) >= 1000 {
		return grouped(v, 0) + " kWh"
	}
	return grouped(v, 2) + " kWh"
}

// littleKWh is kWh for what may be an hour of something small, which is not 0.
func littleKWh(v float64) string {
	if math.Abs(v) < 0.0995 {
		return roughly(v) + " kWh"
	}
	return kWh(v)
}

func kcal(v float64) string { return fmt.Sprintf("%s kcal", grouped(v, 0)) }

// grouped prints a number with a comma between thousands.
func grouped(v float64, decimals int) string {
	text := fmt.Sprintf("%.*f", decimals, math.Abs(v))
	whole, fraction, _ := strings.Cut(text, ".")
	var b strings.Builder
	if v < 0 && strings.Trim(text, "0.") != "" {
		b.WriteByte('-')
	}
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if fraction != "" {
		b.WriteString("." + fraction)
	}
	return b.String()
}

// roughly prints a number with three digits or, from a thousand on, all of those
// before the point.
func roughly(v float64) string {
	switch size := math.Abs(v); {
	case size < 0.0995 && size > 0:
		return grouped(v, 4)
	case size < 9.995:
		return grouped(v, 2)
	case size < 99.95:
		return grouped(v, 1)
	default:
		return grouped(v, 0)
	}
}

// money prints an amount of a currency: "£1.27", "1.27 CHF".
func (t theme) money(amount float64, currency string) string {
	symbols := map[string]string{"GBP": "£", "EUR": "€", "USD": "$"}
	if symbol, ok := symbols[currency]; ok && (!t.chart.ASCII || currency == "USD") {
		return symbol + grouped(amount, 2)
	}
	return grouped(amount, 2) + " " + currency
}

// signed prints a number with its sign, two decimals.
func (t theme) signed(v float64) string {
	if math.Round(v*100) < 0 {
		return t.minus + fmt.Sprintf("%.2f", -v)
	}
	return fmt.Sprintf("+%.2f", math.Abs(v))
}

// firstClauses leaves out the last clauses of a sentence, as many as it takes
// to fit in width cells.
func firstClauses(text string, width int) string {
	for ansi.StringWidth(text) > width {
		i := strings.LastIndex(text, ", ")
		if i < 0 {
			break
		}
		text = text[:i]
	}
	return text
}
