package front

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httputil"
	"net/url"
	"sync"
	"time"
)

// Gateway leads programs that know of no proxy to the proxy of a network, which
// may be in another process. They reach it since its listeners are where their
// names and addresses lead: in a network namespace of their own. The names that
// the network refuses are refused here, and told there. It is safe for concurrent
// use; each method returns when its listener is closed, and ends its connections
// then.
type Gateway struct {
	// Proxy is what [Network.ServeProxy] returned.
	Proxy *url.URL
}

// ServeTLS leads connections on by the server name in their handshake, to port
// 443 of that name.
func (g *Gateway) ServeTLS(listener net.Listener) {
	serveConnections(listener, func(ctx context.Context, conn net.Conn) {
		_ = conn.SetDeadline(time.Now().Add(headerTimeout))
		name, again, err := peekServerName(ctx, conn)
		if err != nil {
			return
		}
		if name == "" {
			sendAlert(conn, missingExtension)
			return
		}
		onward, err := g.connect(ctx, net.JoinHostPort(name, "443"))
		if errors.Is(err, errRefusedByProxy) {
			sendAlert(conn, unrecognisedName)
		}
		if err != nil {
			return // where nobody answers any more, nothing is said of the name
		}
		_ = conn.SetDeadline(time.Time{})
		splice(ctx, conn, again, onward)
	})
}

// ServePlain leads plain http requests on by their Host header.
func (g *Gateway) ServePlain(listener net.Listener) {
	transport := &http.Transport{Proxy: http.ProxyURL(g.Proxy), DisableCompression: true, DisableKeepAlives: true}
	server := &http.Server{
		ReadHeaderTimeout: headerTimeout,
		ErrorLog:          log.New(io.Discard, "", 0),
		Handler: &httputil.ReverseProxy{
			Transport: transport,
			ErrorLog:  log.New(io.Discard, "", 0),
			Rewrite: func(r *httputil.ProxyRequest) {
				r.Out.URL.Scheme, r.Out.URL.Host, r.Out.URL.RawQuery = "http", r.In.Host, r.In.URL.RawQuery
			},
			// No answer is what there is where nobody answers.
			ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
		},
	}
	_ = server.Serve(listener)
	_ = server.Close()
}

// ServeOnward leads connections to one address (host:port) of this machine.
func (g *Gateway) ServeOnward(listener net.Listener, address string) {
	serveConnections(listener, func(ctx context.Context, conn net.Conn) {
		onward, err := new(net.Dialer).DialContext(ctx, "tcp", address)
		if err != nil {
			return
		}
		splice(ctx, conn, conn, onward)
	})
}

// errRefusedByProxy says that the proxy is there, and refuses a name.
var errRefusedByProxy = errors.New("the proxy refuses it")

// connect has the proxy connect to an address; [errRefusedByProxy] if that serves
// none of the name.
func (g *Gateway) connect(ctx context.Context, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", g.Proxy.Host)
	if err != nil {
		return nil, fmt.Errorf("connect to the proxy: %w", err)
	}
	request := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: address}, Host: address, Header: make(http.Header)}
	_ = conn.SetDeadline(time.Now().Add(headerTimeout))
	defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
	if err := request.Write(conn); err != nil {
		return nil, errors.Join(fmt.Errorf("ask the proxy for %s: %w", printable(address), err), conn.Close())
	}
	// A server speaks first in no protocol that is served, so nothing is read
	// ahead of its time.
	response, err := http.ReadResponse(bufio.NewReader(conn), request) //nolint:bodyclose // what follows is no body
	if err != nil {
		return nil, errors.Join(fmt.Errorf("ask the proxy for %s: %w", printable(address), err), conn.Close())
	}
	if response.StatusCode != http.StatusOK {
		return nil, errors.Join(fmt.Errorf("ask the proxy for %s: %w: %s", printable(address), errRefusedByProxy, response.Status), conn.Close())
	}
	_ = conn.SetDeadline(time.Time{})
	return conn, nil
}

// serveConnections gives each connection to handle, which need not close it, and
// returns when the listener is closed and all are done. Their context ends with
// the listener.
func serveConnections(listener net.Listener, handle func(context.Context, net.Conn)) {
	ctx, end := context.WithCancel(context.Background())
	var handled sync.WaitGroup
	defer handled.Wait()
	defer end()
	acceptEach(listener, func(conn net.Conn) {
		handled.Go(func() {
			defer func() { _ = conn.Close() }()
			defer context.AfterFunc(ctx, func() { _ = conn.Close() })()
			handle(ctx, conn)
		})
	})
}

// splice passes what is read to another connection, and what that one says back
// to conn, until both have said all or the context ends. It closes onward.
func splice(ctx context.Context, conn net.Conn, read io.Reader, onward net.Conn) {
	defer func() { _ = onward.Close() }()
	defer context.AfterFunc(ctx, func() { _ = onward.Close() })()
	var copied sync.WaitGroup
	pass := func(to net.Conn, from io.Reader) {
		_, err := io.Copy(to, from)
		if half, ok := to.(interface{ CloseWrite() error }); ok && err == nil && half.CloseWrite() == nil {
			return
		}
		_, _ = conn.Close(), onward.Close()
	}
	copied.Go(func() { pass(conn, onward) })
	copied.Go(func() { pass(onward, read) })
	copied.Wait()
}
