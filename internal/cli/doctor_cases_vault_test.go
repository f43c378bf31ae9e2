package cli

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/prepare/doctor"
	"github.com/stafett/stafett/secret"
)

// TestDoctorFindsWhatTheVaultLacks takes secrets and permissions away.
func TestDoctorFindsWhatTheVaultLacks(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	id, key := c.secret(t, clientSecret), c.secret(t, keySecret)
	back := func(t *testing.T, c *clinic) {
		t.Helper()
		c.store(t, clientSecret, id)
		c.store(t, keySecret, key)
	}
	c.treat(t, []ailment{
		{
			name: "stafett.yaml names the vault of production", id: "vault.list", says: []string{"kv-fts-prod"},
			inject: editing(projectName, "vault: https://kv-fts-tt02.", "vault: https://kv-fts-prod."), mend: asBefore,
		},
		{
			name: "the caller may not list", id: "vault.list", says: []string{"secrets list", "Key Vault Secrets User"},
			inject: permitting("get", "set"), mend: permitting("list", "get", "set", "delete", "recover", "purge", "backup", "restore"),
		},
		{
			name: "the caller may not read", id: "vault.read", says: []string{"secrets get"},
			inject: permitting("list", "set"), mend: permitting("list", "get", "set", "delete", "recover", "purge", "backup", "restore"),
		},
		{
			name: "the vault's firewall stands between", id: "vault.list", says: []string{"firewall"},
			inject: refusals(vaultHost, http.MethodGet, "/secrets", http.StatusForbidden, vaultRefusal("ForbiddenByFirewall")), mend: recovers(vaultHost),
		},
		{
			name: "the client id is gone", id: "vault.names", says: []string{clientSecret},
			inject: without(clientSecret, true),
		},
		{
			name: "the key is gone", id: "vault.names", says: []string{keySecret},
			inject: without(keySecret, true), after: func(t *testing.T, c *clinic) { t.Helper(); key = c.secret(t, keySecret) },
		},
		{
			name: "the client id was deleted and can be recovered", id: "vault.names", says: []string{"deleted", "recover"},
			inject: without(clientSecret, false), mend: func(t *testing.T, c *clinic) {
				t.Helper()
				if err := c.wire.vault(http.MethodPost, "/deletedsecrets/"+clientSecret+"/recover", nil, nil); err != nil {
					t.Fatal(err)
				}
			},
		},
		{
			name: "the key lies under the name for the other client", id: "vault.names", says: []string{"MaskinportenSettings--JwkBase64", "own client"},
			inject: both(without(keySecret, true), storing("MaskinportenSettings--JwkBase64", func() string { return key })),
			mend:   both(back, without("MaskinportenSettings--JwkBase64", true)),
		},
		{
			name: "the client id has an application's prefix", id: "vault.names", says: []string{"barmark--MaskinportenSettings--ClientId"},
			inject: both(without(clientSecret, true), storing("barmark--MaskinportenSettings--ClientId", func() string { return id })),
			mend:   both(back, without("barmark--MaskinportenSettings--ClientId", true)),
		},
		{
			name: "a name with one hyphen", id: "vault.names", says: []string{"two hyphens"},
			inject: both(without(clientSecret, true), storing("MaskinportenSettings-ClientId", func() string { return id })),
			mend:   both(back, without("MaskinportenSettings-ClientId", true)),
		},
		{
			name: "the key is disabled", id: "vault.enabled", says: []string{keySecret, "--enabled true"},
			inject: attributed(keySecret, map[string]any{"enabled": false}), mend: attributed(keySecret, map[string]any{"enabled": true}),
		},
		{
			name: "the secret's date has passed", id: "vault.dates", status: doctor.Warn, says: []string{"expired on"},
			inject: attributed(keySecret, map[string]any{"exp": time.Now().Add(-48 * time.Hour).Unix()}),
		},
		{
			name: "the secret is not to be used yet", id: "vault.dates", status: doctor.Warn, says: []string{"valid from", "--not-before"},
			inject: attributed(keySecret, map[string]any{"nbf": time.Now().Add(48 * time.Hour).Unix()}),
			mend:   attributed(keySecret, map[string]any{"nbf": time.Now().Add(-48 * time.Hour).Unix()}),
		},
		{
			name: "a secret overrides the environment", id: "vault.overrides", says: []string{"key vault MaskinportenSettings--Environment", "ver2"},
			inject: storing("MaskinportenSettings--Environment", func() string { return "ver2" }), mend: without("MaskinportenSettings--Environment", true),
		},
		{
			name: "client id and key are of two places", id: "vault.sources", status: doctor.Warn, says: []string{"appsettings.json", "key vault " + keySecret},
			inject: both(without(clientSecret, true), func(t *testing.T, c *clinic) {
				t.Helper()
				c.edit(t, settingsName, `"ClientId": ""`, `"ClientId": "`+id+`"`)
			}),
			mend: both(back, asBefore),
		},
	})
}

