package config

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const bothHeld = "client_secret = s\nrefresh_token = old\n"

// A new client takes no refresh token away that the command just did not show: one
// that is locked, on a machine where the file was written by hand, or that printed
// half of it and ended well.
func TestANewClientOverwritesNothingUnseen(t *testing.T) {
	for what, text := range map[string]string{
		"locked": strings.NewReplacer("signed_in_at = 2026-11-22T13:37:00Z\n", "", "cat held'", "exit 1'").Replace(keptElsewhere),
		"half":   strings.Replace(keptElsewhere, "cat held'", "head -n1 held'", 1),
	} {
		v, runs := outside(t, text, bothHeld)
		failed := (*CommandError)(nil)
		if err := v.KeepClient(t.Context(), "id", "s2", ""); !errors.As(err, &failed) || !strings.Contains(failed.Hint(), `"refresh_token ="`) {
			t.Errorf("%s: got %v", what, err)
		}
		expectRuns(t, runs, "read", what)
		if got := held1(t, v); got != bothHeld {
			t.Errorf("%s: %q is kept", what, got)
		}
	}
}

// A command that writes line by line leaves half when it is killed.
func TestAStoreCommandIsNotCutOff(t *testing.T) {
	text := strings.Replace(keptElsewhere, "cat >held.new && mv held.new held", `read a; echo "$a" >held; echo >begun; read on <go; cat >>held`, 1)
	for what, save := range map[string]func(context.Context, *Vault) error{
		"a client": func(ctx context.Context, v *Vault) error { return v.KeepClient(ctx, "id", "s2", "") },
		"a grant": func(ctx context.Context, v *Vault) error {
			return v.KeepGrant(ctx, func(Fitbit) (*Grant, error) { return &Grant{RefreshToken: "new"}, nil })
		},
	} {
		v, _ := outside(t, text, bothHeld)
		begun, goOn := fifo(t, v, "begun"), fifo(t, v, "go")
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error)
		go func() { ended <- save(ctx, v) }()
		begun.Read(make([]byte, 1)) // the command is in the middle
		cancel()
		goOn.WriteString("\n")
		if err := <-ended; err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if got := held1(t, v); strings.Count(got, "\n") != 2 {
			t.Errorf("%s: %q is kept", what, got)
		}
	}
}

// fifo makes a pipe beside the file; opening it both ways does not wait.
func fifo(t *testing.T, v *Vault, name string) *os.File {
	t.Helper()
	path := filepath.Join(filepath.Dir(v.Place.Path), name)
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	pipe, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { pipe.Close() })
	return pipe
}

// Who names other commands meanwhile is told that the new token is not there.
func TestOtherCommandsMeanwhile(t *testing.T) {
	for _, toFile := range []bool{false, true} {
		v, runs := outside(t, keptElsewhere, bothHeld)
		if err := os.WriteFile(filepath.Join(filepath.Dir(v.Place.Path), "elsewhere"), []byte(bothHeld), 0o600); err != nil {
			t.Fatal(err)
		}
		other := strings.ReplaceAll(keptElsewhere, "held", "elsewhere")
		if toFile {
			other = "[fitbit]\nclient_id = id\nclient_secret = s\nrefresh_token = old\n"
		}
		err := v.KeepGrant(t.Context(), func(Fitbit) (*Grant, error) {
			return &Grant{RefreshToken: "renewed"}, os.WriteFile(v.Place.Path, []byte(other), 0o600)
		})
		if err == nil || !strings.Contains(err.Error(), "[secrets] was changed") {
			t.Errorf("got %v", err)
		}
		expectRuns(t, runs, "read", "a renewal")
		expectSecrets(t, v, "s", "old")
		if got := content(t, v.Place.Path); got != other {
			t.Errorf("the file became %q", got)
		}
	}
}

// What went to a command that is not the file's any more is not taken for what
// the new one holds.
func TestOtherCommandsWhileStoring(t *testing.T) {
	v, _ := outside(t, strings.Replace(keptElsewhere, "mv held.new held", "cp held elsewhere; mv held.new held; cp other.ini config.ini", 1), bothHeld)
	other := strings.ReplaceAll(keptElsewhere, "held", "elsewhere")
	if err := os.WriteFile(filepath.Join(filepath.Dir(v.Place.Path), "other.ini"), []byte(other), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := saveGrantIn(t, v, Grant{RefreshToken: "renewed"}); err != nil {
		t.Error(err)
	}
	expectSecrets(t, v, "s", "old")
}
