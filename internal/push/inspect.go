package push

import (
	"context"
	"strings"
	"time"

	"vitals/internal/postgres"
)

// Inspection is what a look at a website's database found.
type Inspection struct {
	Schema  string    // that the tables are in, or would be made in
	User    string    // as whom it was asked
	Allowed bool      // that user may do what a push does
	Pushed  time.Time // when the history was last pushed, UTC; zero for never
}

// Inspect looks at a database and changes nothing. The history is named as by
// Pusher. Tables that a push would refuse are an error.
func Inspect(ctx context.Context, at postgres.Address, history string) (found Inspection, err error) {
	conn, err := at.Dial(ctx)
	if err != nil {
		return found, err
	}
	defer conn.Close()
	w, err := lookAt(ctx, conn, at)
	if err != nil {
		return found, err
	}
	found.Schema = w.schema
	allowed, args := []string{"current_setting('transaction_read_only') = 'off'"}, []any{}
	if len(w.missing) > 0 {
		allowed, args = append(allowed, "has_schema_privilege($1, 'CREATE')"), append(args, w.schema)
	}
	for _, t := range allTables() {
		if w.lacks(t) {
			continue
		}
		for _, right := range []string{"SELECT", "INSERT", "UPDATE", "DELETE"} {
			if t.name != formats().name || right == "SELECT" { // which is written once
				allowed = append(allowed, "has_table_privilege("+quoted(t.in(w.schema))+", '"+right+"')")
			}
		}
	}
	err = w.Each(ctx, func(cells []postgres.Cell) error {
		found.User, found.Allowed = string(cells[0]), string(cells[1]) == "t"
		return nil
	}, "SELECT current_user, "+strings.Join(allowed, " AND "), args...)
	if err != nil || !found.Allowed || w.lacks(pushes()) {
		return found, err
	}
	return found, w.Each(ctx, func(cells []postgres.Cell) error {
		if at, err := time.Parse("2006-01-02 15:04:05.999999-07", string(cells[0])); err == nil { // infinity is nothing of ours
			found.Pushed = at
		}
		return nil
	}, "SELECT pushed_at FROM "+pushes().in(w.schema)+" WHERE pushed_by = $1", history)
}

// lacks reports whether there is no such table yet.
func (w *website) lacks(t table) bool {
	for _, m := range w.missing {
		if m.name == t.name {
			return true
		}
	}
	return false
}
