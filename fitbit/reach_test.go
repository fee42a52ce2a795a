package fitbit_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"vitals/fitbit"
	"vitals/fitbit/fake"
	"vitals/internal/health"
)

type asker func(fitbit.Endpoints, context.Context, http.RoundTripper, func() time.Time) (fitbit.Reach, error)

func askers() map[string]asker {
	return map[string]asker{"API": fitbit.Endpoints.ReachAPI, "sign-in": fitbit.Endpoints.ReachSignIn}
}

// A server is asked without a grant, and nothing comes of it.
func TestReach(t *testing.T) {
	w := newWorld(t, lately())
	for name, ask := range askers() {
		for _, off := range []time.Duration{0, 8 * time.Minute, -90 * time.Second} {
			seen, err := ask(w.options.Endpoints, t.Context(), w.options.Transport, func() time.Time { return noon().Add(off) })
			if err != nil || "http://"+seen.Host != w.server.URL || seen.Took <= 0 || seen.ClockAhead == nil || (*seen.ClockAhead-off).Abs() > time.Second {
				t.Errorf("%s, %v off: %+v, %v", name, off, seen, err)
			}
		}
	}
	for _, request := range w.fake.Requests("") {
		if request.Body != "" || len(request.Query) > 0 {
			t.Errorf("it says %+v", request)
		}
	}
	if len(w.fake.Requests("/identity")) != 3 || len(w.fake.Requests("/token")) != 3 || w.keeper.saves != 0 {
		t.Error("it asked something else")
	}
}

// What is not Google's answer is not taken for one, nor is its clock.
func TestWhatIsNotGoogle(t *testing.T) {
	page := func(status int, kind, body string) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", kind)
			w.WriteHeader(status)
			_, _ = io.WriteString(w, body)
		})
	}
	for name, c := range map[string]struct {
		handler http.Handler
		says    string
	}{
		"a login page":      {page(200, "text/html", "<html>Welcome on board</html>"), "is not Google (HTTP 200)"},
		"a refusal":         {page(403, "text/html", "<html>blocked</html>"), "is not Google (HTTP 403)"},
		"other JSON":        {page(401, "application/json", `{"message":"no"}`), "is not Google (HTTP 401)"},
		"JSON for all":      {page(200, "application/json", `{"error":"x"}`), "is not Google (HTTP 200)"},
		"null":              {page(401, "application/json", `null`), "is not Google (HTTP 401)"},
		"a redirect":        {http.RedirectHandler("https://login.example/", http.StatusFound), "is not Google (HTTP 302)"},
		"the closed host":   {fake.LegacyHost(), "switched off"},
		"in trouble":        {page(503, "text/html", "<html>busy</html>"), "overloaded or broken (HTTP 503)"},
		"many requests":     {page(429, "application/json", "{}"), "asks for a pause"},
		"cut":               {cutting(), "connection cut"},
		"without end":       {endless(), "is not Google"},
		"another's refusal": {page(401, "application/json", `{"error":{"code":403,"status":"UNAUTHENTICATED"}}`), "is not Google"},
	} {
		server := httptest.NewServer(c.handler)
		for asked, ask := range askers() {
			seen, err := ask(endpoints(server.URL), t.Context(), &http.Transport{}, time.Now)
			if err == nil || !strings.Contains(err.Error(), c.says) || seen.ClockAhead != nil {
				t.Errorf("%s asked by %s: %+v, %v", name, asked, seen, err)
				continue
			}
			complain(t, err)
		}
		server.Close()
	}
}

// cutting sends half an answer.
func cutting() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = io.WriteString(w, `{"error":{`)
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler)
	})
}

// endless sends an answer that does not end before whoever asked goes away.
func endless() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusUnauthorized)
		for {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	})
}

func TestNobodyToReach(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = log.New(io.Discard, "", 0)
	secure.StartTLS()
	defer secure.Close()
	long := func(ago time.Duration) http.RoundTripper {
		trusting := secure.Client().Transport.(*http.Transport).Clone()
		trusting.TLSClientConfig.Time = func() time.Time { return noon().Add(ago) }
		return trusting
	}
	const century = 100 * 365 * 24 * time.Hour
	for name, c := range map[string]struct {
		address   string
		transport http.RoundTripper
		patience  time.Duration
		says      string
	}{
		"nobody listens":   {closedPort(t), &http.Transport{}, time.Minute, "connection refused"},
		"silence":          {silentServer(t), &http.Transport{}, 5 * time.Millisecond, "no answer in time"},
		"no trust":         {secure.URL, &http.Transport{}, time.Minute, "certificate is not trusted"},
		"before its time":  {secure.URL, long(-century), time.Minute, "not valid at the time of this machine's clock"},
		"after its time":   {secure.URL, long(century), time.Minute, "not valid at the time of this machine's clock"},
		"an open address":  {"http://health.example", nil, time.Minute, "must be an https address"},
		"not of this life": {"https://127.0.0.1:1/", &http.Transport{TLSClientConfig: &tls.Config{}}, time.Minute, "connection refused"},
	} {
		for asked, ask := range askers() {
			ctx, cancel := context.WithTimeout(t.Context(), c.patience)
			seen, err := ask(endpoints(c.address), ctx, c.transport, time.Now)
			cancel()
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s asked by %s: %v", name, asked, err)
				continue
			}
			complain(t, err)
			if wrongTime := strings.Contains(c.says, "clock"); (seen.Certificate != nil) != wrongTime || seen.ClockAhead != nil {
				t.Errorf("%s: %+v", name, seen)
			} else if wrongTime && (seen.Certificate.From.IsZero() || !seen.Certificate.Until.After(seen.Certificate.From)) {
				t.Errorf("%s: %+v", name, seen.Certificate)
			}
			if unsafe := c.transport == nil; errors.Is(err, health.ErrUnreachable) == unsafe {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}
