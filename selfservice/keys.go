package selfservice

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/stafett/stafett/jwk"
)

// MaximumKeys is how many keys an integration may have.
const MaximumKeys = 5

// Keys returns the key set of an integration. A set without keys is no error.
func (c *Client) Keys(ctx context.Context, id string) (jwk.Set, error) {
	const operation = "read key set"
	path, err := clientPath(operation, id, "/jwks")
	if err != nil {
		return jwk.Set{}, err
	}
	answer, err := c.call(ctx, operation, http.MethodGet, path, nil)
	if err != nil {
		return jwk.Set{}, err
	}
	var set jwk.Set
	if err := json.Unmarshal(answer, &set); err != nil {
		return jwk.Set{}, fmt.Errorf("%s: the answer is not a key set: %w", operation, err)
	}
	return set, nil
}

// ReplaceKeys makes the set the integration's whole key set, and returns it as
// Digdir then has it. To add a key, append it to what [Client.Keys] gives. A key
// that carries its Expires keeps that time, and one without it is given a year.
// Before anything is sent, a set is refused that is empty, has over
// [MaximumKeys], or names a key id twice.
func (c *Client) ReplaceKeys(ctx context.Context, id string, set jwk.Set) (jwk.Set, error) {
	const operation = "replace key set"
	path, err := clientPath(operation, id, "/jwks")
	if err != nil {
		return jwk.Set{}, err
	}
	if err := checkSet(set); err != nil {
		return jwk.Set{}, fmt.Errorf("%s: %w", operation, err)
	}
	answer, err := c.call(ctx, operation, http.MethodPost, path, set)
	if err != nil {
		return jwk.Set{}, err
	}
	var stored jwk.Set
	if err := json.Unmarshal(answer, &stored); err == nil && len(stored.Keys) > 0 {
		return stored, nil
	}
	// Not every variant of the API answers with the set; all of them have it.
	return c.Keys(ctx, id)
}

func checkSet(set jwk.Set) error {
	if len(set.Keys) == 0 {
		return fmt.Errorf("the set is empty, which would leave the integration without a key")
	}
	if len(set.Keys) > MaximumKeys {
		return fmt.Errorf("the set has %d keys, and an integration may have %d", len(set.Keys), MaximumKeys)
	}
	seen := make(map[string]bool, len(set.Keys))
	for _, key := range set.Keys {
		if key.KeyID == "" {
			return fmt.Errorf("a key in the set has no key id")
		}
		if seen[key.KeyID] {
			return fmt.Errorf("the set has key id %q twice", key.KeyID)
		}
		seen[key.KeyID] = true
	}
	return nil
}
