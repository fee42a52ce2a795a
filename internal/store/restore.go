package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/gofrs/flock"
	"zombiezen.com/go/sqlite"
)

const restoring = "restoring the history"

// Restored is what came of bringing back a backup.
type Restored struct {
	Copy             // what the history holds now
	From    int      // the version of the backup's schema, which may be an older one
	Kept    string   // where what was there before is kept, "" if that was nothing
	Dropped []string // what earlier restores kept, and is kept no more
	Damaged bool     // what was there before is damaged, and kept as it was
	LeftOut []string // views and triggers of the backup, such as "view weights": all that is saved would go through a trigger
}

// Restore replaces the history in the file at path by a backup. The backup is
// read, checked for damage, brought up to date and counted in a copy before
// anything else happens, and is itself left as it is. It is refused when it is no
// history, damaged, or of a newer format, and when anybody has the history open.
// What the history held is kept in a file beside it, named by now; three of
// those stay. A history of a newer format may be replaced, too.
//
// Killed at any moment, it leaves the old history or the new one. It is SQLite
// that sees to that: all pages are replaced in one transaction of the file that
// is there, under a lock that keeps out everybody else. Putting another file in
// its place would be less safe: its log, left over or just made by a program
// that starts meanwhile, would be taken for the new file's, as a log does not
// say whose it is. Only where SQLite cannot work with what is there, as it is
// damaged, a file takes its place, in the way of a repair.
func Restore(ctx context.Context, path, backup string, now time.Time) (Restored, error) {
	path, err := located(path)
	if err == nil {
		backup, err = filepath.Abs(backup)
	}
	if err == nil {
		err = os.MkdirAll(filepath.Dir(path), 0o700)
	}
	if err != nil {
		return Restored{}, fileError(err)
	}
	s, err := newScratch(path)
	if err != nil {
		return Restored{}, unwritten(ctx, restoring, path, err)
	}
	defer s.remove()
	file, r, err := s.fromBackup(ctx, path, backup)
	if err != nil {
		return Restored{}, err
	}
	lock, err := lockOut(ctx, path)
	if err != nil {
		return Restored{}, err
	}
	defer lock.Close()
	if exists(path + mendedEnding) { // or the next start would put it in the place of the backup
		r := repair{ctx: ctx, path: path, today: now}
		if _, err := r.swap(r.damagedName()); err != nil {
			return Restored{}, unwritten(ctx, restoring, path, err)
		}
	}
	name := keptName(path, now)
	err = r.overwrite(ctx, path, file, name)
	if isDamage(err) || errors.Is(err, ErrDamaged) {
		err = r.swap(ctx, s, path, file, name)
	}
	if err != nil {
		return Restored{}, err
	}
	r.Dropped = forgetKept(path, backup, r.Kept)
	_ = gone(path + markEnding) // left over, it costs the next start a check
	noteBegun(path)
	return r, nil
}

// moment is how long others may still have the history open: a report of a status
// bar is over by then.
const moment = time.Second

// lockOut keeps everybody else from opening the history at path for writing, and
// from repairing it, until the lock is closed.
func lockOut(ctx context.Context, path string) (*flock.Flock, error) {
	lock := flock.New(path+lockEnding, flock.SetPermissions(0o600))
	patient, cancel := context.WithTimeout(ctx, moment)
	defer cancel()
	ok, err := lock.TryLockContext(patient, again)
	switch {
	case ok || patient.Err() == nil: // where there are no locks, SQLite's may tell
		return lock, nil
	case ctx.Err() != nil:
		return nil, explain(ctx, restoring, path, err)
	default:
		return nil, inUse(path, err)
	}
}

func inUse(path string, cause error) *Error {
	return &Error{
		sentence: fmt.Sprintf("%s: another vitals has %s open", restoring, path),
		hint:     "close it – a dashboard in another terminal, a sync of cron – and try again; nothing was changed",
		cause:    cause,
	}
}

