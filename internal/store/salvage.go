package store

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"

	"zombiezen.com/go/sqlite"

	"vitals/internal/health"
	"vitals/internal/store/pages"
)

// table is a table of the history, and how its rows lie on pages.
type table struct {
	name    string
	index   bool // in the order of its key, which comes first
	columns []tableColumn
}

type tableColumn struct {
	name, kind string
	number     bool // stands for the row's number, and holds nothing
	key        bool
	optional   bool // may be NULL
	defaults   bool // may be missing
}

// salvage is the copying of all rows that can be read of a damaged history into
// a new file.
type salvage struct {
	image  *pages.Image
	conn   *sqlite.Conn // of the new file
	tables map[string]*table

	owners  map[uint32]string
	free    map[uint32]bool
	allFree bool              // all free pages are known
	rooted  bool              // so are the roots of all tables
	series  map[int64]string  // of roll-ups, by their number, out of the index
	lost    map[uint32]string // pages that cannot be read whole; of which table, "" if that is not known
}

// trees of the file besides the tables.
const (
	schemaTree = "schema"
	indexTree  = "index "
)

// copyOut writes what can be read of the image into an empty database.
func copyOut(ctx context.Context, image *pages.Image, conn *sqlite.Conn) (*salvage, error) {
	s := &salvage{image: image, conn: conn, series: map[int64]string{}, lost: map[uint32]string{}}
	conn.SetInterrupt(ctx.Done())
	for _, pragma := range []string{"journal_mode = OFF", "synchronous = OFF", "foreign_keys = OFF"} {
		if err := execute(conn, "PRAGMA "+pragma); err != nil {
			return nil, err
		}
	}
	roots, statements := s.schema()
	version, err := s.version(statements)
	if err == nil {
		err = transaction(conn, "BEGIN", func(conn *sqlite.Conn) error { return makeSchema(conn, 0, version) })
	}
	if err == nil {
		s.tables, err = tablesOf(conn)
	}
	if err != nil {
		return nil, err
	}
	var twice []uint32
	s.owners, twice = image.Trees(roots)
	for _, n := range twice {
		if s.tables[s.owners[n]] != nil {
			s.lost[n] = s.owners[n]
		}
	}
	s.rooted = true
	s.free, s.allFree = image.Free()
	for name := range s.tables {
		s.rooted = s.rooted && roots[name] > 0
	}
	return s, transaction(conn, "BEGIN", func(*sqlite.Conn) error { return errors.Join(s.rows(roots), s.parents(), s.fetchAnew()) })
}

// tablesOf describes the tables of a database.
func tablesOf(conn *sqlite.Conn) (map[string]*table, error) {
	tables := map[string]*table{}
	err := each(conn, func(stmt *sqlite.Stmt) {
		t := tables[stmt.ColumnText(0)]
		if t == nil {
			t = &table{name: stmt.ColumnText(0), index: stmt.ColumnBool(1)}
			tables[t.name] = t
		}
		key := stmt.ColumnInt(5) > 0
		number := key && !t.index && stmt.ColumnInt(7) == 1 && stmt.ColumnText(3) == "INTEGER"
		t.columns = append(t.columns, tableColumn{name: stmt.ColumnText(2), kind: stmt.ColumnText(3), number: number, key: key,
			optional: !stmt.ColumnBool(4) && !key, defaults: !key && (!stmt.ColumnBool(4) || !stmt.ColumnIsNull(6))})
	}, `SELECT l.name, l.wr, c.name, c.type, c."notnull", c.pk, c.dflt_value, (SELECT count(*) FROM pragma_table_info(l.name) WHERE pk)
		FROM pragma_table_list l, pragma_table_info(l.name) c
		WHERE l.schema = 'main' AND l.type = 'table' AND l.name NOT LIKE 'sqlite_%' ORDER BY l.name, c.cid`)
	return tables, err
}

// schema finds the roots of all trees, and the statement that each table was
// made with, on the pages that hold the schema and wherever else it stands.
func (s *salvage) schema() (roots map[string]uint32, statements map[string]string) {
	roots, statements = map[string]uint32{schemaTree: 1}, map[string]string{}
	take := func(node pages.Node) {
		for _, row := range node.Rows {
			kind, name, root, statement, ok := schemaRow(row.Values)
			switch {
			case !ok:
			case kind == "table":
				roots[name], statements[name] = root, statement
			case kind == "index":
				roots[indexTree+name] = root
			}
		}
	}
	whole := s.image.Header() != nil
	proper, _ := s.image.Trees(roots)
	for n := range proper {
		node, ok := s.image.Node(n)
		whole = whole && ok && node.Unread == 0
	}
	for n := uint32(1); n <= s.image.Count() && !whole; n++ {
		if node, ok := s.image.Node(n); ok && !node.Index {
			take(node)
		}
	}
	for n := range proper { // which wins
		if node, ok := s.image.Node(n); ok && !node.Index {
			take(node)
		}
	}
	return roots, statements
}

