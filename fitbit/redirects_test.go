package fitbit_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"vitals/fitbit"
	"vitals/fitbit/fake"
	"vitals/internal/health"
)

// Nothing is sent where a server points to, however it does and whoever asks: not
// the tokens, nor the code, the verifier or the client's secret.
func TestNothingFollowsARedirect(t *testing.T) {
	var strayed atomic.Int64
	elsewhere := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		strayed.Add(1)
		t.Errorf("%s %s came", r.Method, r.URL.Path)
	})
	open, secure := httptest.NewServer(elsewhere), httptest.NewTLSServer(elsewhere)
	defer open.Close()
	defer secure.Close()
	asks := map[string]func(ctx context.Context, w *world, base string) error{
		"API": func(ctx context.Context, w *world, base string) error {
			w.options.Endpoints.API = base
			_, err := newClient(t, w.options).Identity(ctx)
			return err
		},
		"API with a body": func(ctx context.Context, w *world, base string) error {
			w.options.Endpoints.API = base
			return reads(newClient(t, w.options))[health.TypeSteps](ctx)
		},
		"renewal": func(ctx context.Context, w *world, base string) error {
			w.options.Endpoints.Token = base + fake.TokenPath
			_, err := newClient(t, w.options).Identity(ctx)
			return err
		},
		"exchange": func(ctx context.Context, w *world, base string) error {
			begun, answer := w.answer(t)
			w.options.Endpoints.Token = base + fake.TokenPath
			_, err := newClient(t, w.options).Complete(ctx, begun, answer, noReport)
			return err
		},
		"name": func(ctx context.Context, w *world, base string) error {
			w.options.Endpoints.UserInfo = base + fake.UserInfoPath
			profile, err := newClient(t, w.options).Profile(ctx)
			if err != nil || profile.Name != "" {
				return nil // which must not be
			}
			return fmt.Errorf("no name")
		},
		"name at the sign-in": func(ctx context.Context, w *world, base string) error {
			begun, answer := w.answer(t)
			w.options.Endpoints.UserInfo = base + fake.UserInfoPath
			signedIn, err := newClient(t, w.options).Complete(ctx, begun, answer, noReport)
			if err != nil || signedIn.Name != "" {
				return nil
			}
			return fmt.Errorf("no name")
		},
		"revocation": func(ctx context.Context, w *world, base string) error {
			w.options.Endpoints.Revoke = base + fake.RevokePath
			return newClient(t, w.options).Revoke(ctx, w.keeper.grant)
		},
		"doctor at the API": func(ctx context.Context, w *world, base string) error {
			_, err := endpoints(base).ReachAPI(ctx, w.options.Transport, w.now)
			return err
		},
		"doctor at the sign-in": func(ctx context.Context, w *world, base string) error {
			_, err := endpoints(base).ReachSignIn(ctx, w.options.Transport, w.now)
			return err
		},
	}
	trusting := secure.Client().Transport
	for _, status := range []int{301, 302, 303, 307, 308} {
		for where, target := range map[string]string{
			"another port": open.URL, "another host": strings.Replace(open.URL, "127.0.0.1", "localhost", 1), "another scheme": secure.URL,
		} {
			redirecting := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Location", target+r.URL.Path)
				w.WriteHeader(status)
			}))
			for name, ask := range asks {
				w := newWorld(t, lately())
				w.options.Transport = trusting
				if err := ask(t.Context(), w, redirecting.URL); err == nil {
					t.Errorf("%s, %d to %s: no error", name, status, where)
				}
				w.server.Close()
			}
			redirecting.Close()
		}
	}
	if strayed.Load() > 0 {
		t.Errorf("%d requests strayed", strayed.Load())
	}
}

// A redirect is not what Google does: it passes, once the network is left that
// makes it.
func TestARedirectIsOfSomeProxy(t *testing.T) {
	w := newWorld(t, lately())
	portal := httptest.NewServer(http.RedirectHandler("https://login.example/", http.StatusFound))
	defer portal.Close()
	w.options.Endpoints.Token = portal.URL
	_, err := newClient(t, w.options).Identity(t.Context())
	wantKind(t, err, fitbit.KindTryAgain, "is not Google (HTTP 302)")
}
