package selfservice

import (
	"encoding/json"
	"net/http"
	"slices"
)

func (s *Server) listAllScopes(r *http.Request, _ caller) (int, any, error) {
	onlyForAll := isTrue(r, "accessible_for_all")
	found := []Scope{}
	for _, scope := range s.registry.Scopes() {
		if scope.Active && scope.Visibility == "PUBLIC" && (scope.AccessibleForAll || !onlyForAll) {
			found = append(found, scope)
		}
	}
	return http.StatusOK, found, nil
}

func (s *Server) listAccess(_ *http.Request, who caller) (int, any, error) {
	return http.StatusOK, s.registry.AccessOf(who.orgNumber), nil
}

// ownScope returns the scope that the query names if the caller owns it.
func (s *Server) ownScope(r *http.Request, who caller) (Scope, error) {
	found, ok := s.registry.Scope(r.URL.Query().Get("scope"))
	switch {
	case !ok:
		return Scope{}, errNoSuchScope
	case found.OwnerOrgNumber != who.orgNumber:
		return Scope{}, refuse(http.StatusForbidden, "The scope belongs to another organisation")
	}
	return found, nil
}

// listScopes lists the caller's own, or answers with the one that is named.
func (s *Server) listScopes(r *http.Request, who caller) (int, any, error) {
	if r.URL.Query().Has("scope") {
		found, err := s.ownScope(r, who)
		return http.StatusOK, found, err
	}
	inactiveToo := isTrue(r, "inactive")
	found := slices.DeleteFunc(s.registry.Scopes(), func(scope Scope) bool {
		return scope.OwnerOrgNumber != who.orgNumber || !scope.Active && !inactiveToo
	})
	return http.StatusOK, append([]Scope{}, found...), nil
}

// readScope decodes a scope over what it is before.
func readScope(r *http.Request, before Scope) (Scope, error) {
	var members map[string]json.RawMessage
	if err := readJSON(r, &members); err != nil {
		return Scope{}, err
	}
	problems := newValidation("scope")
	for _, member := range []string{"created", "last_updated"} {
		_, present := members[member]
		problems.require(!present, member, "is read-only and must be left out")
		delete(members, member)
	}
	body, err := json.Marshal(members)
	if err != nil {
		return Scope{}, err
	}
	scope := before
	if err := json.Unmarshal(body, &scope); err != nil {
		return Scope{}, refuse(http.StatusBadRequest, "The body is not a scope")
	}
	problems.require(scope.OwnerOrgNumber == before.OwnerOrgNumber, "owner_orgno", "must be the organisation of the token")
	problems.require(before.Name == "" || scope.Name == before.Name && scope.Prefix == before.Prefix && scope.Subscope == before.Subscope,
		"name", "cannot be changed")
	if err := problems.err(); err != nil {
		return Scope{}, err
	}
	return scope, nil
}

func (s *Server) createScope(r *http.Request, who caller) (int, any, error) {
	scope, err := readScope(r, Scope{OwnerOrgNumber: who.orgNumber})
	if err != nil {
		return 0, nil, err
	}
	created, err := s.registry.CreateScope(scope)
	return s.status(who, http.StatusCreated), created, err
}

// updateScope is a full replace: what the body leaves out gets its default.
func (s *Server) updateScope(r *http.Request, who caller) (int, any, error) {
	found, err := s.ownScope(r, who)
	if err != nil {
		return 0, nil, err
	}
	scope, err := readScope(r, Scope{Name: found.Name, Prefix: found.Prefix, Subscope: found.Subscope, OwnerOrgNumber: found.OwnerOrgNumber, Active: found.Active})
	if err != nil {
		return 0, nil, err
	}
	updated, err := s.registry.UpdateScope(scope)
	return http.StatusOK, updated, err
}

func (s *Server) deactivateScope(r *http.Request, who caller) (int, any, error) {
	found, err := s.ownScope(r, who)
	if err != nil {
		return 0, nil, err
	}
	return s.status(who, http.StatusNoContent), nil, s.registry.DeactivateScope(found.Name)
}

// listGiven tells who has access to a scope of the caller, or what one
// organisation has been given by it.
func (s *Server) listGiven(r *http.Request, who caller) (int, any, error) {
	query := r.URL.Query()
	switch consumer := query.Get("consumer_orgno"); {
	case query.Has("scope"):
		found, err := s.ownScope(r, who)
		if err != nil {
			return 0, nil, err
		}
		return http.StatusOK, s.registry.AccessTo(found.Name), nil
	case organisationNumber.MatchString(consumer):
		given := slices.DeleteFunc(s.registry.AccessOf(consumer), func(entry Access) bool { return entry.OwnerOrgNumber != who.orgNumber })
		return http.StatusOK, given, nil
	default:
		return 0, nil, refuse(http.StatusBadRequest, "Name a scope, or nine digits in consumer_orgno")
	}
}

// setAccess changes one organisation's access to a scope of the caller.
func (s *Server) setAccess(r *http.Request, who caller, state string) (int, any, error) {
	consumer := r.PathValue("orgno")
	if !organisationNumber.MatchString(consumer) {
		return 0, nil, refuse(http.StatusBadRequest, "The organisation number is not nine digits")
	}
	found, err := s.ownScope(r, who)
	if err != nil {
		return 0, nil, err
	}
	if state == Denied && !slices.ContainsFunc(s.registry.AccessTo(found.Name), func(entry Access) bool { return entry.OrgNumber == consumer }) {
		return 0, nil, notFoundError("No such access")
	}
	entry, err := s.registry.setAccess(found.Name, consumer, state)
	return http.StatusOK, entry, err
}

func (s *Server) grantAccess(r *http.Request, who caller) (int, any, error) {
	return s.setAccess(r, who, Approved)
}

func (s *Server) denyAccess(r *http.Request, who caller) (int, any, error) {
	return s.setAccess(r, who, Denied)
}
