package keyvault_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stafett/stafett/local/keyvault"
	"github.com/stafett/stafett/secret"
)

var versionedID = regexp.MustCompile(`^https://kv-fts-tt02\.vault\.azure\.net/secrets/([0-9a-zA-Z-]+)/([0-9a-f]{32})$`)

// version returns the version in the id of a bundle.
func (w *world) version(bundle map[string]any) string {
	w.Helper()
	found := versionedID.FindStringSubmatch(bundle["id"].(string))
	if found == nil {
		w.Fatalf("id %v has no version", bundle["id"])
	}
	return found[2]
}

func TestSetAndGetBodies(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	a := w.send("PUT", "/secrets/MaskinportenSettings--ClientId",
		`{"value":"<a&b>","contentType":"text/plain","tags":{"k":"v"},"attributes":{"enabled":true,"nbf":1,"exp":-1856058368}}`)
	version := versionedID.FindStringSubmatch(regexp.MustCompile(`"id":"([^"]+)"`).FindStringSubmatch(a.body)[1])[2]
	now := w.clock.now().Unix()
	want := fmt.Sprintf(`{"value":"<a&b>","id":"https://kv-fts-tt02.vault.azure.net/secrets/MaskinportenSettings--ClientId/%s",`+
		`"contentType":"text/plain","attributes":{"enabled":true,"nbf":1,"exp":-1856058368,"created":%d,"updated":%d,`+
		`"recoveryLevel":"Recoverable+Purgeable","recoverableDays":90},"tags":{"k":"v"}}`, version, now, now)
	if a.status != 200 || a.body != want {
		t.Errorf("set:\n got %d %s\nwant %s", a.status, a.body, want)
	}
	for _, path := range []string{
		"/secrets/MaskinportenSettings--ClientId/", // how SDKs ask for the latest
		"/secrets/MaskinportenSettings--ClientId",
		"/secrets/MaskinportenSettings--ClientId/" + version,
		"//secrets/MaskinportenSettings--ClientId/", // the old .NET client
		"/secrets/maskinportensettings--clientid/",
		"/secrets/MaskinportenSettings--ClientId/?api%2Dversion=7.6", // the JavaScript client
	} {
		if a := w.send("GET", path, ""); a.status != 200 || a.body != want {
			t.Errorf("GET %s:\n got %d %s\nwant %s", path, a.status, a.body, want)
		}
	}
}

func TestEmptyValueIsLegal(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	w.ok("PUT", "/secrets/empty", `{"value":""}`)
	if got := w.ok("GET", "/secrets/empty/", ""); got["value"] != "" {
		t.Errorf("value is %v", got["value"])
	}
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	set := w.ok("PUT", "/secrets/s", `{"value":"v","contentType":"c","tags":{"a":"1","b":"2"},"attributes":{"exp":2000000000}}`)
	w.clock.advance(5 * time.Second)
	updated := w.ok("PATCH", "/secrets/s/", `{"tags":{"c":"3"},"attributes":{"enabled":false}}`)
	if _, ok := updated["value"]; ok {
		t.Error("update returned a value")
	}
	if updated["id"] != set["id"] || updated["contentType"] != "c" || fmt.Sprint(updated["tags"]) != "map[c:3]" {
		t.Errorf("update returned %v", updated)
	}
	before, after := set["attributes"].(map[string]any), updated["attributes"].(map[string]any)
	if after["created"] != before["created"] || after["updated"] != before["updated"].(float64)+5 || after["exp"] != 2e9 || after["enabled"] != false {
		t.Errorf("attributes went from %v to %v", before, after)
	}
	// A disabled secret can be updated, also by its version.
	w.ok("PATCH", "/secrets/s/"+w.version(set), `{"attributes":{"enabled":true}}`)
	w.ok("GET", "/secrets/s/", "")
}