// fromBackup makes a copy of a backup in the scratch folder, up to date.
func (s *scratch) fromBackup(ctx context.Context, path, backup string) (file string, r Restored, err error) {
	found, err := os.Stat(backup)
	if errors.Is(err, fs.ErrNotExist) {
		return "", r, unfit("there is no file %s", backup)
	}
	if err != nil {
		return "", r, unfit("%w", err)
	}
	if own, err := os.Stat(path); err == nil && os.SameFile(own, found) {
		return "", r, unfit("%s is the history itself", backup)
	}
	if f, err := os.Open(backup); err == nil {
		_ = f.Close()
	} else if errors.Is(err, fs.ErrPermission) {
		e := unfit("%s cannot be read: there is no permission", backup)
		e.hint = "see whose it is: ls -l " + backup + "; the history is as it was"
		return "", r, e
	}
	b, err := OpenReadOnly(ctx, backup)
	if _, explained := errors.AsType[*Error](err); explained { // of a history
		return "", r, unfit("%w", err)
	}
	if err != nil {
		return "", r, err
	}
	defer b.Close()
	about, err := b.About(ctx)
	if err != nil {
		return "", r, err
	}
	if about.Format == 0 {
		return "", r, unfit("%s holds nothing", backup)
	}
	err = b.use(ctx, b.pool, restoring, func(conn *sqlite.Conn) (err error) {
		if err := hasAllTables(conn, about.Format, backup); err != nil {
			return err
		}
		if file, r.Copy, err = s.take(ctx, conn, restoring, backup, path); err != nil {
			return err
		}
		return b.unchanged(restoring)
	})
	if isDamage(err) {
		return "", r, unfit("%w", err)
	}
	if err != nil {
		return "", r, err
	}
	r.From = r.Format
	return file, r, onFile(ctx, file, func(conn *sqlite.Conn) error {
		bytes := r.Bytes
		if r.LeftOut, err = dropForeign(conn); err == nil {
			err = upgrade(conn, path)
		}
		if err == nil {
			r.Copy, err = look(conn)
		}
		r.Bytes = bytes
		return unwritten(ctx, restoring, path, err)
	})
}

// hasAllTables fails when a history has not every table of its format.
func hasAllTables(conn *sqlite.Conn, format int, backup string) error {
	known, err := tableStatements(format)
	if err != nil {
		return err
	}
	found := map[string]bool{}
	err = each(conn, func(stmt *sqlite.Stmt) { found[stmt.ColumnText(0)] = true }, "SELECT name FROM sqlite_schema WHERE type = 'table'")
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if err == nil && !found[name] {
			err = unfit("%s is not whole: it has no table %s", backup, name)
		}
	}
	return err
}

// dropForeign drops what people make for themselves in a history, and returns what
// that was. Triggers come first: those on a view go with it.
func dropForeign(conn *sqlite.Conn) (dropped []string, err error) {
	var drops []string
	err = each(conn, func(stmt *sqlite.Stmt) {
		kind, name := stmt.ColumnText(0), stmt.ColumnText(1)
		dropped = append(dropped, kind+" "+name)
		drops = append(drops, "DROP "+kind+" "+quoted(name))
	}, "SELECT type, name FROM sqlite_schema WHERE type IN ('trigger', 'view') ORDER BY type, name")
	for _, drop := range drops {
		if err == nil {
			err = execute(conn, drop)
		}
	}
	return dropped, err
}

// unfit is the refusal of a file that cannot be restored.
func unfit(format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{
		sentence: strings.Replace(err.Error(), openingHistory, restoring, 1),
		hint:     "name another backup; the history is as it was",
		cause:    err,
	}
}

// overwrite replaces what is in the history at path by what is in a file. It fails
// with an error of SQLite's about damage, or one that wraps ErrDamaged, when the
// history is damaged.
func (r *Restored) overwrite(ctx context.Context, path, file, name string) error {
	if err := makeFile(path); err != nil {
		return fileError(err)
	}
	if _, err := ours(ctx, path); errors.Is(err, ErrDamaged) {
		return err // before SQLite throws away what was the log of an empty file
	}
	conn, err := alone(ctx, path)
	if err != nil {
		return err
	}
	defer conn.Close()
	tables, err := number(conn, "SELECT count(*) FROM sqlite_schema")
	if err != nil {
		return err
	}
	if tables > 0 {
		if _, err := writeCopy(ctx, conn, path, restoring, path, name, func(Copy) error { return nil }); err != nil {
			return err
		}
		r.Kept = name
	}
	err = onFile(ctx, file, func(whole *sqlite.Conn) error { return copyPages(ctx, conn, whole) })
	if err != nil {
		if r.Kept != "" {
			_ = os.Remove(r.Kept) // of what is still there
		}
		return unwritten(ctx, restoring, path, err)
	}
	// From here on it is the new one, whatever happens.
	conn.SetInterrupt(nil)
	_ = execute(conn, "PRAGMA wal_checkpoint(TRUNCATE)")
	return nil
}

