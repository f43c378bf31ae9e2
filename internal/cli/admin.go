package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/stafett/stafett/jwk"
)

// adminKey reads the key of the admin client from where stafett.yaml says that it
// lies.
func (c *connection) adminKey(ctx context.Context) (*jwk.Key, error) {
	if c.admin.KeyFile == "" && c.admin.KeySecret == "" {
		return nil, errors.New("read the admin client's key: neither keyFile nor keySecret is named")
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
