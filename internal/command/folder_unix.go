//go:build linux || darwin

package command

import "syscall"

const write, search = 2, 1 // of access(2)

// writable reports whether this user may make files in a folder.
func writable(folder string) bool { return syscall.Access(folder, write|search) == nil }

// changeable reports whether this user may write to a file.
func changeable(file string) bool { return syscall.Access(file, write) == nil }

// freeSpace is what is left for this user on the disk that a path is on, in
// bytes.
func freeSpace(path string) (free uint64, known bool) {
	var disk syscall.Statfs_t
	if syscall.Statfs(path, &disk) != nil {
		return 0, false
	}
	return uint64(disk.Bavail) * uint64(disk.Bsize), true
}
