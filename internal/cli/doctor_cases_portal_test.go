package cli

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/selfservice"
	"github.com/stafett/stafett/prepare/doctor"
)

const (
	originalSettings = "original-form/appsettings.json"
	settingsScope    = `"Scope": "altinn:serviceowner/instances.read altinn:serviceowner/instances.write"`
	projectReadScope = "    - altinn:serviceowner/instances.read"
)

// TestDoctorFindsWhatThePortalHasOtherwise breaks what is registered at
// Samarbeidsportalen, or what the vault has of it.
func TestDoctorFindsWhatThePortalHasOtherwise(t *testing.T) {
	t.Parallel()
	c := newClinic(t)
	var before string // what was stored before an injection
	c.treat(t, []ailment{
		{
			name: "Samarbeidsportalen refuses the admin client", id: "integration.portal", says: []string{"403", "idporten:dcr.read"},
			inject: refusals(portalHost, http.MethodGet, "/api/v1/clients", http.StatusForbidden, `{"error":"access_denied"}`), mend: recovers(portalHost),
		},
		{
			name: "Samarbeidsportalen is out of order", id: "integration.portal", says: []string{"503", "status.digdir.no"},
			inject: refusals(portalHost, http.MethodGet, "/api/v1/clients", http.StatusServiceUnavailable, ""), mend: recovers(portalHost),
		},
		{
			name: "the admin client's own key has expired", id: "integration.portal", says: []string{"admin client", "MP-121", "renew"},
			inject: refusals(local.MaskinportenHost, http.MethodPost, "/token", http.StatusBadRequest, mp("invalid_grant", "Invalid assertion. Client authentication failed. Expired key.", "121")),
			mend:   recovers(local.MaskinportenHost),
		},
		{
			name: "the client id is mistyped", id: "integration.known", says: []string{"is registered on", "another client id was stored"},
			inject: func(t *testing.T, c *clinic) { c.store(t, clientSecret, uuid.NewString()) },
		},
		{
			name: "client id and key are from elsewhere", id: "integration.known", says: []string{"is none of the organisation's", "other environment", "store that client id"},
			inject: func(t *testing.T, c *clinic) {
				before = c.secret(t, clientSecret)
				c.foreign(t, uuid.NewString())
			},
			mend: func(t *testing.T, c *clinic) {
				c.store(t, clientSecret, before)
				c.command(t, "stafett", "prepare", "--yes")
			},
		},
		{
			name: "client id and key are from elsewhere, and nothing is registered", id: "integration.known", says: []string{"have a new integration made"},
			inject: func(t *testing.T, c *clinic) {
				c.portal(t, http.MethodDelete, c.clientPath(t), nil, nil)
				c.foreign(t, uuid.NewString())
			},
		},
		{
			name: "the integration has been deactivated", id: "integration.active", says: []string{"deactivated"},
			inject: func(t *testing.T, c *clinic) { c.portal(t, http.MethodDelete, c.clientPath(t), nil, nil) },
		},
		{
			name: "the integration is of another type", id: "integration.type", says: []string{"idporten", "cannot be changed"},
			inject: func(t *testing.T, c *clinic) {
				c.portal(t, http.MethodDelete, c.clientPath(t), nil, nil)
				made, err := c.platform.Registry().AddClient(selfservice.Client{
					Name: "en annen", Description: "En annen", OrgNumber: "313547264", IntegrationType: "idporten", Scopes: []string{"altinn:serviceowner/instances.read", writeScope},
				})
				check(t, err)
				c.foreign(t, made.ClientID)
			},
		},
		{
			name: "the owner in the project is another organisation", id: "integration.organisation", says: []string{"313547264", "owner.organisationNumber"},
			inject: editing(projectName, "owner:\n  org: fts\n  organisationNumber: \"313547264\"", "owner:\n  org: fts\n  organisationNumber: \"991825827\""), mend: asBefore,
		},
		{
			name: "the key was removed from the integration", id: "integration.key", says: []string{"thumbprint", "never registered"},
			inject: func(t *testing.T, c *clinic) { c.portal(t, http.MethodDelete, c.keysPath(t), nil, nil) },
		},
		{
			name: "another key is in the vault", id: "integration.key", says: []string{"never registered"},
			inject: func(t *testing.T, c *clinic) { c.store(t, keySecret, newKey(t, "fts-tt02-another").Encoded().Reveal()) },
		},
		{
			name: "another key is in the vault under the same id", id: "integration.key", says: []string{"another key is registered", "Key Vault keeps"},
			inject: func(t *testing.T, c *clinic) {
				before = c.secret(t, keySecret)
				c.store(t, keySecret, newKey(t, "fts-tt02-another").Encoded().Reveal())
			},
			mend: func(t *testing.T, c *clinic) { c.store(t, keySecret, before) },
		},
		{
			name: "the set of keys is full of others", id: "integration.key", says: []string{"there are 5 keys already", "remove a key"},
			inject: func(t *testing.T, c *clinic) {
				keys := make([]jwk.Public, 5)
				for i := range keys {
					keys[i] = c.publicKey(t)
					keys[i].KeyID = fmt.Sprintf("fts-tt02-old-%d", i)
					keys[i].Modulus = otherModulus(keys[i].Modulus, i)
				}
				c.portal(t, http.MethodPost, c.keysPath(t), jwk.Set{Keys: keys}, nil)
			},
			mend: func(t *testing.T, c *clinic) {
				c.portal(t, http.MethodDelete, c.keysPath(t), nil, nil)
				c.command(t, "stafett", "prepare", "--yes")
			},
		},
		{
			name: "the portal gave the key an id of its own", id: "integration.key-id", says: []string{"set Kid", "as PEM"},
			inject: func(t *testing.T, c *clinic) {
				c.register(t, "portal-made-id")
				t.Cleanup(func() { c.register(t, c.publicKey(t).KeyID) })
			},
			mend: editing(originalSettings, settingsScope, settingsScope+",\n    \"Kid\": \"portal-made-id\""),
		},
		{
			name: "a setting gives the key another id", id: "integration.key-id", says: []string{"remove Kid", "appsettings.json"},
			inject: editing(originalSettings, settingsScope, settingsScope+",\n    \"Kid\": \"en-annen\""), mend: asBefore,
		},
		{
			name: "the registered key has expired", id: "integration.key-expiry", says: []string{"expired on", "MP-121", "--finish"},
			inject: func(t *testing.T, c *clinic) { c.expire(t, -time.Hour) },
			after: func(t *testing.T, c *clinic) { // the application has been deployed again
				t.Helper()
				c.command(t, "stafett", "rotate", "--finish", "--yes")
			},
		},
		{
			name: "the registered key ends in more than a week", id: "integration.key-expiry", status: doctor.Warn, says: []string{"within 30 days"},
			inject: func(t *testing.T, c *clinic) { c.expire(t, 7*24*time.Hour+12*time.Hour) },
		},
		{
			name: "there is no room for another key", id: "integration.key-room", status: doctor.Warn, says: []string{"has 5 keys", "rotated"},
			inject: func(t *testing.T, c *clinic) {
				keys := []jwk.Public{c.publicKey(t)}
				for i := range 4 {
					keys = append(keys, c.publicKey(t))
					keys[i+1].KeyID = fmt.Sprintf("fts-tt02-older-%d", i)
					keys[i+1].Modulus = otherModulus(keys[0].Modulus, i)
				}
				c.portal(t, http.MethodPost, c.keysPath(t), jwk.Set{Keys: keys}, nil)
			},
			mend: func(t *testing.T, c *clinic) { c.register(t, c.publicKey(t).KeyID) },
		},
		{
			name: "a scope is misspelt", id: "integration.scope-names", says: []string{"altinn:serviceowners/instances.read", "misspelling of altinn:serviceowner/instances.read"},
			inject: both(editing(projectName, projectReadScope, "    - altinn:serviceowners/instances.read"), editing(originalSettings, `"altinn:serviceowner/instances.read `, `"altinn:serviceowners/instances.read `)),
			mend:   asBefore,
		},
		{
			name: "the organisation is not granted a scope", id: "integration.granted", says: []string{"313547264 has no access", "Altinn (Digdir)"},
			inject: func(t *testing.T, c *clinic) { check(t, c.platform.Registry().RevokeAccess(writeScope, "313547264")) },
			mend:   func(t *testing.T, c *clinic) { check(t, c.platform.Registry().GrantAccess(writeScope, "313547264")) },
		},
		{
			name: "a scope is asked for that nobody has given", id: "integration.granted", says: []string{"ats:avtale.read", "the owner of the scope"},
			inject: both(editing(projectName, projectReadScope, "    - ats:avtale.read\n"+projectReadScope), editing(originalSettings, `"altinn:serviceowner/instances.read `, `"ats:avtale.read altinn:serviceowner/instances.read `)),
			mend:   asBefore,
		},
		{
			name: "the integration lacks a scope", id: "integration.scopes", says: []string{"lacks " + writeScope},
			inject: func(t *testing.T, c *clinic) { c.scopes(t, "altinn:serviceowner/instances.read") },
		},
	})
}

