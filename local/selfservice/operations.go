package selfservice

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
)

// status returns the one of the two statuses that the server is set to give. The
// variant for Altinn always tells them apart.
func (s *Server) status(who caller, rest int) int {
	if s.restStatuses || who.altinn {
		return rest
	}
	return http.StatusOK
}

// own returns a client if the caller owns it or, with the right of a supplier,
// has made it for another organisation.
func (s *Server) own(r *http.Request, who caller) (*Registration, error) {
	found, err := s.registry.Registration(r.PathValue("id"))
	if err != nil {
		return nil, err
	}
	mine := who.own && found.Client.OrgNumber == who.orgNumber
	if !mine && !(who.supplier && found.Client.suppliedBy(who.orgNumber)) {
		return nil, refuse(http.StatusForbidden, "The client belongs to another organisation")
	}
	return found, nil
}

func (s *Server) listClients(r *http.Request, who caller) (int, any, error) {
	inactiveToo := isTrue(r, "inactive")
	return http.StatusOK, s.registry.clientsThat(inactiveToo, func(c Client) bool {
		return who.own && c.OrgNumber == who.orgNumber || who.supplier && c.suppliedBy(who.orgNumber)
	}), nil
}

// isTrue reads a yes or no of the query, in whatever letters.
func isTrue(r *http.Request, parameter string) bool {
	return strings.EqualFold(r.URL.Query().Get(parameter), "true")
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
	switch {
	case who.altinn:
		_, given := members["client_orgno"]
		problems.require(given, "client_orgno", "must be given")
		problems.require(c.SupplierOrgNumber == nil, "supplier_orgno", "is given by the server")
		problems.require(!slices.Contains(c.Scopes, scopeAltinn), "scopes", "must not have "+scopeAltinn)
		c.SupplierOrgNumber = &who.orgNumber
	case !who.own && c.OrgNumber == who.orgNumber:
		problems.add("client_orgno", "must be given, and be that of another organisation")
	case who.supplier && c.OrgNumber != who.orgNumber:
		problems.require(c.SupplierOrgNumber == nil || *c.SupplierOrgNumber == who.orgNumber, "supplier_orgno", "must be the organisation of the token")
		c.SupplierOrgNumber = &who.orgNumber
	default:
		problems.require(c.OrgNumber == who.orgNumber, "client_orgno", "must be the organisation of the token")
		problems.require(c.SupplierOrgNumber == nil, "supplier_orgno", "needs the scope "+scopeSupplier)
	}
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
	if err != nil {
		return 0, nil, err
	}
	if created.hasSecret() {
		return s.status(who, http.StatusCreated), withSecret(created), nil
	}
	return s.status(who, http.StatusCreated), created, nil
}

// clientWithSecret is the answer that tells a secret, once.
type clientWithSecret struct {
	Client
	Secret string `json:"client_secret"`
}

// withSecret gives a client a new secret. It is not kept: nothing in the local
// platform takes one.
func withSecret(c Client) clientWithSecret { return clientWithSecret{c, rand.Text()} }

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
	return s.status(who, http.StatusNoContent), nil, s.registry.DeactivateClient(found.Client.ClientID)
}

// newSecret is refused for clients that have keys instead, which are all that
// Maskinporten knows.
func (s *Server) newSecret(r *http.Request, who caller) (int, any, error) {
	found, err := s.own(r, who)
	if err != nil {
		return 0, nil, err
	}
	if !found.Client.hasSecret() {
		return 0, nil, refuse(http.StatusBadRequest, "A client with token_endpoint_auth_method %s has no secret", found.Client.TokenEndpointAuthMethod)
	}
	return http.StatusOK, withSecret(found.Client), nil
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
