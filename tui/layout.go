package tui

// Sizes the layout turns on.
const (
	leastWidth, leastHeight = 20, 5 // below this there is only a sentence

	gridWidth, gridHeight = 72, 20 // from here on all panes side by side
	stackHeight           = 34     // narrower, but high enough to stack them

	profileWidth    = 23
	widestProfile   = 34
	topHeight       = 10 // of profile and body in a grid of 24 rows
	stackedProfile  = 7
	frameRows       = 2 // of a pane: its border
	frameColumns    = 4 // of a pane: its border and a blank on either side
	linesAroundGrid = 3 // header, status and help
)

// pane names the panes.
type pane uint8

const (
	energyPane pane = iota
	bodyPane
	profilePane
	paneCount
)

// box is a rectangle of cells; a size of 0 means it is not shown.
type box struct{ width, height int }

func (b box) shown() bool { return b.width > 0 && b.height > 0 }

// inside is the size of what a frame of this size holds.
func (b box) inside() (width, height int) {
	return max(0, b.width-frameColumns), max(0, b.height-frameRows)
}

// arrangement says how the panes lie.
type arrangement uint8

const (
	tooSmall arrangement = iota
	tabbed               // one pane at a time
	stacked              // one above the other
	grid                 // profile and body above energy
)

// layout is where everything goes on a screen of a given size. It is pure
// arithmetic, and never negative.
type layout struct {
	width, height int
	arrangement   arrangement
	panes         [paneCount]box
}

// arrange lays the panes out. Zoomed shows the focused one alone.
func arrange(width, height int, focus pane, zoomed bool) layout {
	l := layout{width: max(0, width), height: max(0, height)}
	inner := l.height - linesAroundGrid
	switch {
	case width < leastWidth || height < leastHeight:
		l.arrangement = tooSmall
	case zoomed:
		l.arrangement = tabbed
	case width >= gridWidth && height >= gridHeight:
		l.arrangement = grid
		// A line needs more rows than bars do.
		top := min(topHeight, inner/2) + max(0, inner-21)*3/5
		profile := min(widestProfile, max(profileWidth, l.width*profileWidth/80))
		l.panes[profilePane] = box{profile, top}
		l.panes[bodyPane] = box{l.width - profile, top}
		l.panes[energyPane] = box{l.width, inner - top}
		return l
	case height >= stackHeight:
		l.arrangement = stacked
		rest := inner - stackedProfile
		l.panes[profilePane] = box{l.width, stackedProfile}
		l.panes[bodyPane] = box{l.width, rest / 2}
		l.panes[energyPane] = box{l.width, rest - rest/2}
		return l
	default:
		l.arrangement = tabbed
	}
	if l.arrangement == tabbed {
		l.panes[focus] = box{l.width, max(0, inner)}
	}
	return l
}
