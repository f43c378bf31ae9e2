package front

import (
	"errors"
	"net"
	"time"
)

// shortage is how long to wait where a connection cannot be accepted for want of
// something that passes, such as file descriptors.
const shortage = 20 * time.Millisecond

// acceptEach gives each connection to handle, and returns when the listener is
// closed.
func acceptEach(listener net.Listener, handle func(net.Conn)) {
	for {
		conn, err := listener.Accept()
		if err == nil {
			handle(conn)
			continue
		}
		// Of Accept it is well defined what passes; net/http's server asks it too.
		if passing, ok := errors.AsType[interface {
			error
			Temporary() bool
		}](err); !ok || !passing.Temporary() {
			return
		}
		time.Sleep(shortage)
	}
}
