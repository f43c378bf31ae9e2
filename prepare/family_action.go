package prepare

import (
	"context"
	"fmt"

	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/prepare/internal/keys"
	"github.com/stafett/stafett/secret"
)

// CopyKey stores the key that one client of the section reads under the name that
// the other client reads, so that both sign with the same. The first stays.
type CopyKey struct {
	From, Secret      string // names of the secrets
	KeyID, Thumbprint string
}

// StoreAuthority stores the issuer that the built-in client asks, in place of one
// that is in the vault and is not right. It is no secret, but the vault's value
// wins over every file's.
type StoreAuthority struct {
	Secret    string // name of the secret
	Authority string
	Replaces  string // what is there, in words where it is no address
}

// DisableSecret disables a secret that no client of the section reads any more.
// Applications pass over disabled secrets, and it can be enabled again.
type DisableSecret struct {
	Secret string // its name
}

// System implements [Action].
func (CopyKey) System() System        { return KeyVault }
func (DisableSecret) System() System  { return KeyVault }
func (StoreAuthority) System() System { return KeyVault }

// Sign implements [Action].
func (CopyKey) Sign() Sign        { return Add }
func (DisableSecret) Sign() Sign  { return Alter }
func (StoreAuthority) Sign() Sign { return Alter }

// String implements [Action].
func (a CopyKey) String() string {
	return fmt.Sprintf("store %s, which secret %s holds, as secret %s too", keys.Text(a.KeyID, a.Thumbprint), a.From, a.Secret)
}

func (a StoreAuthority) String() string {
	return fmt.Sprintf("store %s as secret %s, in place of %s", a.Authority, a.Secret, a.Replaces)
}

func (a DisableSecret) String() string {
	return fmt.Sprintf("disable secret %s, which the application does not read any more; it can be enabled again", a.Secret)
}

func (r *run) disableSecret(ctx context.Context, a DisableSecret) (string, error) {
	if err := r.keyUnchanged(ctx); err != nil {
		return "", err
	}
	disabled := false
	_, err := r.systems.Vault.Update(ctx, a.Secret, "", keyvault.UpdateOptions{Enabled: &disabled})
	return "", err
}

// copyKey writes the key anew, in the form that both clients read.
func (r *run) copyKey(ctx context.Context, a CopyKey) (string, error) {
	if err := r.unchanged(ctx, a.From, r.plan.state.otherKey); err != nil {
		return "", err
	}
	if err := r.unchanged(ctx, a.Secret, r.plan.state.encodedJWK); err != nil {
		return "", err
	}
	other, _ := r.plan.state.item(a.From)
	_, err := r.systems.Vault.Set(ctx, a.Secret, r.key.Encoded(), keyvault.SetOptions{
		ContentType: keys.ContentType, Tags: keys.Tags(a.KeyID, a.Thumbprint), Expires: r.plan.keyEnds(other),
	})
	if err != nil {
		return "", err
	}
	r.encoded = r.key.Encoded()
	return keys.Text(a.KeyID, a.Thumbprint), nil
}

func (r *run) storeAuthority(ctx context.Context, a StoreAuthority) (string, error) {
	if err := r.unchanged(ctx, a.Secret, r.plan.state.authority); err != nil {
		return "", err
	}
	_, err := r.systems.Vault.Set(ctx, a.Secret, secret.New(a.Authority), keyvault.SetOptions{
		ContentType: "text/plain", Tags: map[string]string{keys.TagMadeBy: keys.MadeBy},
	})
	return "", err
}
