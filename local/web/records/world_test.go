package records_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/examples"
	"github.com/stafett/stafett/local"
	"github.com/stafett/stafett/local/platformtest"
	"github.com/stafett/stafett/local/selfservice"
)

// world is a local platform, used by its real names, and a browser without script
// at its console.
type world struct {
	*testing.T
	platform *local.Platform
	at       *url.URL
	browser  *http.Client
	// given are the tokens that the platform has handed out here.
	given []string
}

func newWorld(t *testing.T, options ...local.ConsoleOption) *world {
	t.Helper()
	w := &world{T: t}
	dir := t.TempDir()
	w.must(examples.WriteTo(dir))
	var folders []*app.Folder
	for _, name := range []string{"original-form", "receiving-app"} {
		folder, err := app.Load(dir + "/" + name)
		w.must(err)
		folders = append(folders, folder)
	}
	var err error
	w.platform, err = local.Start(t.Context(), local.Config{Apps: folders, Dir: t.TempDir(), Keys: platformtest.Keys(t)})
	w.must(err)
	t.Cleanup(func() { w.must(w.platform.Close()) })
	w.at, err = w.platform.ServeConsole(t.Context(), "127.0.0.1:0", options...)
	w.must(err)
	jar, err := cookiejar.New(nil)
	w.must(err)
	w.browser = &http.Client{Jar: jar}
	return w
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// page is what the console answers.
type page struct {
	*testing.T
	status     int
	path, html string
}

// get reads a page, which must not hold a token that has been handed out, nor the
// identity number of anybody.
func (w *world) get(path string) page {
	w.Helper()
	target, err := w.at.Parse(path)
	w.must(err)
	status, body := w.send(w.browser, http.MethodGet, target.String(), "", nil)
	p := page{w.T, status, path, html.UnescapeString(body)}
	for _, token := range w.given {
		p.lacks(token, token[strings.LastIndexByte(token, '.')+1:])
	}
	for _, person := range w.platform.Seed().Persons {
		p.lacks(person.SSN)
	}
	return p
}

func (p page) shows(wanted ...string) page {
	p.Helper()
	for _, want := range wanted {
		if !strings.Contains(p.html, want) {
			p.Errorf("%s (%d) does not show %q:\n%s", p.path, p.status, want, p.html)
		}
	}
	return p
}

// lacks does not print the page, which may hold what it must not.
func (p page) lacks(unwanted ...string) page {
	p.Helper()
	for n, text := range unwanted {
		if strings.Contains(p.html, text) {
			p.Errorf("%s shows number %d of what it must not", p.path, n)
		}
	}
	return p
}

// link returns where the first link with a text leads.
func (p page) link(text string) string {
	p.Helper()
	before, _, ok := strings.Cut(p.html, ">"+text+"</a>")
	_, address, found := strings.Cut(before[strings.LastIndex(before, "<a "):], `href="`)
	if !ok || !found {
		p.Fatalf("%s has no link %q:\n%s", p.path, text, p.html)
	}
	address, _, _ = strings.Cut(address, `"`)
	return address
}

// send makes a request as any program would, and returns what is answered.
func (w *world) send(client *http.Client, method, address, token string, body any) (int, string) {
	w.Helper()
	var content []byte
	contentType := "application/json"
	switch body := body.(type) {
	case nil:
	case url.Values:
		content, contentType = []byte(body.Encode()), "application/x-www-form-urlencoded"
	default:
		var err error
		content, err = json.Marshal(body)
		w.must(err)
	}
	r, err := http.NewRequestWithContext(w.Context(), method, address, bytes.NewReader(content))
	w.must(err)
	r.Header.Set("Content-Type", contentType)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := client.Do(r)
	w.must(err)
	defer func() { _ = answer.Body.Close() }()
	read, err := io.ReadAll(answer.Body)
	w.must(err)
	return answer.StatusCode, string(read)
}

// ask makes a request to the platform that must succeed.
func (w *world) ask(method, address, token string, body any) string {
	w.Helper()
	status, answer := w.send(w.platform.Client(), method, address, token, body)
	if status >= 300 {
		w.Fatalf("%s %s answers %d", method, address, status)
	}
	return answer
}

func (w *world) accessToken(answer string) string {
	w.Helper()
	var body struct {
		Token string `json:"access_token"`
	}
	w.must(json.Unmarshal([]byte(answer), &body))
	w.given = append(w.given, body.Token)
	return body.Token
}

// azureToken is Entra's, for the vault.
func (w *world) azureToken() string {
	w.Helper()
	seed := w.platform.Seed()
	return w.accessToken(w.ask(http.MethodPost, "https://login.microsoftonline.com/"+seed.TenantID+"/oauth2/v2.0/token", "", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {seed.AzureClientID},
		"client_secret": {seed.AzureClientSecret.Reveal()}, "scope": {"https://vault.azure.net/.default"},
	}))
}

