package appsettings

import (
	"strings"
	"time"

	"github.com/stafett/stafett/secret"
)

// VaultSecret is one secret of a vault, at its latest version.
type VaultSecret struct {
	Name    string
	Value   secret.String
	Updated time.Time
	Enabled bool
}

// vaultLayer maps secrets to settings as the Key Vault configuration provider of
// ASP.NET Core does: "--" in a name is a separator, a disabled secret is passed
// over, and of two that map to one key the later updated wins. Expiry is not
// looked at: the provider loads expired secrets too.
func vaultLayer(secrets []VaultSecret) *layer {
	l := newLayer()
	updated := map[string]time.Time{}
	for _, s := range secrets {
		key := strings.ReplaceAll(s.Name, "--", separator)
		earlier, exists := updated[fold(key)]
		if !s.Enabled || exists && !s.Updated.After(earlier) {
			continue
		}
		updated[fold(key)] = s.Updated
		l.set(Value{
			Key:     key,
			Origin:  Origin{Source: "key vault " + s.Name, Kind: KeyVault, Name: s.Name},
			content: s.Value,
			secret:  true,
		})
	}
	return l
}
