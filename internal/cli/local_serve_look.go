package cli

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"github.com/stafett/stafett/integration"
	"github.com/stafett/stafett/internal/term"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/serve"
)

const (
	// localPatience is how long a look at the service waits for a stand-in.
	localPatience = 30 * time.Second
	// failedLooks is how many looks for forms in a row have to fail before that is told:
	// one alone may have met a fault that somebody has asked for.
	failedLooks = 3
)

// besideRun is the service beside the local platform while it runs.
type besideRun struct {
	connection *connection
	vault      *keyvault.Vault                         // signs in once, however often it is read
	held       atomic.Pointer[integration.Integration] // as the service has read it; nil before
	server     *serve.Server                           // nil before it has started
}

// noting lets the run know what the service reads of the vault.
func (r *besideRun) noting(load loadIntegration) loadIntegration {
	return func(ctx context.Context, client *http.Client) (*integration.Integration, error) {
		loaded, err := load(ctx, client)
		if err == nil {
			r.held.Store(loaded)
		}
		return loaded, err
	}
}

type loadIntegration = func(context.Context, *http.Client) (*integration.Integration, error)

// isOutdated reports whether settings and secrets make another integration now than the
// service has read. While they make none, the service stays as it is, as a real one does.
func (r *besideRun) isOutdated(ctx context.Context) bool {
	held := r.held.Load()
	if held == nil {
		return false
	}
	ctx, cancel := context.WithTimeout(ctx, localPatience)
	defer cancel()
	now, err := r.connection.integrationFrom(ctx, r.connection.client, r.vault)
	return err == nil && !now.IsSame(held)
}

// hindrance is what keeps the service from its work although it runs; nil if nothing
// does. It asks for a token as the service does: one that is kept costs no request.
func (r *besideRun) hindrance(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, localPatience)
	defer cancel()
	if _, err := r.held.Load().Altinn().Token(ctx); err != nil {
		return &noTokenError{err}
	}
	status, err := r.server.Operations().Summary(ctx)
	if err != nil {
		return fmt.Errorf("the journal cannot be read: %w", err)
	}
	for _, failing := range status.Failing {
		if failing.Times >= failedLooks {
			cause, _, _ := strings.Cut(failing.Cause, "\n")
			return &unfoundError{cause}
		}
	}
	return nil
}

// unfoundError says that the service does not find all forms, but carries what it finds.
type unfoundError struct{ cause string }

func (e *unfoundError) Error() string { return e.cause }

// noTokenError says that the service gets no token.
type noTokenError struct{ err error }

// Error leaves out what differs from one refusal to the next.
func (e *noTokenError) Error() string {
	err := e.err
	if refused, ok := errors.AsType[*maskinporten.Error](err); ok {
		same := *refused
		same.TraceID = ""
		err = &same
	}
	return "the service gets no token: " + err.Error()
}

func (e *noTokenError) Unwrap() error { return e.err }

// Remedy says what the likely cause is too, where that is known.
func (e *noTokenError) Remedy() string {
	if refused, ok := errors.AsType[*maskinporten.Error](e.err); ok {
		return refused.Cause() + "; " + refused.Remedy()
	}
	return remedy(e.err)
}

// tell tells once what keeps the service from carrying forms, and that it carries them
// when nothing does or nothing does any more. A hindrance has to be met twice: a reset or
// a change of both secrets may be under way.
func (b *besideService) tell(hindrance error) {
	s, flags := b.session, b.failed.flags
	if hindrance == nil {
		wasTold := b.last.told != ""
		b.last.over()
		b.suspected = ""
		if !b.carries && (wasTold || !s.json) {
			s.streams.Err.Printf("%s the service carries each form that is sent in; see it with: stafett handover list %s --all\n", s.streams.Err.Mark(term.OK), flags)
		}
		b.carries = true
		return
	}
	again := b.suspected == hindrance.Error()
	b.suspected = hindrance.Error()
	if !again || !b.last.isNews(hindrance) {
		return
	}
	b.carries = false
	which, hint := "no form is carried over", remedy(hindrance)
	if errors.As(hindrance, new(*unfoundError)) {
		which = "not all forms that are sent in are found"
	}
	if hint != "" {
		hint += "; "
	}
	b.warn("%s: %v\nhint: %ssee also: stafett doctor %s", which, hindrance, hint, flags)
}
