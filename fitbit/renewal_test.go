package fitbit_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vitals/fitbit"
	"vitals/fitbit/fake"
	"vitals/internal/health"
)

// openKeeper keeps a grant that anybody may replace at any time, as an editor
// does. Its lock is a channel, which a test in which time passes at once can wait
// for.
type openKeeper struct {
	lock  chan struct{}
	mu    sync.Mutex // guards grant
	grant fitbit.Grant
}

func newOpenKeeper(token string) *openKeeper {
	return &openKeeper{lock: make(chan struct{}, 1), grant: fitbit.Grant{RefreshToken: fitbit.Secret(token), SignedInAt: noon()}}
}

func (k *openKeeper) Update(ctx context.Context, change func(fitbit.Grant) (fitbit.Grant, error)) error {
	select {
	case k.lock <- struct{}{}:
		defer func() { <-k.lock }()
	case <-ctx.Done():
		return ctx.Err()
	}
	changed, err := change(k.now())
	if err == nil {
		k.put(changed)
	}
	return err
}

func (k *openKeeper) now() fitbit.Grant {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.grant
}

func (k *openKeeper) put(g fitbit.Grant) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.grant = g
}

// renewing is a client without a network whose token requests pass through the
// handler that through makes.
type renewing struct {
	google *fake.Server
	keeper *openKeeper
	client *fitbit.Client
	old    string // the refresh token that it began with
}

func newRenewing(t *testing.T, through func(google http.Handler) http.Handler) renewing {
	t.Helper()
	google := fake.New(lately(), noon)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == fake.TokenPath {
			through(google).ServeHTTP(w, r)
			return
		}
		google.ServeHTTP(w, r)
	})
	old := google.SignIn(fake.Scopes()...)
	registered := fake.DesktopClient()
	k := newOpenKeeper(old)
	return renewing{google, k, newClient(t, fitbit.Options{
		Endpoints:         endpoints("http://localhost"),
		Client:            fitbit.OAuthClient{ID: registered.ID, Secret: fitbit.Secret(registered.Secret), RedirectURL: redirect},
		Keeper:            k,
		Transport:         direct{handler},
		Now:               noon,
		RequestsPerSecond: -1,
		RetryWait:         time.Millisecond,
	}), old}
}

func (r renewing) renewals() int { return len(r.google.Requests(fake.TokenPath)) }

// Only a grant that is refused and still the kept one is dead.
func TestARefusedGrantIsLookedAtAgain(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(google *fake.Server) string // the token that is kept then
		renewals  int
		says      string
	}{
		"replaced by a good one": {func(google *fake.Server) string { return google.SignIn(fake.Scopes()...) }, 2, ""},
		"replaced by a dead one": {func(*fake.Server) string { return "1//0dead" }, 2, "expired or was withdrawn"},
		"still the same":         {nil, 1, "expired or was withdrawn"},
		"signed out":             {func(*fake.Server) string { return "" }, 1, "not signed in yet"},
	} {
		t.Run(name, func(t *testing.T) {
			var r renewing
			r = newRenewing(t, func(google http.Handler) http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
					if c.meanwhile != nil && r.renewals() == 0 {
						r.keeper.put(fitbit.Grant{RefreshToken: fitbit.Secret(c.meanwhile(r.google))})
					}
					google.ServeHTTP(w, req)
				})
			})
			r.google.EndAll()
			_, err := r.client.Identity(t.Context())
			if c.says == "" && err != nil || c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) || errors.Is(err, health.ErrSignInNeeded) != (c.says != "") {
				t.Errorf("got %v, want %q", err, c.says)
			}
			if got := r.renewals(); got != c.renewals {
				t.Errorf("%d renewals, want %d", got, c.renewals)
			}
		})
	}
}

