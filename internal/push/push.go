package push

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"vitals/internal/postgres"
	"vitals/internal/timeline"
	"vitals/internal/view"
)

// Pusher writes the figures of a history to a website's database. It is for one
// push at a time.
type Pusher struct {
	Address postgres.Address
	Viewer  *view.Viewer // its Preferences.Meter is the meter that is pushed, "" for none
	Now     func() time.Time

	// History is a made-up name of the history, the same for each push of it.
	// Where the account names nobody, it stands for the person, too.
	History string

	// Meter names the meter among all of all histories; of no use without
	// Preferences.Meter.
	Meter string

	Full     bool               // compare each row, whatever is remembered
	Patience time.Duration      // how long another push is waited for
	Silence  time.Duration      // how long a statement may take; twice as long and the server is given up
	Progress func(table string) // called as each table is begun; nil for nobody
}

// Written is what became of the rows of a table.
type Written struct {
	Table                       string
	Written, Removed, Unchanged int64
}

// ErrUnderWay is wrapped by the error of a push that found another one under way.
var ErrUnderWay = postgres.Problem(nil, "wait for it; a push takes seconds, and an hour's news less than one", "another push to this database is under way")

// Push brings the tables up to date, and makes them where there are none. What
// was done before an error stays done. Its errors are sentences, most of them with
// a hint.
func (p *Pusher) Push(ctx context.Context) ([]Written, error) {
	w, err := p.open(ctx)
	if err != nil {
		return nil, err
	}
	defer w.Close()
	if err := w.prepare(ctx); err != nil {
		return nil, err
	}
	f, err := p.figures(ctx)
	if err != nil {
		return nil, err
	}
	owner, err := f.personID(ctx, p.History)
	if err != nil {
		return nil, err
	}
	done, err := p.pushPerson(ctx, w, f, owner)
	if err != nil {
		return done, err
	}
	house, err := p.pushHouse(ctx, w, f)
	done = append(done, house...)
	if err != nil {
		return done, err
	}
	if owner != p.History { // the account was not known when it was pushed under the made-up name
		if err := w.forget(ctx, p.History); err != nil {
			return done, err
		}
	}
	meter := cell{}
	if p.Viewer.Preferences.Meter != "" {
		meter = word(p.Meter)
	}
	_, err = w.saveRow(ctx, pushes(), p.History, []cell{word(owner), meter, at(p.Now())})
	return done, err
}

// open connects, waits for its turn and looks at the tables.
func (p *Pusher) open(ctx context.Context) (*website, error) {
	conn, err := p.Address.Dial(ctx)
	if err != nil {
		return nil, err
	}
	w, err := p.admitted(ctx, conn)
	if err != nil {
		conn.Close()
		return nil, err
	}
	return w, nil
}

// turn is the key of the lock that whoever pushes to a database holds: "vtls" and
// "push" in ASCII.
const turn = 0x76746c7370757368

func (p *Pusher) admitted(ctx context.Context, conn *postgres.Conn) (*website, error) {
	// A server that hears nothing of a push that lost its network is to let go of
	// its lock, and of its transaction.
	err := p.answered(ctx, func(ctx context.Context) error {
		return conn.Script(ctx, fmt.Sprintf(`SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; SET tcp_keepalives_count = 3;
			SET idle_in_transaction_session_timeout = '2min'; SET statement_timeout = %d`, p.Silence.Milliseconds()))
	})
	if err != nil {
		return nil, err
	}
	const again = 200 * time.Millisecond
	for waited := time.Duration(0); ; waited += again {
		ours := false
		err := p.answered(ctx, func(ctx context.Context) error {
			return conn.Each(ctx, func(cells []postgres.Cell) error {
				ours = string(cells[0]) == "t"
				return nil
			}, "SELECT pg_try_advisory_lock($1)", int64(turn))
		})
		switch {
		case err != nil:
			return nil, err
		case ours:
			return look(ctx, conn, p.Address, p.Silence)
		case waited >= p.Patience:
			return nil, ErrUnderWay
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (p *Pusher) answered(ctx context.Context, ask func(context.Context) error) error {
	return answered(ctx, p.Address, p.Silence, ask)
}

// answered gives a question up that a server leaves without an answer.
func answered(ctx context.Context, address postgres.Address, silence time.Duration, ask func(context.Context) error) error {
	silence *= 2 // as a server that is well notices by itself that time is up
	ctx, cancel := context.WithTimeoutCause(ctx, silence, postgres.Problem(nil, "see whether the server is well, and whether it can be reached",
		"no answer within %v", silence))
	defer cancel()
	return ask(ctx)
}

func (p *Pusher) tell(t table) {
	if p.Progress != nil {
		p.Progress(t.name)
	}
}

func (p *Pusher) pushPerson(ctx context.Context, w *website, f figures, owner string) (done []Written, err error) {
	p.tell(person())
	row, known, err := f.person(ctx)
	if err != nil {
		return nil, err
	}
	weighIns, err := f.weighIns(ctx, owner)
	if err != nil {
		return nil, err
	}
	days, err := f.energyDays(ctx, owner)
	if err != nil {
		return nil, err
	}
	who := Written{Table: person().name}
	if known || weighIns.rows() > 0 || days.rows() > 0 {
		if who, err = w.saveRow(ctx, person(), owner, row); err != nil {
			return nil, err
		}
	}
	return p.sendAll(ctx, w, []Written{who}, weighIns, days)
}

func (p *Pusher) pushHouse(ctx context.Context, w *website, f figures) ([]Written, error) {
	if p.Viewer.Preferences.Meter == "" {
		return nil, nil
	}
	row, known, err := f.meter(ctx)
	if err != nil || !known {
		return nil, err
	}
	p.tell(meter())
	house, err := w.saveRow(ctx, meter(), p.Meter, row)
	if err != nil {
		return nil, err
	}
	hours, err := f.electricity(ctx, p.Meter, timeline.Hour)
	if err != nil {
		return []Written{house}, err
	}
	days, err := f.electricity(ctx, p.Meter, timeline.Day)
	if err != nil {
		return []Written{house}, err
	}
	return p.sendAll(ctx, w, []Written{house}, hours, days)
}

func (p *Pusher) sendAll(ctx context.Context, w *website, done []Written, contents ...*content) ([]Written, error) {
	for _, c := range contents {
		p.tell(c.table)
		written, err := w.send(ctx, p.History, c, p.Full)
		done = append(done, written)
		if err != nil {
			return done, err
		}
	}
	return done, nil
}

// number64 reads a count that the server tells.
func number64(c postgres.Cell) int64 {
	n, _ := strconv.ParseInt(string(c), 10, 64) // the server's own
	return n
}
