package fitbit_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"vitals/fitbit"
	"vitals/fitbit/fake"
	"vitals/internal/health"
)

// until answers the first request to the API with a pause until a date, by a
// clock that is off.
func until(server http.Handler, pause, off time.Duration, tellsTime bool) http.Handler {
	done := false
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if done || !strings.HasPrefix(r.URL.Path, "/v4/") {
			server.ServeHTTP(w, r)
			return
		}
		done = true
		now := time.Now().Add(off).UTC()
		w.Header().Set("Retry-After", now.Add(pause).Format(http.TimeFormat))
		if tellsTime {
			w.Header().Set("Date", now.Format(http.TimeFormat))
		}
		w.WriteHeader(http.StatusTooManyRequests)
	})
}

// A date to wait for goes by the clock of whoever gives it.
func TestAPauseIsKeptWhateverTheClocksSay(t *testing.T) {
	person := lately()
	for _, c := range []struct {
		ahead, off time.Duration // of this machine's clock, and of the server's
		tellsTime  bool
	}{{0, 0, true}, {0, 0, false}, {3 * time.Hour, 0, true}, {-3 * time.Hour, 0, true}, {0, 9 * time.Hour, true}, {0, -9 * time.Hour, true}} {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(300 * time.Millisecond) // no whole second
			server := fake.New(person, time.Now)
			registered := fake.DesktopClient()
			client := newClient(t, fitbit.Options{
				Endpoints: endpoints("http://localhost"),
				Client:    fitbit.OAuthClient{ID: registered.ID, Secret: fitbit.Secret(registered.Secret), RedirectURL: redirect},
				Keeper:    &keeper{grant: fitbit.Grant{RefreshToken: fitbit.Secret(server.SignIn(fake.Scopes()...))}},
				Transport: direct{until(server, 20*time.Second, c.off, c.tellsTime)},
				Now:       func() time.Time { return time.Now().Add(c.ahead) },
			})
			start := time.Now()
			if _, err := client.Identity(t.Context()); err != nil {
				t.Errorf("%+v: %v", c, err)
			}
			// One turn of half a second for the token; without a Date the seconds that
			// the format leaves out are not known.
			if took := time.Since(start); took < 20*time.Second-300*time.Millisecond || c.tellsTime && took < 20*time.Second || took > 22*time.Second {
				t.Errorf("%+v: took %v", c, took)
			}
		})
	}
}

// Whoever asks later is told when.
func TestALongPauseIsTold(t *testing.T) {
	for path, header := range map[string]string{"/v4/": "3600", fake.TokenPath: "3600"} {
		w := newWorld(t, lately())
		w.fake.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{{Path: path, Status: 503, RetryAfter: header}} })
		_, err := w.client.Identity(t.Context())
		told, ok := errors.AsType[*fitbit.Error](err)
		if !ok || told.Pause() != time.Hour || !errors.Is(err, health.ErrUnreachable) {
			t.Errorf("%s: %v, %v", path, err, told.Pause())
		}
	}
	w := newWorld(t, lately())
	w.fake.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{{Path: "/v4/", Status: 503}} })
	_, err := w.client.Identity(t.Context())
	if told, ok := errors.AsType[*fitbit.Error](err); !ok || told.Pause() != 0 {
		t.Errorf("nothing was asked for: %v", err)
	}
}

