package report

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"vitals/internal/health"
	"vitals/internal/view"
)

// WriteLine writes one line for a status bar, of at most 60 columns of ASCII: what
// is known, as far as there is room. A figure that is not of now says of when it is.
// There is no text from outside in it: tmux would take some for a command.
func WriteLine(w io.Writer, s view.Snapshot) error {
	var parts []string
	add := func(format string, args ...any) { parts = append(parts, fmt.Sprintf(format, args...)) }
	if b := s.Body; b != nil {
		on := ""
		if days := health.DateOf(s.AsOf).Number() - b.Weighing.Date().Number(); days > 7 {
			on = b.Weighing.At.Format(" on 2 Jan")
			if days > 300 {
				on = b.Weighing.At.Format(" on 2 Jan 2006")
			}
		}
		add("%s%s", s.Units.Format(b.Weighing.KG), on)
	}
	if e := s.Electricity; e != nil {
		switch {
		case e.NowW != nil:
			add("%.0f W", *e.NowW)
			if e.TodayKWh != nil {
				add("%.2f kWh today", *e.TodayKWh)
			}
		case e.TodayKWh != nil:
			add("%.2f kWh until %s", *e.TodayKWh, e.LastReading.Format("15:04"))
		case !e.LastReading.IsZero():
			add("meter silent since %s", e.LastReading.Format("2 Jan"))
		}
	}
	if b := s.Burn; b != nil && b.Today != nil {
		add("%.0f kcal %s", *b.Today, burnedUntil(s))
	}
	warning := lineWarning(s)
	parts = append(parts, warning...)
	for len(parts) > 0 && len(strings.Join(parts, between)) > columns {
		at := max(0, len(parts)-1-len(warning)) // the warning stays
		parts = slices.Delete(parts, at, at+1)
	}
	if len(parts) == 0 {
		parts = []string{"no data yet"}
	}
	_, err := fmt.Fprintln(w, strings.Join(parts, between))
	return err
}

const between = " | "

// burnedUntil says of when today's kcal are: an account is asked every hour or more
// often, by a dashboard or by cron.
func burnedUntil(s view.Snapshot) string {
	const late = 2 * time.Hour
	for _, f := range s.Fetches {
		if f.Type == health.TypeCalories && !f.LastSuccess.IsZero() && s.AsOf.Sub(f.LastSuccess) > late {
			return "until " + f.LastSuccess.In(s.AsOf.Location()).Format("15:04")
		}
	}
	return "today"
}

// lineWarning says that nothing new comes, or soon will not; it is one text or none.
func lineWarning(s view.Snapshot) []string {
	switch g := s.Grant; {
	case g == nil:
	case !g.Kept && !health.NewestSuccess(s.Fetches).IsZero():
		return []string{"signed out"}
	case g.Warning(s.AsOf) != "":
		return []string{g.Warning(s.AsOf)}
	}
	return nil
}
