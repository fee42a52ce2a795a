package command

import (
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"

	"vitals/fitbit/fake"
	"vitals/internal/health"
)

// always is a trouble that does not pass.
func always(path string, status int, reason string) func(*box) {
	return func(b *box) {
		b.google.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{{Path: path, Status: status, Reason: reason}} })
	}
}

// What can be wrong with a grant and around it is told by its name, with its
// remedy, once, wherever somebody looks.
func TestEveryStateOfTheGrantIsNamed(t *testing.T) {
	const withoutWeight = "access was granted without weight"
	for name, c := range map[string]struct {
		make       func(*box)
		says, hint string
		code       int // of sync
		times      int // that sync says it; 0 for once

		guide     string // what a sign-in then says
		guideCode int
	}{
		"ended after seven days in Testing": {func(b *box) {
			b.google.Set(func(k *fake.Knobs) { k.Testing = true })
			b.pipe(browse(b.t, b.run("auth", "--print-url").stdout), "auth", "--paste-stdin").expect(b.t, 0, "Connected")
			b.now = b.now.Add(7*24*time.Hour + time.Minute)
		}, "the sign-in ended after seven days", `"In production"`, 3, 0, "Connected as Ann E.", 0},
		"withdrawn": {func(b *box) { b.google.EndAll() },
			"the sign-in expired or was withdrawn", "sign in again", 3, 0, "Connected as Ann E.", 0},
		"scopes of other services": {always("/v4/", http.StatusForbidden, "DISALLOWED_OAUTH_SCOPES"),
			"the sign-in also covers other Google services, which Google Health refuses", "create a Google client for vitals alone", 1, 0,
			"also covers other Google services", 1},
		"unticked boxes": {func(b *box) {
			b.google.Set(func(k *fake.Knobs) { k.Untick = fake.Scopes()[:1] })
			b.pipe(browse(b.t, b.run("auth", "--print-url").stdout), "auth", "--paste-stdin").expect(b.t, 0, withoutWeight)
		}, "access to weight was not granted", "allow weight", 5, 3, withoutWeight, 0},
		"an account without a profile": {always("/v4/", http.StatusBadRequest, "ACCOUNT_NOT_LINKED"),
			"this Google account has no Fitbit or Google Health profile", "https://fitbit.google.com/auth/signup", 1, 0,
			"has no Fitbit or Google Health profile", 1},
		"the API is not enabled": {always("/v4/", http.StatusForbidden, "SERVICE_DISABLED"),
			"the Google Health API is not enabled in your Google project", "https://console.cloud.google.com/apis/library/health.googleapis.com", 1, 0,
			"API is not enabled", 5},
		"every call is refused": {always("/v4/", http.StatusForbidden, "RESOURCE_PERMISSION_DENIED"),
			"Google refuses every call, though the sign-in is good", "remove vitals at https://myaccount.google.com/connections", 1, 0,
			"refuses every call", 1},
		"every call is refused without a reason": {always("/v4/", http.StatusForbidden, ""),
			"Google refuses every call, though the sign-in is good", "remove vitals at https://myaccount.google.com/connections", 1, 0,
			"refuses every call", 1},
		"the API is gone": {always("/v4/", http.StatusGone, ""),
			"this service has been switched off (HTTP 410)", "api_url", 1, 0, "switched off (HTTP 410)", 1},
		"the sign-in server is gone": {always(fake.TokenPath, http.StatusGone, ""),
			"this service has been switched off (HTTP 410)", "token_url", 1, 0, "switched off (HTTP 410)", 1},
		"a deleted client": {always(fake.TokenPath, http.StatusUnauthorized, "deleted_client"),
			"the Google client was deleted", "vitals auth --client", 3, 0, "the Google client was deleted", 1},
		"a disabled client": {always(fake.TokenPath, http.StatusUnauthorized, "disabled_client"),
			"the Google client is disabled", "enable it in the Google Cloud console", 3, 0, "the Google client is disabled", 1},
		"a wrong secret": {func(b *box) {
			b.write("config.ini", strings.Replace(b.read("config.ini"), fake.DesktopClient().Secret, "GOCSPX-another", 1))
		}, "Google does not accept this client id or secret", "check client_id and client_secret", 3, 0,
			"does not accept this client id or secret", 1},
		"another redirect address": {always(fake.TokenPath, http.StatusBadRequest, "redirect_uri_mismatch"),
			"the Google client does not know redirect_url (redirect_uri_mismatch)", "add redirect_url of config.ini to the client's redirect URIs", 3, 0,
			"does not know redirect_url", 1},
		"an overloaded sign-in server": {always(fake.TokenPath, http.StatusServiceUnavailable, ""),
			"Google's sign-in is overloaded or broken (HTTP 503)", "nothing is lost", 4, 0, "overloaded or broken (HTTP 503)", 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBox(t)
			b.signIn("")
			c.make(b)
			r := b.run("sync")
			r.expect(t, c.code, c.says, c.hint)
			if n := strings.Count(r.stderr, "vitals: error"); n != max(c.times, 1) {
				t.Errorf("%d messages: %s", n, r.stderr)
			}
			flat := func(text string) string { return strings.Join(strings.Fields(text), " ") }
			status := b.run("auth", "status")
			if said := flat(status.stdout); !strings.Contains(said, "problem: "+c.says) || !strings.Contains(said, c.hint) {
				t.Errorf("the status says %s", status.stdout)
			}
			if doctor := b.run("doctor").stdout; !strings.Contains(flat(doctor), c.says) && !strings.Contains(flat(doctor), withoutWeight) {
				t.Errorf("the doctor says %s", doctor)
			}
			b.screenSays(240, c.says)
			if got := len(b.google.Requests("/")); got > 150 {
				t.Errorf("%d requests", got)
			}
			b.pipe(browse(t, b.run("auth", "--print-url").stdout), "auth", "--paste-stdin").expect(t, c.guideCode, c.guide)
		})
	}
}

