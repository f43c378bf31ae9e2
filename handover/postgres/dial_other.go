//go:build !linux

package postgres

import (
	"syscall"
	"time"
)

// boundUnanswered leaves it to keepalive, and to the system's own bound.
func boundUnanswered(time.Duration) func(network, address string, c syscall.RawConn) error {
	return nil
}
