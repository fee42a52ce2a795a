package fake

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Mischief is one way for an answer to go wrong.
type Mischief struct {
	Name string
	Only string // it happens to paths that contain this

	do func(*act)
}

const (
	anyAPI = "/v4/"
	lists  = "/dataPoints"
)

// Mischiefs returns all there are. Those that differ in a figure draw it.
func Mischiefs() []Mischief {
	status := func(codes ...int) func(*act) {
		return func(a *act) { a.refuse(codes[a.random.IntN(len(codes))]) }
	}
	return []Mischief{
		{"429", "", status(429)},
		{"429 with seconds", "", func(a *act) { a.pause(a.seconds(60)) }},
		{"429 with a date", "", func(a *act) { a.pauseUntil(a.seconds(60), 0) }},
		{"429 with a date by a clock that is hours off", "", func(a *act) { a.pauseUntil(a.seconds(60), a.hoursOff()) }},
		{"429 with a long pause", "", func(a *act) { a.pause(time.Minute + a.seconds(7200)) }},
		{"503 with an absurd pause", "", (*act).absurdPause},
		{"500", "", status(500)},
		{"502 or 504", "", status(502, 504)},
		{"503", "", status(503)},
		{"a page with an error", "", func(a *act) { a.page([]int{500, 502, 503, 511}[a.random.IntN(4)]) }},
		{"a page instead of an answer", "", func(a *act) { a.page(http.StatusOK) }},
		{"a redirection to a page", "", (*act).redirect},
		{"silence", "", (*act).wait},
		{"an answer that stops", "", (*act).stall},
		{"an answer in drops", "", (*act).drip},
		{"drops without end", "", (*act).dripForEver},
		{"half an answer", "", func(a *act) { a.send(a.truth().half()) }},
		{"an answer shorter than announced", "", func(a *act) { a.raw(a.truth(), +1000) }},
		{"an answer longer than announced", "", func(a *act) { t := a.truth(); a.raw(t, -len(t.body)/2) }},
		{"a reset before the answer", "", func(a *act) { a.reset(nil) }},
		{"a reset amid the answer", "", func(a *act) { t := a.truth(); a.reset(t.wire(len(t.body))[:t.headLength()+len(t.body)/2]) }},
		{"a good page of 10 MB", anyAPI, func(a *act) { a.send(a.truth().padded()) }},
		{"a bad page of 10 MB", "", badPadding(http.StatusOK)},
		{"an error of 10 MB", "", badPadding(http.StatusBadGateway)},
		{"gzip", "", func(a *act) { a.send(a.truth().zipped()) }},
		{"broken gzip", "", (*act).brokenZip},
		{"wrong types", "", (*act).wrongTypes},
		{"a list without end", lists, func(a *act) { a.nextPage("endless-0") }},
		{"a page that comes again", lists, func(a *act) { a.nextPage("again") }},
		{"pages in a circle", lists, func(a *act) { a.nextPage("circle-0") }},
		{"401", anyAPI, status(401)},
		{"an odd life of a token", TokenPath, (*act).oddLife},
		{"a clock that is hours off", "", (*act).wrongDate},
	}
}

// Bomb is an answer that grows to 128 MB when it is unpacked. It is not among
// Mischiefs, as each takes a while.
func Bomb() Mischief {
	return Mischief{"a bomb", "", func(a *act) {
		var packed bytes.Buffer
		z, _ := gzip.NewWriterLevel(&packed, gzip.BestSpeed)
		spaces := bytes.Repeat([]byte{' '}, 1<<20)
		_, _ = io.WriteString(z, "{")
		for range 128 {
			_, _ = z.Write(spaces)
		}
		_, _ = io.WriteString(z, "}")
		_ = z.Close()
		a.send(told{http.StatusOK, http.Header{"Content-Type": {jsonType}, "Content-Encoding": {"gzip"}}, packed.Bytes()})
	}}
}

// act is a request that is being treated badly.
type act struct {
	http.ResponseWriter
	r         *http.Request
	chaos     *Chaos
	random    *rand.Rand
	body      string
	happening Happening
	tellPause func(time.Duration)
}

// Unwrap lets http.ResponseController find the connection.
func (a *act) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// question is the body without what differs between a request and its
// repetition, or must not be kept: secrets.
func (a *act) question() string {
	if strings.HasPrefix(a.r.URL.Path, anyAPI) {
		return a.body
	}
	return ""
}

func (a *act) seconds(most int) time.Duration {
	return time.Duration(1+a.random.IntN(most)) * time.Second
}

// hoursOff is between one and twelve hours, either way.
func (a *act) hoursOff() time.Duration {
	return time.Duration(a.random.IntN(12)+1) * time.Hour * time.Duration(1-2*a.random.IntN(2))
}

func (a *act) refuse(status int) {
	if strings.HasPrefix(a.r.URL.Path, anyAPI) {
		refuse(a, refusalFor(status, ""))
	} else {
		oauthError(a, status, "", "")
	}
}

func (a *act) pause(d time.Duration) {
	a.tellPause(d)
	a.Header().Set("Retry-After", strconv.Itoa(int(d/time.Second)))
	a.refuse(http.StatusTooManyRequests)
}

