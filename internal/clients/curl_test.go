package clients_test

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/url"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

const (
	maskinporten = "https://test.maskinporten.no/"
	selfService  = "https://api.test.samarbeid.digdir.no/api/v1"
	platform     = "https://platform.tt02.altinn.no"
	ownerScopes  = "altinn:serviceowner/instances.read altinn:serviceowner/instances.write"
)

// curl is somebody at a terminal with curl and openssl.
type curl struct {
	*testing.T
	w *world
}

// ask sends a request with curl and returns the body of an answer that must have
// this status. The token, if any, goes in a file, as at a terminal.
func (c curl) ask(status int, token, body string, args ...string) string {
	c.Helper()
	args = append([]string{"--silent", "--show-error", "--write-out", "\n%{http_code}"}, args...)
	if token != "" {
		args = append(args, "--header", "@"+c.write("Authorization: Bearer "+token))
	}
	if body != "" {
		args = append(args, "--data-binary", "@-")
	}
	out := c.w.output(c.T, strings.NewReader(body), "curl", args...)
	end := strings.LastIndex(out, "\n")
	if got := out[end+1:]; got != strconv.Itoa(status) {
		c.Fatalf("%s: status %s, want %d: %s", args[len(args)-1], got, status, out[:end])
	}
	return out[:end]
}

// write makes a file of the test's own.
func (c curl) write(content string) (path string) {
	c.Helper()
	path = c.TempDir() + "/file"
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		c.Fatal(err)
	}
	return path
}

// member is a string member of a JSON object.
func (c curl) member(object, name string) string {
	c.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(object), &members); err != nil {
		c.Fatalf("%v: %s", err, object)
	}
	value, ok := members[name].(string)
	if !ok {
		c.Fatalf("no %s in %s", name, object)
	}
	return value
}

// grant signs an assertion with openssl and gets a token for it with curl.
func (c curl) grant(key, kid, client, scope string) string {
	c.Helper()
	now := time.Now().Unix()
	encode := base64.RawURLEncoding.EncodeToString
	signed := encode([]byte(fmt.Sprintf(`{"alg":"RS256","kid":%q}`, kid))) + "." +
		encode([]byte(fmt.Sprintf(`{"aud":%q,"iss":%q,"scope":%q,"iat":%d,"exp":%d,"jti":%q}`, maskinporten, client, scope, now, now+100, rand.Text())))
	signature := c.w.output(c.T, strings.NewReader(signed), "openssl", "dgst", "-sha256", "-sign", key)
	form := url.Values{"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {signed + "." + encode([]byte(signature))}}
	return c.member(c.ask(200, "", form.Encode(), maskinporten+"token"), "access_token")
}

// TestCurlAndOpenSSL goes from an admin client to an instance of the organisation's,
// with no addresses of the platform on any command line.
func TestCurlAndOpenSSL(t *testing.T) {
	t.Parallel()
	need(t, "curl")
	need(t, "openssl")
	c := curl{t, theWorld(t)}
	seed := c.w.ready.Seed

	adminKey, adminKID := c.adminKey()
	admin := c.grant(adminKey, adminKID, seed.SelfServiceClientID, "idporten:dcr.read idporten:dcr.write")
	registered := c.ask(200, admin, `{"client_name":"curl","description":"Made with curl","integration_type":"maskinporten","application_type":"web",
		"token_endpoint_auth_method":"private_key_jwt","grant_types":["urn:ietf:params:oauth:grant-type:jwt-bearer"],
		"scopes":["altinn:serviceowner/instances.read","altinn:serviceowner/instances.write"]}`, "--header", "Content-Type: application/json", selfService+"/clients")
	client := c.member(registered, "client_id")

	key, kid := c.write(""), rand.Text()
	c.w.output(t, nil, "openssl", "genrsa", "-out", key, "2048")
	modulus := strings.TrimPrefix(strings.TrimSpace(c.w.output(t, nil, "openssl", "rsa", "-in", key, "-noout", "-modulus")), "Modulus=")
	c.ask(200, admin, fmt.Sprintf(`{"keys":[{"kty":"RSA","use":"sig","alg":"RS256","kid":%q,"e":"AQAB","n":%q}]}`, kid, base64url(t, modulus)),
		"--header", "Content-Type: application/json", selfService+"/clients/"+client+"/jwks")

	organisation := c.ask(200, c.grant(key, kid, client, ownerScopes), "", platform+"/authentication/api/v1/exchange/maskinporten")
	template := c.write(fmt.Sprintf(`{"instanceOwner":{"organisationNumber":%q}}`, seed.OrgNumber))
	model := c.write(`<?xml version="1.0" encoding="utf-8"?><Saksmottak><Sak><Tittel>Čohkolaš</Tittel></Sak></Saksmottak>`)
	created := c.ask(201, organisation, "", "--form", "instance=@"+template+";type=application/json", "--form", "sak=@"+model+";type=application/xml",
		"https://"+seed.Org+".apps.tt02.altinn.no/"+seed.Org+"/saksmottak/instances")
	kept := c.ask(200, organisation, "", platform+"/storage/api/v1/instances/"+c.member(created, "id"))
	if !strings.Contains(kept, `"organisationNumber":"`+seed.OrgNumber+`"`) || !strings.Contains(kept, `"dataType":"sak"`) {
		t.Errorf("Storage has %s", kept)
	}
}

// adminKey writes the admin client's key in the form that openssl reads.
func (c curl) adminKey() (path, kid string) {
	c.Helper()
	content, err := os.ReadFile(c.w.ready.Seed.SelfServiceJWK)
	check(c.T, err)
	var key jose.JSONWebKey
	check(c.T, key.UnmarshalJSON(content))
	der, err := x509.MarshalPKCS8PrivateKey(key.Key)
	check(c.T, err)
	return c.write(string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))), key.KeyID
}

// base64url is how a JWK writes a number that openssl writes in hexadecimal.
func base64url(t *testing.T, hexadecimal string) string {
	t.Helper()
	number, err := hex.DecodeString(hexadecimal)
	check(t, err)
	return base64.RawURLEncoding.EncodeToString(number)
}
