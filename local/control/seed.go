package control

import (
	"time"

	"github.com/stafett/stafett/secret"
)

// Seed is what a platform is given besides what it is born with. Numbers of
// persons and organisations must have valid check digits, and those of persons be
// synthetic. What stands earlier is there for what stands later.
//
// Where a party is named, it is by a person's handle in the seed, an organisation
// number, a person's number, or the party id of one who is there already.
type Seed struct {
	Organisations   []SeedOrganisation
	Persons         []SeedPerson
	Prefixes        []SeedPrefix
	Scopes          []SeedScope
	Access          []SeedAccess
	Clients         []SeedClient
	Delegations     []SeedDelegation
	SystemUsers     []SeedSystemUser
	Consents        []SeedConsent
	DelegatedRights []SeedRight
	Secrets         []SeedSecret
	Instances       []SeedInstance
}

// SeedOrganisation is an organisation in the register and at Samarbeidsportalen.
type SeedOrganisation struct {
	Number string `json:"number" yaml:"number"`
	Name   string `json:"name" yaml:"name"`
	// UnitType is that of the Central Coordinating Register, such as AS or BEDR;
	// empty means AS.
	UnitType string `json:"unitType,omitempty" yaml:"unitType"`
}

// SeedPerson is a person who can log in.
type SeedPerson struct {
	// Handle is how the rest of the seed names the person; no digits alone. It is
	// forgotten afterwards.
	Handle string `json:"handle,omitempty" yaml:"handle"`
	// SSN is a synthetic number; empty means one that is made up.
	SSN  string `json:"ssn,omitempty" yaml:"ssn"`
	Name string `json:"name" yaml:"name"`
	// SelfIdentified is somebody who has no number and logs in with Name.
	SelfIdentified bool       `json:"selfIdentified,omitempty" yaml:"selfIdentified"`
	Roles          []SeedRole `json:"roles,omitempty" yaml:"roles"`
}

// SeedRole is what a person may be for an organisation.
type SeedRole struct {
	Organisation string `json:"organisation" yaml:"organisation"` // its number
	// Roles are codes such as dagl.
	Roles []string `json:"roles" yaml:"roles"`
}

// SeedPrefix lets an organisation make scopes that begin with a prefix.
type SeedPrefix struct {
	Prefix       string `json:"prefix" yaml:"prefix"`
	Organisation string `json:"organisation" yaml:"organisation"` // its number
}

// SeedScope is a scope at Maskinporten.
type SeedScope struct {
	Name        string `json:"name" yaml:"name"` // prefix:subscope
	Description string `json:"description,omitempty" yaml:"description"`
	// Owner is the number of the organisation that it belongs to; empty means that
	// of the first owner of applications.
	Owner string `json:"owner,omitempty" yaml:"owner"`
	// Access are the numbers of organisations that may use it; nil, or left out,
	// means the owner, and an empty list nobody.
	Access           []string `json:"access,omitzero" yaml:"access"`
	AccessibleForAll bool     `json:"accessibleForAll,omitempty" yaml:"accessibleForAll"`
	// DelegationSource, such as https://altinn.no/, lets consumers delegate it.
	DelegationSource string `json:"delegationSource,omitempty" yaml:"delegationSource"`
	// TokenMaxAge is the longest life of a token with it, in seconds; 0 sets no
	// limit.
	TokenMaxAge int `json:"tokenMaxAge,omitempty" yaml:"tokenMaxAge"`
	// Visibility is PUBLIC, which empty means, PRIVATE or INTERNAL.
	Visibility string `json:"visibility,omitempty" yaml:"visibility"`
	// IntegrationTypes are those whose clients may have it; nil means maskinporten.
	IntegrationTypes []string `json:"integrationTypes,omitzero" yaml:"integrationTypes"`
}

// SeedAccess lets an organisation use a scope that is there already, such as one of
// Altinn's; or keeps it from that, as when the scope's owner has taken it back.
type SeedAccess struct {
	Scope        string `json:"scope" yaml:"scope"`
	Organisation string `json:"organisation" yaml:"organisation"` // its number
	Denied       bool   `json:"denied,omitempty" yaml:"denied"`
}

