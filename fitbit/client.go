package fitbit

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"
	google "google.golang.org/api/health/v4"
	"google.golang.org/api/option"

	"vitals/internal/health"
)

// Transport makes single requests.
type Transport = http.RoundTripper

// Options say how a Client reaches Google.
type Options struct {
	Endpoints Endpoints
	Client    OAuthClient
	Keeper    GrantKeeper

	Transport Transport // nil: http.DefaultTransport
	Now       func() time.Time

	RequestsPerSecond float64       // 0: 2, evenly spaced; negative: no limit
	RetryWait         time.Duration // the longest wait before the first repetition, doubled for each further one; 0: 1 s
	Timeout           time.Duration // of one try; 0: 30 s
}

// Client reads from Google Health with the kept grant, and signs in. It is
// safe for concurrent use; all its requests share one rate limit.
//
// A request is tried up to four times when the server is overloaded or the
// network fails, and waits as long as the server asks for, up to a minute; after
// two in a row that failed in all their tries, once, until one gets an answer.
// All methods end at once with their context, except that the renewal of an
// access token that was sent is given a second more: its answer may hold the
// only refresh token that is left. Their errors are *Error, or *Skipped beside
// data that are good.
type Client struct {
	options Options
	http    *http.Client      // retries, without a token
	once    http.RoundTripper // the same in one try
	tokens  *tokenSource
	google  *google.Service
	person  *http.Client // the same with the kept grant's token

	requests *atomic.Int64

	forgets atomic.Int64 // how often Forget was called: what was learned before is not used

	zoneTurn chan struct{} // holds a value while somebody uses the zone
	zone     *time.Location
	zoneOf   int64 // forgets, when it was asked for

	limits limits

	signInTurn chan struct{} // holds a value during Complete
	exchanged  exchangedCode
}

// New returns a Client. It fails only for an address that is not safe to use;
// a client id or grant that is missing shows when something is read.
func New(options Options) (*Client, error) {
	if err := options.Endpoints.check(); err != nil {
		return nil, err
	}
	if options.Transport == nil {
		options.Transport = http.DefaultTransport
	}
	options.RequestsPerSecond = cmp.Or(options.RequestsPerSecond, 2)
	options.RetryWait = cmp.Or(options.RetryWait, time.Second)
	options.Timeout = cmp.Or(options.Timeout, 30*time.Second)
	limit := rate.NewLimiter(rate.Limit(options.RequestsPerSecond), 1)
	if options.RequestsPerSecond < 0 {
		limit = rate.NewLimiter(rate.Inf, 0)
	}
	requests, pauses := new(atomic.Int64), pauses(options.RetryWait)
	try := oneTry{next: options.Transport, limit: limit, timeout: options.Timeout, now: options.Now, requests: requests}
	c := &Client{
		options:    options,
		requests:   requests,
		http:       &http.Client{Transport: retrying(try, pauses, tries), CheckRedirect: stay},
		once:       retrying(try, pauses, 1),
		zoneTurn:   make(chan struct{}, 1),
		signInTurn: make(chan struct{}, 1),
	}
	try.grace = time.Second
	c.tokens = &tokenSource{
		client:    options.Client,
		endpoints: options.Endpoints,
		keeper:    options.Keeper,
		http:      &http.Client{Transport: try, CheckRedirect: stay},
		pauses:    pauses,
		now:       options.Now,
		turn:      make(chan struct{}, 1),
	}
	var err error
	c.person, c.google, err = c.as(c.tokens)
	return c, err
}

// Requests returns how many requests were made so far, repetitions included.
func (c *Client) Requests() int { return int(c.requests.Load()) }

// as returns clients that read as the person the tokens belong to.
func (c *Client) as(tokens accessTokens) (*http.Client, *google.Service, error) {
	client := func() *http.Client { // for one server
		way := wary{patient: c.http.Transport, once: c.once, failed: new(atomic.Int64)}
		return &http.Client{Transport: bearer{next: way, tokens: tokens}, CheckRedirect: stay}
	}
	service, err := google.NewService(context.Background(),
		option.WithHTTPClient(client()),
		option.WithEndpoint(strings.TrimSuffix(c.options.Endpoints.API, "/")+"/"),
		// The default logger obeys an environment variable and prints bodies.
		option.WithLogger(slog.New(slog.DiscardHandler)))
	if err != nil {
		return nil, nil, problem(KindSetup, "the Google Health client could not be set up", "check api_url under [fitbit] in config.ini")
	}
	return client(), service, nil
}

// Forget drops what is known of the account in memory: the access token, the
// zone, and a grant that Complete returned. Call it after another grant was
// stored, so that nothing more is read with the old one. It waits for nobody.
func (c *Client) Forget() {
	c.tokens.forget()
	c.forgets.Add(1)
}

const me = "users/me"

// collection is Google's name of a data type.
func collection(t health.DataType) string {
	switch t {
	case health.TypeCalories:
		return "total-calories"
	case health.TypeActiveCalories:
		return "active-energy-burned"
	default:
		return string(t)
	}
}

func parent(t health.DataType) string { return me + "/dataTypes/" + collection(t) }

// failed is the error of reading a data type.
func (c *Client) failed(ctx context.Context, t health.DataType, err error) error {
	if err == nil {
		return nil
	}
	if err := interrupted(ctx, "reading "+spoken(t)); err != nil {
		return err
	}
	if known, ok := errors.AsType[*Error](err); ok {
		return known
	}
	if fault, ok := faultOf(err); ok {
		if fault.missingScope() {
			c.tokens.forget() // the grant may have been widened since
		}
		return fault.problem(t)
	}
	if errors.Is(err, errPage) {
		return problem(KindTryAgain, unreadable, hintPortal, health.ErrOverloaded)
	}
	if isTransport(err) && !cutShort(err) {
		return unreachable(err)
	}
	return problem(KindOther, unreadable, hintUpdate)
}

const unreadable = "Google's answer could not be read"

// something makes an error of an answer that is no more than "null".
func something[T any](answer *T, err error) (*T, error) {
	if err == nil && answer == nil {
		err = errors.New("empty answer")
	}
	return answer, err
}

// Bounds of a list whose server never stops naming a next page.
const (
	maxPages   = 1000
	emptyPages = 20 // in a row
)

// pages asks for one page after the other until none is left. Ask gets the
// token of a page, "" for the first, and returns how much stands on it and the
// token of the next. A page may be empty and still name a next one.
func pages(t health.DataType, ask func(token string) (things int, next string, err error)) error {
	token, seen, empty := "", map[string]bool{}, 0
	for range maxPages {
		things, next, err := ask(token)
		if err != nil || next == "" {
			return err
		}
		if empty++; things > 0 {
			empty = 0
		}
		if token = next; seen[token] || empty == emptyPages {
			break
		}
		seen[token] = true
	}
	return problem(KindOther, "Google's list of "+spoken(t)+" does not end", hintUpdate)
}

// eachInPages calls each with everything that stands on the pages of a list.
func eachInPages[T any](t health.DataType, ask func(token string) (things []*T, next string, err error), each func(*T)) error {
	return pages(t, func(token string) (int, string, error) {
		things, next, err := ask(token)
		for _, thing := range things {
			if thing != nil {
				each(thing)
			}
		}
		return len(things), next, err
	})
}
