package front

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"sync"
)

// dialledConn is the server's end of a connection to one name.
type dialledConn struct {
	net.Conn
	name   string
	forget func() bool // lets go of the network's own reference
}

func (c *dialledConn) Close() error {
	c.forget()
	return c.Conn.Close()
}

// dialledName is the key under which a request's context has the name that its
// connection was made to.
type dialledName struct{}

// withDialled puts the name of a connection into the context of its requests.
// The connections of programs to the proxy itself have none.
func withDialled(ctx context.Context, conn net.Conn) context.Context {
	if secured, ok := conn.(*tls.Conn); ok {
		conn = secured.NetConn()
	}
	if dialled, ok := conn.(*dialledConn); ok {
		return context.WithValue(ctx, dialledName{}, dialled.name)
	}
	return ctx
}

// aheadConn gives first what was read ahead of its time.
type aheadConn struct {
	net.Conn
	ahead []byte
}

func (c *aheadConn) Read(p []byte) (int, error) {
	if len(c.ahead) == 0 {
		return c.Conn.Read(p)
	}
	read := copy(p, c.ahead)
	c.ahead = c.ahead[read:]
	return read, nil
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
