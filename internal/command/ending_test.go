package command

import (
	"os"
	"syscall"
	"testing"
)

// Saves within others and at once are waited for, all of them, and then none begins.
func TestTheEndWaitsForAllSaves(t *testing.T) {
	s := &saves{}
	s.Lock()
	s.Lock()
	over, idle := s.end()
	if idle {
		t.Error("idle with two under way")
	}
	s.Unlock()
	goesOn := func() {
		select {
		case <-over:
			t.Error("over with one under way")
		default:
		}
	}
	s.Lock() // within the one that is left
	goesOn()
	s.Unlock()
	goesOn()
	if err := syscall.Kill(os.Getpid(), syscall.SIGPIPE); err != nil {
		t.Fatal(err)
	}
	<-s.gone // and not the end of this program
	s.Unlock()
	<-over
	begun := make(chan struct{})
	go func() {
		s.Lock()
		close(begun)
	}()
	select {
	case <-begun:
		t.Error("another begins")
	default:
	}
	if _, idle := (&saves{}).end(); !idle {
		t.Error("not idle with none under way")
	}
}
