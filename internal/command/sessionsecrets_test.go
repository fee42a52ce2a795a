package command

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

	tea "charm.land/bubbletea/v2"

	"vitals/fitbit/fake"
	"vitals/internal/config"
	"vitals/internal/refresh"
	"vitals/internal/terminal"
	"vitals/tui"
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

// A store_command that fails is asked twice in a sync: for the new token, and
// before that is lost. The sync goes on, and one line says what to do, also in auth
// status – until somebody signs in.
func TestAStoreCommandThatFailsInASync(t *testing.T) {
	b := newBox(t)
	held := "client_secret = " + fake.DesktopClient().Secret + "\nrefresh_token = " + b.google.SignIn(fake.Scopes()...) + "\n"
	b.elsewhere(held, strings.Replace(storing, "cat >held.new", "test ! -e locked && cat >held.new", 1))
	b.write("locked", "")
	b.google.Set(func(k *fake.Knobs) { k.Rotate = true })
	const says = `the new refresh token of this sign-in could not be kept: [secrets] store_command ("sh") failed: exit status 1 (config.ini line `
	r := b.named("sync")
	r.expect(t, exitPartly, "vitals: error: "+says, "COMMAND | STORE_COMMAND", "; then sign in again: vitals auth")
	if n := strings.Count(r.stderr, "\n"); n != 2 {
		t.Errorf("it says in %d lines: %s", n, r.stderr)
	}
	b.expectRuns("read read store read store", "a sync")
	if kept := b.read("held"); kept != held {
		t.Errorf("%q is kept", kept)
	}
	if got := len(b.run("report", "--json").object(t)["sync"].([]any)); got < 10 {
		t.Errorf("%d types were fetched", got)
	}
	if out := b.named("auth", "status").stdout; !strings.Contains(out, "problem: "+says) || !strings.Contains(out, "sign in again: vitals auth\n") {
		t.Errorf("auth status says: %s", out)
	}
	os.Remove(b.path("locked"))
	b.named("sync").expect(t, exitSignIn, "the sign-in expired or was withdrawn") // the new one is lost
	address := b.named("auth", "--print-url")
	b.pipe(browse(t, address.stdout), "--config", b.path("config.ini"), "auth", "--paste-stdin").expect(t, exitDone, "Connected as Ann E.")
	if out := b.named("auth", "status").stdout; strings.Contains(out, "problem") {
		t.Errorf("after signing in: %s", out)
	}

	// One that works at last keeps what it is given.
	b.write("config.ini", strings.Replace(b.read("config.ini"), "test ! -e locked", `test -e again || { touch again; exit 1; }; true`, 1))
	b.runs()
	b.named("sync").expect(t, exitDone)
	b.expectRuns("read read store read store read", "a sync with a store_command that works at last")
	b.named("sync").expect(t, exitDone)

	// A sign-in takes back what was said of the one before.
	b.write("config.ini", strings.Replace(b.read("config.ini"), "test -e again", "test ! -e locked", 1))
	b.write("locked", "")
	b.named("sync").expect(t, exitPartly, says)
	os.Remove(b.path("locked"))
	address = b.named("auth", "--print-url")
	b.pipe(browse(t, address.stdout), "--config", b.path("config.ini"), "auth", "--paste-stdin").expect(t, exitDone, "Connected as Ann E.")
	if out := b.named("auth", "status").stdout; strings.Contains(out, "problem") {
		t.Errorf("after signing in at once: %s", out)
	}
}

