package tui

import (
	"strings"

	"charm.land/bubbles/v2/key"
	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/ansi"

	"vitals/chart"
)

// shown is a key's name in characters that the terminal has.
func (m *Model) shown(name string) string {
	if !m.theme.chart.ASCII {
		return name
	}
	return strings.NewReplacer("←→", "left/right", "← →", "left right", "←", "left", "→", "right", "↑", "up", "↓", "down", "–", "-").Replace(name)
}

// helpLines tells what is wrong and what to do about it, and lists every key,
// and what the marks in the charts mean, in as many columns as there is room
// for.
func (m *Model) helpLines() []string {
	var blocks [][]string
	widest := 0
	for _, s := range m.keys.sections() {
		block := []string{m.theme.strong.Render(s.heading)}
		for _, b := range s.keys {
			block = append(block, m.helpLine(b))
		}
		blocks = append(blocks, append(block, ""))
	}
	marks := []string{m.theme.strong.Render("Marks")}
	for _, mark := range chart.Marks(m.theme.chart.ASCII) {
		marks = append(marks, m.helpLine(join(mark.Glyphs, mark.Meaning)))
	}
	blocks = append(blocks, append(marks, ""))
	for _, block := range blocks {
		for _, line := range block {
			widest = max(widest, ansi.StringWidth(line))
		}
	}
	columns := max(1, (m.width-2)/(widest+2))
	var lines []string
	for _, t := range m.troubles() {
		text := t.problem
		if t.hint != "" {
			text += " – " + t.hint
		}
		lines = append(append(lines, m.told(text)...), "")
	}
	return append(lines, inColumns(blocks, columns, widest+2, m.height-helpHeading-len(lines))...)
}

// helpHeading is how many rows stand above the list of keys.
const helpHeading = 2

// updateHelp scrolls the help where it is longer than the screen; any other key
// leaves it.
func (m *Model) updateHelp(k tea.KeyPressMsg) tea.Cmd {
	most := max(0, len(m.helpLines())-(m.height-helpHeading))
	by := 0
	switch {
	case key.Matches(k, m.keys.quit):
		return tea.Quit
	case key.Matches(k, m.keys.nextPane):
		by = 1
	case key.Matches(k, m.keys.previousPane):
		by = -1
	}
	if by == 0 || most == 0 {
		m.help = false
		return nil
	}
	m.helpFrom = min(max(m.helpFrom+by, 0), most)
	return nil
}

// helpView shows the help, or the part of it that is scrolled to.
func (m *Model) helpView() string {
	lines := m.helpLines()
	rows := max(0, m.height-helpHeading)
	leave := "any key goes back, q quits "
	if len(lines) > rows {
		leave = m.shown("↑ ↓") + " scroll, any other key goes back "
		from := min(m.helpFrom, len(lines)-rows)
		lines = lines[from : from+rows]
	}
	lines = append([]string{spread(" "+m.theme.strong.Render("vitals")+m.theme.bar+"keys", leave, m.width), ""}, lines...)
	for i, line := range lines {
		lines[i] = fit(line, m.width)
	}
	return strings.Join(lines, "\n")
}

func (m *Model) helpLine(b key.Binding) string {
	name := m.shown(b.Help().Key)
	return "  " + m.theme.key.Render(name) + strings.Repeat(" ", max(1, 11-ansi.StringWidth(name))) + m.shown(b.Help().Desc)
}

// inColumns sets blocks of lines side by side: each goes below the one before,
// or into the next column when that would get longer than the rows.
func inColumns(blocks [][]string, columns, width, rows int) []string {
	filled := make([][]string, columns)
	column := 0
	for _, block := range blocks {
		if len(filled[column]) > 0 && len(filled[column])+len(block) > rows+1 && column+1 < columns {
			column++
		}
		filled[column] = append(filled[column], block...)
	}
	var lines []string
	for row := 0; ; row++ {
		line, more := " ", false
		for _, column := range filled {
			cell := ""
			if row < len(column) {
				cell, more = column[row], true
			}
			line += fit(cell, width)
		}
		if !more {
			return trimmed(lines)
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
}

// trimmed leaves out empty lines at the end.
func trimmed(lines []string) []string {
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	return lines
}
