package authentication

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"

	"github.com/go-jose/go-jose/v4"
)

// maxDocument bounds a metadata document or key set, in bytes.
const maxDocument = 1 << 20

// issuerKeys verifies tokens of trusted issuers with the keys that they
// publish (RFC 8414). A key set is fetched when it is first needed and again
// when a token names a key that it does not hold.
type issuerKeys struct {
	client  *http.Client
	trusted []string

	mu   sync.Mutex // held while fetching, so that callers share one fetch
	sets map[string]jose.JSONWebKeySet
}

func newIssuerKeys(client *http.Client, trusted []string) *issuerKeys {
	return &issuerKeys{client: client, trusted: trusted, sets: map[string]jose.JSONWebKeySet{}}
}

// verified returns the claims of a token after its issuer and signature have
// been checked; the lifetime is the caller's matter.
func (k *issuerKeys) verified(ctx context.Context, token string) (map[string]any, error) {
	if token == "" {
		return nil, ErrNoToken
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return nil, errors.New("verify token: not a JWT signed with RS256")
	}
	claims, err := decodeClaims(signed.UnsafePayloadWithoutVerification())
	if err != nil {
		return nil, err
	}
	issuer := text(claims["iss"])
	if !slices.Contains(k.trusted, issuer) {
		return nil, errors.New("verify token: the issuer is not trusted")
	}
	key, err := k.key(ctx, issuer, signed.Signatures[0].Protected.KeyID)
	if err != nil {
		return nil, err
	}
	if _, err := signed.Verify(key); err != nil {
		return nil, errors.New("verify token: the signature does not match")
	}
	return claims, nil
}

func (k *issuerKeys) key(ctx context.Context, issuer, kid string) (jose.JSONWebKey, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	known := k.sets[issuer]
	if keys := known.Key(kid); len(keys) > 0 {
		return keys[0], nil
	}
	set, err := k.fetch(ctx, issuer)
	if err != nil {
		return jose.JSONWebKey{}, err
	}
	k.sets[issuer] = set
	if keys := set.Key(kid); len(keys) > 0 {
		return keys[0], nil
	}
	return jose.JSONWebKey{}, errors.New("verify token: the issuer publishes no key with the token's key id")
}

func (k *issuerKeys) fetch(ctx context.Context, issuer string) (jose.JSONWebKeySet, error) {
	var metadata struct {
		Issuer  string `json:"issuer"`
		JWKSURI string `json:"jwks_uri"`
	}
	if err := k.get(ctx, issuer+".well-known/oauth-authorization-server", &metadata); err != nil {
		return jose.JSONWebKeySet{}, err
	}
	if metadata.Issuer != issuer {
		return jose.JSONWebKeySet{}, errors.New("fetch keys: the metadata names another issuer")
	}
	var set jose.JSONWebKeySet
	if err := k.get(ctx, metadata.JWKSURI, &set); err != nil {
		return jose.JSONWebKeySet{}, err
	}
	return set, nil
}

func (k *issuerKeys) get(ctx context.Context, url string, into any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("fetch keys: %w", err)
	}
	res, err := k.client.Do(req)
	if err != nil {
		return fmt.Errorf("fetch keys: %w", err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		return fmt.Errorf("fetch keys: %s answered %d", url, res.StatusCode)
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxDocument)).Decode(into); err != nil {
		return fmt.Errorf("fetch keys: %s: %w", url, err)
	}
	return nil
}
