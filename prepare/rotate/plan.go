package rotate

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/internal/keys"
	"github.com/stafett/stafett/selfservice"
)

// Plan says what is to be done, in order. Only [NewRotation] and [NewRenewal] make
// one that [Apply] takes. It holds no key material that prints.
type Plan struct {
	Target  Target
	Actions []prepare.Action
	// Awaiting are those who may still sign with the key that is replaced. A
	// [RemoveKey] waits for them, and what comes before it does not.
	Awaiting []Awaited
	// Warnings are about what works and should be looked at; one sentence each,
	// without full stop.
	Warnings []string
	// Key is the key that is in use now.
	Key KeyStatus

	purpose string // "rotate" or "renew"
	state   State
}

// IsEmpty reports whether there is nothing to do: the key is not old enough, or
// everything is done.
func (p Plan) IsEmpty() bool { return len(p.Actions) == 0 }

// String lists the actions, who is awaited, and the warnings, one line each.
func (p Plan) String() string {
	var text strings.Builder
	for i, action := range p.Actions {
		fmt.Fprintf(&text, "%d. %s %c %s\n", i+1, action.System(), action.Sign(), action)
	}
	for _, awaited := range p.Awaiting {
		fmt.Fprintf(&text, "first: %s\n", awaited)
	}
	for _, warning := range p.Warnings {
		fmt.Fprintf(&text, "warning: %s\n", warning)
	}
	if p.IsEmpty() {
		text.WriteString("nothing to do\n")
	}
	return text.String()
}

// Changes groups the actions by system, in the order in which they come first.
func (p Plan) Changes() []prepare.SystemChanges {
	names := map[prepare.System]string{prepare.KeyVault: p.Target.Vault, prepare.Samarbeidsportal: p.Target.OrganisationNumber}
	var groups []prepare.SystemChanges
	for _, action := range p.Actions {
		at := slices.IndexFunc(groups, func(g prepare.SystemChanges) bool { return g.System == action.System() })
		if at < 0 {
			at = len(groups)
			groups = append(groups, prepare.SystemChanges{System: action.System(), Name: names[action.System()]})
		}
		groups[at].Lines = append(groups[at].Lines, prepare.ChangeLine{Sign: action.Sign(), Text: action.String()})
	}
	return groups
}

func (p *Plan) add(action prepare.Action) { p.Actions = append(p.Actions, action) }

func (p *Plan) warn(format string, values ...any) {
	p.Warnings = append(p.Warnings, fmt.Sprintf(format, values...))
}

func newPlan(state State, purpose string) (Plan, error) {
	if len(state.current) == 0 {
		return Plan{}, errors.New(purpose + ": the state has not been read")
	}
	p := Plan{Target: state.target, Key: state.status(), purpose: purpose, state: state}
	if p.Key.Expires.IsZero() {
		p.warn("it is not known when key %s ends: %s", p.Key.KeyID, state.noEnd())
	}
	return p, nil
}

// NewRotation computes what is to be done to replace the key: all of it, the rest
// of a rotation that was begun, or nothing. It does no I/O, and gives the same plan
// for the same state. A rotation that was begun is always continued; Within and
// OlderThan only say whether one begins. A key that is not registered, or has
// expired, is old enough. With Finish, a key that waits and is in none of the
// section's secrets yet goes on waiting, since its publishing would begin a new wait.
//
// It refuses with a *prepare.KeyIDOverrideError where a new key could not be used, and
// with a *prepare.KeySetFullError where one more cannot be registered.
func NewRotation(state State) (Plan, error) {
	p, err := newPlan(state, "rotate")
	if err != nil {
		return Plan{}, err
	}
	if state.override != "" {
		return Plan{}, fmt.Errorf("rotate %s: %w", p.Target.AppID, &prepare.KeyIDOverrideError{Section: p.Target.Section, Where: state.override})
	}
	replaced := p.replaced()
	switch {
	case p.underWay() && (state.holds(state.next.thumbprint) || len(replaced) == 0 && !p.Target.Finish):
		err = p.publish(state.next)
	case len(replaced) > 0 && !(p.begins() && p.areOver(replaced)):
		if err = p.restore(); err == nil {
			p.retire(replaced, state.published())
		}
		p.tellWaiting("stafett rotate publishes it once the old one is removed")
	case p.underWay():
		p.tellWaiting("--finish does not publish it, stafett rotate does")
	case p.begins():
		err = p.publish(nil)
	}
	if err != nil {
		return Plan{}, fmt.Errorf("rotate %s: %w", p.Target.AppID, err)
	}
	return p, nil
}

