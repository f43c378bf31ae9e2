package cli

import (
	"context"
	"errors"
)

// Exit codes of every command; docs/exit-codes.md and `stafett help exit-codes`
// are the same list. Any other code than these also means failure.
const (
	exitOK          = 0
	exitFailed      = 1
	exitPending     = 2
	exitNeedsInput  = 3
	exitDenied      = 4
	exitUnavailable = 5
	exitAwaiting    = 6
	exitUsage       = 64
	exitInterrupted = 130
)

const exitCodesHelp = `Exit codes of every command:

    0  it worked
    1  it failed
    2  changes are pending (--plan)
    3  input is needed, and nobody was there to ask or gave an answer
    4  authentication or authorisation was refused
    5  a system did not answer or is unavailable; trying again may help
    6  all is well so far, and it goes on when others have done their part
   64  the command line is wrong
  130  interrupted
`

// usageError is a mistake on the command line. What is wrong with it says, or
// wraps, what to write instead.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// exitError carries the exit code of an outcome that has already been told; it
// is never printed.
type exitError struct{ code int }

func (e *exitError) Error() string { return "the outcome has been told" }

// exitCode maps an error to the process's exit code, in this one place.
func exitCode(ctx context.Context, err error) int {
	var told *exitError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &told):
		return told.code
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		return exitInterrupted
	default:
		return explain(err).exit
	}
}
