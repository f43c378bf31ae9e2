package selfservice

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// IntegrationMaskinporten is the integration type of clients that ask
// Maskinporten for tokens.
const IntegrationMaskinporten = "maskinporten"

// Scope is a right that Maskinporten can put in a token, named
// "prefix:subscope", with the members of the API's scope object.
type Scope struct {
	Prefix          string  `json:"prefix"`
	Description     string  `json:"description"`
	Subscope        string  `json:"subscope"`
	LongDescription string  `json:"long_description,omitempty"`
	Active          bool    `json:"active"`
	Created         Instant `json:"created"`
	LastUpdated     Instant `json:"last_updated"`
	// AllowedIntegrationTypes, when not empty, must contain "maskinporten" for
	// clients of that type to use the scope.
	AllowedIntegrationTypes []string `json:"allowed_integration_types"`
	OwnerOrgNumber          string   `json:"owner_orgno"`
	TokenType               string   `json:"token_type"`
	Visibility              string   `json:"visibility"` // PUBLIC, PRIVATE or INTERNAL
	RequiresConsent         bool     `json:"requires_user_consent"`
	RequiresUser            bool     `json:"requires_user_authentication"`
	RequiresPseudonyms      bool     `json:"requires_pseudonymous_tokens"`
	// DelegationSource is the issuer where consumers delegate the scope to
	// suppliers; without one, nobody can.
	DelegationSource string `json:"delegation_source,omitempty"`
	// TokenMaxAge is the longest life of a token with this scope in seconds;
	// zero sets no limit.
	TokenMaxAge              int    `json:"at_max_age"`
	AuthorizationMaxLifetime int    `json:"authorization_max_lifetime"`
	AccessibleForAll         bool   `json:"accessible_for_all"`
	EnforcedAudience         string `json:"enforced_aud_for_access_token,omitempty"`
	Name                     string `json:"name"`
	Protected                bool   `json:"protected"`
	EuropeanBusinesses       bool   `json:"supports_european_businesses"`
	// Descriptions are by language.
	Descriptions map[string]string `json:"descriptions,omitempty"`
}

// Allows reports whether clients of an integration type may use the scope.
func (s Scope) Allows(integrationType string) bool {
	return len(s.AllowedIntegrationTypes) == 0 || slices.Contains(s.AllowedIntegrationTypes, integrationType)
}

// AddScope seeds a scope, active and with the defaults of the API for members
// left empty. Its owner must be a known organisation.
func (r *Registry) AddScope(s Scope) error {
	prefix, subscope, ok := strings.Cut(s.Name, ":")
	if !ok || prefix == "" || subscope == "" {
		return fmt.Errorf("add scope %q: name is not prefix:subscope", s.Name)
	}
	if s.TokenMaxAge < 0 {
		return fmt.Errorf("add scope %s: the longest life of its tokens must not be negative", s.Name)
	}
	now := Instant{r.now()}
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
	r.scopes[s.Name] = always(s)
	return nil
}

// Scope returns a scope by its name.
func (r *Registry) Scope(name string) (Scope, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.scope(name)
}

// scope returns a scope as it stands. The caller holds the lock.
func (r *Registry) scope(name string) (Scope, bool) { return r.scopes[name].latest() }

// ScopeAsOf returns a scope as it stood at t, which is at most ten minutes back.
func (r *Registry) ScopeAsOf(name string, t time.Time) (Scope, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return r.scopes[name].asOf(t)
}

// Scopes returns all scopes, sorted by name.
func (r *Registry) Scopes() []Scope {
	r.mu.RLock()
	defer r.mu.RUnlock()
	found := make([]Scope, 0, len(r.scopes))
	for _, h := range r.scopes {
		s, _ := h.latest()
		found = append(found, s)
	}
	slices.SortFunc(found, func(a, b Scope) int { return strings.Compare(a.Name, b.Name) })
	return found
}

// Usable returns the scopes that clients of an organisation may have: those that
// are for Maskinporten, and granted to it, open to all, or for consumers to
// delegate to it. They are sorted by name.
func (r *Registry) Usable(orgNumber string) []Scope {
	return slices.DeleteFunc(r.Scopes(), func(s Scope) bool {
		delegable := s.Active && s.DelegationSource != "" && s.Visibility == "PUBLIC"
		return !s.Allows(IntegrationMaskinporten) || !delegable && !r.MayUse(s.Name, orgNumber)
	})
}
