package fitbit

import (
	"bytes"
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/hashicorp/go-retryablehttp"
	"golang.org/x/time/rate"
)

const (
	tries         = 4
	longestWait   = time.Minute
	largestAnswer = 64 << 20 // bytes; a full page has some 6 MB
)

// retrying returns the way of requests to Google: up to four tries. The last
// answer is handed on whatever it says, and so is one that asks for more than a
// minute's pause.
func retrying(try http.RoundTripper, p pauses) http.RoundTripper {
	return &retryablehttp.RoundTripper{Client: &retryablehttp.Client{
		HTTPClient: &http.Client{Transport: try, CheckRedirect: stay},
		RetryMax:   tries - 1,
		CheckRetry: func(ctx context.Context, resp *http.Response, err error) (bool, error) {
			if resp != nil && p.tooLong(resp) {
				return false, nil // whoever asked may come back later
			}
			return worthRetrying(ctx, resp, err)
		},
		Backoff: func(_, _ time.Duration, try int, resp *http.Response) time.Duration { return p.before(try, resp) },
		ErrorHandler: func(resp *http.Response, err error, _ int) (*http.Response, error) {
			if err != nil {
				return nil, err
			}
			return resp, nil
		},
	}}
}

// pauses are those between the tries of a request.
type pauses struct {
	now  func() time.Time
	wait time.Duration // the longest before the first repetition
}

// tooLong reports whether an answer asks for more than a minute's pause.
func (p pauses) tooLong(resp *http.Response) bool {
	after, ok := retryAfter(resp.Header.Get("Retry-After"), p.now())
	return ok && after > longestWait
}

// before is how long to wait before a repetition, of which the first is number
// 0; resp is nil when nobody answered.
func (p pauses) before(repetition int, resp *http.Response) time.Duration {
	if resp != nil {
		if after, ok := retryAfter(resp.Header.Get("Retry-After"), p.now()); ok {
			return after
		}
	}
	return rand.N(p.wait << repetition) // "full jitter": clients do not come back all at once
}

// stay refuses to follow redirects: no address of Google's API redirects, and
// a token must not travel to an address that nobody configured.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// counting counts the requests that it passes on.
type counting struct {
	next     http.RoundTripper
	requests *atomic.Int64
}

func (t counting) RoundTrip(req *http.Request) (*http.Response, error) {
	t.requests.Add(1)
	return t.next.RoundTrip(req)
}

// oneTry makes one request. Reading the answer to its end belongs to it, so
// that a connection that breaks halfway is tried again as well.
type oneTry struct {
	next    http.RoundTripper
	limit   *rate.Limiter
	timeout time.Duration
	grace   time.Duration // for which one that was sent goes on after its context has ended
}

func (t oneTry) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.limit.Wait(req.Context()); err != nil {
		return nil, context.DeadlineExceeded // its turn comes too late, if ever
	}
	ctx, cancel := outliving(req.Context(), t.grace)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, t.timeout)
	defer cancel()
	resp, err := t.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(io.LimitReader(resp.Body, largestAnswer))
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(bareIntegers.ReplaceAll(body, []byte(`"$1":"$2"`))))
	return resp, nil
}

// outliving returns a context that ends some time after ctx.
func outliving(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	if grace == 0 {
		return ctx, func() {}
	}
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-longer.Done():
		}
	})
	return longer, func() {
		stop()
		cancel()
	}
}

// bareIntegers finds 64-bit integers that were sent as numbers. JSON has them
// as strings, and the generated client insists on it, but not every stand-in
// for the service does.
var bareIntegers = regexp.MustCompile(`"(heightMillimeters|countSum)"\s*:\s*([0-9]+)\b`)

func worthRetrying(ctx context.Context, resp *http.Response, err error) (bool, error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if err != nil {
		return retryablehttp.DefaultRetryPolicy(ctx, nil, err)
	}
	switch resp.StatusCode {
	case http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusBadGateway,
		http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return true, nil
	}
	return false, nil
}

// retryAfter reads how long the header of that name asks to wait, in seconds or
// until a date (RFC 9110, section 10.2.3).
func retryAfter(header string, now time.Time) (time.Duration, bool) {
	const most = 1 << 30 // seconds, which a Duration can hold
	if seconds, err := strconv.ParseUint(header, 10, 64); err == nil {
		return time.Duration(min(seconds, most)) * time.Second, true
	}
	if date, err := http.ParseTime(header); err == nil {
		return max(date.Sub(now), 0), true
	}
	return 0, false
}

// accessTokens hands out the token that opens the API.
type accessTokens interface {
	// access returns a token that is not the rejected one, which the server
	// has just refused; "" rejects none.
	access(ctx context.Context, rejected Secret) (Secret, error)
}

// fixedToken is a token that cannot be renewed.
type fixedToken Secret

func (t fixedToken) access(context.Context, Secret) (Secret, error) { return Secret(t), nil }

// bearer puts the access token on requests. When the server refuses it, it is
// renewed and the request sent once more.
type bearer struct {
	next   http.RoundTripper
	tokens accessTokens
}

func (b bearer) RoundTrip(req *http.Request) (*http.Response, error) {
	token, err := b.tokens.access(req.Context(), "")
	if err != nil {
		return nil, err
	}
	resp, err := b.send(req, token)
	if err != nil || resp.StatusCode != http.StatusUnauthorized {
		return resp, err
	}
	if token, err = b.tokens.access(req.Context(), token); err != nil {
		return nil, err
	}
	return b.send(req, token)
}

func (b bearer) send(req *http.Request, token Secret) (*http.Response, error) {
	req = req.Clone(req.Context())
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, err
		}
		req.Body = body
	}
	req.Header.Set("Authorization", "Bearer "+string(token))
	return b.next.RoundTrip(req)
}
