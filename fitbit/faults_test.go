package fitbit_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"vitals/fitbit"
	"vitals/fitbit/fake"
	"vitals/internal/health"
)

// reads are all ways to read, by data type.
func reads(c *fitbit.Client) map[health.DataType]func(context.Context) error {
	open := health.Date{}
	days := func(t health.DataType) func(context.Context) error {
		return func(ctx context.Context) error {
			_, err := c.DayTotals(ctx, t, date(2026, time.November, 15), date(2026, time.November, 20))
			if err != nil {
				return err
			}
			_, err = c.HourTotals(ctx, t, noon().Add(-5*time.Hour), noon())
			return err
		}
	}
	return map[health.DataType]func(context.Context) error{
		health.TypeIdentity:       func(ctx context.Context) error { _, err := c.Identity(ctx); return err },
		health.TypeProfile:        func(ctx context.Context) error { _, err := c.Profile(ctx); return err },
		health.TypeSettings:       func(ctx context.Context) error { _, err := c.Settings(ctx); return err },
		health.TypeDevices:        func(ctx context.Context) error { _, err := c.Devices(ctx); return err },
		health.TypeWeight:         func(ctx context.Context) error { _, err := c.Weighings(ctx, open, open); return err },
		health.TypeBodyFat:        func(ctx context.Context) error { _, err := c.BodyFats(ctx, open, open); return err },
		health.TypeHeight:         func(ctx context.Context) error { _, err := c.Heights(ctx, open, open); return err },
		health.TypeCalories:       days(health.TypeCalories),
		health.TypeActiveCalories: days(health.TypeActiveCalories),
		health.TypeSteps:          days(health.TypeSteps),
	}
}

