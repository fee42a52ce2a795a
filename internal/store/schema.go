package store

import (
	"cmp"
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// applicationID marks a SQLite file as ours: "vtls" in ASCII.
const applicationID = 0x76746c73

// migrations are numbered from 1; what is released is never edited. The
// schema's version (SQLite's user_version) is the number of the last one run.
//
//go:embed migrations/*.sql
var migrations embed.FS

func migrationNames() []string {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		panic(err) // only a malformed pattern fails
	}
	return names
}

// examineFile refuses a file that is not ours or is newer, without leaving a
// trace in or beside it.
func examineFile(ctx context.Context, path string) error {
	// A file said to be immutable is read without locks and without its log.
	conn, err := sqlite.OpenConn(location(path, "immutable=1"), sqlite.OpenReadOnly|sqlite.OpenURI)
	if err == nil {
		defer conn.Close()
		err = transaction(conn, "BEGIN", func(conn *sqlite.Conn) error {
			_, err := examine(conn, path)
			return err
		})
	}
	if err == nil && exists(path+"-wal") {
		err = examineLog(path)
	}
	switch sqlite.ErrCode(err).ToPrimary() {
	case sqlite.ResultNotADB:
		return notOurs(path, err)
	case sqlite.ResultCorrupt:
		return nil // what is missing may be in the log; opening it in earnest will tell
	}
	return explain(ctx, openingHistory, path, err)
}

// examineLog refuses a file that is newer by its log alone: opened in earnest, the
// log of a process that was killed would be moved into it.
func examineLog(path string) error {
	parameters, pragma := lookingOnly(path)
	conn, err := sqlite.OpenConn(location(path, parameters), sqlite.OpenReadOnly|sqlite.OpenURI)
	if err != nil {
		return nil // opening it in earnest will tell
	}
	defer conn.Close()
	err = execute(conn, pragma)
	if err == nil {
		err = transaction(conn, "BEGIN", func(conn *sqlite.Conn) error {
			_, err := examine(conn, path)
			return err
		})
	}
	if errors.Is(err, errNewer) {
		return err
	}
	return nil
}

// errNewer is wrapped by the refusal of a newer format.
var errNewer = errors.New("a newer format")

// examine returns the version of the schema, 0 for an empty database. It is to
// run in a transaction, as another process may be making the schema.
func examine(conn *sqlite.Conn, path string) (version int, err error) {
	application, err := number(conn, "PRAGMA application_id")
	if err != nil {
		return 0, err
	}
	if application != applicationID {
		tables, err := number(conn, "SELECT count(*) FROM sqlite_schema")
		if err == nil && (application != 0 || tables > 0) {
			err = notOurs(path, nil)
		}
		return 0, err
	}
	found, err := number(conn, "PRAGMA user_version")
	if err != nil {
		return 0, err
	}
	if known := len(migrationNames()); found > int64(known) {
		return 0, &Error{
			sentence: fmt.Sprintf("%s was written by a newer vitals (format %d; this one knows up to %d)", path, found, known),
			hint:     "install the newer version, or name another directory in VITALS_DATA_DIR",
			cause:    errNewer,
		}
	}
	return int(found), nil
}

// unlikeItsFormat tells which table is missing, or was made otherwise than the
// version of the schema says; "" for none. SQLite reads over a bit that flipped in
// the name of a column or in a constraint. A statement that became longer is no
// damage, but has a column that somebody added.
func unlikeItsFormat(conn *sqlite.Conn) (wrong string, err error) {
	version, err := number(conn, "PRAGMA user_version")
	if err != nil || version < 0 || version > int64(len(migrationNames())) {
		return "", err
	}
	known, err := tableStatements(int(version))
	if err != nil {
		return "", err
	}
	found := map[string]string{}
	err = each(conn, func(stmt *sqlite.Stmt) { found[stmt.ColumnText(0)] = stmt.ColumnText(1) },
		"SELECT name, sql FROM sqlite_schema WHERE type = 'table'")
	if err != nil {
		return "", err
	}
	for _, name := range slices.Sorted(maps.Keys(known)) {
		if found[name] != known[name] && len(found[name]) <= len(known[name]) {
			return fmt.Sprintf("the table %s is not what it was made as", name), nil
		}
	}
	return "", nil
}

func notOurs(path string, cause error) error {
	return &Error{
		sentence: path + " is not a history of vitals",
		hint:     "move it away if you do not need it, or name another directory in VITALS_DATA_DIR",
		cause:    errors.Join(errNotOurs, cause),
	}
}

