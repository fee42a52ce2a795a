package fitbit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/oauth2"

	"vitals/internal/health"
)

// Step is a part of Complete that takes time.
type Step uint8

// The steps, in order.
const (
	Exchanging Step = iota // the code for a grant
	Verifying              // that the grant reads data
)

// String names the step for people.
func (s Step) String() string {
	if s == Exchanging {
		return "exchanging the code"
	}
	return "checking the access"
}

// SignedIn is a sign-in that worked.
type SignedIn struct {
	Grant    Grant // not yet stored; it names what was granted and what is missing
	Identity health.Identity
	Name     string // "" when not known

	// Unverified is nil, or why the grant could not be tried out; Identity and
	// Name are then empty.
	Unverified error
}

// exchangedCode remembers the grant a code gave. A code is good for one
// exchange, but what follows may fail and be tried again.
type exchangedCode struct {
	code   Secret
	access Secret
	grant  Grant
	of     int64 // Client.forgets, when it was exchanged
}

// Complete exchanges the answer to an attempt for a grant and verifies it with
// a first request; report is told of each step before it begins. Storing the
// grant is left to the caller, who knows whether it is still the same person,
// and who calls Forget afterwards. Until then the same answer gives the same
// grant without another exchange.
//
// After a KindTryAgain error the same answer may be tried again.
func (c *Client) Complete(ctx context.Context, attempt Attempt, answer Answer, report func(Step)) (SignedIn, error) {
	select {
	case c.signInTurn <- struct{}{}:
		defer func() { <-c.signInTurn }()
	case <-ctx.Done():
		return SignedIn{}, interrupted(ctx, "signing in")
	}
	if answer.Code != c.exchanged.code || answer.Code == "" || c.exchanged.of != c.forgets.Load() {
		report(Exchanging)
		exchanged, err := c.exchange(ctx, attempt, answer)
		if err != nil {
			return SignedIn{}, err
		}
		c.exchanged = exchanged
	}
	report(Verifying)
	signedIn := SignedIn{Grant: c.exchanged.grant}
	if len(signedIn.Grant.Granted()) == 0 {
		return SignedIn{}, problem(KindDeclined, "access was granted to none of the data",
			hintNewLink+" and leave the boxes ticked in the browser")
	}
	client, service, err := c.as(fixedToken(c.exchanged.access))
	if err != nil {
		return SignedIn{}, err
	}
	if signedIn.Identity, err = c.identity(ctx, service); err == nil {
		signedIn.Name = c.name(ctx, client)
	} else if known, ok := errors.AsType[*Error](err); ok && known.whole != nil {
		err = known.whole // any scope opens the identity
	}
	signedIn.Unverified = err
	return signedIn, interrupted(ctx, "checking the access")
}

func (c *Client) exchange(ctx context.Context, attempt Attempt, answer Answer) (exchangedCode, error) {
	now, of := c.options.Now(), c.forgets.Load()
	if err := attempt.Check(now); err != nil {
		return exchangedCode{}, err
	}
	client := c.options.Client
	if err := client.check(c.options.Endpoints); err != nil {
		return exchangedCode{}, err
	}
	if attempt.ClientID != client.ID {
		return exchangedCode{}, problem(KindExpired, "this link was made for another Google client", hintNewLink)
	}
	client.RedirectURL = attempt.RedirectURL
	token, err := client.config(c.options.Endpoints).Exchange(context.WithValue(ctx, oauth2.HTTPClient, c.http),
		string(answer.Code), oauth2.VerifierOption(string(attempt.Verifier)))
	if err != nil {
		return exchangedCode{}, exchangeProblem(ctx, err)
	}
	if token.RefreshToken == "" {
		return exchangedCode{}, problem(KindRefused, "Google gave no lasting access (refresh token)",
			"remove vitals at https://myaccount.google.com/connections, then "+hintNewLink)
	}
	grant := Grant{SignedInAt: now, Scopes: slices.Sorted(slices.Values(requestedScopes()))}.withToken(token, now)
	return exchangedCode{code: answer.Code, access: Secret(token.AccessToken), grant: grant, of: of}, nil
}

func exchangeProblem(ctx context.Context, err error) error {
	if err := interrupted(ctx, "exchanging the code"); err != nil {
		return err
	}
	if failed, ok := errors.AsType[*oauth2.RetrieveError](err); ok && failed.ErrorCode == "invalid_grant" {
		return problem(KindCodeRefused, "the code was refused: used already, cut short, or older than ten minutes",
			"copy the whole address again, or "+hintNewLink)
	}
	e := tokenProblem(err)
	if e.Kind == KindTryAgain {
		e.hint = "your code is kept: try again in a moment"
	}
	return e
}

// Revoke makes Google forget the grant. A grant that Google does not know, or
// that was never Google's, counts as forgotten.
func (c *Client) Revoke(ctx context.Context, grant Grant) error {
	if grant.RefreshToken == "" || c.options.Client.check(c.options.Endpoints) != nil {
		return nil
	}
	form := url.Values{"token": {string(grant.RefreshToken)}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.options.Endpoints.Revoke, strings.NewReader(form))
	if err != nil {
		return checkAddress("revoke_url", c.options.Endpoints.Revoke)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := c.http.Do(req)
	if err != nil {
		if err := interrupted(ctx, "revoking the access"); err != nil {
			return err
		}
		return unreachable(err)
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusOK, resp.StatusCode == http.StatusBadRequest: // 400: unknown, or dead before
		return nil
	default:
		return problem(KindTryAgain, fmt.Sprintf("Google did not take the access back (HTTP %d)", resp.StatusCode),
			"remove vitals at https://myaccount.google.com/connections", health.ErrUnreachable)
	}
}