func TestEveryTypeIsRead(t *testing.T) {
	w := newWorld(t, lately())
	for _, kind := range health.DataTypes() {
		if err := reads(w.client)[kind](t.Context()); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// The catalogue of what the API refuses.
func TestRefusals(t *testing.T) {
	for _, c := range []struct {
		status       int
		reason, says string
		signIn, busy bool // ErrSignInNeeded, ErrOverloaded
	}{
		{400, "ACCOUNT_NOT_LINKED", "this Google account has no Fitbit or Google Health profile", false, false},
		{400, "INVALID_TIME_RANGE", "Google did not accept the request for steps (INVALID_TIME_RANGE)", false, false},
		{400, "", "Google did not accept the request for steps (no known reason)", false, false},
		{401, "", "Google does not accept the sign-in any more", true, false},
		{403, "ACCESS_TOKEN_SCOPE_INSUFFICIENT", "access to steps was not granted", false, false},
		{403, "MISSING_OAUTH_SCOPE", "access to steps was not granted", false, false},
		{403, "DISALLOWED_OAUTH_SCOPES", "the sign-in also covers other Google services, which Google Health refuses", false, false},
		{403, "SERVICE_DISABLED", "the Google Health API is not enabled in your Google project", false, false},
		{403, "RESOURCE_PERMISSION_DENIED", "Google refuses access to steps", false, false},
		{403, "USER_PROJECT_DENIED", "Google refuses access to steps", false, false},
		{403, "", "Google refuses access to steps", false, false},
		{404, "RESOURCE_NOT_FOUND", "Google does not know the address of steps", false, false},
		{410, "", "this service has been switched off (HTTP 410)", false, false},
		{418, "", "Google gave an unexpected answer about steps (HTTP 418)", false, false},
		{429, "RATE_LIMIT_EXCEEDED", "Google asks for a pause (too many requests)", false, true},
		{500, "INTERNAL_ERROR", "Google Health is overloaded or broken (HTTP 500)", false, true},
		{503, "", "Google Health is overloaded or broken (HTTP 503)", false, true},
		{504, "", "Google Health is overloaded or broken (HTTP 504)", false, true},
	} {
		w := newWorld(t, lately())
		w.fake.Set(func(k *fake.Knobs) {
			k.Troubles = []fake.Trouble{{Path: "/steps/", Status: c.status, Reason: c.reason}}
		})
		err := reads(w.client)[health.TypeSteps](t.Context())
		if err == nil || err.Error() != c.says {
			t.Errorf("%d %s: %v", c.status, c.reason, err)
			continue
		}
		if errors.Is(err, health.ErrSignInNeeded) != c.signIn || errors.Is(err, health.ErrOverloaded) != c.busy || errors.Is(err, health.ErrUnreachable) {
			t.Errorf("%d %s: wraps the wrong thing: %v", c.status, c.reason, err)
		}
		complain(t, err)
		if err := reads(w.client)[health.TypeHeight](t.Context()); err != nil {
			t.Errorf("%d %s: height fails as well: %v", c.status, c.reason, err)
		}
	}
}

// Who tells when to come back should not be asked anything before.
func TestAPauseThatWasAskedFor(t *testing.T) {
	for _, status := range []int{429, 503} {
		w := newWorld(t, lately())
		w.fake.Set(func(k *fake.Knobs) {
			k.Troubles = []fake.Trouble{{Path: "/steps/", Status: status, RetryAfter: "3600"}}
		})
		if err := reads(w.client)[health.TypeSteps](t.Context()); !errors.Is(err, health.ErrUnreachable) {
			t.Errorf("%d: %v", status, err)
		}
		if asked := len(w.fake.Requests("/steps/")); asked != 1 {
			t.Errorf("%d: asked %d times", status, asked)
		}
	}
}

func TestFixturesOfRefusals(t *testing.T) {
	for name, says := range map[string]string{
		"captured/error_400_filter_member.json":                    "(INVALID_DATA_POINT_FILTER)",
		"captured/error_400_unknown_data_type.json":                "(INVALID_PARENT_DATA_TYPE_COLLECTION)",
		"captured/error_401_unauthenticated.json":                  "does not accept the sign-in",
		"captured/error_404_not_found.json":                        "does not know the address",
		"captured/error_500_internal.json":                         "HTTP 500",
		"synthetic/error_400_account_not_linked.json":              "no Fitbit or Google Health profile",
		"synthetic/error_401_credentials_missing.json":             "does not accept the sign-in",
		"synthetic/error_403_access_token_scope_insufficient.json": "access to weight was not granted",
		"synthetic/error_403_service_disabled.json":                "not enabled",
		"synthetic/error_403_user_project_denied.json":             "refuses access to weight",
		"synthetic/error_429_resource_exhausted.json":              "asks for a pause",
		"constructed/error_400_rollup_duration.json":               "(INVALID_ROLLUP_QUERY_DURATION)",
		"constructed/error_400_unsupported_action.json":            "(UNSUPPORTED_DATA_TYPE_ACTION)",
		"constructed/error_403_disallowed_oauth_scopes.json":       "other Google services",
		"constructed/error_403_missing_oauth_scope.json":           "access to weight was not granted",
	} {
		body := fixture(t, name)
		var status int
		if _, err := fmt.Sscanf(name[strings.Index(name, "error_"):], "error_%d", &status); err != nil {
			t.Fatal(err)
		}
		_, err := clientOf(t, canned(status, body)).Weighings(t.Context(), health.Date{}, health.Date{})
		if err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		complain(t, err)
	}
}

// Scope by scope: what was not granted is named, the rest is read.
func TestMissingScopes(t *testing.T) {
	words := []string{"weight", "activity", "profile", "settings"}
	for i, word := range words {
		var scopes []string
		for k, scope := range fake.Scopes() {
			if k != i {
				scopes = append(scopes, scope)
			}
		}
		w := newWorld(t, lately(), scopes...)
		for kind, read := range reads(w.client) {
			err := read(t.Context())
			if err == nil {
				continue
			}
			var hinted interface{ Hint() string }
			if !errors.As(err, &hinted) || !strings.Contains(hinted.Hint(), "allow "+word+" ") || !strings.HasPrefix(err.Error(), "access to ") {
				t.Errorf("without %s, %s: %v", word, kind, err)
			}
		}
	}
}

func TestForeignScope(t *testing.T) {
	w := newWorld(t, lately(), append(fake.Scopes(), "https://www.googleapis.com/auth/drive")...)
	_, err := w.client.Identity(t.Context())
	wantKind(t, err, fitbit.KindRefused, "also covers other Google services")
}

// A broken answer is an error of that call only.
func TestBrokenAnswers(t *testing.T) {
	for name, trouble := range map[string]fake.Trouble{
		"half": {Half: true}, "cut": {Cut: true}, "page": {HTML: true},
	} {
		w := newWorld(t, lately())
		trouble.Path = "/weight/"
		w.fake.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{trouble} })
		_, err := w.client.Weighings(t.Context(), health.Date{}, health.Date{})
		if err == nil || err.Error() != "Google's answer could not be read" || errors.Is(err, health.ErrUnreachable) {
			t.Errorf("%s: %v", name, err)
		}
		complain(t, err)
		if _, err := w.client.Heights(t.Context(), health.Date{}, health.Date{}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, body := range []string{``, `null`, `[]`, `"x"`, `{"dataPoints":{}}`, `{"dataPoints":[{"weight":{"weightGrams":"heavy"}}]}`, `{"dataPoints":[{"weight":{"weightGrams":1e999}}]}`} {
		_, err := clientOf(t, canned(http.StatusOK, body)).Weighings(t.Context(), health.Date{}, health.Date{})
		if err == nil || !strings.Contains(err.Error(), "could not be read") {
			t.Errorf("%s: %v", body, err)
		}
	}
	for _, body := range []string{`null`, `<html>`, ``} {
		client := clientOf(t, canned(http.StatusOK, body))
		for kind, read := range reads(client) {
			if err := read(t.Context()); err == nil || !strings.Contains(err.Error(), "could not be read") {
				t.Errorf("%q, %s: %v", body, kind, err)
			}
		}
	}
}

// A connection that breaks now and then does no harm.
func TestPassingTroubles(t *testing.T) {
	for name, trouble := range map[string]fake.Trouble{
		"500": {Status: 500}, "502 page": {Status: 502, HTML: true}, "503": {Status: 503}, "504": {Status: 504},
		"429": {Status: 429, RetryAfter: "0"}, "429 with a past date": {Status: 429, RetryAfter: "Mon, 02 Jan 2006 15:04:05 GMT"},
		"nonsense": {Status: 503, RetryAfter: "later"}, "cut": {Cut: true}, "slow": {Delay: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			person := lately()
			w := newWorld(t, person)
			if trouble.Delay > 0 {
				w.options.Timeout = 100 * time.Millisecond
				w.client = newClient(t, w.options)
			}
			trouble.Path, trouble.Times = "/v4/", 2
			w.fake.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{trouble} })
			fats, err := w.client.BodyFats(t.Context(), health.Date{}, health.Date{})
			whole(t, name, fats, err, person.BodyFats, fatAt)
			if got := len(w.fake.Requests("/v4/")); got != 3 {
				t.Errorf("%d tries", got)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	fails := func(name string, o fitbit.Options, says string) {
		t.Helper()
		_, err := newClient(t, o).Identity(t.Context())
		if !errors.Is(err, health.ErrUnreachable) || !strings.Contains(fmt.Sprint(err), says) {
			t.Errorf("%s: %v", name, err)
			return
		}
		complain(t, err)
	}
	w := newWorld(t, lately())

	refused := w.options
	refused.Endpoints.API = closedPort(t)
	fails("refused", refused, "could not reach "+strings.TrimPrefix(refused.Endpoints.API, "http://")+" (connection refused)")

	noTokens := w.options
	noTokens.Endpoints.Token = closedPort(t) + "/token"
	fails("no token endpoint", noTokens, "connection refused")

	unknown := w.options
	unknown.Endpoints.API = "https://health.invalid/"
	unknown.Transport = &http.Transport{DialContext: func(_ context.Context, network, address string) (net.Conn, error) {
		if strings.HasPrefix(address, "health.invalid") {
			return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "no such host", Name: "health.invalid", IsNotFound: true}}
		}
		return net.Dial(network, address)
	}}
	fails("unknown name", unknown, "could not reach health.invalid (name not found)")

	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	untrusted := w.options
	untrusted.Endpoints.API = secure.URL
	fails("certificate", untrusted, "its certificate is not trusted")

	plain := w.options
	plain.Endpoints.API = "https" + strings.TrimPrefix(w.server.URL, "http")
	fails("no TLS", plain, "it does not speak TLS")

	slow := w.options
	slow.Timeout = 5 * time.Millisecond
	slow.Endpoints.API = silentServer(t)
	fails("slow", slow, "no answer in time")
}

// closedPort is an address where nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return "http://" + listener.Addr().String()
}

