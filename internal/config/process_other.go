//go:build !linux && !darwin

package config

import (
	"io/fs"
	"os/exec"
)

func ownerOf(fs.FileInfo) (user int, known bool) { return 0, false }

func alone(*exec.Cmd, bool) (endWhole func()) { return func() {} }
