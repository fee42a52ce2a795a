package terminal

import (
	"bytes"
	"os"
	"sync"
	"time"
	"unicode/utf8"
)

// Keyboard is the input of a terminal that knows how its keys came. A terminal
// that does not mark pasted text sends each letter of it as a key, but unlike
// keys they come many at once. It is safe for concurrent use.
type Keyboard struct {
	*os.File
	now func() time.Time

	mu       sync.Mutex
	together int
	first    rune
	last     time.Time
}

// NewKeyboard returns the Keyboard of a terminal.
func NewKeyboard(terminal *os.File, now func() time.Time) *Keyboard {
	return &Keyboard{File: terminal, now: now}
}

// MostAtOnce is how many keys somebody may have pressed on a link that stalled,
// so that they come at once. More are text.
const MostAtOnce = 3

// Read implements io.Reader.
func (k *Keyboard) Read(p []byte) (int, error) {
	n, err := k.File.Read(p)
	k.came(p[:n])
	return n, err
}

// came counts the letters of what was read. Long text comes in several pieces;
// what follows on a short one is something else, even at a machine's speed.
func (k *Keyboard) came(read []byte) {
	const long, inOneGo = 64, 30 * time.Millisecond
	letters := utf8.RuneCount(read)
	if bytes.ContainsRune(read, '\x1b') { // keys that are no letters, or a marked paste
		letters = 0
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	now := k.now()
	if k.together >= long && now.Sub(k.last) < inOneGo {
		letters += k.together
	} else {
		k.first, _ = utf8.DecodeRune(read)
	}
	k.together, k.last = letters, now
}

// Together returns how many letters came with the newest one, and the first of
// them.
func (k *Keyboard) Together() (letters int, first rune) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.together, k.first
}
