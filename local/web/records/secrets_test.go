package records_test

import (
	"net/http"
	"testing"
	"time"
)

func TestSecretsAreToldWithoutTheirValues(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.get("/records/secrets").shows("Hvelvet er tomt", "stafett prepare --local")
	key := w.newSigner("key-1")
	client := w.integration("mottak", []string{readScope}, key)
	expires := time.Now().Add(20 * 24 * time.Hour).Unix()
	w.vault(http.MethodPut, "/secrets/S--EncodedJwk", map[string]any{"value": "first-value"})
	w.vault(http.MethodPut, "/secrets/S--EncodedJwk", map[string]any{
		"value": "second-value", "contentType": "application/jwk+json;base64", "attributes": map[string]any{"exp": expires},
		"tags": map[string]string{"kid": key.id, "thumbprint": key.thumbprint(), "written-by-mistake": w.platform.Seed().Persons[0].SSN},
	})
	w.vault(http.MethodPut, "/secrets/S--Orphan", map[string]any{"value": "third-value", "tags": map[string]string{"kid": "key-of-nobody"}, "attributes": map[string]any{"enabled": false}})
	w.vault(http.MethodPut, "/secrets/S--Gone", map[string]any{"value": "fourth-value"})
	w.vault(http.MethodDelete, "/secrets/S--Gone", nil)

	list := w.get("/records/secrets")
	list.shows("S--EncodedJwk", "20 dager igjen – forny snart", "application/jwk+json;base64", ">mottak</a>", "Ingen integrasjon har nøkkelen", "slått av",
		"Slettede hemmeligheter", "S--Gone").lacks("-value")
	one := w.get(list.link("S--EncodedJwk"))
	one.shows("nyeste", "thumbprint", key.thumbprint(), "[redacted]", "Vises aldri", `href="/records/integrations/`+client.ClientID+`"`, "Ikke merket som nøkkel").lacks("-value")
	w.get("/records/secrets/s--gone").shows("Den kan gjenopprettes til").lacks("-value")
	w.get("/records/secrets?q=of-nobody").shows("S--Orphan").lacks("S--EncodedJwk")
	w.get("/records/secrets?q=%3Cscript%3E").shows("Ingen hemmeligheter passer")
	if missing := w.get("/records/secrets/Never"); missing.status != http.StatusNotFound {
		t.Errorf("a secret that is not there is answered with %d", missing.status)
	}
}
