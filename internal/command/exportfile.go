package command

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"vitals/internal/config"
	"vitals/internal/report"
)

// writeFile writes a table to a file.
func (x *exporter) writeFile(path string, table report.Table) error {
	var text bytes.Buffer
	if err := x.write(table, &text); err != nil {
		return err
	}
	return x.writeBeside(path, text.Bytes())
}

// writeBeside writes to a file, but not over what vitals lives of.
func (s *session) writeBeside(path string, text []byte) error {
	for _, of := range []struct{ path, is string }{
		{s.settings().Energy.Database, "the meter's database"}, {s.place.Path, "the configuration"}, {s.storePath(), "the store of vitals"},
	} {
		if same(path, of.path) {
			return usage("name another file", "%s is %s", path, of.is)
		}
	}
	return writeOut(path, text)
}

// same reports whether two paths lead to one file that is there.
func same(a, b string) bool {
	one, err := os.Stat(a)
	other, err2 := os.Stat(b)
	return err == nil && err2 == nil && os.SameFile(one, other)
}

// writeOut replaces a file whole, or the one that a link leads to, and writes
// to what is no file: a pipe, a terminal.
func writeOut(path string, text []byte) error {
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return errFolder(path)
	case err == nil && !info.Mode().IsRegular():
		err = os.WriteFile(path, text, 0o600)
	default:
		if target, failed := filepath.EvalSymlinks(path); failed == nil {
			path = target
		}
		config.RemoveUnfinished(path) // of a writer that was killed
		mode := fs.FileMode(0o600)
		if err == nil {
			mode = info.Mode().Perm()
		}
		err = config.Replace(path, text, mode)
	}
	return unwritten(path, err)
}

func errFolder(path string) error { return usage("name a file in it", "%s is a folder", path) }

// unwritten says why a file could not be written, as far as people can do
// something about it.
func unwritten(path string, err error) error {
	folder := filepath.Dir(path)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return usage("check the path", "there is no folder %s", folder)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return failure{code: exitFailed, cause: fmt.Errorf("nothing may be written in %s", folder), hint: "name a file somewhere else"}
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return failure{code: exitFailed, cause: fmt.Errorf("there is no space left for a file in %s", folder), hint: "name a file on another disk, or make room"}
	}
	cause := err
	if at, ok := errors.AsType[*os.LinkError](err); ok { // it names a file beside this one
		cause = at.Err
	} else if at, ok := errors.AsType[*fs.PathError](err); ok {
		cause = at.Err
	}
	if errors.Is(err, config.ErrUnconfirmed) {
		cause = fmt.Errorf("%w: %w", config.ErrUnconfirmed, cause)
	}
	return failure{code: exitFailed, cause: fmt.Errorf("writing %s: %w", path, cause), hint: "check the disk, or name a file on another one"}
}
