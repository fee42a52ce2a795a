package terminal

import (
	"bytes"
	"os"
	"time"
)

// Keyboard is the input of a terminal. Where the terminal does not mark pasted
// text, each letter of it comes as a key; but unlike keys they come many at once,
// and a Keyboard marks them then. One goroutine may read it.
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

// What a terminal sends around pasted text, if it marks it.
const pasteBegins, pasteEnds = "\x1b[200~", "\x1b[201~"

// Read implements io.Reader.
func (k *Keyboard) Read(p []byte) (int, error) {
	const marks = len(pasteBegins) + len(pasteEnds)
	if len(p) <= marks {
		return k.File.Read(p)
	}
	n, err := k.File.Read(p[:len(p)-marks])
	if !k.text(p[:n]) {
		return n, err
	}
	marked := append([]byte(pasteBegins), p[:n]...)
	return copy(p, append(marked, pasteEnds...)), err
}

// text reports whether what was read is text. A long one comes in several
// pieces; what follows on a short one is something else, even at a machine's
// speed.
func (k *Keyboard) text(read []byte) bool {
	const long, inOneGo = 256, 30 * time.Millisecond
	if len(read) == 0 || bytes.IndexByte(read, '\x1b') >= 0 { // keys that are no letters, or a marked paste
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
