package fake

import (
	"crypto/rand"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Lifetimes of what the authorization server hands out.
const (
	codeLife    = 10 * time.Minute
	accessLife  = 3599 * time.Second
	testingLife = 7 * 24 * time.Hour
	unusedLife  = 183 * 24 * time.Hour
	mostLive    = 100 // refresh tokens of a person and client
)

// Client is an OAuth client registered with the server.
type Client struct {
	ID     string
	Secret string

	// RedirectURIs are the exact addresses of a client of type "Web
	// application". A client of type "Desktop app" has none, and may use any
	// loopback address.
	RedirectURIs []string
}

// DesktopClient is a client of type "Desktop app".
func DesktopClient() Client {
	return Client{ID: "100000000041-fake.apps.googleusercontent.com", Secret: "GOCSPX-made-up-for-the-demo"}
}

// grant is what the person allowed one client.
type grant struct {
	client   string
	scopes   []string
	ends     time.Time // zero: never
	lastUsed time.Time
	dead     bool
}

func (g *grant) alive(now time.Time) bool {
	return !g.dead && (g.ends.IsZero() || now.Before(g.ends)) && now.Sub(g.lastUsed) < unusedLife
}

func (g *grant) has(scope string) bool { return slices.Contains(g.scopes, scope) }

func (g *grant) scope() string { return strings.Join(g.scopes, " ") }

// code is an authorization code: one use, ten minutes.
type code struct {
	grant     *grant
	redirect  string
	challenge string // S256; "" without PKCE
	ends      time.Time
	refresh   bool // a refresh token comes with it
}

type access struct {
	grant *grant
	ends  time.Time
}

// grants are all codes and tokens handed out.
type grants struct {
	codes     map[string]code
	refresh   map[string]*grant
	order     []string // of refresh tokens, the oldest first
	access    map[string]access
	consented map[string]bool // clients that had a consent before
}

func newGrants() grants {
	return grants{
		codes:     map[string]code{},
		refresh:   map[string]*grant{},
		access:    map[string]access{},
		consented: map[string]bool{},
	}
}

func (g *grants) newRefreshToken(of *grant) string {
	token := "1//0" + rand.Text()
	g.refresh[token] = of
	g.order = append(g.order, token)
	if len(g.order) > mostLive {
		delete(g.refresh, g.order[0])
		g.order = g.order[1:]
	}
	return token
}

func (g *grants) newAccessToken(of *grant, now time.Time, life time.Duration) string {
	token := "ya29." + rand.Text()
	g.access[token] = access{of, now.Add(life)}
	of.lastUsed = now
	return token
}

// newGrant records a consent.
func (s *Server) newGrant(client string, scopes []string) *grant {
	g := &grant{client: client, scopes: scopes, lastUsed: s.now()}
	if s.knobs.Testing {
		g.ends = s.now().Add(testingLife)
	}
	return g
}

// SignIn records a consent of the person to the first client without a browser
// and returns the refresh token.
func (s *Server) SignIn(scopes ...string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	client := s.clients[0].ID
	s.grants.consented[client] = true
	return s.grants.newRefreshToken(s.newGrant(client, scopes))
}

// Live returns the refresh tokens that are good, the oldest first.
func (s *Server) Live() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(s.grants.order), func(token string) bool {
		g := s.grants.refresh[token]
		return g == nil || !g.alive(s.now())
	})
}

// EndAll ends every grant, as when the person withdraws the access.
func (s *Server) EndAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, g := range s.grants.refresh {
		g.dead = true
	}
	for _, a := range s.grants.access {
		a.grant.dead = true
	}
}

// EndAccess makes every access token invalid at once; the grants live on.
func (s *Server) EndAccess() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.grants.access)
}

// Configuration returns the section [fitbit] of a config.ini that points at the
// server at address, with the DesktopClient and a refresh token; "" for none.
func Configuration(address, refreshToken string) string {
	client := DesktopClient()
	return fmt.Sprintf(`[fitbit]
client_id = %s
client_secret = %s
refresh_token = %s
auth_url = %s
token_url = %s
revoke_url = %s
userinfo_url = %s
api_url = %s
`, client.ID, client.Secret, refreshToken, address+AuthPath, address+TokenPath, address+RevokePath, address+UserInfoPath, address)
}
