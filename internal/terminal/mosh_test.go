package terminal

import (
	"testing"
	"testing/fstest"
)

func TestBehindMosh(t *testing.T) {
	stat := func(text string) *fstest.MapFile { return &fstest.MapFile{Data: []byte(text)} }
	proc := fstest.MapFS{
		"1/stat":  stat("1 (systemd) S 0 1 1 0"),
		"20/stat": stat("20 (mosh-server) S 1 20 20 0"),
		"21/stat": stat("21 (a) b) (c) S 20 21 21 0"),
		"22/stat": stat("22 (bash) S 21 22 22 0"),
		"30/stat": stat("30 (tmux: server) S 1 30 30 0"),
		"31/stat": stat("31 (bash) S 30 31 31 0"),
		"40/stat": stat("40 (mosh-server"),
		"41/stat": stat("41 (bash) S"),
		"42/stat": stat("42 (bash) S 42 42 42 0"),
		"43/stat": stat("43 (bash) S 99 42 42 0"),
	}
	for process, want := range map[int]bool{1: false, 20: true, 21: true, 22: true, 31: false, 40: false, 41: false, 42: false, 43: false, 99: false} {
		if got := BehindMosh(proc, process); got != want {
			t.Errorf("%d: got %v", process, got)
		}
	}
}
