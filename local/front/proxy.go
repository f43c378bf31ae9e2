package front

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
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
	listener, err := listenLoopback(ctx, "proxy", address)
	if err != nil {
		return nil, err
	}
	server := n.newServer(n.proxy)
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil, errors.Join(fmt.Errorf("listen for the proxy: the local platform has stopped: %w", net.ErrClosed), listener.Close())
	}
	n.proxies = append(n.proxies, proxy{server, listener})
	n.serving.Go(func() { _ = server.Serve(listener) })
	return &url.URL{Scheme: "http", Host: listener.Addr().String()}, nil
}

type proxy struct {
	server   *http.Server
	listener net.Listener
}

func (n *Network) proxy(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodConnect:
		n.connect(w, r)
	case !r.URL.IsAbs():
		http.Error(w, "this is the forward proxy of Stafett's local platform; set it as HTTPS_PROXY and HTTP_PROXY", http.StatusBadRequest)
	case r.URL.Scheme != "http":
		http.Error(w, "the proxy passes on "+r.URL.Scheme+" only within CONNECT", http.StatusBadRequest)
	default:
		n.forward(w, r)
	}
}

// forward answers a request in absolute form, for names served over http.
func (n *Network) forward(w http.ResponseWriter, r *http.Request) {
	if !n.admit(w, addressOf(r.URL.Host, "80")) {
		return
	}
	r.Host = r.URL.Host
	r.Header.Del("Proxy-Connection")
	r.Header.Del("Proxy-Authorization")
	n.route(w, r)
}

// addressOf adds the port that goes without saying.
func addressOf(host, port string) string {
	if _, _, err := net.SplitHostPort(host); err == nil {
		return host
	}
	return net.JoinHostPort(strings.Trim(host, "[]"), port)
}

// admit reports whether something is served at the address (host:port); where
// nothing is, it has answered.
func (n *Network) admit(w http.ResponseWriter, address string) bool {
	name, port, _ := net.SplitHostPort(address) // addressOf made it
	host, served := n.hosts[hostOnly(name)]
	switch {
	case served && host.open(port):
		return true
	case host.PlainOnly:
		// An address that is not a name (Azure's metadata address) has nothing
		// on other ports; programs take any answer for a sign of life.
		panic(http.ErrAbortHandler)
	case served:
		n.refuseRequest(w, address)
	default:
		n.refuseRequest(w, name)
	}
	return false
}

// connect answers CONNECT: the connection behind it becomes one of the network's.
func (n *Network) connect(w http.ResponseWriter, r *http.Request) {
	address := addressOf(r.Host, "443")
	if !n.admit(w, address) {
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
	taken := conn
	if ahead, _ := buffered.Reader.Peek(buffered.Reader.Buffered()); len(ahead) > 0 {
		taken = &aheadConn{Conn: conn, ahead: ahead}
	}
	// The request's context ends when this handler returns; handing over must
	// outlive it only for the moment until the server accepts.
	if err := n.accept(context.WithoutCancel(r.Context()), address, taken); err != nil {
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
func (n *Network) refuseRequest(w http.ResponseWriter, address string) {
	name := strings.ToLower(address)
	if _, _, err := net.SplitHostPort(address); err != nil {
		name = hostOnly(address)
	}
	refusal := n.refuse(name)
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		http.Error(w, refusal.Error(), http.StatusBadGateway)
		return
	}
	defer context.AfterFunc(n.running, func() { _ = conn.Close() })()
	body := refusal.Error() + "\n"
	_ = conn.SetDeadline(time.Now().Add(refusalTimeout))
	_, _ = fmt.Fprintf(conn, "HTTP/1.1 502 %s\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%s", refusal.Error(), len(body), body)
	// The system takes back an answer that lies before a connection closed with
	// bytes unread, such as the body of a POST.
	if half, ok := conn.(interface{ CloseWrite() error }); ok && half.CloseWrite() == nil {
		_, _ = io.CopyN(io.Discard, conn, refusalRead)
	}
	_ = conn.Close()
}

// What a refused client may still send, and for how long.
const (
	refusalTimeout = 2 * time.Second
	refusalRead    = 1 << 20 // bytes
)
