package rotate

import (
	"context"
	"slices"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
)

// Until a change has come through at Maskinporten: how often it is asked, and for
// how long. Digdir says that a change takes up to two minutes.
const (
	defaultPollInterval     = 5 * time.Second
	defaultPropagationLimit = 3 * time.Minute
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
	interval, limit := r.systems.PollInterval, r.systems.PropagationLimit
	if interval <= 0 {
		interval = defaultPollInterval
	}
	if limit <= 0 {
		limit = defaultPropagationLimit
	}
	r.report(prepare.Event{Stage: prepare.Proving})
	start := time.Now()
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var waitedFor error
	for {
		err := r.systems.Prover.Prove(limited, r.clientID, key, r.target.Scopes)
		elapsed := time.Since(start)
		switch {
		case err == nil:
			r.proved = true
			r.report(prepare.Event{Stage: prepare.Proved, Elapsed: elapsed})
			return nil
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case limited.Err() != nil && waitedFor != nil:
			return r.notProved(key, waitedFor, elapsed)
		case !slices.Contains(mayPass, faultOf(err)):
			return r.notProved(key, err, elapsed)
		}
		waitedFor = err
		r.report(prepare.Event{Stage: prepare.Waiting, Detail: err.Error(), Elapsed: elapsed})
		timer := time.NewTimer(interval)
		select {
		case <-timer.C:
		case <-limited.Done():
			timer.Stop()
		}
	}
}

func (r *run) notProved(key *jwk.Key, err error, elapsed time.Duration) error {
	r.report(prepare.Event{Stage: prepare.Failed, Detail: err.Error(), Elapsed: elapsed})
	return &prepare.ProofError{ClientID: r.clientID, KeyID: key.KeyID(), Waited: elapsed, Err: err}
}
