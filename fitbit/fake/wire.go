package fake

import (
	"context"
	"errors"
	"net"
	"net/http"
	"sync"
)

// Wire joins clients and a server without a network: in a test whose time is
// made up, a real connection would keep the time from passing. It is a
// net.Listener, safe for concurrent use.
type Wire struct {
	calls  chan net.Conn
	closed chan struct{}
	close  sync.Once

	mu   sync.Mutex
	down error
	open map[*end]bool // both ends of each connection
	made int
}

// NewWire returns a wire that nobody listens at yet.
func NewWire() *Wire {
	return &Wire{calls: make(chan net.Conn), closed: make(chan struct{}), open: map[*end]bool{}}
}

// Transport returns a client's end, with the timeouts of http.DefaultTransport.
func (w *Wire) Transport() *http.Transport {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.Proxy, t.DialContext = nil, w.dial
	return t
}

// Down takes the network away: open connections break, and calls fail with err
// until it is nil.
func (w *Wire) Down(err error) {
	w.mu.Lock()
	w.down = err
	var open []*end
	for e := range w.open {
		open = append(open, e)
	}
	w.mu.Unlock()
	for _, e := range open {
		if err != nil {
			_ = e.Close()
		}
	}
}

// Open returns how many ends of connections are open.
func (w *Wire) Open() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.open)
}

// Calls returns how often somebody called, in vain or not.
func (w *Wire) Calls() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.made
}

func (w *Wire) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	near, far := net.Pipe()
	ours, theirs := &end{near, w}, &end{far, w}
	w.mu.Lock()
	w.made++
	down := w.down
	if down == nil {
		w.open[ours], w.open[theirs] = true, true
	}
	w.mu.Unlock()
	if down != nil {
		return nil, &net.OpError{Op: "dial", Net: network, Err: down}
	}
	why := errors.New("nobody listens")
	select {
	case w.calls <- theirs:
		return ours, nil
	case <-w.closed:
	case <-ctx.Done():
		why = ctx.Err()
	}
	_, _ = ours.Close(), theirs.Close()
	return nil, &net.OpError{Op: "dial", Net: network, Err: why}
}

// Accept returns the server's end of the next connection.
func (w *Wire) Accept() (net.Conn, error) {
	select {
	case conn := <-w.calls:
		return conn, nil
	case <-w.closed:
		return nil, net.ErrClosed
	}
}

// Close ends the listening. Open connections stay.
func (w *Wire) Close() error {
	w.close.Do(func() { close(w.closed) })
	return nil
}

// Addr is the address of the server.
func (*Wire) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

type end struct {
	net.Conn
	wire *Wire
}

func (e *end) Close() error {
	e.wire.mu.Lock()
	delete(e.wire.open, e)
	e.wire.mu.Unlock()
	return e.Conn.Close()
}
