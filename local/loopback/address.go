// Package loopback serves pages of the local platform at addresses of this machine,
// for a browser that does not use the platform's proxy.
package loopback

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

const (
	// closing is how long an address waits for what it answers when it is closed.
	closing = 5 * time.Second
	// header is how long a request may take until its header is there.
	header = 10 * time.Second
)

// Server serves a handler on any number of listeners. It is safe for concurrent use.
type Server struct {
	http    *http.Server
	cancel  context.CancelFunc
	serving sync.WaitGroup
}

// NewServer makes a server that serves nothing yet. Requests inherit the values of
// the context, not its end. How long a request may take is for the handler to say.
func NewServer(ctx context.Context, handler http.Handler) *Server {
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	return &Server{cancel: cancel, http: &http.Server{
		Handler: handler, ReadHeaderTimeout: header, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return base },
	}}
}

// Serve begins to serve a listener, which the server closes.
func (s *Server) Serve(listener net.Listener) {
	s.serving.Go(func() { _ = s.http.Serve(listener) })
}

// Close ends the server. The contexts of all that it answers end at once; what is
// not over five seconds later is cut off.
func (s *Server) Close() error {
	s.cancel()
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	err := s.http.Shutdown(ctx)
	if err != nil {
		err = s.http.Close()
	}
	s.serving.Wait()
	return err
}

// Address is a handler at a loopback port of its own. It is safe for concurrent use.
type Address struct {
	address string
	server  *Server
}

// Serve opens an address such as 127.0.0.1:0, where port 0 is a free one; only an IP
// address of the loopback interface is allowed, or localhost. What asks for another name is refused
// with status 421, as a page in a browser would under a name of its own that leads to
// this machine. The context bounds the start only; Close ends the address. How long a
// request may take is for the handler to say.
func Serve(ctx context.Context, address string, handler http.Handler) (*Address, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("read address %q: %w", address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("listen on %s: only a loopback address is allowed", address)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	a := &Address{address: listener.Addr().String()}
	a.server = NewServer(ctx, a.addressed(handler))
	a.server.Serve(listener)
	return a, nil
}

// URL returns the address, such as http://127.0.0.1:40123/.
func (a *Address) URL() *url.URL { return &url.URL{Scheme: "http", Host: a.address, Path: "/"} }

// Close ends the address as [Server.Close] does.
func (a *Address) Close() error { return a.server.Close() }

func (a *Address) addressed(next http.Handler) http.Handler {
	_, port, _ := net.SplitHostPort(a.address)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Host != a.address && r.Host != "localhost:"+port {
			http.Error(w, "the host header names another address than "+a.address, http.StatusMisdirectedRequest)
			return
		}
		next.ServeHTTP(w, r)
	})
}
