package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// spoils does something to what is kept, and takes nothing, while the file "locked"
// lies beside the configuration.
func spoils(t *testing.T, how string) (v *Vault, unlock func()) {
	t.Helper()
	v, _ = outside(t, strings.Replace(keptElsewhere, "echo store >>runs;", "echo store >>runs; test ! -e locked || { "+how+"; exit 3; };", 1), bothHeld)
	lock := filepath.Join(filepath.Dir(v.Place.Path), "locked")
	if err := os.WriteFile(lock, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return v, func() { os.Remove(lock) }
}

// A store command that fails after it has spoilt what was kept loses nothing that is
// in memory.
func TestAStoreCommandThatSpoilsWhatIsKept(t *testing.T) {
	for what, how := range map[string]string{
		"nothing":      ": >held",
		"no file":      "rm -f held",
		"half":         "head -n 1 held >on; mv on held",
		"no token":     "echo client_secret = s >held; echo refresh_token = >>held",
		"half a token": "echo client_secret = s >held; echo refresh_token = 1//fi >>held",
	} {
		v, unlock := spoils(t, how)
		renewTo(t, v, "old", "1//first")
		renewTo(t, v, "1//first", "1//first") // an hour later
		renewTo(t, v, "1//first", "1//fine")
		expectSecrets(t, v, "s", "1//fine")
		if err := v.KeepAgain(t.Context()); err == nil || v.Unkept() == nil {
			t.Errorf("%s: kept where it is not, %v, %v", what, err, v.Unkept())
		}
		// It prints again what it did at first, as one that was locked.
		if err := os.WriteFile(filepath.Join(filepath.Dir(v.Place.Path), "held"), []byte(bothHeld), 0o600); err != nil {
			t.Fatal(err)
		}
		renewTo(t, v, "1//fine", "1//fine")
		unlock()
		if err := v.KeepAgain(t.Context()); err != nil || v.Unkept() != nil {
			t.Errorf("%s: %v, %v", what, err, v.Unkept())
		}
		if got := held1(t, v); got != "client_secret = s\nrefresh_token = 1//fine\n" {
			t.Errorf("%s: %q is kept", what, got)
		}
	}
}

// Where somebody else has signed in or out meanwhile, a command that prints nothing
// may hold what is newer.
func TestATokenInMemoryOverwritesNoOtherSignIn(t *testing.T) {
	for what, at := range map[string]string{"signed in": "signed_in_at = 2026-11-23T08:00:00Z\n", "signed out": "signed_in_at =\n"} {
		v, unlock := spoils(t, ": >held")
		renewTo(t, v, "old", "1//first")
		text := strings.Replace(content(t, v.Place.Path), "signed_in_at = 2026-11-22T13:37:00Z\n", at, 1)
		if err := os.WriteFile(v.Place.Path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		unlock()
		if err := v.KeepAgain(t.Context()); err == nil || held1(t, v) != "" {
			t.Errorf("%s: %v, %q is kept", what, err, held1(t, v))
		}
	}
}

// A command that is asked anew prints the spent token, by which nobody is to go.
func TestTheSpentTokenIsNotHandedOut(t *testing.T) {
	v, unlock := spoils(t, "true")
	renewTo(t, v, "old", "1//first")
	changed := strings.Replace(content(t, v.Place.Path), "[fitbit]\n", "[fitbit]\nredirect_url = http://127.0.0.1:1/\n", 1)
	if err := os.WriteFile(v.Place.Path, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // by the command, and as it is remembered
		expectSecrets(t, v, "s", "1//first")
	}
	unlock()
	if err := v.KeepClient(t.Context(), "id", "s2", ""); err != nil || v.Unkept() != nil {
		t.Errorf("%v, %v", err, v.Unkept())
	}
	if got := held1(t, v); got != "client_secret = s2\nrefresh_token = 1//first\n" {
		t.Errorf("with a new client %q is kept", got)
	}
}

// counted counts those who hold it.
type counted struct{ holders int }

func (c *counted) Lock()   { c.holders++ }
func (c *counted) Unlock() { c.holders-- }

// A token that the store command took before it failed is kept; and a save is under
// way until it is.
func TestATokenThatWasTakenAfterAll(t *testing.T) {
	v, _ := spoils(t, "cat >held")
	saving := &counted{}
	v.Saving = saving
	renewTo(t, v, "old", "1//first")
	if v.Unkept() == nil || saving.holders != 1 {
		t.Errorf("%v with %d saves under way", v.Unkept(), saving.holders)
	}
	renewTo(t, v, "1//first", "1//first")
	if v.Unkept() != nil || saving.holders != 0 {
		t.Errorf("taken: %v with %d saves under way", v.Unkept(), saving.holders)
	}
}
