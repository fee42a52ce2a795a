package fitbit_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"vitals/fitbit"
	"vitals/fitbit/fake"
	"vitals/internal/health"
)

// visit opens the attempt's address as a browser does, and returns the address
// the browser is sent to.
func (w *world) visit(t *testing.T, address string) string {
	t.Helper()
	browser := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := browser.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	location := resp.Header.Get("Location")
	if resp.StatusCode != http.StatusFound || !strings.Contains(string(body), location) {
		t.Fatalf("%s: %s", resp.Status, body)
	}
	return location
}

func (w *world) begin(t *testing.T) fitbit.Attempt {
	t.Helper()
	begun, err := fitbit.Begin(w.options.Client, w.options.Endpoints, w.now())
	if err != nil {
		t.Fatal(err)
	}
	return begun
}

// answer goes through the browser's part of a sign-in.
func (w *world) answer(t *testing.T) (fitbit.Attempt, fitbit.Answer) {
	t.Helper()
	begun := w.begin(t)
	answer, err := begun.Read(w.visit(t, begun.URL()))
	if err != nil {
		t.Fatal(err)
	}
	return begun, answer
}

func noReport(fitbit.Step) {}

func TestSignIn(t *testing.T) {
	w := newWorld(t, sample())
	begun, answer := w.answer(t)
	var steps []fitbit.Step
	signedIn, err := w.client.Complete(t.Context(), begun, answer, func(s fitbit.Step) { steps = append(steps, s) })
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(steps, []fitbit.Step{fitbit.Exchanging, fitbit.Verifying}) || steps[0].String() == steps[1].String() {
		t.Errorf("steps: %v", steps)
	}
	person := sample()
	if signedIn.Name != "Ann E." || signedIn.Identity != person.Identity {
		t.Errorf("signed in as %+v", signedIn)
	}
	g := signedIn.Grant
	if g.RefreshToken == "" || !g.SignedInAt.Equal(noon()) || !g.ExpiresAt.IsZero() || !slices.IsSorted(g.Scopes) {
		t.Errorf("grant %+v", g)
	}
	if !slices.Equal(g.Granted(), []string{"weight", "activity", "profile", "settings"}) || len(g.Missing()) != 0 {
		t.Errorf("granted %v, missing %v", g.Granted(), g.Missing())
	}
	w.keeper.grant = g
	w.client.Forget()
	if _, err := w.client.Settings(t.Context()); err != nil {
		t.Errorf("the new grant reads nothing: %v", err)
	}
	if _, err := w.client.Complete(t.Context(), begun, answer, noReport); err == nil {
		t.Error("a code was good twice")
	}
}

func TestSignInWithUntickedBoxes(t *testing.T) {
	w := newWorld(t, sample())
	w.fake.Set(func(k *fake.Knobs) { k.Untick = fake.Scopes()[:1] })
	begun, answer := w.answer(t)
	signedIn, err := w.client.Complete(t.Context(), begun, answer, noReport)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(signedIn.Grant.Missing(), []string{"weight"}) {
		t.Errorf("missing %v", signedIn.Grant.Missing())
	}

	w.fake.Set(func(k *fake.Knobs) { k.Untick = fake.Scopes()[:4] })
	begun, answer = w.answer(t)
	_, err = w.client.Complete(t.Context(), begun, answer, noReport)
	wantKind(t, err, fitbit.KindDeclined, "none of the data")
}

func TestSignInOfTestingProject(t *testing.T) {
	w := newWorld(t, sample())
	w.fake.Set(func(k *fake.Knobs) { k.Testing = true })
	begun, answer := w.answer(t)
	w.advance(5 * time.Minute)
	signedIn, err := w.client.Complete(t.Context(), begun, answer, noReport)
	if want := noon().Add(7 * 24 * time.Hour); err != nil || !signedIn.Grant.ExpiresAt.Equal(want) {
		t.Errorf("%v, %v; want %v", signedIn.Grant.ExpiresAt, err, want)
	}
}

