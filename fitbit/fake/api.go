package fake

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	google "google.golang.org/api/health/v4"
)

// call is an API request that has passed the doors.
type call struct {
	person *Person
	knobs  Knobs
	grant  *grant
	now    time.Time
	query  url.Values
	body   string
}

// serveAPI answers below /v4/. Google looks at the token first, then at the
// address, then at the scopes.
func (s *Server) serveAPI(w http.ResponseWriter, r *http.Request, body string) {
	s.mu.Lock()
	grant, signedIn := s.bearer(r)
	c := call{person: s.person, knobs: s.knobs, grant: grant, now: s.now(), query: r.URL.Query(), body: body}
	s.mu.Unlock()
	if !signedIn {
		reason := ""
		if r.Header.Get("Authorization") == "" {
			reason = "CREDENTIALS_MISSING"
		}
		refuse(w, refusalFor(http.StatusUnauthorized, reason))
		return
	}
	answer, scopes, found := c.route(r.Method, r.URL.Path)
	if !found {
		notFoundPage(w)
		return
	}
	if refused := c.allowed(scopes); refused != nil {
		refuse(w, refused)
		return
	}
	if s.troubled(w, r) {
		return
	}
	value, refused := answer()
	if refused != nil {
		refuse(w, refused)
		return
	}
	sendJSON(w, http.StatusOK, value, c.query.Get("prettyPrint") != "false")
}

// answer works out the body of an answer.
type answer func() (any, *refusal)

// route finds who answers an address, and the scopes of which one is needed.
func (c call) route(method, path string) (answer, []string, bool) {
	parts := strings.Split(strings.TrimPrefix(path, "/v4/users/"), "/")
	if !strings.HasPrefix(path, "/v4/users/") || len(parts) < 2 {
		return nil, nil, false
	}
	if user := parts[0]; user != "me" && user != c.person.Identity.HealthUserID {
		return func() (any, *refusal) { return nil, refusalFor(http.StatusForbidden, "RESOURCE_PERMISSION_DENIED") }, nil, true
	}
	get := method == http.MethodGet
	switch rest := parts[1:]; {
	case get && slices.Equal(rest, []string{"identity"}):
		return c.with(nil, func() (any, *refusal) { return c.person.identity(), nil }), nil, true
	case get && slices.Equal(rest, []string{"profile"}):
		return c.with(nil, func() (any, *refusal) { return c.person.profile(c.grant.has(scopeActivity)), nil }), []string{scopeProfile}, true
	case get && slices.Equal(rest, []string{"settings"}):
		return c.with(nil, func() (any, *refusal) { return c.person.settings(c.now), nil }), []string{scopeSettings}, true
	case get && slices.Equal(rest, []string{"pairedDevices"}):
		return c.with([]string{"pageSize", "pageToken"}, c.listDevices), []string{scopeSettings}, true
	case len(rest) >= 3 && rest[0] == "dataTypes":
		return c.routeData(method, rest[1], rest[2:])
	default:
		return nil, nil, false
	}
}

func (c call) routeData(method, typeID string, rest []string) (answer, []string, bool) {
	t, unknown := findType(typeID)
	act := func(action string, parameters []string, do answer) (answer, []string, bool) {
		if unknown != nil {
			return func() (any, *refusal) { return nil, unknown }, nil, true
		}
		return c.with(parameters, func() (any, *refusal) {
			if refused := t.offers(action); refused != nil {
				return nil, refused
			}
			return do()
		}), []string{t.scope}, true
	}
	listing := []string{"filter", "pageSize", "pageToken", "dataSourceFamily"}
	get, post := method == http.MethodGet, method == http.MethodPost
	switch {
	case get && len(rest) == 2 && rest[0] == "dataPoints":
		return act("get", nil, func() (any, *refusal) { return c.getPoint(t, rest[1]) })
	case len(rest) != 1:
		return nil, nil, false
	case get && rest[0] == "dataPoints":
		return act("list", listing, func() (any, *refusal) { return c.listPoints(t) })
	case get && rest[0] == "dataPoints:reconcile":
		return act("reconcile", listing, func() (any, *refusal) { return c.reconcilePoints(t) })
	case post && rest[0] == "dataPoints:rollUp":
		return act("rollup", nil, func() (any, *refusal) { return c.rollUp(t) })
	case post && rest[0] == "dataPoints:dailyRollUp":
		return act("dailyrollup", nil, func() (any, *refusal) { return c.dailyRollUp(t) })
	default:
		return nil, nil, false
	}
}

