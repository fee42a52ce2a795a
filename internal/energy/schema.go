package energy

import (
	"strings"

	"zombiezen.com/go/sqlite"
	"zombiezen.com/go/sqlite/sqlitex"
)

// CopyTable is the table in which whoever keeps a copy of a database notes how far
// it is. Detection does not see it. In a database that has it, a change of
// user_version says that old rows are not what they were.
const CopyTable = "copied by vitals"

// table is a table of a meter's database: no view, nothing of SQLite's own.
type table struct {
	name    string
	columns []column
	rowID   string     // the name that reaches the row number; empty for a WITHOUT ROWID table
	indexes [][]string // the columns of each, in order
}

type column struct {
	name         string
	defaultValue string // as SQL
	primaryKey   bool
	typed        bool // it has a declared type, by which it compares text with numbers
}

func readTables(conn *sqlite.Conn) ([]table, error) {
	const query = `
		SELECT l.name, l.wr, c.name, coalesce(c.dflt_value, ''), c.pk, upper(c.type) NOT IN ('', 'BLOB')
		FROM pragma_table_list AS l
		JOIN sqlite_schema AS s ON s.name = l.name AND s.type = 'table'
		JOIN pragma_table_xinfo(l.name) AS c
		WHERE l.schema = 'main' AND l.type = 'table' AND l.name NOT LIKE 'sqlite\_%' ESCAPE '\' AND l.name <> '` + CopyTable + `'
		ORDER BY s.rowid, c.cid`
	var tables []table
	clustered := map[string]bool{}
	err := sqlitex.ExecuteTransient(conn, query, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		name := stmt.ColumnText(0)
		if len(tables) == 0 || tables[len(tables)-1].name != name {
			tables = append(tables, table{name: name})
			clustered[name] = stmt.ColumnBool(1)
		}
		last := &tables[len(tables)-1]
		last.columns = append(last.columns, column{
			name: stmt.ColumnText(2), defaultValue: stmt.ColumnText(3), primaryKey: stmt.ColumnBool(4), typed: stmt.ColumnBool(5)})
		return nil
	}})
	for i := range tables {
		if !clustered[tables[i].name] {
			tables[i].rowID = tables[i].findRowID()
		}
	}
	if err != nil {
		return nil, err
	}
	return tables, readIndexes(conn, tables)
}

// readIndexes fills in the columns of each table's indexes; that of a WITHOUT
// ROWID table itself is one of them.
func readIndexes(conn *sqlite.Conn, tables []table) error {
	const query = `
		SELECT l.name, i.seq, c.name
		FROM pragma_table_list AS l
		JOIN pragma_index_list(l.name) AS i
		JOIN pragma_index_info(i.name) AS c
		WHERE l.schema = 'main' AND l.type = 'table' AND NOT i.partial AND c.name IS NOT NULL
		ORDER BY l.name, i.seq, c.seqno`
	at := map[string]int{}
	for i, t := range tables {
		at[t.name] = i
	}
	last := ""
	return sqlitex.ExecuteTransient(conn, query, &sqlitex.ExecOptions{ResultFunc: func(stmt *sqlite.Stmt) error {
		i, ok := at[stmt.ColumnText(0)]
		if !ok {
			return nil
		}
		t := &tables[i]
		if this := stmt.ColumnText(0) + " " + stmt.ColumnText(1); this != last {
			t.indexes, last = append(t.indexes, nil), this
		}
		n := len(t.indexes) - 1
		t.indexes[n] = append(t.indexes[n], stmt.ColumnText(2))
		return nil
	}})
}

// findRowID returns the first of the names for the row number that no column
// has taken for itself.
func (t table) findRowID() string {
	for _, alias := range []string{"rowid", "_rowid_", "oid"} {
		if _, taken := t.column(alias); !taken {
			return alias
		}
	}
	return ""
}

// column finds a column by its name, in upper or lower case.
func (t table) column(name string) (column, bool) {
	for _, c := range t.columns {
		if strings.EqualFold(c.name, name) {
			return c, true
		}
	}
	return column{}, false
}

// columnNames lists the table's columns for people to read.
func (t table) columnNames() string {
	names := make([]string, len(t.columns))
	for i, c := range t.columns {
		names[i] = c.name
	}
	return listed(names)
}

// tableNamed finds a table by its name, in upper or lower case.
func tableNamed(tables []table, name string) (table, bool) {
	for _, t := range tables {
		if strings.EqualFold(t.name, name) {
			return t, true
		}
	}
	return table{}, false
}

func tableNames(tables []table) string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.name
	}
	return listed(names)
}

// listed joins names with commas; of many only the first.
func listed(names []string) string {
	const most = 12
	if len(names) > most {
		return strings.Join(names[:most], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// quoted makes a name safe to stand in SQL.
func quoted(name string) string {
	return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
}