// silentServer accepts connections and says nothing.
func silentServer(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	return "http://" + listener.Addr().String()
}

// The token stays with the hosts that were configured.
func TestRedirectsAreNotFollowed(t *testing.T) {
	strayed := false
	elsewhere := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { strayed = true }))
	defer elsewhere.Close()
	api := httptest.NewServer(http.RedirectHandler(elsewhere.URL, http.StatusTemporaryRedirect))
	defer api.Close()
	w := newWorld(t, lately())
	w.options.Endpoints.API = api.URL
	_, err := newClient(t, w.options).Identity(t.Context())
	if err == nil || !strings.Contains(err.Error(), "unexpected answer") || strayed {
		t.Errorf("%v, followed: %v", err, strayed)
	}
	w.options.Endpoints.Token = api.URL
	_, err = newClient(t, w.options).Identity(t.Context())
	if err == nil || strayed {
		t.Errorf("%v, followed: %v", err, strayed)
	}
	complain(t, err)
}

func TestLegacyHost(t *testing.T) {
	w := newWorld(t, lately())
	closed := httptest.NewServer(fake.LegacyHost())
	defer closed.Close()
	w.options.Endpoints.API = closed.URL
	_, err := newClient(t, w.options).Profile(t.Context())
	if err == nil || !strings.Contains(err.Error(), "switched off") {
		t.Errorf("got %v", err)
	}
}

