package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"github.com/gofrs/flock"
)

// ErrUnconfirmed is wrapped by the error of a save that is done, and that the
// disk did not confirm: the next loss of power may take it back.
var ErrUnconfirmed = errors.New("saved, but the disk does not confirm it")

// WritePrivate replaces a file whole; it has mode 0600 from its first byte on.
// See Replace.
func WritePrivate(path, text string) error { return Replace(path, []byte(text), 0o600) }

// Replace replaces a file whole, or makes it: after a crash or a loss of power
// there is the old content or the new one. When it fails, the old one stays,
// unless the error wraps ErrUnconfirmed. The content is written to a file beside
// it first, which is locked meanwhile; RemoveUnfinished removes what a process
// left that was killed. Until it is whole, nobody else can read it.
func Replace(path string, content []byte, mode fs.FileMode) error {
	pending, unlock, err := beside(path)
	if err != nil {
		return err
	}
	defer unlock() // after the file has its name
	if err := fill(pending, content, mode); err != nil {
		os.Remove(pending.Name())
		return err
	}
	if err := os.Rename(pending.Name(), path); err != nil {
		os.Remove(pending.Name())
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// room fails when the disk has no room to replace the file at path by one of some
// bytes.
func room(path string, bytes int) error {
	pending, unlock, err := beside(path)
	if err == nil {
		defer unlock()
		err = fill(pending, make([]byte, bytes), 0o600)
		os.Remove(pending.Name())
	}
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return err
	}
	return nil // another reason may be no hindrance: not every renewal is saved
}

// fill writes all of a file, and closes it.
func fill(f *os.File, content []byte, mode fs.FileMode) error {
	defer f.Close()
	if _, err := f.Write(content); err != nil {
		return err
	}
	if info, err := f.Stat(); err != nil {
		return err
	} else if info.Mode().Perm() != mode { // a file system that knows no modes refuses
		if err := f.Chmod(mode); err != nil {
			return err
		}
	}
	if err := f.Sync(); err != nil {
		return err
	}
	return f.Close()
}

// A file that is to replace NAME is .NAME.vitals-<number>.unfinished meanwhile:
// RemoveUnfinished must not mistake a file of the user's for one.
const (
	unfinishedMark = ".vitals-"
	unfinishedEnd  = ".unfinished"
)

// unfinished is how the name of the file begins that is to replace the one at path. A
// name takes 255 bytes at most: of a long one, the beginning has to do.
func unfinished(path string) string {
	const longest = 200
	name := filepath.Base(path)
	return "." + name[:min(len(name), longest)] + unfinishedMark
}

// beside makes a file beside the one at path, for its owner alone, and locks it.
func beside(path string) (pending *os.File, unlock func(), err error) {
	for {
		if pending, err = os.CreateTemp(filepath.Dir(path), unfinished(path)+"*"+unfinishedEnd); err != nil {
			return nil, nil, err
		}
		lock := flock.New(pending.Name(), flock.SetFlag(os.O_RDWR))
		locked, err := lock.TryLock()
		switch {
		case locked && named(pending):
			return pending, func() { lock.Unlock() }, nil
		case err != nil && named(pending):
			return pending, func() {}, nil // a file system without locks, where nobody removes it either
		}
		// Somebody else locked it first, to remove it.
		lock.Unlock()
		pending.Close()
		os.Remove(pending.Name())
	}
}

// named reports whether an open file still has its name.
func named(f *os.File) bool {
	is, err := f.Stat()
	if err != nil {
		return false
	}
	there, err := os.Stat(f.Name())
	return err == nil && os.SameFile(is, there)
}

// SyncFolder makes the disk keep the names in a folder: a file that was made,
// renamed or removed. Its error wraps ErrUnconfirmed.
func SyncFolder(path string) error {
	folder, err := os.Open(path)
	if err == nil {
		defer folder.Close()
		err = folder.Sync()
	}
	// Some file systems cannot, and a folder may be one to write to only.
	if err == nil || errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) || errors.Is(err, fs.ErrPermission) {
		return nil
	}
	return fmt.Errorf("%w: %w", ErrUnconfirmed, err)
}

// IsUnfinished reports whether a name, without a folder, is of a file that is to
// replace the one at path.
func IsUnfinished(name, path string) bool {
	number, begins := strings.CutPrefix(name, unfinished(path))
	number, ends := strings.CutSuffix(number, unfinishedEnd)
	return begins && ends && number != "" && strings.Trim(number, "0123456789") == ""
}

// RemoveUnfinished removes what Replace left beside the file at path, or the one
// that symbolic links lead to, in processes that were killed, and reports whether
// there was anything. What another process is writing stays.
func RemoveUnfinished(path string) bool {
	path = resolve(path)
	entries, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		return false
	}
	found := false
	for _, e := range entries {
		if !IsUnfinished(e.Name(), path) || !e.Type().IsRegular() {
			continue
		}
		name := filepath.Join(filepath.Dir(path), e.Name())
		lock := flock.New(name, flock.SetFlag(os.O_RDWR))
		if locked, err := lock.TryLock(); err != nil || !locked {
			continue
		}
		found = os.Remove(name) == nil || found
		lock.Unlock()
	}
	return found
}
