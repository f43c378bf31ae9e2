package portal

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// timeout bounds a request and its answer.
const timeout = 10 * time.Second

// Address is a portal on a loopback port of its own, for a browser that does not
// use the local platform's proxy.
type Address struct {
	address string
	http    *http.Server
	serving sync.WaitGroup
}

// Serve opens an address on a free loopback port. The context bounds the start
// only; Close ends the address.
func (s *Server) Serve(ctx context.Context) (*Address, error) {
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listen for the portal: %w", err)
	}
	a := &Address{address: listener.Addr().String()}
	a.http = &http.Server{
		Handler: a.addressed(s.wrap(s)), ReadTimeout: timeout, WriteTimeout: timeout, IdleTimeout: time.Minute,
	}
	a.serving.Go(func() { _ = a.http.Serve(listener) })
	return a, nil
}

// URL returns the address, such as http://127.0.0.1:40123/.
func (a *Address) URL() *url.URL { return &url.URL{Scheme: "http", Host: a.address, Path: "/"} }

// Close ends the address and waits for what it answers.
func (a *Address) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	err := a.http.Shutdown(ctx)
	a.serving.Wait()
	return err
}

// addressed refuses what a page in a browser can send here under a name of its
// own that resolves to this machine.
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
