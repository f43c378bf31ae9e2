package prepare

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare/internal/keys"
)

// errand is what the person is asked first to carry out the action, which is one
// by hand.
func (r *run) errand(action Action) (Errand, error) {
	e := Errand{Page: PortalPage(r.plan.Target.Maskinporten)}
	var key *jwk.Public
	switch a := action.(type) {
	case RegisterByHand:
		key = &r.public
		e.Kind, e.Name, e.Scopes = RegisterIntegration, a.Name, a.Scopes
	case AddKeyByHand:
		key = &r.public
		e.Kind, e.ClientID, e.InPlace = AddKey, a.ClientID, a.InPlace
	case AddScopesByHand:
		e.Kind, e.ClientID, e.Scopes = ExtendScopes, a.ClientID, a.Scopes
	case RenewByHand:
		key = &r.public
		e.Kind, e.ClientID = RenewKey, a.ClientID
	}
	if key == nil {
		return e, nil
	}
	text, err := json.Marshal(*key)
	if err != nil {
		return Errand{}, err
	}
	e.PublicKey, e.KeyID = string(text), key.KeyID
	if e.Thumbprint, err = key.Thumbprint(); err != nil {
		return Errand{}, err
	}
	if e.Kind == RegisterIntegration {
		e.Description = r.plan.Target.description(e.Thumbprint)
	}
	return e, nil
}

// byHand has a person do the action, and does not believe that it is done before
// Maskinporten gives a token. A refusal that the person can mend is shown to them
// with the errand again, or with the one that mends it.
func (r *run) byHand(ctx context.Context, action Action) (string, error) {
	if err := r.keyUnchanged(ctx); err != nil {
		return "", err
	}
	if r.systems.Guide == nil {
		return "", &NobodyToAskError{}
	}
	errand, err := r.errand(action)
	if err != nil {
		return "", err
	}
	for {
		answer, err := r.systems.Guide.Ask(ctx, errand)
		if err != nil {
			return "", err
		}
		id := errand.ClientID
		if errand.Kind == RegisterIntegration {
			if id, err = CheckClientID(answer); err != nil {
				errand.Refused = err
				continue
			}
		}
		if r.plan.Target.Leg == PortalLeg { // who has the key proves it
			r.clientID = id
			return "client id " + id, nil
		}
		r.clientID, r.proved = id, false
		if err = r.prove(ctx); err == nil {
			return "client id " + id, nil
		}
		if errand.Kind == RegisterIntegration {
			r.clientID = ""
		}
		again, canMend := r.afterRefusal(errand, err)
		if !canMend {
			return "", err
		}
		errand = again
	}
}

// afterRefusal returns what to ask the person next, if the refusal is one that a
// person can do something about at the portal.
func (r *run) afterRefusal(errand Errand, err error) (Errand, bool) {
	fault := keys.FaultOf(err)
	if errand.Kind == RegisterIntegration {
		errand.Refused = err
		return errand, mendedByHand(fault)
	}
	var next Action
	switch fault {
	case maskinporten.UnknownKeyID, maskinporten.WrongSignature:
		next = AddKeyByHand{ClientID: errand.ClientID, InPlace: fault == maskinporten.WrongSignature}
	case maskinporten.InvalidScope:
		next = AddScopesByHand{ClientID: errand.ClientID, Scopes: r.plan.Target.Scopes}
	case maskinporten.ExpiredKey:
		next = RenewByHand{ClientID: errand.ClientID}
	default:
		return errand, false
	}
	again, errandErr := r.errand(next)
	again.Refused = err
	return again, errandErr == nil
}

// mendedByHand reports whether a person can mend the fault at the portal, with
// another integration or with this one.
func mendedByHand(fault maskinporten.Fault) bool {
	switch fault {
	case maskinporten.UnknownKeyID, maskinporten.WrongSignature, maskinporten.ExpiredKey,
		maskinporten.InvalidScope, maskinporten.ClientNotFound, maskinporten.WrongIntegrationType:
		return true
	}
	return false
}

// isByHand reports whether a person does the action.
func isByHand(action Action) bool {
	switch action.(type) {
	case RegisterByHand, AddKeyByHand, AddScopesByHand, RenewByHand, BridgeByHand:
		return true
	}
	return false
}

// bridgeByHand asks for the bridge that [BridgeKey] builds, and goes on without
// when the portal does not take the key a second time.
func (r *run) bridgeByHand(ctx context.Context, a BridgeByHand) (string, error) {
	if r.systems.Guide == nil {
		return "", &NobodyToAskError{}
	}
	errand, err := r.errand(AddKeyByHand{ClientID: a.ClientID})
	if err != nil {
		return "", err
	}
	errand.MaySkip = true
	for {
		switch _, err := r.systems.Guide.Ask(ctx, errand); {
		case errors.Is(err, ErrSkipped):
			r.unbridged = true
			return fmt.Sprintf("integration %s goes on without the new key", a.ClientID), nil
		case err != nil:
			return "", err
		}
		errand.Refused = r.proveBridge(ctx)
		if errand.Refused == nil {
			r.bridged = true
			return "", nil
		}
		if !mendedByHand(keys.FaultOf(errand.Refused)) {
			return "", errand.Refused
		}
	}
}
