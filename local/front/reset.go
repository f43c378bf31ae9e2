package front

import (
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
)

// Reset ends the request's connection the way a crashed server or a firewall
// does, so that the client is told "connection reset by peer". Nothing may have
// been written. It does not return: the handler ends with it.
func Reset(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn() // TLS would say goodbye
	}
	for below := conn; below != nil; {
		switch c := below.(type) {
		case *dialledConn:
			below = c.Conn
		case *aheadConn:
			below = c.Conn
		case *net.TCPConn:
			_ = c.SetLinger(0)
			below = nil
		case *memoryConn:
			c.reset.Store(true)
			below = nil
		default:
			below = nil
		}
	}
	_ = conn.Close()
	panic(http.ErrAbortHandler)
}

// memoryConn is one end of a connection in memory, whose server can reset it.
type memoryConn struct {
	net.Conn
	reset *atomic.Bool // shared by both ends
}

// newMemoryPipe makes both ends.
func newMemoryPipe() (client, server net.Conn) {
	reset := new(atomic.Bool)
	a, b := net.Pipe()
	return &memoryConn{a, reset}, &memoryConn{b, reset}
}

func (c *memoryConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	return n, c.cause("read", err)
}

func (c *memoryConn) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	return n, c.cause("write", err)
}

func (c *memoryConn) cause(operation string, err error) error {
	if (errors.Is(err, io.EOF) || errors.Is(err, io.ErrClosedPipe)) && c.reset.Load() {
		return &net.OpError{Op: operation, Net: c.LocalAddr().Network(), Err: syscall.ECONNRESET}
	}
	return err
}
