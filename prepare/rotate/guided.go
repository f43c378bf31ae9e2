package rotate

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/internal/keys"
)

// ask sends a person to the portal with a key.
func (r *run) ask(ctx context.Context, kind prepare.ErrandKind, one held, refused error) error {
	errand := prepare.Errand{Kind: kind, KeyID: one.key.KeyID(), Thumbprint: one.thumbprint, Refused: refused}
	public, err := json.Marshal(one.key.Public())
	if err != nil {
		return fmt.Errorf("encode the public key: %w", err)
	}
	errand.PublicKey = string(public)
	return r.send(ctx, errand)
}

func (r *run) send(ctx context.Context, errand prepare.Errand) error {
	if r.systems.Guide == nil {
		return &prepare.NobodyToAskError{}
	}
	errand.Page, errand.ClientID, errand.Name = prepare.PortalPage(r.target.Maskinporten), r.clientID, r.target.Integration
	_, err := r.systems.Guide.Ask(ctx, errand)
	return err
}

// addByHand has the new key registered, and believes it when Maskinporten gives a
// token with it.
func (r *run) addByHand(ctx context.Context) (string, error) {
	err := r.untilProved(ctx, prepare.AddKey, *r.next, maskinporten.UnknownKeyID, maskinporten.WrongSignature)
	return keys.Text(r.next.key.KeyID(), r.next.thumbprint), err
}

// untilProved asks a person, and asks again with the reason for as long as
// Maskinporten refuses the key for one that the person can mend.
func (r *run) untilProved(ctx context.Context, kind prepare.ErrandKind, one held, mendable ...maskinporten.Fault) error {
	var refused error
	for {
		if err := r.ask(ctx, kind, one, refused); err != nil {
			return err
		}
		err := r.prove(ctx, one.key, mendable[0])
		proof, notProved := errors.AsType[*prepare.ProofError](err)
		if !notProved || !slices.Contains(mendable, keys.FaultOf(proof.Err)) {
			return err
		}
		refused = proof.Err
	}
}

// removeByHand has the replaced key removed. Only the person can tell that it is;
// the tags by which it would be asked for again are then taken away.
func (r *run) removeByHand(ctx context.Context, a RemoveKeyByHand) error {
	if err := r.inUse(ctx); err != nil {
		return err
	}
	if err := r.send(ctx, prepare.Errand{Kind: prepare.RemoveKey, KeyID: a.KeyID, Thumbprint: a.Thumbprint}); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), actionTimeout)
	defer cancel()
	for i, one := range r.current {
		if one.Tags[tagReplaced] != a.Thumbprint {
			continue
		}
		tags := finishedTags(one.Tags)
		if _, err := r.systems.Vault.Update(ctx, one.Name, one.Version, keyvault.UpdateOptions{Tags: tags}); err != nil {
			return err
		}
		r.current[i].Tags = tags
	}
	return nil
}

// renewByHand has the key added once more. Where it was refused, a token proves that
// it is; else only the portal's own list shows the new end.
func (r *run) renewByHand(ctx context.Context, a RenewKeyByHand) error {
	at := slices.IndexFunc(r.current, func(one held) bool { return one.thumbprint == a.Thumbprint })
	err := r.untilProved(ctx, prepare.RenewKey, r.current[at], maskinporten.ExpiredKey, maskinporten.UnknownKeyID)
	if err != nil {
		return err
	}
	if r.plan.state.inUse == nil {
		r.warnings = append(r.warnings, fmt.Sprintf("whether key %s now ends later can only be seen in the portal's list of keys; the date on the secret assumes it", a.KeyID))
	}
	r.ends[a.Thumbprint] = lifetime(now(r.systems)).Add(-day)
	r.status = statusOf(a.KeyID, a.Thumbprint, r.ends[a.Thumbprint], now(r.systems))
	return nil
}
