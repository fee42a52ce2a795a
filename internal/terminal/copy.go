package terminal

import (
	"fmt"
	"io"

	"github.com/charmbracelet/x/ansi"
)

// PrintForCopy writes text alone on its line, blank lines around it.
func PrintForCopy(w io.Writer, text string) error {
	_, err := fmt.Fprintf(w, "\n%s\n\n", Clean(text))
	return err
}

// ClipboardSequence returns what asks the user's terminal to put text on the
// clipboard of the machine that it runs on (OSC 52). For screen it is wrapped
// to pass through. For tmux it is not: where passing through is off, which is
// usual, the bare sequence may still work.
func (f Facts) ClipboardSequence(text string) string {
	// Releases of screen before 2014 take no longer string.
	const longest = 240
	sequence := ansi.SetSystemClipboard(text)
	if f.Multiplexer == Screen {
		return ansi.ScreenPassthrough(sequence, longest)
	}
	return sequence
}

// ClipboardNote tells what to expect of a ClipboardSequence just sent.
func (f Facts) ClipboardNote() string {
	const sent = "copy sent; if nothing arrives, "
	const instead = ": select the address and copy it by hand"
	switch f.Multiplexer {
	case Tmux:
		return sent + "tmux or your terminal blocks it (tmux set -g set-clipboard on)" + instead
	case Screen:
		return sent + "screen or your terminal blocks it" + instead
	default:
		return sent + "your terminal or mosh blocks it" + instead
	}
}

// ClipboardAdvice says what lies in the way of a ClipboardSequence and how to
// clear it. Nothing tells whether that was done already.
func (f Facts) ClipboardAdvice() string {
	switch f.Multiplexer {
	case Tmux:
		return "tmux passes a copy on only with this line in ~/.tmux.conf: set -g set-clipboard on"
	case Screen:
		return "screen passes a copy on to a terminal that takes it; its own copy mode (ctrl+a [) stays within screen"
	default:
		return "it is your terminal that takes a copy or not: Apple's Terminal does not, iTerm2 once its settings allow it"
	}
}
