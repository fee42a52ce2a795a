//go:build linux || darwin

package command

import "syscall"

// noCoreFiles has a crash leave no memory behind. Whoever may raise the limit
// again may read the memory anyway.
func noCoreFiles() {
	var limit syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_CORE, &limit) == nil {
		limit.Cur = 0
		_ = syscall.Setrlimit(syscall.RLIMIT_CORE, &limit) // without it, as before
	}
}
