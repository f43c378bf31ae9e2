package rotate

import (
	"fmt"
	"slices"
	"time"

	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/internal/keys"
)

// justPosted is what a key must have lost of its year for posting it again to be
// of any use.
const justPosted = day

// NewRenewal computes what is to be done for the key that is in use to last for
// another year: to post it again, and to date the secrets with its end. The value
// of no secret changes, and nothing has to be deployed. It does no I/O, and gives
// the same plan for the same state. Within says whether it is time, as for a
// rotation.
//
// A key that is not registered is a [*NotRegisteredError].
func NewRenewal(state State) (Plan, error) {
	p, err := newPlan(state, "renew")
	if err != nil {
		return Plan{}, err
	}
	var renewed []string
	for _, one := range state.current {
		if slices.Contains(renewed, one.thumbprint) {
			continue
		}
		renew, err := p.renewalOf(one)
		if err != nil {
			return Plan{}, fmt.Errorf("renew %s: %w", p.Target.AppID, err)
		}
		if renew != nil {
			p.add(renew)
			renewed = append(renewed, one.thumbprint)
		}
	}
	for _, one := range state.current {
		end := time.Time{}
		if !slices.Contains(renewed, one.thumbprint) {
			registered, _ := keys.Find(state.registered, one.thumbprint)
			end = keys.End(registered)
			if end.IsZero() || apart(end, one.Expires) <= day {
				continue
			}
		}
		p.add(DateSecret{Secret: one.Name, Expires: end})
	}
	return p, nil
}

// renewalOf is the renewal that a key needs; nil when it is not time.
func (p *Plan) renewalOf(one held) (prepare.Action, error) {
	status := p.state.statusOf(one)
	if p.state.guided {
		if p.isTime(status) {
			return RenewKeyByHand{ClientID: p.state.clientID, KeyID: one.key.KeyID(), Thumbprint: one.thumbprint}, nil
		}
		return nil, nil
	}
	registered, found := keys.Find(p.state.registered, one.thumbprint)
	if !found {
		return nil, &NotRegisteredError{ClientID: p.state.clientID, KeyID: one.key.KeyID()}
	}
	if !p.isTime(status) {
		return nil, nil
	}
	return RenewKey{ClientID: p.state.clientID, KeyID: registered.KeyID, Thumbprint: one.thumbprint, Expires: status.Expires, Expired: p.leftOut(one.thumbprint)}, nil
}

// isTime reports whether the key is near its end; without a limit, whether there
// is anything to gain.
func (p *Plan) isTime(status KeyStatus) bool {
	now, limit := p.state.readAt, p.Target.Within
	if status.Alert == 0 {
		return true
	}
	if limit <= 0 {
		return status.Expires.IsZero() || status.Expires.Before(lifetime(now).Add(-justPosted))
	}
	return !status.Expires.IsZero() && status.Expires.Sub(now) <= limit
}

func apart(a, b time.Time) time.Duration { return a.Sub(b).Abs() }
