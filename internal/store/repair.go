package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/gofrs/flock"
	"zombiezen.com/go/sqlite"

	"vitals/internal/store/pages"
)

// Beside a history may lie, by the endings of their names:
const (
	lockEnding    = ".lock"      // held by all that have it open, or by the one that repairs it
	markEnding    = ".damaged"   // somebody came upon damage; a date follows in the names of damaged files
	newEnding     = ".repairing" // of a repair under way
	mendedEnding  = ".repaired"  // takes the place of the history, and nothing else is to be done
	logEnding     = "-wal"
	indexEnding   = "-shm"
	journalEnding = "-journal"
)

// Repaired returns what Open put right and what that means, in sentences for
// people, the most important first; none when there was nothing to be done.
func (s *Store) Repaired() []string { return s.repaired }

// markDamaged lets the next Open look for damage.
func markDamaged(path string) {
	if f, err := createPrivate(path + markEnding); err == nil {
		_ = f.Close() // nothing was written
	}
}

// createPrivate makes a file that does not exist yet.
func createPrivate(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
}

// damage is why a history could not be opened.
type damage struct {
	why error
	of  fs.FileInfo // nil when there was no file but a log
}

// replaced reports that it is another file by now.
func (d *damage) replaced(path string) bool {
	now, err := os.Stat(path)
	return err == nil && d.of != nil && !os.SameFile(now, d.of)
}

// admit waits until nobody repairs the history, repairs it where it is damaged,
// and keeps others from that until the lock is closed. Met is why it cannot be
// opened, nil when that is not known.
func admit(ctx context.Context, path string, met *damage) (inUse *flock.Flock, repaired []string, err error) {
	inUse = flock.New(path+lockEnding, flock.SetPermissions(0o600))
	if repaired, err = mendAlone(ctx, inUse, path, met); err == nil {
		err = share(ctx, inUse, path)
	}
	if err != nil {
		_ = inUse.Close()
		return nil, nil, err
	}
	return inUse, repaired, nil
}

const (
	// again is how long to wait before a lock is tried again.
	again = 10 * time.Millisecond

	// settling is how long those that wait may keep each other from a lock.
	settling = 300 * time.Millisecond

	// repairPatience is how long to wait for another process that repairs: ten
	// years take seconds, on a slow disk more.
	repairPatience = time.Minute
)

// mendAlone looks for damage if there is reason to, unless another process has the
// history open, and repairs it.
func mendAlone(ctx context.Context, lock *flock.Flock, path string, met *damage) (repaired []string, err error) {
	log, _ := os.Stat(path + logEnding) // nil when there is none
	marked := exists(path + markEnding)
	mended := exists(path + mendedEnding)
	if met == nil && !marked && !mended && (log == nil || log.Size() == 0) && !due(path) {
		return nil, nil
	}
	// What was saved beside a mended file would be gone when that takes its place.
	must := met != nil || mended
	for begun := time.Now(); ; {
		switch alone, err := lock.TryLock(); {
		case err != nil && must:
			return nil, fileError(err)
		case alone:
			r := repair{ctx: ctx, path: path, today: time.Now()}
			if repaired, err = r.mend(met, marked); errors.Is(err, errUnseen) && ctx.Err() == nil {
				return nil, lock.Unlock() // the mark stays, and the next start looks again
			} else if err != nil {
				if err = r.explained(err); must || exists(path+mendedEnding) || ctx.Err() != nil {
					return nil, err
				}
				repaired = []string{err.Error()} // what can be read can be
				markDamaged(path)
			}
			now := time.Now()
			_ = os.Chtimes(path+lockEnding, now, now) // or the next start looks again
			if err := lock.Unlock(); err != nil {
				return nil, fileError(err)
			}
			return repaired, nil
		case met != nil && met.replaced(path), met == nil && mended && !exists(path+mendedEnding): // somebody else repaired it
			return nil, nil
		case must && (time.Since(begun) > repairPatience || time.Since(begun) > settling && shared(lock)):
			e := &Error{
				sentence: path + " is damaged, and cannot be repaired while another program has it open",
				hint:     "end the other vitals, and start this one again",
			}
			if met != nil {
				e.cause = met.why
			}
			return nil, e
		case must:
			select {
			case <-time.After(again):
			case <-ctx.Done():
				return nil, explain(ctx, openingHistory, path, ctx.Err())
			}
		case marked:
			return []string{path + " is damaged: end the other vitals that has it open, and start this one again to repair it"}, nil
		default:
			return nil, nil
		}
	}
}

// due reports whether no start has looked for damage for a day: SQLite reads over
// some of it without a word. When one did is the time of the lock.
func due(path string) bool {
	const day = 24 * time.Hour
	lock, err := os.Stat(path + lockEnding)
	return err == nil && time.Since(lock.ModTime()).Abs() > day
}

