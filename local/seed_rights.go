package local

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/stafett/stafett/local/control"
	"github.com/stafett/stafett/local/keyvault"
	"github.com/stafett/stafett/local/register"
	"github.com/stafett/stafett/local/selfservice"
)

// addRights adds what parties have at Samarbeidsportalen, at Maskinporten, in the vault
// and from each other, but for rights in single instances.
func (p *Platform) addRights(s *seeding) error {
	for _, organisation := range s.seed.Organisations {
		if err := p.registry.AddOrganisation(selfservice.Organisation{Number: organisation.Number, Name: organisation.Name}); err != nil {
			return err
		}
	}
	for _, add := range []func() error{
		each("prefixes", s.seed.Prefixes, func(given control.SeedPrefix) error { return p.registry.AssignPrefix(given.Prefix, given.Organisation) }),
		each("scopes", s.seed.Scopes, p.addScope),
		each("access", s.seed.Access, p.setAccess),
		each("clients", s.seed.Clients, func(given control.SeedClient) error { return p.addClient(s, given) }),
		each("delegations", s.seed.Delegations, func(given control.SeedDelegation) error {
			return p.registry.AddDelegation(selfservice.Delegation(given))
		}),
		each("systemUsers", s.seed.SystemUsers, func(given control.SeedSystemUser) error { return p.addSystemUser(s, given) }),
		each("consents", s.seed.Consents, func(given control.SeedConsent) error { return p.addConsent(s, given) }),
		each("delegatedRights", s.seed.DelegatedRights, func(given control.SeedRight) error {
			if given.Instance != "" {
				return nil // addBesides does it, when there are instances
			}
			return p.delegate(s, given)
		}),
		each("secrets", s.seed.Secrets, func(given control.SeedSecret) error { return p.keyvault.AddSecret(p.vault, keyvault.Secret(given)) }),
	} {
		if err := add(); err != nil {
			return err
		}
	}
	return nil
}

// each adds the members of a list of the seed until one of them cannot be.
func each[T any](list string, members []T, add func(T) error) func() error {
	return func() error {
		for n, member := range members {
			if err := add(member); err != nil {
				return fmt.Errorf("%s[%d]%s: %w", list, n, handleOf(member), err)
			}
		}
		return nil
	}
}

// handleOf is by what the seed itself names a member, if it does.
func handleOf(member any) string {
	var handle string
	switch member := member.(type) {
	case control.SeedInstance:
		handle = member.Handle
	case control.SeedSystemUser:
		handle = member.Handle
	case control.SeedClient:
		handle = member.ID
	}
	if handle == "" {
		return ""
	}
	return " (" + handle + ")"
}

func (p *Platform) setAccess(given control.SeedAccess) error {
	if given.Denied {
		return p.registry.RevokeAccess(given.Scope, given.Organisation)
	}
	return p.registry.GrantAccess(given.Scope, given.Organisation)
}

func (p *Platform) addScope(given control.SeedScope) error {
	owner := cmp.Or(given.Owner, p.seed.OrgNumber)
	err := p.registry.AddScope(selfservice.Scope{
		Name: given.Name, Description: cmp.Or(given.Description, given.Name), OwnerOrgNumber: owner,
		AccessibleForAll: given.AccessibleForAll, DelegationSource: given.DelegationSource, TokenMaxAge: given.TokenMaxAge,
		Visibility: given.Visibility, AllowedIntegrationTypes: given.IntegrationTypes,
	})
	if err != nil {
		return err
	}
	access := given.Access
	if access == nil {
		access = []string{owner}
	}
	for _, number := range access {
		if err := p.registry.GrantAccess(given.Name, number); err != nil {
			return err
		}
	}
	return nil
}

