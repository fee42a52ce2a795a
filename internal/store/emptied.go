package store

import (
	"errors"
	"io/fs"
	"os"
)

// begunWord stands in the lock of a file from the moment on at which a history was
// saved in it. A first start, also one that was killed, has a lock with nothing in it.
const begunWord = "a history was begun\n"

// noteBegun leaves the word, for good. The time of the lock stays: see due.
func noteBegun(path string) {
	lock := path + lockEnding
	before, err := os.Stat(lock)
	if err != nil || before.Size() > 0 {
		return
	}
	f, err := os.OpenFile(lock, os.O_WRONLY, 0)
	if err != nil {
		return // where nothing can be noted, nothing will be said
	}
	_, _ = f.WriteString(begunWord)
	_ = f.Sync()
	_ = f.Close()
	_ = os.Chtimes(lock, before.ModTime(), before.ModTime())
}

// Emptied reports whether a history was kept in the file at path and nothing is
// left of it: the file is empty, or gone.
func Emptied(path string) bool {
	path, err := located(path)
	return err == nil && emptied(path)
}

func emptied(path string) bool {
	// In this order: another first start may save and leave the word in between.
	lock, err := os.Stat(path + lockEnding)
	if err != nil || lock.Size() == 0 {
		return false
	}
	found, err := os.Stat(path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && found.Mode().IsRegular() && found.Size() == 0
}

// begunAnew is what Repaired says then.
func begunAnew(path string) []string {
	return told("nothing is left of the history: its file was empty or gone, and a new one is begun", comeBack(path, true, true), "")
}
