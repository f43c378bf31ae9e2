package selfservice

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

// AccessState tells whether an organisation may use a scope.
type AccessState string

// The states. Only Approved gives access.
const (
	Requested AccessState = "REQUESTED"
	Approved  AccessState = "APPROVED"
	Denied    AccessState = "DENIED"
)

// Access is what the owner of a scope has decided about the organisation.
type Access struct {
	Scope          string
	State          AccessState
	OwnerOrgNumber string // nine digits: whom to ask
}

// Access returns what the organisation has been given, asked for or denied. A
// scope that is open to all is not among it; see [Client.OpenScopes].
func (c *Client) Access(ctx context.Context) ([]Access, error) {
	const operation = "list access to scopes"
	answer, err := c.call(ctx, operation, http.MethodGet, "/scopes/access/all", nil)
	if err != nil {
		return nil, err
	}
	var entries []struct {
		Scope          string      `json:"scope"`
		State          AccessState `json:"state"`
		OwnerOrgNumber string      `json:"owner_orgno"`
	}
	if err := json.Unmarshal(answer, &entries); err != nil {
		return nil, fmt.Errorf("%s: the answer is not a list of access entries: %w", operation, err)
	}
	all := make([]Access, len(entries))
	for i, entry := range entries {
		all[i] = Access(entry)
	}
	return all, nil
}

// OpenScopes returns the names of the scopes that every organisation may use.
func (c *Client) OpenScopes(ctx context.Context) ([]string, error) {
	const operation = "list open scopes"
	answer, err := c.call(ctx, operation, http.MethodGet, "/scopes/all?accessible_for_all=true", nil)
	if err != nil {
		return nil, err
	}
	var scopes []struct {
		Name string `json:"name"`
	}
	if err := json.Unmarshal(answer, &scopes); err != nil {
		return nil, fmt.Errorf("%s: the answer is not a list of scopes: %w", operation, err)
	}
	names := make([]string, len(scopes))
	for i, scope := range scopes {
		names[i] = scope.Name
	}
	return names, nil
}
