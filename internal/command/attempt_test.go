package command

import (
	"context"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"vitals/fitbit/fake"
)

// asked waits until the token endpoint was asked so often.
func (b *box) asked(times int) {
	b.t.Helper()
	for deadline := time.Now().Add(20 * time.Second); len(b.google.Requests(fake.TokenPath)) < times; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Fatal("nobody asks for a token")
		}
	}
}

// kept lists what is in the folder of the state, without locks.
func (b *box) keptState() (names []string) {
	b.t.Helper()
	entries, err := os.ReadDir(b.path(".local", "state", "vitals"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		b.t.Fatal(err)
	}
	for _, e := range entries {
		if info, err := e.Info(); err != nil || info.Mode().Perm() != 0o600 {
			b.t.Errorf("%s has mode %v, %v", e.Name(), info.Mode(), err)
		}
		if !strings.HasSuffix(e.Name(), ".lock") {
			names = append(names, e.Name())
		}
	}
	return names
}

// An attempt is finished once, also when two programs are at it at the same time:
// a code that is used twice may cost what it gave.
func TestTwoProgramsFinishOneSignIn(t *testing.T) {
	b := newBox(t)
	b.configure("")
	answer := browse(t, b.run("auth", "--print-url").stdout)
	b.google.Set(func(k *fake.Knobs) {
		k.Troubles = []fake.Trouble{{Path: fake.TokenPath, Delay: 400 * time.Millisecond}}
	})
	first := make(chan result)
	go func() { first <- b.pipe(answer, "auth", "--paste-stdin") }()
	b.asked(1)
	second := b.pipe(answer, "auth", "--paste-stdin")
	second.expect(t, 1, "used already", "ask for a new link")
	(<-first).expect(t, 0, "Connected as Ann E.")
	if n := len(b.google.Requests(fake.TokenPath)); n != 1 {
		t.Errorf("the code was spent %d times", n)
	}
	if left := b.keptState(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// The screen and the command share one attempt.
func TestTheScreenAndTheCommandFinishOneSignIn(t *testing.T) {
	b := newBox(t)
	b.configure("")
	guide := &signIn{session: b.session()}
	silent := func(string) {}
	link, err := guide.Begin(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	answer := browse(t, link.Address)
	b.pipe(answer, "auth", "--paste-stdin").expect(t, 0, "Connected as Ann E.")
	if _, err := guide.Complete(t.Context(), answer, silent); !errors.Is(err, errUsed) {
		t.Errorf("used by the command, and then: %v", err)
	}
	if again, err := guide.Begin(t.Context(), false); err != nil || again.Address == link.Address {
		t.Errorf("the used link is offered again, %v", err)
	}

	link, err = guide.Begin(t.Context(), false)
	if err != nil {
		t.Fatal(err)
	}
	answer = browse(t, link.Address)
	if _, err := guide.Complete(t.Context(), answer, silent); err != nil {
		t.Fatal(err)
	}
	b.pipe(answer, "auth", "--paste-stdin").expect(t, 1, "no sign-in is under way")

	// Only the newest link is good.
	if link, err = guide.Begin(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	newer := browse(t, b.run("auth", "--print-url").stdout)
	asked := len(b.google.Requests(fake.TokenPath))
	if _, err := guide.Complete(t.Context(), browse(t, link.Address), silent); !errors.Is(err, errUsed) || len(b.google.Requests(fake.TokenPath)) != asked {
		t.Errorf("the older link: %v", err)
	}
	b.pipe(newer, "auth", "--paste-stdin").expect(t, 0, "Connected as Ann E.")
}

// What passes does not use an attempt up, also across programs; the exchange does,
// whatever becomes of the grant.
func TestWhenAnAttemptIsUsedUp(t *testing.T) {
	b := newBox(t)
	b.configure("")
	answer := browse(t, b.run("auth", "--print-url").stdout)
	for _, trouble := range []fake.Trouble{{Status: http.StatusServiceUnavailable}, {HTML: true}, {Cut: true}} {
		trouble.Path = fake.TokenPath
		b.google.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{trouble} })
		b.pipe(answer, "auth", "--paste-stdin").expect(t, 1, "your code is kept")
	}
	b.google.Set(func(k *fake.Knobs) { k.Troubles = nil })
	b.pipe(answer, "auth", "--paste-stdin").expect(t, 0, "Connected as Ann E.")
	b.pipe(answer, "auth", "--paste-stdin").expect(t, 1, "no sign-in is under way")
	b.run("sync").expect(t, 0)

	stranger := fake.Ann(moment)
	stranger.Identity.HealthUserID = "999"
	b.google.Become(stranger)
	kept := b.read("config.ini")
	answer = browse(t, b.run("auth", "--print-url").stdout)
	asked := len(b.google.Requests(fake.TokenPath))
	b.pipe(answer, "auth", "--paste-stdin").expect(t, 3, "another Google account")
	b.pipe(answer, "auth", "--paste-stdin").expect(t, 1, "no sign-in is under way")
	if n := len(b.google.Requests(fake.TokenPath)); n != asked+1 || b.read("config.ini") != kept {
		t.Errorf("the code was spent %d times", n-asked)
	}
}

// A grant that could not be saved is not lost: the same answer saves it, without
// spending the code again – in the program that exchanged it, as the file is gone.
func TestAnExchangedCodeIsSavedLater(t *testing.T) {
	b := newBox(t)
	b.elsewhere("client_secret = "+fake.DesktopClient().Secret+"\nrefresh_token =\n", strings.Replace(storing, "cat >held.new", "test ! -e locked && cat >held.new", 1))
	b.write("locked", "")
	guide := &signIn{session: b.sessionSaying(io.Discard, b.path("config.ini"))}
	silent := func(string) {}
	link, err := guide.Begin(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	answer := browse(t, link.Address)
	if _, err := guide.Complete(t.Context(), answer, silent); err == nil || !strings.Contains(err.Error(), "the grant could not be saved") {
		t.Fatalf("got %v", err)
	}
	if left := b.keptState(); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	os.Remove(b.path("locked"))
	if _, err := guide.Complete(t.Context(), answer, silent); err != nil {
		t.Error(err)
	}
	if n := len(b.google.Requests(fake.TokenPath)); n != 1 {
		t.Errorf("the code was spent %d times", n)
	}
	if held := b.read("held"); !strings.Contains(held, "refresh_token = 1//") {
		t.Errorf("%q is kept", held)
	}
}

// An attempt that is too old goes with the next command, whichever that is.
func TestAnOldAttemptIsRemoved(t *testing.T) {
	for _, command := range []string{"sync", "report", "auth status", "auth --paste-stdin"} {
		b := newBox(t)
		b.configure("")
		b.run("auth", "--print-url").expect(t, 0)
		b.now = b.now.Add(10*time.Minute - time.Second)
		b.run("report")
		if left := b.keptState(); len(left) != 1 || left[0] != attemptFile {
			t.Errorf("after nearly ten minutes: %v", left)
		}
		b.now = b.now.Add(time.Second)
		b.run(strings.Fields(command)...)
		if left := b.keptState(); len(left) > 0 {
			t.Errorf("%s leaves %v", command, left)
		}
	}
}

// A sign-in of another configuration in the same home is not taken up, and stays.
func TestASignInOfAnotherConfigurationStays(t *testing.T) {
	b := newBox(t)
	b.configure("")
	b.write("other.ini", strings.Replace(b.read("config.ini"), fake.DesktopClient().ID, "other.apps.googleusercontent.com", 1))
	answer := browse(t, b.run("auth", "--print-url").stdout)
	b.pipe(answer, "--config", b.path("other.ini"), "auth", "--paste-stdin").expect(t, exitFailed, "no sign-in is under way")
	b.pipe(answer, "auth", "--paste-stdin").expect(t, exitDone, "Connected as Ann E.")
}

// While somebody finishes or keeps a sign-in, nobody else removes what there is of it:
// not at a start, not when one expires, not at a sign-out.
func TestNothingIsRemovedOfASignInBeingKept(t *testing.T) {
	b := newBox(t)
	b.configure("")
	s := &signIn{session: b.session()}
	if _, err := s.Begin(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	b.now = s.current().Expires.Add(time.Minute)
	hasty, cancel := context.WithCancel(t.Context())
	cancel()
	removals := map[string]func(){
		"a start": s.tidyUp,
		"a sign-in that is sought": func() {
			if _, err := s.pending(t.Context()); err == nil {
				t.Error("one that has expired is gone on with")
			}
		},
		"one that expires": func() { s.expire(s.current()) },
		"a sign-out":       func() { s.forgetAttempt(hasty) },
	}
	release, err := s.lockAttempt(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for what, remove := range removals {
		if remove(); len(b.keptState()) != 2 {
			t.Fatalf("%s leaves %v", what, b.keptState())
		}
	}
	os.Remove(b.path(".local", "state", "vitals", attemptFile)) // the address is saved later than the attempt
	if s.tidyUp(); len(b.keptState()) != 1 {
		t.Fatal("a start took the address")
	}
	release()
	if s.tidyUp(); len(b.keptState()) != 0 {
		t.Errorf("afterwards %v is left", b.keptState())
	}
}
