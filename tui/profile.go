package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/charmbracelet/x/ansi"

	"vitals/internal/health"
	"vitals/internal/terminal"
	"vitals/internal/view"
)

// profileLines says who somebody is, in lines of width cells.
func (t theme) profileLines(s view.Snapshot, width int) []string {
	p := s.Person
	if p.Identity == (health.Identity{}) && p.Profile == (health.Profile{}) {
		return append(t.signInAdvice(s, "Not signed in.", width), zoneLine(s, width))
	}
	var facts []string
	if p.Profile.Age > 0 {
		facts = append(facts, fmt.Sprintf("%d y", p.Profile.Age))
	}
	if s.HeightM > 0 {
		facts = append(facts, health.FormatHeight(s.HeightM))
	}
	about := strings.Join(facts, " ")
	name := t.strong.Render(p.Profile.Name)
	var lines []string
	switch {
	case p.Profile.Name == "":
		lines = append(lines, about)
	case ansi.StringWidth(name)+1+ansi.StringWidth(about) <= width:
		lines = append(lines, name+" "+about)
	default:
		lines = append(lines, name, about)
	}
	if since := p.Profile.MemberSince; !since.IsZero() {
		lines = append(lines, fitting(width,
			fmt.Sprintf("Fitbit since %d %s %d", since.Day, since.Month, since.Year),
			fmt.Sprintf("Fitbit since %d", since.Year)))
	}
	lines = append(lines, zoneLine(s, width))
	for _, d := range p.Devices {
		lines = append(lines, deviceLine(d, s.AsOf, width))
	}
	return lines
}

// zoneLine names the zone of the days shown, and says so when nobody chose it.
func zoneLine(s view.Snapshot, width int) string {
	zone := terminal.Clean(s.AsOf.Location().String())
	if s.ZoneChosen {
		return zone
	}
	return fitting(width, zone+" (this machine's; time_zone sets it)", zone+" (machine's)", zone)
}

func deviceLine(d health.Device, now time.Time, width int) string {
	if d.Battery == "" {
		return d.Name
	}
	battery := strings.ToLower(d.Battery)
	texts := []string{d.Name + " battery " + battery, d.Name + " " + battery}
	if !d.LastSync.IsZero() {
		seen := ", seen " + when(d.LastSync.In(now.Location()), now)
		texts = append([]string{texts[0] + seen}, texts...)
	}
	return fitting(width, texts...)
}

// fitting returns the first text that fits in width cells, else the last.
func fitting(width int, texts ...string) string {
	for _, text := range texts {
		if ansi.StringWidth(text) <= width {
			return text
		}
	}
	return texts[len(texts)-1]
}

// signInAdvice is what an empty pane says about the account.
func (t theme) signInAdvice(s view.Snapshot, what string, width int) []string {
	if s.Grant != nil && s.Grant.Kept {
		return wrapped("Signed in, and nothing came yet.", width)
	}
	return append(wrapped(what, width), fitting(width,
		"Press "+t.key.Render("a")+" to connect Google.", t.key.Render("a")+": connect Google"))
}

// wrapped breaks a sentence into lines of at most width cells.
func wrapped(text string, width int) []string {
	var lines []string
	line := ""
	for _, word := range strings.Fields(text) {
		switch {
		case line == "":
			line = word
		case ansi.StringWidth(line)+1+ansi.StringWidth(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}
