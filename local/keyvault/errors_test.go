package keyvault_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/keyvault"
)

func TestErrors(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	w.ok("PUT", "/secrets/here", `{"value":"v"}`)
	w.ok("PUT", "/secrets/off", `{"value":"v","attributes":{"enabled":false}}`)
	w.ok("PUT", "/secrets/gone", `{"value":"v","attributes":{"enabled":false}}`)
	w.ok("DELETE", "/secrets/gone", "")
	backup := w.send("POST", "/secrets/here/backup", "").body

	notFound := func(what string) string {
		return problemBody("SecretNotFound", "A secret with (name/id) "+what+unknownHint, "")
	}
	disabled := problemBody("Forbidden", "Operation get is not allowed on a disabled secret.", "SecretDisabled")
	badValue := problemBody("BadParameter", "Property value has invalid value", "")
	badJSON := problemBody("BadParameter", "The request body is not valid JSON for this operation", "")
	malformed := problemBody("Malformed backup blob", "Backup blob contains invalid or corrupt version.", "")
	noObject := func(kind, what string) string {
		text := strings.Replace(unknownHint, "this secret", "this "+strings.ToLower(kind), 1)
		return problemBody(kind+"NotFound", "A "+strings.ToLower(kind)+" with (name/id) "+what+text, "")
	}
	const noVersion = "00000000000000000000000000000000"
	tests := []struct {
		method, path, body string
		status             int
		want               string
	}{
		{"GET", "/secrets/nobody/", "", 404, notFound("nobody")},
		{"GET", "/secrets/here/" + noVersion, "", 404, notFound("here/" + noVersion)},
		{"DELETE", "/secrets/nobody", "", 404, notFound("nobody")},
		{"PATCH", "/secrets/nobody/", "{}", 404, notFound("nobody")},
		{"POST", "/secrets/nobody/backup", "", 404, notFound("nobody")},
		{"POST", "/deletedsecrets/nobody/recover", "", 404, notFound("nobody")},
		{"GET", "/deletedsecrets/nobody", "", 404, problemBody("SecretNotFound", "Deleted Secret not found: nobody", "")},
		{"GET", "/secrets/off/", "", 403, disabled},
		{"GET", "/deletedsecrets/gone", "", 403, disabled},
		{"PUT", "/secrets/x", "", 400, badJSON},
		{"PUT", "/secrets/x", "null null", 400, badJSON},
		{"PUT", "/secrets/x", "[]", 400, badJSON},
		{"PUT", "/secrets/x", "{}", 400, badValue},
		{"PUT", "/secrets/x", `{"value":null}`, 400, badValue},
		{"PUT", "/secrets/x", `{"value":5}`, 400, badValue},
		{"PUT", "/secrets/x", `{"value":"v","attributes":{"exp":1.5}}`, 400, problemBody("BadParameter", "Property attributes.exp has invalid value", "")},
		{"PATCH", "/secrets/here/", `{"contentType":5}`, 400, problemBody("BadParameter", "Property contentType has invalid value", "")},
		{"PATCH", "/secrets/here/", `{"contentType":"` + strings.Repeat("x", 256) + `"}`, 400,
			problemBody("BadParameter", "Property contentType has invalid value: it has more than 255 characters", "")},
		{"PUT", "/secrets/x", `{"value":"` + strings.Repeat("x", 1<<20) + `"}`, 400,
			problemBody("BadParameter", "The request body cannot be read", "")},
		{"POST", "/secrets/restore", "", 400, badJSON},
		{"POST", "/secrets/restore", `{"value":"?"}`, 400, malformed},
		{"POST", "/secrets/restore", `{"value":"AAAA"}`, 400, malformed},
		{"POST", "/secrets/restore", backup, 409, strings.ReplaceAll(restoreConflict, "/secrets/s'", "/secrets/here'")},
		{"PUT", "/secrets/", `{"value":"v"}`, 405, problemBody("MethodNotAllowed", "HTTP PUT not allowed", "")},
		{"POST", "/secrets/here", "", 405, problemBody("MethodNotAllowed", "HTTP POST not allowed", "")},
		{"DELETE", "/secrets/here/" + noVersion, "", 405, problemBody("MethodNotAllowed", "HTTP DELETE not allowed", "")},
		{"DELETE", "/deletedsecrets", "", 405, problemBody("MethodNotAllowed", "HTTP DELETE not allowed", "")},
		{"GET", "/keys/x/", "", 404, noObject("Key", "x")},
		{"GET", "/keys/x/" + noVersion, "", 404, noObject("Key", "x/"+noVersion)},
		{"GET", "/certificates/x/", "", 404, noObject("Certificate", "x")},
		{"GET", "/certificates/a_b", "", 400, problemBody("BadParameter", "The request URI contains an invalid name: a_b", "")},
		{"GET", "/keys", "", 200, `{"value":[],"nextLink":null}`},
		{"GET", "/certificates/x/versions", "", 200, `{"value":[],"nextLink":null}`},
		{"POST", "/keys/x/create", "", 405, problemBody("MethodNotAllowed", "HTTP POST not allowed", "")},
		{"GET", "/keys/a/b/c", "", 404, problemBody("NotFound", "No resource /keys/a/b/c", "")},
		{"GET", "/deletedsecrets/here", "", 404, problemBody("SecretNotFound", "Deleted Secret not found: here", "")},
		{"GET", "/secrets/gone/", "", 404, notFound("gone")},
		{"PUT", "/secrets/gone", `{"value":"v"}`, 409, strings.ReplaceAll(isDeleted, "Secret s is", "Secret gone is")},
		{"GET", "/storage", "", 404, problemBody("NotFound", "No resource /storage", "")},
		{"GET", "/secrets?x=y", "", 400, problemBody("BadParameter", "The api-version '' is missing or not supported", "")},
		{"GET", "/secrets?api-version=1999-01-01", "", 400, problemBody("BadParameter", "The api-version '1999-01-01' is missing or not supported", "")},
		{"GET", "/secrets?api-version=7.4&maxresults=0", "", 400, problemBody("BadParameter", "The maxresults '0' is not a number from 1 to 25", "")},
		{"GET", "/secrets?api-version=7.4&maxresults=26", "", 400, problemBody("BadParameter", "The maxresults '26' is not a number from 1 to 25", "")},
		{"GET", "/secrets?api-version=7.4&$skiptoken=!", "", 400, problemBody("BadParameter", "The $skiptoken is not one of this service", "")},
		{"GET", "/secrets?api-version=7.4&$skiptoken=AAAA", "", 400, problemBody("BadParameter", "The $skiptoken is not one of this service", "")},
	}
	for _, tt := range tests {
		w.refused(tt.method, tt.path, tt.body, tt.status, tt.want)
	}
}

// A secret named as a word of the API is a secret like any other, but for the
// one path that the API takes.
func TestSecretNamedRestore(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	w.ok("PUT", "/secrets/restore", `{"value":"v"}`)
	if got := w.ok("GET", "/secrets/restore/", ""); got["value"] != "v" {
		t.Errorf("value is %v", got["value"])
	}
}

func TestUnknownVault(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	for _, host := range []string{"other.vault.azure.net", "vault.azure.net", "kv-fts-tt02.example.com"} {
		request := httptest.NewRequest(http.MethodGet, "https://"+host+"/secrets?api-version=7.4", nil)
		recorded := httptest.NewRecorder()
		w.vaults.ServeHTTP(recorded, request)
		if recorded.Code != http.StatusNotFound || recorded.Header().Get("WWW-Authenticate") != "" {
			t.Errorf("%s: status %d", host, recorded.Code)
		}
	}
}
