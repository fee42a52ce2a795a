package onscreen

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A program that does not end in time is killed, with what it started.
func TestWhatDoesNotEndIsKilled(t *testing.T) {
	for name, end := range map[string]func(*Program){
		"Kill": (*Program).Kill,
		"Wait": func(p *Program) {
			if code, err := p.Wait(0); err == nil {
				t.Errorf("it ended with %d", code)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := Start(80, 24, t.TempDir(), []string{"PATH=" + os.Getenv("PATH")}, "sh", "-c", `trap "" HUP TERM; sleep 1000 & echo started; wait`)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.WaitFor("started", 20*time.Second); err != nil {
				t.Fatal(err)
			}
			end(p)
			group := -p.ID()
			if strings.HasPrefix(name, "K") {
				p.cmd.Wait()
			}
			for deadline := time.Now().Add(20 * time.Second); syscall.Kill(group, 0) == nil; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("it is still there")
				}
			}
		})
	}
}
