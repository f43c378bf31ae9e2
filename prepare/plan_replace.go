package prepare

import (
	"errors"
	"slices"
	"strings"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/prepare/internal/keys"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/selfservice"
)

// replacementSecret is where the key of a new integration lies until the
// application's own secret holds it. An application reads "--" as ":", and this
// as a setting of a section "stafett", which no client reads.
func (t Target) replacementSecret() string {
	_, key := t.secretNames()
	return "stafett--replacement--" + key
}

// replaces reports whether the vault's client is the one to be replaced.
func (t Target) replaces(vaultsClientID string) bool {
	return t.Replace != "" && strings.TrimSpace(vaultsClientID) == t.Replace
}

// planNewKey reads the key of the new integration, or plans one. That of the old
// one is only looked at, and may be of no use.
func (p *Plan) planNewKey() error {
	p.keySecret = p.Target.replacementSecret()
	if p.Target.Leg != Whole {
		return errReplaceInLegs
	}
	if where := p.fixedKeyID(); where != "" {
		return &KeyIDOverrideError{Section: p.Target.Section, Where: where}
	}
	if old, err := jwk.ParseEncoded(p.state.encodedJWK); err == nil {
		p.oldKey = old
	}
	if p.state.replacement.IsEmpty() {
		p.add(MakeKey{Secret: p.keySecret, Bits: jwk.DefaultBits})
		return nil
	}
	return p.useKey(p.keySecret, p.state.replacement)
}

// fixedKeyID is where the section gives every key the same id; "" for nowhere.
func (p *Plan) fixedKeyID() string {
	if p.Target.Family == appsettings.BuiltIn {
		return ""
	}
	if name, has := settingsInVault(p.Target.Section, p.state.items)["kid"]; has {
		return "the secret " + name
	}
	if override := p.state.keyOverride(); override.Text != "" {
		return override.Origin.String()
	}
	return ""
}

var errReplaceInLegs = errors.New("an integration cannot be replaced in legs: the one who does it needs both the vault and the portal")

// planHandOver plans how the application gets from its old integration to the new
// one: see the order in action_replace.go.
func (p *Plan) planHandOver() {
	clientSecret, keySecret := p.Target.secretNames()
	old := p.Target.Replace
	promoted := p.key != nil && p.oldKey != nil && thumbprintOf(p.oldKey.Public()) == p.thumbprint
	if promoted {
		p.keySecret = keySecret
	} else {
		p.planBridge(old)
		p.add(PromoteKey{From: p.keySecret, Secret: keySecret, KeyID: p.keyID(), Thumbprint: p.thumbprint})
	}
	newID := ""
	if p.integration != nil {
		newID = p.integration.ClientID
	}
	p.add(StoreClientID{Secret: clientSecret, ClientID: newID, Replaces: p.state.clientID.Reveal()})
	p.add(ClearKey{Secret: p.Target.replacementSecret()})
	p.checkOtherClientsKey()
}

// planBridge plans the bridge if the old integration is one that works and can
// take a key.
func (p *Plan) planBridge(old string) {
	if p.state.guided {
		if p.state.answer == nil && p.oldKey != nil {
			p.add(BridgeByHand{ClientID: old, KeyID: p.keyID(), Thumbprint: p.thumbprint})
		}
		return
	}
	at := slices.IndexFunc(p.state.integrations, func(i selfservice.Integration) bool { return i.ClientID == old })
	if at < 0 || p.oldKey == nil || p.unfit(&p.state.integrations[at]) != nil {
		return
	}
	set := p.state.keys[old]
	switch {
	case !keys.Holds(set, thumbprintOf(p.oldKey.Public())):
	case p.thumbprint != "" && keys.Holds(set, p.thumbprint):
		p.bridged = true
	case checkRoom(old, set, p.state.readAt) != nil:
		p.unbridged = true
		p.warn("the old integration %s has %d keys and cannot take the new one too: an application that reads its secrets while they are changed gets no token until it reads them again", old, selfservice.MaximumKeys)
	default:
		p.add(BridgeKey{ClientID: old, KeyID: p.keyID(), Thumbprint: p.thumbprint, Expired: keys.LeftOut(set, p.state.readAt, "")})
	}
	p.warn("the old integration %s stays as it is; deactivate it at Samarbeidsportalen when nothing uses it any more: an application that reads its secrets at start-up only uses it until it is deployed again", old)
}

// withoutCleared returns the empty secret for a replacement's that has no key in it:
// an earlier replacement has cleared it, or somebody has disabled it.
func withoutCleared(text secret.String, err error) (secret.String, error) {
	if _, disabled := errors.AsType[*keyvault.DisabledError](err); disabled || text.Equal(secret.New(keys.Cleared)) {
		return secret.String{}, nil
	}
	return text, err
}

// checkReplacement clears what is left of a replacement that came to its end,
// and warns of one that did not.
func (p *Plan) checkReplacement() {
	if p.state.replacement.IsEmpty() || p.Target.Leg != Whole {
		return
	}
	name := p.Target.replacementSecret()
	if key, err := jwk.ParseEncoded(p.state.replacement); err == nil && p.key != nil && thumbprintOf(key.Public()) == p.thumbprint {
		p.add(ClearKey{Secret: name})
		return
	}
	p.warn("secret %s holds the key of a new integration that was never put to use: go on with --replace-client %s, or disable that secret", name, p.clientID())
}
