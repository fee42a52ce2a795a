package fitbit_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"vitals/fitbit"
	"vitals/fitbit/fake"
	"vitals/internal/health"
)

func (w *world) renewals() int { return len(w.fake.Requests(fake.TokenPath)) }

func TestAccessTokenIsRenewedInTime(t *testing.T) {
	w := newWorld(t, sample())
	for i, c := range []struct {
		passes   time.Duration
		renewals int
	}{{0, 1}, {58 * time.Minute, 1}, {time.Minute, 2}, {time.Second, 2}} {
		w.advance(c.passes)
		if _, err := w.client.Settings(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got := w.renewals(); got != c.renewals {
			t.Errorf("step %d: %d renewals, want %d", i, got, c.renewals)
		}
	}
	if w.keeper.saves != 0 {
		t.Errorf("an unchanged grant was saved %d times", w.keeper.saves)
	}
}

func TestOneRenewalForAll(t *testing.T) {
	w := newWorld(t, sample())
	w.fake.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{{Path: fake.TokenPath, Delay: 20 * time.Millisecond}} })
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if _, err := w.client.Identity(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if got := w.renewals(); got != 1 {
		t.Errorf("%d renewals", got)
	}
}

func TestRefusedAccessTokenIsRenewedOnce(t *testing.T) {
	w := newWorld(t, sample())
	if _, err := w.client.Settings(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.fake.EndAccess()
	from, to := date(2026, time.November, 1), date(2026, time.November, 3)
	if _, err := w.client.DayTotals(t.Context(), health.TypeSteps, from, to); err != nil { // with a body to repeat
		t.Fatal(err)
	}
	if got := w.renewals(); got != 2 {
		t.Errorf("%d renewals", got)
	}
	w.fake.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{{Path: "/v4/", Status: 401}} })
	asked := len(w.fake.Requests("/settings"))
	_, err := w.client.Settings(t.Context())
	if !errors.Is(err, health.ErrSignInNeeded) {
		t.Errorf("got %v", err)
	}
	complain(t, err)
	if got := len(w.fake.Requests("/settings")) - asked; got != 2 {
		t.Errorf("asked %d times", got)
	}
}

func TestRotatedRefreshTokenIsStored(t *testing.T) {
	w := newWorld(t, sample())
	w.fake.Set(func(k *fake.Knobs) { k.Rotate = true })
	before := w.keeper.grant.RefreshToken
	for range 3 {
		if _, err := w.client.Settings(t.Context()); err != nil {
			t.Fatal(err)
		}
		w.advance(time.Hour)
	}
	if w.keeper.saves != 3 || w.keeper.grant.RefreshToken == before || !w.keeper.grant.SignedInAt.Equal(noon()) {
		t.Errorf("%d saves, %+v", w.keeper.saves, w.keeper.grant)
	}
}

