package terminal

import (
	"strconv"
	"strings"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/term"
)

// Multiplexer is a program between us and the user's own terminal.
type Multiplexer string

// The multiplexers that change what can be done.
const (
	NoMultiplexer Multiplexer = ""
	Tmux          Multiplexer = "tmux"
	Screen        Multiplexer = "screen"
)

// Facts are what is known of the terminal when the program starts.
type Facts struct {
	StdinTerminal  bool
	StdoutTerminal bool
	Kind           string // TERM, as it is set
	Width, Height  int    // in cells, never 0; a later resize may know better
	Sized          bool   // the terminal told its size
	Dumb           bool
	Colour         colorprofile.Profile
	NoColour       bool // NO_COLOR asks for none
	UTF8           bool // box drawing and Braille will come out right
	Locale         Variable
	Accessible     bool // the user asked for plain lines, for a screen reader
	Multiplexer    Multiplexer
}

// Variable is one of the environment; the zero Variable is none.
type Variable struct{ Name, Value string }

// Look gathers the facts from the environment and the two standard files.
func Look(getenv func(string) string, stdin, stdout term.File) Facts {
	kind := getenv("TERM")
	width, height, sized := size(getenv, stdout)
	locale := localeOf(getenv)
	accessible := getenv("ACCESSIBLE")
	return Facts{
		StdinTerminal:  term.IsTerminal(stdin.Fd()),
		StdoutTerminal: term.IsTerminal(stdout.Fd()),
		Kind:           kind,
		Width:          width,
		Height:         height,
		Sized:          sized,
		Dumb:           kind == "" || kind == "dumb",
		Colour:         colour(getenv, stdout),
		NoColour:       getenv("NO_COLOR") != "",
		UTF8:           locale.UTF8() && kind != "linux", // the console's fonts have no Braille
		Locale:         locale,
		Accessible:     accessible != "" && accessible != "0",
		Multiplexer:    multiplexer(getenv, kind),
	}
}

// Interactive reports whether to start the dashboard; otherwise the plain
// report is due. plain is the user's --plain.
func (f Facts) Interactive(plain bool) bool {
	return f.StdinTerminal && f.StdoutTerminal && !f.Dumb && !f.Accessible && !plain
}

// size asks the terminal, else COLUMNS and LINES, else takes 80x24. A pseudo
// terminal nobody sized says 0x0.
func size(getenv func(string) string, stdout term.File) (width, height int, told bool) {
	width, height, err := term.GetSize(stdout.Fd())
	if err != nil || width <= 0 || height <= 0 {
		return fromVariable(getenv("COLUMNS"), 80), fromVariable(getenv("LINES"), 24), false
	}
	return width, height, true
}

func fromVariable(value string, fallback int) int {
	const most = 10_000
	if n, err := strconv.Atoi(value); err == nil && 0 < n && n <= most {
		return n
	}
	return fallback
}

// colour has the library decide, but for two things: any value of NO_COLOR
// counts (https://no-color.org), where the library wants a true one; and
// TMUX is kept from it, because it would run tmux, wait for the answer, and
// win nothing over the 256 colours of tmux that ssh can count on.
func colour(getenv func(string) string, stdout term.File) colorprofile.Profile {
	var environ []string
	for _, name := range []string{"TERM", "COLORTERM", "CLICOLOR", "CLICOLOR_FORCE", "TTY_FORCE", "WT_SESSION", "GOOGLE_CLOUD_SHELL"} {
		if value := getenv(name); value != "" {
			environ = append(environ, name+"="+value)
		}
	}
	profile := colorprofile.Detect(stdout, environ)
	if getenv("NO_COLOR") != "" {
		return min(profile, colorprofile.ASCII)
	}
	return profile
}

// localeOf finds the locale of characters as setlocale(3) does: the first of the
// three that is set decides.
func localeOf(getenv func(string) string) Variable {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := getenv(name); value != "" {
			return Variable{name, value}
		}
	}
	return Variable{}
}

// UTF8 reports whether a locale has its characters in UTF-8.
func (v Variable) UTF8() bool {
	value := strings.ToLower(v.Value)
	return strings.Contains(value, "utf-8") || strings.Contains(value, "utf8")
}

// multiplexer also recognises one on the near side of an ssh, where only TERM
// tells of it: screen's own is "screen.xterm-256color", while tmux takes a
// "tmux-256color" or a "screen-256color" as it is set up.
func multiplexer(getenv func(string) string, kind string) Multiplexer {
	switch {
	case getenv("TMUX") != "":
		return Tmux
	case getenv("STY") != "" || strings.HasPrefix(kind, "screen."):
		return Screen
	case strings.HasPrefix(kind, "tmux") || strings.HasPrefix(kind, "screen"):
		return Tmux
	default:
		return NoMultiplexer
	}
}