// Where there is no room for the remedy, the key is one that helps: signing in
// again with a client that is at fault does not.
func TestTheKeyThatHelps(t *testing.T) {
	for reason, key := range map[string]string{"invalid_grant": "press a to connect again", "deleted_client": "press ? for what to do"} {
		b := newBox(t)
		b.signIn("")
		always(fake.TokenPath, http.StatusUnauthorized, reason)(b)
		b.screenSays(80, key)
	}
}

// screenSays opens the dashboard on so many columns and waits until it shows a text.
func (b *box) screenSays(columns int, text string) {
	b.t.Helper()
	far, near, err := pty.Open()
	if err != nil {
		b.t.Fatal(err)
	}
	defer far.Close()
	const rows = 30
	if err := pty.Setsize(near, &pty.Winsize{Cols: uint16(columns), Rows: rows}); err != nil {
		b.t.Fatal(err)
	}
	var mu sync.Mutex
	screen := vt10x.New(vt10x.WithSize(columns, rows))
	shown := func() string {
		mu.Lock()
		defer mu.Unlock()
		return screen.String()
	}
	go func() {
		buf := make([]byte, 64<<10)
		for {
			n, err := far.Read(buf)
			mu.Lock()
			_, _ = screen.Write(buf[:n])
			mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	env := b.environment(near, near, io.Discard)
	env.Args = []string{} // nil would be the test's own
	env.Getenv = func(name string) string {
		return map[string]string{"TZ": "Europe/London", "TERM": "xterm-256color", "LANG": "C.UTF-8"}[name]
	}
	ended := make(chan int)
	go func() { ended <- Run(b.t.Context(), env) }()
	for deadline := time.Now().Add(20 * time.Second); !strings.Contains(shown(), text); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			b.t.Errorf("the screen lacks %q:\n%s", text, shown())
			break
		}
	}
	if _, err := far.WriteString("q"); err != nil {
		b.t.Fatal(err)
	}
	<-ended
	near.Close()
}

// A type that is refused says nothing of the others, and one that works shows
// that not every call is refused.
func TestOneRefusedTypeIsNotEveryCall(t *testing.T) {
	b := newBox(t)
	b.signIn("")
	always("/weight/", http.StatusForbidden, "RESOURCE_PERMISSION_DENIED")(b)
	b.run("sync").expect(t, 5, "weight: Google refuses access to weight")
	b.now = b.now.Add(time.Hour)

	// What is due later is not all there is.
	s := b.session()
	syncer, err := s.syncer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, types := range [][]health.DataType{{health.TypeWeight}, {health.TypeSteps}} {
		always("/v4/", http.StatusForbidden, "")(b)
		results, err := syncer.Sync(t.Context(), types, 0)
		if err != nil || !strings.HasPrefix(results[0].Err.Error(), "Google refuses access to ") {
			t.Errorf("%+v, %v", results, err)
		}
	}
}
