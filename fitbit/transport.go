package fitbit

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"math/rand/v2"
	"mime"
	"net/http"
	"net/http/httptrace"
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

// wary is patient with a request, but not with each of many: after two in a row that
// got no good answer in all their tries, the next are tried once, until one gets an
// answer. A service that is down is so for all of them, and is not to be asked four
// times for each; one type of data that always fails takes no try from any other.
type wary struct {
	patient, once http.RoundTripper
	failed        *atomic.Int64 // requests in a row
}

func (w wary) RoundTrip(req *http.Request) (*http.Response, error) {
	way := w.patient
	if w.failed.Load() >= 2 {
		way = w.once
	}
	resp, err := way.RoundTrip(req)
	if failed, _ := worthRetrying(req.Context(), resp, err); failed {
		w.failed.Add(1)
	} else {
		w.failed.Store(0)
	}
	return resp, err
}

// retrying returns the way of requests to Google: up to so many tries. The last
// answer is handed on whatever it says, and so is one that asks for more than a
// minute's pause.
func retrying(try http.RoundTripper, p pauses, tries int) http.RoundTripper {
	return &retryablehttp.RoundTripper{Client: &retryablehttp.Client{
		HTTPClient: &http.Client{Transport: try, CheckRedirect: stay},
		RetryMax:   tries - 1,
		CheckRetry: func(ctx context.Context, resp *http.Response, err error) (bool, error) {
			if resp != nil && tooLong(resp) {
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

// tooLong reports whether an answer asks for more than a minute's pause.
func tooLong(resp *http.Response) bool {
	after, ok := retryAfter(resp.Header)
	return ok && after > longestWait
}

// pauses are those between the tries of a request: at most this long before the
// first repetition, unless the answer asks for another.
type pauses time.Duration

// before is how long to wait before a repetition, of which the first is number
// 0; resp is nil when nobody answered.
func (p pauses) before(repetition int, resp *http.Response) time.Duration {
	if resp != nil {
		if after, ok := retryAfter(resp.Header); ok {
			return after
		}
	}
	return rand.N(time.Duration(p) << repetition) // "full jitter": clients do not come back all at once
}

// stay refuses to follow redirects: no address of Google's API redirects, and
// a token must not travel to an address that nobody configured.
func stay(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// oneTry makes one request. Reading the answer to its end belongs to it, so
// that a connection that breaks halfway is tried again as well.
type oneTry struct {
	next    http.RoundTripper
	limit   *rate.Limiter
	timeout time.Duration
	grace   time.Duration // for which one that was sent goes on after its context has ended
	now     func() time.Time

	requests *atomic.Int64 // that were made
}

// What began to arrive and is no answer of Google's.
var (
	errTooLong = errors.New("the answer is too long")
	errPage    = errors.New("a page for a browser")
)

func (t oneTry) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := t.limit.Wait(req.Context()); err != nil {
		return nil, context.DeadlineExceeded // its turn comes too late, if ever
	}
	ctx, cancel := outliving(req.Context(), t.grace)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, t.timeout)
	defer cancel()
	t.requests.Add(1)
	sent := 0
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) {
		if sent++; sent > 1 { // by itself: a connection that was kept had broken
			t.requests.Add(1)
			_ = t.limit.Wait(ctx)
		}
	}})
	resp, err := t.next.RoundTrip(req.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if kind, _, _ := mime.ParseMediaType(resp.Header.Get("Content-Type")); kind == "text/html" && resp.StatusCode == http.StatusOK {
		return nil, errPage
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, largestAnswer+1))
	switch {
	case err != nil:
		return nil, err
	case len(body) > largestAnswer:
		return nil, errTooLong
	}
	pauseInSeconds(resp.Header, t.now())
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
	if errors.Is(err, errTooLong) || errors.Is(err, errPage) {
		return false, nil
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

// pauseInSeconds turns the date of a header Retry-After (RFC 9110, section
// 10.2.3) into seconds from now on. The server's own clock counts where it
// tells it: this machine's may be hours off.
func pauseInSeconds(header http.Header, now time.Time) {
	until, err := http.ParseTime(header.Get("Retry-After"))
	if err != nil {
		return
	}
	if date, err := http.ParseTime(header.Get("Date")); err == nil {
		now = date
	}
	header.Set("Retry-After", strconv.Itoa(int(math.Ceil(max(until.Sub(now), 0).Seconds()))))
}

// retryAfter reads how many seconds the header of that name asks to wait.
func retryAfter(header http.Header) (time.Duration, bool) {
	const most = 1 << 30 // seconds, which a Duration can hold
	seconds, err := strconv.ParseUint(header.Get("Retry-After"), 10, 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return 0, false
	}
	return time.Duration(min(seconds, most)) * time.Second, true
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
