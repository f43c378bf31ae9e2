package front

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"time"
)

// Host is one name of the network.
type Host struct {
	// Name is the host name, lower case, without port: "test.maskinporten.no".
	Name string
	// Handler answers for the name.
	Handler http.Handler
	// Plain serves the name over http on port 80. It is for names that
	// programs call without TLS, as Azure's metadata address.
	Plain bool
	// PlainOnly keeps the name off TLS; an IP address can have no certificate
	// of a name-constrained authority.
	PlainOnly bool
}

// Config is what [New] needs.
type Config struct {
	Hosts []Host
	// Refused is told each name that was refused, once per request; nil to
	// ignore. It may be called from several goroutines at once.
	Refused func(err *NotServedError)
	// Logger gets faults of the server; nil discards.
	Logger *slog.Logger
}

// Timeouts of connections. An idle one may stay longer than clients keep theirs,
// so that it is they who close.
const (
	headerTimeout = 30 * time.Second
	idleTimeout   = 3 * time.Minute
)

// Network serves a fixed set of names in memory. It is safe for concurrent use.
type Network struct {
	authority *Authority
	hosts     map[string]Host
	tls       map[string]*tls.Config // by name; kept, since it is what sessions are resumed with
	refused   func(*NotServedError)
	logger    *slog.Logger

	listener *memoryListener
	server   *http.Server

	running     context.Context // ends with Close, and with it every request
	stop        context.CancelFunc
	serving     sync.WaitGroup // servers
	connections sync.WaitGroup // connections, and the handlers that took one over

	mu        sync.Mutex
	closed    bool
	proxies   []proxy
	listeners []net.Listener // of ServeTLS
}

// New starts a network. Close ends it.
func New(cfg Config) (*Network, error) {
	n := &Network{
		hosts:    make(map[string]Host, len(cfg.Hosts)),
		tls:      make(map[string]*tls.Config, len(cfg.Hosts)),
		refused:  cfg.Refused,
		logger:   cfg.Logger,
		listener: newMemoryListener(),
	}
	if n.refused == nil {
		n.refused = func(*NotServedError) {}
	}
	if n.logger == nil {
		n.logger = slog.New(slog.DiscardHandler)
	}
	var tlsNames []string
	for _, host := range cfg.Hosts {
		if _, double := n.hosts[host.Name]; double {
			return nil, fmt.Errorf("serve %s: the name is given twice", host.Name)
		}
		n.hosts[host.Name] = host
		if !host.PlainOnly {
			tlsNames = append(tlsNames, host.Name)
			n.tls[host.Name] = n.tlsConfig(host.Name)
		}
	}
	authority, err := NewAuthority(tlsNames)
	if err != nil {
		return nil, err
	}
	n.authority = authority
	n.running, n.stop = context.WithCancel(context.Background())
	n.server = n.newServer(n.route)
	n.serving.Go(func() { _ = n.server.Serve(n.listener) })
	return n, nil
}

// newServer makes a server for whose connections and handlers Close waits.
func (n *Network) newServer(handler http.HandlerFunc) *http.Server {
	return &http.Server{
		// The server itself forgets a handler that takes its connection over.
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n.connections.Add(1)
			defer n.connections.Done()
			handler(w, r)
		}),
		ReadHeaderTimeout: headerTimeout,
		IdleTimeout:       idleTimeout,
		ErrorLog:          n.errorLog(),
		BaseContext:       func(net.Listener) context.Context { return n.running },
		ConnContext:       withDialled,
		// A connection is new before Serve can return, so that nothing is added
		// after Close has begun to wait.
		ConnState: func(_ net.Conn, state http.ConnState) {
			switch state {
			case http.StateNew:
				n.connections.Add(1)
			case http.StateClosed, http.StateHijacked:
				n.connections.Done()
			}
		},
	}
}

// Authority returns the network's certificate authority.
func (n *Network) Authority() *Authority { return n.authority }

// Names returns the names served, sorted.
func (n *Network) Names() []string { return sortedNames(n.hosts) }

