package terminal

import (
	"bytes"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Keyboard is the input of a terminal. One goroutine may read it.
//
// Where the terminal does not mark pasted text, each letter of it comes as a
// key; but unlike keys they come many at once, and a Keyboard marks them then.
// Text that the terminal marks is passed through, however many pieces it comes in.
//
// The escape key is known sooner than by what comes after it: readers wait long
// to see whether a lone escape begins an arrow key. A terminal sends all of such
// a key at once, so that one whose rest is missing for longer has been torn apart
// by a network. A lone escape is told as what newer terminals send for the key
// (CSI 27 u, of the kitty keyboard protocol).
type Keyboard struct {
	*os.File
	now    func() time.Time
	pasted func(keys []byte) bool

	last   time.Time // when text came
	marked bool      // the terminal marks what it sends now as pasted
	cut    []byte    // the end of what came last, which may be a part of a mark
}

// NewKeyboard returns the Keyboard of a terminal. Pasted reports whether letters
// that came at once are text rather than keys.
func NewKeyboard(terminal *os.File, now func() time.Time, pasted func(letters []byte) bool) *Keyboard {
	return &Keyboard{File: terminal, now: now, pasted: pasted}
}

// How a lone escape is told, and how long it has to be one.
const (
	escape    = '\x1b'
	escapeKey = "\x1b[27u"
	restOfKey = 10 * time.Millisecond
)

// What a terminal sends around pasted text, if it marks it.
const pasteBegins, pasteEnds = "\x1b[200~", "\x1b[201~"

// Read implements io.Reader.
func (k *Keyboard) Read(p []byte) (int, error) {
	const marks = len(pasteBegins) + len(pasteEnds)
	room := len(p)
	if room > marks {
		room -= marks
	}
	n, err := k.File.Read(p[:room])
	switch {
	case k.paste(p[:n]) || room == len(p):
		return n, err
	case err == nil && n == 1 && p[0] == escape && k.quiet():
		k.cut = nil // it begins nothing
		return copy(p, escapeKey), nil
	case !k.text(p[:n]):
		return n, err
	}
	marked := append([]byte(pasteBegins), p[:n]...)
	return copy(p, append(marked, pasteEnds...)), err
}

// paste notes the terminal's own marks, and reports whether what was read is
// part of what they enclose.
func (k *Keyboard) paste(read []byte) bool {
	within := k.marked
	text := append(k.cut, read...)
	if begins, ends := bytes.LastIndex(text, []byte(pasteBegins)), bytes.LastIndex(text, []byte(pasteEnds)); begins != ends {
		k.marked = begins > ends
	}
	k.cut = bytes.Clone(text[max(0, len(text)-len(pasteEnds)+1):])
	return within || k.marked
}

// quiet reports whether nothing more comes soon.
func (k *Keyboard) quiet() bool {
	waiting := []unix.PollFd{{Fd: int32(k.Fd()), Events: unix.POLLIN}}
	for {
		more, err := unix.Poll(waiting, int(restOfKey.Milliseconds()))
		if err != unix.EINTR { // a signal is no key
			return more == 0 && err == nil
		}
	}
}

// text reports whether what was read is text. Some terminals send a text in
// several pieces, so that what soon follows on one belongs to it.
func (k *Keyboard) text(read []byte) bool {
	const inOneGo = 30 * time.Millisecond
	if len(read) == 0 || bytes.IndexByte(read, escape) >= 0 { // keys that are no letters
		return false
	}
	now := k.now()
	if !k.pasted(read) && now.Sub(k.last) >= inOneGo {
		return false
	}
	k.last = now
	return true
}
