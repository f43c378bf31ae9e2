package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/stafett/stafett/jwk"
)

// noAdminKeyError says that an admin client is named, and not where its key lies.
type noAdminKeyError struct{ clientID string }

func (e *noAdminKeyError) Error() string {
	return "the admin client " + e.clientID + " is named, and its key is not"
}

// Remedy says where to name it.
func (*noAdminKeyError) Remedy() string {
	return "name its key as selfService.keyFile or selfService.keySecret in stafett.yaml, or as STAFETT_SELFSERVICE_KEY_FILE; without an admin client: --guided"
}

// adminKey reads the key of the admin client from where stafett.yaml says that it
// lies.
func (c *connection) adminKey(ctx context.Context) (*jwk.Key, error) {
	if c.admin.KeyFile == "" && c.admin.KeySecret == "" {
		return nil, &noAdminKeyError{c.admin.ClientID}
	}
	if c.admin.KeySecret == "" {
		content, err := readSecretFile(c.admin.KeyFile)
		if err != nil {
			return nil, fmt.Errorf("read the admin client's key: %w", err)
		}
		key, err := jwk.ParsePrivate(content)
		if err != nil {
			return nil, fmt.Errorf("read the admin client's key in %s: %w", c.admin.KeyFile, err)
		}
		return key, nil
	}
	vault, err := c.vaultAt(c.admin.Vault, c.client)
	if err != nil {
		return nil, err
	}
	found, err := vault.Get(ctx, c.admin.KeySecret)
	if err != nil {
		return nil, fmt.Errorf("read the admin client's key: %w", err)
	}
	parse := jwk.ParseEncoded
	if strings.HasPrefix(strings.TrimSpace(found.Value.Reveal()), "{") {
		parse = jwk.ParsePrivate
	}
	key, err := parse(found.Value)
	if err != nil {
		return nil, fmt.Errorf("read the admin client's key in the secret %s: %w", c.admin.KeySecret, err)
	}
	return key, nil
}
