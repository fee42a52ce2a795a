package fitbit_test

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/charmbracelet/x/ansi"

	"vitals/fitbit"
)

// attempt is a sign-in under way with a known state.
func attempt() fitbit.Attempt {
	return fitbit.Attempt{
		AuthURL:     "https://accounts.google.com/o/oauth2/v2/auth",
		ClientID:    "id",
		RedirectURL: redirect,
		State:       "STATE-0123456789-abcdef",
		Verifier:    "verifier",
		Started:     noon(),
		Expires:     noon().Add(10 * time.Minute),
	}
}

const (
	scope     = "https://www.googleapis.com/auth/googlehealth.profile.readonly"
	goodQuery = "state=STATE-0123456789-abcdef&code=4%2F0AbC-d_9&scope=https%3A%2F%2Fwww.googleapis.com%2Fauth%2Fx"
)

func TestRead(t *testing.T) {
	whole := redirect + "?" + goodQuery
	for name, pasted := range map[string]string{
		"address":                   whole,
		"address without slash":     "http://127.0.0.1:8765?" + goodQuery,
		"upper case host":           strings.Replace(whole, "http", "HTTP", 1),
		"code first":                redirect + "?code=4/0AbC-d_9&state=STATE-0123456789-abcdef",
		"scope shown decoded":       redirect + "?state=STATE-0123456789-abcdef&code=4/0AbC-d_9&scope=" + scope,
		"fragment":                  redirect + "#" + goodQuery,
		"no scheme":                 strings.TrimPrefix(whole, "http://"),
		"path and query":            "/?" + goodQuery,
		"query":                     goodQuery,
		"query with mark":           "?" + goodQuery,
		"query with decoded scope":  "state=STATE-0123456789-abcdef&code=4/0AbC-d_9&scope=" + scope,
		"fragment alone":            "#" + goodQuery,
		"wrapped by the terminal":   "  " + whole[:30] + "\r\n" + whole[30:60] + "\n   " + whole[60:] + "\n",
		"quoted":                    `"` + whole + `"`,
		"typographic quotes":        "“" + whole + "”",
		"angle brackets":            "<" + whole + ">",
		"bracketed paste":           "\x1b[200~" + whole + "\x1b[201~",
		"coloured":                  "\x1b[1;34m" + whole + "\x1b[0m",
		"hyperlink":                 "\x1b]8;;http://x/\x1b\\" + whole + "\x1b]8;;\x1b\\",
		"invisible characters":      "\ufeff" + whole[:20] + "\u200b" + whole[20:] + "\u00a0\x00",
		"browser's words before":    "This site can’t be reached\n127.0.0.1 refused to connect.\n" + whole,
		"a header":                  "Location: " + whole,
		"pasted twice":              whole + whole,
		"further harmless keys":     whole + "&authuser=0&prompt=consent&iss=https://accounts.google.com",
		"unreserved escapes in key": strings.Replace(whole, "4%2F0A", "4%2f0%41", 1),
	} {
		answer, err := attempt().Read(pasted)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if string(answer.Code) != "4/0AbC-d_9" || answer.StateUnchecked {
			t.Errorf("%s: code %q, unchecked %v", name, string(answer.Code), answer.StateUnchecked)
		}
	}
}

func TestReadBareCode(t *testing.T) {
	for _, pasted := range []string{"4/0AbC-d_9", "4%2F0AbC-d_9", " '4/0AbC-d_9' \n", "4%2F0AbC-d_9&scope=" + scope, "4/0Ab\nC-d_9"} {
		answer, err := attempt().Read(pasted)
		if err != nil || string(answer.Code) != "4/0AbC-d_9" || !answer.StateUnchecked {
			t.Errorf("%q: %q, unchecked %v, %v", pasted, string(answer.Code), answer.StateUnchecked, err)
		}
	}
	// Decoded once, not twice.
	answer, err := attempt().Read("4%252F0AbC")
	if err != nil || string(answer.Code) != "4%2F0AbC" {
		t.Errorf("%q, %v", string(answer.Code), err)
	}
}

