package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// keptElsewhere is a configuration whose secrets are in the file "held" beside
// it, kept there by commands that note each run in the file "runs".
const keptElsewhere = `[fitbit]
client_id = id
signed_in_at = 2026-11-22T13:37:00Z
[secrets]
command = sh -c 'echo read >>runs; cat held'
store_command = sh -c 'echo store >>runs; cat >held.new && mv held.new held'
[energy]
series = a
`

// outside saves a configuration and what its commands hold, and returns a vault
// for it and what tells how often they ran since the last time.
func outside(t *testing.T, text, held string) (v *Vault, runs func() string) {
	t.Helper()
	path := save(t, text)
	beside := func(name string) string { return filepath.Join(filepath.Dir(path), name) }
	if held != "" {
		if err := os.WriteFile(beside("held"), []byte(held), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return vault(path), func() string {
		noted, err := os.ReadFile(beside("runs"))
		if err != nil && !errors.Is(err, os.ErrNotExist) {
			t.Fatal(err)
		}
		os.Remove(beside("runs"))
		return strings.Join(strings.Fields(string(noted)), " ")
	}
}

func held1(t *testing.T, v *Vault) string {
	t.Helper()
	return content(t, filepath.Join(filepath.Dir(v.Place.Path), "held"))
}

func expectRuns(t *testing.T, runs func() string, want, after string) {
	t.Helper()
	if got := runs(); got != want {
		t.Errorf("%s: commands ran %q, want %q", after, got, want)
	}
}

func expectSecrets(t *testing.T, v *Vault, secret, token Secret) {
	t.Helper()
	f, err := v.Fitbit(t.Context())
	if err != nil || f.ClientSecret != secret || f.RefreshToken != token || f.ClientID != "id" {
		t.Errorf("got client %q with secret %q and token %q, %v", f.ClientID, string(f.ClientSecret), string(f.RefreshToken), err)
	}
}

// A password manager is not to be asked for every look at the file.
func TestACommandRunsOnlyWhenItMust(t *testing.T) {
	v, runs := outside(t, keptElsewhere, "client_secret = s\nrefresh_token = 1//t\n")
	if f, signedIn, err := v.Known(); !signedIn || f.RefreshToken != "" || err != nil {
		t.Errorf("before it is asked: %v, %v", signedIn, err)
	}
	expectRuns(t, runs, "", "a look that needs no secret")
	for range 3 {
		expectSecrets(t, v, "s", "1//t")
	}
	expectRuns(t, runs, "read", "three looks")
	if _, signedIn, err := v.Known(); !signedIn || err != nil {
		t.Errorf("afterwards: %v, %v", signedIn, err)
	}
	if err := Set(t.Context(), v.Place.Path, "energy", Setting{"series", "b"}); err != nil {
		t.Fatal(err)
	}
	expectSecrets(t, v, "s", "1//t")
	expectRuns(t, runs, "", "a change of something else")

	other := vault(v.Place.Path) // another process signs in
	if err := saveGrantIn(t, other, Grant{RefreshToken: "1//new", SignedInAt: time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)}); err != nil {
		t.Fatal(err)
	}
	expectRuns(t, runs, "read store read", "a sign-in")
	expectSecrets(t, v, "s", "1//new")
	expectSecrets(t, v, "s", "1//new")
	expectSecrets(t, other, "s", "1//new")
	expectRuns(t, runs, "read", "a look after the sign-in of another")
	if err := v.KeepGrant(t.Context(), func(f Fitbit) (*Grant, error) { return nil, nil }); err != nil {
		t.Fatal(err)
	}
	expectRuns(t, runs, "read", "a renewal that changes nothing")
}

func saveGrantIn(t *testing.T, v *Vault, g Grant) error {
	return v.KeepGrant(t.Context(), func(Fitbit) (*Grant, error) { return &g, nil })
}

func TestNewSecretsGoToTheStoreCommand(t *testing.T) {
	v, _ := outside(t, keptElsewhere, "client_secret = s\nrefresh_token = 1//t\n")
	before := content(t, v.Place.Path)
	if err := saveGrantIn(t, v, Grant{RefreshToken: "1//rotated", SignedInAt: ann.SignedInAt, GrantedScopes: []string{"openid"}}); err != nil {
		t.Fatal(err)
	}
	if got, want := held1(t, v), "client_secret = s\nrefresh_token = 1//rotated\n"; got != want {
		t.Errorf("stored %q, want %q", got, want)
	}
	if got, want := content(t, v.Place.Path), strings.Replace(before, "[secrets]", "granted_scopes = openid\n[secrets]", 1); got != want {
		t.Errorf("the file became %q, want %q", got, want)
	}
	if err := v.KeepClient(t.Context(), "id", "new", ""); err != nil {
		t.Fatal(err)
	}
	if err := v.ForgetGrant(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got, want := held1(t, v), "client_secret = new\nrefresh_token = \n"; got != want {
		t.Errorf("after forgetting %q is kept, want %q", got, want)
	}
	expectSecrets(t, v, "new", "")
	if _, signedIn, err := v.Known(); signedIn || err != nil {
		t.Errorf("signed in: %v, %v", signedIn, err)
	}
	if text := content(t, v.Place.Path); HasSecret(strings.ReplaceAll(text, "2026-11-22T13:37:00Z", "")) {
		t.Errorf("the file holds a secret: %q", text)
	}
}

// The first client can be stored where nothing is yet; later, what cannot be
// read is not overwritten.
func TestTheFirstClientIsStoredWhereNothingIs(t *testing.T) {
	v, _ := outside(t, strings.Replace(keptElsewhere, "client_id = id\nsigned_in_at = 2026-11-22T13:37:00Z\n", "", 1), "")
	if err := v.KeepClient(t.Context(), "id", "first", "https://a.example/"); err != nil {
		t.Fatal(err)
	}
	if got, want := held1(t, v), "client_secret = first\nrefresh_token = \n"; got != want {
		t.Errorf("stored %q, want %q", got, want)
	}
	v, runs := outside(t, keptElsewhere, "")
	var failed *CommandError
	if err := v.KeepClient(t.Context(), "id", "first", ""); !errors.As(err, &failed) {
		t.Errorf("got %v", err)
	}
	expectRuns(t, runs, "read", "a client that could cost a sign-in")
}

// Nothing goes to the file that is to stay clean, and nothing is lost silently.
func TestWithoutAStoreCommandNothingNewIsTaken(t *testing.T) {
	before := strings.Replace(keptElsewhere, "\nstore_command", "\n; store_command", 1)
	v, runs := outside(t, before, "client_secret = s\nrefresh_token = 1//t\n")
	if err := v.CanKeep(); err == nil || !strings.Contains(err.Error(), "config.ini line 5: ") || !strings.Contains(err.Error(), "no store_command") {
		t.Errorf("told beforehand: %v", err)
	}
	expectRuns(t, runs, "", "asking whether something can be kept")
	expectSecrets(t, v, "s", "1//t")
	for what, err := range map[string]error{
		"a rotated token": saveGrantIn(t, v, Grant{RefreshToken: "1//rotated", SignedInAt: ann.SignedInAt}),
		"forgetting":      v.ForgetGrant(t.Context()),
		"a client":        v.KeepClient(t.Context(), "id", "hunter2", ""),
		"the file":        Set(t.Context(), v.Place.Path, "fitbit", Setting{"client_secret", "hunter2"}),
	} {
		if e := (*Error)(nil); !errors.As(err, &e) || e.Hint() == "" || strings.Contains(err.Error(), "1//") || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: got %v", what, err)
		}
	}
	if got := content(t, v.Place.Path); got != before {
		t.Errorf("the file became %q", got)
	}
	if err := saveGrantIn(t, v, Grant{RefreshToken: "1//t", SignedInAt: ann.SignedInAt, GrantedScopes: []string{"openid"}}); err != nil {
		t.Errorf("what is no secret is kept all the same: %v", err)
	}
	if got := content(t, v.Place.Path); !strings.Contains(got, "granted_scopes = openid") || strings.Contains(got, "1//") {
		t.Errorf("the file became %q", got)
	}
}

func TestAStoreCommandThatForgetsIsFoundOut(t *testing.T) {
	v, _ := outside(t, strings.Replace(keptElsewhere, "cat >held.new && mv held.new held", "cat >/dev/null", 1), "client_secret = s\nrefresh_token = 1//t\n")
	before := content(t, v.Place.Path)
	err := saveGrantIn(t, v, Grant{RefreshToken: "1//rotated"})
	if err == nil || err.Error() != "[secrets] store_command ended well, but [secrets] command does not print what it was given (config.ini line 6)" {
		t.Errorf("got %v", err)
	}
	if got := content(t, v.Place.Path); got != before {
		t.Errorf("the file became %q", got)
	}
}

// Processes that share a command never spend one refresh token twice.
func TestOneTokenOfACommandIsSpentOnce(t *testing.T) {
	v, _ := outside(t, keptElsewhere, "client_secret = s\nrefresh_token = x\n")
	var all sync.WaitGroup
	spent := make(chan Secret, 20)
	for range 3 {
		process := vault(v.Place.Path)
		all.Go(func() {
			for range 2 {
				err := process.KeepGrant(t.Context(), func(f Fitbit) (*Grant, error) {
					spent <- f.RefreshToken
					return &Grant{RefreshToken: f.RefreshToken + "x"}, nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	close(spent)
	lengths := map[int]bool{}
	for token := range spent {
		lengths[len(token)] = true
	}
	if len(lengths) != 6 || !strings.HasSuffix(held1(t, v), "= xxxxxxx\n") {
		t.Errorf("spent %d different tokens, left %q", len(lengths), held1(t, v))
	}
}

// What failed is not tried again every ten seconds, but for somebody who asks.
func TestAFailureIsRememberedForAnHour(t *testing.T) {
	v, runs := outside(t, keptElsewhere, "")
	now := ann.SignedInAt
	v.Now = func() time.Time { return now }
	look := func(want string) {
		t.Helper()
		if _, err := v.Fitbit(t.Context()); err == nil {
			t.Error("there is no error")
		}
		expectRuns(t, runs, want, fmt.Sprint("at ", now))
	}
	look("read")
	now = now.Add(59 * time.Minute)
	look("")
	v.AskAgain()
	look("read")
	now = now.Add(61 * time.Minute)
	look("read")
}

func TestTwoPlacesForOneSecretAreRefused(t *testing.T) {
	for text, line := range map[string]int{
		"[secrets]\ncommand = touch runs\n[fitbit]\nclient_secret = hunter2\n":                  4,
		"[fitbit]\nrefresh_token = hunter2\n[secrets]\ncommand = touch runs\n":                  2,
		"[Login Parameters]\nC_KEY = x\nC_SECRET = hunter2\n[secrets]\ncommand = touch runs\n":  3,
		"[Login Parameters]\nc_key = x\nu_secret = hunter2\n[secrets]\ncommand = touch runs\n":  3,
		"[Login Parameters]\nU_KEY = hunter2\n\n[secrets]\ncommand = touch runs\n":              2,
		"[fitbit]\nclient_secret = hunter2\n[secrets]\ncommand =\nstore_command = touch runs\n": 5,
	} {
		v, runs := outside(t, text, "")
		_, err := v.Fitbit(t.Context())
		var e *Error
		if !errors.As(err, &e) || e.Line != line || strings.Contains(e.Error()+e.Hint(), "hunter2") {
			t.Errorf("%q: got %v", text, err)
		}
		if _, statErr := os.Stat(filepath.Join(filepath.Dir(v.Place.Path), "runs")); statErr == nil {
			t.Errorf("%q: a command ran %s", text, runs())
		}
	}
}
