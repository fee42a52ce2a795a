package meterserver

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"vitals/internal/postgres"
)

// serverTable is a table or a view of the server.
type serverTable struct {
	oid          int64
	schema, name string
	inPath       bool // its name alone leads to it
	table        bool // it is no view
	placed       bool // rows have a place in it, the newer behind the older where none went
	rows         int64
	columns      []column
	primary      []string   // the columns of its primary key, in order
	unique       []string   // columns of which each by itself tells rows apart
	indexes      [][]string // the columns of each
}

// quotedName is the table in SQL.
func (t serverTable) quotedName() string {
	return postgres.Quoted(t.schema) + "." + postgres.Quoted(t.name)
}

// has reports whether the table has all of these columns, and they can be read.
func (t serverTable) has(names ...string) bool {
	return !slices.ContainsFunc(names, func(name string) bool { _, ok := t.column(name); return !ok })
}

// column finds a column that can be read by its name: as it is spelt or else, as
// mappings are read, in upper or lower case.
func (t serverTable) column(name string) (column, bool) {
	for _, same := range []func(string) bool{func(s string) bool { return s == name }, func(s string) bool { return strings.EqualFold(s, name) }} {
		for _, c := range t.columns {
			if same(c.name) && c.readable && c.meaning != leftOut {
				return c, true
			}
		}
	}
	return column{}, false
}

// leads reports whether an index leads to the values of a column.
func (t serverTable) leads(name string) bool {
	return slices.ContainsFunc(t.indexes, func(columns []string) bool { return columns[0] == name })
}

// Of tables that only their owner sees there is no need to know.
const catalogueOfTables = `
	SELECT c.oid, n.nspname, c.relname, pg_table_is_visible(c.oid), c.relkind IN ('r', 'p'), c.relkind = 'r',
		CASE WHEN c.reltuples >= 0 THEN c.reltuples WHEN c.relkind IN ('r', 'm') THEN pg_relation_size(c.oid) / 100 ELSE 0 END::bigint
	FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
	WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
		AND n.nspname NOT LIKE 'pg\_%' AND n.nspname <> 'information_schema'
		AND has_schema_privilege(n.oid, 'USAGE')
	ORDER BY pg_table_is_visible(c.oid) DESC, n.nspname, c.relname
	LIMIT 5000`

const catalogueOfColumns = `
	SELECT a.attrelid, a.attname, b.typname, b.typtype = 'e', has_column_privilege(a.attrelid, a.attnum, 'SELECT'),
		coalesce(pg_get_expr(d.adbin, d.adrelid) ~* 'utc', false)
	FROM pg_attribute AS a
	JOIN pg_type AS t ON t.oid = a.atttypid JOIN pg_type AS b ON b.oid = coalesce(nullif(t.typbasetype, 0), t.oid)
	LEFT JOIN pg_attrdef AS d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
	WHERE a.attrelid = ANY($1::oid[]) AND a.attnum > 0 AND NOT a.attisdropped
	ORDER BY a.attrelid, a.attnum`

const catalogueOfIndexes = `
	SELECT i.indrelid, i.indexrelid, i.indisprimary, i.indisunique AND i.indnkeyatts = 1 AND a.attnotnull, a.attname
	FROM pg_index AS i
	JOIN pg_class AS x ON x.oid = i.indexrelid JOIN pg_am AS m ON m.oid = x.relam
	CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
	JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
	WHERE i.indrelid = ANY($1::oid[]) AND i.indpred IS NULL AND i.indexprs IS NULL AND i.indisvalid AND m.amname = 'btree' AND k.place <= i.indnkeyatts
	ORDER BY i.indrelid, i.indexrelid, k.place`

// catalogue lists the tables of a database that can be named, inside a
// transaction.
func catalogue(ctx context.Context, conn *postgres.Conn) ([]serverTable, error) {
	var tables []serverTable
	var oids postgres.List
	at := map[int64]int{}
	err := conn.Each(ctx, func(row []postgres.Cell) error {
		t := serverTable{oid: numberOf(row[0]), schema: string(row[1]), name: string(row[2]), inPath: isTrue(row[3]), table: isTrue(row[4]), placed: isTrue(row[5]), rows: numberOf(row[6])}
		at[t.oid] = len(tables)
		tables, oids = append(tables, t), append(oids, t.oid)
		return nil
	}, catalogueOfTables)
	if err != nil {
		return nil, err
	}
	err = conn.Each(ctx, func(row []postgres.Cell) error {
		t := &tables[at[numberOf(row[0])]]
		c := column{name: string(row[1]), kind: string(row[2]), meaning: meaningOf(string(row[2]), isTrue(row[3])), readable: isTrue(row[4]), utc: isTrue(row[5])}
		t.columns = append(t.columns, c)
		return nil
	}, catalogueOfColumns, oids)
	if err != nil {
		return nil, err
	}
	last := int64(0)
	err = conn.Each(ctx, func(row []postgres.Cell) error {
		t, index, name := &tables[at[numberOf(row[0])]], numberOf(row[1]), string(row[4])
		if index != last {
			t.indexes, last = append(t.indexes, nil), index
		}
		if isTrue(row[2]) {
			t.primary = append(t.primary, name)
		}
		if isTrue(row[3]) {
			t.unique = append(t.unique, name)
		}
		n := len(t.indexes) - 1
		t.indexes[n] = append(t.indexes[n], name)
		return nil
	}, catalogueOfIndexes, oids)
	return tables, err
}

func isTrue(c postgres.Cell) bool { return string(c) == "t" }

// numberOf is a whole number that the server wrote, 0 for none.
func numberOf(c postgres.Cell) int64 {
	n, _ := strconv.ParseInt(string(c), 10, 64)
	return n
}
