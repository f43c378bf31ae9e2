package walk_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strings"
	"testing"

	"github.com/stafett/stafett/examples"
)

const (
	original  = "fts/barmarkskjoring"
	receiving = "fts/saksmottak"
	form      = "https://fts.apps.tt02.altinn.no/" + original
	storage   = "https://platform.tt02.altinn.no/storage/api/v1"
)

// sendIn sends in a form as the applicant, by the API: for tests that are about what
// comes after. It returns the id of the instance.
func (w *world) sendIn(t *testing.T, area string) (id string) {
	t.Helper()
	answers, err := fs.ReadFile(examples.Files(), examples.FormData)
	if err != nil {
		t.Fatal(err)
	}
	var filled map[string]any
	if err := json.Unmarshal(answers, &filled); err != nil {
		t.Fatal(err)
	}
	filled["Kjoring"].(map[string]any)["Omrade"] = area
	ask := w.as(t, 0)
	made := w.create(ask)
	for _, element := range made.Data {
		if element.DataType == "skjema" {
			ask(http.MethodPut, form+"/instances/"+made.ID+"/data/"+element.ID, filled, nil)
		}
	}
	ask(http.MethodPut, form+"/instances/"+made.ID+"/process/next", nil, nil)
	ask(http.MethodPut, form+"/instances/"+made.ID+"/process/next", map[string]string{"action": "confirm"}, nil)
	return made.ID
}

// instance is what tests need to know of one.
type instance struct {
	ID   string
	Data []struct{ ID, DataType string }
}

// create begins a form as the applicant.
func (w *world) create(ask func(method, address string, body, answer any)) (made instance) {
	ask(http.MethodPost, form+"/instances/create", map[string]any{"instanceOwner": map[string]string{"partyId": fmt.Sprint(w.Seed.Persons[0].PartyID)}}, &made)
	return made
}

// as returns what sends requests as one of the people, and reads the answers.
func (w *world) as(t *testing.T, person int) func(method, address string, body, answer any) {
	t.Helper()
	client, err := w.client()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	token := ""
	return func(method, address string, body, answer any) {
		t.Helper()
		if token == "" {
			login := fmt.Sprintf("https://local.altinn.cloud/Home/GetTestUserToken/%d?authenticationLevel=3", w.Seed.Persons[person].UserID)
			text, err := exchange(t.Context(), client, http.MethodGet, login, "", nil)
			if err != nil {
				t.Fatal(err)
			}
			token = strings.TrimSpace(string(text))
		}
		text, err := exchange(t.Context(), client, method, address, token, body)
		if err == nil && answer != nil {
			err = json.Unmarshal(text, answer)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func exchange(ctx context.Context, client *http.Client, method, address, token string, body any) ([]byte, error) {
	text, err := json.Marshal(body)
	if err != nil {
		return nil, err
	}
	if body == nil {
		text = nil
	}
	r, err := http.NewRequestWithContext(ctx, method, address, bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := client.Do(r)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	text, err = io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode >= http.StatusMultipleChoices {
		err = fmt.Errorf("%s %s: status %d: %s", method, address, answer.StatusCode, text)
	}
	return text, err
}

// client reaches the platform as any program does: by its proxy and its CA.
func (w *world) client() (*http.Client, error) {
	proxy, err := url.Parse(w.Proxy)
	if err != nil {
		return nil, err
	}
	authority, err := os.ReadFile(w.CA)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return nil, errors.New("the CA file holds no certificate")
	}
	return &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyURL(proxy), TLSClientConfig: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12},
	}}, nil
}
