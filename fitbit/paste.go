package fitbit

import (
	"crypto/subtle"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"vitals/internal/health"
)

// Answer is what a pasted address says.
type Answer struct {
	Code Secret

	// StateUnchecked says that only a bare code was pasted, so nothing proves
	// that it belongs to this attempt but PKCE, at the exchange.
	StateUnchecked bool
}

// maxPaste bounds a paste, in bytes. A real answer has a few hundred.
const maxPaste = 8 << 10

// Read understands what the user pasted after the browser was sent to the
// redirect address: that whole address, its query with or without "?", the
// same as a fragment, or the code alone. Escape sequences, blanks, line ends
// and quotes from terminals and mail programs do not matter.
//
// An error is an *Error whose Kind tells a beginning that may still be
// completed (KindIncomplete) from a wrong text. Read touches nothing and is
// safe for any text.
func (a Attempt) Read(pasted string) (Answer, error) {
	if len(pasted) > maxPaste {
		return Answer{}, problem(KindWrongPaste, "that text is too long for the address", hintCopy)
	}
	text := a.address(bareText(pasted))
	if text == "" {
		return Answer{}, problem(KindNothingPasted, "nothing pasted yet",
			"copy the whole address from the browser and paste it here")
	}
	if text == a.ClientID {
		return Answer{}, problem(KindWrongPaste, "that is the client id, not the answer", hintCopy)
	}
	if code, ok := bareCode(text); ok {
		return Answer{Code: code, StateUnchecked: true}, nil
	}
	redirect, err := url.Parse(a.RedirectURL)
	if err != nil {
		return Answer{}, checkAddress("redirect_url", a.RedirectURL)
	}
	if begins(a.RedirectURL, text) || begins(redirect.Host, text) {
		return Answer{}, noCode(KindIncomplete)
	}
	query, equals := strings.IndexByte(text, '?'), strings.IndexByte(text, '=')
	switch {
	case scheme.MatchString(text):
		return a.readAddress(text, redirect)
	case strings.HasPrefix(text, "/"):
		return a.readAddress(redirect.Scheme+"://"+redirect.Host+text, redirect)
	case query > 0 && query < equals: // browsers hide the scheme
		return a.readAddress(redirect.Scheme+"://"+text, redirect)
	default:
		return a.readParameters(strings.TrimLeft(text, "?#&"), false)
	}
}

// address drops what stands before the redirect address in a text, such as a
// browser's words about the page that it could not load. Two addresses are left
// as they are.
func (a Attempt) address(text string) string {
	lower, redirect := strings.ToLower(text), strings.ToLower(a.RedirectURL)
	at := strings.Index(lower, redirect+"?")
	if at <= 0 || strings.LastIndex(lower, redirect) != at || strings.Contains(text[:at], "code=") {
		return text
	}
	return text[at:]
}

var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*://`)

const hintCopy = "copy everything in the address bar, from http:// to the end, and paste it here"

func noCode(kind Kind) *Error { return problem(kind, "no code in that text", hintCopy) }

func cutOff(missing string) *Error {
	return problem(KindIncomplete, fmt.Sprintf("the address looks cut off (%s is missing)", missing),
		"copy it again, whole; if your terminal cut it, make the window wider")
}

// readAddress reads a full address. What Google refused comes first, then
// whether the address is the right one, then the code and the state.
func (a Attempt) readAddress(text string, redirect *url.URL) (Answer, error) {
	address, err := url.Parse(text)
	if err != nil {
		return Answer{}, noCode(KindWrongPaste)
	}
	parameters := address.RawQuery
	if !strings.Contains(parameters, "code=") && !strings.Contains(parameters, "error=") && address.Fragment != "" {
		parameters = address.EscapedFragment()
	}
	if sameAddress(address, redirect) {
		return a.readParameters(parameters, true)
	}
	values, _ := url.ParseQuery(parameters)
	if refused := values.Get("error"); refused != "" {
		return Answer{}, refusal(refused)
	}
	if opened, err := url.Parse(a.AuthURL); err == nil && strings.EqualFold(opened.Host, address.Host) {
		return Answer{}, problem(KindWrongPaste,
			"that is the address you opened, not the one you were sent to",
			"finish in the browser, then copy the new address")
	}
	shown := health.Printable(address.Host, 60)
	if strings.EqualFold(address.Host, redirect.Host) { // the difference lies elsewhere
		shown = health.Printable(address.Scheme+"://"+address.Host+address.EscapedPath(), 100)
	}
	return Answer{}, problem(KindWrongPaste,
		fmt.Sprintf("that address is for %s, expected %s", orNobody(shown), health.Printable(a.RedirectURL, 100)),
		"copy the address the browser was sent to; redirect_url in the configuration must be that of the Google client")
}

