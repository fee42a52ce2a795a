package store

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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

// newScratch makes one beside the file at path. What others left in that folder that
// were killed, for whatever file, is cleared away.
func newScratch(path string) (*scratch, error) {
	clearAway(filepath.Dir(path), filepath.Base(path))
	return scratchIn(filepath.Dir(path), "."+filepath.Base(path)+partInfix)
}

// Scratch makes a folder whose name is begin and a number, for its owner alone, with
// an empty file in it that marks it. It clears away those that makers left who were
// killed: folders with that file in which all else are files that a maker makes, by
// their names. Remove removes it with all that is in it.
func Scratch(folder, begin string, made func(name string) bool) (dir string, remove func(), err error) {
	left := func(in []fs.DirEntry) bool {
		return slices.ContainsFunc(in, func(e fs.DirEntry) bool { return e.Name() == scratchMark }) &&
			!slices.ContainsFunc(in, func(e fs.DirEntry) bool {
				return !e.Type().IsRegular() || e.Name() != scratchMark && !made(e.Name())
			})
	}
	entries, _ := os.ReadDir(folder) // making one there will tell
	for _, e := range entries {
		if number, ok := strings.CutPrefix(e.Name(), begin); ok && isNumber(number) && isPrivate(e) {
			removeLeft(filepath.Join(folder, e.Name()), left)
		}
	}
	s, err := scratchIn(folder, begin)
	if err != nil {
		return "", nil, err
	}
	mark, err := createPrivate(s.file(scratchMark))
	if err != nil {
		s.remove()
		return "", nil, err
	}
	return s.dir, s.remove, mark.Close()
}

// isPrivate reports whether it is a folder for its owner alone.
func isPrivate(e fs.DirEntry) bool {
	if !e.IsDir() {
		return false
	}
	info, err := e.Info()
	return err == nil && info.Mode().Perm() == 0o700
}

// removeLeft removes a folder whose maker is gone, if all that is in it was left. The
// mark goes last: what is removed by halves is still known.
func removeLeft(dir string, left func(in []fs.DirEntry) bool) {
	lock := lockOf(dir)
	defer lock.Close()
	if got, err := lock.TryLock(); !got || err != nil {
		return
	}
	in, err := os.ReadDir(dir)
	if err != nil || !left(in) {
		return
	}
	for _, e := range in {
		if e.Name() != scratchMark {
			_ = os.Remove(filepath.Join(dir, e.Name()))
		}
	}
	_ = os.Remove(filepath.Join(dir, scratchMark))
	_ = os.Remove(dir) // if it is empty; the next one tries again
}

func scratchIn(folder, begin string) (*scratch, error) {
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

const (
	// A scratch folder beside a file NAME is .NAME.part-<number>.
	partInfix = ".part-"

	scratchMark = ".vitals-scratch"

	takenName = "taken.db"
	copyName  = "copy.db"
)

// scratches are the folders in a folder that cannot but be ours: by their names,
// their mode, and as there is nothing else in them than what one of us makes. An
// empty one counts only beside the file called base.
func scratches(folder, base string) (found []string) {
	entries, _ := os.ReadDir(folder) // making one there will tell
	for _, e := range entries {
		i := strings.LastIndex(e.Name(), partInfix)
		if i < 2 || e.Name()[0] != '.' || !isNumber(e.Name()[i+len(partInfix):]) || !isPrivate(e) {
			continue
		}
		dir := filepath.Join(folder, e.Name())
		in, err := os.ReadDir(dir)
		if err == nil && (len(in) > 0 || e.Name()[1:i] == base) && leftIn(dir)(in) {
			found = append(found, dir)
		}
	}
	return found
}

// leftIn reports whether all in a folder are files that one of us leaves: those with
// our names that, if they are databases, are ours or not begun.
func leftIn(dir string) func(in []fs.DirEntry) bool {
	return func(in []fs.DirEntry) bool {
		return !slices.ContainsFunc(in, func(e fs.DirEntry) bool {
			if !e.Type().IsRegular() || !slices.Contains(scratchNames(), e.Name()) {
				return true
			}
			if e.Name() != takenName && e.Name() != copyName {
				return false
			}
			header, err := headOf(filepath.Join(dir, e.Name()))
			return err != nil || !header.isOurs() && header != head{} // SQLite may write the first page last
		})
	}
}

func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// scratchNames are those of all that may be in a scratch folder.
func scratchNames() (names []string) {
	for _, name := range []string{takenName, copyName} {
		for _, ending := range append(endings[:], indexEnding) {
			names = append(names, name+ending)
		}
	}
	return names
}

// clearAway removes those in a folder whose maker is gone; see scratches.
func clearAway(folder, base string) {
	for _, dir := range scratches(folder, base) {
		removeLeft(dir, leftIn(dir))
	}
}

// lockOf is the lock of a folder, or of a file, which is not made.
func lockOf(path string) *flock.Flock { return flock.New(path, flock.SetFlag(os.O_RDONLY)) }

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
	if errors.Is(err, fs.ErrPermission) {
		return nil // a folder to write to only
	}
	if err != nil {
		return err
	}
	err = cmp.Or(f.Sync(), f.Close())
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		return nil // some file systems know no such thing
	}
	return err
}
