package store

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gofrs/flock"
)

// scratch is a folder beside a file that is being made, for its owner alone: no
// byte of a history is ever readable by others, whatever the umask, and nothing
// half made has the file's name. It is locked as long as its maker lives, so that
// what one left that was killed is cleared away by the next. Where a folder cannot
// be locked, as on the disk of a server, it is left.
type scratch struct {
	dir  string
	lock *flock.Flock
}

// newScratch makes one beside the file at path.
func newScratch(path string) (*scratch, error) {
	return scratchIn(filepath.Dir(path), "."+filepath.Base(path)+".part-")
}

// Scratch makes a folder whose name begins so, for its owner alone, and clears away
// those that makers left who were killed. Remove removes it with all that is in it.
func Scratch(folder, begin string) (dir string, remove func(), err error) {
	s, err := scratchIn(folder, begin)
	if err != nil {
		return "", nil, err
	}
	return s.dir, s.remove, nil
}

func scratchIn(folder, begin string) (*scratch, error) {
	clearAway(folder, begin)
	for {
		dir, err := os.MkdirTemp(folder, begin)
		if err != nil {
			return nil, err
		}
		s := &scratch{dir, lockOf(dir)}
		_ = s.lock.Lock() // see above
		if exists(dir) {
			return s, nil
		}
		_ = s.lock.Close() // it was cleared away before it was locked
	}
}

// clearAway removes those whose maker is gone.
func clearAway(folder, begin string) {
	entries, _ := os.ReadDir(folder) // making one there will tell
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), begin) {
			continue
		}
		lock := lockOf(filepath.Join(folder, e.Name()))
		if got, err := lock.TryLock(); got && err == nil {
			_ = os.RemoveAll(lock.Path()) // the next one tries again
		}
		_ = lock.Close()
	}
}

// lockOf is the lock of a folder, which is not made.
func lockOf(dir string) *flock.Flock { return flock.New(dir, flock.SetFlag(os.O_RDONLY)) }

func (s *scratch) file(name string) string { return filepath.Join(s.dir, name) }

// remove removes it with all that is in it.
func (s *scratch) remove() {
	_ = os.RemoveAll(s.dir) // the next one clears away what stays
	_ = s.lock.Close()
}

// put gives a file in it its name, in one step that outlasts a loss of power.
func (s *scratch) put(name, path string) error {
	if err := toDisk(name); err != nil {
		return err
	}
	if err := os.Rename(name, path); err != nil {
		return err
	}
	return toDisk(filepath.Dir(path))
}

// toDisk waits until a file, or what a folder lists, is on the disk.
func toDisk(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	err = cmp.Or(f.Sync(), f.Close())
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		return nil // some file systems know no such thing
	}
	return err
}
