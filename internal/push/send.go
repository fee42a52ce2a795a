package push

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"vitals/internal/postgres"
)

// mostRows is how many rows go into one transaction, unless one month has more.
const mostRows = 5000

// together does work as one transaction, which a server that hangs does not hold up.
func (w *website) together(ctx context.Context, work func(context.Context) error) error {
	return answered(ctx, w.address, w.silence, func(ctx context.Context) error {
		return w.Together(ctx, func() error {
			// Once more than for the session, as a pool of connections may forget that.
			if err := w.Script(ctx, fmt.Sprintf("SET LOCAL statement_timeout = %d", w.silence.Milliseconds())); err != nil {
				return err
			}
			return work(ctx)
		})
	})
}

// saveRow writes the one row of an owner, unless it is there already.
func (w *website) saveRow(ctx context.Context, t table, owner string, row []cell) (Written, error) {
	args := []any{owner}
	values := []string{"$1"}
	for i, c := range row {
		values = append(values, fmt.Sprintf("$%d::%s", i+2, t.others[i].kind))
		if c.known {
			args = append(args, c.text)
		} else {
			args = append(args, nil)
		}
	}
	done := Written{Table: t.name}
	return done, w.together(ctx, func(ctx context.Context) (err error) {
		done.Written, err = w.Run(ctx, fmt.Sprintf("INSERT INTO %s AS t (%s) VALUES (%s) %s", t.in(w.schema), names(t.columns(), ""), strings.Join(values, ", "), t.orUpdate()), args...)
		done.Unchanged = 1 - done.Written
		return err
	})
}

// orUpdate is what to do with a row that is there: nothing if it is the same.
func (t table) orUpdate() string {
	return fmt.Sprintf("ON CONFLICT (%s) DO UPDATE SET (%s) = ROW(%s) WHERE ROW(%s) IS DISTINCT FROM ROW(%s)", names(t.columns()[:1+len(t.key)], ""),
		names(t.others, ""), names(t.others, "EXCLUDED."), names(t.others, "t."), names(t.others, "EXCLUDED."))
}

// send makes the rows of an owner those of c: all that c has, and in months that
// the same history has pushed before.
func (w *website) send(ctx context.Context, history string, c *content, full bool) (done Written, err error) {
	done.Table = c.name
	remembered, err := w.remembered(ctx, history, c)
	if err != nil {
		return done, err
	}
	var batch []*part
	rows := 0
	flush := func() error {
		if len(batch) == 0 {
			return nil
		}
		written, removed, err := w.sendBatch(ctx, history, c, batch)
		done.Written += written
		done.Removed += removed
		done.Unchanged += int64(rows) - written
		batch, rows = nil, 0
		return err
	}
	for _, p := range c.parts {
		same := remembered[p.month] == p.digest()
		delete(remembered, p.month)
		if same && !full {
			done.Unchanged += int64(p.rows)
			continue
		}
		if rows+p.rows > mostRows {
			if err := flush(); err != nil {
				return done, err
			}
		}
		batch, rows = append(batch, p), rows+p.rows
	}
	for month := range remembered { // of which there is nothing any more
		batch = append(batch, &part{month: month})
	}
	return done, flush()
}

// changed stands for a month whose rows are not those that were sent any more.
const changed = "changed"

// remembered tells the digests of what the history has pushed, by the month.
func (w *website) remembered(ctx context.Context, history string, c *content) (map[string]string, error) {
	digests := map[string]string{}
	return digests, answered(ctx, w.address, w.silence, func(ctx context.Context) error {
		return w.Each(ctx, func(cells []postgres.Cell) error {
			sent := string(cells[1])
			if string(cells[2]) != "t" {
				sent = changed
			}
			digests[string(cells[0])] = sent
			return nil
		}, fmt.Sprintf("SELECT r.part, r.sent, r.found = %s FROM %s r WHERE r.pushed_by = $1 AND r.table_name = $2 AND r.owner = $3", c.found(w.schema), parts().in(w.schema)),
			history, c.name, c.ownedBy)
	})
}

