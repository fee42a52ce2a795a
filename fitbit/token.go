package fitbit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/oauth2"

	"vitals/internal/health"
)

// renewEarly is how long before its end a token is replaced, so that it does
// not end on the way; one of less than two minutes, at half its life.
const renewEarly = time.Minute

// tokenSource hands out access tokens, renewed from the kept grant. It is safe
// for concurrent use, and at most one goroutine renews at a time.
type tokenSource struct {
	client    OAuthClient
	endpoints Endpoints
	keeper    GrantKeeper
	http      *http.Client
	now       func() time.Time

	pauses pauses

	forgets atomic.Int64 // how often forget was called: a token from before is not used

	turn    chan struct{} // holds a value while somebody uses what follows
	token   Secret
	tokenOf int64 // forgets, when it was asked for
	until   time.Time

	// The refresh token that was replaced last, and the grant that came instead.
	// That must not be lost when it could not be stored, or when an older copy of
	// the file came back: Google has forgotten the one it replaced.
	replaced Secret
	instead  Grant
}

func (s *tokenSource) access(ctx context.Context, rejected Secret) (Secret, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if s.token != "" && s.token != rejected && s.tokenOf == s.forgets.Load() && s.now().Before(s.until) {
		return s.token, nil
	}
	return s.renew(ctx)
}

// forget drops the access token, so that the next request starts from the
// grant that is kept. It does not wait for a renewal under way.
func (s *tokenSource) forget() { s.forgets.Add(1) }

// notRenewed is why a renewal brought no access token.
type notRenewed struct {
	err    *Error
	dead   Secret         // the refresh token that is good no more; "" when that is not known
	again  bool           // it is worth trying again
	answer *http.Response // nil when there was none
}

// renew exchanges the newest kept grant for an access token, and tries four
// times. The keeper's lock is held for each single request, and not during the
// pauses between them, so that nobody waits long for it.
//
// A refused grant is looked at once more: it is dead only if it is still the one
// that is kept, and not one that somebody without the lock has replaced since.
func (s *tokenSource) renew(ctx context.Context) (Secret, error) {
	var refused *notRenewed
	for try := 1; ; try++ {
		failed, err := s.renewOnce(ctx, refused)
		switch {
		case failed == nil && err != nil:
			return "", err
		case failed == nil:
			return s.token, nil
		case failed.dead != "" && refused == nil:
			refused = failed
			continue
		case !failed.again || try >= tries:
			return "", failed.err
		}
		pause := time.NewTimer(s.pauses.before(try-1, failed.answer))
		select {
		case <-pause.C:
		case <-ctx.Done():
			pause.Stop()
			return "", ctx.Err()
		}
	}
}

// renewOnce makes one request, but none for the grant that was just refused. What
// changed in the grant is stored before the token is used. An error is the
// keeper's.
func (s *tokenSource) renewOnce(ctx context.Context, refused *notRenewed) (*notRenewed, error) {
	var token *oauth2.Token
	var failed *notRenewed
	of := s.forgets.Load()
	err := s.keeper.Update(ctx, func(kept Grant) (Grant, error) {
		grant := kept
		if s.replaced != "" && s.replaced == kept.RefreshToken {
			grant = s.instead
		}
		if failed = refused; refused == nil || refused.dead != grant.RefreshToken {
			token, failed = s.exchange(ctx, grant)
		}
		if failed != nil {
			return kept, failed.err
		}
		renewed := grant.withToken(token, s.now())
		if renewed.RefreshToken != kept.RefreshToken {
			s.replaced, s.instead = kept.RefreshToken, renewed
		}
		return renewed, nil
	})
	switch {
	case failed != nil:
		return failed, nil
	case err != nil && token == nil:
		return nil, keeping("reading the sign-in", err)
	case err != nil:
		return nil, keeping("storing the renewed sign-in", err)
	}
	until := s.now().Add(life(token) - min(renewEarly, life(token)/2))
	s.token, s.tokenOf, s.until = Secret(token.AccessToken), of, until
	return nil, nil
}

// life is how long an access token lasts; an hour when the answer says nothing.
func life(token *oauth2.Token) time.Duration {
	if token.ExpiresIn <= 0 {
		return time.Hour
	}
	return time.Duration(token.ExpiresIn) * time.Second
}

func (s *tokenSource) exchange(ctx context.Context, grant Grant) (*oauth2.Token, *notRenewed) {
	notSignedIn := grant.RefreshToken == ""
	if err := s.client.check(s.endpoints); err != nil && !(notSignedIn && s.client.ID == "") {
		return nil, &notRenewed{err: needsSignIn(err)}
	}
	if notSignedIn {
		return nil, &notRenewed{err: problem(KindOther, "not signed in yet", "sign in: press a, or run vitals auth", health.ErrSignInNeeded)}
	}
	token, err := s.client.config(s.endpoints).
		TokenSource(context.WithValue(ctx, oauth2.HTTPClient, s.http), &oauth2.Token{RefreshToken: string(grant.RefreshToken)}).
		Token()
	if err == nil {
		return token, nil
	}
	failed, answered := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case answered && !temporary(failed) && failed.ErrorCode == "invalid_grant":
		return nil, &notRenewed{err: grant.ended(s.now()), dead: grant.RefreshToken}
	case answered && !temporary(failed) && clientRefused(failed):
		return nil, &notRenewed{err: needsSignIn(tokenProblem(err))}
	case answered:
		known := tokenProblem(err)
		return nil, &notRenewed{err: known, answer: failed.Response,
			// A login page that a network leads to does not pass in seconds.
			again: known.Kind == KindTryAgain && failed.Response.StatusCode >= http.StatusBadRequest && !tooLong(failed.Response)}
	default:
		again, _ := worthRetrying(ctx, nil, err)
		return nil, &notRenewed{err: tokenProblem(err), again: again}
	}
}