// underWay reports whether a new key waits that can still be published. One that
// was registered so long ago that it has expired cannot.
func (p *Plan) underWay() bool {
	next := p.state.next
	if next == nil {
		return false
	}
	if p.state.guided {
		return keys.FaultOf(p.state.waiting) != maskinporten.ExpiredKey
	}
	registered, found := keys.Find(p.state.registered, next.thumbprint)
	return !found || !keys.Expired(registered, p.state.readAt)
}

// tellWaiting names the key that waits, if one does, and what becomes of it.
func (p *Plan) tellWaiting(becomes string) {
	if p.underWay() {
		p.warn("key %s waits in secret %s; %s", p.state.next.key.KeyID(), p.state.next.Name, becomes)
	}
}

// begins reports whether it is time for a rotation to begin.
func (p *Plan) begins() bool {
	t := p.Target
	if t.Finish {
		return false
	}
	if t.Within <= 0 && t.OlderThan <= 0 || p.Key.Alert == 0 {
		return true
	}
	if t.OlderThan > 0 {
		for _, one := range p.state.current {
			if !one.Created.IsZero() && p.state.readAt.Sub(one.Created) >= t.OlderThan {
				return true
			}
		}
	}
	return t.Within > 0 && !p.Key.Expires.IsZero() && p.Key.Expires.Sub(p.state.readAt) <= t.Within
}

// publish plans what is left until the new key, nil for one that is to be made, is
// the one that is read from the vault; then its predecessors' end.
func (p *Plan) publish(next *held) error {
	var keyID, thumbprint string
	if next != nil {
		keyID, thumbprint = next.key.KeyID(), next.thumbprint
	} else {
		if err := p.checkRoom(); err != nil {
			return err
		}
		p.add(MakeNextKey{Secret: p.Target.nextSecret(), Bits: jwk.DefaultBits})
	}
	if err := p.register(keyID, thumbprint); err != nil {
		return err
	}
	var replaced []replacedKey
	for _, one := range p.state.current {
		if next != nil && one.thumbprint == thumbprint {
			continue
		}
		p.add(StoreKey{Secret: one.Name, KeyID: keyID, Thumbprint: thumbprint, Replaces: one.key.KeyID()})
		if !slices.ContainsFunc(replaced, func(r replacedKey) bool { return r.thumbprint == one.thumbprint }) {
			replaced = append(replaced, replacedKey{one.key.KeyID(), one.thumbprint})
		}
	}
	p.add(ClearNextKey{Secret: p.Target.nextSecret()})
	since := time.Time{}
	if len(replaced) == 0 { // stored already, and only the next secret was not cleared
		replaced, since = p.replaced(), p.state.published()
	}
	p.retire(replaced, since)
	return nil
}

// register plans the new key's way into the key set.
func (p *Plan) register(keyID, thumbprint string) error {
	if p.state.guided {
		if thumbprint == "" || p.state.waiting != nil {
			p.add(AddKeyByHand{ClientID: p.state.clientID, KeyID: keyID, Thumbprint: thumbprint})
		}
		return nil
	}
	if _, found := keys.Find(p.state.registered, thumbprint); found && thumbprint != "" {
		return nil
	}
	if err := p.checkRoom(); err != nil {
		return err
	}
	p.add(AddKey{ClientID: p.state.clientID, KeyID: keyID, Thumbprint: thumbprint, Expired: p.leftOut("")})
	return nil
}

// restore plans the way back into the key set for published keys that are not in it:
// until they are, nobody who has started since has a key that works.
func (p *Plan) restore() error {
	if p.state.guided {
		return nil // people add keys one by one, and take out none by that
	}
	lost := map[string]string{}
	for _, one := range p.state.current {
		if _, found := keys.Find(p.state.registered, one.thumbprint); found || lost[one.thumbprint] != "" {
			continue
		}
		if err := p.checkRoom(); err != nil {
			return err
		}
		lost[one.thumbprint] = one.key.KeyID()
		p.add(RestoreKey{ClientID: p.state.clientID, KeyID: one.key.KeyID(), Thumbprint: one.thumbprint, Expired: p.leftOut("")})
	}
	return nil
}

