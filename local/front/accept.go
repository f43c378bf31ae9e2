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
		var passing net.Error
		switch {
		case err == nil:
			handle(conn)
		case errors.As(err, &passing) && passing.Temporary(): //nolint:staticcheck // of Accept it is well defined; net/http's server asks it too
			time.Sleep(shortage)
		default:
			return
		}
	}
}