// Whoever has seen a refresh token replaced knows better than an older copy of the
// file that came back.
func TestAnOlderCopyOfTheGrantDoesNoHarm(t *testing.T) {
	w := newWorld(t, sample())
	w.fake.Set(func(k *fake.Knobs) { k.Rotate = true })
	older := w.keeper.grant
	for range 3 {
		if _, err := w.client.Settings(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.keeper.grant = older
		w.client.Forget()
	}
	older = w.keeper.grant
	if _, err := w.client.Settings(t.Context()); err != nil || w.keeper.grant.RefreshToken == older.RefreshToken {
		t.Errorf("the new grant was not stored again: %v", err)
	}
	w.keeper.grant = fitbit.Grant{}
	w.client.Forget()
	if _, err := w.client.Settings(t.Context()); !errors.Is(err, health.ErrSignInNeeded) || w.keeper.grant.RefreshToken != "" {
		t.Errorf("signed out, and yet %v", err)
	}
}

// Others need not wait for the lock while a server that is in trouble is given
// time, and Forget not at all.
func TestTheLockIsHeldForOneRequest(t *testing.T) {
	person := lately()
	synctest.Test(t, func(t *testing.T) {
		google := fake.New(person, time.Now)
		registered := fake.DesktopClient()
		k := newOpenKeeper(google.SignIn(fake.Scopes()...))
		client := newClient(t, fitbit.Options{
			Endpoints: endpoints("http://localhost"),
			Client:    fitbit.OAuthClient{ID: registered.ID, Secret: fitbit.Secret(registered.Secret), RedirectURL: redirect},
			Keeper:    k, Transport: direct{google}, Now: time.Now, RequestsPerSecond: -1,
		})
		google.Set(func(k *fake.Knobs) {
			k.Troubles = []fake.Trouble{{Path: fake.TokenPath, Status: 503, RetryAfter: "50", Delay: 10 * time.Second, Times: 3}}
		})
		began := time.Now()
		done := make(chan error)
		go func() {
			_, err := client.Identity(t.Context())
			done <- err
		}()
		for range 3 {
			time.Sleep(time.Second) // a request is under way
			asked := time.Now()
			if err := k.Update(t.Context(), func(g fitbit.Grant) (fitbit.Grant, error) { return g, nil }); err != nil {
				t.Error(err)
			}
			client.Forget()
			if waited := time.Since(asked); waited != 9*time.Second {
				t.Errorf("waited %v for one request", waited)
			}
			time.Sleep(50 * time.Second)
		}
		if err := <-done; err != nil {
			t.Error(err)
		}
		if took := time.Since(began); took != 3*time.Minute {
			t.Errorf("took %v", took)
		}

		// Who waits for the lock gives up with its context.
		k.lock <- struct{}{}
		client.Forget()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		began = time.Now()
		if _, err := client.Identity(ctx); !errors.Is(err, context.DeadlineExceeded) || time.Since(began) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// The answer to a renewal that was sent may hold the only refresh token left.
func TestAnInterruptedRenewalIsStored(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r := newRenewing(t, func(google http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			google.ServeHTTP(w, req)
			cancel()
		})
	})
	r.google.Set(func(k *fake.Knobs) { k.Rotate = true })
	if _, err := r.client.Identity(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	if string(r.keeper.now().RefreshToken) == r.old {
		t.Error("the new refresh token is lost")
	}
	if n := len(r.google.Requests("/v4/")); n != 0 {
		t.Errorf("%d requests after the interruption", n)
	}
	if _, err := r.client.Identity(t.Context()); err != nil || r.renewals() != 1 {
		t.Errorf("%v, %d renewals", err, r.renewals())
	}
}

// But nobody waits long for it.
func TestAnInterruptedRenewalEnds(t *testing.T) {
	timed(t, func(t *testing.T, server *fake.Server, client *fitbit.Client) {
		server.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{{Path: fake.TokenPath, Delay: time.Hour}} })
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Second, cancel)
		began := time.Now()
		if _, err := client.Identity(ctx); !errors.Is(err, context.Canceled) || time.Since(began) != 11*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}

// lossy carries requests out and loses the answers to the first of them.
func lossy(google http.Handler, lost *int, losses int) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if *lost >= losses {
			google.ServeHTTP(w, r)
			return
		}
		*lost++
		google.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler) // closes the connection
	})
}

// The answer to a renewal is lost on the way. Google still takes the refresh
// token; one that replaces it each time does not, and only a sign-in helps.
func TestTheAnswerToARenewalIsLost(t *testing.T) {
	for _, rotate := range []bool{false, true} {
		w := newWorld(t, sample())
		w.fake.Set(func(k *fake.Knobs) { k.Rotate = rotate })
		lost := 0
		server := httptest.NewServer(lossy(w.fake, &lost, 1))
		defer server.Close()
		w.options.Endpoints.Token = server.URL + fake.TokenPath
		before := w.keeper.grant
		_, err := newClient(t, w.options).Settings(t.Context())
		if rotate {
			if !errors.Is(err, health.ErrSignInNeeded) || !strings.Contains(health.Hint(err), "sign in again") {
				t.Errorf("got %v", err)
			}
			complain(t, err, string(before.RefreshToken))
		} else if err != nil {
			t.Errorf("got %v", err)
		}
		if lost != 1 || w.renewals() != 2 || !same(before, w.keeper.grant) {
			t.Errorf("%d lost, %d renewals", lost, w.renewals())
		}
	}
}

