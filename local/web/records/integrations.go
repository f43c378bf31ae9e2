package records

import (
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"math/big"
	"net/http"
	"slices"
	"time"

	"github.com/stafett/stafett/local/redact"
	"github.com/stafett/stafett/local/selfservice"
	"github.com/stafett/stafett/local/web/frame"
)

// integrationsPage lists the integrations of each organisation.
type integrationsPage struct {
	Search   string
	Inactive bool
	Owners   []owner
	Shown    int
	Read     time.Time
}

type owner struct {
	selfservice.Organisation
	Integrations []integration
	// Access is what the organisation has been given or denied.
	Access []selfservice.Access
}

// integration is a client with all that is told of it.
type integration struct {
	selfservice.Client
	Organisation string
	Changed      time.Time // of the client or its keys, the later one
	// Pending is when Maskinporten knows the last change at the latest; zero if it
	// knows it.
	Pending time.Time
	Scopes  []scope
	Keys    []key
	KeySet  selfservice.KeySet
	// Life is that of the key that ends first, of those that have not ended; where
	// all have, that of the last one.
	Life Life
}

type scope struct {
	Name, Description, Owner string
	// May tells that the organisation has access.
	May, ForAll, Exists bool
}

// key is a registered public key.
type key struct {
	ID, Algorithm, Thumbprint string
	Bits                      int
	Life                      Life
	Holders                   []holder
}

// holder is a version of a secret that says by its tags that it holds a key.
type holder struct {
	Secret, Version string
	Latest, Deleted bool
}

func (a *area) showIntegrations(c *frame.Call) (frame.Answer, error) {
	page := integrationsPage{Search: search(c), Inactive: c.URL.Query().Get("inactive") != "", Read: a.cfg.Now()}
	vault, err := a.vault()
	if err != nil {
		return frame.Answer{}, err
	}
	for _, organisation := range a.cfg.Registry.Organisations() {
		told := owner{Organisation: organisation}
		for _, client := range a.cfg.Registry.Clients(organisation.Number, page.Inactive) {
			made, err := a.integration(client.ClientID, vault)
			if err == nil && made.mentions(page.Search) {
				told.Integrations = append(told.Integrations, made)
			}
		}
		if page.Search == "" {
			told.Access = a.cfg.Registry.AccessOf(organisation.Number)
		}
		page.Shown += len(told.Integrations)
		if len(told.Integrations) > 0 || len(told.Access) > 0 {
			page.Owners = append(page.Owners, told)
		}
	}
	return frame.Show("integrations", c.T("integrations"), page), nil
}

func (a *area) showIntegration(c *frame.Call) (frame.Answer, error) {
	vault, err := a.vault()
	if err != nil {
		return frame.Answer{}, err
	}
	made, err := a.integration(c.PathValue("client"), vault)
	if err != nil {
		return frame.Answer{}, frame.Refuse(http.StatusNotFound, "no-integration")
	}
	tokens := a.tokens(func(t token) bool { return t.ClientID == made.ClientID })
	page := struct {
		integration
		Tokens []token
		More   bool // tokens
		Read   time.Time
	}{made, tokens[:min(len(tokens), lastTokens)], len(tokens) > lastTokens, a.cfg.Now()}
	return frame.Show("integration", c.T("integration-of", made.Name, made.Organisation), page), nil
}

// lastTokens is how many tokens are shown with what they are about.
const lastTokens = 5

// mentions reports whether a search finds the integration.
func (i integration) mentions(wanted string) bool {
	texts := append([]string{i.Name, i.Description, i.ClientID, i.Organisation, i.OrgNumber}, i.Client.Scopes...)
	for _, key := range i.Keys {
		texts = append(texts, key.ID, key.Thumbprint)
	}
	return mentions(wanted, texts...)
}

func (a *area) integration(clientID string, vault secrets) (integration, error) {
	registration, err := a.cfg.Registry.Registration(clientID)
	if err != nil {
		return integration{}, err
	}
	now := a.cfg.Now()
	client := registration.Client
	// Nothing keeps a person from writing something secret here.
	client.Name, client.Description = redact.Text(client.Name), redact.Text(client.Description)
	made := integration{
		Client: client, KeySet: registration.Keys, Organisation: a.organisation(registration.Client.OrgNumber),
		Changed: registration.Client.LastUpdated.Time, Life: Life{Level: "never", Color: "neutral"},
	}
	if changed := registration.Keys.LastUpdated; changed != nil && changed.After(made.Changed) {
		made.Changed = changed.Time
	}
	if delay := a.cfg.Propagation(); a.cfg.Registry.RegistrationAsOf(clientID, now.Add(-delay)) != registration {
		made.Pending = made.Changed.Add(delay)
	}
	for _, name := range registration.Client.Scopes {
		found, ok := a.cfg.Registry.Scope(name)
		made.Scopes = append(made.Scopes, scope{
			Name: name, Description: found.Description, Owner: a.organisation(found.OwnerOrgNumber),
			May: a.cfg.Registry.MayUse(name, registration.Client.OrgNumber), ForAll: found.AccessibleForAll, Exists: ok && found.Active,
		})
	}
	for _, registered := range registration.Keys.Keys {
		told := newKey(registered, now)
		told.Holders = vault.holders(registered.KeyID, told.Thumbprint)
		made.Keys = append(made.Keys, told)
	}
	slices.SortStableFunc(made.Keys, func(a, b key) int { return b.Life.Expires.Compare(a.Life.Expires) })
	for n, key := range made.Keys {
		if n == 0 || key.Life.Level != "expired" {
			made.Life = key.Life // the keys end later first
		}
	}
	return made, nil
}

func newKey(registered selfservice.Key, now time.Time) key {
	told := key{ID: redact.Text(registered.KeyID), Algorithm: registered.Algorithm, Life: lifeOf(time.Unix(registered.Expires, 0), now)}
	if public := registered.PublicKey(); public != nil {
		told.Thumbprint, told.Bits = thumbprint(public), public.N.BitLen()
	}
	return told
}

// thumbprint is that of RFC 7638 with SHA-256.
func thumbprint(public *rsa.PublicKey) string {
	encode := base64.RawURLEncoding.EncodeToString
	sum := sha256.Sum256([]byte(`{"e":"` + encode(big.NewInt(int64(public.E)).Bytes()) + `","kty":"RSA","n":"` + encode(public.N.Bytes()) + `"}`))
	return encode(sum[:])
}

// organisation is the name that goes with a number; the number where there is none.
func (a *area) organisation(number string) string {
	for _, organisation := range a.cfg.Registry.Organisations() {
		if organisation.Number == number {
			return organisation.Name
		}
	}
	return number
}

// registered lists the integrations in use that have a key with the id.
func (a *area) registered(keyID string) []registeredKey {
	var found []registeredKey
	for _, organisation := range a.cfg.Registry.Organisations() {
		for _, client := range a.cfg.Registry.Clients(organisation.Number, false) {
			registration, err := a.cfg.Registry.Registration(client.ClientID)
			if err != nil {
				continue // there a moment ago; it is in use no more
			}
			if registered, ok := registration.Keys.Key(keyID); ok {
				told := newKey(registered, a.cfg.Now())
				found = append(found, registeredKey{ClientID: client.ClientID, Name: redact.Text(client.Name), Thumbprint: told.Thumbprint, Life: told.Life})
			}
		}
	}
	return found
}

// registeredKey says where a key is registered.
type registeredKey struct {
	ClientID, Name, Thumbprint string
	Life                       Life
}
