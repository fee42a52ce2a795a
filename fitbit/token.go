package fitbit

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
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

	turn  chan struct{} // holds a value while somebody uses what follows
	token Secret
	until time.Time

	// A new refresh token that could not be stored must not be lost: Google
	// has forgotten the one it replaced.
	replaced Secret
	unstored Grant
}

func (s *tokenSource) access(ctx context.Context, rejected Secret) (Secret, error) {
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if s.token != "" && s.token != rejected && s.now().Before(s.until) {
		return s.token, nil
	}
	return s.renew(ctx)
}

// forget drops the access token, so that the next request starts from the
// grant that is kept.
func (s *tokenSource) forget() {
	s.turn <- struct{}{}
	s.token = ""
	<-s.turn
}

// renew exchanges the newest kept grant for an access token. What changed in
// the grant is stored before the token is used.
func (s *tokenSource) renew(ctx context.Context) (Secret, error) {
	var token *oauth2.Token
	var refused error
	err := s.keeper.Update(ctx, func(kept Grant) (Grant, error) {
		grant := kept
		if s.replaced != "" && s.replaced == kept.RefreshToken {
			grant = s.unstored
		}
		token, refused = s.exchange(ctx, grant)
		if refused != nil {
			return kept, refused
		}
		s.replaced, s.unstored = kept.RefreshToken, grant.withToken(token, s.now())
		return s.unstored, nil
	})
	switch {
	case refused != nil:
		return "", refused
	case err != nil && token == nil:
		return "", keeping("reading the sign-in", err)
	case err != nil:
		return "", keeping("storing the renewed sign-in", err)
	}
	s.replaced, s.unstored = "", Grant{}
	s.token, s.until = Secret(token.AccessToken), s.now().Add(life(token)-min(renewEarly, life(token)/2))
	return s.token, nil
}

// life is how long an access token lasts; an hour when the answer says nothing.
func life(token *oauth2.Token) time.Duration {
	if token.ExpiresIn <= 0 {
		return time.Hour
	}
	return time.Duration(token.ExpiresIn) * time.Second
}

func (s *tokenSource) exchange(ctx context.Context, grant Grant) (*oauth2.Token, error) {
	notSignedIn := grant.RefreshToken == ""
	if err := s.client.check(s.endpoints); err != nil && !(notSignedIn && s.client.ID == "") {
		return nil, needsSignIn(err)
	}
	if notSignedIn {
		return nil, problem(KindOther, "not signed in yet", "sign in: press a, or run vitals auth", health.ErrSignInNeeded)
	}
	token, err := s.client.config(s.endpoints).
		TokenSource(context.WithValue(ctx, oauth2.HTTPClient, s.http), &oauth2.Token{RefreshToken: string(grant.RefreshToken)}).
		Token()
	if err == nil {
		return token, nil
	}
	failed, answered := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case answered && failed.ErrorCode == "invalid_grant" && grant.endedByTesting(s.now()):
		return nil, problem(KindOther, endedByTesting,
			`set the project to "In production" in the Google Cloud console (unverified is fine), then sign in again (press a, or run vitals auth)`,
			health.ErrSignInNeeded)
	case answered && failed.ErrorCode == "invalid_grant":
		return nil, problem(KindOther, expiredOrWithdrawn, hintSignIn, health.ErrSignInNeeded)
	case answered && clientRefused(failed):
		return nil, needsSignIn(tokenProblem(err))
	default:
		return nil, tokenProblem(err)
	}
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
func needsSignIn(err error) error {
	e, _ := errors.AsType[*Error](err)
	return problem(e.Kind, e.sentence, e.hint, health.ErrSignInNeeded)
}

func clientRefused(failed *oauth2.RetrieveError) bool {
	switch failed.ErrorCode {
	case "invalid_client", "unauthorized_client", "deleted_client", "disabled_client":
		return true
	}
	return false
}

// tokenProblem is the error of the token endpoint, whatever was asked of it
// (RFC 6749, section 5.2).
func tokenProblem(err error) *Error {
	failed, answered := errors.AsType[*oauth2.RetrieveError](err)
	switch {
	case errors.Is(err, errPage), answered && failed.Response.StatusCode < http.StatusBadRequest && failed.ErrorCode == "":
		return problem(KindTryAgain, "the answer of Google's sign-in could not be read", hintPortal, health.ErrOverloaded)
	case !answered && !cutShort(err) && isTransport(err):
		e := unreachable(err)
		e.causes = []error{health.ErrUnreachable} // without a token, nothing else can be asked
		return e
	case !answered:
		return problem(KindTryAgain, "the answer of Google's sign-in could not be read", hintUpdate)
	case clientRefused(failed):
		return problem(KindSetup, "Google does not accept this client id or secret",
			"check client_id and client_secret under [fitbit] in config.ini")
	case temporary(failed):
		e := problem(KindTryAgain, fmt.Sprintf("Google's sign-in is overloaded or broken (HTTP %d)", failed.Response.StatusCode),
			"nothing is lost: try again later", health.ErrUnreachable)
		e.pause, _ = retryAfter(failed.Response.Header)
		return e
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
	return problem(KindOther, doing+": "+printable(err.Error(), 300), hint, err)
}
