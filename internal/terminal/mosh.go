package terminal

import (
	"fmt"
	"io/fs"
	"strconv"
	"strings"
)

// BehindMosh reports whether one of the processes above that of a number is
// mosh's server, which sets no variable to be known by. Proc is the file system
// that Linux has at /proc; without one the answer is no. Above a multiplexer
// nothing is found: that may have been begun on another line.
func BehindMosh(proc fs.FS, process int) bool {
	const mostAbove = 32
	for range mostAbove {
		text, err := fs.ReadFile(proc, fmt.Sprintf("%d/stat", process))
		if err != nil {
			return false
		}
		// "123 (name) S 122 …", where a name may hold anything (proc(5)).
		open, end := strings.IndexByte(string(text), '('), strings.LastIndexByte(string(text), ')')
		if open < 0 || end < open {
			return false
		}
		if string(text[open+1:end]) == "mosh-server" {
			return true
		}
		fields := strings.Fields(string(text[end+1:]))
		if len(fields) < 2 {
			return false
		}
		if process, err = strconv.Atoi(fields[1]); err != nil || process < 1 {
			return false
		}
	}
	return false
}
