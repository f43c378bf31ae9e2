package selfservice

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/google/uuid"
)

// Client is an integration, with the members of the API's client object. The
// API answers with these in this order.
type Client struct {
	ClientID                string   `json:"client_id"`
	Name                    string   `json:"client_name"`
	Description             string   `json:"description"`
	OrgNumber               string   `json:"client_orgno"`
	SupplierOrgNumber       *string  `json:"supplier_orgno"`
	Active                  bool     `json:"active"`
	IntegrationType         string   `json:"integration_type"`
	ApplicationType         string   `json:"application_type"`
	TokenEndpointAuthMethod string   `json:"token_endpoint_auth_method"`
	GrantTypes              []string `json:"grant_types"`
	Scopes                  []string `json:"scopes"`
	// The lifetimes are in seconds.
	AccessTokenLifetime    int      `json:"access_token_lifetime"`
	AuthorizationLifetime  int      `json:"authorization_lifetime"`
	RefreshTokenLifetime   int      `json:"refresh_token_lifetime"`
	RefreshTokenUsage      string   `json:"refresh_token_usage"`
	RedirectURIs           []string `json:"redirect_uris"`
	PostLogoutRedirectURIs []string `json:"post_logout_redirect_uris"`
	LogoutSessionRequired  bool     `json:"frontchannel_logout_session_required"`
	SSODisabled            bool     `json:"sso_disabled"`
	CodeChallengeMethod    string   `json:"code_challenge_method"`
	LogoURI                string   `json:"logo_uri,omitempty"`
	LogoutURI              string   `json:"frontchannel_logout_uri,omitempty"`
	// OnBehalfOf are changed by calls of their own.
	OnBehalfOf  []OnBehalfOf `json:"onbehalfof,omitempty"`
	JWKSURI     string       `json:"jwks_uri"`
	Created     Timestamp    `json:"created"`
	LastUpdated Timestamp    `json:"last_updated"`
}

const grantTypeJWTBearer = "urn:ietf:params:oauth:grant-type:jwt-bearer" //nolint:gosec // the name of a grant type, which is public

// The values that the API's enumerations allow.
var (
	integrationTypes = []string{"ansattporten", "api_klient", "eformidling", "idporten", "idporten_saml2", "krr", IntegrationMaskinporten}
	applicationTypes = []string{"web", "browser", "native"}
	grantTypes       = []string{"authorization_code", "implicit", "refresh_token", grantTypeJWTBearer}
	authMethods      = []string{"client_secret_post", "client_secret_basic", "private_key_jwt", "none"}
	refreshUsages    = []string{"REUSE", "ONETIME"}
	codeChallenges   = []string{"none", "S256"}
)

// suppliedBy reports whether an organisation has made the client for another one.
func (c Client) suppliedBy(orgNumber string) bool {
	return c.SupplierOrgNumber != nil && *c.SupplierOrgNumber == orgNumber
}

// hasSecret reports whether the client proves itself with a secret.
func (c Client) hasSecret() bool {
	return c.TokenEndpointAuthMethod == "client_secret_post" || c.TokenEndpointAuthMethod == "client_secret_basic"
}

// withDefaults fills the members of which a seeded client may be silent.
func (c Client) withDefaults() Client {
	c.IntegrationType = cmp.Or(c.IntegrationType, IntegrationMaskinporten)
	c.ApplicationType = cmp.Or(c.ApplicationType, "web")
	c.TokenEndpointAuthMethod = cmp.Or(c.TokenEndpointAuthMethod, "private_key_jwt")
	if c.GrantTypes == nil {
		c.GrantTypes = []string{grantTypeJWTBearer}
	}
	return c.withOptionalDefaults()
}

// withOptionalDefaults fills the members of which a request may be silent.
func (c Client) withOptionalDefaults() Client {
	c.Scopes = append([]string{}, c.Scopes...) // not the caller's, and never null
	c.AccessTokenLifetime = cmp.Or(c.AccessTokenLifetime, 120)
	c.AuthorizationLifetime = cmp.Or(c.AuthorizationLifetime, 7200)
	c.RefreshTokenLifetime = cmp.Or(c.RefreshTokenLifetime, 600)
	c.RefreshTokenUsage = cmp.Or(c.RefreshTokenUsage, "ONETIME")
	c.CodeChallengeMethod = cmp.Or(c.CodeChallengeMethod, "none")
	if c.RedirectURIs == nil {
		c.RedirectURIs = []string{}
	}
	if c.PostLogoutRedirectURIs == nil {
		c.PostLogoutRedirectURIs = []string{}
	}
	return c
}

// validate checks the form of a client as a request gives it. The API asks for
// a scope, the portal's page does not.
func (c Client) validate(needsScope bool) *ValidationError {
	problems := newValidation("client")
	problems.require(strings.TrimSpace(c.Name) != "", "client_name", "must not be blank")
	problems.require(strings.TrimSpace(c.Description) != "", "description", "must not be blank")
	oneOf := func(member, value string, allowed []string) {
		problems.require(slices.Contains(allowed, value), member, "must be one of "+strings.Join(allowed, ", "))
	}
	oneOf("integration_type", c.IntegrationType, integrationTypes)
	oneOf("application_type", c.ApplicationType, applicationTypes)
	oneOf("token_endpoint_auth_method", c.TokenEndpointAuthMethod, authMethods)
	oneOf("refresh_token_usage", c.RefreshTokenUsage, refreshUsages)
	oneOf("code_challenge_method", c.CodeChallengeMethod, codeChallenges)
	problems.require(len(c.GrantTypes) > 0, "grant_types", "must not be empty")
	for i, grant := range c.GrantTypes {
		oneOf(fmt.Sprintf("grant_types[%d]", i), grant, grantTypes)
	}
	if c.IntegrationType == IntegrationMaskinporten {
		problems.require(c.TokenEndpointAuthMethod == "private_key_jwt", "token_endpoint_auth_method",
			"must be private_key_jwt for integration type maskinporten")
		problems.require(slices.Equal(c.GrantTypes, []string{grantTypeJWTBearer}), "grant_types",
			"must be "+grantTypeJWTBearer+" for integration type maskinporten")
	}
	problems.require(len(c.Scopes) > 0 || !needsScope, "scopes", "must have at least one scope")
	problems.require(c.AccessTokenLifetime > 0, "access_token_lifetime", "must be positive")
	return problems.err()
}

