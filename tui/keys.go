package tui

import "charm.land/bubbles/v2/key"

// keyMap is every key of the dashboard. The help bar and the help screen are
// made from it.
type keyMap struct {
	day, week, month, year, all                      key.Binding
	byHour, byDay, byWeek, byMonth, byYear           key.Binding
	earlier, later, now, oldest, newest, typedRange  key.Binding
	source, compare, why, leaveOut, refresh, account key.Binding
	units, heat, export                              key.Binding
	nextPane, previousPane, zoom, back               key.Binding
	first, last, windowEarlier, windowLater          key.Binding
	hourEarlier, hourLater                           key.Binding
	help, redraw, suspend, quit, interrupt           key.Binding
}

func newKeyMap() keyMap {
	bind := func(shown, does string, keys ...string) key.Binding {
		return key.NewBinding(key.WithKeys(keys...), key.WithHelp(shown, does))
	}
	return keyMap{
		day:   bind("1", "24 hours", "1"),
		week:  bind("2", "7 days", "2"),
		month: bind("3", "30 days", "3"),
		year:  bind("4", "12 months", "4"),
		all:   bind("5", "all", "5"),

		byHour:  bind("h", "by hour", "h"),
		byDay:   bind("d", "by day", "d"),
		byWeek:  bind("w", "by week", "w"),
		byMonth: bind("m", "by month", "m"),
		byYear:  bind("y", "by year", "y"),

		earlier:    bind("←", "the window before", "left"),
		later:      bind("→", "the window after", "right"),
		now:        bind("t", "now (Body: 90 days)", "t"),
		oldest:     bind("g", "oldest data", "g"),
		newest:     bind("G", "newest data", "G", "shift+g"),
		typedRange: bind("/", "type a range: from – to", "/"),

		source:   bind("s", "house, calories, or both", "s"),
		heat:     bind("v", "bars or heat map", "v"),
		compare:  bind("c", "compare with before", "c"),
		why:      bind("i", "why this number", "i"),
		leaveOut: bind("x", "leave out, take back", "x"),
		units:    bind("u", "units: kg, lb, st", "u"),
		export:   bind("e", "export what is shown", "e"),
		refresh:  bind("r", "look for new data now", "r"),
		account:  bind("a", "account: connect Google", "a"),

		nextPane:     bind("tab j ↓", "next pane", "tab", "j", "down"),
		previousPane: bind("k ↑", "pane before (shift+tab)", "shift+tab", "k", "up"),
		zoom:         bind("enter", "one pane full screen", "enter"),
		back:         bind("esc", "back", "esc"),

		first:         bind("home", "cursor to the first", "home"),
		last:          bind("end", "cursor to the last", "end"),
		windowEarlier: bind("[", "the window before", "["),
		windowLater:   bind("]", "the window after", "]"),
		hourEarlier:   bind("↑", "the hour before", "up", "k"),
		hourLater:     bind("↓", "the hour after", "down", "j"),

		help:      bind("?", "help", "?"),
		redraw:    bind("ctrl+l", "draw the screen anew", "ctrl+l"),
		suspend:   bind("ctrl+z", "suspend", "ctrl+z"),
		quit:      bind("q", "quit", "q"),
		interrupt: bind("ctrl+c", "quit at once", "ctrl+c"),
	}
}

// join names several keys in one, for showing only.
func join(shown, does string) key.Binding { return key.NewBinding(key.WithHelp(shown, does)) }

// section is a headed group of keys on the help screen.
type section struct {
	heading string
	keys    []key.Binding
}

// sections lists the keys for the help screen.
func (k keyMap) sections() []section {
	return []section{
		{"What to see", []key.Binding{join("1 2 3 4 5", "from 24 hours to all"), join("h d w m y", "by hour, day, to year"), k.source, k.heat, k.compare, k.units, k.why, k.export}},
		{"Where in time", []key.Binding{join("← →", "window before, after"), k.now, join("g G", "oldest, newest data"), k.typedRange}},
		{"Panes", []key.Binding{k.nextPane, k.previousPane, k.zoom, k.back}},
		{"Full screen", []key.Binding{join("← → ↑ ↓", "move the cursor"), join("home end", "first, last"), join("[ ]", "window before, after"), k.leaveOut}},
		{"vitals", []key.Binding{k.refresh, k.account, k.help, join("ctrl+l ctrl+z", "draw anew, suspend"), join("q ctrl+c", "quit; at once")}},
	}
}

// bar lists what the help bar shows beside the help, the most wanted first; it
// is cut where the screen ends. Heat says that energy is a heat map, choosing is
// what enter does in a list of series to choose from, "" without one, and ruling
// what x does to the weigh-in under the cursor.
func (k keyMap) bar(zoomed bool, focus pane, heat bool, choosing, ruling string) []key.Binding {
	switch {
	case choosing != "" && zoomed:
		return []key.Binding{k.back, join("1–9", "choose"), join("↑↓", "mark"), join("enter", choosing), join("n", "another database")}
	case choosing != "":
		return []key.Binding{join("1–9", "choose"), join("↑↓", "mark"), join("enter", choosing), join("n", "another database"),
			join("tab", "pane"), join("s", "source"), join("q", "quit")}
	case zoomed && focus == profilePane:
		return []key.Binding{k.back, join("i", "why"), join("tab", "pane")}
	case zoomed && focus == bodyPane:
		return []key.Binding{k.back, join("←→", "cursor"), join("[ ]", "window"), join("1–5", "reach"), join("hdwmy", "by"),
			join("x", ruling), join("i", "why"), join("t", "now"), join("tab", "pane"), join("u", "units")}
	case zoomed && heat:
		return []key.Binding{k.back, join("←→ ↑ ↓", "cursor"), join("[ ]", "window"), join("1–5", "reach"), join("hdwmy", "by"),
			join("v", "bars"), join("i", "why"), join("t", "now"), join("tab", "pane"), join("s", "source")}
	case zoomed:
		return []key.Binding{k.back, join("←→", "cursor"), join("[ ]", "window"), join("1–5", "reach"), join("hdwmy", "by"),
			join("i", "why"), join("t", "now"), join("tab", "pane"), join("c", "compare"), join("v", "heat map"), join("s", "source")}
	}
	return []key.Binding{join("1", "day"), join("2", "week"), join("3", "month"), join("4", "year"), join("5", "all"),
		join("hdwmy", "by"), join("←→", "move"), join("s", "source"), join("i", "why"), join("c", "compare"), join("v", "heat map"), join("q", "quit"),
		join("tab", "pane"), join("enter", "zoom"), join("/", "range"), join("r", "refresh"), join("a", "account"), join("u", "units"), join("e", "export")}
}