// TestDoctorFindsWhatIsWrongWithTheKey stores what is no key, or not the key.
func TestDoctorFindsWhatIsWrongWithTheKey(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	id, key := c.secret(t, clientSecret), c.secret(t, keySecret)
	decoded, err := base64.StdEncoding.DecodeString(key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := jwk.ParseEncoded(secret.New(key))
	if err != nil {
		t.Fatal(err)
	}
	public, err := parsed.Public().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	back := func(t *testing.T, c *clinic) {
		t.Helper()
		c.store(t, clientSecret, id)
		c.store(t, keySecret, key)
	}
	ailments := []ailment{
		{
			name: "the two secrets are swapped", id: "key.client-id", says: []string{"swapped"},
			inject: both(storing(clientSecret, func() string { return key }), storing(keySecret, func() string { return id })), mend: back,
		},
		{
			name: "a line break follows the client id", id: "key.client-id", says: []string{"white space", "MP-100"},
			inject: storing(clientSecret, func() string { return id + "\n" }), mend: back,
		},
		{
			name: "the client id is the integration's name", id: "key.client-id", says: []string{"no client id"},
			inject: storing(clientSecret, func() string { return "Stafett for fts" }), mend: back,
		},
		{
			name: "the key has a number where some want text", id: "key.form", status: doctor.Warn, says: []string{"exp"},
			inject: storing(keySecret, func() string { return encode(strings.Replace(string(decoded), "{", `{"exp":1799999999,`, 1)) }), mend: back,
		},
		{
			name: "the other client's key is another", id: "key.families", status: doctor.Warn, says: []string{"JwkBase64"},
			inject: storing("MaskinportenSettings--JwkBase64", func() string { return encode("{}") }), mend: without("MaskinportenSettings--JwkBase64", true),
		},
	}
	for name, wrong := range map[string]struct{ text, says string }{
		"the key is not encoded":                {string(decoded), "not-encoded"},
		"the key is encoded twice":              {encode(key), "doubly-encoded"},
		"the key is cut":                        {key[:len(key)/2/4*4], "truncated"},
		"the key's padding is lost":             {unpadded(string(decoded)), "padding-missing"},
		"the key is in an array":                {encode("[" + string(decoded) + "]"), "key-array"},
		"the key is a key set":                  {encode(`{"keys":[` + string(decoded) + `]}`), "key-set"},
		"only the public key is there":          {encode(string(public)), "public-only"},
		"the key begins with a byte order mark": {encode("\ufeff" + string(decoded)), "byte-order-mark"},
		"PowerShell has encoded the key":        {encode(utf16(string(decoded))), "utf-16"},
		"the key has no kid":                    {encode(strings.Replace(string(decoded), `"kid":"`+parsed.KeyID()+`",`, "", 1)), "missing-members"},
	} {
		ailments = append(ailments, ailment{
			name: name, id: "key.readable", says: []string{wrong.says},
			inject: storing(keySecret, func() string { return wrong.text }), mend: back,
		})
	}
	c.treat(t, ailments)
}

// utf16 is how PowerShell writes a text of ASCII.
func utf16(text string) string {
	var wide strings.Builder
	for _, char := range text {
		wide.WriteRune(char)
		wide.WriteByte(0)
	}
	return wide.String()
}

// unpadded is the base64 of a text, which is made to need padding, without it.
func unpadded(text string) string {
	for len(text)%3 == 0 {
		text += " "
	}
	return strings.TrimRight(encode(text), "=")
}

func encode(text string) string { return base64.StdEncoding.EncodeToString([]byte(text)) }

// storing is an injection, or a mend, that stores a secret.
func storing(name string, value func() string) func(*testing.T, *clinic) {
	return func(t *testing.T, c *clinic) {
		t.Helper()
		c.store(t, name, value())
	}
}

// without deletes a secret; for good when purge is set.
func without(name string, purge bool) func(*testing.T, *clinic) {
	return func(t *testing.T, c *clinic) {
		t.Helper()
		if err := c.wire.vault(http.MethodDelete, "/secrets/"+name, nil, nil); err != nil {
			t.Fatal(err)
		}
		if !purge {
			return
		}
		if err := c.wire.vault(http.MethodDelete, "/deletedsecrets/"+name, nil, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// attributed changes attributes of a secret.
func attributed(name string, attributes map[string]any) func(*testing.T, *clinic) {
	return func(t *testing.T, c *clinic) {
		t.Helper()
		if err := c.wire.vault(http.MethodPatch, "/secrets/"+name, map[string]any{"attributes": attributes}, nil); err != nil {
			t.Fatal(err)
		}
	}
}

// permitting leaves the caller these permissions in the vault.
func permitting(permissions ...string) func(*testing.T, *clinic) {
	return func(t *testing.T, c *clinic) {
		t.Helper()
		if err := c.platform.SetVaultPermissions(permissions); err != nil {
			t.Fatal(err)
		}
	}
}
