package front

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"
)

// noServerName stands for the name that a handshake does not have.
const noServerName = "a TLS connection without a server name (SNI)"

// ServeTLS serves all names under TLS on one address (host:port; port 0 picks
// one) and returns it with its port: a connection is to the name that its
// handshake asks for (RFC 6066 §3). It is for programs whose names lead to this
// machine, such as by /etc/hosts, or that are told where to connect to. The
// address must be on the loopback interface, as that of [Network.ServeProxy].
// It is closed by [Network.Close].
//
// A name that is not served, or none, gets a fatal alert and no certificate.
// Names that are served over plain http only are not here.
func (n *Network) ServeTLS(ctx context.Context, address string) (string, error) {
	listener, err := listenLoopback(ctx, "TLS port", address)
	if err != nil {
		return "", err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return "", errors.Join(fmt.Errorf("listen for the TLS port: the local platform has stopped: %w", net.ErrClosed), listener.Close())
	}
	n.listeners = append(n.listeners, listener)
	n.serving.Go(func() {
		acceptEach(listener, func(conn net.Conn) { n.connections.Go(func() { n.acceptTLS(conn) }) })
	})
	return listener.Addr().String(), nil
}

// acceptTLS finds out which name a connection is to, and hands it to the server.
func (n *Network) acceptTLS(conn net.Conn) {
	defer context.AfterFunc(n.running, func() { _ = conn.Close() })()
	_ = conn.SetDeadline(time.Now().Add(headerTimeout))
	name, again, err := peekServerName(n.running, conn)
	if err == nil && name != "" {
		if err = errors.Join(conn.SetDeadline(time.Time{}), n.accept(n.running, net.JoinHostPort(name, "443"), again)); err == nil {
			return
		}
		sendAlert(conn, unrecognisedName)
	} else if err == nil {
		n.refused(&NotServedError{Name: noServerName})
		sendAlert(conn, missingExtension)
	}
	n.logger.Debug("end a TLS connection", "err", err)
	_ = conn.Close()
}

// listenLoopback listens on an address of the loopback interface, and on no
// other: whoever can reach the network can act with its synthetic identities.
func listenLoopback(ctx context.Context, what, address string) (net.Listener, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, fmt.Errorf("read %s address %q: %w", what, address, err)
	}
	if ip := net.ParseIP(host); host != "localhost" && (ip == nil || !ip.IsLoopback()) {
		return nil, fmt.Errorf("listen for the %s on %s: only a loopback address is allowed", what, address)
	}
	listener, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen for the %s: %w", what, err)
	}
	return listener, nil
}