// Whatever passes at the token endpoint is tried again, told as passing, and
// never taken for the end of the grant.
func TestEveryPassingTroubleOfTheTokenServer(t *testing.T) {
	for name, trouble := range map[string]fake.Trouble{
		"500":                         {Status: 500, Reason: "internal_failure"},
		"502 with a page":             {Status: 502, HTML: true},
		"503 with a page":             {Status: 503, HTML: true},
		"504":                         {Status: 504},
		"429":                         {Status: 429},
		"rate limit":                  {Status: 403, Reason: "rate_limit_exceeded"},
		"busy":                        {Status: 400, Reason: "temporarily_unavailable"},
		"a page":                      {HTML: true},
		"a page that forbids":         {Status: 403, HTML: true},
		"a page not found":            {Status: 404, HTML: true},
		"half an answer":              {Half: true},
		"cut":                         {Cut: true},
		"cut with an error":           {Status: 400, Cut: true},
		"broken, says invalid_grant":  {Status: 500, Reason: "invalid_grant"},
		"busy, says invalid_grant":    {Status: 429, Reason: "invalid_grant"},
		"broken, says invalid_client": {Status: 503, Reason: "invalid_client"},
		"nothing known":               {Status: 418, Half: true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sample())
			before := w.keeper.grant
			trouble.Path = fake.TokenPath
			tries := 4
			if name == "a page" { // of a network that wants a login: it does not pass in seconds
				tries = 1
			}
			w.fake.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{trouble} })
			_, err := w.client.Settings(t.Context())
			known, ok := errors.AsType[*fitbit.Error](err)
			if !ok || known.Kind != fitbit.KindTryAgain || errors.Is(err, health.ErrSignInNeeded) || fitbit.SaysGrantIsDead(err.Error()) {
				t.Fatalf("got %v", err)
			}
			complain(t, err, string(before.RefreshToken))
			if w.renewals() != tries || !same(before, w.keeper.grant) {
				t.Errorf("%d tries", w.renewals())
			}
			trouble.Times = tries - 1
			w.fake.Set(func(k *fake.Knobs) { k.Troubles = slices.Repeat([]fake.Trouble{trouble}, min(trouble.Times, 1)) })
			if _, err := w.client.Settings(t.Context()); err != nil || w.renewals() != 2*tries {
				t.Errorf("when it has passed: %v after %d tries", err, w.renewals())
			}
		})
	}
}

// A client that is at fault is named, each with its remedy.
func TestFaultsOfTheClient(t *testing.T) {
	for _, c := range []struct {
		status             int
		reason, says, hint string
		signIn             bool
	}{
		{401, "invalid_client", "does not accept this client id or secret", "client_secret under [fitbit]", true},
		{401, "unauthorized_client", "does not accept this client id or secret", "client_secret under [fitbit]", true},
		{401, "deleted_client", "client was deleted", "vitals auth --client", true},
		{401, "disabled_client", "client is disabled", "enable it", true},
		{400, "redirect_uri_mismatch", "does not know redirect_url", "redirect URIs", true},
		{410, "", "switched off (HTTP 410)", "token_url", false},
		{400, "invalid_request", "refused the request (invalid_request)", "client_id, client_secret and redirect_url", false},
	} {
		w := newWorld(t, sample())
		begun, answer := w.answer(t)
		w.fake.Set(func(k *fake.Knobs) {
			k.Troubles = []fake.Trouble{{Path: fake.TokenPath, Status: c.status, Reason: c.reason}}
		})
		_, renewing := w.client.Settings(t.Context())
		_, signingIn := w.client.Complete(t.Context(), begun, answer, noReport)
		for doing, err := range map[string]error{"renewing": renewing, "signing in": signingIn} {
			if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(health.Hint(err), c.hint) {
				t.Errorf("%s, %s: %v", c.reason, doing, err)
				continue
			}
			complain(t, err)
		}
		if errors.Is(renewing, health.ErrSignInNeeded) != c.signIn || fitbit.SaysGrantIsDead(renewing.Error()) {
			t.Errorf("%s: %v", c.reason, renewing)
		}
		if n := w.renewals(); n != 2 {
			t.Errorf("%s: asked %d times", c.reason, n)
		}
	}
	_, err := attempt().Read(redirect + "?error=deleted_client&state=x")
	wantKind(t, err, fitbit.KindSetup, "client was deleted")
}
