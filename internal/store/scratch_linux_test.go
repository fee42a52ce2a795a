package store

import (
	"errors"
	"os"
	"runtime"
	"syscall"
	"testing"
)

// A folder in which one may write and not look takes a backup, too.
func TestAFolderToWriteToOnly(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	if err := os.Chmod(folder, 0o300); err != nil {
		t.Fatal(err)
	}
	if err := asNobody(folder, func() error { return toDisk(folder) }); err != nil {
		t.Error(err)
	}
}

// asNobody does something as another user, whose the folder is, if this one is root,
// who may look everywhere.
func asNobody(folder string, f func() error) error {
	const nobody = 65534
	if os.Geteuid() != 0 {
		return f()
	}
	if err := os.Chown(folder, nobody, nobody); err != nil {
		return err
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // it ends with this
		err := syscall.Setfsuid(nobody)
		if _, errOpen := os.ReadDir(folder); errOpen == nil {
			err = errors.Join(err, errors.New("root may still look"))
		}
		done <- errors.Join(err, f())
	}()
	return <-done
}
