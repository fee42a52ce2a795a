package meterserver

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitals/internal/energy"
	"vitals/internal/postgres"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// rowsCopy is the copy, open for writing.
type rowsCopy struct{ conn *sqlite.Conn }

// copyVersion is that of the copy's own notes; a copy of another is made anew.
const copyVersion = 1

// fileNote is what the copy says of itself.
type fileNote struct {
	Version  int
	Identity string // of the database
	Whole    bool   // every table was copied to its end once
}

// note is how far the copy of a table is.
type note struct {
	OID    int64
	Shape  string
	Last   string    // the key up to which rows were copied, "" for none
	Whole  bool      // it was copied to its end once
	Server counts    // of the server when all rows were compared last
	Copied counts    // what of the changes since came here, too
	Late   time.Time // when the newest rows were compared
	Full   time.Time // when all rows were
}

// counts is how many rows were changed, ever, as the server counts.
type counts struct{ Inserted, Updated, Deleted int64 }

func (c counts) add(d counts) counts {
	return counts{c.Inserted + d.Inserted, c.Updated + d.Updated, c.Deleted + d.Deleted}
}

// openCopy opens the copy at path, and makes one where there is none, or one that
// is of something else.
func openCopy(ctx context.Context, path, identity string) (*rowsCopy, error) {
	for try := 1; ; try++ {
		c, err := openFile(ctx, path)
		if err == nil {
			var of fileNote
			err = c.get("", &of)
			if err == nil && of.Version == 0 && c.empty() {
				of = fileNote{Version: copyVersion, Identity: identity}
				err = c.begin(of)
			}
			if err == nil && of.Version == copyVersion && of.Identity == identity {
				return c, nil
			}
			c.close()
		}
		foreign := err == nil || sqlite.ErrCode(err) == sqlite.ResultError // its table of notes is none of ours
		if _, ours := errors.AsType[*postgres.Error](err); ours || try > 1 || !foreign && !spoilt(err) {
			return nil, cmp.Or(err, errForeign)
		}
		if err := removeCopy(path); err != nil {
			return nil, err
		}
	}
}

var errForeign = errors.New("the copy is another program's")

func openFile(ctx context.Context, path string) (*rowsCopy, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, unsaved(err)
	}
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err == nil {
		err = file.Close()
	} else if errors.Is(err, fs.ErrExist) {
		err = os.Chmod(path, 0o600)
	}
	if err != nil {
		return nil, unsaved(err)
	}
	conn, err := sqlite.OpenConn(path, sqlite.OpenReadWrite)
	if err != nil {
		return nil, err
	}
	c := &rowsCopy{conn}
	conn.SetInterrupt(ctx.Done())
	conn.SetBusyTimeout(5 * time.Second)
	for _, pragma := range []string{"journal_mode = wal", "synchronous = normal", "cache_size = -8000", "trusted_schema = off", "cell_size_check = on"} {
		if err := c.run("PRAGMA " + pragma); err != nil {
			c.close()
			return nil, err
		}
	}
	return c, nil
}

// unsaved is an error of the file system.
func unsaved(err error) error {
	cause := err
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		cause = at.Err
	}
	return postgres.Problem(errors.Join(ErrUnsaved, err), "see whether its disk is read-only or full, and whose the folder of vitals.db is",
		"a copy of the meter's rows cannot be saved: %v", cause)
}

// removeCopy removes a copy with all that lies beside it.
func removeCopy(path string) error {
	for _, end := range []string{"-wal", "-shm", "-journal", ""} {
		if err := os.Remove(path + end); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return unsaved(err)
		}
	}
	return nil
}

func (c *rowsCopy) close() { _ = c.conn.Close() }

func (c *rowsCopy) run(query string, args ...any) error {
	return sqlitex.ExecuteTransient(c.conn, query, &sqlitex.ExecOptions{Args: args})
}

// number returns the first number of the answer, 0 where that is empty or NULL.
func (c *rowsCopy) number(query string, args ...any) (n int64, err error) {
	err = sqlitex.Execute(c.conn, query, &sqlitex.ExecOptions{Args: args, ResultFunc: func(stmt *sqlite.Stmt) error {
		n = stmt.ColumnInt64(0)
		return nil
	}})
	return n, err
}

func (c *rowsCopy) empty() bool {
	n, err := c.number("SELECT count(*) FROM sqlite_schema")
	return err == nil && n == 0
}

func (c *rowsCopy) begin(of fileNote) error {
	return c.together(func() error {
		if err := c.run("CREATE TABLE " + quoted(energy.CopyTable) + " (name TEXT PRIMARY KEY, note TEXT) WITHOUT ROWID"); err != nil {
			return err
		}
		return c.put("", of)
	})
}

