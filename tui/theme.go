package tui

import (
	"strings"

	"charm.land/lipgloss/v2"
	"github.com/charmbracelet/colorprofile"

	"vitals/chart"
)

// theme is how the screen is drawn. Nothing is told by colour alone.
type theme struct {
	borders   borders
	ellipsis  string
	bar       string // between words on one line
	arrow     string
	plusMinus string
	minus     string
	dash      string // for what there is none of

	border, focusedBorder lipgloss.Style
	title, focusedTitle   lipgloss.Style
	faint, strong, figure lipgloss.Style
	problem, key          lipgloss.Style

	chart chart.Look
}

// typeable is text in characters that the terminal has.
func (t theme) typeable(text string) string {
	if !t.chart.ASCII {
		return text
	}
	return strings.NewReplacer(" · ", " - ", "−", "-", "–", "-", "±", "+-", "·", "*", "×", "*", "²", "^2", "→", "->", "…", "...").Replace(text)
}

// newTheme returns the theme of that name – auto, dark, light or mono – for a
// terminal that shows UTF-8 or only ASCII, and so many colours.
func newTheme(ascii bool, name string, colours colorprofile.Profile) theme {
	t := theme{borders: roundBorders, ellipsis: "…", bar: " · ", arrow: "→", plusMinus: "±", minus: "−", dash: "–"}
	if ascii {
		t = theme{borders: asciiBorders, ellipsis: "~", bar: " - ", arrow: "->", plusMinus: "+-", minus: "-", dash: "-"}
	}
	p := paintOf(name, colours)
	text := lipgloss.NewStyle()
	bold, faint := text.Bold(true), p.grey.on(text.Faint(true))
	t.title, t.strong, t.figure = text, bold, bold
	t.border, t.focusedBorder = faint, p.focus.on(text)
	t.key, t.focusedTitle = p.key.on(bold), p.key.on(bold)
	t.faint, t.problem = faint, p.problem.on(text)
	t.chart = chart.Look{ASCII: ascii,
		Bar: p.bar.on(text), Faint: faint,
		Line: p.line.on(text), Dot: p.dot.on(text),
		Rule: p.rule.on(text), Axis: faint, Cursor: p.cursor.on(bold)}
	for _, c := range p.heat {
		t.chart.Heat = append(t.chart.Heat, c.on(text))
	}
	return t
}

// colour is a number in the terminal's palette; "" is none.
type colour string

// on returns a style with the colour. One that is faint because there may be no
// colour is not, where there is.
func (c colour) on(s lipgloss.Style) lipgloss.Style {
	if c == "" {
		return s
	}
	return s.UnsetFaint().Foreground(lipgloss.Color(string(c)))
}

// paint are the colours of a theme. The text has none: it is the terminal's own.
type paint struct {
	grey  colour // of borders, axes, secondary text and incomplete buckets; else they are faint
	focus colour // the border of the pane in focus
	key   colour // keys and the title of the pane in focus, which are bold

	problem                      colour
	bar, line, dot, rule, cursor colour
	heat                         []colour // from low to high; a change of colour costs bytes
}

// paintOf returns the colours of a theme. The terminal is not asked what its
// ground is, so auto has to do on a dark and on a light one.
//
// Of sixteen colours, whose shades are everybody's own, a theme takes those that
// are far enough from its ground in every usual palette. Bold must not make
// another colour unreadable: many terminals take the bright one of the two then.
// 16 to 21 are left out of the 256, as some palettes change them.
func paintOf(name string, colours colorprofile.Profile) paint {
	switch {
	case colours <= colorprofile.ASCII || name == "mono":
		return paint{}
	case colours == colorprofile.ANSI && name == "dark":
		return paint{focus: "6", key: "6", problem: "9", bar: "2", line: "12", dot: "6", rule: "3"}
	case colours == colorprofile.ANSI && name == "light":
		return paint{focus: "4", problem: "1", bar: "4", line: "4", rule: "5"}
	case colours == colorprofile.ANSI:
		return paint{problem: "9"} // the only one that is readable on every ground
	case name == "dark":
		return paint{grey: "244", focus: "80", key: "80", problem: "210",
			bar: "72", line: "75", dot: "110", rule: "179", cursor: "151", heat: []colour{"73", "185"}}
	case name == "light":
		return paint{grey: "244", focus: "25", key: "25", problem: "160",
			bar: "29", line: "26", dot: "67", rule: "130", cursor: "96", heat: []colour{"67", "54"}}
	default:
		return paint{grey: "244", focus: "31", key: "31", problem: "167",
			bar: "65", line: "33", dot: "67", rule: "166", cursor: "133", heat: []colour{"67", "166"}}
	}
}