// leftOut are the expired keys that the next change of the set leaves out, besides
// the one that it is about; none when a change before it has done so.
func (p *Plan) leftOut(but string) []string {
	for _, action := range p.Actions {
		switch action.(type) {
		case AddKey, RestoreKey, RemoveKey, RenewKey:
			return nil
		}
	}
	return keys.LeftOut(p.state.registered, p.state.readAt, but)
}

// checkRoom refuses a set that cannot take one more key. What has expired takes no
// room, since it is left out.
func (p *Plan) checkRoom() error {
	return checkRoom(p.state.clientID, p.state.registered, p.state.readAt)
}

func checkRoom(clientID string, set jwk.Set, now time.Time) error {
	alive := keys.Living(set, now)
	if len(alive.Keys) < selfservice.MaximumKeys {
		return nil
	}
	return &prepare.KeySetFullError{ClientID: clientID, KeyIDs: keys.IDs(alive)}
}

// replacedKey is a key that a rotation has put another in place of.
type replacedKey struct{ keyID, thumbprint string }

// replaced lists the keys that the tags of the section's secrets say were
// replaced, and that are still registered.
func (p *Plan) replaced() []replacedKey {
	var all []replacedKey
	for _, one := range p.state.current {
		thumbprint := one.Tags[tagReplaced]
		if thumbprint == "" || one.Tags[keys.TagThumbprint] != one.thumbprint || p.state.holds(thumbprint) ||
			slices.ContainsFunc(all, func(r replacedKey) bool { return r.thumbprint == thumbprint }) {
			continue
		}
		keyID := one.Tags[tagReplacedID]
		if !p.state.guided {
			registered, found := keys.Find(p.state.registered, thumbprint)
			if !found {
				continue
			}
			keyID = registered.KeyID
		}
		all = append(all, replacedKey{keyID, thumbprint})
	}
	return all
}

// areOver reports whether all of the keys have expired. A key set cannot be posted
// with them, so the next change of it leaves them out.
func (p *Plan) areOver(replaced []replacedKey) bool {
	for _, key := range replaced {
		if registered, found := keys.Find(p.state.registered, key.thumbprint); !found || !keys.Expired(registered, p.state.readAt) {
			return false
		}
	}
	return true
}

// retire plans the removal of replaced keys. Since is when their successor was
// published, zero for not yet: then nobody can have been started again since. For a
// key that has expired nobody is awaited, since Maskinporten takes it from nobody.
func (p *Plan) retire(replaced []replacedKey, since time.Time) {
	awaited := false
	leavesOut := slices.ContainsFunc(p.Actions, func(a prepare.Action) bool { _, is := a.(AddKey); return is })
	for _, key := range replaced {
		registered, found := keys.Find(p.state.registered, key.thumbprint)
		over := found && keys.Expired(registered, p.state.readAt)
		if !p.state.guided && !found || over && leavesOut {
			p.warn("key %s works no more: whoever reads the secrets when it starts must be started again to work", key.keyID)
			continue
		}
		if slices.Contains(p.Target.Keep, key.thumbprint) {
			p.warn("key %s is replaced, and stays on integration %s, since the self-service client signs with it", key.keyID, p.state.clientID)
			continue
		}
		if p.state.guided {
			p.add(RemoveKeyByHand{ClientID: p.state.clientID, KeyID: key.keyID, Thumbprint: key.thumbprint})
		} else {
			p.add(RemoveKey{ClientID: p.state.clientID, KeyID: key.keyID, Thumbprint: key.thumbprint, Expired: p.leftOut(key.thumbprint)})
		}
		if over {
			continue
		}
		awaited = true
		for _, other := range p.state.others {
			if other.thumbprint == key.thumbprint {
				p.Awaiting = append(p.Awaiting, Awaited{Secret: other.secret, Since: since})
			}
		}
	}
	if awaited {
		p.Awaiting = append(p.Awaiting, p.Target.awaited(since, p.state.readAt, p.Target.Finish && !since.IsZero())...)
	}
}
