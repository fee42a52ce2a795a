package fitbit_test

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"vitals/fitbit"
	"vitals/fitbit/fake"
	"vitals/internal/health"
)

// timed runs a test in which time passes at once, with a client of a fake that
// is called without a network.
func timed(t *testing.T, run func(t *testing.T, server *fake.Server, client *fitbit.Client)) {
	t.Helper()
	person := lately()
	synctest.Test(t, func(t *testing.T) {
		server := fake.New(person, time.Now)
		registered := fake.DesktopClient()
		client := newClient(t, fitbit.Options{
			Endpoints: endpoints("http://localhost"),
			Client:    fitbit.OAuthClient{ID: registered.ID, Secret: fitbit.Secret(registered.Secret), RedirectURL: redirect},
			Keeper:    &keeper{grant: fitbit.Grant{RefreshToken: fitbit.Secret(server.SignIn(fake.Scopes()...))}},
			Transport: direct{server},
			Now:       time.Now,
		})
		run(t, server, client)
	})
}

func TestPatience(t *testing.T) {
	for name, c := range map[string]struct {
		trouble     fake.Trouble
		least, most time.Duration
		tries       int
	}{
		"back-off with jitter":  {fake.Trouble{Status: 503}, 0, 7 * time.Second, 4},
		"seconds are kept":      {fake.Trouble{Status: 429, RetryAfter: "20"}, 60 * time.Second, 61 * time.Second, 4},
		"but not minutes":       {fake.Trouble{Status: 503, RetryAfter: "61"}, 0, time.Second / 2, 1},
		"nor ages":              {fake.Trouble{Status: 503, RetryAfter: "18446744073709551615"}, 0, time.Second / 2, 1},
		"nothing before a past": {fake.Trouble{Status: 503, RetryAfter: "Sat, 01 Jan 2000 00:00:00 GMT"}, 0, 2 * time.Second, 4},
		"negative is nonsense":  {fake.Trouble{Status: 503, RetryAfter: "-5"}, 0, 7 * time.Second, 4},
		"slow each time":        {fake.Trouble{Delay: time.Hour}, 120 * time.Second, 128 * time.Second, 4},
	} {
		t.Run(name, func(t *testing.T) {
			timed(t, func(t *testing.T, server *fake.Server, client *fitbit.Client) {
				c.trouble.Path = "/identity"
				server.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{c.trouble} })
				start := time.Now()
				_, err := client.Identity(t.Context())
				if !errors.Is(err, health.ErrUnreachable) && !errors.Is(err, health.ErrOverloaded) {
					t.Errorf("got %v", err)
				}
				if took := time.Since(start); took < c.least || took > c.most {
					t.Errorf("took %v, want %v to %v", took, c.least, c.most)
				}
				if got := len(server.Requests("/identity")); got != c.tries || client.Requests() != got+1 { // one for the token
					t.Errorf("%d tries, %d requests", got, client.Requests())
				}
			})
		})
	}
}

// A date is a point in time, not a number of seconds.
func TestRetryAfterDate(t *testing.T) {
	timed(t, func(t *testing.T, server *fake.Server, client *fitbit.Client) {
		until := time.Now().Add(30 * time.Second).UTC().Format(http.TimeFormat)
		server.Set(func(k *fake.Knobs) {
			k.Troubles = []fake.Trouble{{Path: "/identity", Status: 503, Times: 1, RetryAfter: until}}
		})
		start := time.Now()
		if _, err := client.Identity(t.Context()); err != nil {
			t.Error(err)
		}
		if took := time.Since(start); took < 29*time.Second || took > 31*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	timed(t, func(t *testing.T, server *fake.Server, client *fitbit.Client) {
		server.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{{Path: "/identity", Status: 429, RetryAfter: "50"}} })
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(10*time.Second, cancel)
		start := time.Now()
		if _, err := client.Identity(ctx); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
		if took := time.Since(start); took != 10*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

// Two a second, whoever asks: renewals and repetitions count as well.
func TestGooglesLimitIsNotHit(t *testing.T) {
	timed(t, func(t *testing.T, server *fake.Server, client *fitbit.Client) {
		server.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{{Status: 503, Times: 1, RetryAfter: "0"}} })
		start := time.Now()
		var all sync.WaitGroup
		for range 26 {
			all.Go(func() {
				if _, err := client.Identity(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		// One renewal, tried twice, and 26 requests.
		if took := time.Since(start); took != 27*time.Second/2 {
			t.Errorf("took %v", took)
		}
		received := server.Requests("")
		for i := 2; i < len(received); i++ {
			if apart := received[i].At.Sub(received[i-2].At); apart < time.Second {
				t.Errorf("three requests within %v", apart)
			}
		}
	})
}

// What net/http repeats by itself, when a connection that was kept turns out to be
// broken, waits for its turn as well, and is counted.
func TestARepetitionOfTheConnectionKeepsThePace(t *testing.T) {
	person := lately()
	synctest.Test(t, func(t *testing.T) {
		google, wire := fake.New(person, time.Now), fake.NewWire()
		var arrived []time.Time
		connections, last := 0, 0 // last is the one that answered
		server := &http.Server{ErrorLog: log.New(io.Discard, "", 0), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			arrived = append(arrived, time.Now())
			id := r.Context().Value(connection{}).(int)
			if id == last {
				panic(http.ErrAbortHandler) // once kept, it is broken
			}
			last = id
			google.ServeHTTP(w, r)
		}), ConnContext: func(ctx context.Context, _ net.Conn) context.Context {
			connections++
			return context.WithValue(ctx, connection{}, connections)
		}}
		served := make(chan struct{})
		go func() {
			_ = server.Serve(wire)
			close(served)
		}()
		transport := wire.Transport()
		registered := fake.DesktopClient()
		client := newClient(t, fitbit.Options{
			Endpoints: endpoints("http://127.0.0.1:80"),
			Client:    fitbit.OAuthClient{ID: registered.ID, Secret: fitbit.Secret(registered.Secret), RedirectURL: redirect},
			Keeper:    &keeper{grant: fitbit.Grant{RefreshToken: fitbit.Secret(google.SignIn(fake.Scopes()...))}},
			Transport: transport, Now: time.Now,
		})
		for range 5 {
			if _, err := client.Identity(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if client.Requests() != len(arrived) || len(arrived) < 10 {
			t.Errorf("%d requests are counted, %d arrived", client.Requests(), len(arrived))
		}
		for i := 1; i < len(arrived); i++ {
			if apart := arrived[i].Sub(arrived[i-1]); apart < time.Second/2-time.Microsecond {
				t.Errorf("request %d came %v after the one before", i+1, apart)
			}
		}
		transport.CloseIdleConnections()
		_ = server.Close()
		<-served
	})
}

// connection is the key of a connection's number.
type connection struct{}

// A turn that comes after the caller's deadline is not waited for.
func TestPaceAndDeadline(t *testing.T) {
	timed(t, func(t *testing.T, _ *fake.Server, client *fitbit.Client) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		var all sync.WaitGroup
		var mu sync.Mutex
		late := 0
		for range 30 {
			all.Go(func() {
				if _, err := client.Identity(ctx); err != nil {
					if !errors.Is(err, health.ErrUnreachable) || strings.Contains(err.Error(), "rate") {
						t.Error(err)
					}
					mu.Lock()
					defer mu.Unlock()
					late++
				}
			})
		}
		all.Wait()
		if late < 25 || late > 29 {
			t.Errorf("%d of 30 came too late", late)
		}
	})
}
