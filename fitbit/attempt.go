package fitbit

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/oauth2"
)

// attemptLife is how long an attempt may take. Google's codes live no longer.
const attemptLife = 10 * time.Minute

// Attempt is one sign-in under way. It goes to JSON and back, so that a
// dropped connection does not end it; the JSON holds secrets.
type Attempt struct {
	AuthURL     string
	ClientID    string
	RedirectURL string
	State       Secret
	Verifier    Secret // of PKCE, RFC 7636
	Started     time.Time
	Expires     time.Time // shown in the zone of the time given to Begin
}

// MarshalJSON writes the attempt with its secrets, to be kept where only its
// owner can read it.
func (a Attempt) MarshalJSON() ([]byte, error) {
	type hiding Attempt
	return json.Marshal(struct {
		hiding
		State, Verifier string
	}{hiding(a), string(a.State), string(a.Verifier)})
}

// LogValue keeps the secrets out of logs all the same.
func (a Attempt) LogValue() slog.Value { return slog.StringValue(fmt.Sprint(a)) }

// Begin starts a sign-in. It fails with a KindSetup error when the client or
// an address is not usable.
func Begin(client OAuthClient, endpoints Endpoints, now time.Time) (Attempt, error) {
	if err := endpoints.check(); err != nil {
		return Attempt{}, err
	}
	if err := client.check(endpoints); err != nil {
		return Attempt{}, err
	}
	if err := checkAddress("redirect_url", client.RedirectURL); err != nil {
		return Attempt{}, err
	}
	return Attempt{
		AuthURL:     endpoints.Auth,
		ClientID:    client.ID,
		RedirectURL: client.RedirectURL,
		State:       Secret(oauth2.GenerateVerifier()), // 32 random bytes, in characters that need no escape
		Verifier:    Secret(oauth2.GenerateVerifier()),
		Started:     now,
		Expires:     now.Add(attemptLife),
	}, nil
}

// URL is the address to open in a browser.
//
// It never asks for include_granted_scopes: Google Health refuses tokens that
// also carry scopes of other Google services.
func (a Attempt) URL() string {
	config := OAuthClient{ID: a.ClientID, RedirectURL: a.RedirectURL}.config(Endpoints{Auth: a.AuthURL})
	return config.AuthCodeURL(string(a.State), oauth2.AccessTypeOffline, oauth2.ApprovalForce,
		oauth2.S256ChallengeOption(string(a.Verifier)))
}

// Check returns a KindExpired error once the attempt is too old to finish.
func (a Attempt) Check(now time.Time) error {
	if now.Before(a.Expires) {
		return nil
	}
	return problem(KindExpired, "this link expired at "+a.Expires.Format("15:04"), hintNewLink)
}
