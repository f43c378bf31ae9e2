// Package cli is the command line: flags and presentation. What a command does
// is done by the rooms it calls; what a person should do about an error is said
// here, once, in explain.go.
package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"slices"
	"syscall"

	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/local"
)

// Main runs the command line args (without the program's name) and returns the
// exit code. environ is in the form of os.Environ. An interrupt, or the closing
// of the terminal, cancels the running command, which stops after its current
// step; a second interrupt ends the process at once.
func Main(args, environ []string) int { return mainWith(local.Keys{}, args, environ) }

// mainWith does the same with keys for a platform that the command starts.
func mainWith(keys local.Keys, args, environ []string) int {
	if last := len(args) - 1; last >= 0 && slices.Equal(args[:last], enterNetwork) {
		return enterIsolated(args[last])
	}
	var ignored []os.Signal
	if signal.Ignored(os.Interrupt) {
		ignored = append(ignored, os.Interrupt)
	}
	interrupted, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	ctx, disconnect := whileConnected(interrupted)
	defer disconnect()
	// After the first signal the default action is back: the second one kills.
	context.AfterFunc(ctx, stop)
	s := &session{streams: term.System(environ), environ: environ, lookup: term.Lookup(environ), keys: keys, ignored: ignored}
	return s.run(ctx, args)
}

func (s *session) run(ctx context.Context, args []string) int {
	root := newRoot(s)
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	// A mistake in an earlier argument hides a --json after it from the parser.
	// After a -- they are another program's.
	if own := slices.Index(args, "--"); own >= 0 {
		args = args[:own]
	}
	s.json = s.json || slices.Contains(args, "--json")
	code := exitCode(ctx, err)
	var told *exitError
	if err != nil && !errors.As(err, &told) {
		s.printError(err, code)
	}
	return code
}
