package report

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	"vitals/internal/health"
	"vitals/internal/view"
)

// WriteText writes the figures of a snapshot for people and screen readers: a
// line a figure, words for what is not known, no drawing, nothing wider than a mail.
// Figures come first; what is wrong comes last, with the command that helps. Signs
// are what to print instead of those that are not ASCII, where that is wanted; nil
// for none.
func WriteText(w io.Writer, s view.Snapshot, signs func(string) string) error {
	var out strings.Builder
	line := func(name, format string, args ...any) {
		text := fmt.Sprintf(format, args...)
		if signs != nil { // before it is measured
			text = signs(text)
		}
		for _, part := range wrapped(text, columns-indent) {
			out.WriteString(strings.TrimRight(fmt.Sprintf("%-*s%s", indent, name, part), " ") + "\n")
			name = ""
		}
	}
	bodyText(line, s)
	if b := s.Burn; b != nil {
		line("Burned", "today %s, yesterday %s", plain(b.Today, 0, "kcal"), plain(b.Yesterday, 0, "kcal"))
	}
	electricityText(line, s)
	profileText(line, s)
	line("As of", "%s (%s)", s.AsOf.Format("2 Jan 2006 15:04"), s.AsOf.Location())
	if text := grantText(s); text != "" {
		line("Sign-in", "%s", text)
	}
	for _, p := range problems(s.Fetches) {
		line("Problem", "%s", p)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// grantText says what is to be done about the sign-in, "" for nothing. That
// Google refuses it is among the problems.
func grantText(s view.Snapshot) string {
	g := s.Grant
	switch {
	case g == nil || g.Refused:
		return ""
	case !g.Kept && !health.NewestSuccess(s.Fetches).IsZero():
		return "not connected, nothing new comes (vitals auth)"
	}
	warning := strings.TrimPrefix(g.Warning(s.AsOf), "sign-in ")
	switch {
	case warning == "":
		return ""
	case g.OfTesting():
		return warning + " (vitals auth; to make it last, publish the Google project)"
	default:
		return warning + " (vitals auth)"
	}
}

// problems names each problem once, with the data types that have it.
func problems(fetches []health.Fetch) []string {
	var texts []string
	types := map[string][]string{}
	for _, f := range fetches {
		if f.Error == "" {
			continue
		}
		if types[f.Error] == nil {
			texts = append(texts, f.Error)
		}
		types[f.Error] = append(types[f.Error], string(f.Type))
	}
	for i, text := range texts {
		who := strings.Join(types[text], ", ")
		if n := len(types[text]); n == len(fetches) && n > 1 {
			who = "all data"
		}
		if !strings.Contains(text, " – ") { // behind that stands what to do
			text += " – vitals doctor tells more"
		}
		texts[i] = who + ": " + text
	}
	return texts
}

type lineWriter func(name, format string, args ...any)

func profileText(line lineWriter, s view.Snapshot) {
	p := s.Person
	if p.Identity == (health.Identity{}) && p.Profile == (health.Profile{}) {
		if s.Grant != nil && s.Grant.Kept {
			line("Profile", "signed in, nothing fetched yet (vitals sync)")
		} else {
			line("Profile", "not signed in (vitals auth)")
		}
		return
	}
	facts := []string{}
	if p.Profile.Name != "" {
		facts = append(facts, p.Profile.Name)
	}
	if p.Profile.Age > 0 {
		facts = append(facts, fmt.Sprintf("%d years", p.Profile.Age))
	}
	if s.HeightM > 0 {
		facts = append(facts, health.FormatHeight(s.HeightM))
	}
	if since := p.Profile.MemberSince; !since.IsZero() {
		facts = append(facts, "Fitbit since "+since.String())
	}
	if len(facts) == 0 {
		facts = append(facts, "signed in, nothing known yet")
	}
	line("Profile", "%s", listed(facts, columns-indent))
	for _, d := range p.Devices {
		facts := []string{cmp.Or(d.Name, "without a name")}
		if d.Battery != "" {
			facts = append(facts, "battery "+strings.ToLower(d.Battery))
		}
		if !d.LastSync.IsZero() {
			facts = append(facts, "last seen "+d.LastSync.In(s.AsOf.Location()).Format("2 Jan 2006 15:04"))
		}
		line("Device", "%s", listed(facts, columns-indent))
	}
}

func bodyText(line lineWriter, s view.Snapshot) {
	b := s.Body
	if b == nil {
		if h := s.HeldBack; h != nil {
			line("Weight", "none that counts: %s on %s is held back, %s", s.Units.Format(h.KG), weighed(h.Weighing), h.Reason)
		} else {
			line("Weight", "no weigh-in yet")
		}
		return
	}
	source := ""
	if name := b.Weighing.Source.Name; name != "" {
		source = " (" + name + ")"
	}
	line("Weight", "%s on %s%s", s.Units.Format(b.Weighing.KG), weighed(b.Weighing), source)
	if h := s.HeldBack; h != nil {
		line("Held back", "%s on %s, %s", s.Units.Format(h.KG), weighed(h.Weighing), h.Reason)
	}
	if b.BMI != nil {
		line("BMI", "%.1f, %s", *b.BMI, health.BMIClass(*b.BMI))
	} else {
		line("BMI", "not known: no height on record (height_cm in config.ini)")
	}
	if b.Fat != nil {
		line("Body fat", "%.1f %%", *b.Fat)
	} else {
		line("Body fat", "none with this weigh-in")
	}
	line("Trend", "%s", s.Units.Format(b.TrendKG))
	if c := b.Trend; c != nil {
		line("Fat, lean", "%s", listed([]string{fmt.Sprintf("%s fat (%.1f %%)", s.Units.Format(c.FatKG), c.FatPercent()), s.Units.Format(c.LeanKG) + " lean by trend"}, columns-indent))
	}
	if b.Rate != nil {
		perKG, unit := s.Units.Scale()
		rate, stdErr := b.Rate.KGPerWeek()
		line("Rate", "%+.2f ± %.2f %s a week, %+.0f kcal a day", rate*perKG, stdErr*perKG, unit, b.Rate.KcalPerDay())
	} else {
		line("Rate", "too little data")
	}
	switch {
	case b.GoalDates != nil:
		line("Goal", "%s between %s and %s", s.Units.Format(*b.GoalKG), b.GoalDates[0], b.GoalDates[1])
	case b.GoalKG != nil:
		line("Goal", "%s, not in sight at this rate", s.Units.Format(*b.GoalKG))
	}
}

func electricityText(line lineWriter, s view.Snapshot) {
	e := s.Electricity
	if e == nil {
		if s.MeterNamed {
			line("Electricity", "nothing was read from the meter's database yet")
		} else {
			line("Electricity", "no meter (database under [energy] in config.ini)")
		}
		return
	}
	cost := ""
	if e.TodayCost != nil {
		cost = fmt.Sprintf(" (%.2f %s)", *e.TodayCost, e.Currency)
	}
	byNow := ""
	if e.YesterdayByNowKWh != nil {
		byNow = fmt.Sprintf(" (%.2f by now)", *e.YesterdayByNowKWh)
	}
	line("Electricity", "now %s, idles at %s", plain(e.NowW, 0, "W"), plain(e.IdleW, 0, "W"))
	line("", "today %s%s", plain(e.TodayKWh, 2, "kWh"), cost)
	line("", "yesterday %s%s", plain(e.YesterdayKWh, 2, "kWh"), byNow)
	if !e.LastReading.IsZero() {
		line("", "last reading %s", e.LastReading.Format("2 Jan 2006 15:04:05"))
	}
}

// plain is a figure with its unit, or a word where it is not known.
func plain(v *float64, decimals int, unit string) string {
	if v == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.*f %s", decimals, *v, unit)
}

// weighed says when a weigh-in was, without a time of day that nobody knows.
func weighed(w health.Weighing) string {
	if w.DateOnly() {
		return w.At.Format("2 Jan 2006")
	}
	return w.At.Format("2 Jan 2006 15:04")
}