// What came is told from nothing that came, and is not asked for again when that
// would bring the same.
func TestAnswersThatAreNoAnswers(t *testing.T) {
	spaces := strings.Repeat(" ", 1<<20)
	for name, c := range map[string]struct {
		answer   func(http.ResponseWriter)
		says     string
		hint     string
		busy     bool
		requests int
	}{
		"a page of this network": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, "<html>")
		}, "Google's answer could not be read", "log in to this network", true, 1},
		"a redirection": {func(w http.ResponseWriter) {
			w.Header().Set("Location", "http://login.invalid/")
			w.WriteHeader(http.StatusFound)
		}, "unexpected answer about height (HTTP 302)", "log in to this network", true, 1},
		"a login is wanted": {func(w http.ResponseWriter) { w.WriteHeader(511) }, "wants a login", "log in to this network", true, 1},
		"no gzip": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			_, _ = io.WriteString(w, "{}{}{}{}{}{}{}{}{}{}{}")
		}, "Google's answer could not be read", "try again later", false, 1},
		"a bomb": {func(w http.ResponseWriter) {
			w.Header().Set("Content-Encoding", "gzip")
			z := gzip.NewWriter(w)
			_, _ = io.WriteString(z, "{")
			for range 65 {
				_, _ = io.WriteString(z, spaces)
			}
			_, _ = io.WriteString(z, "}")
			_ = z.Close()
		}, "Google's answer could not be read", "try again later", false, 1},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, lately())
			asked := 0
			w.server.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
				if strings.Contains(r.URL.Path, "/height/") {
					asked++
					c.answer(rw)
					return
				}
				w.fake.ServeHTTP(rw, r)
			})
			err := reads(w.client)[health.TypeHeight](t.Context())
			if !strings.Contains(fmt.Sprint(err), c.says) || !strings.Contains(health.Hint(err), c.hint) ||
				errors.Is(err, health.ErrOverloaded) != c.busy || errors.Is(err, health.ErrUnreachable) {
				t.Errorf("got %v (%s)", err, health.Hint(err))
			}
			complain(t, err)
			if asked != c.requests {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}

// A list is given up where nothing but more pages comes.
func TestAListInACircleEnds(t *testing.T) {
	for name, c := range map[string]struct {
		next func(n int) string
		page string
		most int
	}{
		"a circle":    {func(n int) string { return fmt.Sprint("page", n%3) }, `"dataPoints":[{}],`, 5},
		"empty pages": {func(n int) string { return fmt.Sprint("page", n) }, ``, 21},
	} {
		n := 0
		client := clientOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == fake.TokenPath {
				canned(http.StatusOK, "").ServeHTTP(w, r)
				return
			}
			_, _ = io.WriteString(w, `{`+c.page+`"nextPageToken":"`+c.next(n)+`"}`)
			n++
		}))
		_, err := client.Weighings(t.Context(), health.Date{}, health.Date{})
		if err == nil || !strings.Contains(err.Error(), "does not end") || client.Requests() > c.most {
			t.Errorf("%s: %v after %d requests", name, err, client.Requests())
		}
	}
}

// A token that ends soon is not renewed for every request.
func TestTokensOfOddLives(t *testing.T) {
	for life, renewals := range map[string]int{"30": 1, "61": 1, "0": 1, "-5": 1, "99999999999": 1, `"3599"`: 1, "null": 1} {
		renewed := 0
		client := clientOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != fake.TokenPath {
				canned(http.StatusOK, `{}`).ServeHTTP(w, r)
				return
			}
			renewed++
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, `{"access_token":"at","token_type":"Bearer","expires_in":`+life+`}`)
		}))
		for range 5 {
			if _, err := client.Identity(t.Context()); err != nil {
				t.Errorf("%s: %v", life, err)
			}
		}
		if renewed != renewals {
			t.Errorf("%s: renewed %d times", life, renewed)
		}
	}
}

// A token cannot be had: nothing else need be asked.
func TestACutLineToTheSignInStopsAll(t *testing.T) {
	w := newWorld(t, lately())
	w.server.Config.Handler = http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) })
	_, err := w.client.Identity(t.Context())
	if !errors.Is(err, health.ErrUnreachable) || !strings.Contains(err.Error(), "connection cut") {
		t.Errorf("got %v", err)
	}
	complain(t, err)
}

// A login page that a network leads to instead of the sign-in is not asked for again.
func TestALoginPageInsteadOfATokenIsAskedForOnce(t *testing.T) {
	asked := 0
	client := clientOf(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Location", "http://login.invalid/")
		w.WriteHeader(http.StatusFound)
	}))
	if _, err := client.Identity(t.Context()); err == nil || asked != 1 {
		t.Errorf("asked %d times, %v", asked, err)
	}
}