// schemaRow reads a row of the schema.
func schemaRow(values []any) (kind, name string, root uint32, statement string, ok bool) {
	if len(values) != 5 {
		return "", "", 0, "", false
	}
	kind, isKind := values[0].(string)
	name, isName := values[1].(string)
	number, isNumber := values[3].(int64)
	statement, _ = values[4].(string)
	ok = isKind && isName && isNumber && number > 0 && number < 1<<32 && !strings.HasPrefix(name, indexTree) &&
		(kind == "table" && strings.HasPrefix(statement, "CREATE TABLE ") || kind == "index")
	return kind, name, uint32(number), statement, ok
}

// version is the version of the schema that the rows were written by: what the
// header says if that agrees with the statements that tables were made with,
// else the newest that does.
func (s *salvage) version(statements map[string]string) (int, error) {
	known := len(migrationNames())
	candidates := []int{}
	if h := s.image.Header(); h != nil {
		if stated := binary.BigEndian.Uint32(h[60:]); stated >= 1 && stated <= uint32(known) {
			candidates = append(candidates, int(stated))
		}
	}
	for v := known; v > 0; v-- {
		candidates = append(candidates, v)
	}
	for _, v := range candidates {
		agrees, err := agreesWith(v, statements)
		if err != nil || agrees {
			return v, err
		}
	}
	return known, nil
}

func agreesWith(version int, statements map[string]string) (bool, error) {
	known, err := tableStatements(version)
	agrees := true
	for name, statement := range known {
		found, ok := statements[name]
		agrees = agrees && (!ok || found == statement)
	}
	return agrees, err
}

// tableStatements are those that make the tables of a version of the schema, by
// their names.
func tableStatements(version int) (statements map[string]string, err error) {
	conn, err := sqlite.OpenConn(":memory:")
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	if err := makeSchema(conn, 0, version); err != nil {
		return nil, err
	}
	statements = map[string]string{}
	return statements, each(conn, func(stmt *sqlite.Stmt) { statements[stmt.ColumnText(0)] = stmt.ColumnText(1) },
		"SELECT name, sql FROM sqlite_schema WHERE type = 'table'")
}

// rows copies the rows of all pages, first those whose table is known by its root.
func (s *salvage) rows(roots map[string]uint32) error {
	for n, owner := range s.owners { // behind the end of a file that was cut short
		if t := s.tables[owner]; t != nil && n > s.image.Count() {
			s.lost[n] = owner
		}
	}
	var others, nothing []uint32
	for n := uint32(1); n <= s.image.Count(); n++ {
		owner, claimed := s.owners[n]
		node, ok := s.image.Node(n)
		t := s.tables[owner]
		switch {
		case t != nil:
			if !ok || node.Index != t.index {
				s.lost[n] = owner
				continue
			}
			// Only the root of a table without rows is empty.
			if node.Unread > 0 || len(node.Rows)+len(node.Children) == 0 && n != roots[owner] {
				s.lost[n] = owner
			}
			for _, row := range node.Rows {
				if !plausible(owner, row.Values) {
					s.lost[n] = owner
					continue
				}
				taken, err := s.put(t, row)
				if err != nil {
					return err
				}
				if !taken || s.conn.Changes() == 0 { // or another page has the same
					s.lost[n] = owner
				}
			}
		case claimed && owner != "": // the schema, or an index
			s.nameSeries(node)
		case s.free[n]:
		case !ok:
			nothing = append(nothing, n)
		default:
			others = append(others, n)
		}
	}
	if s.rooted && len(s.lost) == 0 && !s.allFree {
		return nil // the trees are whole: what they do not lead to is free
	}
	for _, n := range others {
		if err := s.stray(n); err != nil {
			return err
		}
	}
	if len(others) > 0 && len(s.lost) == 0 && s.allFree {
		s.lost[others[0]] = "" // or a tree would lead there
	}
	for _, n := range nothing {
		if !s.image.Spilled(n) && n > 1 {
			s.lost[n] = ""
		}
	}
	return nil
}

// stray copies the rows of a page that no tree leads to.
func (s *salvage) stray(n uint32) error {
	node, _ := s.image.Node(n)
	if node.Unread > 0 {
		s.lost[n] = ""
	}
	s.nameSeries(node)
	for _, row := range node.Rows {
		for _, t := range s.tables {
			if t.index != node.Index || !likely(t.name, row.Values) {
				continue
			}
			if taken, err := s.put(t, row); err != nil {
				return err
			} else if taken {
				break
			}
		}
	}
	return nil
}

// nameSeries remembers which roll-up is of which series, out of an index.
func (s *salvage) nameSeries(node pages.Node) {
	for _, row := range node.Rows {
		if len(row.Values) != 2 || !node.Index {
			continue
		}
		series, named := row.Values[0].(string)
		number, numbered := row.Values[1].(int64)
		if named && numbered && !isType(series) {
			s.series[number] = series
		}
	}
}

