//go:build unix

package cli

import (
	"context"
	"os/signal"
	"syscall"
)

// whileConnected returns a context that also ends when the terminal is closed,
// unless the process was started to outlive that (nohup). Shell and kernel each
// send a hang-up then, so those after the first are let go by.
func whileConnected(ctx context.Context) (context.Context, context.CancelFunc) {
	if signal.Ignored(syscall.SIGHUP) {
		return ctx, func() {}
	}
	return signal.NotifyContext(ctx, syscall.SIGHUP)
}
