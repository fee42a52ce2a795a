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

	last time.Time // when a long text came
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
	if len(p) <= marks {
		return k.File.Read(p)
	}
	n, err := k.File.Read(p[:len(p)-marks])
	if err == nil && n == 1 && p[0] == escape && k.quiet() {
		return copy(p, escapeKey), nil
	}
	if !k.text(p[:n]) {
		return n, err
	}
	marked := append([]byte(pasteBegins), p[:n]...)
	return copy(p, append(marked, pasteEnds...)), err
}

// quiet reports whether nothing more comes soon.
func (k *Keyboard) quiet() bool {
	waiting := []unix.PollFd{{Fd: int32(k.Fd()), Events: unix.POLLIN}}
	more, err := unix.Poll(waiting, int(restOfKey.Milliseconds()))
	return more == 0 && err == nil
}

// text reports whether what was read is text. A long one comes in several
// pieces; what follows on a short one is something else, even at a machine's
// speed.
func (k *Keyboard) text(read []byte) bool {
	const long, inOneGo = 256, 30 * time.Millisecond
	if len(read) == 0 || bytes.IndexByte(read, escape) >= 0 { // keys that are no letters, or a marked paste
		return false
	}
	now := k.now()
	if !k.pasted(read) && now.Sub(k.last) >= inOneGo {
		return false
	}
	if len(read) >= long {
		k.last = now
	}
	return true
}
