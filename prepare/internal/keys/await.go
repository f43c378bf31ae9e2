package keys

import (
	"context"
	"errors"
	"time"

	"github.com/stafett/stafett/maskinporten"
)

// Until a change has come through at Maskinporten: how often it is asked, and for
// how long. Digdir says that a change takes up to two minutes.
const (
	pollInterval     = 5 * time.Second
	propagationLimit = 3 * time.Minute
)

// Proof is a token that Maskinporten is asked for until it gives it.
type Proof struct {
	// Ask asks once. Its error holds a *maskinporten.Error when it is refused.
	Ask func(context.Context) error
	// MayPass reports whether a refusal is one that a change under way explains. No
	// other is waited for.
	MayPass func(maskinporten.Fault) bool
	// Waiting is told of each refusal that is waited for, and of the time since the
	// beginning.
	Waiting func(refusal error, elapsed time.Duration)
	// Interval is between two times it is asked, and Limit how long in all; zero is
	// five seconds and three minutes.
	Interval, Limit time.Duration
}

// Await asks until the token is given, or refused for what does not pass, and
// returns how long that took. When the time is up the error is the refusal that was
// waited for last, and when the context has ended it is the cause of that.
func (p Proof) Await(ctx context.Context) (time.Duration, error) {
	interval, limit := p.Interval, p.Limit
	if interval <= 0 {
		interval = pollInterval
	}
	if limit <= 0 {
		limit = propagationLimit
	}
	start := time.Now()
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var waitedFor error
	for {
		err := p.Ask(limited)
		elapsed := time.Since(start)
		switch {
		case err == nil:
			return elapsed, nil
		case ctx.Err() != nil:
			return elapsed, context.Cause(ctx)
		case limited.Err() != nil && waitedFor != nil:
			return elapsed, waitedFor
		case !p.MayPass(FaultOf(err)):
			return elapsed, err
		}
		waitedFor = err
		p.Waiting(err, elapsed)
		timer := time.NewTimer(interval)
		select {
		case <-timer.C:
		case <-limited.Done():
			timer.Stop()
		}
	}
}

// FaultOf is why Maskinporten refused a token; "" for any other error.
func FaultOf(err error) maskinporten.Fault {
	if refusal, ok := errors.AsType[*maskinporten.Error](err); ok {
		return refusal.Fault()
	}
	return ""
}
