package tui

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"

	"vitals/internal/view"
)

// fetchLines says how long the sign-in lasts and when each data type was last
// fetched: a line a type or, where there are not enough rows, a sentence for all
// that are alike.
func (t theme) fetchLines(s view.Snapshot, width, rows int) []string {
	grant := t.grantLines(s, width)
	var types []string
	for _, f := range typesFetched(s, false) {
		types = append(types, t.typeLine(f, width))
	}
	if 1+len(grant)+len(types) > rows {
		types = nil
		for _, f := range typesFetched(s, true) {
			text := strings.Join(f.names, ", ") + ": " + f.when
			if f.problem != "" {
				text += ", " + f.problem
			}
			types = append(types, wrapped(text, width)...)
		}
	}
	blocks := [][]string{{""}, grant, types}
	if 2+len(grant)+len(types) <= rows && len(grant) > 0 {
		blocks = slices.Insert(blocks, 2, []string{""})
	}
	return slices.Concat(blocks...)
}

// grantLines say since when somebody is signed in, and until when.
func (t theme) grantLines(s view.Snapshot, width int) []string {
	g := s.Grant
	if g == nil || !g.Kept {
		return nil
	}
	const exactly, shortly = "Mon 2 Jan 2006 15:04", "2 Jan 2006"
	var lines []string
	if days, known := g.Age(s.AsOf); known {
		ago := ""
		switch days {
		case 0:
		case 1:
			ago = ", yesterday"
		default:
			ago = fmt.Sprintf(", %d days ago", days)
		}
		at := g.SignedInAt.In(s.AsOf.Location())
		lines = append(lines, fitting(width, "Signed in "+at.Format(exactly)+ago, "Signed in "+at.Format(shortly)+ago, "Signed in "+at.Format(shortly)))
	}
	switch days, known := g.DaysLeft(s.AsOf); {
	case g.Refused:
		lines = append(lines, t.problem.Render("Google does not take it any more.")+" Press "+t.key.Render("a")+" to connect again.")
	case known:
		text := "It ends " + g.ExpiresAt.In(s.AsOf.Location()).Format(exactly)
		if g.Ended(s.AsOf) {
			text = "It ended " + g.ExpiresAt.In(s.AsOf.Location()).Format(exactly)
		} else if days > 1 {
			text += fmt.Sprintf(", in %d days", days)
		}
		lines = append(lines, text)
	}
	var all []string
	for _, line := range lines {
		all = append(all, wrapped(line, width)...)
	}
	if g.OfTesting() {
		all = append(all, wrapped("Sign-ins end after seven days while the Google project is in Testing; to make them last, publish it.", width)...)
	}
	return all
}

// fetchedType is how fetching went of one data type, or of several alike.
type fetchedType struct {
	names         []string
	when, problem string
}

func typesFetched(s view.Snapshot, together bool) []fetchedType {
	var all []fetchedType
	for _, f := range s.Fetches {
		row := fetchedType{[]string{spoken(f.Type)}, "never", f.Error}
		if !f.LastSuccess.IsZero() {
			row.when = when(f.LastSuccess.In(s.AsOf.Location()), s.AsOf)
		}
		i := slices.IndexFunc(all, func(o fetchedType) bool { return o.when == row.when && o.problem == row.problem })
		if together && i >= 0 {
			all[i].names = append(all[i].names, row.names...)
		} else {
			all = append(all, row)
		}
	}
	return all
}

// typeLine is one type on one line: what to do about a problem is left out
// where there is no room for it.
func (t theme) typeLine(f fetchedType, width int) string {
	line := fmt.Sprintf("%-17s%-17s", f.names[0], f.when)
	if f.problem == "" {
		return strings.TrimRight(line, " ")
	}
	sentence, _, _ := strings.Cut(f.problem, " – ")
	problem := fitting(width-ansi.StringWidth(line), f.problem, sentence)
	return line + t.problem.Render(ansi.Truncate(problem, max(0, width-ansi.StringWidth(line)), t.ellipsis))
}