// checkScopes refuses scopes that do not exist or that the owner of the client
// may not use. One that consumers can delegate to suppliers needs no access, since
// a supplier never has it. The caller holds the lock.
func (r *Registry) checkScopes(c Client) *ValidationError {
	problems := newValidation("client")
	for i, scope := range c.Scopes {
		member := fmt.Sprintf("scopes[%d]", i)
		s, ok := r.scope(scope)
		switch {
		case !ok || !s.Active:
			problems.add(member, "no such scope: "+scope)
		case s.DelegationSource == "" && !r.mayUse(scope, c.OrgNumber):
			problems.add(member, "the organisation has no access to the scope "+scope)
		case slices.Contains(c.Scopes[:i], scope):
			problems.add(member, "the scope is given twice: "+scope)
		}
	}
	return problems.err()
}

// CreateClient registers a client for c.OrgNumber under a new id and returns
// it as the API would. The error is a *[ValidationError] when a rule of the
// API is broken.
func (r *Registry) CreateClient(c Client) (Client, error) { return r.create(c, true) }

// CreateByHand is CreateClient as the portal's page does it: a client for
// Maskinporten, to which scopes may be added later.
func (r *Registry) CreateByHand(orgNumber, name, description string, scopes []string) (Client, error) {
	c := Client{OrgNumber: orgNumber, Name: strings.TrimSpace(name), Description: strings.TrimSpace(description), Scopes: scopes}
	return r.create(c.withDefaults(), false)
}

func (r *Registry) create(c Client, needsScope bool) (Client, error) {
	c = c.withOptionalDefaults()
	if err := c.validate(needsScope); err != nil {
		return Client{}, fmt.Errorf("create client: %w", err)
	}
	now := r.now()
	c.ClientID = uuid.NewString()
	c.Active, c.OnBehalfOf = true, nil
	c.JWKSURI = "/clients/" + c.ClientID + "/jwks"
	c.Created, c.LastUpdated = Timestamp{now}, Timestamp{now}

	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.checkScopes(c); err != nil {
		return Client{}, fmt.Errorf("create client: %w", err)
	}
	r.clients[c.ClientID] = history[*Registration]{}.append(now, &Registration{Client: c})
	return c, nil
}

// UpdateClient replaces the editable members of a client; its keys stay. The
// integration type and the owner cannot change. The error is a
// *[ValidationError] or a *[ConflictError], or wraps [ErrNotFound].
func (r *Registry) UpdateClient(c Client) (Client, error) {
	c = c.withOptionalDefaults()
	if err := c.validate(true); err != nil {
		return Client{}, fmt.Errorf("update client: %w", err)
	}
	updated, err := r.change(c.ClientID, func(next *Registration) error {
		old := next.Client
		problems := newValidation("client")
		problems.require(c.IntegrationType == old.IntegrationType, "integration_type", "cannot be changed")
		problems.require(c.OrgNumber == old.OrgNumber, "client_orgno", "cannot be changed")
		if err := problems.err(); err != nil {
			return err
		}
		if err := r.checkScopes(c); err != nil {
			return err
		}
		c.Active, c.JWKSURI, c.SupplierOrgNumber, c.OnBehalfOf = old.Active, old.JWKSURI, old.SupplierOrgNumber, old.OnBehalfOf
		c.Created, c.LastUpdated = old.Created, Timestamp{r.now()}
		next.Client = c
		return nil
	})
	if err != nil {
		return Client{}, err
	}
	return updated.Client, nil
}

// SetScopes makes these the scopes of a client, as the portal's page does it:
// there may be none, and only those that are added need access. The error is a
// *[ValidationError] or a *[ConflictError], or wraps [ErrNotFound].
func (r *Registry) SetScopes(clientID string, scopes []string) (Client, error) {
	updated, err := r.change(clientID, func(next *Registration) error {
		added := next.Client
		added.Scopes = nil
		for _, scope := range scopes {
			if !slices.Contains(next.Client.Scopes, scope) {
				added.Scopes = append(added.Scopes, scope)
			}
		}
		if err := r.checkScopes(added); err != nil {
			return err
		}
		next.Client.Scopes = slices.Clone(scopes)
		next.Client.LastUpdated = Timestamp{r.now()}
		return nil
	})
	if err != nil {
		return Client{}, err
	}
	return updated.Client, nil
}

// DeactivateClient takes a client out of use for good; its id stays reserved.
// The error is a *[ConflictError] or wraps [ErrNotFound].
func (r *Registry) DeactivateClient(clientID string) error {
	_, err := r.change(clientID, func(next *Registration) error {
		next.Client.Active = false
		next.Client.LastUpdated = Timestamp{r.now()}
		return nil
	})
	return err
}