func (p *Platform) addClient(s *seeding, given control.SeedClient) error {
	if given.Name == "" {
		return errors.New("it has no name")
	}
	keys := make([]selfservice.Key, len(given.Keys))
	for n, key := range given.Keys {
		encoded, err := json.Marshal(key)
		if err == nil {
			err = json.Unmarshal(encoded, &keys[n])
		}
		if err != nil {
			return fmt.Errorf("keys[%d]: %w", n, err)
		}
	}
	client := selfservice.Client{
		ClientID: given.ID, Name: given.Name, Description: cmp.Or(given.Description, given.Name),
		OrgNumber: cmp.Or(given.Organisation, p.seed.OrgNumber), Scopes: given.Scopes,
		IntegrationType: given.IntegrationType, AccessTokenLifetime: given.TokenLifetime,
	}
	if given.Supplier != "" {
		client.SupplierOrgNumber = &given.Supplier
	}
	made, err := p.registry.AddClient(client, keys...)
	s.seeded.Clients = append(s.seeded.Clients, control.SeededClient{ID: made.ClientID, Name: made.Name})
	return err
}

func (p *Platform) addSystemUser(s *seeding, given control.SeedSystemUser) error {
	if _, ok := s.parties.ByOrgNumber(given.Organisation); !ok {
		return fmt.Errorf("there is no organisation %q", given.Organisation)
	}
	switch {
	case given.System == "":
		return errors.New("it has no system")
	case len(given.Clients) == 0:
		return errors.New("it has no clients")
	}
	for _, id := range given.Clients {
		if _, err := p.registry.Registration(id); err != nil {
			return err
		}
	}
	made, err := p.registry.AddSystemUser(selfservice.SystemUser{
		ID: given.ID, SystemID: given.System, OrgNumber: given.Organisation, ExternalRef: given.ExternalRef, ClientIDs: given.Clients,
	})
	if err != nil {
		return err
	}
	s.seeded.SystemUsers = append(s.seeded.SystemUsers, control.SeededSystemUser{Handle: given.Handle, ID: made.ID, System: made.SystemID})
	return claim(s.systemUsers, given.Handle, made.ID)
}

func (p *Platform) addConsent(s *seeding, given control.SeedConsent) error {
	from, err := s.party(given.From)
	if err != nil {
		return fmt.Errorf("from: %w", err)
	}
	consent := selfservice.Consent{ID: given.ID, To: given.To, Consented: given.Consented, ValidTo: given.ValidTo}
	switch {
	case from.SSN != "":
		consent.From = "urn:altinn:person:identifier-no:" + from.SSN
	case from.OrgNumber != "":
		consent.From = "urn:altinn:organization:identifier-no:" + from.OrgNumber
	default:
		return errors.New("from: whoever consents has a number")
	}
	for _, right := range given.Rights {
		consent.Rights = append(consent.Rights, selfservice.ConsentRight{
			Action: right.Actions, Resource: []selfservice.ConsentResource{{Type: "urn:altinn:resource", Value: right.Resource}}, Metadata: right.Metadata,
		})
	}
	return p.registry.AddConsent(consent)
}

// delegate lets one party give another a role or rights.
func (p *Platform) delegate(s *seeding, given control.SeedRight) error {
	from, err := s.party(given.From)
	if err != nil {
		return fmt.Errorf("from: %w", err)
	}
	d := register.Delegation{From: from.PartyID, Role: given.Role, AppID: given.Application, Actions: given.Actions}
	if given.To != "" || given.SystemUser == "" {
		to, err := s.party(given.To)
		if err != nil {
			return fmt.Errorf("to: %w", err)
		}
		d.To = to.PartyID
	}
	if given.SystemUser != "" {
		id, ok := s.systemUsers[given.SystemUser]
		if !ok {
			_, ok = p.registry.SystemUserByID(given.SystemUser)
			id = given.SystemUser
		}
		if !ok {
			return fmt.Errorf("there is no system user %q, neither by handle nor by id", given.SystemUser)
		}
		d.ToSystemUser = id
	}
	if _, ok := p.apps[given.Application]; !ok && given.Application != "" {
		return fmt.Errorf("the application %s is not served here", given.Application)
	}
	if given.Instance != "" {
		d.InstanceID = cmp.Or(s.instances[given.Instance], given.Instance)
		if !strings.Contains(d.InstanceID, "/") {
			return fmt.Errorf("no instance of the seed has the handle %q", given.Instance)
		}
		if !strings.HasPrefix(d.InstanceID, strconv.Itoa(from.PartyID)+"/") {
			return fmt.Errorf("the instance %q is another party's than that which from names", given.Instance)
		}
	}
	return s.parties.Delegate(d)
}
