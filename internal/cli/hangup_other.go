//go:build !unix

package cli

import "context"

// whileConnected returns ctx: on Windows the closing of a console comes as the
// signal for termination.
func whileConnected(ctx context.Context) (context.Context, context.CancelFunc) {
	return ctx, func() {}
}