func TestVersions(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	first := w.version(w.ok("PUT", "/secrets/s", `{"value":"1"}`))
	second := w.version(w.ok("PUT", "/secrets/S", `{"value":"2"}`))
	if got := w.ok("GET", "/secrets/s/", ""); got["value"] != "2" {
		t.Errorf("latest is %v", got["value"])
	}
	if got := w.ok("GET", "/secrets/s/"+first, ""); got["value"] != "1" {
		t.Errorf("first is %v", got["value"])
	}
	list := w.ok("GET", "/secrets/s/versions", "")["value"].([]any)
	found := map[string]bool{}
	for _, item := range list {
		found[w.version(item.(map[string]any))] = true
		if _, ok := item.(map[string]any)["value"]; ok {
			t.Error("the list of versions has values")
		}
	}
	if len(list) != 2 || !found[first] || !found[second] {
		t.Errorf("versions are %v", list)
	}
	if a := w.send("GET", "/secrets/unknown/versions", ""); a.status != 200 || a.body != `{"value":[],"nextLink":null}` {
		t.Errorf("versions of an unknown name: %d %s", a.status, a.body)
	}
}

func TestExpiredAndFutureSecretsAreServed(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	w.ok("PUT", "/secrets/old", `{"value":"v","attributes":{"exp":1}}`)
	w.ok("PUT", "/secrets/new", `{"value":"v","attributes":{"nbf":4000000000}}`)
	w.ok("GET", "/secrets/old/", "")
	w.ok("GET", "/secrets/new/", "")
}

func TestLimits(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	quoted := func(n int) string { return `"` + strings.Repeat("x", n) + `"` }
	tags := func(n int) string {
		var all []string
		for i := range n {
			all = append(all, fmt.Sprintf(`"t%d":"v"`, i))
		}
		return "{" + strings.Join(all, ",") + "}"
	}
	w.ok("PUT", "/secrets/"+strings.Repeat("n", 127), `{"value":`+quoted(25600)+`,"contentType":`+quoted(255)+`,"tags":`+tags(15)+`}`)
	w.refused("PUT", "/secrets/s", `{"value":`+quoted(25601)+`}`, 400,
		problemBody("BadParameter", "The secret is beyond the permitted length of 25600 characters.", "SecretTooLarge"))
	w.refused("PUT", "/secrets/s", `{"value":"","contentType":`+quoted(256)+`}`, 400,
		problemBody("BadParameter", "Property contentType has invalid value: it has more than 255 characters", ""))
	w.refused("PUT", "/secrets/s", `{"value":"","tags":`+tags(16)+`}`, 400,
		problemBody("BadParameter", "Property tags has invalid value: there are more than 15 tags", ""))
	w.refused("PUT", "/secrets/s", `{"value":"","tags":{"k":`+quoted(257)+`}}`, 400,
		problemBody("BadParameter", "Property tags has invalid value: a name or value has more than 256 characters", ""))
	for _, name := range []string{strings.Repeat("n", 128), "a_b", "a.b", "a:b", "%C3%A6", "a%2Fversions", "%2F"} {
		decoded := strings.NewReplacer("%C3%A6", "æ", "%2F", "/").Replace(name)
		w.refused("PUT", "/secrets/"+name, `{"value":"v"}`, 400,
			problemBody("BadParameter", "The request URI contains an invalid name: "+decoded, ""))
	}
}

func TestSeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	w.must(w.vaults.SetSecret("KV-fts-tt02", "s", secret.New("v")))
	if got := w.ok("GET", "/secrets/s/", ""); got["value"] != "v" {
		t.Errorf("value is %v", got["value"])
	}
	if !w.vaults.Has("kv-fts-tt02") || !w.vaults.Has("KV-FTS-TT02") || w.vaults.Has("other") {
		t.Error("Has is wrong")
	}
	for name, err := range map[string]error{
		"secret in unknown vault": w.vaults.SetSecret("other", "s", secret.New("v")),
		"bad secret name":         w.vaults.SetSecret("kv-fts-tt02", "a:b", secret.New("v")),
		"too long value":          w.vaults.SetSecret("kv-fts-tt02", "s", secret.New(strings.Repeat("x", 25601))),
		"grant in unknown vault":  w.vaults.Grant("other", objectID, keyvault.Get),
		"revoke in unknown vault": w.vaults.Revoke("other", objectID, keyvault.Get),
		"vault twice":             w.vaults.AddVault(keyvault.VaultConfig{Name: "KV-FTS-TT02"}),
		"bad vault name":          w.vaults.AddVault(keyvault.VaultConfig{Name: "x"}),
		"bad retention":           w.vaults.AddVault(keyvault.VaultConfig{Name: "other", Settings: keyvault.Settings{RetentionDays: 6}}),
	} {
		if err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}