// pauseUntil tells when by a clock that is wrong.
func (a *act) pauseUntil(d, wrong time.Duration) {
	now := a.chaos.server.now().Add(wrong).UTC()
	a.tellPause(d)
	a.Header().Set("Date", now.Format(http.TimeFormat))
	a.Header().Set("Retry-After", now.Add(d).Format(http.TimeFormat))
	a.refuse(http.StatusTooManyRequests)
}

func (a *act) absurdPause() {
	absurd := []string{"", "0", "-5", "1e9", "later", "18446744073709551616", "99999999999999999999999", "Fri, 31 Dec 9999 23:59:59 GMT",
		"Mon, 02 Jan 2006 15:04:05 GMT", "\t12", "3,5"}
	a.Header().Set("Retry-After", absurd[a.random.IntN(len(absurd))])
	a.refuse(http.StatusServiceUnavailable)
}

func (a *act) page(status int) {
	page(a, status, "Welcome on board", "Please accept the terms of this network.")
}

func (a *act) redirect() {
	http.Redirect(a, a.r, "http://login.invalid/?from="+a.r.URL.Path, http.StatusFound)
}

// wait is silent until the client has gone.
func (a *act) wait() { <-a.r.Context().Done() }

func (a *act) flush() { _ = http.NewResponseController(a).Flush() }

func (a *act) stall() {
	t := a.truth().half()
	t.header.Set("Content-Length", strconv.Itoa(2*len(t.body)+2))
	a.send(t)
	a.flush()
	a.wait()
}

func (a *act) drip() {
	const drops = 8
	t := a.truth()
	body := t.body
	t.body = nil
	a.send(t)
	for i := range drops {
		_, _ = a.Write(body[len(body)*i/drops : len(body)*(i+1)/drops])
		a.flush()
		if !a.sleep() {
			return
		}
	}
}

func (a *act) dripForEver() {
	a.send(told{http.StatusOK, http.Header{"Content-Type": {jsonType}}, []byte("{")})
	for a.sleep() {
		_, _ = io.WriteString(a, " ")
		a.flush()
	}
}

// sleep reports whether the client is still there afterwards.
func (a *act) sleep() bool {
	timer := time.NewTimer(a.chaos.pace)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-a.r.Context().Done():
		return false
	}
}

func badPadding(status int) func(*act) {
	return func(a *act) {
		a.send(told{status, http.Header{"Content-Type": {jsonType}}, append([]byte(`{"dataPoints":[`), padding()...)})
	}
}

func (a *act) brokenZip() {
	t := a.truth().zipped()
	if a.random.IntN(2) == 0 {
		t.body[a.random.IntN(len(t.body)/2)+len(t.body)/4] ^= 0x55
		t.body[len(t.body)-8] ^= 0x55 // its checksum, so that it cannot pass unseen
	} else {
		t.body = []byte("not packed at all: " + string(t.body))
	}
	a.send(t)
}

func (a *act) wrongTypes() {
	const wrong = `{"dataPoints":7,"rollupDataPoints":{"a":[]},"pairedDevices":"none","healthUserId":{},"age":"old","timeZone":[1],"access_token":[],"name":3}`
	a.send(told{http.StatusOK, http.Header{"Content-Type": {jsonType}}, []byte([]string{wrong, "null", "[]", `"x"`}[a.random.IntN(4)])})
}

// madeUp begins the tokens of pages that do not exist.
const madeUp = "made-up-"

func (a *act) pageToken() string {
	if a.r.Method == http.MethodGet {
		return a.r.URL.Query().Get("pageToken")
	}
	var sent struct {
		PageToken string `json:"pageToken"`
	}
	_ = json.Unmarshal([]byte(a.body), &sent)
	return sent.PageToken
}

// nextPage sends the true answer, which names another page.
func (a *act) nextPage(token string) {
	t := a.truth()
	if t.status == http.StatusOK {
		t = t.with(map[string]any{"nextPageToken": madeUp + token})
	}
	a.send(t)
}

// anotherPage answers for a page that does not exist: it is empty, and there is
// one more.
func (a *act) anotherPage() {
	kind, number, _ := strings.Cut(strings.TrimPrefix(a.pageToken(), madeUp), "-")
	n, _ := strconv.Atoi(number)
	next := kind
	switch kind {
	case "endless":
		next = fmt.Sprint(kind, "-", n+1)
	case "circle":
		next = fmt.Sprint(kind, "-", (n+1)%3)
	}
	sendJSON(a, http.StatusOK, map[string]string{"nextPageToken": madeUp + next}, false)
}

// oddLife gives a good token and says something strange of its end.
func (a *act) oddLife() {
	t := a.truth()
	if t.status == http.StatusOK {
		t = t.with(map[string]any{"expires_in": []any{1, 30, 0, -3600, int64(1) << 33, "3599", nil, 3599.5}[a.random.IntN(8)]})
	}
	a.send(t)
}

func (a *act) wrongDate() {
	t := a.truth()
	t.header.Set("Date", a.chaos.server.now().Add(a.hoursOff()).UTC().Format(http.TimeFormat))
	a.send(t)
}

// reset sends something and breaks the connection.
func (a *act) reset(sent []byte) {
	conn, _, err := http.NewResponseController(a).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, _ = conn.Write(sent)
	if tcp, ok := conn.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}

// raw sends an answer whose announced length is wrong, and ends the connection.
func (a *act) raw(t told, wrong int) {
	conn, _, err := http.NewResponseController(a).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, _ = conn.Write(t.wire(len(t.body) + wrong))
	_ = conn.Close()
}