const writeScope = "altinn:serviceowner/instances.write"

// TestDoctorDecodesRefusals lets Maskinporten and Altinn refuse the application.
func TestDoctorDecodesRefusals(t *testing.T) {
	t.Parallel()
	const failed = "Invalid assertion. Client authentication failed."
	const other = "991825827"
	c := newClinic(t)
	c.treat(t, []ailment{
		{
			name: "Maskinporten has not heard of the key yet", id: "token.issued", says: []string{"has not heard of it yet", "two minutes"},
			inject: func(t *testing.T, c *clinic) {
				check(t, c.platform.SetPropagation(time.Minute))
				c.store(t, keySecret, newKey(t, "fts-tt02-new").Encoded().Reveal())
				c.register(t, "fts-tt02-new")
			},
			mend: func(t *testing.T, c *clinic) { check(t, c.platform.SetPropagation(0)) },
		},
		{
			name: "a proxy sends the request twice", id: "token.issued", says: []string{"MP-012", "retries"},
			inject: c.refusesToken(http.StatusBadRequest, mp("invalid_grant", "Grant is used before", "012")), mend: recovers(local.MaskinportenHost),
		},
		{
			name: "a gateway damages the assertion", id: "token.issued", says: []string{"MP-011", "damaged on its way"},
			inject: c.refusesToken(http.StatusBadRequest, mp("invalid_request", "Invalid assertion. Invalid parameter value", "011")), mend: recovers(local.MaskinportenHost),
		},
		{
			name: "Maskinporten finds the signature wrong", id: "token.issued", says: []string{"MP-124", "thumbprints"},
			inject: c.refusesToken(http.StatusBadRequest, mp("invalid_grant", failed+" Invalid JWT signature.", "124")), mend: recovers(local.MaskinportenHost),
		},
		{
			name: "the assertion is late", id: "token.issued", says: []string{"MP-130", "NTP", "clock stage"},
			inject: c.refusesToken(http.StatusBadRequest, mp("invalid_grant", "JWT is expired", "130")), mend: recovers(local.MaskinportenHost),
		},
		{
			name: "Maskinporten is out of order", id: "token.issued", says: []string{"503", "status.digdir.no"},
			inject: c.refusesToken(http.StatusServiceUnavailable, ""), mend: recovers(local.MaskinportenHost),
		},
		{
			name: "something redirects the token endpoint", id: "token.issued", says: []string{"redirects"},
			inject: c.refusesToken(http.StatusFound, ""), mend: recovers(local.MaskinportenHost),
		},
		{
			name: "the organisation is named as its own customer", id: "token.issued", says: []string{"its own customer", "ConsumerOrgNo", "appsettings.json"},
			inject: editing(originalSettings, settingsScope, settingsScope+",\n    \"ConsumerOrgNo\": \"313547264\""), mend: asBefore,
		},
		{
			name: "a customer has not delegated", id: "token.issued", says: []string{"MP-251", "delegate", "ConsumerOrgNo"},
			inject: editing(originalSettings, settingsScope, settingsScope+",\n    \"ConsumerOrgNo\": \""+other+"\""), mend: asBefore,
		},
		{
			name: "the resource has a fragment", id: "token.issued", says: []string{"https://api.example.no/#del", "without a fragment", "MaskinportenSettings"},
			inject: editing(originalSettings, settingsScope, settingsScope+",\n    \"Resource\": \"https://api.example.no/#del\""), mend: asBefore,
		},
		{
			name: "a customer has delegated, so the token speaks for it", id: "token.organisation", says: []string{"991825827", "remove ConsumerOrgNo"},
			inject: func(t *testing.T, c *clinic) {
				c.ownScope(t, selfservice.Scope{Name: "fts:delt", Description: "Delt", DelegationSource: "https://tt02.altinn.no/"})
				check(t, c.platform.Registry().GrantAccess("fts:delt", other))
				check(t, c.platform.Registry().AddDelegation(selfservice.Delegation{Scope: "fts:delt", Consumer: other, Supplier: "313547264"}))
				c.edit(t, originalSettings, `"Scope": "fts:delt"`, `"Scope": "fts:delt", "ConsumerOrgNo": "`+other+`"`)
			},
			mend: preparedAgain,
		},
		{
			name: "Altinn refuses the token without a word", id: "exchange.accepted", says: []string{"401", "the token itself is in order", "proxy"},
			inject: refusals(local.PlatformHost, http.MethodGet, "/authentication/", http.StatusUnauthorized, ""), mend: recovers(local.PlatformHost),
		},
		{
			name: "Altinn's authentication is out of order", id: "exchange.accepted", says: []string{"502", "status.altinn.no"},
			inject: refusals(local.PlatformHost, http.MethodGet, "/authentication/", http.StatusBadGateway, ""), mend: recovers(local.PlatformHost),
		},
		{
			name: "a header of enterprise users is added on the way", id: "exchange.accepted", says: []string{"410", "Altinn 2"},
			inject: refusals(local.PlatformHost, http.MethodGet, "/authentication/", http.StatusGone, ""), mend: recovers(local.PlatformHost),
		},
		{
			name: "no scope is a service owner's", id: "exchange.org", says: []string{"no urn:altinn:org", "fts:arkiv"},
			inject: func(t *testing.T, c *clinic) {
				c.ownScope(t, selfservice.Scope{Name: "fts:arkiv", Description: "Arkiv"})
			},
			mend: preparedAgain,
		},
	})
}

// mp is a refusal in Maskinporten's words.
func mp(code, description, number string) string {
	return fmt.Sprintf(`{"error":%q,"error_description":"%s (trace_id: 0f3a5c7e9b1d2f4a6c8e0a2b4c6d8e0f)","error_uri":"https://test.maskinporten.no/errors/MP-%s"}`, code, description, number)
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// newKey makes a key pair.
func newKey(t *testing.T, id string) *jwk.Key {
	t.Helper()
	key, err := jwk.Generate(id, jwk.DefaultBits)
	check(t, err)
	return key
}
