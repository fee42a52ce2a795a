package postgres

import (
	"context"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// Conn is a connection to a database. It is used by one goroutine at a time. An
// interrupted call ends the connection.
type Conn struct {
	address Address
	conn    *pgconn.PgConn
}

// Dial connects. It waits ten seconds at most, or what connect_timeout says.
func (a Address) Dial(ctx context.Context) (*Conn, error) {
	conn, err := pgconn.ConnectConfig(ctx, a.config.Copy())
	switch code := Code(err); {
	case code == "42704", code == "22023": // all that is asked for yet is in the address
		return nil, Problem(err, "check what stands behind the ? in it", "the server of the database %s does not know a setting in the address", a)
	case err != nil:
		return nil, a.plain(ctx, err)
	}
	return &Conn{a, conn}, nil
}

// Close ends the connection. What was not committed is undone.
func (c *Conn) Close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	_ = c.conn.Close(ctx) // the server notices in any case
}

// Cell is a value as PostgreSQL writes it: nil for NULL. It is valid for as long
// as its row.
type Cell []byte

// Each runs one statement and calls row with the cells of each row of its answer,
// as it comes. An error of row ends it and is returned; the rest of the answer is
// still read, so ask for no more than is wanted. Arguments are nil, string, bool,
// int, int64, float64, time.Time or a List of these.
func (c *Conn) Each(ctx context.Context, row func([]Cell) error, sql string, args ...any) error {
	result := c.conn.ExecParams(ctx, sql, encoded(args), nil, nil, nil)
	var failed error
	var cells []Cell
	for result.NextRow() {
		if failed != nil {
			continue
		}
		cells = cells[:0]
		for _, v := range result.Values() {
			cells = append(cells, v)
		}
		failed = row(cells)
	}
	if _, err := result.Close(); failed == nil && err != nil {
		return c.address.plain(ctx, err)
	}
	return failed
}

// Run runs one statement and returns how many rows it changed.
func (c *Conn) Run(ctx context.Context, sql string, args ...any) (rows int64, err error) {
	tag, err := c.conn.ExecParams(ctx, sql, encoded(args), nil, nil, nil).Close()
	return tag.RowsAffected(), c.address.plain(ctx, err)
}

// Together runs what work does as one transaction: all of it is kept, or, when
// work returns an error, nothing.
func (c *Conn) Together(ctx context.Context, work func() error) error {
	return c.within(ctx, "BEGIN", work)
}

// Reading runs what look does as one transaction that can write nothing. On the
// server no statement of it takes longer than patience, or waits for a lock longer
// than two seconds. Nothing is left behind in the session.
func (c *Conn) Reading(ctx context.Context, patience time.Duration, look func() error) error {
	return c.within(ctx, fmt.Sprintf("BEGIN READ ONLY; SET LOCAL statement_timeout = %d; SET LOCAL lock_timeout = 2000", patience.Milliseconds()), look)
}

func (c *Conn) within(ctx context.Context, begin string, work func() error) error {
	if err := c.Script(ctx, begin); err != nil {
		return err
	}
	if err := work(); err != nil {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
		defer cancel()
		_, _ = c.Run(undo, "ROLLBACK") // else the server undoes it as the connection ends
		return err
	}
	_, err := c.Run(ctx, "COMMIT")
	return err
}

// List is an array, for unnest($1::text[]) and the like.
type List []any

// encoded writes values as PostgreSQL reads them.
func encoded(args []any) [][]byte {
	values := make([][]byte, len(args))
	for i, a := range args {
		if a != nil {
			values[i] = []byte(literal(a))
		}
	}
	return values
}

func literal(value any) string {
	switch v := value.(type) {
	case string:
		return strings.ReplaceAll(v, "\x00", "") // which no text of PostgreSQL can hold
	case bool:
		return strconv.FormatBool(v)
	case int:
		return strconv.Itoa(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case float64:
		switch {
		case math.IsNaN(v):
			return "NaN"
		case math.IsInf(v, 1):
			return "Infinity"
		case math.IsInf(v, -1):
			return "-Infinity"
		}
		return strconv.FormatFloat(v, 'g', -1, 64)
	case time.Time:
		return v.UTC().Format("2006-01-02 15:04:05.999999999Z07:00")
	case List:
		var out strings.Builder
		for i, element := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			if element == nil {
				out.WriteString("NULL")
				continue
			}
			text := strings.ReplaceAll(literal(element), `\`, `\\`)
			out.WriteString(`"` + strings.ReplaceAll(text, `"`, `\"`) + `"`)
		}
		return "{" + out.String() + "}"
	default:
		panic(fmt.Sprintf("a value of type %T is not written to a database", value)) // a mistake of ours
	}
}

// Quoted makes a name safe to stand in SQL.
func Quoted(name string) string {
	return `"` + strings.ReplaceAll(strings.ReplaceAll(name, "\x00", ""), `"`, `""`) + `"`
}

// Script runs statements that take no values and whose answers do not matter.
func (c *Conn) Script(ctx context.Context, statements string) error {
	_, err := c.conn.Exec(ctx, statements).ReadAll()
	return c.address.plain(ctx, err)
}
