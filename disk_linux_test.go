package main

import (
	"syscall"
	"testing"
)

// mounted mounts a small disk of its own on a folder. Size is as tmpfs has it: 24m.
func mounted(t *testing.T, folder, size string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", folder, "tmpfs", 0, "size="+size+",mode=0755"); err != nil {
		t.Skipf("nothing may be mounted here: %v", err)
	}
	t.Cleanup(func() { syscall.Unmount(folder, syscall.MNT_DETACH) })
}

// remounted gives a mounted disk another size, or makes it one that is only read.
func remounted(folder, size string, readOnly bool) error {
	flags := uintptr(syscall.MS_REMOUNT)
	if readOnly {
		flags |= syscall.MS_RDONLY
	}
	return syscall.Mount("tmpfs", folder, "tmpfs", flags, "size="+size)
}