var errNotOurs = errors.New("not a history")

// migrate brings the schema up to date. A history of an older format is copied
// first, and left as it is when that is not possible.
func migrate(ctx context.Context, conn *sqlite.Conn, path string) error {
	version := 0
	err := transaction(conn, "BEGIN", func(conn *sqlite.Conn) (err error) {
		version, err = examine(conn, path)
		return err
	})
	if err != nil || version == len(migrationNames()) {
		return err
	}
	var copied Copy
	if version > 0 {
		if copied, err = copyOfFormat(ctx, conn, path, version); err != nil {
			return err
		}
	}
	if err := upgrade(conn, path); err != nil {
		return err
	}
	forgetFormats(ctx, path, version, copied)
	return nil
}

// upgrade runs the migrations that are missing, in one transaction.
func upgrade(conn *sqlite.Conn, path string) error {
	names := migrationNames()
	return transaction(conn, "BEGIN IMMEDIATE", func(conn *sqlite.Conn) error {
		// Another process may have been faster.
		version, err := examine(conn, path)
		if err != nil {
			return err
		}
		return changeSchema(conn, path, version, len(names))
	})
}

func changeSchema(conn *sqlite.Conn, path string, from, to int) error {
	err := makeSchema(conn, from, to)
	if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultError && err != nil {
		return damaged(path, err) // the schema is not what its version says
	}
	return err
}

// notWhatItSays fails when a file cannot be brought up to date, as its schema is not
// that of its version. The file stays as it is.
func notWhatItSays(ctx context.Context, file, path string, version int) error {
	tried := errors.New("tried out")
	err := onFile(ctx, file, func(conn *sqlite.Conn) error {
		return transaction(conn, "BEGIN", func(conn *sqlite.Conn) error {
			return cmp.Or(changeSchema(conn, path, version, len(migrationNames())), tried)
		})
	})
	if errors.Is(err, ErrDamaged) {
		return err
	}
	return nil // doing it in earnest will tell
}

const formatInfix = ".format-"

// copyOfFormat copies a history before its schema is changed, beside it and by
// the number of its format. A copy that has a kind of data of which the history has
// nothing stays, and the new one has a number behind. What an older program that is
// still running saves between the copy and the change is in the history alone: to
// keep it from saving meanwhile could take longer than it waits.
func copyOfFormat(ctx context.Context, conn *sqlite.Conn, path string, version int) (Copy, error) {
	doing := fmt.Sprintf("copying the history before its format %d is brought up to date", version)
	name := fmt.Sprintf("%s%s%d", path, formatInfix, version)
	s, err := newScratch(path)
	if err != nil {
		return Copy{}, unwritten(ctx, doing, name, err)
	}
	defer s.remove()
	file, copied, err := s.take(ctx, conn, doing, path, name)
	if err != nil || copied.Format != version { // somebody was faster, and has made a copy
		return copied, err
	}
	if err := notWhatItSays(ctx, file, path, version); err != nil {
		return Copy{}, err // rather than to replace a copy that can be restored
	}
	to := name
	for i := 2; exists(to) && notLess(ctx, copied, path, to) != nil && ctx.Err() == nil; i++ {
		to = fmt.Sprintf("%s-%d", name, i)
	}
	return copied, unwritten(ctx, doing, to, cmp.Or(ctx.Err(), s.put(file, to)))
}

// forgetFormats removes the copies of formats before a version, but for those that
// have a kind of data of which the newest copy has nothing.
func forgetFormats(ctx context.Context, path string, version int, newest Copy) {
	folder, begin := filepath.Dir(path), filepath.Base(path)+formatInfix
	entries, _ := os.ReadDir(folder) // next time
	for _, e := range entries {
		number, ours := strings.CutPrefix(e.Name(), begin)
		old := filepath.Join(folder, e.Name())
		if format, err := strconv.Atoi(number); ours && err == nil && format < version && notLess(ctx, newest, path, old) == nil {
			_ = os.Remove(old)
		}
	}
}

// makeSchema brings the schema from one version to another.
func makeSchema(conn *sqlite.Conn, from, to int) error {
	for _, name := range migrationNames()[from:to] {
		if err := sqlitex.ExecuteScriptFS(conn, migrations, name, nil); err != nil {
			return err
		}
	}
	if err := execute(conn, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		return err
	}
	return execute(conn, fmt.Sprintf("PRAGMA user_version = %d", to))
}
