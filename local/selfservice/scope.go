package selfservice

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"
)

// IntegrationMaskinporten is the integration type of clients that ask
// Maskinporten for tokens.
const IntegrationMaskinporten = "maskinporten"

// Timestamp is a time in the API's form: RFC 3339 with milliseconds and
// Norwegian winter time.
type Timestamp struct{ time.Time }

const timestampForm = "2006-01-02T15:04:05.000-07:00"

// MarshalJSON implements [json.Marshaler].
func (t Timestamp) MarshalJSON() ([]byte, error) {
	norway := time.FixedZone("CET", 60*60)
	return json.Marshal(t.In(norway).Format(timestampForm))
}

// UnmarshalJSON implements [json.Unmarshaler]; it takes any RFC 3339 time.
func (t *Timestamp) UnmarshalJSON(data []byte) error { return t.Time.UnmarshalJSON(data) }

// Scope is a right that Maskinporten can put in a token, named
// "prefix:subscope", with the members of the API's scope object.
type Scope struct {
	Name            string `json:"name"`
	Prefix          string `json:"prefix"`
	Subscope        string `json:"subscope"`
	Description     string `json:"description"`
	LongDescription string `json:"long_description,omitempty"`
	Visibility      string `json:"visibility"` // PUBLIC, PRIVATE or INTERNAL
	Active          bool   `json:"active"`
	OwnerOrgNumber  string `json:"owner_orgno"`
	// AllowedIntegrationTypes, when not empty, must contain "maskinporten" for
	// clients of that type to use the scope.
	AllowedIntegrationTypes []string `json:"allowed_integration_types"`
	TokenType               string   `json:"token_type"`
	// TokenMaxAge is the longest life of a token with this scope in seconds;
	// zero sets no limit.
	TokenMaxAge              int       `json:"at_max_age"`
	AuthorizationMaxLifetime int       `json:"authorization_max_lifetime"`
	DelegationSource         string    `json:"delegation_source,omitempty"`
	AccessibleForAll         bool      `json:"accessible_for_all"`
	RequiresUser             bool      `json:"requires_user_authentication"`
	RequiresConsent          bool      `json:"requires_user_consent"`
	RequiresPseudonyms       bool      `json:"requires_pseudonymous_tokens"`
	Created                  Timestamp `json:"created"`
	LastUpdated              Timestamp `json:"last_updated"`
}

// Allows reports whether clients of an integration type may use the scope.
func (s Scope) Allows(integrationType string) bool {
	return len(s.AllowedIntegrationTypes) == 0 || slices.Contains(s.AllowedIntegrationTypes, integrationType)
}

// Delegation is a consumer's mandate, given in Altinn, for a supplier to use a
// scope on the consumer's behalf. The parties are organisation numbers.
type Delegation struct{ Scope, Consumer, Supplier string }

// AddScope seeds a scope, active and with the defaults of the API for members
// left empty. Its owner must be a known organisation.
func (r *Registry) AddScope(s Scope) error {
	prefix, subscope, ok := strings.Cut(s.Name, ":")
	if !ok || prefix == "" || subscope == "" {
		return fmt.Errorf("add scope %q: name is not prefix:subscope", s.Name)
	}
	now := Timestamp{r.now()}
	s.Prefix, s.Subscope, s.Active = prefix, subscope, true
	s.Visibility = cmp.Or(s.Visibility, "PUBLIC")
	s.TokenType = cmp.Or(s.TokenType, "SELF_CONTAINED")
	if s.AllowedIntegrationTypes == nil {
		s.AllowedIntegrationTypes = []string{IntegrationMaskinporten}
	}
	s.Created, s.LastUpdated = now, now

	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.organisations[s.OwnerOrgNumber]; !ok {
		return fmt.Errorf("add scope %s: no organisation %q", s.Name, s.OwnerOrgNumber)
	}
	if _, ok := r.scopes[s.Name]; ok {
		return fmt.Errorf("add scope %s: name is taken", s.Name)
	}
	if _, taken := r.prefixes[prefix]; !taken {
		r.prefixes[prefix] = s.OwnerOrgNumber
	}
	r.scopes[s.Name] = s
	return nil
}

// Scope returns a scope by its name.
func (r *Registry) Scope(name string) (Scope, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	s, ok := r.scopes[name]
	return s, ok
}

// Scopes returns all scopes, sorted by name.
func (r *Registry) Scopes() []Scope {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.SortedFunc(maps.Values(r.scopes), func(a, b Scope) int { return strings.Compare(a.Name, b.Name) })
}

// Usable returns the scopes that clients of an organisation may have: those that
// are for Maskinporten, and granted to it or open to all. They are sorted by name.
func (r *Registry) Usable(orgNumber string) []Scope {
	return slices.DeleteFunc(r.Scopes(), func(s Scope) bool {
		return !s.Allows(IntegrationMaskinporten) || !r.MayUse(s.Name, orgNumber)
	})
}

// AddDelegation seeds a delegation. The scope must exist and have a delegation
// source, since nobody can delegate it in Altinn otherwise.
func (r *Registry) AddDelegation(d Delegation) error {
	if !organisationNumber.MatchString(d.Consumer) || !organisationNumber.MatchString(d.Supplier) {
		return errors.New("add delegation: consumer and supplier must be organisation numbers")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if s, ok := r.scopes[d.Scope]; !ok || s.DelegationSource == "" {
		return fmt.Errorf("add delegation: %q is not a scope with a delegation source", d.Scope)
	}
	r.delegations[d] = struct{}{}
	return nil
}

// Delegated reports whether a delegation is there.
func (r *Registry) Delegated(d Delegation) bool {
	r.mu.RLock()
	defer r.mu.RUnlock()
	_, ok := r.delegations[d]
	return ok
}
