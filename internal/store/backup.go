package store

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"
)

const backingUp = "backing up the history"

// Backup writes a copy of the history in the file at path to another file, which
// is readable only by its owner. The copy is of one moment, checked for damage,
// and has as many rows in each table as the history had then; only then it takes
// the place of what was there, or else nothing is left of it. Others may read
// and write the history meanwhile, and it stays as it is: in its format, too. A
// history that is damaged is refused, and the next Open repairs it; a target for
// which Replaceable fails is refused, too, and so is, in the same way, one that has a
// kind of data of which the history has nothing. That there is no history yet is an error
// that wraps fs.ErrNotExist.
func Backup(ctx context.Context, path, to string) (Copy, error) {
	path, err := located(path)
	if err == nil {
		to, err = filepath.Abs(to)
	}
	if err != nil {
		return Copy{}, fileError(err)
	}
	copied, err := backUp(ctx, path, to)
	if e, ok := errors.AsType[*Error](err); ok && errors.Is(err, ErrDamaged) {
		markDamaged(path)
		e.hint = repairsItself
	}
	return copied, err
}

func backUp(ctx context.Context, path, to string) (Copy, error) {
	if !exists(path) {
		return Copy{}, nothingIn(path, ", and no backup was written")
	}
	if err := notHalfMended(path); err != nil {
		return Copy{}, err
	}
	if _, err := ours(ctx, path); err != nil {
		return Copy{}, err
	}
	if err := Replaceable(path, to); err != nil {
		return Copy{}, err
	}
	if target, err := filepath.EvalSymlinks(to); err == nil {
		to = target
	}
	conn, err := sqlite.OpenConn(location(path, ""), sqlite.OpenReadWrite|sqlite.OpenURI)
	if err != nil {
		return Copy{}, explain(ctx, backingUp, path, err)
	}
	conn.SetBusyTimeout(patience)
	conn.SetInterrupt(ctx.Done())
	version, err := examine(conn, path)
	if err == nil && version == 0 {
		err = nothingIn(path, ", and no backup was written")
	}
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultCantOpen, sqlite.ResultReadOnly, sqlite.ResultIOErr, sqlite.ResultFull:
		// Where a log cannot be opened – on a disk that is full, or of somebody
		// else – one can still look.
		_ = conn.Close() // which holds a lock
		return backUpUnlogged(ctx, path, to)
	}
	defer conn.Close()
	if err != nil {
		return Copy{}, explain(ctx, backingUp, path, err)
	}
	return writeCopy(ctx, conn, to, backingUp, path, to, func(copied Copy) error {
		return cmp.Or(notHalfMended(path), notLess(ctx, copied, path, to))
	})
}

