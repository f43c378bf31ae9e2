package entra_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/entra"
)

// machine serves the identity endpoint on a connection that can be closed.
func (w *world) machine() (*http.Client, string) {
	server := httptest.NewServer(w.server.IMDS())
	w.Cleanup(server.Close)
	return server.Client(), server.URL
}

func (w *world) ask(method, query string, header ...string) (int, string, error) {
	w.Helper()
	client, address := w.machine()
	request, err := http.NewRequestWithContext(w.Context(), method, address+"/metadata/identity/oauth2/token"+query, nil)
	if err != nil {
		w.Fatal(err)
	}
	for _, value := range header {
		request.Header.Set("Metadata", value)
	}
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	return response.StatusCode, strings.TrimSpace(string(body)), err
}

// Any answer makes the Azure SDKs believe that they are in Azure.
func TestMachineOutsideAzureDoesNotAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, query := range []string{"", "?api-version=2018-02-01&resource=https://vault.azure.net"} {
		if status, body, err := w.ask("GET", query, "true"); err == nil {
			t.Errorf("%s: answered %d %s", query, status, body)
		}
	}
}

func TestManagedIdentity(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if err := w.server.SetManagedIdentity(machineID); err != nil {
		t.Fatal(err)
	}
	const good = "?api-version=2018-02-01&resource=https%3A%2F%2Fvault.azure.net"
	refusal := func(text string) string { return `{"error":"invalid_request","error_description":"` + text + `"}` }
	for name, tt := range map[string]struct {
		method, query string
		header        []string
		status        int
		want          string
	}{
		"the probe":        {"GET", "", nil, 400, refusal("Required metadata header not specified")},
		"header not true":  {"GET", good, []string{"yes"}, 400, refusal("Required metadata header not specified")},
		"no version":       {"GET", "?resource=x", []string{"true"}, 400, refusal("Required query variable 'api-version' is missing")},
		"no resource":      {"GET", "?api-version=2018-02-01", []string{"true"}, 400, refusal("Required query variable 'resource' is missing")},
		"other client id":  {"GET", good + "&client_id=" + appID, []string{"true"}, 400, refusal("Identity not found")},
		"other object id":  {"GET", good + "&object_id=" + objectID, []string{"true"}, 400, refusal("Identity not found")},
		"some resource id": {"GET", good + "&msi_res_id=/subscriptions/x", []string{"true"}, 400, refusal("Identity not found")},
		"POST":             {"POST", good, []string{"true"}, 405, refusal("Method not allowed")},
	} {
		if status, body, err := w.ask(tt.method, tt.query, tt.header...); err != nil || status != tt.status || body != tt.want {
			t.Errorf("%s: got %d %s, %v", name, status, body, err)
		}
	}
	for _, query := range []string{good, good + "&client_id=" + machineID, good + "&object_id=" + machineOb} {
		request := httptest.NewRequest(http.MethodGet, "http://169.254.169.254/metadata/identity/oauth2/token"+query, nil)
		request.Header.Set("Metadata", "true")
		recorded := httptest.NewRecorder()
		w.server.IMDS().ServeHTTP(recorded, request)
		body := decode[map[string]string](t, recorded)
		if body["client_id"] != machineID || body["resource"] != vaults || body["expires_on"] != "1795352400" || body["token_type"] != "Bearer" {
			t.Errorf("body is %v", body)
		}
		who, err := w.server.Validate(body["access_token"], vaults)
		if want := (entra.Caller{TokenID: who.TokenID, AppID: machineID, ObjectID: machineOb, TenantID: tenant, Issuer: "https://sts.windows.net/" + tenant + "/"}); err != nil || who != want {
			t.Errorf("caller is %v, %v", who, err)
		}
	}
	elsewhere := httptest.NewRecorder()
	w.server.IMDS().ServeHTTP(elsewhere, httptest.NewRequest(http.MethodGet, "http://169.254.169.254/metadata/instance", nil))
	if elsewhere.Code != 404 {
		t.Errorf("another path: %d", elsewhere.Code)
	}
	if err := w.server.SetManagedIdentity(""); err != nil {
		t.Fatal(err)
	}
	if _, _, err := w.ask("GET", good, "true"); err == nil {
		t.Error("it answers after it was switched off")
	}
	if err := w.server.SetManagedIdentity("nobody"); err == nil {
		t.Error("an unknown app became the identity")
	}
}
