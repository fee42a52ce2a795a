package fake

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// The paths of the addresses that are not the API's; the API begins at "/v4/".
const (
	AuthPath     = "/o/oauth2/v2/auth"
	TokenPath    = "/token"
	RevokePath   = "/revoke"
	UserInfoPath = "/oauth2/v3/userinfo"
)

// Server is the fake. It is an http.Handler, safe for concurrent use.
type Server struct {
	now     func() time.Time
	clients []Client

	mu       sync.Mutex
	person   *Person // its contents are never changed
	knobs    Knobs
	requests []Request
	grants   grants
}

// Request is a request that was received.
type Request struct {
	Method string
	Path   string
	Query  url.Values
	Body   string // of an API request
	At     time.Time
}

// New returns a server for one person and the OAuth clients given; with none,
// for DesktopClient alone.
func New(person Person, now func() time.Time, clients ...Client) *Server {
	if len(clients) == 0 {
		clients = []Client{DesktopClient()}
	}
	return &Server{now: now, clients: clients, person: &person, grants: newGrants()}
}

// Set changes how the server behaves from the next request on.
func (s *Server) Set(change func(*Knobs)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(&s.knobs)
}

// Become replaces the person whose data is served.
func (s *Server) Become(person Person) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.person = &person
}

// Requests returns what was received so far whose path contains the text, in
// order.
func (s *Server) Requests(path string) []Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	var found []Request
	for _, r := range s.requests {
		if strings.Contains(r.Path, path) {
			found = append(found, r)
		}
	}
	return found
}

// ServeHTTP answers as Google's servers do.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	// Only after the body does the server notice that a client has gone.
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	r.Body = io.NopCloser(bytes.NewReader(body))
	api := strings.HasPrefix(r.URL.Path, "/v4/")
	received := Request{Method: r.Method, Path: r.URL.Path, Query: r.URL.Query(), At: s.now()}
	if api {
		received.Body = string(body)
	}
	s.mu.Lock()
	s.requests = append(s.requests, received)
	s.mu.Unlock()
	w.Header().Set("Date", received.At.UTC().Format(http.TimeFormat))

	switch {
	case api:
		s.serveAPI(w, r, received.Body)
	case s.troubled(w, r):
	case r.URL.Path == AuthPath:
		s.authorize(w, r)
	case r.URL.Path == TokenPath:
		s.token(w, r)
	case r.URL.Path == RevokePath:
		s.revoke(w, r)
	case r.URL.Path == UserInfoPath:
		s.userInfo(w, r)
	default:
		notFoundPage(w)
	}
}

// LegacyHost answers as the closed Fitbit Web API is documented to: every
// request is 410 Gone.
func LegacyHost() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusGone) })
}

// Knobs change how the server behaves. The zero value is a healthy server whose
// user agrees to everything.
type Knobs struct {
	Deny          bool     // the user declines
	Untick        []string // scopes the user does not agree to
	NeverRedirect bool     // the browser stays on a page that shows the address
	NotTestUser   bool     // the project is in Testing and the user not on its list

	Testing bool // grants from now on end after seven days
	Rotate  bool // each renewal replaces the refresh token

	AccessLife time.Duration // of access tokens from now on; 0: an hour, as Google's

	RefuseFilters bool // as the service did at first
	MostPerPage   int  // points on a page, whatever is asked for; 0: as documented
	EmptyPage     bool // a list begins with an empty page that names a next one
	EmptyLast     bool // a list ends with a page "{}"
	EmptyToken    bool // the last page says nextPageToken: ""

	Troubles []Trouble // the first that applies happens
}

// Trouble is a request that does not end well.
type Trouble struct {
	Path  string // only for paths that contain this
	Times int    // how often it happens; 0: every time

	Status     int    // 0: the true answer
	Reason     string // of the error body, as "SERVICE_DISABLED"; "" for none
	RetryAfter string // header

	Delay time.Duration // before anything is sent
	HTML  bool          // a page of some proxy instead of JSON
	Half  bool          // only half of the body
	Cut   bool          // half of the body, then the connection breaks
}

// trouble returns what is to happen to a request now.
func (s *Server) trouble(path string) (Trouble, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i, t := range s.knobs.Troubles {
		if !strings.Contains(path, t.Path) {
			continue
		}
		if t.Times == 1 {
			s.knobs.Troubles = slices.Delete(slices.Clone(s.knobs.Troubles), i, i+1)
		} else if t.Times > 1 {
			s.knobs.Troubles = slices.Clone(s.knobs.Troubles)
			s.knobs.Troubles[i].Times--
		}
		return t, true
	}
	return Trouble{}, false
}

// troubled carries out a trouble, if there is one, and reports whether the
// request is answered by it.
func (s *Server) troubled(w http.ResponseWriter, r *http.Request) bool {
	t, ok := s.trouble(r.URL.Path)
	if !ok {
		return false
	}
	if t.Delay > 0 {
		select {
		case <-time.After(t.Delay):
		case <-r.Context().Done():
			return true
		}
	}
	if t.RetryAfter != "" {
		w.Header().Set("Retry-After", t.RetryAfter)
	}
	switch {
	case t.HTML:
		page(w, max(t.Status, http.StatusOK), "Welcome on board", "Please accept the terms of this network.")
	case t.Half || t.Cut:
		halfAnswer(w, t)
	case t.Status != 0 && strings.HasPrefix(r.URL.Path, "/v4/"):
		refuse(w, refusalFor(t.Status, t.Reason))
	case t.Status != 0:
		oauthError(w, t.Status, t.Reason, "")
	default:
		return false
	}
	return true
}

func halfAnswer(w http.ResponseWriter, t Trouble) {
	const half = `{"dataPoints":[{"name":"users/1000000000000000041/dataTypes/wei`
	w.Header().Set("Content-Type", jsonType)
	if t.Cut {
		w.Header().Set("Content-Length", "1000")
	}
	w.WriteHeader(max(t.Status, http.StatusOK))
	_, _ = io.WriteString(w, half)
	if t.Cut {
		_ = http.NewResponseController(w).Flush()
		panic(http.ErrAbortHandler) // closes the connection
	}
}

func notFoundPage(w http.ResponseWriter) {
	page(w, http.StatusNotFound, "Error 404 (Not Found)", "The requested URL was not found on this server. That’s all we know.")
}

func page(w http.ResponseWriter, status int, title, text string) {
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	_, _ = io.WriteString(w, "<!DOCTYPE html>\n<html><head><title>"+title+"</title></head>\n<body><h1>"+title+"</h1><p>"+text+"</p></body></html>\n")
}