// together keeps all of what work changes, or nothing.
func (c *rowsCopy) together(work func() error) (err error) {
	end, err := sqlitex.ImmediateTransaction(c.conn)
	if err != nil {
		return err
	}
	defer end(&err)
	return work()
}

// get reads a note; that of a file that has none is left as it is.
func (c *rowsCopy) get(name string, to any) error {
	there, err := c.number("SELECT count(*) FROM sqlite_schema WHERE name = ?", energy.CopyTable)
	if err != nil || there == 0 {
		return err
	}
	return sqlitex.Execute(c.conn, "SELECT note FROM "+quoted(energy.CopyTable)+" WHERE name = ?", &sqlitex.ExecOptions{Args: []any{name},
		ResultFunc: func(stmt *sqlite.Stmt) error {
			_ = json.Unmarshal([]byte(stmt.ColumnText(0)), to) // what cannot be read is as good as none
			return nil
		}})
}

// put keeps a note. One that says what it said before writes nothing: others see by
// the time of the file that there is something new.
func (c *rowsCopy) put(name string, of any) error {
	text, err := json.Marshal(of)
	if err != nil {
		return fmt.Errorf("noting how far a copy is: %w", err)
	}
	return sqlitex.Execute(c.conn, "INSERT INTO "+quoted(energy.CopyTable)+" VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET note = excluded.note WHERE note <> excluded.note", &sqlitex.ExecOptions{Args: []any{name, string(text)}})
}

// keepOnly removes the tables that are not copied any more.
func (c *rowsCopy) keepOnly(sources []source) error {
	var gone []string
	err := sqlitex.ExecuteTransient(c.conn, "SELECT name FROM "+quoted(energy.CopyTable)+" WHERE name <> ''", &sqlitex.ExecOptions{
		ResultFunc: func(stmt *sqlite.Stmt) error {
			name := stmt.ColumnText(0)
			if !slices.ContainsFunc(sources, func(s source) bool { return s.as == name }) {
				gone = append(gone, name)
			}
			return nil
		}})
	if err != nil || len(gone) == 0 {
		return err
	}
	return c.together(func() error {
		for _, name := range gone {
			if err := c.drop(name); err != nil {
				return err
			}
		}
		return nil
	})
}

func (c *rowsCopy) drop(name string) error {
	if err := c.run("DROP TABLE IF EXISTS " + quoted(name)); err != nil {
		return err
	}
	return c.run("DELETE FROM "+quoted(energy.CopyTable)+" WHERE name = ?", name)
}

// make makes the table of a source anew, with the indexes that lead to one of
// several meters in order of time.
func (c *rowsCopy) make(s source, n note) error {
	var columns []string
	exact := true // the primary key is copied as it is
	for _, col := range s.copied {
		text := col.declared()
		if s.key.numbers && col.name == s.key.name {
			text = quoted(col.name) + " INTEGER PRIMARY KEY"
		}
		columns = append(columns, text)
	}
	for _, name := range s.primary {
		exact = exact && slices.ContainsFunc(s.copied, func(col column) bool {
			return col.name == name && (col.meaning == whole || col.meaning == text || col.meaning == instant || col.meaning == wall)
		})
	}
	if len(s.primary) > 0 && exact && !s.key.numbers {
		columns = append(columns, "PRIMARY KEY ("+quotedAll(s.primary)+")")
	}
	return c.together(func() error {
		var of fileNote
		if err := c.get("", &of); err != nil {
			return err
		}
		of.Whole = false
		if err := c.put("", of); err != nil {
			return err
		}
		if err := c.drop(s.as); err != nil {
			return err
		}
		if err := c.changedBefore(); err != nil {
			return err
		}
		if err := c.run("CREATE TABLE " + quoted(s.as) + " (" + strings.Join(columns, ", ") + ")"); err != nil {
			return err
		}
		for i, index := range s.indexes {
			timed := slices.ContainsFunc(index, func(name string) bool { col, _ := s.column(name); return col.timeLike() })
			known := !slices.ContainsFunc(index, func(name string) bool {
				return !slices.ContainsFunc(s.copied, func(col column) bool { return col.name == name })
			})
			if len(index) < 2 || !timed || !known {
				continue
			}
			if err := c.run("CREATE INDEX " + quoted(s.as+" by "+strconv.Itoa(i)) + " ON " + quoted(s.as) + " (" + quotedAll(index) + ")"); err != nil {
				return err
			}
		}
		return c.put(s.as, n)
	})
}

func quotedAll(names []string) string {
	all := make([]string, len(names))
	for i, name := range names {
		all[i] = quoted(name)
	}
	return strings.Join(all, ", ")
}