// alone returns a connection to the history at path that keeps out everybody else
// until it is closed. It fails where anybody has the history open: who keeps a log
// holds a lock as long as that.
func alone(ctx context.Context, path string) (*sqlite.Conn, error) {
	conn, err := sqlite.OpenConn(location(path, ""), sqlite.OpenReadWrite|sqlite.OpenURI)
	if err != nil {
		return nil, explain(ctx, restoring, path, err)
	}
	conn.SetInterrupt(ctx.Done())
	conn.SetBusyTimeout(moment)
	for _, query := range []string{"PRAGMA locking_mode = EXCLUSIVE", "PRAGMA synchronous = FULL", "BEGIN EXCLUSIVE", "COMMIT"} {
		if err == nil {
			err = execute(conn, query)
		}
	}
	if err == nil {
		var application, tables int64
		application, err = number(conn, "PRAGMA application_id")
		if err == nil && application != applicationID {
			tables, err = number(conn, "SELECT count(*) FROM sqlite_schema")
			if err == nil && (application != 0 || tables > 0) {
				err = notOurs(path, nil)
			}
		}
	}
	if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultBusy {
		err = inUse(path, err)
	}
	if err != nil {
		_ = conn.Close()
		return nil, explain(ctx, restoring, path, err)
	}
	return conn, nil
}

// endings are the endings of what SQLite keeps beside a file and needs with it.
var endings = [...]string{"", "-wal", "-journal"}

// swap puts a file in the place of a history that is damaged, and keeps that under
// a name, with what SQLite left of its log. Ended in between, it leaves the damaged
// one as it was, or what the next start goes on with.
func (r *Restored) swap(ctx context.Context, s *scratch, path, file, name string) (err error) {
	mended := path + mendedEnding
	if err := s.put(file, mended); err != nil {
		return unwritten(ctx, restoring, path, errors.Join(err, gone(mended)))
	}
	r.Damaged = true
	r.Kept, err = repair{ctx: ctx, path: path}.swap(name)
	if err != nil {
		return &Error{
			sentence: restoring + ": " + err.Error(),
			hint:     "the next start of vitals goes on with it; what was there before is kept",
			cause:    err,
		}
	}
	return nil
}

const (
	keptInfix  = ".before-restore-"
	keptLayout = "2006-01-02T15-04-05Z"
)

// keptName is a new name for what is replaced at some time, which it tells in UTC.
func keptName(path string, now time.Time) string {
	begin := path + keptInfix + now.UTC().Format(keptLayout)
	for i := 1; ; i++ {
		name := begin
		if i > 1 {
			name = fmt.Sprintf("%s-%d", begin, i)
		}
		if !slices.ContainsFunc(endings[:], func(ending string) bool { _, err := os.Lstat(name + ending); return err == nil }) {
			return name
		}
	}
}

// forgetKept removes what was replaced but for the newest three, and none of the
// files to stay, and returns the names. A log without its file, of a restore that
// was ended, goes with what is older.
func forgetKept(path string, stay ...string) (dropped []string) {
	const most = 3
	folder, base := filepath.Dir(path), filepath.Base(path)
	entries, _ := os.ReadDir(folder) // next time
	var whole, logs []string         // in the order of time
	for _, e := range entries {
		name := filepath.Join(folder, e.Name())
		ending, log := strings.TrimPrefix(e.Name(), base), ofSQLite(name)
		if log {
			ending = ending[:strings.LastIndex(ending, "-")]
		}
		kind, known := leftBy(ending)
		switch {
		case !strings.HasPrefix(e.Name(), base), !known, kind != LeftReplaced, !e.Type().IsRegular():
		case log:
			logs = append(logs, name)
		default:
			whole = append(whole, name)
		}
	}
	if len(whole) <= most {
		return nil
	}
	oldest := whole[len(whole)-most]
	for _, old := range whole[:len(whole)-most] {
		if !slices.ContainsFunc(stay, func(name string) bool { return sameFile(old, name) }) && os.Remove(old) == nil {
			dropped = append(dropped, old)
		}
	}
	for _, log := range logs {
		of := log[:strings.LastIndex(log, "-")]
		if of < oldest && !exists(of) {
			_ = os.Remove(log) // next time
		}
	}
	return dropped
}

func sameFile(a, b string) bool {
	found, err := os.Stat(a)
	other, errOther := os.Stat(b)
	return err == nil && errOther == nil && os.SameFile(found, other)
}
