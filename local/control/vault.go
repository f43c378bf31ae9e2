package control

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// VaultSettings are points in which vaults differ, or that change from one moment
// to the next. In JSON, DeletionDelay is a text such as "2s".
type VaultSettings struct {
	// DeletionDelay is how long a deletion, a recovery or a purge goes on after it
	// was answered; zero means that it is over at once. Azure takes seconds.
	DeletionDelay time.Duration
	// RetentionDays is how long a deleted secret can be recovered, 7 to 90; zero
	// means 90.
	RetentionDays int
	// PurgeProtection forbids to purge before that.
	PurgeProtection bool
	// AccessPolicy words refusals as vaults do that use access policies in place
	// of Azure roles.
	AccessPolicy bool
	// EmptyPages lets each list begin with a page that has no items.
	EmptyPages bool
}

// vaultBody is the JSON form of VaultSettings. What is left out is as at the start
// of a vault.
type vaultBody struct {
	DeletionDelay   string `json:"deletionDelay,omitempty"`
	RetentionDays   int    `json:"retentionDays,omitempty"`
	PurgeProtection bool   `json:"purgeProtection"`
	AccessPolicy    bool   `json:"accessPolicy"`
	EmptyPages      bool   `json:"emptyPages"`
}

// MarshalJSON implements [json.Marshaler].
func (s VaultSettings) MarshalJSON() ([]byte, error) {
	return json.Marshal(vaultBody{s.DeletionDelay.String(), s.RetentionDays, s.PurgeProtection, s.AccessPolicy, s.EmptyPages})
}

// UnmarshalJSON implements [json.Unmarshaler]; members that it does not know are
// refused.
func (s *VaultSettings) UnmarshalJSON(data []byte) error {
	var body vaultBody
	if err := decodeStrictly(data, &body); err != nil {
		return err
	}
	delay, err := parseDelay(body.DeletionDelay)
	if err != nil {
		return err
	}
	*s = VaultSettings{delay, body.RetentionDays, body.PurgeProtection, body.AccessPolicy, body.EmptyPages}
	return nil
}

// parseDelay reads a length of time; an empty text is none.
func parseDelay(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	delay, err := time.ParseDuration(text)
	if err != nil {
		return 0, fmt.Errorf("%q is not a length of time such as 30s", text)
	}
	return delay, nil
}

type (
	permissionsBody struct {
		Permissions []string `json:"permissions"`
	}
	claimsBody struct {
		Tokens int `json:"tokens"`
	}
)

func (s *Server) vaultHandlers() map[string]http.HandlerFunc {
	stands := s.cfg.Stands
	return map[string]http.HandlerFunc{
		"GET /vault/permissions": func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusOK, permissionsBody{stands.VaultPermissions()})
		},
		"PUT /vault/permissions": change(func(body permissionsBody) error {
			if body.Permissions == nil {
				return errors.New("name the permissions, or an empty list")
			}
			return stands.SetVaultPermissions(body.Permissions)
		}),
		"GET /vault/settings": func(w http.ResponseWriter, _ *http.Request) {
			answer(w, http.StatusOK, stands.VaultSettings())
		},
		"PUT /vault/settings": change(stands.SetVaultSettings),
		"POST /vault/claims-challenge": change(func(body claimsBody) error {
			return stands.DemandVaultClaims(body.Tokens)
		}),
	}
}

// VaultPermissions lists what the seeded service principal may do with the
// vault's secrets, in the words of Azure's access policies.
func (c *Client) VaultPermissions(ctx context.Context) ([]string, error) {
	var body permissionsBody
	err := c.call(ctx, http.MethodGet, "/vault/permissions", nil, &body)
	return body.Permissions, err
}

// SetVaultPermissions makes these the permissions of the seeded service
// principal, and no others: get, list, set, delete, recover, purge, backup,
// restore.
func (c *Client) SetVaultPermissions(ctx context.Context, permissions ...string) error {
	return c.call(ctx, http.MethodPut, "/vault/permissions", permissionsBody{append([]string{}, permissions...)}, nil)
}

// VaultSettings tells how the vault behaves.
func (c *Client) VaultSettings(ctx context.Context) (VaultSettings, error) {
	var settings VaultSettings
	err := c.call(ctx, http.MethodGet, "/vault/settings", nil, &settings)
	return settings, err
}

// SetVaultSettings changes it.
func (c *Client) SetVaultSettings(ctx context.Context, settings VaultSettings) error {
	return c.call(ctx, http.MethodPut, "/vault/settings", settings, nil)
}

// DemandVaultClaims makes the vault refuse the next so many tokens with a claims
// challenge, as continuous access evaluation does: whoever then logs in anew is let
// in, and a token that was refused so stays refused.
func (c *Client) DemandVaultClaims(ctx context.Context, tokens int) error {
	return c.call(ctx, http.MethodPost, "/vault/claims-challenge", claimsBody{tokens}, nil)
}
