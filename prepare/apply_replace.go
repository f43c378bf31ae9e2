package prepare

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/prepare/internal/keys"
	"github.com/stafett/stafett/secret"
	"github.com/stafett/stafett/selfservice"
)

// bridgeKey registers the new key on the integration that is replaced, if that
// one works. One that does not take it is left alone: then there is a window.
func (r *run) bridgeKey(ctx context.Context, a BridgeKey) (string, error) {
	err := r.systems.Prover.Prove(ctx, a.ClientID, r.plan.oldKey, r.askedScopes())
	if refusal, ok := errors.AsType[*maskinporten.Error](err); ok && !refusal.Temporary() {
		return fmt.Sprintf("integration %s gives no token as it is, so there is nothing to keep working", a.ClientID), nil
	}
	if err != nil {
		return "", err
	}
	text, err := r.addKey(ctx, a.ClientID)
	if refusal, ok := errors.AsType[*selfservice.Error](err); ok && !refusal.Temporary() {
		r.unbridged = true
		return fmt.Sprintf("integration %s does not take it: %v", a.ClientID, err), nil
	}
	r.bridged = err == nil
	return text, err
}

// proveBridge has the integration that is replaced give a token for the new key.
func (r *run) proveBridge(ctx context.Context) error {
	return r.proveFor(ctx, r.plan.Target.Replace, r.key, r.askedScopes())
}

// askedScopes are what the application asks for now.
func (r *run) askedScopes() []string {
	if scopes := strings.Fields(r.plan.state.settings.Scope.Text); len(scopes) > 0 {
		return scopes
	}
	return r.plan.Target.Scopes
}

// promoteKey stores the key where the application reads it. With a bridge it then
// waits until whoever read the old key has read the old client id too.
func (r *run) promoteKey(ctx context.Context, a PromoteKey) (string, error) {
	if err := r.keyUnchanged(ctx); err != nil {
		return "", err
	}
	if err := r.unchanged(ctx, a.Secret, r.plan.state.encodedJWK); err != nil {
		return "", err
	}
	clientSecret, _ := r.plan.Target.secretNames()
	if err := r.unchanged(ctx, clientSecret, r.plan.state.clientID); err != nil {
		return "", err
	}
	thumbprint, err := r.public.Thumbprint()
	if err != nil {
		return "", err
	}
	began := r.systems.now()
	_, err = r.systems.Vault.Set(ctx, a.Secret, r.key.Encoded(), keyvault.SetOptions{
		ContentType: keys.ContentType, Tags: keys.Tags(r.public.KeyID, thumbprint), Expires: r.plan.keyEnds(keyvault.Item{Expires: endOf(began)}),
	})
	if err != nil {
		return "", err
	}
	r.keySecret, r.encoded, r.swapped = a.Secret, r.key.Encoded(), began
	if !r.bridged {
		return keys.Text(r.public.KeyID, thumbprint), nil
	}
	timer := time.NewTimer(r.systems.readingTime())
	defer timer.Stop()
	select {
	case <-timer.C:
		return keys.Text(r.public.KeyID, thumbprint), nil
	case <-ctx.Done():
		return "", ctx.Err()
	}
}

func (r *run) clearKey(ctx context.Context, a ClearKey) (string, error) {
	if err := r.keyUnchanged(ctx); err != nil {
		return "", err
	}
	_, err := r.systems.Vault.Set(ctx, a.Secret, secret.New(keys.Cleared), keyvault.SetOptions{
		ContentType: "text/plain", Tags: map[string]string{keys.TagMadeBy: keys.MadeBy},
	})
	return "", err
}

func (r *run) dateSecret(ctx context.Context, a DateSecret) (string, error) {
	if err := r.keyUnchanged(ctx); err != nil {
		return "", err
	}
	_, err := r.systems.Vault.Update(ctx, a.Secret, "", keyvault.UpdateOptions{Tags: a.tags, Expires: a.Expires})
	return "", err
}
