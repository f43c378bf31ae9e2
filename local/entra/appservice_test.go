package entra_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stafett/stafett/secret"
)

func TestAppService(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const header = "not-a-real-identity-header"
	handler := w.server.AppService(machineID, secret.New(header))
	ask := func(method, query, given string) *httptest.ResponseRecorder {
		request := httptest.NewRequest(method, "http://127.0.0.1:41741/msi/token"+query, nil)
		if given != "" {
			request.Header.Set("X-IDENTITY-HEADER", given)
		}
		recorded := httptest.NewRecorder()
		handler.ServeHTTP(recorded, request)
		return recorded
	}
	const good = "?api-version=2019-08-01&resource=https%3A%2F%2Fvault.azure.net"
	for _, query := range []string{good, good + "&client_id=" + machineID, good + "&object_id=" + machineOb, good + "&principal_id=" + machineOb} {
		body := decode[map[string]string](t, ask("GET", query, header))
		if body["client_id"] != machineID || body["resource"] != vaults || body["expires_on"] != "1795352400" || body["token_type"] != "Bearer" {
			t.Errorf("%s: body is %v", query, body)
		}
		if who, err := w.server.Validate(body["access_token"], vaults); err != nil || who.ObjectID != machineOb {
			t.Errorf("%s: caller is %v, %v", query, who, err)
		}
	}
	const notFound = "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId."
	for name, tt := range map[string]struct {
		method, query, header string
		status                int
		message               string
	}{
		"no header":        {"GET", good, "", 401, "The header X-IDENTITY-HEADER is missing or wrong; send the value of IDENTITY_HEADER."},
		"wrong header":     {"GET", good, "x", 401, "The header X-IDENTITY-HEADER is missing or wrong; send the value of IDENTITY_HEADER."},
		"no version":       {"GET", "?resource=x", header, 400, "The api-version '' is missing or not supported."},
		"no resource":      {"GET", "?api-version=2019-08-01", header, 400, "The parameter 'resource' is missing."},
		"other client id":  {"GET", good + "&client_id=" + appID, header, 400, notFound},
		"other object id":  {"GET", good + "&object_id=" + objectID, header, 400, notFound},
		"some resource id": {"GET", good + "&mi_res_id=/subscriptions/x", header, 400, notFound},
		"POST":             {"POST", good, header, 405, "Method not allowed"},
	} {
		got := ask(tt.method, tt.query, tt.header)
		var body struct {
			Status        int    `json:"statusCode"`
			Message       string `json:"message"`
			CorrelationID string `json:"correlationId"`
		}
		if err := json.Unmarshal(got.Body.Bytes(), &body); err != nil {
			t.Fatal(err)
		}
		if got.Code != tt.status || body.Status != tt.status || body.Message != tt.message || body.CorrelationID == "" {
			t.Errorf("%s: got %d %s", name, got.Code, got.Body)
		}
	}
	if got := ask(http.MethodGet, good, header); got.Header().Get("Content-Type") != "application/json; charset=utf-8" {
		t.Errorf("content type is %s", got.Header().Get("Content-Type"))
	}
}
