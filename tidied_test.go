package main

import (
	"strings"
	"syscall"
	"testing"
)

// However the sign-in's guide is left, nothing of it stays on the main screen, and
// what stood there before does.
func TestTheGuideLeavesNothingBehind(t *testing.T) {
	for _, tt := range []struct {
		name string
		end  func(terminal)
		code int
	}{
		{"ctrl+c", func(p terminal) { p.press("\x03") }, 130},
		{"SIGTERM", func(p terminal) {
			if err := p.Signal(syscall.SIGTERM); err != nil {
				t.Error(err)
			}
		}, 130},
		{"esc, q", func(p terminal) {
			p.press("\x1b")
			p.wait("? help")
			p.press("q")
		}, 0},
		{"esc, again, ctrl+c", func(p terminal) {
			p.press("\x1b")
			p.wait("? help")
			p.press("a")
			p.wait("Copy the whole address")
			p.press("\x03")
		}, 130},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			p := b.through(100, 50, "sh", "-c", `echo before; exec "$0" demo`, binary)
			p.wait("? help", "kWh")
			p.press("a")
			p.wait("Copy the whole address")
			tt.end(p)
			p.expectExit(tt.code)
			if left := strings.TrimSpace(p.Screen()); left != "before" {
				t.Errorf("the screen shows\n%s", left)
			}
			if err := p.Restored(); err != nil {
				t.Error(err)
			}
		})
	}
}
