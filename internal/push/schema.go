package push

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"vitals/internal/postgres"
)

// website is a database that is pushed to.
type website struct {
	*postgres.Conn
	address postgres.Address
	silence time.Duration // how long an answer is waited for
	schema  string        // the first of the search path
	format  int           // 0: there are no tables yet
	missing []table       // of ours
}

// look finds out what there is of our tables, and refuses what is not ours.
func look(ctx context.Context, conn *postgres.Conn, address postgres.Address, silence time.Duration) (w *website, err error) {
	err = answered(ctx, address, silence, func(ctx context.Context) error {
		w, err = lookAt(ctx, conn, address)
		return err
	})
	if err == nil {
		w.silence = silence
	}
	return w, err
}

func lookAt(ctx context.Context, conn *postgres.Conn, address postgres.Address) (*website, error) {
	w := &website{Conn: conn, address: address}
	err := conn.Each(ctx, func(cells []postgres.Cell) error {
		w.schema = string(cells[0])
		return nil
	}, "SELECT current_schema()")
	if err != nil {
		return nil, err
	}
	if w.schema == "" {
		return nil, postgres.Problem(nil, "make one, or name another: ?options=-csearch_path%3Dname at the end of the address",
			"the database %s has none of the schemas in the search path", address)
	}
	found, err := w.found(ctx)
	if err != nil {
		return nil, err
	}
	if is, there := found[formats().name]; there {
		if err := w.ours(formats(), is); err != nil {
			return nil, err
		}
		if err := w.readFormat(ctx); err != nil {
			return nil, err
		}
	}
	for _, t := range allTables() {
		is, there := found[t.name]
		if !there {
			w.missing = append(w.missing, t)
			continue
		}
		if err := w.ours(t, is); err != nil {
			return nil, err
		}
		if w.format == 0 {
			return nil, w.notOurs(t, "nothing says of which format it is")
		}
	}
	return w, nil
}

// relation is what there is under a name.
type relation struct {
	plain   bool     // a table, and no view or the like
	columns []string // "name type"
}

// found lists what has the name of a table of ours.
func (w *website) found(ctx context.Context) (map[string]relation, error) {
	var wanted postgres.List
	for _, t := range allTables() {
		wanted = append(wanted, t.name)
	}
	found := map[string]relation{}
	return found, w.Each(ctx, func(cells []postgres.Cell) error {
		r := found[string(cells[0])]
		r.plain = string(cells[1]) == "t"
		r.columns = append(r.columns, string(cells[2]))
		found[string(cells[0])] = r
		return nil
	}, `SELECT c.relname, c.relkind IN ('r', 'p'), a.attname || ' ' || format_type(a.atttypid, a.atttypmod)
		FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
		LEFT JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
		WHERE n.nspname = $1 AND c.relname = ANY($2::text[])`, w.schema, wanted)
}

// ours refuses what is not a table as we make it. More columns may be there.
func (w *website) ours(t table, is relation) error {
	if !is.plain {
		return w.notOurs(t, "it is no table")
	}
	for _, c := range t.columns() {
		if !slices.Contains(is.columns, c.name+" "+c.kind) {
			return w.notOurs(t, "it has no column "+c.name+" of the type "+c.kind)
		}
	}
	return nil
}

func (w *website) notOurs(t table, why string) error {
	return postgres.Problem(nil, "rename it, or name another schema in the address: ?options=-csearch_path%3Dname",
		"the database %s has a %s that vitals did not make: %s", w.address, t.name, why)
}

func (w *website) readFormat(ctx context.Context) error {
	err := w.Each(ctx, func(cells []postgres.Cell) (err error) {
		w.format, err = strconv.Atoi(string(cells[0]))
		return err
	}, "SELECT max(format) FROM "+formats().in(w.schema)+" HAVING count(*) > 0")
	switch {
	case err != nil:
		return err
	case w.format > format:
		return postgres.Problem(nil, "install the newer version, or name another schema in the address",
			"the tables in the database %s are of a newer vitals (format %d; this one knows up to %d)", w.address, w.format, format)
	case w.format < 1:
		return w.notOurs(formats(), "it names no format")
	}
	return nil
}

// prepare makes the tables that are missing, all or none.
func (w *website) prepare(ctx context.Context) error {
	if len(w.missing) == 0 {
		return nil
	}
	var script strings.Builder
	for _, t := range w.missing {
		script.WriteString(t.created(w.schema))
	}
	if w.format == 0 {
		fmt.Fprintf(&script, "INSERT INTO %s VALUES (%d);", formats().in(w.schema), format)
	}
	err := w.together(ctx, func(ctx context.Context) error { return w.Script(ctx, script.String()) })
	if err != nil {
		return fmt.Errorf("making the tables: %w", err)
	}
	w.missing, w.format = nil, format
	return nil
}
