package keyvault_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/keyvault"
)

func TestEveryVersionOfTheAPI(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	w.ok("PUT", "/secrets/s", `{"value":"v"}`)
	want := w.send("GET", "/secrets/s/?api-version=7.4", "").body
	for _, version := range []string{
		"2015-06-01", "2016-10-01", "7.0", "7.1", "7.2", "7.3", "7.4", "7.5", "7.6", "7.6-preview.2", "2025-06-01-preview", "2025-07-01",
		"2026-01-01-preview", "2026-03-01-preview", "2026-04-01", "2026-05-01-preview", "2026-07-01-preview",
	} {
		if a := w.send("GET", "/secrets/s/?api-version="+version, ""); a.status != 200 || a.body != want {
			t.Errorf("%s: %d %s", version, a.status, a.body)
		}
	}
}

func TestContentTypesOfRequests(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	for _, contentType := range []string{"application/json", "application/json; charset=utf-8"} {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPut, vaultURL+"/secrets/s?api-version=7.4", strings.NewReader(`{"value":"æ"}`))
		w.must(err)
		request.Header.Set("Authorization", "Bearer "+w.token)
		request.Header.Set("Content-Type", contentType)
		response, err := w.client.Do(request)
		w.must(err)
		_ = response.Body.Close()
		if response.StatusCode != http.StatusOK {
			t.Errorf("%s: %d", contentType, response.StatusCode)
		}
	}
}

// What may be in a list, and what may not: a disabled secret is in it and says so,
// no item has a value, and those of secrets have ids without a version.
func TestListItems(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	w.ok("PUT", "/secrets/off", `{"value":"v","contentType":"c","tags":{"k":"v"},"attributes":{"enabled":false,"nbf":1,"exp":2}}`)
	now := w.clock.now().Unix()
	tail := fmt.Sprintf(`"contentType":"c","attributes":{"enabled":false,"nbf":1,"exp":2,"created":%d,"updated":%d,`+
		`"recoveryLevel":"Recoverable+Purgeable","recoverableDays":90},"tags":{"k":"v"}`, now, now)
	id := `"id":"` + vaultURL + `/secrets/off"`
	if a := w.send("GET", "/secrets", ""); a.body != `{"value":[{`+id+`,`+tail+`}],"nextLink":null}` {
		t.Errorf("list is %s", a.body)
	}
	w.ok("DELETE", "/secrets/off", "")
	deleted := fmt.Sprintf(`,"recoveryId":"%s/deletedsecrets/off","deletedDate":%d,"scheduledPurgeDate":%d`, vaultURL, now, now+90*86400)
	if a := w.send("GET", "/deletedsecrets", ""); a.body != `{"value":[{`+id+`,`+tail+deleted+`}],"nextLink":null}` {
		t.Errorf("list of deleted ones is %s", a.body)
	}
}

// A backup brings back the same versions with the same ids and attributes, under
// the name as it was written.
func TestRestoreBringsAllBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	w.ok("PUT", "/secrets/Name", `{"value":"1","contentType":"c","tags":{"k":"v"},"attributes":{"nbf":1,"exp":2}}`)
	w.clock.advance(5e9)
	second := w.ok("PUT", "/secrets/name", `{"value":"2"}`)
	w.ok("PATCH", "/secrets/name/", `{"attributes":{"enabled":false}}`)
	before := w.send("GET", "/secrets/name/versions", "").body
	backup := w.ok("POST", "/secrets/name/backup", "")
	if blob := backup["value"].(string); len(backup) != 1 || strings.ContainsAny(blob, "+/=") {
		t.Errorf("backup is %v", backup)
	}
	w.ok("DELETE", "/secrets/name", "")
	if a := w.send("DELETE", "/deletedsecrets/name", ""); a.status != 204 {
		t.Fatalf("purge: %d", a.status)
	}
	w.clock.advance(5e9)
	restored := w.ok("POST", "/secrets/restore", fmt.Sprintf(`{"value":%q}`, backup["value"]))
	if restored["id"] != second["id"] || restored["value"] != nil || !strings.HasPrefix(restored["id"].(string), vaultURL+"/secrets/Name/") {
		t.Errorf("restored %v", restored)
	}
	if after := w.send("GET", "/secrets/name/versions", "").body; after != before {
		t.Errorf("versions were\n%s\nand are\n%s", before, after)
	}
}