// shared reports whether nobody repairs.
func shared(lock *flock.Flock) bool {
	ok, err := lock.TryRLock()
	return ok && err == nil && lock.Unlock() == nil
}

// share waits until nobody repairs the history, and keeps others from it.
func share(ctx context.Context, lock *flock.Flock, path string) error {
	patient, cancel := context.WithTimeout(ctx, repairPatience)
	defer cancel()
	if ok, err := lock.TryRLockContext(patient, again); !ok && ctx.Err() != nil {
		return explain(ctx, openingHistory, path, err)
	} else if !ok && patient.Err() != nil {
		return &Error{
			sentence: fmt.Sprintf("%s: another vitals has been repairing %s for %v", openingHistory, path, repairPatience),
			hint:     "let it finish, and try again",
		}
	}
	return nil // where there are no locks nobody repairs either
}

// repair is what is done to a history that nobody else has open.
type repair struct {
	ctx   context.Context
	path  string
	today time.Time // names the damaged file
}

// mend repairs the history if it is damaged, and says what it did.
func (r repair) mend(met *damage, thorough bool) ([]string, error) {
	if exists(r.path + mendedEnding) { // before it took the place of the history
		kept, err := r.swap(r.damagedName())
		if err != nil {
			return nil, err
		}
		return told("the history was damaged: a repair or a restore, which was ended in the middle, is brought to its end", "", kept), nil
	}
	if met != nil && met.replaced(r.path) {
		met = nil
	}
	if met == nil && unfinished(r.path) {
		return nil, nil // opening it undoes that, and the mark stays
	}
	if met == nil {
		if whole, err := r.whole(thorough, thorough); err != nil {
			return nil, errors.Join(errUnseen, err)
		} else if whole {
			return nil, gone(r.path + markEnding)
		}
	}
	return r.rescue()
}

// errUnseen is wrapped when it is not known whether there is damage.
var errUnseen = errors.New("the look for damage did not end")

func (r repair) explained(err error) error {
	const doing = "repairing the history"
	_, file := errors.AsType[*fs.PathError](err)
	_, link := errors.AsType[*os.LinkError](err)
	if !file && !link || r.ctx.Err() != nil {
		return explain(r.ctx, doing, r.path, err)
	}
	return &Error{
		sentence: doing + ": " + err.Error(),
		hint:     "nothing was changed: free some space, or see whether you may write there, and start vitals again",
		cause:    err,
	}
}

// whole reports whether no damage is found in the history, nor, if asked for, in
// its rows. It fails when it could not look.
func (r repair) whole(thorough, rows bool) (bool, error) {
	s, err := OpenReadOnly(r.ctx, r.path)
	if err == nil {
		defer s.Close()
		if err = s.Check(r.ctx, thorough); err == nil && rows {
			err = s.checkRows(r.ctx)
		}
	}
	if errors.Is(err, ErrDamaged) {
		return false, nil
	}
	return err == nil, err
}

// checkRows looks for packed days that say nothing, and for rows that stand in
// another table than their own: SQLite checks no constraints of a file that it
// may not write to.
func (s *Store) checkRows(ctx context.Context) error {
	return s.read(ctx, "checking the history", func(conn *sqlite.Conn) error {
		var wrong error
		err := each(conn, func(stmt *sqlite.Stmt) {
			if _, err := unpack(nil, stmt.ColumnInt64(0), bytesAt(stmt, 1)); err != nil {
				wrong = err
			}
		}, "SELECT day, packed FROM quarter_hours")
		strangers, errOne := number(conn, `SELECT (SELECT count(*) FROM identity WHERE one <> 1) +
			(SELECT count(*) FROM profile WHERE one <> 1) + (SELECT count(*) FROM settings WHERE one <> 1)`)
		if strangers > 0 {
			wrong = sqlite.ResultCorrupt.ToError()
		}
		return errors.Join(err, errOne, wrong)
	})
}

// alone reports whether the file is a whole history without its log.
func (r repair) alone() bool {
	conn, err := sqlite.OpenConn(location(r.path, "immutable=1"), sqlite.OpenReadOnly|sqlite.OpenURI)
	if err != nil {
		return false
	}
	defer conn.Close()
	version, err := examine(conn, r.path)
	wrong, errWrong := wrongIn(conn, wholeCheck)
	return err == nil && errWrong == nil && version > 0 && wrong == ""
}

