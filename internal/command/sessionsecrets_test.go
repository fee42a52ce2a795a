package command

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"vitals/fitbit/fake"
	"vitals/internal/config"
)

// The first frame waits for a command of [secrets] only when there is something to
// fetch, and that is said.
func TestTheCommandIsAskedBeforeTheScreenWhenAFetchIsDue(t *testing.T) {
	b := newBox(t)
	b.elsewhere("client_secret = "+fake.DesktopClient().Secret+"\nrefresh_token = "+b.google.SignIn(fake.Scopes()...)+"\n", storing)
	b.named("sync").expect(t, exitDone)
	b.runs()
	const said = "vitals: asking the command of [secrets] ...\n"
	for _, c := range []struct {
		later      time.Duration
		runs, says string
	}{{0, "", ""}, {14 * time.Minute, "", ""}, {time.Minute, "read", said}} {
		b.now = b.now.Add(c.later)
		var stderr strings.Builder
		s := b.sessionSaying(&stderr, b.path("config.ini"))
		s.askForSecrets(t.Context())
		b.expectRuns(c.runs, b.now.String())
		if stderr.String() != c.says {
			t.Errorf("at %s it says %q", b.now, stderr.String())
		}
	}
	b.signIn("") // in the file: nobody is asked
	var stderr strings.Builder
	b.sessionSaying(&stderr, b.path("config.ini")).askForSecrets(t.Context())
	if stderr.String() != "" {
		t.Errorf("it says %q", stderr.String())
	}
}

// The client secret and the id that it belongs to are of one moment, be it that the
// file was changed by another program or is changed and read anew right now.
func TestTheClientIsOfOneMoment(t *testing.T) {
	grant := func(b *box) string { return b.google.SignIn(fake.Scopes()...) }
	works := func(s *session) {
		t.Helper()
		client, err := s.account(t.Context())
		if err == nil {
			_, err = client.Identity(t.Context())
		}
		if err != nil {
			t.Error(err)
		}
	}
	t.Run("changed before", func(t *testing.T) {
		b := newBox(t)
		b.signIn("")
		right := b.read("config.ini")
		b.write("config.ini", strings.Replace(right, fake.DesktopClient().ID, "old.apps.googleusercontent.com", 1))
		s := b.session()
		b.write("config.ini", right)
		works(s)
	})
	t.Run("read anew meanwhile", func(t *testing.T) {
		b := newBox(t)
		b.elsewhere("client_secret = "+fake.DesktopClient().Secret+"\nrefresh_token = "+grant(b)+"\n", storing)
		right := b.read("config.ini")
		b.write("config.ini", strings.NewReplacer(fake.DesktopClient().ID, "old.apps.googleusercontent.com", "cat held", "echo >begun; read on <go; cat held").Replace(right))
		begun, goOn := b.fifo("begun"), b.fifo("go")
		s := b.sessionSaying(io.Discard, b.path("config.ini"))
		asked := make(chan error)
		go func() {
			_, err := s.account(t.Context())
			asked <- err
		}()
		begun.Read(make([]byte, 1)) // the command of the old file runs
		if err := config.WritePrivate(b.path("config.ini"), right); err != nil {
			t.Fatal(err)
		}
		if err := s.reload(); err != nil {
			t.Fatal(err)
		}
		goOn.WriteString("\n")
		if err := <-asked; err != nil {
			t.Error(err)
		}
		works(s)
	})
}

// fifo makes a pipe in the home directory; opening it both ways does not wait.
func (b *box) fifo(name string) *os.File {
	b.t.Helper()
	if err := syscall.Mkfifo(filepath.Join(b.home, name), 0o600); err != nil {
		b.t.Fatal(err)
	}
	pipe, err := os.OpenFile(b.path(name), os.O_RDWR, 0)
	if err != nil {
		b.t.Fatal(err)
	}
	b.t.Cleanup(func() { pipe.Close() })
	return pipe
}