func wantKind(t *testing.T, err error, kind fitbit.Kind, says string, secrets ...string) {
	t.Helper()
	known, ok := errors.AsType[*fitbit.Error](err)
	if !ok {
		t.Fatalf("%T: %v", err, err)
	}
	if known.Kind != kind || !strings.Contains(known.Error(), says) {
		t.Errorf("kind %d: %v; want %d: %s", known.Kind, known, kind, says)
	}
	complain(t, err, secrets...)
}

func TestDeclined(t *testing.T) {
	w := newWorld(t, sample())
	w.fake.Set(func(k *fake.Knobs) { k.Deny = true })
	begun := w.begin(t)
	_, err := begun.Read(w.visit(t, begun.URL()))
	wantKind(t, err, fitbit.KindDeclined, "declined")
}

func TestCompleteRefused(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*world, *fitbit.Attempt, *fitbit.Answer)
		kind   fitbit.Kind
		says   string
	}{
		"expired": {func(w *world, _ *fitbit.Attempt, _ *fitbit.Answer) { w.advance(10 * time.Minute) },
			fitbit.KindExpired, "this link expired at 12:10"},
		"other client": {func(_ *world, a *fitbit.Attempt, _ *fitbit.Answer) { a.ClientID = "other" },
			fitbit.KindExpired, "another Google client"},
		"wrong verifier": {func(_ *world, a *fitbit.Attempt, _ *fitbit.Answer) { a.Verifier = "x" },
			fitbit.KindCodeRefused, "the code was refused"},
		"wrong redirect": {func(_ *world, a *fitbit.Attempt, _ *fitbit.Answer) { a.RedirectURL = "http://127.0.0.1:1/" },
			fitbit.KindCodeRefused, "the code was refused"},
		"cut code": {func(_ *world, _ *fitbit.Attempt, a *fitbit.Answer) { a.Code = a.Code[:10] },
			fitbit.KindCodeRefused, "the code was refused"},
		"old code": {func(w *world, a *fitbit.Attempt, _ *fitbit.Answer) {
			w.advance(11 * time.Minute)
			a.Expires = a.Expires.Add(time.Hour)
		}, fitbit.KindCodeRefused, "the code was refused"},
		"overload": {func(w *world, _ *fitbit.Attempt, _ *fitbit.Answer) {
			w.fake.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{{Path: fake.TokenPath, Status: 503}} })
		}, fitbit.KindTryAgain, "overloaded or broken (HTTP 503)"},
		"nobody there": {func(w *world, _ *fitbit.Attempt, _ *fitbit.Answer) { w.server.Close() },
			fitbit.KindTryAgain, "could not reach 127.0.0.1"},
		"page of a proxy": {func(w *world, _ *fitbit.Attempt, _ *fitbit.Answer) {
			w.fake.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{{Path: fake.TokenPath, HTML: true}} })
		}, fitbit.KindTryAgain, "could not be read"},
		"misuse": {func(w *world, _ *fitbit.Attempt, _ *fitbit.Answer) {
			w.fake.Set(func(k *fake.Knobs) {
				k.Troubles = []fake.Trouble{{Path: fake.TokenPath, Status: 400, Reason: "invalid_request"}}
			})
		}, fitbit.KindSetup, "refused the request (invalid_request)"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, sample())
			begun, answer := w.answer(t)
			c.change(w, &begun, &answer)
			_, err := w.client.Complete(t.Context(), begun, answer, noReport)
			wantKind(t, err, c.kind, c.says, string(answer.Code), string(begun.Verifier), string(begun.State))
		})
	}
}

func TestCompleteWithWrongClient(t *testing.T) {
	w := newWorld(t, sample())
	begun, answer := w.answer(t)
	w.options.Client.Secret = "GOCSPX-wrong"
	_, err := newClient(t, w.options).Complete(t.Context(), begun, answer, noReport)
	wantKind(t, err, fitbit.KindSetup, "does not accept this client id or secret", "GOCSPX-wrong")

	// Nothing was spent: with the right secret the same answer works.
	if _, err := w.client.Complete(t.Context(), begun, answer, noReport); err != nil {
		t.Error(err)
	}
}

