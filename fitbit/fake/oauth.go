package fake

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// authorize is the page a browser is sent to. The person signs in and agrees
// at once, or does what the knobs say.
func (s *Server) authorize(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := r.URL.Query()
	if status, name, text := s.checkAuthorization(q); name != "" {
		page(w, status, "Access blocked: Authorization Error", fmt.Sprintf("%s<br>Error %d: %s", html.EscapeString(text), status, name))
		return
	}
	if s.knobs.NotTestUser {
		page(w, http.StatusForbidden, "Access blocked", "The app is currently being tested, and can only be accessed by developer-approved testers.<br>Error 403: access_denied")
		return
	}
	granted := slices.DeleteFunc(strings.Fields(q.Get("scope")), func(scope string) bool { return slices.Contains(s.knobs.Untick, scope) })
	answer := "error=access_denied"
	if !s.knobs.Deny && len(granted) > 0 {
		answer = fmt.Sprintf("code=%s&scope=%s&authuser=0&prompt=consent",
			url.QueryEscape(s.newCode(q, granted)), url.QueryEscape(strings.Join(granted, " ")))
	}
	if state := q.Get("state"); state != "" {
		answer = "state=" + url.QueryEscape(state) + "&" + answer
	}
	address := addQuery(q.Get("redirect_uri"), answer)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if !s.knobs.NeverRedirect {
		w.Header().Set("Location", address)
		w.WriteHeader(http.StatusFound)
	}
	_, _ = io.WriteString(w, "The browser is sent to this address. Nobody needs to listen there: copy it and paste it into vitals.\n\n"+address+"\n")
}

func (s *Server) newCode(q url.Values, granted []string) string {
	client := q.Get("client_id")
	offline := q.Get("access_type") == "offline"
	text := "4/0A" + rand.Text() + "-" + rand.Text()
	s.grants.codes[text] = code{
		grant:     s.newGrant(client, granted),
		redirect:  q.Get("redirect_uri"),
		challenge: q.Get("code_challenge"),
		ends:      s.now().Add(codeLife),
		refresh:   offline && (!s.grants.consented[client] || slices.Contains(strings.Fields(q.Get("prompt")), "consent")),
	}
	s.grants.consented[client] = true
	return text
}

// checkAuthorization returns what the error page says; an empty name is no error.
func (s *Server) checkAuthorization(q url.Values) (status int, name, text string) {
	for _, required := range []string{"client_id", "redirect_uri", "response_type", "scope"} {
		if q.Get(required) == "" {
			return http.StatusBadRequest, "invalid_request", "Missing required parameter: " + required
		}
	}
	client, known := s.client(q.Get("client_id"))
	switch {
	case !known:
		return http.StatusUnauthorized, "invalid_client", "The OAuth client was not found."
	case !client.mayRedirect(q.Get("redirect_uri")):
		return http.StatusBadRequest, "redirect_uri_mismatch", "You can't sign in to this app because it doesn't comply with Google's OAuth 2.0 policy."
	case q.Get("response_type") != "code":
		return http.StatusBadRequest, "unsupported_response_type", "Invalid response_type: " + q.Get("response_type")
	case !slices.Contains([]string{"", "online", "offline"}, q.Get("access_type")):
		return http.StatusBadRequest, "invalid_request", "Invalid access_type: " + q.Get("access_type")
	case q.Get("code_challenge") != "" && q.Get("code_challenge_method") != "S256":
		return http.StatusBadRequest, "invalid_request", "Invalid code_challenge_method: " + q.Get("code_challenge_method")
	}
	for _, scope := range strings.Fields(q.Get("scope")) {
		if !validScope(scope) {
			return http.StatusBadRequest, "invalid_scope", "Some requested scopes were invalid. {invalid=[" + scope + "]}"
		}
	}
	return 0, "", ""
}

func (s *Server) client(id string) (Client, bool) {
	i := slices.IndexFunc(s.clients, func(c Client) bool { return c.ID == id })
	if i < 0 {
		return Client{}, false
	}
	return s.clients[i], true
}

