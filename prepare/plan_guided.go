package prepare

import (
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare/internal/keys"
)

// planByHand plans what a person has to do at the portal. Without an admin client
// nothing can be read there, so what Maskinporten answers to the vault's two
// secrets decides.
func (p *Plan) planByHand() error {
	id := p.clientID()
	switch {
	case id == "" || p.replacing():
		p.checkOverride()
		p.add(RegisterByHand{Name: p.Target.Integration, Scopes: p.Target.Scopes, KeyID: p.keyID(), Thumbprint: p.thumbprint})
		return nil
	case p.Target.Leg == PortalLeg:
		return nil // without the key nothing more can be known
	case !clientIDForm.MatchString(id):
		return p.unknownClient()
	case p.key == nil:
		p.checkOverride()
		p.add(AddKeyByHand{ClientID: id})
		return nil
	case p.state.answer == nil:
		return nil
	}
	fault := keys.FaultOf(p.state.answer)
	switch fault {
	case maskinporten.UnknownKeyID, maskinporten.WrongSignature:
		p.checkOverride()
		p.add(AddKeyByHand{ClientID: id, KeyID: p.keyID(), Thumbprint: p.thumbprint, InPlace: fault == maskinporten.WrongSignature})
	case maskinporten.InvalidScope:
		p.add(AddScopesByHand{ClientID: id, Scopes: p.Target.Scopes})
	case maskinporten.ExpiredKey:
		p.add(RenewByHand{ClientID: id, KeyID: p.keyID(), Thumbprint: p.thumbprint})
	case maskinporten.ClientNotFound:
		return p.unknownClient()
	case maskinporten.WrongIntegrationType:
		return &UnfitError{
			ClientID: id, Problem: "it is of a type that Maskinporten gives no tokens, and the type cannot be changed",
			remedy: "have a new integration made in its place: --replace-client " + id,
		}
	case maskinporten.ScopeNotGranted:
		return p.notGranted(id, p.state.answer)
	default:
		return p.state.answer
	}
	p.warn("%v", p.state.answer)
	return nil
}

// notGranted says who has to grant what the integration was refused for.
func (p *Plan) notGranted(clientID string, refusal error) error {
	return &ScopeGrantError{
		ClientID: clientID, Scopes: p.Target.Scopes, OrganisationNumber: p.Target.OrganisationNumber, Environment: p.Target.Maskinporten, Err: refusal,
	}
}
