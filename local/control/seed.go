package control

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/stafett/stafett/secret"
)

// Seed is what a platform is given besides what it is born with. Numbers of
// persons and organisations must have valid check digits, and those of persons be
// synthetic. What stands earlier is there for what stands later.
type Seed struct {
	Organisations []SeedOrganisation
	Persons       []SeedPerson
	Scopes        []SeedScope
	Clients       []SeedClient
	Delegations   []SeedDelegation
	Secrets       []SeedSecret
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
	// SSN is a synthetic number; empty means one that is made up.
	SSN   string     `json:"ssn,omitempty" yaml:"ssn"`
	Name  string     `json:"name" yaml:"name"`
	Roles []SeedRole `json:"roles,omitempty" yaml:"roles"`
}

// SeedRole is what a person may be for an organisation.
type SeedRole struct {
	Organisation string `json:"organisation" yaml:"organisation"` // its number
	// Roles are codes such as dagl.
	Roles []string `json:"roles" yaml:"roles"`
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
	Access           []string `json:"access,omitempty" yaml:"access"`
	AccessibleForAll bool     `json:"accessibleForAll,omitempty" yaml:"accessibleForAll"`
	// DelegationSource, such as https://altinn.no/, lets consumers delegate it.
	DelegationSource string `json:"delegationSource,omitempty" yaml:"delegationSource"`
	// TokenMaxAge is the longest life of a token with it, in seconds; 0 sets no
	// limit.
	TokenMaxAge int `json:"tokenMaxAge,omitempty" yaml:"tokenMaxAge"`
}

// SeedClient is an integration at Samarbeidsportalen. It has what it is given,
// whether its organisation could do so by itself or not.
type SeedClient struct {
	ID   string `json:"id,omitempty" yaml:"id"` // empty means a new one
	Name string `json:"name" yaml:"name"`
	// Organisation is the number of who has it; empty means the first owner of
	// applications. Supplier has made it for them, if anyone has.
	Organisation string   `json:"organisation,omitempty" yaml:"organisation"`
	Supplier     string   `json:"supplier,omitempty" yaml:"supplier"`
	Scopes       []string `json:"scopes,omitempty" yaml:"scopes"`
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

// seedBody is a seed in a file or a request.
type seedBody struct {
	Organisations []SeedOrganisation `json:"organisations" yaml:"organisations"`
	Persons       []SeedPerson       `json:"persons" yaml:"persons"`
	Scopes        []SeedScope        `json:"scopes" yaml:"scopes"`
	Clients       []SeedClient       `json:"clients" yaml:"clients"`
	Delegations   []SeedDelegation   `json:"delegations" yaml:"delegations"`
	Secrets       []secretBody       `json:"secrets" yaml:"secrets"`
}

type secretBody struct {
	Name        string            `json:"name" yaml:"name"`
	Value       *string           `json:"value" yaml:"value"`
	ContentType string            `json:"contentType,omitempty" yaml:"contentType"`
	Tags        map[string]string `json:"tags,omitempty" yaml:"tags"`
	Disabled    bool              `json:"disabled,omitempty" yaml:"disabled"`
	NotBefore   time.Time         `json:"notBefore,omitzero" yaml:"notBefore"`
	Expires     time.Time         `json:"expires,omitzero" yaml:"expires"`
}

// ReadSeed reads a seed from JSON or YAML. Members that it does not know are an
// error.
func ReadSeed(content []byte) (Seed, error) {
	var body seedBody
	if trimmed := bytes.TrimSpace(content); len(trimmed) > 0 && trimmed[0] == '{' {
		if err := decodeStrictly(content, &body); err != nil {
			return Seed{}, fmt.Errorf("read the seed: %w", err)
		}
		return body.seed()
	}
	decoder := yaml.NewDecoder(bytes.NewReader(content))
	decoder.KnownFields(true)
	if err := decoder.Decode(&body); err != nil && !errors.Is(err, io.EOF) {
		return Seed{}, fmt.Errorf("read the seed: %w", inOneLine(err))
	}
	if err := decoder.Decode(&struct{}{}); !errors.Is(err, io.EOF) {
		return Seed{}, errors.New("read the seed: there is more than one YAML document")
	}
	return body.seed()
}

// wordings are how the YAML reader speaks of a member that is unknown, of a value
// of another kind than belongs there and of an alias for nothing, and what is said
// instead.
var wordings = []struct {
	found *regexp.Regexp
	said  string
}{
	{regexp.MustCompile(`field (\S+) not found in type [^\s;]+`), `there is no member "$1"`},
	{regexp.MustCompile("(?s)cannot unmarshal !!\\S+(?: `.*?`)? into [^\\s;]+"), "another kind of value belongs here"},
	{regexp.MustCompile(`(?s)unknown anchor '.*?' referenced`), "a text that begins with * needs quotes"},
}

// inOneLine words what is wrong with a YAML document without the names of Go types,
// and without the values in it, which can be secrets.
func inOneLine(err error) error {
	said := err.Error()
	if wrong := new(yaml.TypeError); errors.As(err, &wrong) {
		said = strings.Join(wrong.Errors, "; ")
	}
	for _, wording := range wordings {
		said = wording.found.ReplaceAllString(said, wording.said)
	}
	return errors.New(said)
}

func (b seedBody) seed() (Seed, error) {
	seed := Seed{Organisations: b.Organisations, Persons: b.Persons, Scopes: b.Scopes, Clients: b.Clients, Delegations: b.Delegations}
	for _, s := range b.Secrets {
		if s.Value == nil {
			return Seed{}, fmt.Errorf("read the seed: secret %q has no value", s.Name)
		}
		seed.Secrets = append(seed.Secrets, SeedSecret{
			Name: s.Name, Value: secret.New(*s.Value), ContentType: s.ContentType, Tags: s.Tags, Disabled: s.Disabled, NotBefore: s.NotBefore, Expires: s.Expires,
		})
	}
	return seed, nil
}

// Seeded says what came of a [Seed] that was not known before.
type Seeded struct {
	Organisations []SeededOrganisation `json:"organisations"`
	Persons       []SeededPerson       `json:"persons"`
	Clients       []SeededClient       `json:"clients"`
}

// SeededOrganisation is an organisation with its id in the register.
type SeededOrganisation struct {
	Number  string `json:"number"`
	PartyID int    `json:"partyId"`
	Name    string `json:"name"`
}

// SeededPerson is a person with the ids by which Altinn knows them.
type SeededPerson struct {
	SSN     string `json:"ssn"`
	PartyID int    `json:"partyId"`
	UserID  int    `json:"userId"`
	Name    string `json:"name"`
}

// SeededClient is an integration with its id.
type SeededClient struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// MarshalJSON implements [json.Marshaler]: lists are never null.
func (s Seeded) MarshalJSON() ([]byte, error) {
	type plain Seeded // without this method
	s.Organisations = append([]SeededOrganisation{}, s.Organisations...)
	s.Persons = append([]SeededPerson{}, s.Persons...)
	s.Clients = append([]SeededClient{}, s.Clients...)
	return json.Marshal(plain(s))
}
