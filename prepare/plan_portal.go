package prepare

import (
	"fmt"
	"slices"
	"time"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/prepare/internal/keys"
	"github.com/stafett/stafett/selfservice"
)

// findIntegration finds the application's integration, if there is one: the
// client id that is known says which; else the key does. One that is to be
// replaced is not the application's any more.
func (p *Plan) findIntegration() error {
	known := p.clientID()
	if p.replacing() {
		known = ""
	}
	var named []string
	var candidates []*selfservice.Integration
	for i := range p.state.integrations {
		integration := &p.state.integrations[i]
		switch {
		case p.replacing() && integration.ClientID == p.Target.Replace:
			continue
		case integration.ClientID == known:
			return p.adopt(integration)
		case integration.Name == p.Target.Integration:
			named = append(named, integration.ClientID)
		}
		candidates = append(candidates, integration)
	}
	// The set of keys says more than a description, which another may copy.
	for _, isOurs := range []func(*selfservice.Integration) bool{
		func(i *selfservice.Integration) bool {
			return p.thumbprint != "" && keys.Holds(p.state.keys[i.ClientID], p.thumbprint)
		},
		func(i *selfservice.Integration) bool { return carries(*i, p.thumbprint) },
	} {
		if at := slices.IndexFunc(candidates, isOurs); at >= 0 {
			return p.adopt(candidates[at])
		}
	}
	switch {
	case len(named) > 0 && !p.replacing(): // one that was replaced earlier has the name too
		return &NameTakenError{Name: p.Target.Integration, ClientIDs: named, Secret: p.clientIDSecret()}
	case known != "":
		return p.unknownClient()
	}
	return nil
}

// clientIDSecret is the name of the secret that names the integration.
func (p *Plan) clientIDSecret() string {
	if p.Target.Leg == PortalLeg {
		return p.state.registration.ClientIDSecret
	}
	name, _ := p.Target.secretNames()
	return name
}

// unknownClient says that there is no such integration as the one that is known.
func (p *Plan) unknownClient() error {
	if p.Target.Leg == PortalLeg {
		return p.registrationError(fmt.Sprintf("it names %s, which is no active integration of the organisation in Maskinporten's %s environment", p.clientID(), p.Target.Maskinporten), remedyID)
	}
	return &UnknownClientError{ClientID: p.clientID(), Secret: p.clientIDSecret(), Environment: p.Target.Maskinporten}
}

// unfit tells why an integration cannot be the application's; nil when it can.
func (p *Plan) unfit(integration *selfservice.Integration) error {
	switch {
	case integration.IntegrationType != "" && integration.IntegrationType != "maskinporten":
		return &UnfitError{
			ClientID: integration.ClientID,
			Problem:  fmt.Sprintf("it is of type %s, and the type cannot be changed", integration.IntegrationType),
			remedy:   "store the client id of an integration of type maskinporten in the vault; or have a new one made in its place: --replace-client " + integration.ClientID,
		}
	case integration.OrgNumber != "" && integration.OrgNumber != p.Target.OrganisationNumber:
		return &UnfitError{
			ClientID: integration.ClientID,
			Problem:  fmt.Sprintf("it belongs to organisation %s, and the applications to %s", integration.OrgNumber, p.Target.OrganisationNumber),
			remedy:   "use the self-service client of the organisation that owns the applications, or mend owner.organisationNumber in stafett.yaml",
		}
	}
	return nil
}

func (p *Plan) adopt(integration *selfservice.Integration) error {
	if err := p.unfit(integration); err != nil {
		return err
	}
	p.integration = integration
	if integration.Name != p.Target.Integration {
		p.warn("the application's integration %s is called %q, not %s; its name is left as it is", integration.ClientID, integration.Name, p.Target.Integration)
	}
	return nil
}

// planIntegration plans what is missing at Samarbeidsportalen.
func (p *Plan) planIntegration() error {
	if p.integration == nil {
		p.add(CreateIntegration{Name: p.Target.Integration, Scopes: p.Target.Scopes, Thumbprint: p.thumbprint})
		p.checkOverride()
		p.add(PublishKey{KeyID: p.keyID(), Thumbprint: p.thumbprint})
		return nil
	}
	set := p.state.keys[p.integration.ClientID]
	if registered, found := keys.Find(set, p.thumbprint); found {
		p.underOverride = registered.KeyID == p.state.keyOverride().Text
		p.checkRegistered(registered)
	} else {
		if err := checkRoom(p.integration.ClientID, set, p.state.readAt); err != nil {
			return err
		}
		if _, taken := set.Find(p.keyID()); taken && p.thumbprint != "" {
			return &KeyIDTakenError{ClientID: p.integration.ClientID, KeyID: p.keyID(), Secret: p.keySecret}
		}
		p.checkOverride()
		p.add(PublishKey{
			ClientID: p.integration.ClientID, KeyID: p.keyID(), Thumbprint: p.thumbprint,
			Others: len(keys.Living(set, p.state.readAt).Keys), Expired: keys.LeftOut(set, p.state.readAt, p.thumbprint),
		})
	}
	if missing := missingFrom(p.integration.Scopes, p.Target.Scopes); len(missing) > 0 {
		p.add(AddScopes{ClientID: p.integration.ClientID, Scopes: missing})
	}
	return nil
}

// nearEnd is how long before its end a key is warned of.
const nearEnd = 30 * 24 * time.Hour

// checkRegistered warns of a registered key that works badly or not for long.
func (p *Plan) checkRegistered(registered jwk.Public) {
	used := p.keyID()
	if override := p.state.keyOverride().Text; override != "" {
		used = override
	}
	switch {
	case registered.KeyID == used:
	case p.Target.Family == appsettings.BuiltIn:
		p.warn("the key is registered on %s as %s, and the application names it %s; register it under that id too, for this client has no setting for the id", p.integration.ClientID, registered.KeyID, used)
	default:
		p.warn("the key is registered on %s as %s, and the application names it %s; set Kid in the section to %s", p.integration.ClientID, registered.KeyID, used, registered.KeyID)
	}
	end := keys.End(registered)
	if end.IsZero() {
		return
	}
	switch left := end.Sub(p.state.readAt); {
	case left <= 0:
		p.warn("key %s expired on %s, and Maskinporten refuses it; stafett renew posts it again for another year", registered.KeyID, end.Format(time.DateOnly))
	case left < nearEnd:
		p.warn("key %s expires on %s; stafett renew posts it again for another year", registered.KeyID, end.Format(time.DateOnly))
	}
}

// checkOverride warns of a setting that gives the key another id than it is to
// be registered under.
func (p *Plan) checkOverride() {
	if override := p.state.keyOverride(); override.Text != "" && override.Text != p.keyID() {
		p.warn("%s: Kid gives the key another id than it is registered under; remove Kid", override.Origin)
	}
}

// checkRoom refuses a set that cannot take one more key. What has expired takes no
// room, since it is left out.
func checkRoom(clientID string, set jwk.Set, now time.Time) error {
	living := keys.Living(set, now)
	if len(living.Keys) < selfservice.MaximumKeys {
		return nil
	}
	return &KeySetFullError{ClientID: clientID, KeyIDs: keys.IDs(living)}
}

// missingFrom returns those of wanted that have lacks, in wanted's order.
func missingFrom(have, wanted []string) []string {
	var missing []string
	for _, one := range wanted {
		if !slices.Contains(have, one) {
			missing = append(missing, one)
		}
	}
	return missing
}