// Transport returns a new transport whose connections are made in memory. It
// verifies certificates against the network's authority, uses no proxy and
// reaches nothing but the names served: anything else fails with
// [*NotServedError].
func (n *Network) Transport() *http.Transport {
	return &http.Transport{
		DialContext:         n.dial,
		TLSClientConfig:     &tls.Config{RootCAs: n.authority.Pool(), MinVersion: tls.VersionTLS12, ClientSessionCache: tls.NewLRUClientSessionCache(64)},
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     90 * time.Second,
	}
}

// Close ends all connections and proxies, and waits until no request is being
// answered. A handler sees it as the end of its request's context.
func (n *Network) Close() error {
	n.mu.Lock()
	proxies, listeners := n.proxies, n.listeners
	n.proxies, n.listeners, n.closed = nil, nil, true
	n.mu.Unlock()
	n.stop()
	var errs []error
	for _, listener := range listeners {
		errs = append(errs, listener.Close())
	}
	for _, proxy := range proxies {
		errs = append(errs, proxy.listener.Close())
	}
	errs = append(errs, n.listener.Close())
	n.serving.Wait()
	// Only now is every connection known to its server.
	for _, proxy := range proxies {
		errs = append(errs, proxy.server.Close())
	}
	errs = append(errs, n.server.Close())
	n.connections.Wait()
	return errors.Join(errs...)
}

// open reports whether the host answers on a port: under TLS on 443, in the
// clear on 80.
func (h Host) open(port string) bool {
	return port == "443" && !h.PlainOnly || port == "80" && (h.Plain || h.PlainOnly)
}

// dial gives one end of a new in-memory connection to the named host.
func (n *Network) dial(ctx context.Context, _, address string) (net.Conn, error) {
	client, server := newMemoryPipe()
	if err := n.accept(ctx, address, server); err != nil {
		return nil, errors.Join(err, client.Close(), server.Close())
	}
	return client, nil
}

// accept hands the server end of a connection for address (host:port) to the
// server.
func (n *Network) accept(ctx context.Context, address string, conn net.Conn) error {
	name, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("read address %q: %w", address, err)
	}
	name = hostOnly(name)
	host, served := n.hosts[name]
	switch {
	case !served:
		return n.refuse(name)
	case !host.open(port):
		return n.refuse(net.JoinHostPort(name, port))
	}
	// The end of the network closes what is below TLS: nobody waits for a
	// farewell that the other side does not read.
	dialled := &dialledConn{Conn: conn, name: name}
	dialled.forget = context.AfterFunc(n.running, func() { _ = conn.Close() })
	if port == "443" {
		return n.listener.hand(ctx, tls.Server(dialled, n.tls[name]))
	}
	return n.listener.hand(ctx, dialled)
}

func (n *Network) refuse(name string) *NotServedError {
	err := &NotServedError{Name: printable(name)}
	n.refused(err)
	return err
}

// tlsConfig is for connections to one name; a client that names another one in
// its handshake gets no certificate.
func (n *Network) tlsConfig(name string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			if asked := hostOnly(hello.ServerName); asked != "" && asked != name {
				return nil, fmt.Errorf("the handshake names %s on a connection to %s", printable(asked), name)
			}
			return n.authority.leaf(name)
		},
	}
}

// route finds the handler by the Host header, as one server with many virtual
// hosts does.
func (n *Network) route(w http.ResponseWriter, r *http.Request) {
	name := hostOnly(r.Host)
	host, served := n.hosts[name]
	dialled, _ := r.Context().Value(dialledName{}).(string)
	switch {
	case !served:
		http.Error(w, n.refuse(name).Error(), http.StatusMisdirectedRequest)
	case dialled != "" && dialled != name:
		http.Error(w, "the Host header names another host than the connection was made to", http.StatusMisdirectedRequest)
	default:
		host.Handler.ServeHTTP(w, r)
	}
}

// errorLog sends what net/http logs to the logger at debug level: most of it is
// clients that hang up in a handshake.
func (n *Network) errorLog() *log.Logger {
	return slog.NewLogLogger(n.logger.Handler(), slog.LevelDebug)
}
