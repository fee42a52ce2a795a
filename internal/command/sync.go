package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"vitals/internal/health"
	"vitals/internal/refresh"
	"vitals/internal/store"
	"vitals/internal/terminal"
)

func (c *cli) syncCommand() *cobra.Command {
	var full, asJSON bool
	cmd := &cobra.Command{
		Use:   "sync",
		Short: "Fetch what is new from Google Health",
		Long: `Fetches what is new of each type of data, then goes on backwards where it stopped.
Standard output has one line a type, standard error what went wrong. One sync
works at a time; another one waits for it, five minutes at most.`,
		Example: `  vitals sync >/dev/null    # from cron: says only what went wrong`,
		Args:    noArguments,
		RunE:    func(cmd *cobra.Command, _ []string) error { return c.sync(cmd.Context(), full, asJSON) },
	}
	cmd.Flags().BoolVar(&full, "full", false, "fetch everything anew, back to the day the account began")
	cmd.Flags().BoolVar(&asJSON, "json", false, "as JSON")
	return cmd
}

// lockPatience is how long a sync waits for another one to end.
const lockPatience = 5 * time.Minute

func (c *cli) sync(ctx context.Context, full, asJSON bool) error {
	s, err := c.openSession(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	if err := s.sound(ctx); err != nil {
		return err
	}
	grant, err := s.grant(ctx)
	if err != nil {
		return err
	}
	if grant.RefreshToken == "" {
		return failure{code: exitSignIn, cause: errors.New("not signed in yet"), hint: "run vitals auth"}
	}
	lock := s.fetchLock()
	patient, cancel := context.WithTimeout(ctx, lockPatience)
	defer cancel()
	ok, err := lock.TryLockContext(patient, 200*time.Millisecond)
	if err != nil && patient.Err() == nil {
		return fmt.Errorf("keeping others from fetching: %w", err)
	}
	if !ok {
		return failure{code: exitFailed, cause: errors.New("another vitals is fetching"), hint: "wait for it, or close it"}
	}
	defer lock.Unlock()
	s.begin(fetching)
	defer s.end(fetching)
	return s.keepAtLast(ctx, s.sync(ctx, full, asJSON))
}

func (s *session) sync(ctx context.Context, full, asJSON bool) error {
	syncer, err := s.syncer(ctx)
	if err != nil {
		return err
	}
	before, err := s.store.Fetches(ctx)
	if err != nil {
		return err
	}
	reach := refresh.AllData
	if full {
		reach = refresh.Everything
	}
	line := terminal.Line(s.env.Getenv, s.env.Stderr)
	syncer.Progress = func(text string) { line("fetching " + text) }
	began := s.env.Now()
	results, err := syncer.Sync(ctx, syncer.Types(), reach)
	line("")
	for _, r := range results {
		if errors.Is(r.Err, store.ErrDamaged) {
			return r.Err
		}
	}
	if err != nil {
		return err
	}
	if asJSON {
		err = s.printResultsJSON(ctx, results, s.env.Now().Sub(began))
	} else {
		err = s.printResults(results)
	}
	if err != nil {
		return err
	}
	return s.verdict(results, !health.NewestSuccess(before).IsZero())
}

func (s *session) printResults(results []refresh.Result) error {
	for _, r := range results {
		if r.Err != nil {
			continue
		}
		more := ""
		if r.Older {
			more = "; nothing for half a year before, the next sync looks further back"
		}
		if _, err := fmt.Fprintf(s.env.text(), "%-16s %d new, %d changed%s\n", r.Type, r.New, r.Changed, more); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) printResultsJSON(ctx context.Context, results []refresh.Result, took time.Duration) error {
	type result struct {
		Type     health.DataType `json:"type"`
		New      int             `json:"new"`
		Changed  int             `json:"changed"`
		Error    *string         `json:"error"`
		Complete bool            `json:"complete"`
	}
	client, err := s.account(ctx)
	if err != nil {
		return err
	}
	out := struct {
		Schema   int      `json:"schema"`
		Types    []result `json:"types"`
		Requests int      `json:"requests"`
		Seconds  float64  `json:"seconds"`
	}{Schema: 1, Requests: client.Requests(), Seconds: math.Round(took.Seconds()*10) / 10}
	for _, r := range results {
		row := result{Type: r.Type, New: r.New, Changed: r.Changed, Complete: r.Complete}
		if r.Err != nil {
			text := r.Err.Error()
			row.Error = &text
		}
		out.Types = append(out.Types, row)
	}
	return json.NewEncoder(s.env.json()).Encode(out)
}

// verdict turns the results into the command's own, and tells what failed: each
// part, and each reason once.
func (s *session) verdict(results []refresh.Result, storedBefore bool) error {
	var reasons []error
	parts := map[string][]string{} // by the text of the reason
	failed := 0
	for _, r := range results {
		if r.Skipped > 0 {
			s.env.say("%s: readings of no use were left out (%d) – look for them in the Google Health app", r.Type, r.Skipped)
		}
		if r.LeftOut != "" {
			s.env.say("%s: %s – kept in the record, and out of all figures", r.Type, r.LeftOut)
		}
		if r.Err == nil {
			continue
		}
		failed++
		text := r.Err.Error()
		if parts[text] == nil {
			reasons = append(reasons, r.Err)
		}
		parts[text] = append(parts[text], string(r.Type))
	}
	for _, reason := range reasons {
		complain(s.env.messages(), fmt.Errorf("%s: %w", strings.Join(parts[reason.Error()], ", "), reason))
	}
	answered := func(err error) bool {
		return !errors.Is(err, health.ErrUnreachable) && !errors.Is(err, health.ErrOverloaded)
	}
	switch {
	case failed == 0:
		return nil
	case failed < len(results):
		return failure{code: exitPartly}
	case slices.ContainsFunc(reasons, func(err error) bool { return errors.Is(err, health.ErrSignInNeeded) }):
		return failure{code: exitSignIn}
	case !slices.ContainsFunc(reasons, answered) && !storedBefore:
		return failure{code: exitUnreached}
	default:
		return failure{code: exitFailed}
	}
}
