package cli

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/stafett/stafett/internal/term"
)

// whileRead returns a context that also ends when nobody reads any more what the
// command writes to its standard output and error, as behind head. That kills a
// process that does not heed SIGPIPE, and what it would remove at its end stays.
//
// The signal itself tells nothing: to a process that heeds it, every client that
// goes away in the middle of an answer sends it too.
func (s *session) whileRead(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	heeded := make(chan os.Signal, 1)
	signal.Notify(heeded, syscall.SIGPIPE)
	for _, stream := range []*term.Stream{s.streams.Out, s.streams.Err} {
		stream.Writer = unread{stream.Writer, cancel}
	}
	return ctx, func() {
		signal.Stop(heeded)
		cancel()
	}
}

// unread calls gone when what it writes to has lost its reader.
type unread struct {
	io.Writer

	gone func()
}

func (u unread) Write(p []byte) (int, error) {
	n, err := u.Writer.Write(p)
	if errors.Is(err, syscall.EPIPE) {
		u.gone()
	}
	return n, err
}