// rescue puts all that can be read into a new file, and that in place of the
// damaged one, which is kept.
func (r repair) rescue() ([]string, error) {
	log := r.path + logEnding
	foreign := false
	if info, err := os.Stat(log); err == nil && info.Size() > 0 && r.alone() {
		whole, err := r.whole(true, false)
		if err != nil {
			return nil, err
		}
		if !whole {
			log, foreign = "", true
		}
	}
	lost, err := r.copied(log)
	if err != nil {
		return nil, err
	}
	if err := os.Rename(r.path+newEnding, r.path+mendedEnding); err != nil {
		return nil, err
	}
	kept, err := r.swap(r.damagedName())
	if err != nil {
		return nil, err
	}
	switch what, remedy := lost.words(r.path); {
	case foreign:
		return told("the log beside the history did not belong to it: it was left out, and with it what was saved last", remedy, kept), nil
	default:
		return told("the history was damaged, and is repaired: "+what, remedy, kept), nil
	}
}

// copied writes the new file, for good.
func (r repair) copied(log string) (l losses, err error) {
	path := r.path + newEnding
	for _, ending := range []string{"", journalEnding} { // of a repair that was ended
		if err := gone(path + ending); err != nil {
			return l, err
		}
	}
	f, err := createPrivate(path)
	if err != nil {
		return l, err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			err = errors.Join(err, gone(path)) // the space may be needed
		}
	}()
	image, err := pages.Open(r.path, log)
	if err != nil {
		return l, err
	}
	defer image.Close()
	conn, err := sqlite.OpenConn(location(path, ""), sqlite.OpenReadWrite|sqlite.OpenURI)
	if err != nil {
		return l, err
	}
	s, err := copyOut(r.ctx, image, conn)
	if err == nil {
		if log == "" {
			s.lost[0] = "" // whatever the log held
			err = s.fetchAnew()
		}
		if err == nil {
			l, err = s.losses()
		}
		err = errors.Join(err, wholeAndConsistent(conn))
	}
	if err = errors.Join(err, conn.Close()); err != nil {
		return l, err
	}
	return l, f.Sync()
}

func wholeAndConsistent(conn *sqlite.Conn) error {
	for _, query := range []string{wholeCheck, "PRAGMA foreign_key_check"} {
		wrong := ""
		err := each(conn, func(stmt *sqlite.Stmt) { wrong = stmt.ColumnText(0) }, query)
		if err == nil && wrong != "" && wrong != "ok" {
			err = fmt.Errorf("what was put together is not whole: %s", wrong)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// damagedName is where a damaged file is kept.
func (r repair) damagedName() string { return r.path + markEnding + r.today.Format(damagedLayout) }

const damagedLayout = "-2006-01-02"

// swap keeps the damaged file and all that belongs to it under other names, and
// puts the mended one in its place. It can be ended at any time: while the mended
// file is there, the next start goes on with it.
func (r repair) swap(name string) (kept string, err error) {
	kept, err = r.keep(name)
	if err != nil {
		return "", err
	}
	// Before it is there that the old log would be applied to.
	for _, ending := range []string{logEnding, indexEnding, journalEnding} {
		if err := gone(r.path + ending); err != nil {
			return "", err
		}
	}
	if err := toDisk(filepath.Dir(r.path)); err != nil {
		return "", err
	}
	if err := os.Rename(r.path+mendedEnding, r.path); err != nil {
		return "", err
	}
	return kept, errors.Join(toDisk(filepath.Dir(r.path)), gone(r.path+markEnding))
}

// keep gives the damaged file, its log and its journal another name, or one like it
// if something else is kept there, and returns that; "" when there is nothing in it.
func (r repair) keep(name string) (string, error) {
	damaged, err := os.Stat(r.path)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil // it has its other name already
	}
	if err != nil {
		return "", err
	}
	if damaged.Size() == 0 && !exists(r.path+logEnding) {
		return "", nil
	}
	for _, ending := range endings {
		if err := os.Chmod(r.path+ending, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	for n := 1; ; n++ {
		kept := name
		if n > 1 {
			kept = fmt.Sprintf("%s-%d", name, n)
		}
		if slices.ContainsFunc(endings[:], func(ending string) bool { return anotherIsThere(r.path+ending, kept+ending) }) {
			continue
		}
		for _, ending := range []string{logEnding, journalEnding, ""} { // the last is what was found above
			err := os.Link(r.path+ending, kept+ending)
			if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
				err = os.Rename(r.path+ending, kept+ending) // where a file has but one name
			}
			if err != nil && !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrExist) {
				return "", err
			}
		}
		return kept, nil
	}
}

// anotherIsThere reports whether a name that a file is to have is another file's.
func anotherIsThere(path, name string) bool {
	_, err := os.Stat(path)
	_, errThere := os.Lstat(name)
	return err == nil && errThere == nil && !sameFile(path, name)
}

// gone removes a file that need not be there.
func gone(path string) error {
	if err := os.Remove(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
