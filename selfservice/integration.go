package selfservice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"
)

// Integration is a client as the API gives it. Get one from the API, change
// Name, Description, Scopes or Active in a copy, and give it to
// [Client.Update].
type Integration struct {
	ClientID        string
	Name            string // client_name; not unique
	Description     string
	OrgNumber       string // client_orgno, nine digits
	IntegrationType string // "maskinporten"; cannot be changed
	Scopes          []string
	Active          bool
	Created         time.Time // zero when the API does not say
	LastUpdated     time.Time

	// read holds every member as it came, for the full replace of an update.
	read map[string]json.RawMessage
}

// NewIntegration is what an integration for Maskinporten is created from. It
// gets the authentication method private_key_jwt and the JWT grant.
type NewIntegration struct {
	Name        string
	Description string
	Scopes      []string // at least one
}

// readOnlyMembers are not to be sent back: the API sets them itself, or keeps
// them elsewhere. A client secret is not kept in memory either.
var readOnlyMembers = []string{"created", "last_updated", "client_secret", "jwks", "jwks_uri"}

func decodeIntegration(text []byte) (Integration, error) {
	var fields struct {
		ClientID        string   `json:"client_id"`
		Name            string   `json:"client_name"`
		Description     string   `json:"description"`
		OrgNumber       string   `json:"client_orgno"`
		IntegrationType string   `json:"integration_type"`
		Scopes          []string `json:"scopes"`
		Active          *bool    `json:"active"`
		Created         string   `json:"created"`
		LastUpdated     string   `json:"last_updated"`
	}
	var read map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return Integration{}, errors.New("the answer is not an integration")
	}
	if err := json.Unmarshal(text, &read); err != nil || fields.ClientID == "" {
		return Integration{}, errors.New("the answer is not an integration")
	}
	integration := Integration{
		ClientID: fields.ClientID, Name: fields.Name, Description: fields.Description, OrgNumber: fields.OrgNumber,
		IntegrationType: fields.IntegrationType, Scopes: fields.Scopes,
		// Only the list with inactive clients says false; absent means active.
		Active: fields.Active == nil || *fields.Active,
		read:   read,
	}
	// Old answers have times in other forms; they are for show, so a time that
	// cannot be read is left out.
	integration.Created, _ = time.Parse(time.RFC3339, fields.Created)
	integration.LastUpdated, _ = time.Parse(time.RFC3339, fields.LastUpdated)
	for _, name := range readOnlyMembers {
		delete(read, name)
	}
	return integration, nil
}

// replacement returns the body of an update: everything as it came, with what
// may be changed laid over it.
func (i Integration) replacement() map[string]any {
	body := make(map[string]any, len(i.read))
	for name, value := range i.read {
		body[name] = value
	}
	maps.Copy(body, map[string]any{"client_name": i.Name, "description": i.Description, "active": i.Active})
	if i.Scopes != nil {
		body["scopes"] = i.Scopes
	}
	return body
}

// List returns the organisation's active integrations.
func (c *Client) List(ctx context.Context) ([]Integration, error) {
	return c.list(ctx, "list integrations", "/clients")
}

// Inactive returns the integrations of the organisation that have been taken
// out of use. Maskinporten does not know them, and their ids stay reserved.
func (c *Client) Inactive(ctx context.Context) ([]Integration, error) {
	all, err := c.list(ctx, "list inactive integrations", "/clients?inactive=true")
	return slices.DeleteFunc(all, func(i Integration) bool { return i.Active }), err
}

func (c *Client) list(ctx context.Context, operation, path string) ([]Integration, error) {
	answer, err := c.call(ctx, operation, http.MethodGet, path, nil)
	if err != nil {
		return nil, err
	}
	var elements []json.RawMessage
	if err := json.Unmarshal(answer, &elements); err != nil {
		return nil, fmt.Errorf("%s: the answer is not a list", operation)
	}
	integrations := make([]Integration, 0, len(elements))
	for _, element := range elements {
		integration, err := decodeIntegration(element)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", operation, err)
		}
		integrations = append(integrations, integration)
	}
	return integrations, nil
}

// Get returns one integration.
func (c *Client) Get(ctx context.Context, id string) (Integration, error) {
	const operation = "read integration"
	path, err := clientPath(operation, id, "")
	if err != nil {
		return Integration{}, err
	}
	return c.integration(ctx, operation, http.MethodGet, path, nil)
}

// Create makes a new integration and returns it with its client id. Names are
// not unique: creating twice makes two.
func (c *Client) Create(ctx context.Context, integration NewIntegration) (Integration, error) {
	const operation = "create integration"
	if integration.Name == "" {
		return Integration{}, fmt.Errorf("%s: it has no name", operation)
	}
	if len(integration.Scopes) == 0 {
		return Integration{}, fmt.Errorf("%s: it has no scope, and Digdir asks for one", operation)
	}
	return c.integration(ctx, operation, http.MethodPost, "/clients", struct {
		Name            string   `json:"client_name"`
		Description     string   `json:"description"`
		IntegrationType string   `json:"integration_type"`
		ApplicationType string   `json:"application_type"`
		AuthMethod      string   `json:"token_endpoint_auth_method"`
		GrantTypes      []string `json:"grant_types"`
		Scopes          []string `json:"scopes"`
	}{
		Name:            integration.Name,
		Description:     integration.Description,
		IntegrationType: "maskinporten",
		ApplicationType: "web",
		AuthMethod:      "private_key_jwt",
		GrantTypes:      []string{"urn:ietf:params:oauth:grant-type:jwt-bearer"},
		Scopes:          integration.Scopes,
	})
}

// Update replaces an integration that was read before and changed since. Its
// keys stay as they are.
func (c *Client) Update(ctx context.Context, integration Integration) (Integration, error) {
	const operation = "change integration"
	path, err := clientPath(operation, integration.ClientID, "")
	if err != nil {
		return Integration{}, err
	}
	if integration.read == nil {
		return Integration{}, fmt.Errorf("%s: it was not read from the API, so replacing it would lose what it has", operation)
	}
	return c.integration(ctx, operation, http.MethodPut, path, integration.replacement())
}

func (c *Client) integration(ctx context.Context, operation, method, path string, body any) (Integration, error) {
	answer, err := c.call(ctx, operation, method, path, body)
	if err != nil {
		return Integration{}, err
	}
	integration, err := decodeIntegration(answer)
	if err != nil {
		return Integration{}, fmt.Errorf("%s: %w", operation, err)
	}
	return integration, nil
}
