package prepare

import (
	"context"
	"slices"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare/internal/keys"
)

// needsProof reports whether the plan changes what a token depends on, and there
// is an integration to ask a token for. There is none yet in a plan that was cut
// off after the key was made, and the key's leg leaves the proof to those after it.
func (r *run) needsProof() bool {
	if r.clientID == "" || r.key == nil || r.plan.Target.Leg == KeyLeg {
		return false
	}
	return slices.ContainsFunc(r.plan.Actions, func(action Action) bool {
		switch action.(type) {
		case EditFile, WriteRegistration, DateSecret:
			return false
		}
		return true
	})
}

// provesBefore reports whether the proof comes before this action: before the
// application gets a new key or client id, or else before its settings are
// changed.
func (r *run) provesBefore(action Action) bool {
	switch action.(type) {
	case BridgeKey, BridgeByHand, PromoteKey, StoreClientID, DateSecret, EditFile, ClearKey, DisableSecret:
		return r.needsProof() && !r.proved
	}
	return false
}

// prove has Maskinporten give the integration a token, for the key under the id
// that the application gives it where it is registered under that one.
func (r *run) prove(ctx context.Context) error {
	key := r.key
	if r.plan.underOverride {
		var err error
		if key, err = key.WithKeyID(r.plan.state.keyOverride().Text); err != nil {
			return err
		}
	}
	err := r.proveFor(ctx, r.clientID, key, r.plan.Target.Scopes)
	r.proved = err == nil
	return err
}

// proveFor asks Maskinporten for a token until it gives one. It waits only while
// the refusal is one that a change under way explains.
func (r *run) proveFor(ctx context.Context, clientID string, key *jwk.Key, scopes []string) error {
	r.report(Event{Stage: Proving})
	elapsed, err := keys.Proof{
		Ask:     func(ctx context.Context) error { return r.systems.Prover.Prove(ctx, clientID, key, scopes) },
		MayPass: r.mayPass,
		Waiting: func(refusal error, elapsed time.Duration) {
			r.report(Event{Stage: Waiting, Detail: refusal.Error(), Elapsed: elapsed})
		},
		Interval: r.systems.PollInterval, Limit: r.systems.PropagationLimit,
	}.Await(ctx)
	switch {
	case err == nil:
		r.report(Event{Stage: Proved, Elapsed: elapsed})
		return nil
	case ctx.Err() != nil:
		return err
	}
	r.report(Event{Stage: Failed, Detail: err.Error(), Elapsed: elapsed})
	refusal := &ProofError{ClientID: clientID, KeyID: key.KeyID(), Waited: elapsed, Err: err}
	if keys.FaultOf(err) == maskinporten.ScopeNotGranted {
		return r.plan.notGranted(clientID, refusal)
	}
	return refusal
}

// mayPass reports whether the fault is what Maskinporten finds until it has heard
// of what the plan changes: the integration, its key, its scopes.
func (r *run) mayPass(fault maskinporten.Fault) bool {
	switch fault {
	case maskinporten.UnknownKeyID, maskinporten.ClientNotFound:
		return true
	case maskinporten.InvalidScope:
		return r.changes(func(action Action) bool {
			switch action.(type) {
			case CreateIntegration, AddScopes, RegisterByHand, AddScopesByHand:
				return true
			}
			return false
		})
	case maskinporten.ExpiredKey, maskinporten.WrongSignature:
		return r.changes(func(action Action) bool {
			switch action.(type) {
			case AddKeyByHand, RenewByHand:
				return true
			}
			return false
		})
	default:
		return false
	}
}

func (r *run) changes(what func(Action) bool) bool { return slices.ContainsFunc(r.plan.Actions, what) }