// with refuses query parameters that the method does not have. They may be
// written in camel or snake case.
func (c call) with(parameters []string, do answer) answer {
	return func() (any, *refusal) {
		standard := []string{"alt", "fields", "key", "prettyPrint", "quotaUser", "callback", "access_token", "oauth_token", "uploadType", "upload_protocol", "$.xgafv"}
		for name := range c.query {
			if !slices.Contains(standard, name) && !slices.Contains(parameters, camel(name)) {
				r := invalid("", "Invalid JSON payload received. Unknown name %q: Cannot bind query parameter. Field '%s' could not be found in request message.", name, name)
				r.violations = []violation{{"", r.message}}
				return nil, r
			}
		}
		return do()
	}
}

func camel(name string) string {
	words := strings.Split(name, "_")
	for i, w := range words {
		if i > 0 && w != "" {
			words[i] = strings.ToUpper(w[:1]) + w[1:]
		}
	}
	return strings.Join(words, "")
}

// parameter returns a query parameter under either spelling.
func (c call) parameter(name string) string {
	for spelled, values := range c.query {
		if camel(spelled) == name {
			return values[0]
		}
	}
	return ""
}

// allowed checks the scopes of the token.
func (c call) allowed(scopes []string) *refusal {
	for _, scope := range c.grant.scopes {
		if !allowedScope(scope) {
			return refusalFor(http.StatusForbidden, "DISALLOWED_OAUTH_SCOPES")
		}
	}
	opens := func(scope string) bool { return slices.Contains(scopes, scope) }
	if scopes == nil { // any of the service's own will do
		opens = func(scope string) bool { return strings.HasPrefix(scope, scopePrefix) }
	}
	if !slices.ContainsFunc(c.grant.scopes, opens) {
		return refusalFor(http.StatusForbidden, "ACCESS_TOKEN_SCOPE_INSUFFICIENT")
	}
	return nil
}

// pageSize reads the page size asked for.
func (c call) pageSize(usual, most int) (int, *refusal) {
	text := c.parameter("pageSize")
	if text == "" {
		return usual, nil
	}
	size, err := strconv.ParseInt(text, 10, 32)
	switch {
	case err != nil:
		return 0, invalid("", "Invalid value at 'page_size' (TYPE_INT32), %q", text)
	case size < 0:
		return 0, invalid("", "page_size must not be negative")
	case size == 0:
		return usual, nil
	default:
		return min(int(size), most), nil
	}
}

func (c call) listDevices() (any, *refusal) {
	size, refused := c.pageSize(5, 100)
	if refused != nil {
		return nil, refused
	}
	devices, next, refused := cutPage(c.person.pairedDevices(), size, c.parameter("pageToken"), "devices")
	if refused != nil {
		return nil, refused
	}
	return &google.ListPairedDevicesResponse{PairedDevices: devices, NextPageToken: next}, nil
}

func (c call) getPoint(t dataType, id string) (any, *refusal) {
	for _, e := range c.person.entries(t.of) {
		if e.id == id {
			return e.point(c.person.Identity.HealthUserID, t), nil
		}
	}
	return nil, refusalFor(http.StatusNotFound, "RESOURCE_NOT_FOUND")
}

// family checks the data source family and returns who belongs to it.
func (c call) family(t dataType) (func(entry) bool, *refusal) {
	full := c.parameter("dataSourceFamily")
	everybody := func(entry) bool { return true }
	if full == "" {
		return everybody, nil
	}
	name, named := strings.CutPrefix(full, "users/me/dataSourceFamilies/")
	switch {
	case !named || t.id == "sleep":
	case name == "all-sources", name == "google-sources":
		return everybody, nil
	case name == "google-wearables":
		return func(e entry) bool { return e.source.Name == "Charge 6" }, nil
	case name == "self-sources":
		return func(entry) bool { return false }, nil
	}
	return nil, invalid("INVALID_DATA_POINT_DATA_SOURCE_FAMILY", "%s", fmt.Sprintf("Data family is missing or is not supported: %s", full))
}
