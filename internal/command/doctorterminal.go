package command

import (
	"fmt"
	"os"

	"github.com/charmbracelet/colorprofile"

	"vitals/internal/terminal"
)

func (x *examination) program() check {
	return fine("program", "vitals %s, SQLite %s", version(), x.about.SQLite)
}

const noTerminal = "not a terminal"

func (x *examination) terminal() check {
	const report = ": vitals prints its report"
	f, name := x.facts, "terminal"
	kind := f.Kind
	if kind == "" {
		kind = "TERM is not set"
	}
	switch {
	case !f.StdoutTerminal:
		return fine(name, "%s; standard output is %s%s", kind, noTerminal, report)
	case !f.StdinTerminal:
		return fine(name, "%s; standard input is %s%s", kind, noTerminal, report)
	case f.Kind == "":
		return doubtful(name, "set TERM to what your terminal is, mostly: export TERM=xterm-256color", "%s%s", kind, report)
	case f.Dumb:
		return fine(name, "%s%s", kind, report)
	case f.Accessible:
		return fine(name, "%s; ACCESSIBLE is set%s", kind, report)
	default:
		return fine(name, "%s", kind)
	}
}

// What the dashboard needs, as package tui has it.
const leastWidth, leastHeight = 20, 5

func (x *examination) size() check {
	const name = "size"
	const allWidth, allHeight = 80, 24 // from here on it leaves nothing out
	f := x.facts
	size := fmt.Sprintf("%dx%d", f.Width, f.Height)
	switch {
	case !f.StdoutTerminal:
		return fine(name, noTerminal)
	case !f.Sized:
		return doubtful(name, "tell it, once for each login: stty columns 80 rows 24", "the terminal does not tell its size (0x0); %s is taken", size)
	case f.Width < leastWidth || f.Height < leastHeight:
		return doubtful(name, "enlarge the window, or use a smaller font", "%s; below %dx%d the dashboard only says that it is too small", size, leastWidth, leastHeight)
	case f.Width < allWidth || f.Height < allHeight:
		return fine(name, "%s; from %dx%d on everything is shown", size, allWidth, allHeight)
	default:
		return fine(name, "%s", size)
	}
}

func (x *examination) colours() check {
	const name = "colours"
	switch f := x.facts; {
	case x.config.Display.Theme == "mono":
		return fine(name, "none, as theme = mono under [display] has it")
	case f.NoColour:
		return fine(name, "none, as NO_COLOR has it")
	case !f.StdoutTerminal:
		return fine(name, noTerminal)
	case f.Colour >= colorprofile.TrueColor:
		return fine(name, "24 bit; vitals uses a few of the 256 fixed ones")
	case f.Colour >= colorprofile.ANSI256:
		return fine(name, "256; vitals uses a few fixed ones")
	case f.Colour >= colorprofile.ANSI && x.config.Display.Theme == "auto":
		return fine(name, "16; theme = dark or light under [display] uses them, auto next to none, as it does not know the ground")
	case f.Colour >= colorprofile.ANSI:
		return fine(name, "16")
	default:
		return fine(name, "none, as a terminal of the kind %s has none", f.Kind)
	}
}

func (x *examination) locale() check {
	const name, drawn = "locale", "so that curves and frames are drawn in ASCII"
	l := x.facts.Locale
	set := l.Name + "=" + l.Value
	const next = "export LANG=C.UTF-8 (and over ssh let it through: SendEnv LANG); if ASCII is meant: ascii = true under [display]"
	switch {
	case x.config.Display.ASCII:
		return fine(name, "ASCII, as ascii = true under [display] has it")
	case x.facts.UTF8:
		return fine(name, "UTF-8, by %s", set)
	case l.Name == "":
		return doubtful(name, next, "none of LC_ALL, LC_CTYPE and LANG is set, %s", drawn)
	case l.UTF8():
		return fine(name, "UTF-8, by %s; the Linux console's fonts lack Braille, %s", set, drawn)
	default:
		return doubtful(name, next, "%s decides and is not UTF-8, %s", set, drawn)
	}
}

func (x *examination) multiplexer() check {
	const name = "multiplexer"
	switch m := x.facts.Multiplexer; {
	case m == terminal.Tmux:
		return fine(name, "tmux; where its mouse is on, hold shift (option on a Mac) to select with your own terminal")
	case m == terminal.Screen:
		return fine(name, "screen")
	case terminal.BehindMosh(os.DirFS("/proc"), os.Getppid()):
		return fine(name, "mosh; it passes copies of up to about a kilobyte on")
	default:
		return fine(name, "none")
	}
}

func (x *examination) clipboard() check {
	if !x.facts.StdoutTerminal {
		return fine("clipboard", noTerminal)
	}
	return fine("clipboard", "ctrl+y sends a copy that no terminal confirms; %s", x.facts.ClipboardAdvice())
}
