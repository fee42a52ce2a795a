package fitbit_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"vitals/fitbit"
)

func TestEndpointsMustBeSafe(t *testing.T) {
	for address, safe := range map[string]bool{
		"https://example.org":              true,
		"http://127.0.0.1:1234/base":       true,
		"http://127.9.9.9/":                true,
		"http://[::1]:80":                  true,
		"http://localhost:99":              true,
		"http://example.org":               false,
		"http://192.168.1.2/":              false,
		"http://localhost.example.org/":    false,
		"http://127.0.0.1.example.org/":    false,
		"http://user:secret@localhost/":    false,
		"ftp://localhost/":                 false,
		"localhost:99":                     false,
		"https://":                         false,
		"":                                 false,
		"https://example.org/#fragment":    false,
		"http://%zz":                       false,
		"https://example.org/\x7f":         false,
		"http://[fe80::1%25eth0]/":         false,
		"//example.org/":                   false,
		"http://0.0.0.0/":                  false,
		"https://health.googleapis.com/v4": true,
	} {
		e := fitbit.GoogleEndpoints()
		e.API = address
		_, err := fitbit.New(fitbit.Options{Endpoints: e, Now: noon})
		if (err == nil) != safe {
			t.Errorf("%q: %v", address, err)
		}
		if err != nil {
			complain(t, err, "secret")
			if !strings.Contains(err.Error(), "api_url") {
				t.Errorf("%q does not name the key", err)
			}
		}
	}
}

func TestBeginRefuses(t *testing.T) {
	good := fitbit.OAuthClient{ID: "1.apps.googleusercontent.com", Secret: "s", RedirectURL: redirect}
	for _, c := range []struct {
		change func(*fitbit.OAuthClient, *fitbit.Endpoints)
		says   string
	}{
		{func(c *fitbit.OAuthClient, _ *fitbit.Endpoints) { c.ID = "" }, "no Google client is set up"},
		{func(c *fitbit.OAuthClient, _ *fitbit.Endpoints) { c.ID = "7c39abf127d964bc984aba4020845d11" }, "this is an old Fitbit key"},
		{func(c *fitbit.OAuthClient, _ *fitbit.Endpoints) { c.RedirectURL = "" }, "redirect_url must be"},
		{func(c *fitbit.OAuthClient, _ *fitbit.Endpoints) { c.RedirectURL = "http://box.local:8765/" }, "redirect_url must be"},
		{func(_ *fitbit.OAuthClient, e *fitbit.Endpoints) { e.Auth = "http://example.org/auth" }, "auth_url must be"},
		{func(c *fitbit.OAuthClient, e *fitbit.Endpoints) { // one of Google's own is enough
			c.ID, e.Auth = "old", "https://proxy.example/auth"
		}, "this is an old Fitbit key"},
	} {
		client, endpoints := good, fitbit.GoogleEndpoints()
		c.change(&client, &endpoints)
		_, err := fitbit.Begin(client, endpoints, noon())
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("got %v, want %q", err, c.says)
			continue
		}
		complain(t, err)
	}
	other := fitbit.OAuthClient{ID: "anything", RedirectURL: redirect}
	if _, err := fitbit.Begin(other, endpoints("http://localhost:99"), noon()); err != nil {
		t.Errorf("any id will do for another server: %v", err)
	}
}

func TestParseClientFile(t *testing.T) {
	for _, c := range []struct {
		file, redirect, says string
	}{
		{`{"installed":{"client_id":"i","client_secret":"s","redirect_uris":["http://localhost"],"project_id":"p"}}`, "", ""},
		{`{"web":{"client_id":"i","client_secret":"s","redirect_uris":["http://localhost:8080/"]}}`, "http://localhost:8080/", ""},
		{`{"web":{"client_id":"i","client_secret":"s"}}`, "", ""},
		{`{"web":{"client_id":"i","client_secret":"s","redirect_uris":["http://box.lan/"]}}`, "", ""},
		{`{"installed":{"client_id":"i"}}`, "", "no usable id or secret"},
		{`{"installed":{"client_id":"i\n","client_secret":"s"}}`, "", "no usable id or secret"},
		{`{"installed":{"client_id":"i","client_secret":"s\u001b[0m"}}`, "", "no usable id or secret"},
		{`{"type":"service_account","client_id":"i","private_key":"k"}`, "", "service account"},
		{`{}`, "", "describes no OAuth client"},
		{`null`, "", "describes no OAuth client"},
		{`client_id=i`, "", "not Google's client_secret JSON file"},
		{``, "", "not Google's client_secret JSON file"},
		{`{"installed":"x"}`, "", "not Google's client_secret JSON file"},
	} {
		got, err := fitbit.ParseClientFile([]byte(c.file))
		if c.says != "" {
			if err == nil || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%s: %v", c.file, err)
			} else {
				complain(t, err)
			}
			continue
		}
		if err != nil || got.ID != "i" || got.Secret != "s" || got.RedirectURL != c.redirect {
			t.Errorf("%s: %q %q, %v", c.file, got.ID, got.RedirectURL, err)
		}
	}
}

func FuzzParseClientFile(f *testing.F) {
	f.Add([]byte(`{"installed":{"client_id":"i","client_secret":"s"}}`))
	f.Add([]byte(`{"web":{"client_id":"i","client_secret":"s","redirect_uris":["http://localhost"]}}`))
	f.Fuzz(func(t *testing.T, file []byte) {
		c, err := fitbit.ParseClientFile(file)
		if err == nil && (c.ID == "" || c.Secret == "" || strings.ContainsAny(c.ID+string(c.Secret), " \n\r\x00\x1b")) {
			t.Fatalf("%q %q", c.ID, string(c.Secret))
		}
	})
}

func TestSecretsDoNotPrint(t *testing.T) {
	const hidden = "s3cr3t"
	for _, value := range []any{
		fitbit.Secret(hidden),
		fitbit.Grant{RefreshToken: hidden},
		&fitbit.Grant{RefreshToken: hidden},
		fitbit.OAuthClient{Secret: hidden},
		fitbit.Attempt{State: hidden, Verifier: hidden},
		fitbit.Answer{Code: hidden},
		fitbit.SignedIn{Grant: fitbit.Grant{RefreshToken: hidden}},
		[]fitbit.Secret{hidden},
		map[string]fitbit.Secret{"key": hidden},
	} {
		var logged bytes.Buffer
		slog.New(slog.NewTextHandler(&logged, nil)).Info("value", "value", value)
		slog.New(slog.NewJSONHandler(&logged, nil)).Info("value", "value", value)
		printed := logged.String()
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d", "%T"} {
			printed += fmt.Sprintf(verb, value)
		}
		if strings.Contains(printed, hidden) || strings.Contains(printed, fmt.Sprintf("%x", hidden)) {
			t.Errorf("%T shows its secret: %s", value, printed)
		}
	}
	if text, _ := json.Marshal(fitbit.Attempt{Verifier: hidden}); !strings.Contains(string(text), hidden) {
		t.Error("a stored attempt needs its verifier")
	}
}
