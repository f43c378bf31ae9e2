package front

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
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

// Network serves a fixed set of names in memory. It is safe for concurrent use.
type Network struct {
	authority *Authority
	hosts     map[string]Host
	refused   func(*NotServedError)
	logger    *slog.Logger

	listener *memoryListener
	server   *http.Server
	serving  sync.WaitGroup

	mu      sync.Mutex
	proxies []*http.Server
}

// New starts a network. Close ends it.
func New(cfg Config) (*Network, error) {
	n := &Network{
		hosts:    make(map[string]Host, len(cfg.Hosts)),
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
		}
	}
	authority, err := NewAuthority(tlsNames)
	if err != nil {
		return nil, err
	}
	n.authority = authority
	n.server = &http.Server{
		Handler:           http.HandlerFunc(n.route),
		ReadHeaderTimeout: 30 * time.Second,
		ErrorLog:          n.errorLog(),
	}
	n.serving.Go(func() { _ = n.server.Serve(n.listener) })
	return n, nil
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

// Close ends all connections and proxies and waits for the server to stop.
func (n *Network) Close() error {
	n.mu.Lock()
	proxies := n.proxies
	n.proxies = nil
	n.mu.Unlock()
	var errs []error
	for _, proxy := range proxies {
		errs = append(errs, proxy.Close())
	}
	errs = append(errs, n.server.Close())
	n.serving.Wait()
	return errors.Join(errs...)
}

// dial gives one end of a new in-memory connection to the named host.
func (n *Network) dial(ctx context.Context, _, address string) (net.Conn, error) {
	client, server := net.Pipe()
	if err := n.accept(ctx, address, server); err != nil {
		return nil, errors.Join(err, client.Close(), server.Close())
	}
	return client, nil
}

// accept hands the server end of a connection for address (host:port) to the
// server: under TLS on port 443, as it is on port 80.
func (n *Network) accept(ctx context.Context, address string, conn net.Conn) error {
	name, port, err := net.SplitHostPort(address)
	if err != nil {
		return fmt.Errorf("read address %q: %w", address, err)
	}
	name = hostOnly(name)
	host, served := n.hosts[name]
	switch {
	case served && port == "443" && !host.PlainOnly:
		conn = tls.Server(conn, n.tlsConfig(name))
	case served && port == "80" && (host.Plain || host.PlainOnly):
	case served:
		return n.refuse(net.JoinHostPort(name, port))
	default:
		return n.refuse(name)
	}
	return n.listener.hand(ctx, conn)
}

func (n *Network) refuse(name string) *NotServedError {
	err := &NotServedError{Name: printable(name)}
	n.refused(err)
	return err
}

// tlsConfig answers for the name that was dialled; a client that names another
// one in its handshake gets no certificate.
func (n *Network) tlsConfig(dialled string) *tls.Config {
	return &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"http/1.1"},
		GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
			name := hostOnly(hello.ServerName)
			if name == "" {
				name = dialled
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
	switch {
	case !served:
		http.Error(w, n.refuse(name).Error(), http.StatusMisdirectedRequest)
	case r.TLS == nil && !host.Plain && !host.PlainOnly:
		http.Error(w, name+" is served over https only", http.StatusForbidden)
	case r.TLS != nil && r.TLS.ServerName != "" && hostOnly(r.TLS.ServerName) != name:
		http.Error(w, "the Host header names another host than the TLS handshake", http.StatusMisdirectedRequest)
	default:
		host.Handler.ServeHTTP(w, r)
	}
}

// errorLog sends what net/http logs to the logger at debug level: most of it is
// clients that hang up in a handshake.
func (n *Network) errorLog() *log.Logger {
	return slog.NewLogLogger(n.logger.Handler(), slog.LevelDebug)
}

// memoryListener is a net.Listener whose connections are handed to it.
type memoryListener struct {
	connections chan net.Conn
	closed      chan struct{}
	closeOnce   sync.Once
}

func newMemoryListener() *memoryListener {
	return &memoryListener{connections: make(chan net.Conn), closed: make(chan struct{})}
}

func (l *memoryListener) hand(ctx context.Context, conn net.Conn) error {
	select {
	case l.connections <- conn:
		return nil
	case <-l.closed:
		return fmt.Errorf("connect: the local platform has stopped: %w", net.ErrClosed)
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (l *memoryListener) Accept() (net.Conn, error) {
	select {
	case conn := <-l.connections:
		return conn, nil
	case <-l.closed:
		return nil, io.EOF
	}
}

func (l *memoryListener) Close() error {
	l.closeOnce.Do(func() { close(l.closed) })
	return nil
}

func (l *memoryListener) Addr() net.Addr { return memoryAddr{} }

type memoryAddr struct{}

func (memoryAddr) Network() string { return "memory" }
func (memoryAddr) String() string  { return "local platform" }