// notLess fails when a copy of the history at path has nothing of a kind of data
// that an earlier one has: whoever lost it has but that one. What could not be
// restored is no earlier copy.
func notLess(ctx context.Context, copied Copy, path, to string) error {
	earlier, err := OpenReadOnly(ctx, to)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, ErrDamaged) || errors.Is(err, errNotOurs) {
		return nil
	}
	if err != nil {
		return err
	}
	defer earlier.Close()
	var before Copy
	err = earlier.use(ctx, earlier.pool, backingUp, func(conn *sqlite.Conn) error {
		version, err := examine(conn, to)
		if err == nil && version > 0 {
			before, err = look(conn)
		}
		if isDamage(err) || sqlite.ErrCode(err) == sqlite.ResultError { // or a table is missing
			return nil
		}
		return err
	})
	if err != nil {
		return err
	}
	var missing []string
	for _, was := range before.Kinds {
		if !slices.ContainsFunc(copied.Kinds, func(is Kind) bool { return is.Type == was.Type && is.What == was.What }) {
			missing = append(missing, was.Type+" "+was.What)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	e := &Error{
		sentence: fmt.Sprintf("there are no %s in %s any more, and the backup %s has them: it stays", strings.Join(missing, ", "), path, to),
		hint:     "bring it back with vitals restore, name another file, or move it away",
		cause:    ErrNoBackup,
	}
	if len(copied.Kinds) == 0 {
		e.sentence = fmt.Sprintf("there is nothing in %s, and the backup %s has something: it stays", path, to)
	}
	return e
}

// nothingIn is the error of a history without anything in it; then is what did not
// happen because of that.
func nothingIn(path, then string) *Error {
	if emptied(path) {
		return &Error{
			sentence: "nothing is left of the history in " + path + then,
			hint:     comeBack(path, true, true),
			cause:    fs.ErrNotExist,
		}
	}
	return &Error{
		sentence: "there is nothing in " + path + " yet" + then,
		hint:     "vitals sync or vitals import fills it; VITALS_DATA_DIR names another directory",
		cause:    fs.ErrNotExist,
	}
}

func backUpUnlogged(ctx context.Context, path, to string) (Copy, error) {
	s, err := OpenReadOnly(ctx, path)
	if err != nil {
		return Copy{}, err
	}
	defer s.Close()
	var copied Copy
	err = s.use(ctx, s.pool, backingUp, func(conn *sqlite.Conn) (err error) {
		copied, err = writeCopy(ctx, conn, to, backingUp, path, to, func(copied Copy) error {
			return cmp.Or(s.unchanged(backingUp), notLess(ctx, copied, path, to))
		})
		return err
	})
	return copied, err
}

// ErrNoBackup is wrapped by the refusal to write a backup to where something
// else is, or is to be.
var ErrNoBackup = errors.New("no place for a backup")

// Replaceable fails with an error that wraps ErrNoBackup unless a backup of the
// history at path may be written to a file: one that is not there, is empty, or
// is an earlier backup, of no newer format. A history that is kept with a log is none.
func Replaceable(path, file string) error {
	refuse := func(what, hint string) error {
		return &Error{sentence: file + " is " + what, hint: hint, cause: ErrNoBackup}
	}
	for _, of := range []string{"-wal", "-shm", "-journal"} {
		if strings.HasSuffix(file, of) {
			return refuse("a name for what SQLite keeps beside a database", "choose a name that does not end in "+of)
		}
	}
	folder := filepath.Dir(file)
	if ownName(path, file) {
		return refuse("a name for what vitals keeps for itself", "choose another name, best in another folder")
	}
	if info, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) || err == nil && !info.IsDir() {
		return &Error{sentence: "there is no folder " + folder, hint: "check the path", cause: ErrNoBackup}
	}
	found, err := os.Stat(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return &Error{sentence: err.Error(), hint: "check the path", cause: ErrNoBackup}
	}
	if own, err := os.Stat(path); err == nil && os.SameFile(own, found) {
		return refuse("the history itself", "name another file")
	}
	switch {
	case found.IsDir():
		return refuse("a folder", "name a file in it")
	case !found.Mode().IsRegular():
		return refuse("no file", "name a file: a backup is checked before it counts, and renamed when it is whole")
	}
	format, logged, err := headerOf(file)
	known := len(migrationNames())
	switch {
	case err != nil:
		return &Error{sentence: err.Error(), hint: "name another file", cause: ErrNoBackup}
	case format > known:
		return refuse(fmt.Sprintf("a backup of a newer vitals (format %d; this one knows up to %d)", format, known), "install the newer version, or name another file")
	case found.Size() > 0 && format < 0:
		return refuse("there, and is no backup of vitals", "name another file, or move it away")
	case logged, exists(file + "-wal"), exists(file + "-journal"):
		return refuse("a history in use, not a backup", "name another file")
	}
	return nil
}

// ownName reports whether a file has, or leads to, a name that locks and what is
// saved by halves have anywhere, or that repairs, restores and migrations use beside
// the history at path.
func ownName(path, file string) bool {
	names := []string{file}
	if target, err := filepath.EvalSymlinks(file); err == nil {
		names = append(names, target)
	} else if folder, err := filepath.EvalSymlinks(filepath.Dir(file)); err == nil {
		names = append(names, filepath.Join(folder, filepath.Base(file)))
	}
	return slices.ContainsFunc(names, func(name string) bool {
		ending, beside := strings.CutPrefix(name, path)
		_, left := leftBy(ending)
		return strings.HasSuffix(name, lockEnding) || strings.HasSuffix(name, ".unfinished") || beside && (left || ending == markEnding)
	})
}

// headerOf says of which format a history is by its first bytes, -1 for what is
// none, and whether it is kept with a log.
func headerOf(file string) (format int, logged bool, err error) {
	h, err := headOf(file)
	if err != nil || !h.isOurs() {
		return -1, false, err
	}
	return int(binary.BigEndian.Uint32(h[60:])), h[19] == 2, nil
}

// head is what a database begins with; see SQLite's file format, section 1.3. What a
// file is too short for is 0.
type head [100]byte

func headOf(file string) (h head, err error) {
	f, err := os.Open(file)
	if err != nil {
		return h, err
	}
	defer f.Close()
	if _, err := io.ReadFull(f, h[:]); errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return h, nil // too short to be one
	} else if err != nil {
		return h, err
	}
	return h, nil
}

func (h head) isOurs() bool {
	return string(h[:16]) == "SQLite format 3\x00" && binary.BigEndian.Uint32(h[68:]) == applicationID
}
