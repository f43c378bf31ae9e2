package story_test

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
)

// Whoever claims to have a key, and has not signed with it, is not told to have it
// from the vault.
func TestAForgedGrantHasNoOrigin(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	seed := w.platform.Seed()
	_, answer := w.ask(http.MethodPost, "https://login.microsoftonline.com/"+seed.TenantID+"/oauth2/v2.0/token", "", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {seed.AzureClientID},
		"client_secret": {seed.AzureClientSecret.Reveal()}, "scope": {"https://vault.azure.net/.default"},
	}.Encode())
	var azure struct {
		Token string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(answer), &azure); err != nil {
		t.Fatal(err)
	}
	for _, call := range []struct{ method, body string }{{http.MethodPut, `{"value":"x","tags":{"kid":"key-1"}}`}, {http.MethodGet, ""}} {
		if status, _ := w.ask(call.method, seed.Vault+"/secrets/mine?api-version=7.4", azure.Token, call.body); status != http.StatusOK {
			t.Fatalf("%s: %d", call.method, status)
		}
	}

	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	now := time.Now().Unix()
	forged := part(`{"alg":"RS256","kid":"key-1"}`) + "." +
		part(fmt.Sprintf(`{"iss":"somebody","aud":"https://test.maskinporten.no/","scope":"altinn:x","iat":%d,"exp":%d,"jti":"1"}`, now, now+60)) + "." + part("no signature")
	if status, _ := w.ask(http.MethodPost, "https://test.maskinporten.no/token", "", url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {forged},
	}.Encode()); status < 400 {
		t.Fatalf("a forged grant: %d", status)
	}
	refused := lines(w.page("/story?refused=1&language=en"))
	page := plain(w.page("/story/" + refused[0].id + "?language=en"))
	if !strings.Contains(page, "key-1") || strings.Contains(page, "lies in Key Vault") {
		t.Errorf("the page tells of a forged grant:\n%s", page)
	}
}
