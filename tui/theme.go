package tui

import (
	"strings"

	"charm.land/lipgloss/v2"

	"vitals/chart"
)

// theme is how the screen is drawn. Colours are the terminal's own sixteen, so
// that they suit its background, and nothing is told by colour alone.
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
	return strings.NewReplacer("−", "-", "–", "-", "±", "+-", "·", "*", "×", "*", "²", "^2", "→", "->").Replace(text)
}

// newTheme returns the theme for a terminal that shows UTF-8 or only ASCII, and
// colours or none.
func newTheme(ascii, colour bool) theme {
	t := theme{borders: roundBorders, ellipsis: "…", bar: " · ", arrow: "→", plusMinus: "±", minus: "−", dash: "–"}
	if ascii {
		t = theme{borders: asciiBorders, ellipsis: "~", bar: " - ", arrow: "->", plusMinus: "+-", minus: "-", dash: "-"}
	}
	t.chart.ASCII = ascii
	bold := lipgloss.NewStyle().Bold(true)
	t.focusedTitle, t.strong, t.figure, t.key = bold, bold, bold, bold
	if !colour {
		return t
	}
	colours := func(n string) lipgloss.Style { return lipgloss.NewStyle().Foreground(lipgloss.Color(n)) }
	const red, green, yellow, blue, cyan, grey = "1", "2", "3", "4", "6", "8"
	t.border, t.focusedBorder = colours(grey), colours(cyan)
	t.focusedTitle = bold.Foreground(lipgloss.Color(cyan))
	t.faint = colours(grey)
	t.problem = colours(red)
	t.key = bold.Foreground(lipgloss.Color(cyan))
	t.chart.Bar, t.chart.Faint = colours(green), colours(yellow)
	t.chart.Line, t.chart.Dot = colours(blue), colours(cyan)
	t.chart.Rule, t.chart.Axis = colours(yellow), colours(grey)
	t.chart.Heat = []lipgloss.Style{colours(cyan), colours(yellow)}
	t.chart.Cursor = bold.Foreground(lipgloss.Color(yellow))
	return t
}
