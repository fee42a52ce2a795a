package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"charm.land/bubbles/v2/key"
)

// shown is a key's name in characters that the terminal has.
func (m *Model) shown(name string) string {
	if !m.theme.chart.ASCII {
		return name
	}
	return strings.NewReplacer("←→", "left/right", "← →", "left right", "←", "left", "→", "right", "–", "-").Replace(name)
}

// helpView lists every key, in as many columns as there is room for.
func (m *Model) helpView() string {
	var blocks [][]string
	widest := 0
	for _, s := range m.keys.sections() {
		block := []string{m.theme.strong.Render(s.heading)}
		for _, b := range s.keys {
			block = append(block, m.helpLine(b))
		}
		for _, line := range block {
			widest = max(widest, ansi.StringWidth(line))
		}
		blocks = append(blocks, append(block, ""))
	}
	columns := max(1, (m.width-2)/(widest+2))
	lines := []string{spread(" "+m.theme.strong.Render("vitals")+m.theme.bar+"keys", "any key goes back ", m.width), ""}
	lines = append(lines, inColumns(blocks, columns, widest+2, m.height-len(lines))...)
	if len(lines) > m.height {
		lines = append(lines[:m.height-1], m.theme.faint.Render(" … a higher terminal shows the rest"))
	}
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