// SeedClient is an integration at Samarbeidsportalen. It has what it is given,
// whether its organisation could do so by itself or not.
type SeedClient struct {
	ID          string `json:"id,omitempty" yaml:"id"` // empty means a new one
	Name        string `json:"name" yaml:"name"`
	Description string `json:"description,omitempty" yaml:"description"` // empty means Name
	// Organisation is the number of who has it; empty means the first owner of
	// applications. Supplier has made it for them, if anyone has.
	Organisation string   `json:"organisation,omitempty" yaml:"organisation"`
	Supplier     string   `json:"supplier,omitempty" yaml:"supplier"`
	Scopes       []string `json:"scopes,omitempty" yaml:"scopes"`
	// IntegrationType is maskinporten where it is empty.
	IntegrationType string `json:"integrationType,omitempty" yaml:"integrationType"`
	// TokenLifetime is the life of its tokens in seconds; 0 means the usual.
	TokenLifetime int `json:"tokenLifetime,omitempty" yaml:"tokenLifetime"`
	// Keys are public RSA keys as JWK, with a kid.
	Keys []map[string]any `json:"keys,omitempty" yaml:"keys"`
}

// SeedDelegation lets a supplier use a scope for a consumer; all are numbers of
// organisations but the scope's name.
type SeedDelegation struct {
	Scope    string `json:"scope" yaml:"scope"`
	Consumer string `json:"consumer" yaml:"consumer"`
	Supplier string `json:"supplier" yaml:"supplier"`
}

// SeedSystemUser is what a customer has made in Altinn for a supplier's system.
type SeedSystemUser struct {
	// Handle is how the rest of the seed names it.
	Handle string `json:"handle,omitempty" yaml:"handle"`
	ID     string `json:"id,omitempty" yaml:"id"` // a UUID; empty means a new one
	// System is the system's id in Altinn, such as 310000001_regnskap.
	System       string `json:"system" yaml:"system"`
	Organisation string `json:"organisation" yaml:"organisation"` // the customer's number
	// ExternalRef tells a customer's system users of one system apart; empty means
	// the customer's number.
	ExternalRef string `json:"externalRef,omitempty" yaml:"externalRef"`
	// Clients are the ids of the system's clients at Maskinporten.
	Clients []string `json:"clients" yaml:"clients"`
}

// SeedConsent is what somebody has agreed to in Altinn: that an organisation may have
// data about them.
type SeedConsent struct {
	ID        string             `json:"id" yaml:"id"`     // a UUID
	From      string             `json:"from" yaml:"from"` // a party with a number
	To        string             `json:"to" yaml:"to"`     // the number of an organisation
	Consented time.Time          `json:"consented,omitzero" yaml:"consented"`
	ValidTo   time.Time          `json:"validTo,omitzero" yaml:"validTo"`
	Rights    []SeedConsentRight `json:"rights" yaml:"rights"`
}

// SeedConsentRight is one thing that is agreed to.
type SeedConsentRight struct {
	Actions []string `json:"actions" yaml:"actions"`
	// Resource is its id, and Metadata what the consent says besides.
	Resource string            `json:"resource" yaml:"resource"`
	Metadata map[string]string `json:"metadata,omitempty" yaml:"metadata"`
}

// SeedRight is what one party has let another do on its behalf: a role, or single
// rights in an application. Who holds a key role in an organisation, such as dagl, uses
// what the organisation was given.
type SeedRight struct {
	From string `json:"from" yaml:"from"`
	// One of To and SystemUser is given. The latter is a handle in the seed, or a
	// UUID; roles are not delegated to system users.
	To         string `json:"to,omitempty" yaml:"to"`
	SystemUser string `json:"systemUser,omitempty" yaml:"systemUser"`
	// Role is a code such as lede; the rest is empty then.
	Role string `json:"role,omitempty" yaml:"role"`
	// Application is {org}/{app}, and Actions are the rights in it, such as read.
	Application string   `json:"application,omitempty" yaml:"application"`
	Actions     []string `json:"actions,omitempty" yaml:"actions"`
	// Instance limits them to one: a handle in the seed, or {party id}/{guid}.
	Instance string `json:"instance,omitempty" yaml:"instance"`
}

// SeedSecret is a secret in the vault of the first owner of applications. One that
// is there already gets a new version.
type SeedSecret struct {
	Name        string
	Value       secret.String
	ContentType string
	Tags        map[string]string
	// Disabled keeps it from being read.
	Disabled bool
	// NotBefore and Expires are zero where it has none. They are told to whoever
	// reads the secret and keep nobody from it.
	NotBefore time.Time
	Expires   time.Time
}
