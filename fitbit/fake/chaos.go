package fake

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
)

// Chaos stands before a Server and misbehaves, as servers, proxies and lines do,
// by a plan that its seed decides: the same requests in the same order get the
// same answers. What arrives whole and sound is always true. It is an
// http.Handler, safe for concurrent use.
type Chaos struct {
	Seed uint64

	server *Server
	pace   time.Duration

	mu        sync.Mutex
	random    *rand.Rand
	share     float64
	mischiefs []Mischief
	log       []Happening
	before    func(request int)
}

// Happening is a request and what was done to it.
type Happening struct {
	At       time.Time // by the server's clock
	Path     string
	Question string // all that is asked, the same for a repetition
	Mischief string // its name, FollowUp for what another one led to, or "" for the true answer

	// RetryAfter is the pause that was asked for in a way that is to be obeyed; 0
	// for none.
	RetryAfter time.Duration
}

// FollowUp is what happens to a request for a page that does not exist but that
// was named.
const FollowUp = "follow-up"

// NewChaos returns a Chaos that is calm so far. Pace is the time between two
// drops of an answer that drips.
func NewChaos(server *Server, seed uint64, pace time.Duration) *Chaos {
	return &Chaos{Seed: seed, server: server, pace: pace, random: rand.New(rand.NewPCG(seed, 6))}
}

// Set makes a share of the requests from now on, between 0 and 1, end in one of
// the mischiefs given; with none given, in any.
func (c *Chaos) Set(share float64, mischiefs ...Mischief) {
	if len(mischiefs) == 0 {
		mischiefs = Mischiefs()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.share, c.mischiefs = share, mischiefs
}

// Before sets what is called before a request is answered, with the number of
// those before it.
func (c *Chaos) Before(hook func(request int)) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.before = hook
}

// Log returns what happened so far, in order.
func (c *Chaos) Log() []Happening {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.log)
}

// ServeHTTP answers, truly or not.
func (c *Chaos) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	r.Body = io.NopCloser(bytes.NewReader(body))
	a := &act{ResponseWriter: w, r: r, chaos: c, body: string(body)}
	do := func(*act) {}
	c.mu.Lock()
	n, before := len(c.log), c.before
	a.happening = Happening{At: c.server.now(), Path: r.URL.Path, Question: fmt.Sprintf("%s %s %s", r.Method, r.URL.RequestURI(), a.question())}
	if token := a.pageToken(); strings.HasPrefix(token, madeUp) {
		a.happening.Mischief, do = FollowUp, (*act).anotherPage
	} else if m, ok := c.draw(r.URL.Path); ok {
		a.happening.Mischief, do = m.Name, m.do
		a.random = rand.New(rand.NewPCG(c.random.Uint64(), 1))
	}
	c.log = append(c.log, a.happening)
	c.mu.Unlock()
	if before != nil {
		before(n)
	}
	if a.happening.Mischief == "" {
		c.server.ServeHTTP(w, r)
		return
	}
	a.tellPause = func(d time.Duration) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.log[n].RetryAfter = d
	}
	w.Header().Set("Date", c.server.now().UTC().Format(http.TimeFormat))
	do(a)
}

// draw decides what happens to a request for a path.
func (c *Chaos) draw(path string) (Mischief, bool) {
	if c.random.Float64() >= c.share {
		return Mischief{}, false
	}
	var fitting []Mischief
	for _, m := range c.mischiefs {
		if strings.Contains(path, m.Only) {
			fitting = append(fitting, m)
		}
	}
	if len(fitting) == 0 {
		return Mischief{}, false
	}
	return fitting[c.random.IntN(len(fitting))], true
}
