package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"vitals/internal/config"
	"vitals/internal/health"
	"vitals/internal/postgres"
	"vitals/internal/push"
	"vitals/internal/store"
	"vitals/internal/terminal"
)

func (c *cli) pushCommand() *cobra.Command {
	var full, asJSON bool
	cmd := &cobra.Command{
		Use:   "push",
		Short: "Write the figures to a website's PostgreSQL",
		Long: `Writes what is stored to the PostgreSQL of [push] dsn or VITALS_PUSH_DSN: the
profile, weigh-ins, calories, active calories and steps of each day, and electricity
by the hour and the day, with the figures that vitals export prints. Tables are made
where there are none, in the first schema of the search path; their names begin with
vitals_, and their comments tell units and zones. Mail and date of birth are not known
here, and nothing of the sign-in goes there.

Only months that have changed are sent, here or there; what is the same is not
written again. A push that was interrupted goes on where it stopped. Several people
may push to one database. Where the output is no terminal, as under cron, success is
silent. Run it after vitals sync.`,
		// Others can read the command line, so an address there is not even repeated.
		Args: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage("set dsn under [push] in config.ini, or VITALS_PUSH_DSN", "push takes nothing on the command line, where others can read it")
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return c.push(cmd.Context(), full, asJSON) },
	}
	cmd.Flags().BoolVar(&full, "full", false, "compare every row, whatever is remembered of earlier pushes")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

// website is where to push to.
func (s *session) website() (postgres.Address, error) {
	dsn := s.settings().Push.DSN
	if dsn == "" {
		return postgres.Address{}, usage("set dsn under [push] in config.ini, or VITALS_PUSH_DSN: postgres://user:password@host/name", "there is no database to push to")
	}
	at, err := postgres.ParseAddress(string(dsn))
	if err != nil {
		return at, failure{code: exitUsage, cause: err, hint: health.Hint(err)}
	}
	return at, nil
}

func (c *cli) push(ctx context.Context, full, asJSON bool) error {
	var at postgres.Address
	s, err := c.openToLook(ctx, func(s *session) (err error) {
		at, err = s.website()
		return err
	})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.sound(ctx); err != nil {
		return err
	}
	unread := s.updateMeter(ctx) // what is kept of it goes there all the same
	if ctx.Err() != nil || errors.Is(unread, store.ErrDamaged) {
		return unread
	}
	pusher, err := s.pusher(ctx, at)
	if err != nil {
		return err
	}
	pusher.Full = full
	line := terminal.Line(s.env.Getenv, s.env.Stderr)
	pusher.Progress = func(table string) { line("writing " + table) }
	began := s.env.Now()
	done, err := pusher.Push(ctx)
	line("")
	if err != nil {
		return err
	}
	if err := s.printPushed(done, asJSON, s.env.Now().Sub(began)); err != nil {
		return err
	}
	if unread != nil {
		complain(s.env.messages(), unread)
		return failure{code: exitPartly}
	}
	return nil
}

func (s *session) pusher(ctx context.Context, at postgres.Address) (*push.Pusher, error) {
	history, err := s.historyName(ctx)
	if err != nil {
		return nil, err
	}
	return &push.Pusher{Address: at, Viewer: s.viewer(), Now: s.env.Now, History: history, Meter: meterName(history, s.settings().Energy),
		Patience: time.Minute, Silence: time.Minute}, nil
}

func (s *session) printPushed(done []push.Written, asJSON bool, took time.Duration) error {
	if !asJSON {
		if !terminal.Look(s.env.Getenv, s.env.Stdin, s.env.Stdout).StdoutTerminal { // cron would mail it
			return nil
		}
		for _, w := range done {
			if _, err := fmt.Fprintf(s.env.text(), "%-24s %d written, %d removed, %d unchanged\n", w.Table, w.Written, w.Removed, w.Unchanged); err != nil {
				return err
			}
		}
		return nil
	}
	type table struct {
		Table     string `json:"table"`
		Written   int64  `json:"written"`
		Removed   int64  `json:"removed"`
		Unchanged int64  `json:"unchanged"`
	}
	out := struct {
		Schema  int     `json:"schema"`
		Tables  []table `json:"tables"`
		Seconds float64 `json:"seconds"`
	}{Schema: 1, Tables: []table{}, Seconds: math.Round(took.Seconds()*10) / 10}
	for _, w := range done {
		out.Tables = append(out.Tables, table(w))
	}
	return json.NewEncoder(s.env.json()).Encode(out)
}

// meterName names a meter among those of all histories: where its readings are,
// and which of them. How they are read may change.
func meterName(history string, e config.Energy) string {
	place, err := filepath.Abs(e.Database)
	if err != nil {
		place = e.Database
	}
	if postgres.IsAddress(e.Database) {
		if at, err := postgres.ParseAddress(e.Database); err == nil { // another password makes no other meter
			place = at.Identity()
		}
	}
	return "meter-" + hashed(history, place, e.Series, e.Table, e.Value, e.Where.Column, e.Where.Value)
}
