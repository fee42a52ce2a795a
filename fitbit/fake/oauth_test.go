package fake_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"vitals/fitbit/fake"
)

const verifier = "a-verifier-of-enough-characters-to-be-a-real-one"

func challenge() string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// asking is a good authorization request.
func asking() url.Values {
	return url.Values{
		"client_id": {fake.DesktopClient().ID}, "redirect_uri": {"http://127.0.0.1:8765/"}, "response_type": {"code"},
		"scope": {strings.Join(fake.Scopes(), " ")}, "state": {"s+t/a te"}, "access_type": {"offline"}, "prompt": {"consent"},
		"code_challenge": {challenge()}, "code_challenge_method": {"S256"},
	}
}

func (h *house) authorize(q url.Values) (*http.Response, string) {
	h.t.Helper()
	return h.send(httptest.NewRequest(http.MethodGet, fake.AuthPath+"?"+q.Encode(), nil))
}

// consent returns the answer that comes with the redirect.
func (h *house) consent(q url.Values) url.Values {
	h.t.Helper()
	resp, body := h.authorize(q)
	location, err := resp.Location()
	if err != nil || resp.StatusCode != http.StatusFound {
		h.t.Fatalf("%s: %s", resp.Status, body)
	}
	if !strings.HasPrefix(location.String(), q.Get("redirect_uri")) || !strings.Contains(body, location.String()) {
		h.t.Errorf("sent to %s; %s", location, body)
	}
	return location.Query()
}

func (h *house) exchange(code string, change ...string) (int, map[string]any) {
	h.t.Helper()
	c := fake.DesktopClient()
	fields := []string{
		"grant_type", "authorization_code", "code", code, "redirect_uri", "http://127.0.0.1:8765/",
		"client_id", c.ID, "client_secret", c.Secret, "code_verifier", verifier,
	}
	return h.form(fake.TokenPath, append(fields, change...)...)
}

func TestConsent(t *testing.T) {
	h := newHouse(t)
	answer := h.consent(asking())
	if answer.Get("state") != "s+t/a te" || answer.Get("scope") != strings.Join(fake.Scopes(), " ") || !strings.HasPrefix(answer.Get("code"), "4/0A") {
		t.Errorf("%v", answer)
	}
	status, token := h.exchange(answer.Get("code"))
	if status != http.StatusOK || token["token_type"] != "Bearer" || token["expires_in"] != 3599.0 || token["refresh_token"] == nil || token["scope"] == nil {
		t.Errorf("%d %v", status, token)
	}
	if _, has := token["refresh_token_expires_in"]; has {
		t.Error("a project in production has no end")
	}
	if status, token := h.exchange(answer.Get("code")); status != http.StatusBadRequest || token["error"] != "invalid_grant" {
		t.Errorf("a second use: %d %v", status, token)
	}
}

func TestConsentPageRefuses(t *testing.T) {
	for _, c := range []struct {
		key, value string // an empty value removes the key
		status     int
		says       string
	}{
		{"client_id", "", 400, "invalid_request"},
		{"client_id", "unknown", 401, "invalid_client"},
		{"redirect_uri", "", 400, "invalid_request"},
		{"redirect_uri", "http://192.168.1.2/", 400, "redirect_uri_mismatch"},
		{"redirect_uri", "urn:ietf:wg:oauth:2.0:oob", 400, "redirect_uri_mismatch"},
		{"response_type", "token", 400, "unsupported_response_type"},
		{"scope", "", 400, "invalid_request"},
		{"scope", "weight", 400, "invalid_scope"},
		{"access_type", "always", 400, "invalid_request"},
		{"code_challenge_method", "plain", 400, "invalid_request"},
	} {
		q := asking()
		q.Set(c.key, c.value)
		resp, body := newHouse(t).authorize(q)
		if resp.StatusCode != c.status || !strings.Contains(body, c.says) || !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html") {
			t.Errorf("%s=%s: %s %s", c.key, c.value, resp.Status, body)
		}
	}
}