// found is an expression for a digest of the rows of the owner $3 in the month
// that begins at r.part.
func (c *content) found(schema string) string {
	return fmt.Sprintf("(SELECT count(*)::text || ' ' || coalesce(sum(hashtextextended(ROW(%s)::text, 0)), 0)::text FROM %s t WHERE t.%s = $3 AND %s)",
		names(c.sent(), "t."), c.in(schema), c.owner.name, c.within())
}

// within is the condition that a row t is of the month that begins at r.part.
func (c *content) within() string {
	key := c.key[0]
	from, to := "r.part", "(r.part + interval '1 month')::date"
	if key.kind == instant {
		from, to = "r.part::timestamp AT TIME ZONE 'UTC'", "(r.part + interval '1 month') AT TIME ZONE 'UTC'"
	}
	return fmt.Sprintf("t.%[1]s >= %[2]s AND t.%[1]s < %[3]s", key.name, from, to)
}

// sendBatch makes some months what they are to be, and remembers that, in one
// transaction.
func (w *website) sendBatch(ctx context.Context, history string, c *content, batch []*part) (written, removed int64, err error) {
	var months, kept, digests, gone postgres.List
	columns := make([][][]byte, len(c.sent()))
	for _, p := range batch {
		months = append(months, p.month)
		if p.rows == 0 {
			gone = append(gone, p.month)
			continue
		}
		kept, digests = append(kept, p.month), append(digests, p.digest())
		for i, elements := range p.columns {
			columns[i] = append(columns[i], elements)
		}
	}
	rows := []any{c.ownedBy, months}
	for _, elements := range columns {
		rows = append(rows, "{"+string(bytes.Join(elements, []byte{','}))+"}")
	}
	err = w.together(ctx, func(ctx context.Context) error {
		err := w.Each(ctx, func(cells []postgres.Cell) error {
			written, removed = number64(cells[0]), number64(cells[1])
			return nil
		}, c.merge(w.schema), rows...)
		if err != nil {
			return err
		}
		_, err = w.Run(ctx, fmt.Sprintf(`WITH gone AS (DELETE FROM %s WHERE pushed_by = $1 AND table_name = $2 AND owner = $3 AND part = ANY($4::date[]))
			INSERT INTO %[1]s AS t (%s) SELECT $1, $2, $3, r.part, r.sent, %s FROM unnest($5::date[], $6::text[]) AS r(part, sent) %s`,
			parts().in(w.schema), names(parts().columns(), ""), c.found(w.schema), parts().orUpdate()), history, c.name, c.ownedBy, gone, kept, digests)
		return err
	})
	if err != nil {
		return 0, 0, fmt.Errorf("writing %s: %w", c.name, err)
	}
	return written, removed, nil
}

// merge is the statement that makes the months $2 of the owner $1 the rows that
// follow, and counts what it wrote and what it removed.
func (c *content) merge(schema string) string {
	sent, same := c.sent(), make([]string, len(c.key))
	for i, k := range c.key {
		same[i] = fmt.Sprintf("i.%s = t.%[1]s", k.name)
	}
	return fmt.Sprintf(`WITH incoming AS MATERIALIZED (SELECT * FROM unnest(%s) AS i(%s)),
		gone AS (DELETE FROM %s AS t USING unnest($2::date[]) AS r(part)
			WHERE t.%s = $1 AND %s AND NOT EXISTS (SELECT FROM incoming i WHERE %s) RETURNING 1),
		written AS (INSERT INTO %[3]s AS t (%[4]s, %[2]s) SELECT $1, %[2]s FROM incoming %[7]s RETURNING 1)
		SELECT (SELECT count(*) FROM written), (SELECT count(*) FROM gone)`,
		arrays(sent, 3), names(sent, ""), c.in(schema), c.owner.name, c.within(), strings.Join(same, " AND "), c.orUpdate())
}

// forget removes all that was pushed of a person.
func (w *website) forget(ctx context.Context, owner string) error {
	return w.together(ctx, func(ctx context.Context) error {
		for _, t := range []table{weighIn(), energyDay(), person()} {
			if _, err := w.Run(ctx, fmt.Sprintf("DELETE FROM %s WHERE %s = $1", t.in(w.schema), t.owner.name), owner); err != nil {
				return err
			}
		}
		_, err := w.Run(ctx, fmt.Sprintf("DELETE FROM %s WHERE owner = $1", parts().in(w.schema)), owner)
		return err
	})
}