// ended is the error of a grant that is dead.
func (g Grant) ended(now time.Time) *Error {
	if g.endedByTesting(now) {
		return problem(KindOther, endedByTesting,
			`set the project to "In production" in the Google Cloud console (unverified is fine), then sign in again (press a, or run vitals auth)`,
			health.ErrSignInNeeded)
	}
	return problem(KindOther, expiredOrWithdrawn, hintSignIn, health.ErrSignInNeeded)
}

// The sentences about a grant that is dead.
const (
	endedByTesting     = "the sign-in ended after seven days, as it does while the Google project is in Testing"
	expiredOrWithdrawn = "the sign-in expired or was withdrawn"
)

// SaysGrantIsDead reports whether a text, which may have been stored meanwhile,
// is that of the error with which a dead grant is refused.
func SaysGrantIsDead(text string) bool {
	return strings.HasPrefix(text, endedByTesting) || strings.HasPrefix(text, expiredOrWithdrawn)
}

// needsSignIn makes an *Error also an ErrSignInNeeded: nothing can be read
// before the sign-in is put right.
func needsSignIn(err error) *Error {
	e, _ := errors.AsType[*Error](err)
	return problem(e.Kind, e.sentence, e.hint, health.ErrSignInNeeded)
}

func clientRefused(failed *oauth2.RetrieveError) bool { return clientProblem(failed.ErrorCode) != nil }

// clientProblem is the error for a code that finds fault with the OAuth client,
// nil for any other code.
func clientProblem(code string) *Error {
	switch code {
	case "invalid_client", "unauthorized_client":
		return problem(KindSetup, "Google does not accept this client id or secret",
			"check client_id and client_secret under [fitbit] in config.ini")
	case "deleted_client":
		return problem(KindSetup, "the Google client was deleted",
			"create another in the Google Cloud console, then: vitals auth --client client_secret_*.json")
	case "disabled_client":
		return problem(KindSetup, "the Google client is disabled",
			"enable it in the Google Cloud console, or create another, then: vitals auth --client client_secret_*.json")
	case "redirect_uri_mismatch":
		return problem(KindSetup, "the Google client does not know redirect_url (redirect_uri_mismatch)",
			`add redirect_url of config.ini to the client's redirect URIs in the Google Cloud console, or use a client of type "Desktop app"`)
	default:
		return nil
	}
}

// tokenProblem is the error of the token endpoint, whatever was asked of it
// (RFC 6749, section 5.2).
func tokenProblem(err error) *Error {
	failed, answered := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case errors.Is(err, errPage):
		return problem(KindTryAgain, "the answer of Google's sign-in could not be read", hintPortal, health.ErrOverloaded)
	case !answered && !cutShort(err) && isTransport(err):
		e := unreachable(err)
		e.causes = []error{health.ErrUnreachable} // without a token, nothing else can be asked
		return e
	case !answered:
		return problem(KindTryAgain, "the answer of Google's sign-in could not be read", hintUpdate)
	case temporary(failed):
		e := problem(KindTryAgain, fmt.Sprintf("Google's sign-in is overloaded or broken (HTTP %d)", failed.Response.StatusCode),
			"nothing is lost: try again later", health.ErrUnreachable)
		e.pause, _ = retryAfter(failed.Response.Header)
		return e
	case clientRefused(failed):
		return clientProblem(failed.ErrorCode)
	case failed.Response.StatusCode == http.StatusGone:
		return switchedOff("token_url")
	case failed.ErrorCode == "": // a page of some proxy, or its redirect to one
		return problem(KindTryAgain, fmt.Sprintf("what answers for Google's sign-in is not Google (HTTP %d)", failed.Response.StatusCode),
			hintNotGoogle("token_url"), health.ErrOverloaded)
	default:
		return problem(KindSetup, fmt.Sprintf("Google's sign-in refused the request (%s)", errorCode(failed.ErrorCode)),
			"check client_id, client_secret and redirect_url under [fitbit] in config.ini")
	}
}

func temporary(failed *oauth2.RetrieveError) bool {
	switch failed.ErrorCode {
	case "temporarily_unavailable", "internal_failure", "server_error", "rate_limit_exceeded", "slow_down":
		return true
	}
	status := failed.Response.StatusCode
	return status == http.StatusTooManyRequests || status >= 500
}

// isTransport reports whether a request got no answer, rather than one that
// could not be read.
func isTransport(err error) bool {
	_, ok := errors.AsType[*url.Error](err)
	return ok
}

// keeping is the error of the keeper of the grant, with its own hint.
func keeping(doing string, err error) error {
	hint := "look at the file and its rights"
	if hinted, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok {
		hint = hinted.Hint()
	}
	return problem(KindOther, doing+": "+health.Printable(err.Error(), 300), hint, err)
}
