//go:build !linux

package main

import (
	"errors"
	"testing"
)

// mounted mounts a small disk of its own on a folder, which is done on Linux alone.
func mounted(t *testing.T, _, _ string) {
	t.Helper()
	t.Skip("nothing is mounted here: there is no tmpfs")
}

func remounted(_, _ string, _ bool) error { return errors.ErrUnsupported }
