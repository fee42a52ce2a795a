package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"

	"github.com/charmbracelet/x/ansi"

	"vitals/fitbit/fake"
)

// witness is a made-up Google that notes every secret that passes, and which on
// demand repeats all of a request in what it refuses it with.
type witness struct {
	*fake.Server

	mu       sync.Mutex
	seen     map[string]string // what it is, by the secret
	refusals []refusal
}

// refusal is the answer to requests whose path has a text in it. "ALL" in it is
// all that was secret in the request.
type refusal struct {
	path   string
	status int
	text   string
}

func (w *witness) note(secret, what string) {
	const least = 12 // shorter ones could be anywhere
	if len(secret) >= least {
		w.seen[secret] = what
	}
}

func (w *witness) noteForm(form url.Values) {
	for name, what := range map[string]string{"code": "code", "code_verifier": "verifier", "client_secret": "client secret",
		"refresh_token": "refresh token", "token": "refresh token", "state": "state"} {
		w.note(form.Get(name), what)
	}
}

func (w *witness) ServeHTTP(out http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	form, _ := url.ParseQuery(string(body)) // of the API's it is none
	bearer := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	w.mu.Lock()
	w.noteForm(form)
	w.noteForm(r.URL.Query())
	w.note(bearer, "access token")
	i := slices.IndexFunc(w.refusals, func(f refusal) bool { return strings.Contains(r.URL.Path, f.path) })
	if i >= 0 {
		f := w.refusals[i]
		w.mu.Unlock()
		out.Header().Set("Content-Type", "application/json")
		out.Header().Set("X-Repeated", bearer)
		out.WriteHeader(f.status)
		io.WriteString(out, strings.ReplaceAll(f.text, "ALL", form.Get("refresh_token")+form.Get("code")+" "+bearer+" "+string(body)))
		return
	}
	w.mu.Unlock()
	answer := httptest.NewRecorder()
	r.Body = io.NopCloser(bytes.NewReader(body))
	w.Server.ServeHTTP(answer, r)
	var tokens struct {
		Access  string `json:"access_token"`
		Refresh string `json:"refresh_token"`
	}
	_ = json.Unmarshal(answer.Body.Bytes(), &tokens) // which most answers are not
	w.mu.Lock()
	w.note(tokens.Access, "access token")
	w.note(tokens.Refresh, "refresh token")
	if to, err := url.Parse(answer.Header().Get("Location")); err == nil {
		w.noteForm(to.Query())
	}
	w.mu.Unlock()
	for name, values := range answer.Header() {
		out.Header()[name] = values
	}
	out.WriteHeader(answer.Code)
	out.Write(answer.Body.Bytes())
}

// refuses has requests refused from now on, the first that fits.
func (w *witness) refuses(refusals ...refusal) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.refusals = refusals
}

// leaks returns what is found of the secrets in a text, in any form.
func (w *witness) leaks(text string, allowed ...string) (found []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	// As a terminal shows it, and over the ends of lines and the frames of panes.
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune(" \t\r\n│", r) {
			return -1
		}
		return r
	}, ansi.Strip(text))
	for secret, what := range w.seen {
		if slices.Contains(allowed, what) {
			continue
		}
		for _, form := range forms(secret) {
			if strings.Contains(text, form) || strings.Contains(plain, form) {
				found = append(found, what+" as "+form)
				break
			}
		}
	}
	return found
}

// forms are those in which a secret could be written, each from its middle on,
// so that one that is cut is found, too.
func forms(secret string) []string {
	middle := secret[len(secret)/3:]
	all := []string{middle, secret[:2*len(secret)/3], url.QueryEscape(middle), url.PathEscape(middle), hex.EncodeToString([]byte(middle)),
		strings.ToUpper(hex.EncodeToString([]byte(middle))), strings.ReplaceAll(middle, "/", `\/`), strings.ReplaceAll(middle, "/", `\u002f`)}
	for shift := range 3 {
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			coded := encoding.EncodeToString([]byte(strings.Repeat("x", shift) + middle))
			all = append(all, coded[4:len(coded)-4]) // without what neighbours would change
		}
	}
	return all
}