func TestConsentKnobs(t *testing.T) {
	h := newHouse(t)
	h.Set(func(k *fake.Knobs) { k.Deny = true })
	if answer := h.consent(asking()); answer.Get("error") != "access_denied" || answer.Get("state") == "" || answer.Has("code") {
		t.Errorf("%v", answer)
	}
	h.Set(func(k *fake.Knobs) { k.Deny, k.Untick = false, fake.Scopes()[:2] })
	if answer := h.consent(asking()); answer.Get("scope") != strings.Join(fake.Scopes()[2:], " ") {
		t.Errorf("%v", answer)
	}
	h.Set(func(k *fake.Knobs) { k.Untick = fake.Scopes() })
	if answer := h.consent(asking()); answer.Get("error") != "access_denied" {
		t.Errorf("%v", answer)
	}
	h.Set(func(k *fake.Knobs) { *k = fake.Knobs{NeverRedirect: true} })
	if resp, body := h.authorize(asking()); resp.StatusCode != http.StatusOK || !strings.Contains(body, "http://127.0.0.1:8765/?state=") {
		t.Errorf("%s %s", resp.Status, body)
	}
	h.Set(func(k *fake.Knobs) { *k = fake.Knobs{NotTestUser: true} })
	if resp, body := h.authorize(asking()); resp.StatusCode != http.StatusForbidden || !strings.Contains(body, "access_denied") {
		t.Errorf("%s %s", resp.Status, body)
	}
}

func TestWebClientNeedsItsExactAddress(t *testing.T) {
	web := fake.Client{ID: "web.apps.googleusercontent.com", Secret: "s", RedirectURIs: []string{"http://localhost:8080/cb"}}
	h := newHouse(t, web)
	q := asking()
	q.Set("client_id", web.ID)
	for address, good := range map[string]bool{"http://localhost:8080/cb": true, "http://localhost:8080/cb/": false, "http://127.0.0.1:8080/cb": false} {
		q.Set("redirect_uri", address)
		if resp, _ := h.authorize(q); (resp.StatusCode == http.StatusFound) != good {
			t.Errorf("%s: %s", address, resp.Status)
		}
	}
}

func TestExchangeRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		change []string
		later  time.Duration
		status int
		says   string
	}{
		"unknown code":     {[]string{"code", "4/0Ax"}, 0, 400, "invalid_grant"},
		"other redirect":   {[]string{"redirect_uri", "http://127.0.0.1:8765"}, 0, 400, "invalid_grant"},
		"no verifier":      {[]string{"code_verifier", ""}, 0, 400, "invalid_grant"},
		"other verifier":   {[]string{"code_verifier", "other"}, 0, 400, "invalid_grant"},
		"too late":         {nil, 10 * time.Minute, 400, "invalid_grant"},
		"unknown client":   {[]string{"client_id", "x"}, 0, 401, "invalid_client"},
		"wrong secret":     {[]string{"client_secret", "x"}, 0, 401, "invalid_client"},
		"no secret":        {[]string{"client_secret", ""}, 0, 400, "invalid_request"},
		"other grant type": {[]string{"grant_type", "password"}, 0, 400, "unsupported_grant_type"},
		"in time":          {nil, 10*time.Minute - time.Second, 200, ""},
	} {
		h := newHouse(t)
		code := h.consent(asking()).Get("code")
		h.time = h.time.Add(c.later)
		status, answer := h.exchange(code, c.change...)
		if got, _ := answer["error"].(string); status != c.status || got != c.says {
			t.Errorf("%s: %d %v", name, status, answer)
		}
	}
	h := newHouse(t)
	r := httptest.NewRequest(http.MethodPost, fake.TokenPath, strings.NewReader(`{"grant_type":"refresh_token"}`))
	r.Header.Set("Content-Type", "application/json")
	if resp, _ := h.send(r); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("JSON: %s", resp.Status)
	}
}

// Google gives a refresh token only for offline access, and after the first
// consent only when the consent is asked for again.
func TestRefreshTokenIsNotAlwaysGiven(t *testing.T) {
	h := newHouse(t)
	given := func(accessType, prompt string) bool {
		q := asking()
		q.Set("access_type", accessType)
		q.Set("prompt", prompt)
		_, token := h.exchange(h.consent(q).Get("code"))
		return token["refresh_token"] != nil
	}
	if given("online", "consent") || !given("offline", "consent") || given("offline", "") || !given("offline", "select_account consent") {
		t.Error("the rules of access_type and prompt are not kept")
	}
}

