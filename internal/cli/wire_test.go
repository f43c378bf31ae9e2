package cli

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	jose "github.com/go-jose/go-jose/v4"
	"github.com/stafett/stafett/examples"
)

// wire speaks to the local platform as any program may: plain HTTP through the
// proxy, with the ready line's credentials, and none of Stafett's own clients.
type wire struct {
	ready  ready
	client *http.Client
}

// ready is what these tests need of the ready line.
type ready struct {
	Proxy, CA, Project, Console string
	Seed                        struct {
		Vault, TenantID, AzureClientID, AzureClientSecret string
		SelfServiceClientID, SelfServiceJwk               string
		Persons                                           []struct{ PartyID, UserID int }
		Apps                                              []struct{ ID, URL string }
		Instances                                         []struct{ ID string }
	}
}

func newWire(stateFile string) (*wire, error) {
	content, err := os.ReadFile(stateFile)
	if err != nil {
		return nil, err
	}
	w := &wire{}
	if err := json.Unmarshal(content, &w.ready); err != nil {
		return nil, err
	}
	proxy, err := url.Parse(w.ready.Proxy)
	if err != nil {
		return nil, err
	}
	certificate, err := os.ReadFile(w.ready.CA)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(certificate)
	w.client = &http.Client{
		Timeout:   patience,
		Transport: &http.Transport{Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: pool, MinVersion: tls.VersionTLS12}, DisableKeepAlives: true},
	}
	return w, nil
}

// call sends a request and decodes the answer into out, if that is not nil. Any
// status but a 2xx is an error.
func (w *wire) call(method, address, token, contentType string, body []byte, out any) error {
	request, err := http.NewRequest(method, address, bytes.NewReader(body))
	if err != nil {
		return err
	}
	if token != "" {
		request.Header.Set("Authorization", "Bearer "+token)
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	if strings.HasPrefix(contentType, "image/") {
		request.Header.Set("Content-Disposition", `attachment; filename="kart.png"`)
	}
	response, err := w.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	switch {
	case err != nil:
		return err
	case response.StatusCode/100 != 2:
		return fmt.Errorf("%s %s: %s: %s", method, address, response.Status, content)
	case out == nil:
		return nil
	}
	if text, ok := out.(*string); ok {
		*text = string(content)
		return nil
	}
	return json.Unmarshal(content, out)
}

func (w *wire) tokenFor(address string, form url.Values) (string, error) {
	var answer struct {
		AccessToken string `json:"access_token"`
	}
	err := w.call(http.MethodPost, address, "", "application/x-www-form-urlencoded", []byte(form.Encode()), &answer)
	return answer.AccessToken, err
}

// vault calls the vault as the seed's service principal.
func (w *wire) vault(method, path string, body, out any) error {
	seed := w.ready.Seed
	token, err := w.tokenFor("https://login.microsoftonline.com/"+seed.TenantID+"/oauth2/v2.0/token", url.Values{
		"grant_type": {"client_credentials"}, "client_id": {seed.AzureClientID}, "client_secret": {seed.AzureClientSecret},
		"scope": {"https://vault.azure.net/.default"},
	})
	if err != nil {
		return err
	}
	var content []byte
	if body != nil {
		if content, err = json.Marshal(body); err != nil {
			return err
		}
	}
	return w.call(method, seed.Vault+path+"?api-version=7.4", token, "application/json", content, out)
}

// portal calls Samarbeidsportalen as the owner's admin client.
func (w *wire) portal(method, path string, body, out any) error {
	content, err := os.ReadFile(w.ready.Seed.SelfServiceJwk)
	if err != nil {
		return err
	}
	var key jose.JSONWebKey
	if err := key.UnmarshalJSON(content); err != nil {
		return err
	}
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.RS256, Key: key}, nil)
	if err != nil {
		return err
	}
	now := time.Now().Unix()
	claims, err := json.Marshal(map[string]any{
		"aud": "https://test.maskinporten.no/", "iss": w.ready.Seed.SelfServiceClientID, "scope": "idporten:dcr.read idporten:dcr.write",
		"iat": now, "exp": now + 60, "jti": fmt.Sprint(time.Now().UnixNano()),
	})
	if err != nil {
		return err
	}
	signed, err := signer.Sign(claims)
	if err != nil {
		return err
	}
	assertion, err := signed.CompactSerialize()
	if err != nil {
		return err
	}
	token, err := w.tokenFor("https://test.maskinporten.no/token", url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion},
	})
	if err != nil {
		return err
	}
	if content = nil; body != nil {
		if content, err = json.Marshal(body); err != nil {
			return err
		}
	}
	return w.call(method, "https://api.test.samarbeid.digdir.no/api/v1"+path, token, "application/json", content, out)
}

// createIntegration makes an integration of a type, without keys.
func (w *wire) createIntegration(name, description, kind string, scopes []string) (string, error) {
	var created struct {
		ID string `json:"client_id"`
	}
	err := w.portal(http.MethodPost, "/clients", map[string]any{
		"client_name": name, "description": description, "integration_type": kind, "application_type": "web",
		"token_endpoint_auth_method": "private_key_jwt", "grant_types": []string{"urn:ietf:params:oauth:grant-type:jwt-bearer"},
		"scopes": scopes,
	}, &created)
	return created.ID, err
}

// login gets a token for one of the seed's persons.
func (w *wire) login(person int) (token string, err error) {
	err = w.call(http.MethodGet, fmt.Sprintf("https://local.altinn.cloud/Home/GetTestUserToken/%d?authenticationLevel=3", w.ready.Seed.Persons[person].UserID), "", "", nil, &token)
	return token, err
}

// instance is what these tests need of one.
type instance struct {
	ID   string
	Data []struct{ ID, DataType string }
}

// fillIn lets the first person make a form, fill it in, attach the map, and send
// it in if it is not to stay a draft.
func (w *wire) fillIn(answers, image []byte, draft bool) (string, error) {
	token, err := w.login(0)
	if err != nil {
		return "", err
	}
	app := w.ready.Seed.Apps[0].URL
	var form instance
	owner := fmt.Sprintf(`{"instanceOwner":{"partyId":"%d"}}`, w.ready.Seed.Persons[0].PartyID)
	if err := w.call(http.MethodPost, app+"/instances/create", token, "application/json", []byte(owner), &form); err != nil {
		return "", err
	}
	own := app + "/instances/" + form.ID
	for _, element := range form.Data {
		if element.DataType == "skjema" {
			err = w.call(http.MethodPut, own+"/data/"+element.ID, token, "application/json", answers, nil)
		}
	}
	if err == nil {
		err = w.call(http.MethodPost, own+"/data?dataType=kart", token, "image/png", image, nil)
	}
	if err != nil || draft {
		return form.ID, err
	}
	if err := w.call(http.MethodPut, own+"/process/next", token, "", nil, nil); err != nil {
		return "", err
	}
	return form.ID, w.call(http.MethodPut, own+"/process/next", token, "application/json", []byte(`{"action":"confirm"}`), nil)
}

// sendExample lets the first person send in the example's answers and map.
func (w *wire) sendExample() (string, error) {
	answers, err := fs.ReadFile(examples.Files(), examples.FormData)
	if err != nil {
		return "", err
	}
	image, err := fs.ReadFile(examples.Files(), examples.Map)
	if err != nil {
		return "", err
	}
	return w.fillIn(answers, image, false)
}
