package terminal

import (
	"os"
	"runtime"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A terminal that changes its size sends a signal, which is no rest of a key.
func TestASignalBesideALoneEscape(t *testing.T) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	far, near := rawTerminal(t)
	if _, err := far.WriteString("\x1b"); err != nil {
		t.Fatal(err)
	}
	reader, ended := unix.Gettid(), make(chan error)
	go func() {
		var err error
		for range 15 {
			time.Sleep(restOfKey / 5)
			if err == nil {
				err = unix.Tgkill(os.Getpid(), reader, unix.SIGURG) // which Go takes in without a word
			}
		}
		ended <- err
	}()
	got := make([]byte, 64)
	if n, err := NewKeyboard(near, time.Now, nothingPasted).Read(got); err != nil || string(got[:n]) != escapeKey {
		t.Errorf("read %q (%v), want a lone escape", got[:n], err)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}