// rowID is the name that reaches the row numbers of a source's copy.
func (s source) rowID() string {
	if s.key.numbers {
		return quoted(s.key.name)
	}
	for _, alias := range []string{"rowid", "_rowid_", "oid"} {
		if !slices.ContainsFunc(s.copied, func(c column) bool { return strings.EqualFold(c.name, alias) }) {
			return alias
		}
	}
	return ""
}

// numbered is a row with its number in the copy.
type numbered struct {
	number int64
	cells  []cell
}

// differences is what replace found, the lowest row number of it among the rows up
// to a number first.
type differences struct {
	counts
	old    bool
	lowest int64
}

// replace makes the rows numbered in (low, high] those that are given, in order.
// Those up to last were there to be copied before.
func (c *rowsCopy) replace(s source, rows []numbered, low, high, last int64) (found differences, err error) {
	id, table := s.rowID(), quoted(s.as)
	names := make([]string, len(s.copied))
	for i, col := range s.copied {
		names[i] = quoted(col.name)
	}
	differs := func(number int64) {
		if number <= last && (!found.old || number < found.lowest) {
			found.old, found.lowest = true, number
		}
	}
	stmt, err := c.conn.Prepare("SELECT " + id + ", " + strings.Join(names, ", ") + " FROM " + table + " WHERE " + id + " > ? AND " + id + " <= ? ORDER BY " + id)
	if err != nil {
		return found, err
	}
	stmt.BindInt64(1, low)
	stmt.BindInt64(2, high)
	var gone []int64
	var added []numbered
	next := 0
	for {
		more, err := stmt.Step()
		if err != nil {
			_ = stmt.Reset()
			return found, err
		}
		if !more {
			break
		}
		number := stmt.ColumnInt64(0)
		for next < len(rows) && rows[next].number < number {
			added = append(added, rows[next])
			found.Inserted++
			differs(rows[next].number)
			next++
		}
		switch {
		case next == len(rows) || rows[next].number > number:
			gone = append(gone, number)
			found.Deleted++
			differs(number)
		default:
			if !same(stmt, rows[next].cells) {
				gone, added = append(gone, number), append(added, rows[next])
				found.Updated++
				differs(number)
			}
			next++
		}
	}
	for ; next < len(rows); next++ {
		added = append(added, rows[next])
		found.Inserted++
		differs(rows[next].number)
	}
	for _, number := range gone {
		if err := sqlitex.Execute(c.conn, "DELETE FROM "+table+" WHERE "+id+" = ?", &sqlitex.ExecOptions{Args: []any{number}}); err != nil {
			return found, err
		}
	}
	return found, c.insert(s, table, id, names, added)
}

// insert adds rows. Where a primary key stands twice, as after a change of times,
// the later row is right.
func (c *rowsCopy) insert(s source, table, id string, names []string, rows []numbered) error {
	if len(rows) == 0 {
		return nil
	}
	if !s.key.numbers {
		names = append(slices.Clone(names), id)
	}
	stmt, err := c.conn.Prepare("INSERT OR REPLACE INTO " + table + " (" + strings.Join(names, ", ") + ") VALUES (?" + strings.Repeat(", ?", len(names)-1) + ")")
	if err != nil {
		return err
	}
	for _, row := range rows {
		for i := range row.cells {
			v := &row.cells[i]
			switch v.kind {
			case 'i':
				stmt.BindInt64(i+1, v.whole)
			case 'r':
				stmt.BindFloat(i+1, v.real)
			case 't':
				stmt.BindText(i+1, v.text)
			default:
				stmt.BindNull(i + 1)
			}
		}
		if !s.key.numbers {
			stmt.BindInt64(len(names), row.number)
		}
		if _, err := stmt.Step(); err != nil {
			_ = stmt.Reset()
			return err
		}
		if err := stmt.Reset(); err != nil {
			return err
		}
	}
	return nil
}

// same reports whether a row of the copy holds these cells.
func same(stmt *sqlite.Stmt, cells []cell) bool {
	for i := range cells {
		v, at := &cells[i], i+1
		var equal bool
		switch kind := stmt.ColumnType(at); v.kind {
		case 'i':
			equal = kind == sqlite.TypeInteger && stmt.ColumnInt64(at) == v.whole
		case 'r':
			equal = kind == sqlite.TypeFloat && stmt.ColumnFloat(at) == v.real
		case 't':
			equal = kind == sqlite.TypeText && stmt.ColumnText(at) == v.text
		default:
			equal = kind == sqlite.TypeNull
		}
		if !equal {
			return false
		}
	}
	return true
}

// changedBefore notes that rows that package energy may have read long ago are not
// what they were (see energy.CopyTable).
func (c *rowsCopy) changedBefore() error {
	edition, err := c.number("PRAGMA user_version")
	if err != nil {
		return err
	}
	return c.run("PRAGMA user_version = " + strconv.FormatInt((edition+1)&(1<<31-1), 10))
}
