package command

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"vitals/fitbit"
	"vitals/internal/config"
	"vitals/internal/health"
	"vitals/internal/store"
	"vitals/internal/timeline"
	"vitals/internal/view"
	"vitals/tui"
)

// FuzzState leaves anything in the files of the state folder. The screen then
// begins with a window that there is, and only a sign-in of this client, at the
// address it knows, that is not over yet is gone on with.
func FuzzState(f *testing.F) {
	client := fitbit.OAuthClient{ID: "x.apps.googleusercontent.com", Secret: "secret", RedirectURL: "http://127.0.0.1:8765/"}
	attempt, err := fitbit.Begin(client, fitbit.GoogleEndpoints(), moment)
	if err != nil {
		f.Fatal(err)
	}
	good, err := json.Marshal(attempt)
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"reach":2,"unit":1,"source":2,"compare":true,"heat":true,"body_reach":5,"body_unit":3,"units":"st"}`), good)
	f.Add([]byte(`{"reach":255,"unit":255,"source":255,"body_reach":255,"body_unit":255,"units":"\u001b[2J"}`), []byte(strings.Replace(string(good), "https://accounts.google.com", "https://evil.example", 1)))
	f.Add([]byte(`{"reach":-1`), []byte(`{"Expires":"9999-12-31T23:59:59Z","ClientID":"x.apps.googleusercontent.com"}`))
	f.Add([]byte(`[`), []byte("null"))
	kept, err := store.OpenMemory(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { kept.Close() })
	f.Fuzz(func(t *testing.T, remembered, pending []byte) {
		s := &session{stateDir: t.TempDir(), store: kept, machine: time.UTC,
			env:    Environment{Now: func() time.Time { return moment }, Getenv: func(string) string { return "" }},
			config: config.Config{Fitbit: config.Fitbit{ClientID: client.ID, ClientSecret: config.Secret(client.Secret), RedirectURL: client.RedirectURL}}}
		for name, content := range map[string][]byte{viewFile: remembered, attemptFile: pending, addressFile: pending} {
			if err := os.WriteFile(filepath.Join(s.stateDir, name), content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		r := tui.New(tui.Dependencies{Remembered: s.remembered()}).Remember()
		if r.Reach < view.LastDay || r.Reach > view.All || r.BodyReach < view.LastMonth || r.BodyReach > view.All || r.Unit > timeline.Year || r.BodyUnit > timeline.Year ||
			r.Source > view.HouseAndBurned || r.Units != "" && !slices.Contains(health.WeightUnits(), r.Units) {
			t.Errorf("%q: the screen begins with %+v", remembered, r)
		}
		if again := tui.New(tui.Dependencies{Remembered: r}).Remember(); again != r {
			t.Errorf("%+v, then %+v", r, again)
		}
		kept, whole := s.kept()
		others := whole && kept.Check(moment) == nil && (kept.ClientID != client.ID || kept.AuthURL != attempt.AuthURL)
		got, err := (&signIn{session: s}).pending(t.Context())
		_, gone := os.Stat(filepath.Join(s.stateDir, attemptFile))
		switch {
		case others && gone != nil:
			t.Errorf("%q: the sign-in of another configuration is gone", pending)
		case err != nil && gone == nil && !others:
			t.Errorf("%q: a sign-in that cannot be finished is left there: %v", pending, err)
		case err == nil && (got.ClientID != client.ID || got.AuthURL != attempt.AuthURL || !got.Expires.After(moment)):
			t.Errorf("%q: gone on with as %+v", pending, got)
		case err == nil && fault(got.URL()) != "":
			t.Errorf("%q: the address is %q", pending, got.URL())
		}
	})
}