func (c Client) mayRedirect(uri string) bool {
	if len(c.RedirectURIs) > 0 {
		return slices.Contains(c.RedirectURIs, uri)
	}
	u, err := url.Parse(uri)
	if err != nil || u.Scheme != "http" {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
}

func validScope(scope string) bool {
	const prefix = "https://www.googleapis.com/auth/"
	return slices.Contains([]string{"openid", "email", "profile"}, scope) || strings.HasPrefix(scope, prefix) && len(scope) > len(prefix)
}

func addQuery(address, query string) string {
	if strings.Contains(address, "?") {
		return address + "&" + query
	}
	return address + "?" + query
}

// tokenAnswer is the body of a successful answer of the token endpoint.
type tokenAnswer struct {
	AccessToken           string `json:"access_token"`
	ExpiresIn             int    `json:"expires_in"`
	RefreshToken          string `json:"refresh_token,omitempty"`
	RefreshTokenExpiresIn int    `json:"refresh_token_expires_in,omitempty"`
	Scope                 string `json:"scope"`
	TokenType             string `json:"token_type"`
}

// token exchanges codes and renews access tokens.
func (s *Server) token(w http.ResponseWriter, r *http.Request) {
	content, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if r.Method != http.MethodPost || content != "application/x-www-form-urlencoded" || r.ParseForm() != nil {
		oauthError(w, http.StatusBadRequest, "invalid_request", "Bad Request")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	client, known := s.client(r.PostForm.Get("client_id"))
	switch {
	case !known:
		oauthError(w, http.StatusUnauthorized, "invalid_client", "The OAuth client was not found.")
		return
	case r.PostForm.Get("client_secret") == "":
		oauthError(w, http.StatusBadRequest, "invalid_request", "client_secret is missing.")
		return
	case r.PostForm.Get("client_secret") != client.Secret:
		oauthError(w, http.StatusUnauthorized, "invalid_client", "Unauthorized")
		return
	}
	switch r.PostForm.Get("grant_type") {
	case "authorization_code":
		s.exchangeCode(w, r.PostForm)
	case "refresh_token":
		s.renew(w, r.PostForm)
	default:
		oauthError(w, http.StatusBadRequest, "unsupported_grant_type", "Invalid grant_type: "+r.PostForm.Get("grant_type"))
	}
}

func (s *Server) exchangeCode(w http.ResponseWriter, form url.Values) {
	c, known := s.grants.codes[form.Get("code")]
	switch {
	case !known || c.grant.client != form.Get("client_id"):
		oauthError(w, http.StatusBadRequest, "invalid_grant", "Malformed auth code.")
		return
	case c.redirect != form.Get("redirect_uri"):
		oauthError(w, http.StatusBadRequest, "invalid_grant", "Bad Request")
		return
	case c.challenge != "" && form.Get("code_verifier") == "":
		oauthError(w, http.StatusBadRequest, "invalid_grant", "Missing code verifier.")
		return
	case c.challenge != "" && c.challenge != challengeOf(form.Get("code_verifier")):
		oauthError(w, http.StatusBadRequest, "invalid_grant", "Invalid code verifier.")
		return
	}
	delete(s.grants.codes, form.Get("code"))
	if !s.now().Before(c.ends) {
		oauthError(w, http.StatusBadRequest, "invalid_grant", "Bad Request")
		return
	}
	refresh := ""
	if c.refresh {
		refresh = s.grants.newRefreshToken(c.grant)
	}
	s.answerToken(w, c.grant, refresh)
}

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

func (s *Server) renew(w http.ResponseWriter, form url.Values) {
	old := form.Get("refresh_token")
	g, known := s.grants.refresh[old]
	switch {
	case !known || g.client != form.Get("client_id"):
		oauthError(w, http.StatusBadRequest, "invalid_grant", "Bad Request")
		return
	case !g.alive(s.now()):
		oauthError(w, http.StatusBadRequest, "invalid_grant", "Token has been expired or revoked.")
		return
	}
	fresh := ""
	if s.knobs.Rotate {
		delete(s.grants.refresh, old)
		fresh = s.grants.newRefreshToken(g)
	}
	s.answerToken(w, g, fresh)
}

func (s *Server) answerToken(w http.ResponseWriter, g *grant, refresh string) {
	life := cmp.Or(s.knobs.AccessLife, accessLife)
	answer := tokenAnswer{
		AccessToken:  s.grants.newAccessToken(g, s.now(), life),
		ExpiresIn:    int(life / time.Second),
		RefreshToken: refresh,
		Scope:        g.scope(),
		TokenType:    "Bearer",
	}
	if !g.ends.IsZero() {
		answer.RefreshTokenExpiresIn = int(g.ends.Sub(s.now()) / time.Second)
	}
	sendJSON(w, http.StatusOK, answer, true)
}

// revoke ends the grant of a refresh or access token.
func (s *Server) revoke(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || r.ParseForm() != nil {
		oauthError(w, http.StatusBadRequest, "invalid_request", "Bad Request")
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	token := r.Form.Get("token")
	g := s.grants.refresh[token]
	if g == nil {
		g = s.grants.access[token].grant
	}
	if g == nil || !g.alive(s.now()) {
		oauthError(w, http.StatusBadRequest, "invalid_token", "Token expired or revoked")
		return
	}
	g.dead = true
	sendJSON(w, http.StatusOK, struct{}{}, true)
}

// userInfo is OpenID's endpoint for the name.
func (s *Server) userInfo(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g, ok := s.bearer(r)
	if !ok {
		oauthError(w, http.StatusUnauthorized, "invalid_request", "Invalid Credentials")
		return
	}
	type answer struct {
		Sub       string `json:"sub"`
		Name      string `json:"name,omitempty"`
		GivenName string `json:"given_name,omitempty"`
	}
	told := answer{Sub: s.person.Identity.HealthUserID}
	if g.has(scopeName) || g.has("profile") {
		told.Name = s.person.Profile.Name
		told.GivenName, _, _ = strings.Cut(told.Name, " ")
	}
	sendJSON(w, http.StatusOK, told, true)
}

// bearer returns the grant of a request's access token, if that is good.
func (s *Server) bearer(r *http.Request) (*grant, bool) {
	token, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	a := s.grants.access[token]
	if !ok || a.grant == nil || a.grant.dead || !s.now().Before(a.ends) {
		return nil, false
	}
	return a.grant, true
}

func oauthError(w http.ResponseWriter, status int, name, description string) {
	sendJSON(w, status, struct {
		Error       string `json:"error"`
		Description string `json:"error_description,omitempty"`
	}{name, description}, true)
}
