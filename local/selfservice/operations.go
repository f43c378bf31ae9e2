package selfservice

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// status returns the one of the two statuses that the server is set to give.
func (s *Server) status(rest int) int {
	if s.restStatuses {
		return rest
	}
	return http.StatusOK
}

// own returns a client if the caller owns it.
func (s *Server) own(r *http.Request, who caller) (*Registration, error) {
	found, err := s.registry.Registration(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	if found.Client.OrgNumber != who.orgNumber {
		return nil, refuse(http.StatusForbidden, "The client belongs to another organisation")
	}
	return found, nil
}

func (s *Server) listClients(r *http.Request, who caller) (int, any, error) {
	inactiveToo := r.URL.Query().Get("inactive") == "true"
	return http.StatusOK, s.registry.Clients(who.orgNumber, inactiveToo), nil
}

// readOnly are the members that a response has and a request must not have.
var readOnly = []string{"client_secret", "jwks", "jwks_uri", "created", "last_updated"}

// readClient decodes a client from a request of its owner.
func readClient(r *http.Request, who caller) (Client, error) {
	var members map[string]json.RawMessage
	if err := readJSON(r, &members); err != nil {
		return Client{}, err
	}
	problems := newValidation("client")
	for _, member := range readOnly {
		_, present := members[member]
		problems.require(!present, member, "is read-only and must be left out")
	}
	body, err := json.Marshal(members)
	if err != nil {
		return Client{}, fmt.Errorf("encode members: %w", err)
	}
	c := Client{OrgNumber: who.orgNumber}
	if err := json.Unmarshal(body, &c); err != nil {
		var mismatch *json.UnmarshalTypeError
		if errors.As(err, &mismatch) {
			problems.add(mismatch.Field, "has the wrong type")
			return Client{}, problems.err()
		}
		return Client{}, refuse(http.StatusBadRequest, "The body is not a client")
	}
	problems.require(c.OrgNumber == who.orgNumber, "client_orgno", "must be the organisation of the token")
	problems.require(c.SupplierOrgNumber == nil, "supplier_orgno", "needs the scope idporten:dcr.supplier")
	id := r.PathValue("id") // empty when a client is created
	problems.require(c.ClientID == id || id != "" && c.ClientID == "", "client_id", "is given by the server")
	c.ClientID = id
	if err := problems.err(); err != nil {
		return Client{}, err
	}
	return c, nil
}

func (s *Server) createClient(r *http.Request, who caller) (int, any, error) {
	c, err := readClient(r, who)
	if err != nil {
		return 0, nil, err
	}
	created, err := s.registry.CreateClient(c)
	return s.status(http.StatusCreated), created, err
}

func (s *Server) getClient(r *http.Request, who caller) (int, any, error) {
	found, err := s.own(r, who)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, found.Client, nil
}

func (s *Server) updateClient(r *http.Request, who caller) (int, any, error) {
	if _, err := s.own(r, who); err != nil {
		return 0, nil, err
	}
	c, err := readClient(r, who)
	if err != nil {
		return 0, nil, err
	}
	updated, err := s.registry.UpdateClient(c)
	return http.StatusOK, updated, err
}

func (s *Server) deactivateClient(r *http.Request, who caller) (int, any, error) {
	found, err := s.own(r, who)
	if err != nil {
		return 0, nil, err
	}
	return s.status(http.StatusNoContent), nil, s.registry.DeactivateClient(found.Client.ClientID)
}

func (s *Server) getKeys(r *http.Request, who caller) (int, any, error) {
	found, err := s.own(r, who)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, found.Keys, nil
}

func (s *Server) replaceKeys(r *http.Request, who caller) (int, any, error) {
	found, err := s.own(r, who)
	if err != nil {
		return 0, nil, err
	}
	var body struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := readJSON(r, &body); err != nil {
		return 0, nil, err
	}
	// Keys are decoded one by one so that a fault names its key.
	keys := make([]Key, len(body.Keys))
	problems := newValidation("jwks")
	for i, raw := range body.Keys {
		if err := json.Unmarshal(raw, &keys[i]); err != nil {
			problems.add(fmt.Sprintf("keys[%d]", i), err.Error())
		}
	}
	if err := problems.err(); err != nil {
		return 0, nil, err
	}
	set, err := s.registry.ReplaceKeys(found.Client.ClientID, keys)
	return s.status(http.StatusCreated), set, err
}

func (s *Server) removeKeys(r *http.Request, who caller) (int, any, error) {
	found, err := s.own(r, who)
	if err != nil {
		return 0, nil, err
	}
	return s.status(http.StatusNoContent), nil, s.registry.RemoveKeys(found.Client.ClientID)
}

func (s *Server) listScopes(r *http.Request, _ caller) (int, any, error) {
	forAll := r.URL.Query().Get("accessible_for_all")
	found := []Scope{}
	for _, scope := range s.registry.Scopes() {
		if scope.Active && scope.Visibility == "PUBLIC" && (scope.AccessibleForAll || forAll != "true") {
			found = append(found, scope)
		}
	}
	return http.StatusOK, found, nil
}

func (s *Server) listAccess(_ *http.Request, who caller) (int, any, error) {
	return http.StatusOK, s.registry.AccessOf(who.orgNumber), nil
}

func (s *Server) listDelegationSources(*http.Request, caller) (int, any, error) {
	type source struct {
		Name        string    `json:"name"`
		Issuer      string    `json:"issuer"`
		Created     Timestamp `json:"created"`
		LastUpdated Timestamp `json:"last_updated"`
	}
	since := Timestamp{s.started}
	return http.StatusOK, []source{{"altinn", s.delegationIssuer, since, since}}, nil
}
