package postgres

import (
	"net"
	"time"
)

// silence is how long a server may leave what it is sent unanswered by its machine
// before a connection is given up. Without a bound, a call into a network that has
// been cut would wait for as long as the system goes on sending: many minutes.
const silence = 30 * time.Second

// newDialer returns a dialer whose connections fail when nothing comes back for so
// long. A statement that takes long does not count: the machines still answer each
// other.
func newDialer(silence time.Duration) *net.Dialer {
	return &net.Dialer{
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: silence / 3, Interval: silence / 6, Count: 4}, // together silence
		Control:         boundUnanswered(silence),
	}
}
