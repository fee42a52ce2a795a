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
	"github.com/google/renameio/v2"
)

// ErrUnconfirmed is wrapped by the error of a save that is done, and that the
// disk did not confirm: the next loss of power may take it back.
var ErrUnconfirmed = errors.New("saved, but the disk does not confirm it")

// WritePrivate replaces a file whole; it has mode 0600 from its first byte on.
// See Replace.
func WritePrivate(path, text string) error {
	return Replace(path, []byte(text), renameio.WithStaticPermissions(0o600))
}

// Replace replaces a file whole, or makes it: after a crash or a loss of power
// there is the old content or the new one. When it fails, the old one stays,
// unless the error wraps ErrUnconfirmed. The content is written to a file beside
// it first, which is locked meanwhile; RemoveUnfinished removes what a process
// left that was killed.
func Replace(path string, content []byte, permissions ...renameio.Option) error {
	pending, unlock, err := beside(path, permissions)
	if err != nil {
		return err
	}
	defer unlock() // after the file has its name
	defer pending.Cleanup()
	if _, err := pending.Write(content); err != nil {
		return err
	}
	if err := pending.CloseAtomicallyReplace(); err != nil {
		return err
	}
	return SyncFolder(filepath.Dir(path))
}

// beside makes a file beside the one at path, and locks it.
func beside(path string, permissions []renameio.Option) (pending *renameio.PendingFile, unlock func(), err error) {
	options := append([]renameio.Option{renameio.WithTempDir(filepath.Dir(path))}, permissions...)
	for {
		if pending, err = renameio.NewPendingFile(path, options...); err != nil {
			return nil, nil, err
		}
		lock := flock.New(pending.Name(), flock.SetFlag(os.O_RDWR))
		locked, err := lock.TryLock()
		switch {
		case locked && named(pending.File):
			return pending, func() { lock.Unlock() }, nil
		case err != nil && named(pending.File):
			return pending, func() {}, nil // a file system without locks, where nobody removes it either
		}
		// Somebody else locked it first, to remove it.
		lock.Unlock()
		pending.Cleanup()
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
		number, ours := strings.CutPrefix(e.Name(), "."+filepath.Base(path))
		if !ours || number == "" || strings.Trim(number, "0123456789") != "" || !e.Type().IsRegular() {
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
