package records_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/selfservice"
)

func publicOf(s signer) selfservice.Key { return selfservice.NewKey(s.id, &s.key.PublicKey) }

func TestTokensLeadFromTheSecretToTheRequest(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.get("/records/tokens").shows("Ingen token passer")
	key := w.newSigner("key-1")
	client := w.integration("mottak", []string{readScope, writeScope}, key)
	w.vault(http.MethodPut, "/secrets/S--EncodedJwk", map[string]any{"value": "x", "tags": map[string]string{"kid": key.id, "thumbprint": key.thumbprint()}})
	w.exchange(w.maskinportenToken(client.ClientID, key, readScope+" "+writeScope, nil))

	list := w.get("/records/tokens")
	list.shows("Altinn", "token fra Maskinporten", "Maskinporten", "signert forespørsel", "Entra ID", "klienthemmelighet", "Ferdselstilsynet", "gyldig", "https://vault.azure.net")
	if altinn, entra := strings.Index(list.html, "<td>Altinn"), strings.Index(list.html, "<td>Entra ID"); altinn > entra {
		t.Error("the token that came last does not stand first")
	}
	exchanged := w.get("/records/tokens?issuer=altinn&q=" + client.ClientID)
	exchanged.lacks("<td>Entra ID", "<td>Maskinporten")
	_, rest, _ := strings.Cut(exchanged.html, "<tbody>")
	path, _, _ := strings.Cut(rest[strings.Index(rest, `href="`)+len(`href="`):], `"`)
	one := w.get(path)
	one.shows("Token fra Altinn", "urn:altinn:org", "Tjenesteeierens kode", "313547264", "Vekslet fra", `href="/records/integrations/`+client.ClientID+`"`)
	_, rest, _ = strings.Cut(one.html, "Vekslet fra</dt>")
	path, _, _ = strings.Cut(rest[strings.Index(rest, `href="`)+len(`href="`):], `"`)
	w.get(path).shows("Token fra Maskinporten", "Vekslet til", "Bedt om med nøkkelen", key.id, `href="/records/secrets/S--EncodedJwk"`, "client_amr", "private_key_jwt")
	w.get("/records/integrations/"+client.ClientID).shows("De siste tokenene til mottak", "signert forespørsel")
	if missing := w.get("/records/tokens/0123"); missing.status != http.StatusNotFound {
		t.Errorf("a token that is not there is answered with %d", missing.status)
	}
}

func TestTokensOfPeopleHaveTheirNamesAndNoIdentityNumbers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := w.newSigner("key-1")
	client := w.integration("for-a-person", []string{readScope}, key)
	person := w.platform.Seed().Persons[0]
	w.personToken(0, 3)
	w.maskinportenToken(client.ClientID, key, readScope, map[string]any{"pid": person.SSN})

	w.get("/records/tokens?issuer=altinn").shows(person.Name, "nivå 3", "testinnlogging").lacks(">for-a-person<")
	list := w.get("/records/tokens?client=" + client.ClientID)
	list.shows("Bare token som denne klienten har bedt om", client.ClientID).lacks(person.Name)
	_, rest, _ := strings.Cut(list.html, "<tbody>")
	path, _, _ := strings.Cut(rest[strings.Index(rest, `href="`)+len(`href="`):], `"`)
	w.get(path).shows("<code>pid</code>", "[redacted]", "Fødselsnummer")
}

// After a rotation the key is gone from the integration, and the token still leads
// to the secret with it.
func TestATokenLeadsToTheSecretAfterARotation(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.newSigner("key-1")
	client := w.integration("mottak", []string{readScope}, first)
	for name, key := range map[string]signer{"Mine": first, "Other": w.newSigner("key-1")} {
		w.vault(http.MethodPut, "/secrets/"+name, map[string]any{"value": "x", "tags": map[string]string{"kid": key.id, "thumbprint": key.thumbprint()}})
	}
	w.maskinportenToken(client.ClientID, first, readScope, nil)
	list := w.get("/records/tokens?client=" + client.ClientID)
	_, rest, _ := strings.Cut(list.html, "<tbody>")
	path, _, _ := strings.Cut(rest[strings.Index(rest, `href="`)+len(`href="`):], `"`)
	w.get(path).shows(`href="/records/secrets/Mine"`).lacks(`href="/records/secrets/Other"`)

	w.must(w.platform.Registry().RemoveKey(client.ClientID, first.id))
	w.get(path).shows(`href="/records/secrets/Mine"`)
}