// readParameters reads a query; rightAddress says that it follows the redirect
// address.
func (a Attempt) readParameters(query string, rightAddress bool) (Answer, error) {
	values, err := url.ParseQuery(query)
	if refused := values.Get("error"); refused != "" {
		return Answer{}, refusal(refused)
	}
	switch {
	case halfEscape.MatchString(query):
		return Answer{}, cutOff("its end")
	case err != nil:
		return Answer{}, noCode(KindWrongPaste)
	case values.Get("code") == "" && (rightAddress || values.Has("state")):
		return Answer{}, noCode(KindIncomplete)
	case !isToken(values.Get("code")):
		return Answer{}, noCode(KindWrongPaste)
	case conflicting(values["code"]) || conflicting(values["state"]):
		return Answer{}, problem(KindWrongPaste, "that text holds two different answers", "paste only the newest address")
	case values.Get("state") == "":
		return Answer{}, cutOff("state")
	case values.Has("iss") && !a.issuedBy(values.Get("iss")):
		return Answer{}, problem(KindWrongPaste, "that answer is not Google's, but of "+orNobody(hostOf(values.Get("iss"))),
			hintNewLink+" and finish it at Google")
	}
	state := values.Get("state")
	switch {
	case equal(state, string(a.State)):
		return Answer{Code: Secret(values.Get("code"))}, nil
	case len(state) < len(a.State) && equal(state, string(a.State)[:len(state)]):
		return Answer{}, cutOff("the end of state")
	default:
		return Answer{}, problem(KindWrongPaste, "that answer belongs to another sign-in attempt",
			"ask for a new link and paste the answer to that one")
	}
}

// issuedBy reports whether an issuer (RFC 9207) is who was asked: Google, or the
// host that stands in for it.
func (a Attempt) issuedBy(issuer string) bool {
	given, err := url.Parse(issuer)
	if err != nil {
		return false
	}
	return slices.ContainsFunc([]string{a.AuthURL, GoogleEndpoints().Auth}, func(asked string) bool {
		u, err := url.Parse(asked)
		return err == nil && given.User == nil && given.Scheme == u.Scheme && strings.EqualFold(given.Host, u.Host)
	})
}

func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return health.Printable(u.Host, 60)
}

// halfEscape finds an escape like %2F that was cut.
var halfEscape = regexp.MustCompile(`%[0-9A-Fa-f]?$`)

func equal(a, b string) bool { return subtle.ConstantTimeCompare([]byte(a), []byte(b)) == 1 }

func conflicting(values []string) bool {
	for _, v := range values {
		if v != values[0] {
			return true
		}
	}
	return false
}

// refusal is the error for what Google put into the address instead of a code
// (RFC 6749, section 4.1.2.1).
func refusal(code string) *Error {
	if code == "access_denied" {
		return problem(KindDeclined, "you declined access in the browser", hintNewLink+" and allow access")
	}
	if known := clientProblem(code); known != nil {
		return known
	}
	return problem(KindRefused, fmt.Sprintf("Google refused the sign-in (%s)", errorCode(code)),
		"check the OAuth client and its consent screen in the Google Cloud console, then "+hintNewLink)
}

// errorCode lets a code of the protocol through, and nothing else.
func errorCode(code string) string {
	known := code != "" && !strings.ContainsFunc(code, func(r rune) bool {
		return r != '_' && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
	if !known {
		return "no known reason"
	}
	return health.Printable(code, 60)
}

func orNobody(host string) string {
	switch {
	case host == "":
		return "no host"
	case strings.ContainsAny(host, "<>{}"): // a piece of some page
		return "somewhere else"
	default:
		return host
	}
}

// sameAddress compares scheme, host, port and path; browsers write an empty
// path as "/".
func sameAddress(a, b *url.URL) bool {
	path := func(u *url.URL) string { return "/" + strings.TrimPrefix(u.EscapedPath(), "/") }
	port := func(u *url.URL) string {
		if u.Port() == "" {
			return map[string]string{"http": "80", "https": "443"}[u.Scheme]
		}
		return u.Port()
	}
	return a.User == nil && a.Scheme == b.Scheme && strings.EqualFold(a.Hostname(), b.Hostname()) &&
		port(a) == port(b) && path(a) == path(b)
}

// bareText drops what terminals, mail and chat programs add to a text: escape
// sequences, control and invisible characters, all blanks, and the quotes or
// brackets around it.
func bareText(pasted string) string {
	text := strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, ansi.Strip(pasted))
	return strings.Trim(text, "\"'`<>“”„‘’‚«»")
}

// bareCode reads a code that was copied without the rest of the address, as it
// is or percent-encoded, perhaps with the parameters that followed it.
func bareCode(text string) (Secret, bool) {
	text, _, _ = strings.Cut(text, "&")
	if !codeShape.MatchString(text) || !strings.ContainsAny(text, "0123456789") || dotted.MatchString(text) {
		return "", false
	}
	code, err := url.PathUnescape(text)
	return Secret(code), err == nil && isToken(code)
}

var (
	codeShape = regexp.MustCompile(`^[A-Za-z0-9._~/+%-]{6,}$`)
	dotted    = regexp.MustCompile(`^[0-9.]+/?$`) // the beginning of an address
)

// begins reports whether part is a beginning of text, whatever the case.
func begins(text, part string) bool {
	_, ok := cutPrefixFold(text, part)
	return ok || strings.EqualFold(text, part)
}

// cutPrefixFold returns what follows prefix in text, which must be something.
func cutPrefixFold(text, prefix string) (rest string, ok bool) {
	if prefix == "" || len(text) <= len(prefix) || !strings.EqualFold(text[:len(prefix)], prefix) {
		return "", false
	}
	return text[len(prefix):], true
}
