package tui

import (
	"fmt"
	"strings"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/x/ansi"

	"vitals/internal/health"
	"vitals/internal/view"
)

// header is the top line: who, and how fresh the data is.
func (m *Model) header(l layout) string {
	t, s := m.theme, m.snapshot
	const around = 3 // blanks: two before and one after
	short := " " + t.strong.Render("vitals")
	left := short
	if owner := s.Person.Profile.Name; owner != "" {
		left += t.bar + owner
	}
	if m.Note != "" {
		left += t.bar + m.Note
	}
	switch {
	case l.arrangement == tabbed && !m.zoomed:
		left, short = " "+m.tabs(), " "+m.tab(m.focus)
	case m.zoomed && l.panes[m.focus].height < leastFramed: // nothing else names it
		left, short = " "+m.tab(m.focus), " "+m.tab(m.focus)
	}
	clock := t.signInClock(s)
	needed := ansi.StringWidth(left)
	if clock.drop == 0 {
		needed += around + ansi.StringWidth(clock.forms[len(clock.forms)-1])
	}
	if needed > l.width {
		left = short
	}
	parts := []headerPart{clock, t.accountFreshness(s, m.account.Doing != ""), t.meterFreshness(s)}
	right := t.headerParts(parts, l.width-ansi.StringWidth(left)-around)
	return spread(left, right+" ", l.width)
}

// tabs names the panes of a screen that has room for one.
func (m *Model) tabs() string {
	var shown []string
	for _, p := range [...]pane{energyPane, profilePane, bodyPane} {
		shown = append(shown, m.tab(p))
	}
	return strings.TrimRight(strings.Join(shown, ""), " ")
}

func (m *Model) tab(p pane) string {
	name := [...]string{energyPane: "Energy", bodyPane: "Body", profilePane: "Profile"}[p]
	if p == m.focus {
		return m.theme.focusedTitle.Render("[" + name + "]")
	}
	return " " + name + " "
}

// headerPart is a part of the header's right side: the longest form of it
// first. The one with the highest drop is shortened, and at last left out, where
// there is no room.
type headerPart struct {
	forms []string
	drop  int
	style lipgloss.Style
}

// headerParts sets parts side by side in at most width cells.
func (t theme) headerParts(parts []headerPart, width int) string {
	for {
		var shown []string
		last := -1
		for i, p := range parts {
			if len(p.forms) == 0 {
				continue
			}
			shown = append(shown, p.style.Render(p.forms[0]))
			if last < 0 || p.drop > parts[last].drop {
				last = i
			}
		}
		line := strings.Join(shown, t.faint.Render(t.bar))
		if last < 0 || ansi.StringWidth(line) <= width {
			return line
		}
		parts[last].forms = parts[last].forms[1:]
	}
}

// signInClock says since when somebody is signed in, or until when, or that
// nobody is any more. What asks for something to be done is never left out for
// something else.
func (t theme) signInClock(s view.Snapshot) headerPart {
	calm := func(forms ...string) headerPart { return headerPart{forms, 3, t.faint} }
	urgent := func(forms ...string) headerPart { return headerPart{forms, 0, t.problem.Bold(true)} }
	g := s.Grant
	if g == nil || !g.Kept && health.NewestSuccess(s.Fetches).IsZero() {
		return calm()
	}
	if !g.Kept {
		return urgent("not connected")
	}
	ends := g.ExpiresAt.In(s.AsOf.Location())
	days, ending := g.DaysLeft(s.AsOf)
	switch warning := g.Warning(s.AsOf); {
	case warning != "" && !g.Ended(s.AsOf):
		return urgent(warning+ends.Format(" 15:04"), warning)
	case warning != "":
		return urgent(warning)
	case ending:
		return calm(fmt.Sprintf("sign-in ends %s (%d days)", dayOf(ends, s.AsOf, "Mon 2 Jan"), days), "sign-in ends "+dayOf(ends, s.AsOf, "2 Jan"))
	case g.SignedInAt.IsZero():
		return calm()
	default:
		return calm("signed in " + dayOf(g.SignedInAt.In(s.AsOf.Location()), s.AsOf, "2 Jan"))
	}
}

// accountFreshness says when the account's data was last fetched, and which is
// less new than the rest.
func (t theme) accountFreshness(s view.Snapshot, fetching bool) headerPart {
	p := headerPart{drop: 1, style: t.faint}
	newest := health.NewestSuccess(s.Fetches)
	if newest.IsZero() {
		return p
	}
	text := "Google " + shortWhen(newest.In(s.AsOf.Location()), s.AsOf)
	switch behind := view.Behind(s.Fetches, fetching); {
	case len(behind) == 1 && behind[0].LastSuccess.IsZero():
		p.forms = append(p.forms, text+", no "+spoken(behind[0].Type))
	case len(behind) == 1:
		p.forms = append(p.forms, text+", "+spoken(behind[0].Type)+" "+sinceWhen(behind[0].LastSuccess.In(s.AsOf.Location()), s.AsOf))
	case len(behind) > 1:
		p.forms = append(p.forms, fmt.Sprintf("%s, %d types older", text, len(behind)))
	}
	p.forms = append(p.forms, text)
	return p
}

func (t theme) meterFreshness(s view.Snapshot) headerPart {
	p := headerPart{drop: 2, style: t.faint}
	if e := s.Electricity; e != nil && !e.LastReading.IsZero() {
		p.forms = []string{"meter " + shortWhen(e.LastReading, s.AsOf)}
	}
	return p
}

// spoken is a data type's name in a sentence.
func spoken(t health.DataType) string { return strings.ReplaceAll(string(t), "-", " ") }

// dayOf is the date of an instant by a layout, with the year where that is far
// away, "today" and "yesterday" by their names.
func dayOf(at, now time.Time, layout string) string {
	switch days := health.DateOf(now).Number() - health.DateOf(at).Number(); {
	case days == 0:
		return "today"
	case days == 1:
		return "yesterday"
	case days >= 300 || days < -60:
		return at.Format(layout + " 2006")
	default:
		return at.Format(layout)
	}
}

// sinceWhen is the time of day for today, else the date alone.
func sinceWhen(at, now time.Time) string {
	if health.DateOf(at) == health.DateOf(now) {
		return at.Format("15:04")
	}
	return dayOf(at, now, "2 Jan")
}

// grantTrouble is what to do about a sign-in that ends, or ended by itself.
func grantTrouble(s view.Snapshot) trouble {
	g := s.Grant
	if g == nil || g.Refused { // which is told by what was refused
		return trouble{}
	}
	t := trouble{problem: g.Warning(s.AsOf), hint: "press a to renew it", key: "a", does: "to renew it", stored: true}
	if g.OfTesting() {
		t.hint = "press a; to make it last, publish the Google project"
	}
	return t
}

// signedInElsewhere reports whether a sign-in that was needed was renewed by
// another program, which nobody has tried yet.
func (m *Model) signedInElsewhere(s view.Snapshot) bool {
	before := m.snapshot.Grant
	return m.account.SignIn && before != nil && s.Grant != nil && s.Grant.Kept && s.Grant.SignedInAt.After(before.SignedInAt)
}
