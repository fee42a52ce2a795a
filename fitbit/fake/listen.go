package fake

import (
	"fmt"
	"net"
	"net/http"
	"time"
)

// Listen serves on a free port of the loopback interface until stop is called,
// and returns the base of its addresses: "http://127.0.0.1:40321".
func (s *Server) Listen() (base string, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", nil, fmt.Errorf("listening for the made-up Google: %w", err)
	}
	server := &http.Server{Handler: s, ReadHeaderTimeout: 10 * time.Second}
	go server.Serve(listener) // ends when stop closes the listener
	return "http://" + listener.Addr().String(), func() { server.Close() }, nil
}