// vault asks the vault for something.
func (w *world) vault(method, path string, body any) {
	w.Helper()
	w.ask(method, w.platform.Seed().Vault+path+"?api-version=2025-07-01", w.azureToken(), body)
}

// signer is a key pair of an integration.
type signer struct {
	id  string
	key *rsa.PrivateKey
}

func (w *world) newSigner(id string) signer {
	w.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	w.must(err)
	return signer{id, key}
}

// thumbprint is that of RFC 7638, by a library.
func (s signer) thumbprint() string {
	sum, err := (&jose.JSONWebKey{Key: &s.key.PublicKey}).Thumbprint(crypto.SHA256)
	if err != nil {
		return err.Error()
	}
	return base64.RawURLEncoding.EncodeToString(sum)
}

// integration makes one of the first owner with scopes and keys.
func (w *world) integration(name string, scopes []string, keys ...signer) selfservice.Client {
	w.Helper()
	client, err := w.platform.Registry().CreateByHand(w.platform.Seed().OrgNumber, name, "for a test", scopes)
	w.must(err)
	for _, key := range keys {
		_, err := w.platform.Registry().PutKey(client.ClientID, selfservice.NewKey(key.id, &key.key.PublicKey))
		w.must(err)
	}
	return client
}

// maskinportenToken is for a grant that the key signs, with further claims.
func (w *world) maskinportenToken(clientID string, s signer, scope string, more map[string]any) string {
	w.Helper()
	made, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: s.key}, (&jose.SignerOptions{}).WithHeader("kid", s.id))
	w.must(err)
	now := time.Now()
	assertion, err := jwt.Signed(made).Claims(map[string]any{
		"aud": "https://test.maskinporten.no/", "iss": clientID, "scope": scope,
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(), "jti": rand.Text(),
	}).Claims(more).Serialize()
	w.must(err)
	w.given = append(w.given, assertion)
	return w.accessToken(w.ask(http.MethodPost, "https://test.maskinporten.no/token", "", url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion},
	}))
}

// exchange gives Altinn's token for one of Maskinporten.
func (w *world) exchange(token string) {
	w.Helper()
	w.given = append(w.given, w.ask(http.MethodGet, "https://platform.tt02.altinn.no/authentication/api/v1/exchange/maskinporten", token, nil))
}

// choose makes the browser one of the people.
func (w *world) choose(person int) {
	w.Helper()
	target, err := w.at.Parse("/person")
	w.must(err)
	user := strconv.Itoa(w.platform.Seed().Persons[person].UserID)
	if status, _ := w.send(w.browser, http.MethodPost, target.String(), "", url.Values{"person": {user}, "level": {"2"}, "next": {"/records/secrets"}}); status != http.StatusOK {
		w.Fatalf("choose %d: %d", person, status)
	}
}

// personToken is what the test login gives to one of the people.
func (w *world) personToken(person, level int) {
	w.Helper()
	w.given = append(w.given, w.ask(http.MethodGet, fmt.Sprintf("https://local.altinn.cloud/Home/GetTestUserToken/%d?authenticationLevel=%d", w.platform.Seed().Persons[person].UserID, level), "", nil))
}
