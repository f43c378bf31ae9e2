package cli

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/selfservice"
	"github.com/stafett/stafett/secret"
)

// clientPath is where the self-service API has the vault's integration.
func (c *clinic) clientPath(t *testing.T) string {
	t.Helper()
	return "/clients/" + c.secret(t, clientSecret)
}

func (c *clinic) keysPath(t *testing.T) string {
	t.Helper()
	return c.clientPath(t) + "/jwks"
}

// publicKey is the public part of the vault's key.
func (c *clinic) publicKey(t *testing.T) jwk.Public {
	t.Helper()
	key, err := jwk.ParseEncoded(secret.New(c.secret(t, keySecret)))
	if err != nil {
		t.Fatal(err)
	}
	return key.Public()
}

// register makes the vault's key, under that id, the only one of the integration.
func (c *clinic) register(t *testing.T, id string) {
	t.Helper()
	key := c.publicKey(t)
	key.KeyID = id
	c.portal(t, http.MethodPost, c.keysPath(t), jwk.Set{Keys: []jwk.Public{key}}, nil)
}

// scopes gives the integration these scopes and no others.
func (c *clinic) scopes(t *testing.T, scopes ...string) {
	t.Helper()
	var client map[string]any
	c.portal(t, http.MethodGet, c.clientPath(t), nil, &client)
	client["scopes"] = scopes
	for _, member := range []string{"created", "last_updated", "jwks_uri"} {
		delete(client, member)
	}
	c.portal(t, http.MethodPut, c.clientPath(t), client, nil)
}

// foreign stores a client id, and a key that is registered nowhere.
func (c *clinic) foreign(t *testing.T, clientID string) {
	t.Helper()
	c.store(t, clientSecret, clientID)
	c.store(t, keySecret, newKey(t, "fts-tt02-"+uuid.NewString()).Encoded().Reveal())
}

// expire lets the registered key end after a time.
func (c *clinic) expire(t *testing.T, after time.Duration) {
	t.Helper()
	check(t, c.platform.Registry().SetKeyExpiry(c.secret(t, clientSecret), c.publicKey(t).KeyID, time.Now().Add(after)))
}

// ownScope makes a scope of the organisation's own the only one that the project,
// the section and the integration have.
func (c *clinic) ownScope(t *testing.T, scope selfservice.Scope) {
	t.Helper()
	scope.OwnerOrgNumber = "313547264"
	check(t, c.platform.Registry().AddScope(scope))
	check(t, c.platform.Registry().GrantAccess(scope.Name, "313547264"))
	c.scopes(t, scope.Name)
	c.edit(t, projectName, projectReadScope+"         # find and read instances\n    - "+writeScope, "    - "+scope.Name)
	c.edit(t, originalSettings, settingsScope, `"Scope": "`+scope.Name+`"`)
}

// preparedAgain gives project and settings their scopes back, and prepares.
func preparedAgain(t *testing.T, c *clinic) {
	t.Helper()
	c.restore(t)
	c.command(t, "stafett", "prepare", "--yes")
}

// otherModulus makes another modulus of one, which nobody can sign with.
func otherModulus(modulus string, n int) string {
	at := len(modulus)/2 + n
	letter := "A"
	if modulus[at] == 'A' {
		letter = "B"
	}
	return modulus[:at] + letter + modulus[at+1:]
}

// refusesToken is an injection that lets Maskinporten refuse the vault's
// integration, and no other one.
func (c *clinic) refusesToken(status int, body string) func(*testing.T, *clinic) {
	return func(t *testing.T, c *clinic) {
		t.Helper()
		id := c.secret(t, clientSecret)
		refuse := refusing(http.MethodPost, "/token", status, body)
		c.answer(local.MaskinportenHost, func(w http.ResponseWriter, r *http.Request) bool {
			content, err := io.ReadAll(r.Body)
			if err != nil {
				return false
			}
			r.Body = io.NopCloser(bytes.NewReader(content))
			return strings.Contains(issuer(content), id) && refuse(w, r)
		})
	}
}

// issuer is who signed the assertion in a request's form.
func issuer(form []byte) string {
	parts := strings.Split(string(form), ".")
	if len(parts) != 3 {
		return ""
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	var claims struct {
		Issuer string `json:"iss"`
	}
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		return ""
	}
	return claims.Issuer
}
