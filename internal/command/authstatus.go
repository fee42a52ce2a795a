package command

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"vitals/fitbit"
	"vitals/internal/health"
	"vitals/internal/terminal"
	"vitals/internal/view"
)

// grantStatus is what auth status prints as JSON.
type grantStatus struct {
	Schema      int         `json:"schema"`
	SignedIn    bool        `json:"signed_in"`
	SignedInAt  *string     `json:"signed_in_at"`
	AgeDays     *int        `json:"age_days"`
	ExpiresAt   *string     `json:"expires_at"`
	DaysLeft    *int        `json:"days_left"`
	Granted     []string    `json:"granted"`
	Missing     []string    `json:"missing"`
	LastSuccess *string     `json:"last_success"`
	Types       []fetchedAt `json:"types"`
	Problem     *string     `json:"problem"`

	over bool // ExpiresAt is past
}

// fetchedAt is how fetching one data type went.
type fetchedAt struct {
	Type        health.DataType `json:"type"`
	LastSuccess *string         `json:"last_success"`
	Error       *string         `json:"error"`
}

// authStatus tells what is known of the grant without asking Google.
func (c *cli) authStatus(ctx context.Context, asJSON bool) error {
	s, err := c.openToLook(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	status, err := s.grantStatus(ctx)
	if err != nil {
		return err
	}
	if asJSON {
		return json.NewEncoder(c.json()).Encode(status)
	}
	_, err = fmt.Fprintln(c.text(), strings.Join(status.lines(terminal.Clean(fmt.Sprintf("%s (by %s)", s.place.Path, s.place.Origin))), "\n"))
	return err
}

func (s *session) grantStatus(ctx context.Context) (grantStatus, error) {
	kept, err := s.grant(ctx)
	if err != nil {
		return grantStatus{}, err
	}
	fetches, err := shown{s.store}.Fetches(ctx)
	if err != nil {
		return grantStatus{}, err
	}
	grant, err := s.knownGrant(fetches)
	if err != nil {
		return grantStatus{}, err
	}
	zone, err := s.viewer().Zone(ctx)
	if err != nil {
		return grantStatus{}, err
	}
	at := func(t time.Time) *string {
		if t.IsZero() {
			return nil
		}
		return orNull(t.In(zone).Format(time.RFC3339))
	}
	out := grantStatus{Schema: 1, SignedIn: grant.Kept, SignedInAt: at(grant.SignedInAt), ExpiresAt: at(grant.ExpiresAt),
		Granted: kept.Granted(), Missing: kept.Missing(), LastSuccess: at(health.NewestSuccess(fetches)), Types: []fetchedAt{}}
	now := s.env.Now().In(zone)
	if days, known := grant.Age(now); known {
		out.AgeDays = &days
	}
	if days, known := grant.DaysLeft(now); known {
		out.DaysLeft, out.over = &days, !grant.ExpiresAt.After(now)
	}
	for _, f := range fetches {
		out.Types = append(out.Types, fetchedAt{f.Type, at(f.LastSuccess), orNull(f.Error)})
		if f.Error != "" && out.Problem == nil {
			out.Problem = &f.Error
		}
	}
	if warning := grant.Warning(now); warning != "" && !grant.Refused {
		warning += " – " + renewal(*grant)
		out.Problem = &warning
	}
	f := s.settings().Fitbit
	if _, err := fitbit.Begin(oauthClient(f), endpoints(f), now); err != nil && kept.RefreshToken != "" {
		text := health.WithHint(err)
		out.Problem = &text // whatever is kept there opens nothing
	}
	return out, nil
}

// renewal says what to do about a grant that ends.
func renewal(g view.Grant) string {
	if g.OfTesting() {
		return "run vitals auth; to make it last, publish the Google project"
	}
	return "run vitals auth"
}

// orNull is a text in JSON, null for none.
func orNull(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}

// lines are the status for people.
func (g grantStatus) lines(configuration string) []string {
	if !g.SignedIn {
		lines := []string{"not signed in (vitals auth)"}
		if g.Problem != nil {
			lines = append(lines, "problem: "+*g.Problem)
		}
		return lines
	}
	lines := []string{"signed in"}
	add := func(name string, value *string, days *int, more string) {
		switch {
		case value == nil:
		case days == nil:
			lines = append(lines, name+" "+*value)
		case *days == 0:
			lines = append(lines, name+" "+*value+" (today)")
		case *days == 1:
			lines = append(lines, name+" "+*value+" (1 day "+more+")")
		default:
			lines = append(lines, fmt.Sprintf("%s %s (%d days %s)", name, *value, *days, more))
		}
	}
	add("since", g.SignedInAt, g.AgeDays, "ago")
	if g.over {
		add("until", g.ExpiresAt, nil, "")
	} else {
		add("until", g.ExpiresAt, g.DaysLeft, "left")
	}
	lines = append(lines, "granted "+strings.Join(g.Granted, ", "))
	if len(g.Missing) > 0 {
		lines = append(lines, "missing "+strings.Join(g.Missing, ", "))
	}
	add("last success", g.LastSuccess, nil, "")
	for _, f := range g.Types {
		line := fmt.Sprintf("  %-15s  ", f.Type)
		if f.LastSuccess != nil {
			line += *f.LastSuccess
		} else {
			line += "never"
		}
		if f.Error != nil {
			line += "  " + *f.Error
		}
		lines = append(lines, line)
	}
	lines = append(lines, "configuration "+configuration)
	add("problem:", g.Problem, nil, "")
	return lines
}
