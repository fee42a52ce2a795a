//go:build unix

package energy

import (
	"io/fs"
	"syscall"
)

// inode tells a file from another one that was put in its place.
func inode(info fs.FileInfo) uint64 {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok {
		return uint64(stat.Ino)
	}
	return 0
}
