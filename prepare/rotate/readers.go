package rotate

import (
	"context"
	"fmt"
	"time"

	"github.com/stafett/stafett/prepare"
)

// await returns when nobody can be using the replaced key any more. It waits for
// readers that read again by themselves as long as it may.
func (r *run) await(ctx context.Context) error {
	awaited := r.awaited()
	if len(awaited) == 0 {
		return nil
	}
	start := now(r.systems)
	var until time.Time
	byItself := true
	for _, one := range awaited {
		until = later(until, one.Until)
		byItself = byItself && !one.Until.IsZero()
	}
	wait := until.Sub(start)
	if !byItself || wait > r.target.Wait {
		return &AwaitError{ClientID: r.clientID, KeyIDs: r.leaving(), Awaited: awaited}
	}
	r.report(prepare.Event{Stage: prepare.Waiting, Detail: fmt.Sprintf("until %s: %s", until.UTC().Format(time.RFC3339), awaited[0])})
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// awaited is who is still awaited, now that the new key is published.
func (r *run) awaited() []Awaited {
	if len(r.plan.Awaiting) == 0 {
		return nil
	}
	var all []Awaited
	for _, one := range r.plan.Awaiting {
		if one.Secret != "" {
			one.Since = r.published
			all = append(all, one)
		}
	}
	return append(all, r.target.awaited(r.published, now(r.systems), r.target.Finish && !r.stored)...)
}

// leaving are the keys that the plan removes.
func (r *run) leaving() []string {
	var ids []string
	for _, action := range r.plan.Actions {
		switch a := action.(type) {
		case RemoveKey:
			ids = append(ids, a.KeyID)
		case RemoveKeyByHand:
			ids = append(ids, a.KeyID)
		}
	}
	return ids
}
