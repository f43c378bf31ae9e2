package front

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"time"
)

// ServeProxy starts a forward proxy on address (host:port; port 0 picks one)
// and returns its URL. The address must be on the loopback interface: whoever
// can reach the proxy can act with the platform's synthetic identities. The
// proxy stops with [Network.Close].
//
// CONNECT to a served name on port 443 ends in the network's own TLS; a plain
// request in absolute form is answered where the name is served over http. Any
// other name is refused with 502, the name in the reason phrase.
func (n *Network) ServeProxy(ctx context.Context, address string) (*url.URL, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("read proxy address %q: %w", address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("listen for the proxy on %s: only a loopback address is allowed", address)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for the proxy: %w", err)
	}
	proxy := &http.Server{
		Handler:           http.HandlerFunc(n.proxy),
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          n.errorLog(),
	}
	n.mu.Lock()
	n.proxies = append(n.proxies, proxy)
	n.mu.Unlock()
	n.serving.Go(func() { _ = proxy.Serve(listener) })
	return &url.URL{Scheme: "http", Host: listener.Addr().String()}, nil
}

func (n *Network) proxy(w http.ResponseWriter, r *http.Request) {
	if r.Method == http.MethodConnect {
		n.connect(w, r)
		return
	}
	if !r.URL.IsAbs() {
		http.Error(w, "this is the forward proxy of Stafett's local platform; set it as HTTPS_PROXY and HTTP_PROXY", http.StatusBadRequest)
		return
	}
	host, served := n.hosts[hostOnly(r.URL.Host)]
	if !served || !host.Plain && !host.PlainOnly {
		n.refuseRequest(w, r.URL.Host)
		return
	}
	r.Host = r.URL.Host
	r.Header.Del("Proxy-Connection")
	r.Header.Del("Proxy-Authorization")
	n.route(w, r)
}

// connect answers CONNECT: the connection behind it becomes one of the network's.
func (n *Network) connect(w http.ResponseWriter, r *http.Request) {
	address := r.Host
	if _, _, err := net.SplitHostPort(address); err != nil {
		address = net.JoinHostPort(address, "443")
	}
	name, port, _ := net.SplitHostPort(address)
	host, served := n.hosts[hostOnly(name)]
	open := served && (port == "443" && !host.PlainOnly || port == "80" && (host.Plain || host.PlainOnly))
	switch {
	case open:
	case host.PlainOnly:
		// An address that is not a name (Azure's metadata address) has nothing
		// on other ports; programs take any answer for a sign of life.
		panic(http.ErrAbortHandler)
	case served:
		n.refuseRequest(w, address)
		return
	default:
		n.refuseRequest(w, name)
		return
	}
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		n.logger.Error("take over a proxy connection", "err", err)
		return
	}
	if err := errors.Join(conn.SetDeadline(time.Time{}), sendEstablished(conn)); err != nil {
		_ = conn.Close()
		return
	}
	// The request's context ends when this handler returns; handing over must
	// outlive it only for the moment until the server accepts.
	if err := n.accept(context.WithoutCancel(r.Context()), address, &bufferedConn{Conn: conn, reader: buffered.Reader}); err != nil {
		_ = conn.Close()
	}
}

func sendEstablished(conn net.Conn) error {
	_, err := conn.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n"))
	return err
}

// refuseRequest answers 502 with the name in the reason phrase, which is all
// that many clients show of a failed CONNECT. net/http cannot set a reason
// phrase, hence the hijacking.
func (n *Network) refuseRequest(w http.ResponseWriter, hostport string) {
	name := hostport
	if host, port, err := net.SplitHostPort(hostport); err == nil && (port == "443" || port == "80") {
		name = host
	}
	refusal := n.refuse(hostOnlyIfBare(name))
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, refusal.Error(), http.StatusBadGateway)
		return
	}
	body := refusal.Error() + "\n"
	_ = conn.SetWriteDeadline(time.Now().Add(5 * time.Second))
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 502 %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", refusal.Error(), len(body), body)
	_ = conn.Close()
}

// hostOnlyIfBare lowers a name and keeps an unusual port, which is then part of
// what is refused.
func hostOnlyIfBare(name string) string {
	if _, _, err := net.SplitHostPort(name); err == nil {
		return name
	}
	return hostOnly(name)
}

// bufferedConn reads first what net/http had already read ahead.
type bufferedConn struct {
	net.Conn
	reader *bufio.Reader
}

func (c *bufferedConn) Read(p []byte) (int, error) { return c.reader.Read(p) }