func TestReadRefuses(t *testing.T) {
	const state = "state=STATE-0123456789-abcdef"
	for _, c := range []struct {
		pasted string
		kind   fitbit.Kind
		says   string
	}{
		{"", fitbit.KindNothingPasted, "nothing pasted yet"},
		{" \r\n\t\x1b[0m“”", fitbit.KindNothingPasted, "nothing pasted yet"},
		{strings.Repeat("a", 9000), fitbit.KindWrongPaste, "too long"},

		{"h", fitbit.KindIncomplete, "no code"},
		{"http://127.0", fitbit.KindIncomplete, "no code"},
		{"http://127.0.0.1:8765/", fitbit.KindIncomplete, "no code"},
		{"127.0.0.1:8765", fitbit.KindIncomplete, "no code"},
		{redirect + "?", fitbit.KindIncomplete, "no code"},
		{redirect + "?sta", fitbit.KindIncomplete, "no code"},
		{redirect + "?" + state, fitbit.KindIncomplete, "no code"},
		{redirect + "?" + state + "&co", fitbit.KindIncomplete, "no code"},
		{redirect + "?" + state + "&code=", fitbit.KindIncomplete, "no code"},
		{redirect + "?" + state + "&code=4%2", fitbit.KindIncomplete, "cut off"},
		{redirect + "?code=4/0AbC-d_9", fitbit.KindIncomplete, "state is missing"},
		{redirect + "?code=4/0AbC-d_9&state=", fitbit.KindIncomplete, "state is missing"},
		{redirect + "?code=4/0AbC-d_9&state=STATE-01", fitbit.KindIncomplete, "the end of state is missing"},
		{"code=4/0AbC-d_9", fitbit.KindIncomplete, "state is missing"},
		{state, fitbit.KindIncomplete, "no code"},

		{"hello world", fitbit.KindWrongPaste, "no code"},
		{"foo=bar", fitbit.KindWrongPaste, "no code"},
		{"vitals auth", fitbit.KindWrongPaste, "no code"},
		{"http://127.0.0.1:8765/\x7f?%zz&code=1", fitbit.KindWrongPaste, "no code"},
		{redirect + "?code=a%20b&" + state, fitbit.KindWrongPaste, "no code"},
		{redirect + "?code=4/0AbC-d_9&state=other-0123456789-abcdef", fitbit.KindWrongPaste, "another sign-in attempt"},
		{redirect + "?code=4/0AbC-d_9&" + state + "x", fitbit.KindWrongPaste, "another sign-in attempt"},
		{redirect + "?code=one&code=two&" + state, fitbit.KindWrongPaste, "two different answers"},
		{redirect + "?code=one&" + state + "&state=x", fitbit.KindWrongPaste, "two different answers"},

		{redirect + "?" + goodQuery + "&iss=https://evil.example", fitbit.KindWrongPaste, "is not Google's, but of evil.example"},
		{redirect + "?" + goodQuery + "&iss=http://accounts.google.com", fitbit.KindWrongPaste, "is not Google's"},
		{redirect + "?" + goodQuery + "&iss=https://accounts.google.com.evil.example", fitbit.KindWrongPaste, "is not Google's"},
		{redirect + "?" + goodQuery + "&iss=https://accounts.google.com@evil.example", fitbit.KindWrongPaste, "is not Google's"},
		{redirect + "?" + goodQuery + "&iss=https://ann@accounts.google.com", fitbit.KindWrongPaste, "is not Google's"},
		{redirect + "?" + goodQuery + "&iss=", fitbit.KindWrongPaste, "is not Google's, but of no host"},
		{"?" + goodQuery + "&iss=https%3A%2F%2Fevil.example", fitbit.KindWrongPaste, "is not Google's"},

		{attempt().URL(), fitbit.KindWrongPaste, "the address you opened"},
		{"https://accounts.google.com/signin/oauth/consent?x=1", fitbit.KindWrongPaste, "the address you opened"},
		{"http://localhost:8765/?" + goodQuery, fitbit.KindWrongPaste, "is for localhost:8765, expected http://127.0.0.1:8765/"},
		{"localhost:8765/?" + goodQuery, fitbit.KindWrongPaste, "is for localhost:8765"},
		{"http://127.0.0.1:8766/?" + goodQuery, fitbit.KindWrongPaste, "is for 127.0.0.1:8766"},
		{"https://127.0.0.1:8765/?" + goodQuery, fitbit.KindWrongPaste, "expected http://"},
		{"http://127.0.0.1:8765/other?" + goodQuery, fitbit.KindWrongPaste, "expected"},
		{"/other?" + goodQuery, fitbit.KindWrongPaste, "expected"},
		{"http://127.0.0.1:8765@evil.example/?" + goodQuery, fitbit.KindWrongPaste, "is for evil.example"},
		{"http://user@127.0.0.1:8765/?" + goodQuery, fitbit.KindWrongPaste, "expected"},
		{"file:///home/ann?" + goodQuery, fitbit.KindWrongPaste, "is for no host"},

		{redirect + "?error=access_denied&" + state, fitbit.KindDeclined, "you declined access"},
		{"error=access_denied", fitbit.KindDeclined, "you declined access"},
		{redirect + "?error=access_denied#x", fitbit.KindDeclined, "you declined access"},
		{redirect + "#error=access_denied", fitbit.KindDeclined, "you declined access"},
		{"http://elsewhere/?error=access_denied", fitbit.KindDeclined, "you declined access"},
		{redirect + "?error=org_internal&" + state, fitbit.KindRefused, "(org_internal)"},
		{redirect + "?error=%3Cscript%3E&" + state, fitbit.KindRefused, "(no known reason)"},
	} {
		_, err := attempt().Read(c.pasted)
		known, ok := errors.AsType[*fitbit.Error](err)
		if !ok {
			t.Errorf("%q: %v", c.pasted, err)
			continue
		}
		if known.Kind != c.kind || !strings.Contains(known.Error(), c.says) {
			t.Errorf("%q: kind %d, %q; want kind %d, %q", c.pasted, known.Kind, known, c.kind, c.says)
		}
		complain(t, err, "4/0AbC", "STATE-", "0AbC-d_9")
	}
}

