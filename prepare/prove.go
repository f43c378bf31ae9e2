package prepare

import (
	"context"
	"errors"
	"time"

	"github.com/stafett/stafett/maskinporten"
)

// needsProof reports whether the plan changes what a token depends on, and there
// is an integration to ask a token for. There is none yet in a plan that was cut
// off after the key was made.
func (r *run) needsProof() bool {
	if r.clientID == "" {
		return false
	}
	for _, action := range r.plan.Actions {
		if _, isFile := action.(EditFile); !isFile {
			return true
		}
	}
	return false
}

// provesBefore reports whether the proof comes before this action: before the
// application gets a client id, or else before its settings are changed.
func (r *run) provesBefore(action Action) bool {
	switch action.(type) {
	case StoreClientID, EditFile, DisableSecret:
		return r.needsProof() && !r.proved
	}
	return false
}

// prove asks Maskinporten for a token until it gives one. It waits only while
// the refusal is one that a change under way explains.
func (r *run) prove(ctx context.Context) error {
	r.report(Event{Stage: Proving})
	start := time.Now()
	limited, cancel := context.WithTimeout(ctx, r.systems.propagationLimit())
	defer cancel()
	var waitedFor error
	for {
		err := r.systems.Prover.Prove(limited, r.clientID, r.key, r.plan.Target.Scopes)
		elapsed := time.Since(start)
		switch {
		case err == nil:
			r.proved = true
			r.report(Event{Stage: Proved, Elapsed: elapsed})
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case limited.Err() != nil && waitedFor != nil:
			return r.notProved(waitedFor, elapsed)
		case !r.mayPass(err):
			return r.notProved(err, elapsed)
		}
		waitedFor = err
		r.report(Event{Stage: Waiting, Detail: err.Error(), Elapsed: elapsed})
		timer := time.NewTimer(r.systems.pollInterval())
		select {
		case <-timer.C:
		case <-limited.Done():
			timer.Stop()
		}
	}
}

func (r *run) notProved(err error, elapsed time.Duration) error {
	r.report(Event{Stage: Failed, Detail: err.Error(), Elapsed: elapsed})
	return &ProofError{ClientID: r.clientID, KeyID: r.key.KeyID(), Waited: elapsed, Err: err}
}

// mayPass reports whether the error is what Maskinporten says until it has heard
// of what the plan changes: the integration, its key, its scopes.
func (r *run) mayPass(err error) bool {
	refusal, ok := errors.AsType[*maskinporten.Error](err)
	if !ok {
		return false
	}
	switch refusal.Fault() {
	case maskinporten.UnknownKeyID, maskinporten.ClientNotFound:
		return true
	case maskinporten.InvalidScope:
		return r.changesScopes()
	default:
		return false
	}
}

func (r *run) changesScopes() bool {
	for _, action := range r.plan.Actions {
		switch action.(type) {
		case CreateIntegration, AddScopes:
			return true
		}
	}
	return false
}
