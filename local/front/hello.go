package front

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
)

// errHelloRead ends a handshake as soon as its first message is read.
var errHelloRead = errors.New("the first message is read")

// peekServerName reads the first message of a TLS handshake and returns the name
// of the server that it asks for (RFC 6066 §3; empty if it names none), and a
// connection that gives all of it again. Nothing is written. The end of the context
// closes the connection; its deadline bounds the reading too.
func peekServerName(ctx context.Context, conn net.Conn) (string, net.Conn, error) {
	var (
		read  bytes.Buffer
		hello *tls.ClientHelloInfo
	)
	err := tls.Server(mutedConn{conn, io.TeeReader(conn, &read)}, &tls.Config{
		MinVersion: tls.VersionTLS12,
		GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			hello = h
			return nil, errHelloRead
		},
	}).HandshakeContext(ctx)
	if hello == nil {
		return "", nil, fmt.Errorf("read the start of a TLS handshake: %w", err)
	}
	return hello.ServerName, &aheadConn{Conn: conn, ahead: read.Bytes()}, nil
}

// mutedConn reads from somewhere else than it belongs to, and writes nothing.
type mutedConn struct {
	net.Conn
	source io.Reader
}

func (c mutedConn) Read(p []byte) (int, error)  { return c.source.Read(p) }
func (c mutedConn) Write(p []byte) (int, error) { return len(p), nil }

// Descriptions of alerts (RFC 8446 §6.2).
const (
	missingExtension = 109
	unrecognisedName = 112
)

// sendAlert ends a handshake before it has begun, with a reason.
func sendAlert(conn net.Conn, description byte) {
	const alert, fatal = 21, 2
	_, _ = conn.Write([]byte{alert, 3, 3, 0, 2, fatal, description})
}
