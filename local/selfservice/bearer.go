package selfservice

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/stafett/stafett/local/timeline"
)

// The scopes that give rights in the API.
const (
	ScopeRead   = "idporten:dcr.read"
	ScopeWrite  = "idporten:dcr.write"
	ScopeModify = "idporten:dcr.modify"

	scopeScopes   = "idporten:scopes.write"
	scopeSupplier = "idporten:dcr.supplier"
	scopeAltinn   = "idporten:dcr.altinn"

	scopeOnBehalfOf = "idporten:dcr/onbehalfof:write"
)

const (
	jwksLifetime   = 24 * time.Hour
	jwksRetryAfter = 10 * time.Second
	maxMetadata    = 1 << 20
)

// caller is what a valid access token says about who is asking.
type caller struct {
	orgNumber string
	scopes    []string
	// own may do what it asks for with the organisation's own clients.
	own bool
	// supplier may manage what it has made for other organisations.
	supplier bool
	// altinn has come by the variant for Altinn, where it sees nothing else.
	altinn bool
}

func (c caller) hasAny(scopes ...string) bool {
	return slices.ContainsFunc(scopes, func(s string) bool { return slices.Contains(c.scopes, s) })
}

// bearerVerifier checks access tokens with the keys that their issuer
// publishes. Keys are fetched when first needed, daily, and when a token names
// an unknown one.
type bearerVerifier struct {
	issuer string
	client *http.Client
	now    func() time.Time

	mu      sync.Mutex
	keys    jose.JSONWebKeySet
	fetched time.Time
}

// verify returns who sent the request. The error is a *refusal when the token
// is the cause.
func (v *bearerVerifier) verify(r *http.Request) (caller, error) {
	raw, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if !ok {
		return caller{}, refuse(http.StatusUnauthorized, "A bearer token is required")
	}
	token, err := jwt.ParseSigned(raw, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil || len(token.Headers) != 1 {
		return caller{}, refuse(http.StatusUnauthorized, "The token is not a signed JWT")
	}
	key, err := v.key(r.Context(), token.Headers[0].KeyID)
	if err != nil {
		return caller{}, err
	}
	var claims struct {
		jwt.Claims
		Scope    string `json:"scope"`
		ClientID string `json:"client_id"`
		Consumer struct {
			Authority string `json:"authority"`
			ID        string `json:"ID"`
		} `json:"consumer"`
	}
	if err := token.Claims(key, &claims); err != nil {
		return caller{}, refuse(http.StatusUnauthorized, "The token has an invalid signature or invalid claims")
	}
	if claims.Issuer != v.issuer {
		return caller{}, refuse(http.StatusUnauthorized, "The token is not issued by %s", v.issuer)
	}
	if claims.Expiry == nil || !v.now().Before(claims.Expiry.Time()) {
		return caller{}, refuse(http.StatusUnauthorized, "The token is expired")
	}
	orgNumber, ok := strings.CutPrefix(claims.Consumer.ID, "0192:")
	if !ok || claims.Consumer.Authority != "iso6523-actorid-upis" {
		return caller{}, refuse(http.StatusUnauthorized, "The token names no consumer")
	}
	timeline.Identify(r.Context(), timeline.Caller{
		Kind: timeline.KindIntegration, ClientID: claims.ClientID, TokenID: claims.ID, OrgNumber: orgNumber, Scope: claims.Scope, Method: "maskinporten",
	})
	return caller{orgNumber: orgNumber, scopes: strings.Fields(claims.Scope)}, nil
}

// key returns the issuer's public key with the given id.
func (v *bearerVerifier) key(ctx context.Context, kid string) (any, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	age := v.now().Sub(v.fetched)
	found := v.keys.Key(kid)
	if v.fetched.IsZero() || age > jwksLifetime || len(found) == 0 && age >= jwksRetryAfter {
		keys, err := v.fetch(ctx)
		if err != nil {
			return nil, refuse(http.StatusServiceUnavailable, "The keys of %s cannot be fetched: %v", v.issuer, err)
		}
		v.keys, v.fetched = keys, v.now()
		found = v.keys.Key(kid)
	}
	if len(found) == 0 {
		return nil, refuse(http.StatusUnauthorized, "The token is signed with an unknown key")
	}
	return found[0].Key, nil
}

func (v *bearerVerifier) fetch(ctx context.Context) (jose.JSONWebKeySet, error) {
	var metadata struct {
		JWKSURI string `json:"jwks_uri"`
	}
	if err := v.get(ctx, v.issuer+".well-known/oauth-authorization-server", &metadata); err != nil {
		return jose.JSONWebKeySet{}, err
	}
	var keys jose.JSONWebKeySet
	err := v.get(ctx, metadata.JWKSURI, &keys)
	return keys, err
}

func (v *bearerVerifier) get(ctx context.Context, url string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("make request: %w", err)
	}
	response, err := v.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("get %s: status %d", url, response.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(response.Body, maxMetadata)).Decode(into); err != nil {
		return fmt.Errorf("decode %s: %w", url, err)
	}
	return nil
}
