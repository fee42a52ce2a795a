//go:build linux || darwin

package config

import (
	"io/fs"
	"os/exec"
	"syscall"
)

// ownerOf is the user that a file belongs to.
func ownerOf(info fs.FileInfo) (user int, known bool) {
	stat, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, false
	}
	return int(stat.Uid), true
}

// alone has a command that is to be run end with all that it starts, by the
// function returned as well. In a session of its own it has no terminal. One that
// shares ours has to be in our group, or could not read from it; of that, only
// the program itself is ended, and ctrl+c reaches all.
func alone(cmd *exec.Cmd, shared bool) (endWhole func()) {
	if shared {
		return func() {}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	endWhole = func() {
		if cmd.Process != nil {
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		}
	}
	cmd.Cancel = func() error {
		endWhole()
		return nil
	}
	return endWhole
}
