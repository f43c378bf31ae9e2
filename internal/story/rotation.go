package story

import (
	"context"
	"fmt"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/keyvault"
)

// replaceKey registers a second key beside the first and makes it the vault's.
// It returns the new key.
func (w *world) replaceKey(ctx context.Context) (*jwk.Key, error) {
	owner := w.project.Owner.Org
	key, err := jwk.Generate(jwk.NewKeyID(owner, w.environment.Name), jwk.DefaultBits)
	if err != nil {
		return nil, err
	}
	clientID := w.document.Integration.ClientID
	set, err := w.portal.Keys(ctx, clientID)
	if err != nil {
		return nil, err
	}
	set.Keys = append(set.Keys, key.Public())
	if _, err := w.portal.ReplaceKeys(ctx, clientID, set); err != nil {
		return nil, fmt.Errorf("register a second key: %w", err)
	}
	_, name := keyvault.SecretNames(w.project.Section)
	if _, err := w.vault.Set(ctx, name, key.Encoded(), keyvault.SetOptions{ContentType: "application/jwk+json;base64"}); err != nil {
		return nil, fmt.Errorf("publish the second key: %w", err)
	}
	return key, nil
}

// forgetTokens makes a process ask for new tokens at its next request.
// Maskinporten's goes first: an exchange in between could else use it again.
func (w *world) forgetTokens(ctx context.Context, p *process) {
	if token, err := p.integration.Maskinporten().TokenContext(ctx); err == nil {
		p.integration.Maskinporten().Invalidate(token.AccessToken)
	}
	if token, err := p.integration.Altinn().Token(ctx); err == nil {
		p.integration.Altinn().Invalidate(token)
	}
}