// A grant that could not be tried out is a grant all the same. Until somebody
// says that it is stored, the code that was spent for it keeps giving it.
func TestAFailureToVerifyDoesNotCostTheGrant(t *testing.T) {
	w := newWorld(t, sample())
	begun, answer := w.answer(t)
	for _, c := range []struct {
		trouble fake.Trouble
		kind    fitbit.Kind
		says    string
	}{
		{fake.Trouble{Path: "/identity", Status: 500}, fitbit.KindTryAgain, "HTTP 500"},
		{fake.Trouble{Path: "/v4/", Status: 400, Reason: "ACCOUNT_NOT_LINKED"}, fitbit.KindRefused, "has no Fitbit or Google Health profile"},
	} {
		w.fake.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{c.trouble} })
		signedIn, err := w.client.Complete(t.Context(), begun, answer, noReport)
		if err != nil || signedIn.Grant.RefreshToken == "" || signedIn.Name != "" {
			t.Fatalf("%+v, %v", signedIn, err)
		}
		wantKind(t, signedIn.Unverified, c.kind, c.says, string(answer.Code), string(begun.Verifier), string(begun.State))
	}

	w.fake.Set(func(k *fake.Knobs) { k.Troubles = nil })
	for range 2 {
		var steps []fitbit.Step
		signedIn, err := w.client.Complete(t.Context(), begun, answer, func(s fitbit.Step) { steps = append(steps, s) })
		if err != nil || signedIn.Unverified != nil || signedIn.Name == "" || !slices.Equal(steps, []fitbit.Step{fitbit.Verifying}) {
			t.Errorf("%+v, %v, steps %v", signedIn, err, steps)
		}
	}
}

func TestCompleteInterrupted(t *testing.T) {
	w := newWorld(t, sample())
	begun, answer := w.answer(t)
	ctx, cancel := context.WithCancel(t.Context())
	_, err := w.client.Complete(ctx, begun, answer, func(fitbit.Step) { cancel() })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	complain(t, err)
}

func TestNoRefreshToken(t *testing.T) {
	client := clientOf(t, canned(http.StatusOK, `{}`))
	a := attempt()
	_, err := client.Complete(t.Context(), a, fitbit.Answer{Code: "4/0A"}, noReport)
	wantKind(t, err, fitbit.KindRefused, "no lasting access", "4/0A")
}

func TestFailingUserInfoDoesNotFailTheSignIn(t *testing.T) {
	w := newWorld(t, sample())
	w.fake.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{{Path: fake.UserInfoPath, HTML: true, Status: 502}} })
	begun, answer := w.answer(t)
	signedIn, err := w.client.Complete(t.Context(), begun, answer, noReport)
	if err != nil || signedIn.Name != "" {
		t.Errorf("%q, %v", signedIn.Name, err)
	}
	profile, err := w.client.Profile(t.Context())
	if want := (health.Profile{Age: 41, MemberSince: date(2014, time.March, 2)}); err != nil || profile != want {
		t.Errorf("%+v, %v", profile, err)
	}
}

func TestRevoke(t *testing.T) {
	w := newWorld(t, sample())
	grant := w.keeper.grant
	if err := w.client.Revoke(t.Context(), grant); err != nil {
		t.Fatal(err)
	}
	if _, err := w.client.Settings(t.Context()); !errors.Is(err, health.ErrSignInNeeded) {
		t.Errorf("the grant lives on: %v", err)
	}
	if err := w.client.Revoke(t.Context(), grant); err != nil {
		t.Errorf("a dead grant: %v", err)
	}
	if err := w.client.Revoke(t.Context(), fitbit.Grant{}); err != nil {
		t.Errorf("no grant: %v", err)
	}
	w.fake.Set(func(k *fake.Knobs) { k.Troubles = []fake.Trouble{{Path: fake.RevokePath, Status: 503}} })
	err := w.client.Revoke(t.Context(), grant)
	wantKind(t, err, fitbit.KindTryAgain, "HTTP 503", string(grant.RefreshToken))
	w.server.Close()
	err = w.client.Revoke(t.Context(), grant)
	wantKind(t, err, fitbit.KindTryAgain, "could not reach", string(grant.RefreshToken))
}
