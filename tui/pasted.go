package tui

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

const pastedHere = "pasted text is not taken here: / takes a range, a signs in"

// typingMode is what letters are for.
type typingMode uint32

const (
	forText typingMode = iota
	forKeys            // each does something
	forName            // of a file, which enter writes
)

// setMode notes what letters are for now.
func (m *Model) setMode() {
	mode := forText
	switch {
	case m.typing != nil && m.typing.file != nil:
		mode = forName
	case m.typing == nil && (m.screen == Dashboard || m.screen == Welcome):
		mode = forKeys
	}
	m.mode.Store(uint32(mode))
	m.deciding.Store(m.screen == Welcome || m.choosing() != "")
}

// How many keys somebody may have pressed on a link that stalled, so that they
// come at once. More are text; those that only look at something, sooner than
// those that end, decide, write or open something; of one key that is held down,
// any number.
const (
	mostLooks  = 8
	mostAtOnce = 3

	leastLong = 256 // letters that nobody types at once
)

// Pasted reports whether letters that came at once are text, where the screen
// has no use for text just now, or much text: terminals that do not mark a paste
// send it as keys. A range may come in one go. It is safe for concurrent use.
func (m *Model) Pasted(letters []byte) bool {
	n := utf8.RuneCount(letters)
	switch typingMode(m.mode.Load()) {
	case forKeys:
		weighty := "qxear\r\n"
		if m.deciding.Load() {
			weighty += "123456789cln"
		}
		_, size := utf8.DecodeRune(letters)
		held := bytes.Count(letters, letters[:size]) == n
		return letters[0] != '/' && (n > mostLooks && !held || n > mostAtOnce && bytes.ContainsAny(letters, weighty))
	case forName: // of several lines
		return strings.Contains(strings.TrimSuffix(string(letters), "\r"), "\r")
	default: // a field takes it whole, which letter by letter takes long
		return n >= leastLong
	}
}
