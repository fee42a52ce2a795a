package fitbit

import (
	"context"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"vitals/internal/health"
)

// Reach is how a server of Google's answered a question that takes no grant and
// changes nothing.
type Reach struct {
	Host  string
	Proxy string // the host it was asked through; "" for none

	Took time.Duration // until the answer began: finding its address, connecting and all

	// ClockAhead is how far this machine's clock is ahead of the server's, to a
	// second; nil when the server did not tell or is not Google's.
	ClockAhead *time.Duration

	// Certificate is when the server's certificate is valid, when it was refused
	// for that: mostly it is the machine's clock that is wrong.
	Certificate *Validity
}

// Validity is the time between two instants.
type Validity struct{ From, Until time.Time }

// ReachAPI asks the API for the account without saying whose, which it refuses
// in a way of its own: that tells it from a page of some proxy. Transport may be
// nil. Its errors are *Error; what is known of the server is told all the same.
func (e Endpoints) ReachAPI(ctx context.Context, transport http.RoundTripper, now func() time.Time) (Reach, error) {
	address := strings.TrimSuffix(e.API, "/") + "/v4/" + me + "/identity"
	return reach(ctx, transport, now, http.MethodGet, "api_url", address, func(status int, body []byte) bool {
		var answer struct {
			Error struct {
				Code   int    `json:"code"`
				Status string `json:"status"`
			} `json:"error"`
		}
		return json.Unmarshal(body, &answer) == nil && answer.Error.Code == status && answer.Error.Status != ""
	})
}

// ReachSignIn sends an empty request to where tokens are renewed, which refuses
// it as RFC 6749, section 5.2, has it. The rest is as with ReachAPI.
func (e Endpoints) ReachSignIn(ctx context.Context, transport http.RoundTripper, now func() time.Time) (Reach, error) {
	return reach(ctx, transport, now, http.MethodPost, "token_url", e.Token, func(_ int, body []byte) bool {
		var answer struct {
			Error string `json:"error"`
		}
		return json.Unmarshal(body, &answer) == nil && answer.Error != ""
	})
}

func reach(ctx context.Context, transport http.RoundTripper, now func() time.Time, method, key, address string, googles func(status int, body []byte) bool) (Reach, error) {
	if err := checkAddress(key, address); err != nil {
		return Reach{}, err
	}
	req, err := http.NewRequestWithContext(ctx, method, address, nil)
	if err != nil {
		return Reach{}, checkAddress(key, "")
	}
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	seen := Reach{Host: health.Printable(req.URL.Host, 60)}
	if proxy, err := http.ProxyFromEnvironment(req); err == nil && proxy != nil {
		seen.Proxy = health.Printable(proxy.Host, 60) // without its password
	}
	if transport == nil {
		own := http.DefaultTransport.(*http.Transport).Clone()
		defer own.CloseIdleConnections()
		transport = own
	}
	asked, began := now(), time.Now()
	resp, err := (&http.Client{Transport: transport, CheckRedirect: stay}).Do(req)
	seen.Took = time.Since(began)
	answered := now()
	if err != nil {
		return seen, seen.failed(ctx, err)
	}
	defer resp.Body.Close()
	const most = 1 << 16
	body, err := io.ReadAll(io.LimitReader(resp.Body, most))
	switch status := resp.StatusCode; {
	case status == http.StatusGone, status == http.StatusTooManyRequests, status >= http.StatusInternalServerError:
		return seen, fault{status: status}.problem(health.TypeIdentity)
	case err != nil:
		return seen, seen.failed(ctx, err)
	case status < http.StatusBadRequest || !googles(status, body):
		return seen, problem(KindOther, fmt.Sprintf("what answers as %s is not Google (HTTP %d)", seen.Host, status),
			hintNotGoogle(key))
	}
	// The header has whole seconds, and was set at some time on the way.
	if date, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		ahead := asked.Add(answered.Sub(asked) / 2).Sub(date.Add(time.Second / 2)).Round(time.Second)
		seen.ClockAhead = &ahead
	}
	return seen, nil
}

// failed is the error of a request without an answer.
func (r *Reach) failed(ctx context.Context, err error) error {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok && invalid.Reason == x509.Expired && invalid.Cert != nil {
		r.Certificate = &Validity{invalid.Cert.NotBefore, invalid.Cert.NotAfter}
	}
	if errors.Is(ctx.Err(), context.Canceled) {
		return interrupted(ctx, "asking "+r.Host)
	}
	if _, ok := errors.AsType[*url.Error](err); !ok {
		err = &url.Error{URL: "https://" + r.Host, Err: err} // the answer was cut, and that says not whose
	}
	return unreachable(err)
}