// Who stands in for Google may say so, or pass on what Google says.
func TestReadOfAnotherIssuer(t *testing.T) {
	a := attempt()
	a.AuthURL = "http://127.0.0.1:4000/o/oauth2/v2/auth"
	for issuer, good := range map[string]bool{"http://127.0.0.1:4000": true, "https://accounts.google.com": true, "http://127.0.0.1:4001": false, "http://127.0.0.1": false} {
		if _, err := a.Read(redirect + "?" + goodQuery + "&iss=" + issuer); (err == nil) != good {
			t.Errorf("%s: %v", issuer, err)
		}
	}
}

// A web client's registered address may have a path and no port.
func TestReadWebRedirect(t *testing.T) {
	a := attempt()
	a.RedirectURL = "https://vitals.example/oauth/callback"
	for _, address := range []string{a.RedirectURL, "https://vitals.example:443/oauth/callback", "vitals.example/oauth/callback"} {
		if _, err := a.Read(address + "?" + goodQuery); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, err := a.Read("https://vitals.example/?" + goodQuery); err == nil {
		t.Error("another path passed")
	}
}

func TestReadOfZeroAttempt(t *testing.T) {
	if _, err := (fitbit.Attempt{}).Read("?code=4/0AbC-d_9&state="); err == nil {
		t.Error("an empty state was taken for the right one")
	}
	if _, err := (fitbit.Attempt{}).Read("http:///?code=4/0AbC-d_9&state=x"); err == nil {
		t.Error("a state without an attempt was taken for the right one")
	}
}

func FuzzRead(f *testing.F) {
	f.Add(redirect + "?" + goodQuery)
	f.Add("?" + goodQuery)
	f.Add("4%2F0AbC-d_9")
	f.Add("\x1b]8;;http://127.0.0.1:8765/?code=1")
	f.Add("http://127.0.0.1:8765/?error=access_denied#code=4")
	f.Add("127.0.0.1:8765/?\x9b31m=%")
	a := attempt()
	f.Fuzz(func(t *testing.T, pasted string) {
		answer, err := a.Read(pasted)
		if err != nil {
			complain(t, err)
			for _, r := range err.Error() {
				if unicode.IsControl(r) {
					t.Fatalf("control character in %q", err)
				}
			}
			return
		}
		if answer.Code == "" || strings.ContainsFunc(string(answer.Code), func(r rune) bool { return r <= ' ' || r > '~' }) {
			t.Fatalf("code %q", string(answer.Code))
		}
		if !answer.StateUnchecked && !strings.Contains(flat(pasted), string(a.State)) {
			t.Fatalf("%q passed without the state", pasted)
		}
	})
}

// flat is what is left of a paste without all that a paste may carry within.
func flat(pasted string) string {
	text := strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) || unicode.IsSpace(r) {
			return -1
		}
		return r
	}, ansi.Strip(pasted))
	return regexp.MustCompile(`%[0-9A-Fa-f]{2}`).ReplaceAllStringFunc(text, func(escape string) string {
		b, _ := hex.DecodeString(escape[1:])
		return string(b)
	})
}

