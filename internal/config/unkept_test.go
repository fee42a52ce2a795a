package config

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// locked takes nothing while the file "locked" lies beside the configuration.
var locked = strings.Replace(keptElsewhere, "echo store >>runs;", "echo store >>runs; test ! -e locked || exit 3;", 1)

// renewTo renews a token that is expected to be the one in use.
func renewTo(t *testing.T, v *Vault, from, to Secret) {
	t.Helper()
	err := v.RenewGrant(t.Context(), func(f Fitbit) (*Grant, error) {
		if f.RefreshToken != from {
			t.Errorf("%q is spent, want %q", string(f.RefreshToken), string(from))
		}
		return &Grant{RefreshToken: to, SignedInAt: ann.SignedInAt, GrantedScopes: []string{"openid"}}, nil
	})
	if err != nil {
		t.Error(err)
	}
}

// A new refresh token that the store command does not take is used all the same,
// and handed over again only when there is reason to.
func TestATokenThatCannotBeKeptIsUsed(t *testing.T) {
	v, runs := outside(t, locked, bothHeld)
	folder := filepath.Dir(v.Place.Path)
	if err := os.WriteFile(filepath.Join(folder, "locked"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	renewTo(t, v, "old", "1//first")
	expectRuns(t, runs, "read store", "a renewal that cannot be kept")
	failed := (*NotKept)(nil)
	if err := v.Unkept(); !errors.As(err, &failed) || !SaysNotKept(err.Error()) || !strings.Contains(err.Error(), `[secrets] store_command ("sh") failed: exit status 3 (config.ini line 6)`) ||
		!strings.HasSuffix(failed.Hint(), "then sign in again: vitals auth") || strings.Contains(err.Error()+failed.Hint(), "1//") {
		t.Errorf("got %v", err)
	}
	for range 3 {
		expectSecrets(t, v, "s", "1//first")
		renewTo(t, v, "1//first", "1//first")
	}
	expectRuns(t, runs, "read read read", "renewals without a newer token")
	renewTo(t, v, "1//first", "1//second")
	expectRuns(t, runs, "read store", "a newer token")
	if err := v.KeepAgain(t.Context()); !errors.As(err, &failed) {
		t.Errorf("tried again, got %v", err)
	}
	expectRuns(t, runs, "read store", "one more try")
	if got := held1(t, v); got != bothHeld {
		t.Errorf("%q is kept", got)
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if strings.Contains(content(t, filepath.Join(folder, e.Name())), "1//") {
			t.Errorf("the new token stands in %s", e.Name())
		}
	}

	os.Remove(filepath.Join(folder, "locked"))
	if err := v.KeepAgain(t.Context()); err != nil || v.Unkept() != nil {
		t.Errorf("got %v, %v", err, v.Unkept())
	}
	expectRuns(t, runs, "read store read", "the try that works")
	if got := held1(t, v); got != "client_secret = s\nrefresh_token = 1//second\n" {
		t.Errorf("%q is kept", got)
	}
	if err := v.KeepAgain(t.Context()); err != nil {
		t.Error(err)
	}
	expectRuns(t, runs, "", "nothing to keep")
	expectSecrets(t, vault(v.Place.Path), "s", "1//second")
}

// What another process keeps meanwhile is newer than what is in memory.
func TestAnotherSignInWinsOverATokenInMemory(t *testing.T) {
	v, runs := outside(t, locked, bothHeld)
	lock := filepath.Join(filepath.Dir(v.Place.Path), "locked")
	if err := os.WriteFile(lock, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	renewTo(t, v, "old", "1//first")
	os.Remove(lock)
	other := vault(v.Place.Path)
	if err := other.KeepClient(t.Context(), "id", "s2", ""); err != nil {
		t.Fatal(err)
	}
	if err := v.KeepGrant(t.Context(), func(f Fitbit) (*Grant, error) {
		if f.ClientSecret != "s2" || f.RefreshToken != "1//first" {
			t.Errorf("with a new client: %q, %q", string(f.ClientSecret), string(f.RefreshToken))
		}
		return nil, nil
	}); err != nil {
		t.Fatal(err)
	}
	if err := saveGrantIn(t, other, Grant{RefreshToken: "1//theirs", SignedInAt: ann.SignedInAt}); err != nil {
		t.Fatal(err)
	}
	runs()
	if err := v.KeepAgain(t.Context()); err != nil || v.Unkept() != nil {
		t.Errorf("got %v, %v", err, v.Unkept())
	}
	expectRuns(t, runs, "read", "one more try")
	expectSecrets(t, v, "s2", "1//theirs")
	if got := held1(t, v); !strings.Contains(got, "1//theirs") {
		t.Errorf("%q is kept", got)
	}
}

// A token in memory outlives a command that shows half of what it holds.
func TestHalfAnAnswerLosesNoTokenInMemory(t *testing.T) {
	v, _ := outside(t, strings.Replace(locked, "cat held'", "grep -F \"$(cat half)\" held'", 1), bothHeld)
	folder := filepath.Dir(v.Place.Path)
	shows := func(text string) {
		if err := os.WriteFile(filepath.Join(folder, "half"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	shows("=")
	if err := os.WriteFile(filepath.Join(folder, "locked"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	renewTo(t, v, "old", "1//first")
	os.Remove(filepath.Join(folder, "locked"))
	const renewed = "client_secret = s\nrefresh_token = 1//first\n"
	for _, c := range []struct{ half, kept string }{{"refresh_token", bothHeld}, {"client_secret", renewed}} { // what is replaced need not be shown
		shows(c.half)
		if err := v.KeepAgain(t.Context()); err == nil || v.Unkept() == nil || held1(t, v) != c.kept {
			t.Errorf("%s alone: %v, %v, %q is kept", c.half, err, v.Unkept(), held1(t, v))
		}
	}
	shows("=")
	if err := v.KeepAgain(t.Context()); err != nil || held1(t, v) != renewed {
		t.Errorf("%v, %q is kept", err, held1(t, v))
	}
}
