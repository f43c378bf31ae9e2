package local_test

import (
	"crypto/rsa"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/maskinporten"
	"github.com/stafett/stafett/local/selfservice"
)

// An administration client as Digdir documents it: it has no registered key, and
// proves itself with its organisation's business certificate.
func TestBusinessCertificate(t *testing.T) {
	t.Parallel()
	platform := start(t, local.Config{Apps: folders(t, nil)})
	owner := platform.Seed().OrgNumber
	client, err := platform.Registry().AddClient(selfservice.Client{Name: "sealed", OrgNumber: owner, Scopes: []string{selfservice.ScopeRead}})
	if err != nil {
		t.Fatal(err)
	}
	var key jose.JSONWebKey
	if err := key.UnmarshalJSON([]byte(platform.Seed().SelfServiceKey.Reveal())); err != nil {
		t.Fatal(err)
	}
	private := key.Key.(*rsa.PrivateKey)
	x5c, err := platform.BusinessCertificate(owner, &private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: private}, (&jose.SignerOptions{}).WithHeader("x5c", x5c))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now().Unix()
	assertion, err := jwt.Signed(signer).Claims(map[string]any{
		"aud": "https://test.maskinporten.no/", "iss": client.ClientID, "scope": selfservice.ScopeRead, "iat": now, "exp": now + 60,
	}).Serialize()
	if err != nil {
		t.Fatal(err)
	}
	response, err := platform.Client().PostForm("https://test.maskinporten.no/token",
		url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion}})
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if issued := platform.IssuedTokens(); response.StatusCode != http.StatusOK || len(issued) != 1 || !strings.Contains(issued[0].Claims, "virksomhetssertifikat") {
		t.Errorf("status %d, issued %v", response.StatusCode, issued)
	}
	if chain, err := platform.EuropeanSeal(maskinporten.Seal{Identifier: "VATSE-556000000001"}, &private.PublicKey); err != nil || len(chain) != 2 {
		t.Errorf("a seal is %v, %v", chain, err)
	}
	if _, err := platform.BusinessCertificate("310000001", &private.PublicKey); err == nil {
		t.Error("issued to an organisation that nobody knows")
	}
}