// Two processes share the file; a single-use token must not be spent twice.
func TestTwoClientsOneGrant(t *testing.T) {
	w := newWorld(t, sample())
	w.fake.Set(func(k *fake.Knobs) { k.Rotate = true })
	other := newClient(t, w.options)
	var all sync.WaitGroup
	for _, client := range []*fitbit.Client{w.client, other, w.client, other} {
		all.Go(func() {
			if _, err := client.Identity(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}

// A new refresh token that could not be saved is the only one left.
func TestUnsavedRotationIsNotLost(t *testing.T) {
	w := newWorld(t, sample())
	w.fake.Set(func(k *fake.Knobs) { k.Rotate = true })
	w.keeper.broken = errors.New("no space left on device")
	before := w.keeper.grant.RefreshToken
	_, err := w.client.Settings(t.Context())
	if err == nil || !strings.Contains(err.Error(), "no space left") || errors.Is(err, health.ErrSignInNeeded) {
		t.Errorf("got %v", err)
	}
	complain(t, err, string(before))
	if _, err := w.client.Settings(t.Context()); err != nil {
		t.Fatalf("the grant was lost: %v", err)
	}
	if w.keeper.grant.RefreshToken == before {
		t.Error("the new token was not saved")
	}
}

// brokenKeeper is a file that cannot be read; its error says what to do.
type brokenKeeper struct{}

func (brokenKeeper) Update(context.Context, func(fitbit.Grant) (fitbit.Grant, error)) error {
	return errBroken{}
}

type errBroken struct{}

func (errBroken) Error() string { return "config.ini is readable by others" }
func (errBroken) Hint() string  { return "run chmod 600 config.ini" }

func TestKeeperFails(t *testing.T) {
	w := newWorld(t, lately())
	w.options.Keeper = brokenKeeper{}
	_, err := newClient(t, w.options).Settings(t.Context())
	var hinted interface{ Hint() string }
	if err == nil || err.Error() != "reading the sign-in: config.ini is readable by others" || !errors.As(err, &hinted) ||
		hinted.Hint() != "run chmod 600 config.ini" || !errors.Is(err, errBroken{}) {
		t.Errorf("got %v", err)
	}
	complain(t, err)
}

// Not every server says how long its tokens last.
func TestAccessTokenOfUnknownLife(t *testing.T) {
	asked := 0
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == fake.TokenPath {
			asked++
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"at"}`)
			return
		}
		_, _ = io.WriteString(w, `{}`)
	})
	client := clientOf(t, handler)
	for range 3 {
		if _, err := client.Identity(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if asked != 1 {
		t.Errorf("renewed %d times", asked)
	}
}

func TestGrantFollowsTheServer(t *testing.T) {
	w := newWorld(t, sample())
	w.fake.Set(func(k *fake.Knobs) { k.Testing = true })
	w.keeper.grant.RefreshToken = fitbit.Secret(w.fake.SignIn(fake.Scopes()[1:]...))
	if _, err := w.client.Settings(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := w.keeper.grant.Missing(); len(got) != 1 || got[0] != "weight" {
		t.Errorf("missing %v", got)
	}
	ends := noon().Add(7 * 24 * time.Hour)
	if !w.keeper.grant.ExpiresAt.Equal(ends) {
		t.Errorf("expires %v, want %v", w.keeper.grant.ExpiresAt, ends)
	}
	w.advance(time.Hour + 700*time.Millisecond)
	if _, err := w.client.Settings(t.Context()); err != nil {
		t.Fatal(err)
	}
	if w.keeper.saves != 1 {
		t.Errorf("saved %d times for a rounding", w.keeper.saves)
	}

	// A server that tells the end only once does not take it back.
	w.keeper.grant.RefreshToken = fitbit.Secret(w.unending())
	w.client.Forget()
	if _, err := w.client.Settings(t.Context()); err != nil || !w.keeper.grant.ExpiresAt.Equal(ends) {
		t.Errorf("%v, expires %v", err, w.keeper.grant.ExpiresAt)
	}

	// The project was published: the end passes, and the grant lives.
	w.keeper.grant.ExpiresAt = noon()
	w.keeper.grant.RefreshToken = fitbit.Secret(w.unending())
	w.client.Forget()
	if _, err := w.client.Settings(t.Context()); err != nil || !w.keeper.grant.ExpiresAt.IsZero() {
		t.Errorf("%v, expires %v", err, w.keeper.grant.ExpiresAt)
	}
}

func (w *world) unending() string {
	w.fake.Set(func(k *fake.Knobs) { k.Testing = false })
	return w.fake.SignIn(fake.Scopes()...)
}

func TestDeadGrant(t *testing.T) {
	const day = 24 * time.Hour
	for name, c := range map[string]struct {
		signedIn, expires time.Duration // from now; 0: not known
		says              string
	}{
		"withdrawn":               {-2 * day, 0, "expired or was withdrawn"},
		"old":                     {-60 * day, 0, "expired or was withdrawn"},
		"known end":               {-30 * day, -23 * day, "after seven days"},
		"before the known end":    {-3 * day, 4 * day, "expired or was withdrawn"},
		"seven days, end unknown": {-7*day - time.Hour, 0, "after seven days"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sample())
			w.keeper.grant.SignedInAt = noon().Add(c.signedIn)
			if c.expires != 0 {
				w.keeper.grant.ExpiresAt = noon().Add(c.expires)
			}
			w.fake.EndAll()
			before := w.keeper.grant
			_, err := w.client.Weighings(t.Context(), health.Date{}, health.Date{})
			if !errors.Is(err, health.ErrSignInNeeded) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %q", err, c.says)
			}
			if text := health.WithHint(err); !fitbit.SaysGrantIsDead(text) {
				t.Errorf("%q is not known as the end of a grant", text)
			}
			complain(t, err, string(before.RefreshToken))
			if w.renewals() != 1 || !same(before, w.keeper.grant) {
				t.Errorf("%d renewals, grant %+v", w.renewals(), w.keeper.grant)
			}
		})
	}
}

func TestNotSignedIn(t *testing.T) {
	w := newWorld(t, sample())
	w.keeper.grant = fitbit.Grant{}
	for _, id := range []string{w.options.Client.ID, ""} {
		w.options.Client.ID = id
		_, err := newClient(t, w.options).Identity(t.Context())
		if !errors.Is(err, health.ErrSignInNeeded) || err.Error() != "not signed in yet" || fitbit.SaysGrantIsDead(err.Error()) {
			t.Errorf("got %v", err)
		}
		complain(t, err)
	}
	if w.renewals() != 0 {
		t.Error("asked for a token without a grant")
	}
}

// The keys of the old configuration must never reach Google.
func TestOldFitbitKeyIsNotSent(t *testing.T) {
	asked := false
	o := fitbit.Options{
		Endpoints: fitbit.GoogleEndpoints(),
		Client:    fitbit.OAuthClient{ID: "7c39abf127d964bc984aba4020845d11", Secret: "old", RedirectURL: redirect},
		Keeper:    &keeper{grant: fitbit.Grant{RefreshToken: "old"}},
		Transport: direct{http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true })},
		Now:       noon,
	}
	client := newClient(t, o)
	_, err := client.Identity(t.Context())
	if !errors.Is(err, health.ErrSignInNeeded) || err.Error() != "this is an old Fitbit key" {
		t.Errorf("got %v", err)
	}
	complain(t, err)
	if err := client.Revoke(t.Context(), fitbit.Grant{RefreshToken: "old"}); err != nil {
		t.Error(err)
	}
	a := attempt()
	a.ClientID = o.Client.ID
	_, err = client.Complete(t.Context(), a, fitbit.Answer{Code: "4/0A"}, noReport)
	wantKind(t, err, fitbit.KindSetup, "old Fitbit key")
	if asked {
		t.Error("something was sent")
	}
}

// A passing failure of the token endpoint is no dead grant.
func TestTokenEndpointInTrouble(t *testing.T) {
	for name, c := range map[string]struct {
		trouble     fake.Trouble
		unreachable bool
	}{
		"overload":      {fake.Trouble{Status: 503}, true},
		"too many":      {fake.Trouble{Status: 429}, true},
		"broken":        {fake.Trouble{Status: 500, Reason: "internal_failure"}, true},
		"rate limit":    {fake.Trouble{Status: 403, Reason: "rate_limit_exceeded"}, true},
		"half":          {fake.Trouble{Half: true}, false},
		"cut":           {fake.Trouble{Cut: true}, false},
		"proxy's page":  {fake.Trouble{HTML: true}, false},
		"proxy forbids": {fake.Trouble{HTML: true, Status: 403}, false},
		"proxy refuses": {fake.Trouble{HTML: true, Status: 502}, true},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sample())
			c.trouble.Path = fake.TokenPath
			w.fake.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{c.trouble} })
			_, err := w.client.Settings(t.Context())
			if errors.Is(err, health.ErrSignInNeeded) || errors.Is(err, health.ErrUnreachable) != c.unreachable || fitbit.SaysGrantIsDead(err.Error()) {
				t.Errorf("got %v", err)
			}
			complain(t, err, string(w.keeper.grant.RefreshToken))
			w.fake.Set(func(k *fake.Knobs) { k.Troubles = nil })
			if _, err := w.client.Settings(t.Context()); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

func TestAPassingTroubleOfTheTokenServerIsNoEnd(t *testing.T) {
	w := newWorld(t, sample())
	w.fake.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{{Path: fake.TokenPath, Status: 503, Times: 3}} })
	if _, err := w.client.Settings(t.Context()); err != nil {
		t.Error(err)
	}
	if got := w.renewals(); got != 4 {
		t.Errorf("%d tries", got)
	}
}

func TestWrongSecretIsToldAtReading(t *testing.T) {
	w := newWorld(t, sample())
	w.options.Client.Secret = "GOCSPX-wrong"
	_, err := newClient(t, w.options).Settings(t.Context())
	if !errors.Is(err, health.ErrSignInNeeded) || !strings.Contains(err.Error(), "client id or secret") {
		t.Errorf("got %v", err)
	}
	complain(t, err, "GOCSPX-wrong")
}

// Waiting for somebody else's renewal ends with the context.
func TestWaitingForARenewalEnds(t *testing.T) {
	w := newWorld(t, sample())
	w.fake.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{{Path: fake.TokenPath, Delay: time.Minute}} })
	first, cancelFirst := context.WithCancel(t.Context())
	var all sync.WaitGroup
	defer all.Wait()
	defer cancelFirst()
	all.Go(func() { _, _ = w.client.Identity(first) })
	for w.renewals() == 0 {
		time.Sleep(time.Millisecond)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.client.Identity(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// After a wider consent elsewhere, the next try uses it.
func TestMissingScopeLooksForAWiderGrant(t *testing.T) {
	w := newWorld(t, lately(), fake.Scopes()[1:]...)
	_, err := w.client.Weighings(t.Context(), health.Date{}, health.Date{})
	if err == nil || err.Error() != "access to weight was not granted" || errors.Is(err, health.ErrSignInNeeded) {
		t.Errorf("got %v", err)
	}
	complain(t, err)
	w.keeper.grant.RefreshToken = fitbit.Secret(w.fake.SignIn(fake.Scopes()...))
	if _, err := w.client.Weighings(t.Context(), health.Date{}, health.Date{}); err != nil {
		t.Error(err)
	}
}