// While the screen is up, the trouble is on it, and r hands the token over again.
func TestAStoreCommandThatFailsUnderTheScreen(t *testing.T) {
	b := newBox(t)
	b.elsewhere("client_secret = "+fake.DesktopClient().Secret+"\nrefresh_token = "+b.google.SignIn(fake.Scopes()...)+"\n",
		strings.Replace(storing, "cat >held.new", "test ! -e locked && cat >held.new", 1))
	b.write("locked", "")
	b.google.Set(func(k *fake.Knobs) { k.Rotate = true })
	var said strings.Builder
	s := b.sessionSaying(&said, b.path("config.ini"))
	w := s.watch(t.Context(), nil, nil, &firstPanic{})
	syncer, err := w.Syncer()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := syncer.Sync(t.Context(), syncer.Types(), refresh.OneStep); err != nil {
		t.Fatal(err)
	}
	if told := s.told(refresh.News{Part: refresh.AccountPart}); !config.SaysNotKept(told.Problem) || told.SignIn || !strings.Contains(told.Hint, "sign in again") {
		t.Errorf("it tells %+v", told)
	}
	if told := s.told(refresh.News{Part: refresh.MeterPart}); told.Problem != "" {
		t.Errorf("of the meter it tells %+v", told)
	}
	b.runs()
	screen := func(ctx context.Context) error {
		_, err := s.run(ctx, terminal.Facts{Width: 80, Height: 24, UTF8: true}, tui.Dashboard,
			tea.WithInput(strings.NewReader("q")), tea.WithOutput(io.Discard), tea.WithWindowSize(80, 24))
		return err
	}
	ended := (failure{})
	if err := screen(t.Context()); !errors.As(err, &ended) || ended.code != exitPartly || !config.SaysNotKept(err.Error()) {
		t.Errorf("the screen ends with %v", err)
	}
	b.expectRuns("read store", "leaving the screen")
	hungUp, cancel := context.WithCancel(t.Context())
	cancel()
	if err := screen(hungUp); err == nil || config.SaysNotKept(err.Error()) || !config.SaysNotKept(strings.TrimPrefix(said.String(), "vitals: error: ")) {
		t.Errorf("a screen that is ended: %v, it says: %s", err, said.String())
	}
	os.Remove(b.path("locked"))
	b.runs()
	if _, err := w.Syncer(); err != nil {
		t.Fatal(err)
	}
	b.expectRuns("", "a look that nobody asked for")
	s.keepAgain.Store(true)
	if _, err := w.Syncer(); err != nil {
		t.Fatal(err)
	}
	b.expectRuns("read store read", "a look that was asked for")
	if told := s.told(refresh.News{Part: refresh.AccountPart}); told.Problem != "" {
		t.Errorf("it still tells %+v", told)
	}
}

// What Google took back is forgotten although ctrl+c came in between; and where it is
// not, that is said.
func TestALogoutThatIsInterrupted(t *testing.T) {
	for name, c := range map[string]struct {
		store, says string
		code        int
		forgotten   bool
	}{
		"and works": {"cat >held", "vitals: the access was given back to Google and is forgotten\n", exitDone, true},
		"and fails": {"exit 1", "vitals: error: the access was given back to Google, but is not forgotten here: [secrets] store_command", exitInterrupted, false},
	} {
		b := newBox(t)
		b.elsewhere("client_secret = "+fake.DesktopClient().Secret+"\nrefresh_token = "+b.google.SignIn(fake.Scopes()...)+"\n",
			"store_command = sh -c 'echo >begun; read on <go; "+c.store+"'\n")
		begun, goOn := b.fifo("begun"), b.fifo("go")
		ctx, cancel := context.WithCancel(t.Context())
		var said strings.Builder
		env := b.environment(b.file("stdin", ""), b.file("stdout", ""), &said, "--config", b.path("config.ini"), "auth", "logout")
		code := make(chan int)
		go func() { code <- Run(ctx, env) }()
		begun.Read(make([]byte, 1)) // Google has it back
		cancel()
		goOn.WriteString("\n")
		if got := <-code; got != c.code || !strings.HasPrefix(said.String(), c.says) {
			t.Errorf("%s: exit code %d; it says %q", name, got, said.String())
		}
		if forgotten := !strings.Contains(b.read("held"), "1//"); forgotten != c.forgotten || len(b.google.Live()) > 0 {
			t.Errorf("%s: forgotten %v, still good %d", name, forgotten, len(b.google.Live()))
		}
	}
}
