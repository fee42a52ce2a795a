package terminal

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// Keyboard is the input of a terminal, on which the escape key is known sooner
// than by what comes after it: readers wait long to see whether a lone escape
// begins an arrow key. A terminal sends all of such a key at once, so that one
// whose rest is still missing after 5 ms has only been torn apart by a network,
// and is not worth waiting for. It is told as what newer terminals send for the
// key (CSI 27 u, of the kitty keyboard protocol).
type Keyboard struct{ *os.File }

const (
	escape    = 0x1b
	escapeKey = "\x1b[27u"
	restOfKey = 5 * time.Millisecond
)

// Read implements io.Reader.
func (k Keyboard) Read(p []byte) (int, error) {
	n, err := k.File.Read(p)
	if err != nil || n != 1 || p[0] != escape || len(p) < len(escapeKey) {
		return n, err
	}
	waiting := []unix.PollFd{{Fd: int32(k.Fd()), Events: unix.POLLIN}}
	if more, err := unix.Poll(waiting, int(restOfKey.Milliseconds())); more != 0 || err != nil {
		return n, nil
	}
	return copy(p, escapeKey), nil
}
