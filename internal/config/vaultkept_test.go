package config

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
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

// A command that was broken off, that is missing or that says something else may hold
// all that it held. One that ended by itself and showed nothing holds nothing, where
// no client was ever saved.
func TestOnlyACommandThatShowsNothingIsTakenForEmpty(t *testing.T) {
	nothingInTheFile := strings.NewReplacer("client_id = id\n", "", "signed_in_at = 2026-11-22T13:37:00Z\n", "").Replace(keptElsewhere)
	for does, empty := range map[string]bool{
		"exit 1":                  true,
		"true":                    true,
		"kill -INT $$":            false,
		"exit 130":                false,
		"no-such-program":         false,
		"echo Unlock the keyring": false,
		"sleep 1000":              false,
		"echo >begun; sleep 1000": false,
	} {
		v, _ := outside(t, strings.Replace(nothingInTheFile, "cat held'", does+"'", 1), bothHeld)
		ctx, cancel := context.WithCancel(t.Context())
		if strings.Contains(does, "begun") {
			begun := fifo(t, v, "begun")
			go func() {
				begun.Read(make([]byte, 1))
				cancel()
			}()
		} else if strings.Contains(does, "sleep") {
			v.Patience = 100 * time.Millisecond
		}
		err := v.KeepClient(ctx, "id", "s2", "")
		if ctx.Err() != nil && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: got %v", does, err)
		}
		cancel()
		if stored := held1(t, v) != bothHeld; stored != empty {
			t.Errorf("%s: stored %v, %v", does, stored, err)
		}
	}
}

// Where the command shows one secret alone, the other one is not taken for empty and
// stored so: not before a token is spent, nor when somebody signs in or out.
func TestHalfAnAnswerOverwritesNothing(t *testing.T) {
	const half = "test -e half && grep refresh_token held || cat held'"
	for what, save := range map[string]func(*Vault) error{
		"a renewal": func(v *Vault) error {
			return v.RenewGrant(t.Context(), func(Fitbit) (*Grant, error) {
				t.Error("a token was spent")
				return nil, nil
			})
		},
		"a sign-in":  func(v *Vault) error { return saveGrantIn(t, v, Grant{RefreshToken: "new"}) },
		"a sign-out": func(v *Vault) error { return v.ForgetGrant(t.Context()) },
	} {
		v, _ := outside(t, strings.Replace(keptElsewhere, "cat held'", half, 1), bothHeld)
		if err := os.WriteFile(filepath.Join(filepath.Dir(v.Place.Path), "half"), nil, 0o600); err != nil {
			t.Fatal(err)
		}
		failed := (*CommandError)(nil)
		if err := save(v); !errors.As(err, &failed) || !strings.Contains(failed.Hint(), `"client_secret ="`) {
			t.Errorf("%s: got %v", what, err)
		}
		if got := held1(t, v); got != bothHeld {
			t.Errorf("%s: %q is kept", what, got)
		}
	}
	// What is replaced need not be shown.
	v, _ := outside(t, keptElsewhere, "client_secret = s\n")
	if err := saveGrantIn(t, v, Grant{RefreshToken: "new"}); err != nil || held1(t, v) != "client_secret = s\nrefresh_token = new\n" {
		t.Errorf("%v, %q is kept", err, held1(t, v))
	}
}

// full is a file on a disk that is full.
type full struct{}

func (full) Write([]byte) (int, error) { return 0, syscall.ENOSPC }

// unread is a pipe that nobody reads.
type unread struct{}

func (unread) Write([]byte) (int, error) { select {} }

// What a command says may get lost; what it is given may not.
func TestAStoreCommandWhoseWordsCannotBeTold(t *testing.T) {
	text := strings.Replace(keptElsewhere, "cat >held.new && mv held.new held", `read a; echo "$a" >held; echo storing >&2; read on <go; echo stored >&2; cat >>held`, 1)
	for _, messages := range []io.Writer{full{}, unread{}} {
		v, _ := outside(t, text, bothHeld)
		fifo(t, v, "go").WriteString("\n")
		v.Messages = messages
		if err := saveGrantIn(t, v, Grant{RefreshToken: "new"}); err != nil {
			t.Errorf("%T: %v", messages, err)
		}
		if got := held1(t, v); got != "client_secret = s\nrefresh_token = new\n" {
			t.Errorf("%T: %q is kept", messages, got)
		}
	}
}
