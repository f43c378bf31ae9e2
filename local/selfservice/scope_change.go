package selfservice

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// The values that the enumerations of scopes allow.
var (
	visibilities = []string{"PUBLIC", "PRIVATE", "INTERNAL"}
	tokenTypes   = []string{"SELF_CONTAINED", "OPAQUE"}
)

// subscopeForm is groups of lower-case letters and digits between slashes, with
// one word after a dot at the end, such as arkiv/dokument.read.
var subscopeForm = regexp.MustCompile(`^[a-z0-9]+(/[a-z0-9]+)*(\.[a-z]+)?$`)

// errNoSuchScope says that there is no such scope.
const errNoSuchScope notFoundError = "No such scope"

// AssignPrefix gives an organisation the right to scopes that begin with a
// prefix, as Digdir does by hand. Seeding a scope assigns its prefix as well.
func (r *Registry) AssignPrefix(prefix, orgNumber string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.organisations[orgNumber]; !ok {
		return fmt.Errorf("assign prefix %s: no organisation %q", prefix, orgNumber)
	}
	if owner, taken := r.prefixes[prefix]; taken && owner != orgNumber {
		return fmt.Errorf("assign prefix %s: it belongs to %s", prefix, owner)
	}
	r.prefixes[prefix] = orgNumber
	return nil
}

// validate checks the form of a scope as a request gives it.
func (s Scope) validate() *ValidationError {
	problems := newValidation("scope")
	problems.require(s.Name == s.Prefix+":"+s.Subscope, "name", "must be prefix:subscope")
	problems.require(subscopeForm.MatchString(s.Subscope), "subscope",
		"must be lower-case letters and digits between slashes, with at most one word after a dot at the end")
	problems.require(strings.TrimSpace(s.Description) != "", "description", "must not be blank")
	problems.require(slices.Contains(visibilities, s.Visibility), "visibility", "must be one of "+strings.Join(visibilities, ", "))
	problems.require(slices.Contains(tokenTypes, s.TokenType), "token_type", "must be one of "+strings.Join(tokenTypes, ", "))
	problems.require(s.TokenMaxAge >= 0, "at_max_age", "must not be negative")
	for i, allowed := range s.AllowedIntegrationTypes {
		problems.require(slices.Contains(integrationTypes, allowed), fmt.Sprintf("allowed_integration_types[%d]", i),
			"must be one of "+strings.Join(integrationTypes, ", "))
	}
	return problems.err()
}

// withDefaults fills the members of which a request may be silent.
func (s Scope) withDefaults() Scope {
	s.Name = cmp.Or(s.Name, s.Prefix+":"+s.Subscope)
	s.Visibility = cmp.Or(s.Visibility, "PUBLIC")
	s.TokenType = cmp.Or(s.TokenType, "SELF_CONTAINED")
	if s.AllowedIntegrationTypes == nil {
		s.AllowedIntegrationTypes = []string{}
	}
	return s
}

// CreateScope registers a scope of s.OwnerOrgNumber, which must have its prefix.
// The error is a *[ValidationError], or a *[ConflictError] when there is one of
// that name, deactivated ones included.
func (r *Registry) CreateScope(s Scope) (Scope, error) {
	s = s.withDefaults()
	if err := s.validate(); err != nil {
		return Scope{}, fmt.Errorf("create scope: %w", err)
	}
	at := r.now()
	now := Instant{at}
	s.Active, s.Created, s.LastUpdated = true, now, now
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.prefixes[s.Prefix] != s.OwnerOrgNumber {
		problems := newValidation("scope")
		problems.add("prefix", "the organisation does not have the prefix "+s.Prefix)
		return Scope{}, fmt.Errorf("create scope: %w", problems.err())
	}
	if old, ok := r.scope(s.Name); ok {
		reason := "the scope " + s.Name + " is there already"
		if !old.Active {
			reason = "the scope " + s.Name + " is there and deactivated; a change with active true brings it back"
		}
		return Scope{}, fmt.Errorf("create scope: %w", &ConflictError{reason})
	}
	r.scopes[s.Name] = history[Scope]{}.append(at, s)
	return s, nil
}

// UpdateScope replaces what can be edited of a scope; with Active it is in use
// again. Its name and owner stay. The error is a *[ValidationError] or wraps
// [ErrNotFound].
func (r *Registry) UpdateScope(s Scope) (Scope, error) {
	s = s.withDefaults()
	if err := s.validate(); err != nil {
		return Scope{}, fmt.Errorf("update scope: %w", err)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	old, ok := r.scope(s.Name)
	if !ok {
		return Scope{}, fmt.Errorf("update scope %s: %w", s.Name, errNoSuchScope)
	}
	now := r.now()
	s.OwnerOrgNumber, s.Created, s.LastUpdated = old.OwnerOrgNumber, old.Created, Instant{now}
	r.scopes[s.Name] = r.scopes[s.Name].append(now, s)
	return s, nil
}

// DeactivateScope takes a scope out of use; who had access to it keeps the entry.
// The error wraps [ErrNotFound].
func (r *Registry) DeactivateScope(name string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.scope(name)
	if !ok {
		return fmt.Errorf("deactivate scope %s: %w", name, errNoSuchScope)
	}
	now := r.now()
	s.Active, s.LastUpdated = false, Instant{now}
	r.scopes[name] = r.scopes[name].append(now, s)
	return nil
}