// fits returns the row as it is to be added to t; ok is false when it can be
// none of t's.
func (t *table) fits(row pages.Row) (values []any, ok bool) {
	if len(row.Values) > len(t.columns) {
		return nil, false
	}
	for i, c := range t.columns {
		if i >= len(row.Values) {
			if !c.defaults {
				return nil, false
			}
			continue
		}
		v := row.Values[i]
		whole, isWhole := v.(int64)
		switch {
		case c.number:
			ok, v = v == nil, row.ID
		case v == nil:
			ok = c.optional
		case c.kind == "INTEGER":
			ok = isWhole
		case c.kind == "REAL":
			if isWhole { // stored so where nothing is lost by it
				v = float64(whole)
			}
			_, ok = v.(float64)
		case c.kind == "TEXT":
			_, ok = v.(string)
		default:
			_, ok = v.([]byte)
		}
		if !ok {
			return nil, false
		}
		values = append(values, v)
	}
	if t.name == "quarter_hours" {
		_, err := unpack(nil, values[1].(int64), values[2].([]byte))
		return values, err == nil
	}
	return values, true
}

// put adds a row to t, unless one with the same key is there; taken is false
// when it can be none of t's.
func (s *salvage) put(t *table, row pages.Row) (taken bool, err error) {
	values, ok := t.fits(row)
	if !ok {
		return false, nil
	}
	var names []string
	for _, c := range t.columns[:len(values)] {
		names = append(names, c.name)
	}
	err = execute(s.conn, fmt.Sprintf("INSERT OR IGNORE INTO %s (%s) VALUES (?%s)", t.name, strings.Join(names, ", "), strings.Repeat(", ?", len(values)-1)), values...)
	if sqlite.ErrCode(err).ToPrimary() == sqlite.ResultConstraint {
		return false, nil
	}
	return err == nil, err
}

// parents gives the rows of a roll-up that was lost one to belong to: the meter
// is read into it when its series is known.
func (s *salvage) parents() error {
	var orphans []int64
	err := each(s.conn, func(stmt *sqlite.Stmt) { orphans = append(orphans, stmt.ColumnInt64(0)) },
		"SELECT DISTINCT roll_up FROM quarter_hours WHERE roll_up NOT IN (SELECT id FROM roll_up)")
	for _, id := range orphans {
		series, known := s.series[id]
		if !known {
			series = fmt.Sprintf("salvaged %d", id)
		}
		err = errors.Join(err, execute(s.conn, `INSERT INTO roll_up (id, series, revision, source, step, dropped_total, bookmark)
			VALUES (?, ?, 1, '', 0, 0, ?)`, id, series, []byte(readAnew)))
	}
	return errors.Join(err, execute(s.conn, "DELETE FROM dropped_reading WHERE roll_up NOT IN (SELECT id FROM roll_up)"))
}

// fetchAnew lets the next sync fetch all, and the meter be read anew, where
// something of it was lost.
func (s *salvage) fetchAnew() error {
	var err error
	if s.suffered("roll_up", "quarter_hours", "dropped_reading") {
		err = execute(s.conn, "UPDATE roll_up SET bookmark = ?", []byte(readAnew))
	}
	if !s.suffered("reading", "day_total", "hour_total", "fetch", "hours_fetched") {
		return err
	}
	return errors.Join(err, execute(s.conn, "DELETE FROM hours_fetched"),
		// Of the person all is fetched each time, and whose history it is stays known.
		execute(s.conn, "UPDATE fetch SET last_success = NULL, since = NULL WHERE type NOT IN (?, ?, ?, ?)",
			string(health.TypeIdentity), string(health.TypeProfile), string(health.TypeSettings), string(health.TypeDevices)))
}

// suffered reports whether any of the tables may have lost rows.
func (s *salvage) suffered(tables ...string) bool {
	for _, owner := range s.lost {
		if owner == "" || slices.Contains(tables, owner) {
			return true
		}
	}
	return false
}

// seemsOurs reports whether a file that does not say so holds a history: its
// rows are in it, in its log, or it holds nothing but zeros.
func seemsOurs(path string) bool {
	image, err := pages.Open(path, path+"-wal")
	if err != nil {
		return false
	}
	defer image.Close()
	if image.Count() == 0 {
		return image.Logged()
	}
	if image.Blank() {
		return true
	}
	_, statements := (&salvage{image: image}).schema()
	if statements["quarter_hours"] != "" && statements["day_total"] != "" {
		return true
	}
	memory, err := sqlite.OpenConn(":memory:")
	if err != nil {
		return false
	}
	defer memory.Close()
	if err := makeSchema(memory, 0, len(migrationNames())); err != nil {
		return false
	}
	tables, err := tablesOf(memory)
	if err != nil {
		return false
	}
	for n := uint32(1); n <= image.Count(); n++ {
		node, _ := image.Node(n)
		for _, row := range node.Rows {
			for _, name := range []string{"reading", "day_total", "hour_total", "fetch", "ruling", "hours_fetched", "quarter_hours"} {
				t := tables[name]
				values, ok := t.fits(row)
				if ok && node.Index == t.index && likely(name, row.Values) && (name != "quarter_hours" || len(values[2].([]byte)) > 0) {
					return true
				}
			}
		}
	}
	return false
}