func TestAttemptSurvivesJSON(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	client := fitbit.OAuthClient{ID: "1.apps.googleusercontent.com", Secret: "s", RedirectURL: redirect}
	begun, err := fitbit.Begin(client, fitbit.GoogleEndpoints(), noon().In(london))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(begun)
	if err != nil {
		t.Fatal(err)
	}
	var restored fitbit.Attempt
	if err := json.Unmarshal(text, &restored); err != nil {
		t.Fatal(err)
	}
	if restored.URL() != begun.URL() || restored.Verifier != begun.Verifier || restored.State != begun.State {
		t.Error("the attempt changed on its way through JSON")
	}
	if err := restored.Check(noon().Add(10*time.Minute - 1)); err != nil {
		t.Error(err)
	}
	err = restored.Check(noon().Add(10 * time.Minute))
	if err == nil || err.Error() != "this link expired at 12:10" {
		t.Errorf("got %v", err)
	}
}

func TestAttemptURL(t *testing.T) {
	client := fitbit.OAuthClient{ID: "1.apps.googleusercontent.com", Secret: "do-not-tell", RedirectURL: redirect}
	begun, err := fitbit.Begin(client, fitbit.GoogleEndpoints(), noon())
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(begun.URL())
	if err != nil {
		t.Fatal(err)
	}
	if got := u.Scheme + "://" + u.Host + u.Path; got != fitbit.GoogleEndpoints().Auth {
		t.Error(got)
	}
	q := u.Query()
	for key, want := range map[string]string{
		"response_type": "code", "client_id": client.ID, "redirect_uri": redirect, "access_type": "offline",
		"prompt": "consent", "state": string(begun.State), "code_challenge_method": "S256",
		"scope": "https://www.googleapis.com/auth/googlehealth.health_metrics_and_measurements.readonly " +
			"https://www.googleapis.com/auth/googlehealth.activity_and_fitness.readonly " +
			"https://www.googleapis.com/auth/googlehealth.profile.readonly " +
			"https://www.googleapis.com/auth/googlehealth.settings.readonly " +
			"openid https://www.googleapis.com/auth/userinfo.profile",
	} {
		if got := q[key]; len(got) != 1 || got[0] != want {
			t.Errorf("%s = %q, want %q", key, got, want)
		}
		delete(q, key)
	}
	if len(q["code_challenge"]) != 1 || len(q.Get("code_challenge")) != 43 || q.Get("code_challenge") == string(begun.Verifier) {
		t.Errorf("code_challenge = %q", q["code_challenge"])
	}
	delete(q, "code_challenge")
	if len(q) > 0 {
		t.Errorf("unexpected parameters: %v", q)
	}
	again, _ := fitbit.Begin(client, fitbit.GoogleEndpoints(), noon())
	if again.State == begun.State || again.Verifier == begun.Verifier || len(begun.State) != 43 {
		t.Error("state and verifier must be random and new each time")
	}
}