func TestBaseAddressWithPath(t *testing.T) {
	w := newWorld(t, lately())
	behind := httptest.NewServer(http.StripPrefix("/proxy", w.fake))
	defer behind.Close()
	for _, base := range []string{"/proxy", "/proxy/"} {
		w.options.Endpoints.API = behind.URL + base
		if _, err := newClient(t, w.options).Identity(t.Context()); err != nil {
			t.Errorf("%s: %v", base, err)
		}
	}
}

func TestInterruptedReading(t *testing.T) {
	w := newWorld(t, lately())
	w.fake.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{{Path: "/v4/", Delay: time.Minute}} })
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
	defer cancel()
	for kind, read := range reads(w.client) {
		err := read(ctx)
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, health.ErrUnreachable) {
			t.Errorf("%s: %v", kind, err)
			continue
		}
		complain(t, err)
	}
	cancelled, stop := context.WithCancel(t.Context())
	stop()
	for kind, read := range reads(w.client) {
		if err := read(cancelled); !errors.Is(err, context.Canceled) || errors.Is(err, health.ErrUnreachable) {
			t.Errorf("%s: %v", kind, err)
		}
	}
}

// Whatever a server answers, reading ends with data or a sentence.
func FuzzAnswers(f *testing.F) {
	f.Add(200, []byte(`{"dataPoints":[{"name":"users/1/dataTypes/weight/dataPoints/7","dataSource":{"device":{"displayName":"Aria"}},"weight":{"sampleTime":{"physicalTime":"2026-11-21T06:42:13Z","utcOffset":"3600s","civilTime":{"date":{"year":2026,"month":11,"day":21},"time":{"hours":7}}},"weightGrams":70000}}],"nextPageToken":""}`))
	f.Add(200, []byte(`{"rollupDataPoints":[{"civilStartTime":{"date":{"year":2026,"month":11,"day":16},"time":{}},"startTime":"2026-11-22T08:00:00Z","totalCalories":{"kcalSum":1},"steps":{"countSum":"1"}}]}`))
	f.Add(400, []byte(`{"error":{"code":400,"status":"X","details":[{"reason":"INVALID_ROLLUP_QUERY_DURATION","metadata":{"maxDurationDays":"1"}}]}}`))
	f.Add(403, []byte(`[{"error":null}]`))
	f.Add(200, []byte(`{"pairedDevices":[null],"timeZone":"Local","age":"x"}`))
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		if status < 200 || status > 599 || status == 429 || status >= 500 {
			t.Skip("repeated, with nothing to learn")
		}
		client := clientOf(t, canned(status, string(body)))
		for kind, read := range reads(client) {
			if err := read(t.Context()); err != nil {
				complain(t, err)
				if u, ok := errors.AsType[*url.Error](err); ok {
					t.Fatalf("%s: %v", kind, u)
				}
			}
		}
	})
}