func TestRenewal(t *testing.T) {
	h := newHouse(t)
	refresh := h.SignIn(fake.Scopes()...)
	status, answer := h.renew(refresh)
	if status != http.StatusOK || answer["refresh_token"] != nil {
		t.Errorf("%d %v", status, answer)
	}
	h.Set(func(k *fake.Knobs) { k.Rotate = true })
	_, answer = h.renew(refresh)
	fresh, _ := answer["refresh_token"].(string)
	if status, answer = h.renew(refresh); status != http.StatusBadRequest || fresh == "" {
		t.Errorf("the replaced token is good: %d %v", status, answer)
	}
	if status, answer = h.renew(fresh); status != http.StatusOK {
		t.Errorf("%d %v", status, answer)
	}
	if status, answer = h.renew("bogus"); status != http.StatusBadRequest || answer["error"] != "invalid_grant" || answer["error_description"] != "Bad Request" {
		t.Errorf("%d %v", status, answer)
	}
}

func TestLifetimes(t *testing.T) {
	h := newHouse(t)
	alive := func() bool { status, _ := h.api("/v4/users/me/identity", ""); return status == http.StatusOK }
	h.time = noon().Add(3598 * time.Second)
	if !alive() {
		t.Error("the access token died early")
	}
	h.time = noon().Add(3599 * time.Second)
	if alive() {
		t.Error("the access token lives on")
	}

	h.time = noon()
	h.Set(func(k *fake.Knobs) { k.Testing = true })
	refresh := h.SignIn(fake.Scopes()...)
	h.time = noon().Add(24 * time.Hour)
	if _, answer := h.renew(refresh); answer["refresh_token_expires_in"] != 6*24*3600.0 {
		t.Errorf("%v", answer)
	}
	h.time = noon().Add(7 * 24 * time.Hour)
	if status, answer := h.renew(refresh); status != http.StatusBadRequest || answer["error_description"] != "Token has been expired or revoked." {
		t.Errorf("%d %v", status, answer)
	}

	h.Set(func(k *fake.Knobs) { k.Testing = false })
	used := h.SignIn(fake.Scopes()...)
	for range 5 {
		h.time = h.time.Add(150 * 24 * time.Hour)
		h.access(used)
	}
	h.time = h.time.Add(190 * 24 * time.Hour)
	if status, _ := h.renew(used); status != http.StatusBadRequest {
		t.Error("a grant unused for six months lives on")
	}
}

func TestOldestOfTooManyGrantsIsDropped(t *testing.T) {
	h := newHouse(t)
	first := h.SignIn(fake.Scopes()...)
	for range 99 {
		h.SignIn(fake.Scopes()...)
	}
	last := h.SignIn(fake.Scopes()...)
	if status, _ := h.renew(first); status == http.StatusOK {
		t.Error("the oldest lives on")
	}
	h.access(last)
}

func TestRevoke(t *testing.T) {
	h := newHouse(t)
	refresh := h.SignIn(fake.Scopes()...)
	h.token = h.access(refresh)
	if status, _ := h.form(fake.RevokePath, "token", refresh); status != http.StatusOK {
		t.Errorf("%d", status)
	}
	if status, answer := h.form(fake.RevokePath, "token", refresh); status != http.StatusBadRequest || answer["error"] != "invalid_token" {
		t.Errorf("%d %v", status, answer)
	}
	if status, _ := h.renew(refresh); status == http.StatusOK {
		t.Error("a revoked grant renews")
	}
	if status, _ := h.api("/v4/users/me/identity", ""); status != http.StatusUnauthorized {
		t.Errorf("a revoked grant reads: %d", status)
	}
	access := h.access(h.SignIn(fake.Scopes()...))
	if status, _ := h.form(fake.RevokePath+"?token="+access, "x", "y"); status != http.StatusOK {
		t.Errorf("by access token in the query: %d", status)
	}
}

func TestUserInfo(t *testing.T) {
	h := newHouse(t)
	for _, c := range []struct {
		scopes []string
		says   string
	}{{fake.Scopes(), `"name": "Ann E."`}, {fake.Scopes()[:5], `"sub": "1000000000000000041"`}} {
		h.token = h.access(h.SignIn(c.scopes...))
		status, body := h.api(fake.UserInfoPath, "")
		if status != http.StatusOK || !strings.Contains(body, c.says) || strings.Contains(body, "Ann") != strings.Contains(c.says, "Ann") {
			t.Errorf("%d %s", status, body)
		}
	}
	h.token = "bogus"
	if status, _ := h.api(fake.UserInfoPath, ""); status != http.StatusUnauthorized {
		t.Errorf("%d", status)
	}
}
