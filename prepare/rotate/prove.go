package rotate

import (
	"context"
	"slices"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/internal/keys"
)

// proveOnce proves a key, unless one was proved in this run already: the key that is
// published is the key that stays.
func (r *run) proveOnce(ctx context.Context, key *jwk.Key) error {
	if r.proved {
		return nil
	}
	return r.prove(ctx, key, maskinporten.UnknownKeyID)
}

// prove asks Maskinporten for a token with a key until it gives one. It waits only
// while the refusal is one that a change under way explains.
func (r *run) prove(ctx context.Context, key *jwk.Key, mayPass ...maskinporten.Fault) error {
	r.report(prepare.Event{Stage: prepare.Proving})
	elapsed, err := keys.Proof{
		Ask:     func(ctx context.Context) error { return r.systems.Prover.Prove(ctx, r.clientID, key, r.target.Scopes) },
		MayPass: func(fault maskinporten.Fault) bool { return slices.Contains(mayPass, fault) },
		Waiting: func(refusal error, elapsed time.Duration) {
			r.report(prepare.Event{Stage: prepare.Waiting, Detail: refusal.Error(), Elapsed: elapsed})
		},
		Interval: r.systems.PollInterval, Limit: r.systems.PropagationLimit,
	}.Await(ctx)
	switch {
	case err == nil:
		r.proved = true
		r.report(prepare.Event{Stage: prepare.Proved, Elapsed: elapsed})
		return nil
	case ctx.Err() != nil:
		return err
	}
	r.report(prepare.Event{Stage: prepare.Failed, Detail: err.Error(), Elapsed: elapsed})
	return &prepare.ProofError{ClientID: r.clientID, KeyID: key.KeyID(), Waited: elapsed, Err: err}
}
