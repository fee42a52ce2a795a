package main

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/gofrs/flock"
)

// waitFile waits until there is a file of that name in the home directory.
func (b *box) waitFile(name string) {
	b.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(filepath.Join(b.dir, name)); err == nil {
			return
		} else if time.Now().After(deadline) {
			b.t.Fatal(err)
		}
	}
}

// A refresh token that the store command did not take is tried once more before the
// program ends by a signal, however long either try takes, and whoever holds the lock
// meanwhile. What was lost in spite of it is said, and noted.
func TestASignalLosesNoTokenInMemory(t *testing.T) {
	const (
		longer = "sleep 6" // than anything else may take
		takes  = "cat >~/held.new; mv ~/held.new ~/held"
	)
	for _, tt := range []struct {
		name, first, last string
		locked, lost      bool
	}{
		{name: "the first try is slow", first: longer, last: takes},
		{name: "another renews", last: takes, locked: true},
		{name: "the last try is slow and fails", last: longer + "; false", lost: true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			google, _ := b.google(false)
			config, first := b.keepElsewhere(google, `[ -e ~/begun ] || { touch ~/begun; `+tt.first+`
exit 1; }; `+tt.last)
			environ := append(b.env, "VITALS_CONFIG="+config)
			var said bytes.Buffer
			cmd := exec.Command(binary, "sync")
			cmd.Dir, cmd.Env, cmd.Stderr = b.dir, environ, &said
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			b.waitFile("begun")
			if tt.locked {
				lock := flock.New(config + ".lock")
				if err := lock.Lock(); err != nil { // as soon as the first try is over
					t.Fatal(err)
				}
				time.AfterFunc(6*time.Second, func() { lock.Unlock() })
			}
			if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			ends(t, cmd)
			held, err := os.ReadFile(filepath.Join(b.dir, "held"))
			if err != nil || (string(held) == first) != tt.lost {
				t.Errorf("the new token is lost %v, %v", string(held) == first, err)
			}
			if !strings.HasPrefix(said.String(), "vitals: still keeping the sign-in") {
				t.Errorf("it says: %s", &said)
			}
			if !tt.lost {
				return
			}
			status := exec.Command(binary, "auth", "status")
			status.Dir, status.Env = b.dir, environ
			noted, _ := status.Output() // its exit code tells of the trouble, too
			for where, text := range map[string]string{"it": said.String(), "auth status": string(noted)} {
				if !strings.Contains(text, "the new refresh token of this sign-in could not be kept") {
					t.Errorf("%s says: %s", where, text)
				}
			}
		})
	}
}

// Whoever read what it prints went away while a token was in memory alone.
func TestAPipeThatNobodyReadsLosesNoTokenInMemory(t *testing.T) {
	t.Parallel()
	b := newBox(t)
	google, _ := b.google(false)
	config, first := b.keepElsewhere(google, `[ -e ~/begun ] || { touch ~/begun; exit 1; }; cat >~/held.new; mv ~/held.new ~/held`)
	reader, writer, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	reader.Close()
	defer writer.Close()
	cmd := exec.Command(binary, "sync")
	cmd.Dir, cmd.Env, cmd.Stdout = b.dir, append(b.env, "VITALS_CONFIG="+config), writer
	_ = cmd.Run() // it cannot print what it did
	if held, err := os.ReadFile(filepath.Join(b.dir, "held")); err != nil || string(held) == first {
		t.Errorf("the new token is not kept, %v, %v", cmd.ProcessState, err)
	}
}
