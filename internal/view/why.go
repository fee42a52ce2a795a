package view

import (
	"context"
	"fmt"
	"time"

	"vitals/internal/health"
	"vitals/internal/timeline"
)

// Explanation says in words where a figure comes from.
type Explanation struct {
	Figure  string   // "trend"
	Value   string   // the figure, or why there is none
	Formula string   // with its numbers; "" where the figure was simply read
	From    []string // the readings behind it, the newest first
	LeftOut []string // what does not count, and why
	Gaps    []string // what is missing, or was estimated
	Source  string
}

// Topic is what figures are about.
type Topic uint8

// The topics.
const (
	AboutPerson Topic = iota
	AboutBody
	AboutEnergy
)

// Subject is what is to be explained: the figures of a topic, or one of its
// readings or buckets.
type Subject struct {
	Topic   Topic
	Reading *BodyReading  // of the body; nil for none
	At      time.Time     // the mean of the body, or the bucket of energy, that begins here; zero for none
	Unit    timeline.Unit // of the mean
	Window  Window        // of energy
	Source  EnergySource

	Units health.WeightUnit // chosen on the screen; "" for those of the preferences
}

// Why explains figures.
func (v *Viewer) Why(ctx context.Context, s Subject) ([]Explanation, error) {
	if s.Topic == AboutBody && s.Units != "" {
		chosen := *v
		chosen.Preferences.Units = s.Units
		v = &chosen
	}
	switch {
	case s.Topic == AboutPerson:
		return v.whyPerson(ctx, s.Units)
	case s.Topic == AboutBody && s.Reading != nil:
		return v.whyReading(ctx, *s.Reading)
	case s.Topic == AboutBody && !s.At.IsZero():
		return v.whyMean(ctx, s.At, s.Unit)
	case s.Topic == AboutBody:
		return v.whyBody(ctx)
	case !s.At.IsZero():
		return v.whyBucketAt(ctx, s.Window, s.Source, s.At)
	default:
		return v.whyEnergy(ctx, s.Window, s.Source)
	}
}

// longestList is how many readings of a kind an explanation lists.
const longestList = 31

// listed appends an item, or counts it where the list is long enough.
type listed struct {
	items []string
	more  int
}

func (l *listed) add(format string, args ...any) {
	if len(l.items) == longestList {
		l.more++
		return
	}
	l.items = append(l.items, fmt.Sprintf(format, args...))
}

func (l *listed) all() []string {
	if l.more > 0 {
		return append(l.items, fmt.Sprintf("and %d more", l.more))
	}
	return l.items
}

// whyPerson explains the figures of the profile.
func (v *Viewer) whyPerson(ctx context.Context, chosen health.WeightUnit) ([]Explanation, error) {
	s, err := v.Snapshot(ctx)
	if err != nil {
		return nil, err
	}
	history, err := v.bodyHistory(ctx)
	if err != nil {
		return nil, err
	}
	zone := Explanation{Figure: "zone of days, weeks and months", Value: s.AsOf.Location().String()}
	switch {
	case v.Preferences.Zone != nil:
		zone.Source = "time_zone of [display] in config.ini"
	case s.ZoneChosen:
		zone.Source = "the account's settings"
	default:
		zone.Source = "this machine, as neither the configuration nor the account names one"
	}
	units := Explanation{Figure: "unit of weights", Value: string(s.Units), Source: "nobody chose one"}
	switch {
	case chosen != "":
		units.Value, units.Source = string(chosen), "chosen with u"
	case v.Preferences.Units != "":
		units.Source = "units of [display] in config.ini"
	case s.Person.Settings.Units != "":
		units.Source = "the account's settings"
	}
	return []Explanation{history.whyHeight(health.DateOf(s.AsOf)), zone, units}, nil
}

func (h bodyHistory) whyHeight(on health.Date) Explanation {
	e := Explanation{Figure: "height", Value: "not known: the account has none, nor has height_cm of [display] in config.ini"}
	if metres := h.heightOn(on); metres > 0 {
		e.Value = health.FormatHeight(metres)
		e.Formula = "the newest height recorded by the date it is needed for, else the first after"
		e.Source = "the account, and imported files"
	}
	if len(h.heights) == 0 && h.fallbackM > 0 {
		e.Formula, e.Source = "", "height_cm of [display] in config.ini"
	}
	var from listed
	for i := len(h.heights) - 1; i >= 0; i-- {
		from.add("%s from %s on", health.FormatHeight(h.heights[i].Metres), sayDate(h.heights[i].At))
	}
	e.From = from.all()
	return e
}

func sayDate(t time.Time) string { return t.Format("2 Jan 2006") }

// sayTime is the date and, where it is known, the time of day of a weigh-in.
func sayTime(w health.Weighing) string {
	if w.DateOnly() {
		return w.At.Format("Mon 2 Jan 2006")
	}
	return w.At.Format("Mon 2 Jan 2006 15:04")
}

// exact is a weight as it was measured, and as it is shown where that is not in kg.
func exact(kg float64, units health.WeightUnit) string {
	text := fmt.Sprintf("%.2f kg", kg)
	if units == health.Pounds || units == health.Stone {
		text += " (" + units.Format(kg) + ")"
	}
	return text
}

// saySource names a source, and the kind of file it came through.
func saySource(s health.Source) string {
	name := s.Name
	if name == "" {
		name = "a source without a name"
	}
	if s.Via != "" {
		name += " (imported, " + s.Via + ")"
	}
	return name
}
