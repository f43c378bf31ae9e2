package frame

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// closing is how long an address waits for what it answers when it is closed.
const closing = 5 * time.Second

// Address is a console on a loopback port of its own.
type Address struct {
	address string
	http    *http.Server
	cancel  context.CancelFunc
	serving sync.WaitGroup
}

// Serve opens a console on a loopback address such as 127.0.0.1:0, where port 0
// is a free one. The context bounds the start only; Close ends it.
func (c *Console) Serve(ctx context.Context, address string) (*Address, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("read console address %q: %w", address, err)
	}
	if ip := net.ParseIP(host); ip == nil || !ip.IsLoopback() {
		return nil, fmt.Errorf("listen for the console on %s: only a loopback address is allowed", address)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for the console: %w", err)
	}
	a := &Address{address: listener.Addr().String()}
	base, cancel := context.WithCancel(context.WithoutCancel(ctx))
	a.cancel = cancel
	a.http = &http.Server{
		Handler: a.addressed(c), ReadHeaderTimeout: maxTime, IdleTimeout: time.Minute,
		BaseContext: func(net.Listener) context.Context { return base },
	}
	a.serving.Go(func() { _ = a.http.Serve(listener) })
	return a, nil
}

// URL returns the address, such as http://127.0.0.1:40123/.
func (a *Address) URL() *url.URL { return &url.URL{Scheme: "http", Host: a.address, Path: "/"} }

// Close ends the address. The contexts of all that it answers end at once; what
// is not over five seconds later is cut off.
func (a *Address) Close() error {
	a.cancel()
	ctx, cancel := context.WithTimeout(context.Background(), closing)
	defer cancel()
	err := a.http.Shutdown(ctx)
	if err != nil {
		err = a.http.Close()
	}
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
