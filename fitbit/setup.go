package fitbit

import (
	"encoding/json"
	"net"
	"net/url"
	"strings"

	"golang.org/x/oauth2"
)

// Endpoints are the addresses that are spoken to.
type Endpoints struct {
	Auth     string // where the browser is sent to sign in
	Token    string // exchanges a code and renews access
	Revoke   string
	UserInfo string // OpenID: the person's name
	API      string // base address; "v4/…" is appended
}

// GoogleEndpoints returns Google's own addresses.
func GoogleEndpoints() Endpoints {
	return Endpoints{
		Auth:     "https://accounts.google.com/o/oauth2/v2/auth",
		Token:    "https://oauth2.googleapis.com/token",
		Revoke:   "https://oauth2.googleapis.com/revoke",
		UserInfo: "https://www.googleapis.com/oauth2/v3/userinfo",
		API:      "https://health.googleapis.com/",
	}
}

// check refuses an address that would carry secrets in the clear: https
// everywhere, http only to this machine.
func (e Endpoints) check() error {
	for _, named := range []struct{ key, address string }{
		{"auth_url", e.Auth}, {"token_url", e.Token}, {"revoke_url", e.Revoke},
		{"userinfo_url", e.UserInfo}, {"api_url", e.API},
	} {
		if err := checkAddress(named.key, named.address); err != nil {
			return err
		}
	}
	return nil
}

func checkAddress(key, address string) error {
	u, err := url.Parse(address)
	if err == nil && u.Hostname() != "" && u.User == nil && u.Fragment == "" &&
		(u.Scheme == "https" || u.Scheme == "http" && loopback(u.Hostname())) {
		return nil
	}
	return problem(KindSetup, key+" must be an https address (http only on this machine)",
		"correct "+key+" under [fitbit] in config.ini")
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// google reports whether a sign-in goes through Google's own addresses.
func (e Endpoints) google() bool {
	own := GoogleEndpoints()
	return sameHost(e.Auth, own.Auth) || sameHost(e.Token, own.Token)
}

func sameHost(a, b string) bool {
	ua, errA := url.Parse(a)
	ub, errB := url.Parse(b)
	return errA == nil && errB == nil && strings.EqualFold(ua.Hostname(), ub.Hostname())
}

// OAuthClient is what the user created in the Google Cloud console.
type OAuthClient struct {
	ID     string
	Secret Secret

	// RedirectURL is where Google sends the browser after the consent. Nobody
	// needs to listen there.
	RedirectURL string
}

// check refuses a client that must not be sent to the endpoints.
func (c OAuthClient) check(e Endpoints) error {
	switch {
	case c.ID == "":
		return problem(KindSetup, "no Google client is set up yet",
			`create a Google client of type "Desktop app" (press a)`)
	case e.google() && !strings.HasSuffix(c.ID, ".apps.googleusercontent.com"):
		return problem(KindSetup, "this is an old Fitbit key", "create a Google client (press a)")
	default:
		return nil
	}
}

func (c OAuthClient) config(e Endpoints) *oauth2.Config {
	return &oauth2.Config{
		ClientID:     c.ID,
		ClientSecret: string(c.Secret),
		RedirectURL:  c.RedirectURL,
		Scopes:       requestedScopes(),
		Endpoint:     oauth2.Endpoint{AuthURL: e.Auth, TokenURL: e.Token, AuthStyle: oauth2.AuthStyleInParams},
	}
}

// ParseClientFile reads the client_secret_….json that Google's console offers
// for download. RedirectURL is set only for a client of type "Web
// application", to the first address registered for it; a client of type
// "Desktop app" takes any loopback address.
func ParseClientFile(file []byte) (OAuthClient, error) {
	type client struct {
		ID           string   `json:"client_id"`
		Secret       string   `json:"client_secret"`
		RedirectURLs []string `json:"redirect_uris"`
	}
	var read struct {
		Installed *client `json:"installed"`
		Web       *client `json:"web"`
		Type      string  `json:"type"`
	}
	const hint = `download the JSON of an OAuth client of type "Desktop app" from the Google Cloud console`
	if err := json.Unmarshal(file, &read); err != nil {
		return OAuthClient{}, problem(KindSetup, "that is not Google's client_secret JSON file", hint)
	}
	found := read.Installed
	if found == nil {
		found = read.Web
	}
	switch {
	case found == nil && read.Type == "service_account":
		return OAuthClient{}, problem(KindSetup, "that is the key of a service account, which cannot read a person's data", hint)
	case found == nil:
		return OAuthClient{}, problem(KindSetup, "that file describes no OAuth client", hint)
	case !isToken(found.ID) || !isToken(found.Secret):
		return OAuthClient{}, problem(KindSetup, "the client in that file has no usable id or secret", hint)
	}
	c := OAuthClient{ID: found.ID, Secret: Secret(found.Secret)}
	if read.Installed == nil && len(found.RedirectURLs) > 0 && checkAddress("redirect_url", found.RedirectURLs[0]) == nil {
		c.RedirectURL = found.RedirectURLs[0]
	}
	return c, nil
}

// isToken reports whether text can be a client id, a secret or a code: visible
// ASCII without blanks (RFC 6749, appendix A), and of a sane length.
func isToken(text string) bool {
	for i := range len(text) {
		if text[i] <= ' ' || text[i] > '~' {
			return false
		}
	}
	return text != "" && len(text) <= 4096
}
