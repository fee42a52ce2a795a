package fitbit_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"vitals/fitbit"
	"vitals/fitbit/fake"
	"vitals/internal/health"
)

// noon is when the tests take place unless they say otherwise.
func noon() time.Time { return time.Date(2026, time.November, 22, 12, 0, 0, 0, time.UTC) }

// clock is a time that tests move.
type clock struct {
	mu sync.Mutex
	t  time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.t
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t = c.t.Add(d)
}

// keeper keeps a grant in memory as config.ini would.
type keeper struct {
	mu     sync.Mutex
	grant  fitbit.Grant
	saves  int
	broken error // of the next save
}

func (k *keeper) Update(ctx context.Context, change func(fitbit.Grant) (fitbit.Grant, error)) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	changed, err := change(k.grant)
	if err != nil {
		return err
	}
	if same(changed, k.grant) {
		return ctx.Err()
	}
	if err := k.broken; err != nil {
		k.broken = nil
		return err
	}
	k.grant = changed
	k.saves++
	return nil
}

func same(a, b fitbit.Grant) bool {
	return a.RefreshToken == b.RefreshToken && slices.Equal(a.Scopes, b.Scopes) &&
		a.SignedInAt.Equal(b.SignedInAt) && a.ExpiresAt.Equal(b.ExpiresAt)
}

// world is a client, the server it speaks with over loopback, and what both
// share.
type world struct {
	*clock
	fake   *fake.Server
	server *httptest.Server
	keeper *keeper
	client *fitbit.Client

	options fitbit.Options
}

// newWorld starts a server for a person. The client is signed in.
func newWorld(t *testing.T, person fake.Person, scopes ...string) *world {
	t.Helper()
	w := &world{clock: &clock{t: noon()}, keeper: &keeper{}}
	w.fake = fake.New(person, w.now)
	w.server = httptest.NewServer(w.fake)
	t.Cleanup(w.server.Close)
	if scopes == nil {
		scopes = fake.Scopes()
	}
	w.keeper.grant = fitbit.Grant{RefreshToken: fitbit.Secret(w.fake.SignIn(scopes...)), Scopes: slices.Sorted(slices.Values(scopes)), SignedInAt: noon()}
	registered := fake.DesktopClient()
	w.options = fitbit.Options{
		Endpoints:         endpoints(w.server.URL),
		Client:            fitbit.OAuthClient{ID: registered.ID, Secret: fitbit.Secret(registered.Secret), RedirectURL: redirect},
		Keeper:            w.keeper,
		Transport:         &http.Transport{},
		Now:               w.now,
		RequestsPerSecond: -1,
		RetryWait:         time.Millisecond,
	}
	w.client = newClient(t, w.options)
	return w
}

const redirect = "http://127.0.0.1:8765/"

func endpoints(base string) fitbit.Endpoints {
	return fitbit.Endpoints{
		Auth: base + fake.AuthPath, Token: base + fake.TokenPath, Revoke: base + fake.RevokePath,
		UserInfo: base + fake.UserInfoPath, API: base,
	}
}

func newClient(t testing.TB, o fitbit.Options) *fitbit.Client {
	t.Helper()
	client, err := fitbit.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return client
}

// canned answers every API request with the same body, and hands out tokens.
func canned(status int, body string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path == fake.TokenPath {
			_, _ = io.WriteString(w, `{"access_token":"at","expires_in":3599,"token_type":"Bearer"}`)
			return
		}
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
}

// clientOf returns a signed-in client of a handler, without a network.
func clientOf(t testing.TB, handler http.Handler) *fitbit.Client {
	t.Helper()
	return newClient(t, fitbit.Options{
		Endpoints:         endpoints("http://localhost"),
		Client:            fitbit.OAuthClient{ID: "id", Secret: "secret", RedirectURL: redirect},
		Keeper:            &keeper{grant: fitbit.Grant{RefreshToken: "rt", Scopes: slices.Sorted(slices.Values(fake.Scopes()))}},
		Transport:         direct{handler},
		Now:               noon,
		RequestsPerSecond: -1,
		RetryWait:         time.Millisecond,
	})
}

// direct is a transport that calls a handler.
type direct struct{ handler http.Handler }

func (d direct) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		r.Body = http.NoBody
	}
	recorder := httptest.NewRecorder()
	d.handler.ServeHTTP(recorder, r)
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	return recorder.Result(), nil
}

// fixture reads a response that was published, or skips the test.
func fixture(t testing.TB, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "shared", "data", "google-health", name))
	if errors.Is(err, os.ErrNotExist) {
		t.Skip("the shared data are not here")
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// complain checks that an error is fit for a user: a sentence and a hint
// without JSON, markup, types of Go or any of the secrets.
func complain(t testing.TB, err error, secrets ...string) {
	t.Helper()
	var hinted interface {
		error
		Hint() string
	}
	if !errors.As(err, &hinted) {
		t.Fatalf("%T (%v) has no hint", err, err)
	}
	for _, text := range []string{hinted.Error(), hinted.Hint()} {
		if text == "" || len(text) > 300 || strings.HasSuffix(text, ".") || strings.TrimSpace(text) != text {
			t.Errorf("not a sentence: %q", text)
		}
		for _, no := range append([]string{"{", "<", "googleapi:", "oauth2:", "json:", "net/http", "\n", "\x1b"}, secrets...) {
			if strings.Contains(text, no) {
				t.Errorf("%q holds %q", text, no)
			}
		}
	}
}

// sample is a person with a little of everything. Do not change what it points
// to.
var sample = sync.OnceValue(func() fake.Person { return fake.Ann(noon()) })

// lately is the sample person of the last three months.
func lately() fake.Person {
	person := sample()
	person.Weighings = person.Weighings[len(person.Weighings)-80:]
	person.BodyFats = person.BodyFats[len(person.BodyFats)-70:]
	return person
}

func date(year int, month time.Month, day int) health.Date {
	return health.Date{Year: year, Month: month, Day: day}
}
