package keyvault_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stafett/stafett/keyvault"
	"github.com/stafett/stafett/secret"
)

var update = flag.Bool("update", false, "write the golden files anew")

const version = "0123456789abcdef0123456789abcdef"

// golden holds everything that a call sends against a file: the requests without
// token, the request for the token, then the call itself.
func golden(t *testing.T, n *network) {
	t.Helper()
	got := strings.Join(n.record, "\n")
	file := filepath.Join("testdata", strings.ReplaceAll(t.Name(), "/", "_")+".golden")
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("sent:\n%s\nwant:\n%s", got, want)
	}
}

func TestGetOnTheWire(t *testing.T) {
	t.Parallel()
	v, n := open(t, func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, 200, bundle("MaskinportenSettings--ClientId", version, map[string]any{
			"value": "client-1", "contentType": "text/plain", "tags": map[string]string{"stafett": "x"}}))
	})
	for range 2 { // the second call needs no challenge and no token
		got, err := v.Get(context.Background(), "MaskinportenSettings--ClientId")
		if err != nil {
			t.Fatal(err)
		}
		if got.Value.Reveal() != "client-1" || got.Name != "MaskinportenSettings--ClientId" || got.Version != version || !got.Enabled ||
			got.ContentType != "text/plain" || got.Tags["stafett"] != "x" || got.Created.Unix() != 1790000000 || got.Updated.Unix() != 1790000001 ||
			got.Created.Location() != time.UTC || !got.Expires.IsZero() || !got.NotBefore.IsZero() || got.Managed {
			t.Errorf("secret = %+v", got)
		}
	}
	golden(t, n)
}

func TestSetOnTheWire(t *testing.T) {
	t.Parallel()
	v, n := open(t, func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, 200, bundle("a--b--EncodedJwk", version, map[string]any{"value": "encoded"}))
	})
	item, err := v.Set(context.Background(), "a--b--EncodedJwk", secret.New("encoded"), keyvault.SetOptions{
		ContentType: "application/jwk", Tags: map[string]string{"kid": "k1"},
		NotBefore: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Expires: time.Date(2027, 11, 22, 0, 0, 0, 0, time.UTC),
	})
	if err != nil || item.Version != version || item.Name != "a--b--EncodedJwk" {
		t.Errorf("item = %+v, %v", item, err)
	}
	golden(t, n)
}

func TestUpdateOnTheWire(t *testing.T) {
	t.Parallel()
	v, n := open(t, func(w http.ResponseWriter, r *http.Request) {
		writeJSON(w, 200, bundle("a--b--EncodedJwk", version, map[string]any{"attributes": map[string]any{"enabled": false}}))
	})
	off := false
	item, err := v.Update(context.Background(), "a--b--EncodedJwk", "", keyvault.UpdateOptions{
		ContentType: "application/jwk", Tags: map[string]string{"kid": "k1"}, Enabled: &off,
		Expires: time.Date(2027, 11, 22, 0, 0, 0, 0, time.UTC),
	})
	if err != nil || item.Version != version || item.Enabled {
		t.Errorf("item = %+v, %v", item, err)
	}
	golden(t, n)
}

func TestUpdateOfNothingChangesNothing(t *testing.T) {
	t.Parallel()
	v, n := open(t, func(w http.ResponseWriter, r *http.Request) { writeJSON(w, 200, bundle("s", version, nil)) })
	if _, err := v.Update(context.Background(), "s", version, keyvault.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	if last := n.record[len(n.record)-1]; !strings.Contains(last, "/secrets/s/"+version) || !strings.HasSuffix(last, "\n{}\n") {
		t.Errorf("sent %s", last)
	}
	if _, err := v.Update(context.Background(), "a_b", "", keyvault.UpdateOptions{}); err == nil {
		t.Error("a name that the vault cannot have was asked for")
	}
}

func TestSetWithoutOptionsSendsTheValueAlone(t *testing.T) {
	t.Parallel()
	v, n := open(t, func(w http.ResponseWriter, r *http.Request) { writeJSON(w, 200, bundle("s", version, nil)) })
	if _, err := v.Set(context.Background(), "s", secret.New(""), keyvault.SetOptions{}); err != nil {
		t.Fatal(err)
	}
	if last := n.record[len(n.record)-1]; !strings.HasSuffix(last, "\n{\"value\":\"\"}\n") {
		t.Errorf("sent %s", last)
	}
}

func TestListOnTheWire(t *testing.T) {
	t.Parallel()
	v, n := open(t, func(w http.ResponseWriter, r *http.Request) {
		next := address + ":443/secrets?api-version=2026-04-01&$skiptoken="
		switch r.URL.Query().Get("$skiptoken") {
		case "":
			writeJSON(w, 200, map[string]any{"value": []any{
				bundle("first", "", nil), bundle("off", "", map[string]any{"attributes": map[string]any{"enabled": false}}),
			}, "nextLink": next + "two"})
		case "two": // a page may be empty and not be the last
			writeJSON(w, 200, map[string]any{"value": []any{}, "nextLink": next + "three"})
		default:
			writeJSON(w, 200, map[string]any{"value": []any{bundle("last", "", map[string]any{
				"managed": true, "attributes": map[string]any{"enabled": true, "exp": int64(4102444800), "nbf": 1},
			}), bundle("bare", "", map[string]any{"attributes": nil})}, "nextLink": nil})
		}
	})
	items, err := v.List(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, i := range items {
		got = append(got, fmt.Sprintf("%s %q %v %v %d %d", i.Name, i.Version, i.Enabled, i.Managed, i.Expires.Year(), i.NotBefore.Year()))
	}
	want := []string{`first "" true false 1 1`, `off "" false false 1 1`, `last "" true true 2100 1970`, `bare "" false false 1 1`}
	if !slices.Equal(got, want) {
		t.Errorf("items = %q, want %q", got, want)
	}
	golden(t, n)
}

func TestVersionsOnTheWire(t *testing.T) {
	t.Parallel()
	v, n := open(t, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasPrefix(r.URL.Path, "/secrets/unknown/") {
			writeJSON(w, 200, map[string]any{"value": []any{}, "nextLink": nil})
			return
		}
		writeJSON(w, 200, map[string]any{"value": []any{bundle("s", version, nil), bundle("s", strings.Repeat("f", 32), nil)}, "nextLink": nil})
	})
	items, err := v.Versions(context.Background(), "s")
	if err != nil || len(items) != 2 || items[0].Version != version {
		t.Errorf("versions = %+v, %v", items, err)
	}
	items, err = v.Versions(context.Background(), "unknown")
	if err != nil || len(items) != 0 {
		t.Errorf("versions of a secret that is not there = %+v, %v", items, err)
	}
	golden(t, n)
}

func TestCheckFreeOnTheWire(t *testing.T) {
	t.Parallel()
	v, n := open(t, func(w http.ResponseWriter, r *http.Request) {
		switch strings.TrimPrefix(r.URL.Path, "/deletedsecrets/") {
		case "free":
			writeFault(w, 404, "SecretNotFound", "", "Deleted Secret not found: free")
		case "kept":
			writeJSON(w, 200, bundle("kept", version, map[string]any{"recoveryId": address + "/deletedsecrets/kept"}))
		case "off":
			writeFault(w, 403, "Forbidden", "SecretDisabled", "Operation get is not allowed on a disabled secret.")
		default: // the caller may read secrets, and not deleted ones
			writeFault(w, 403, "Forbidden", "ForbiddenByRbac", "Caller is not authorized to perform action on resource.")
		}
	})
	for _, test := range []struct {
		name string
		kept bool
	}{{"free", false}, {"kept", true}, {"off", true}, {"refused", false}} {
		err := v.CheckFree(context.Background(), test.name)
		var deleted *keyvault.SoftDeletedError
		if errors.As(err, &deleted) != test.kept || (err != nil) != test.kept {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	golden(t, n)
}

func TestSecretsAreLoadedAsByAnApplication(t *testing.T) {
	t.Parallel()
	var failing atomic.Bool
	v, n := open(t, func(w http.ResponseWriter, r *http.Request) {
		name := strings.Trim(strings.TrimPrefix(r.URL.Path, "/secrets"), "/")
		switch {
		case name == "":
			var all []any
			for i := range 30 {
				all = append(all, bundle(fmt.Sprintf("s%02d", i), "", map[string]any{"attributes": map[string]any{"enabled": i != 7}}))
			}
			writeJSON(w, 200, map[string]any{"value": all, "nextLink": nil})
		case name == "s20" && failing.Load():
			writeFault(w, 403, "Forbidden", "SecretDisabled", "Operation get is not allowed on a disabled secret.")
		default:
			writeJSON(w, 200, bundle(name, version, map[string]any{"value": "value of " + name}))
		}
	})
	secrets, err := v.Secrets(context.Background())
	if err != nil || len(secrets) != 29 {
		t.Fatalf("%d secrets, %v", len(secrets), err)
	}
	for _, s := range secrets {
		if s.Name == "s07" || s.Value.Reveal() != "value of "+s.Name {
			t.Errorf("secret %s = %q", s.Name, s.Value.Reveal())
		}
	}
	if got := len(n.requests()); got != 31 { // the challenge, the list, 29 secrets
		t.Errorf("%d requests", got)
	}
	failing.Store(true)
	var disabled *keyvault.DisabledError
	if _, err := v.Secrets(context.Background()); !errors.As(err, &disabled) || disabled.Secret != "s20" {
		t.Errorf("error when one secret cannot be had = %v", err)
	}
}

func TestBusyVaultIsAskedAgain(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	v, _ := open(t, func(w http.ResponseWriter, r *http.Request) {
		if calls.Add(1) <= 2 {
			w.Header().Set("retry-after-ms", "1")
			writeFault(w, 429, "Throttled", "", "VaultRequestTypeLimitReached")
			return
		}
		writeJSON(w, 200, bundle("s", version, map[string]any{"value": "v"}))
	})
	if _, err := v.Get(context.Background(), "s"); err != nil || calls.Load() != 3 {
		t.Errorf("%d calls, %v", calls.Load(), err)
	}
}

// A vault that is misspelt must not be asked again and again for ten seconds.
func TestAnUnknownHostIsAskedOnce(t *testing.T) {
	t.Parallel()
	var calls atomic.Int32
	client := &http.Client{Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
		calls.Add(1)
		return nil, &net.DNSError{Err: "no such host", Name: r.URL.Hostname(), IsNotFound: true}
	})}
	credential, err := keyvault.NewCredential(keyvault.CredentialOptions{
		HTTPClient: client, TenantID: "t", ClientID: "c", ClientSecret: secret.New("s"),
	})
	if err != nil {
		t.Fatal(err)
	}
	v, err := keyvault.Open("https://misspelt.vault.azure.net", credential, client)
	if err != nil {
		t.Fatal(err)
	}
	var dns *net.DNSError
	if _, err := v.List(t.Context()); !errors.As(err, &dns) || dns.Name != "misspelt.vault.azure.net" {
		t.Errorf("error = %v", err)
	}
	if n := calls.Load(); n != 1 {
		t.Errorf("%d requests, want 1", n)
	}
}

type roundTrip func(*http.Request) (*http.Response, error)

func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	for _, status := range []int{301, 302, 307, 308} {
		v, n := open(t, func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example/secrets/s", status)
		})
		var answer *keyvault.StatusError
		if _, err := v.Get(context.Background(), "s"); !errors.As(err, &answer) || answer.Status != status {
			t.Errorf("error = %v", err)
		}
		for _, entry := range n.record {
			if strings.Contains(entry, "evil.example") {
				t.Errorf("followed to %s", entry)
			}
		}
	}
}

func TestTheTokenGoesToNoOtherHost(t *testing.T) {
	t.Parallel()
	for _, link := range []string{"https://evil.example/secrets", "http://kv-fts-tt02.vault.azure.net/secrets", "https://kv-fts-tt02.vault.azure.net.evil.example/"} {
		v, n := open(t, func(w http.ResponseWriter, r *http.Request) {
			writeJSON(w, 200, map[string]any{"value": []any{}, "nextLink": link})
		})
		if _, err := v.List(context.Background()); err == nil {
			t.Errorf("%s: no error", link)
		}
		for _, entry := range n.record {
			if strings.Contains(entry, "evil.example") || strings.Contains(entry, "GET http:") {
				t.Errorf("sent %s", entry)
			}
		}
	}
}

// Host names match without regard to case: a vault writes its own in lower case,
// whatever the settings have.
func TestNextPageOfAVaultInOtherLetters(t *testing.T) {
	t.Parallel()
	pages := 0
	handler := guarded(func(w http.ResponseWriter, r *http.Request) {
		if pages++; pages == 1 {
			writeJSON(w, 200, map[string]any{"value": []any{}, "nextLink": address + "/secrets?$skiptoken=1"})
			return
		}
		writeJSON(w, 200, map[string]any{"value": []any{bundle("s", "", nil)}})
	})
	n := &network{hosts: map[string]http.Handler{
		"login.microsoftonline.com": http.HandlerFunc(entra), "KV-Fts-tt02.vault.azure.net": handler, "kv-fts-tt02.vault.azure.net": handler,
	}}
	hc := &http.Client{Transport: n}
	v, err := keyvault.Open("https://KV-Fts-tt02.vault.azure.net", newCredential(t, keyvault.CredentialOptions{
		HTTPClient: hc, TenantID: tenant, ClientID: clientID, ClientSecret: secret.New(clientSecret),
	}), hc)
	if err != nil {
		t.Fatal(err)
	}
	if items, err := v.List(context.Background()); err != nil || len(items) != 1 {
		t.Errorf("%d items, %v", len(items), err)
	}
}

func TestSecretName(t *testing.T) {
	t.Parallel()
	for setting, want := range map[string]string{
		"MaskinportenSettings:ClientId": "MaskinportenSettings--ClientId",
		"a:0:b-c":                       "a--0--b-c",
		"a:-b":                          "a---b", // read from the left
	} {
		if got, err := keyvault.SecretName(setting); err != nil || got != want || keyvault.SettingPath(got) != setting {
			t.Errorf("%s: %s, %v", setting, got, err)
		}
	}
	for _, setting := range []string{"", "a-:b", "a--b", "a_b", "a.b", "a b", "ø", strings.Repeat("a", 128)} {
		got, err := keyvault.SecretName(setting)
		refused, ok := errors.AsType[*keyvault.SettingNameError](err)
		if got != "" || !ok || refused.Remedy() == "" {
			t.Errorf("%q: %q, %v", setting, got, err)
		}
	}
}

func TestOpenRefusesWhatIsNoVault(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"", "kv-fts-tt02", "http://kv.vault.azure.net", "https://kv.vault.azure.net/secrets/a", "https://u:p@kv.vault.azure.net",
		"https://kv.vault.azure.net?x=y", "https://:443", "https://%zz"} {
		if _, err := keyvault.Open(address, nil, nil); err == nil {
			t.Errorf("%q was opened", address)
		}
	}
	v, err := keyvault.Open(address+"/", nil, nil)
	if err != nil || v.Host() != "kv-fts-tt02.vault.azure.net" {
		t.Errorf("with a slash at the end: %v", err)
	}
}

func TestNames(t *testing.T) {
	t.Parallel()
	for section, want := range map[string][2]string{
		"MaskinportenSettings": {"MaskinportenSettings--ClientId", "MaskinportenSettings--EncodedJwk"},
		"a:b":                  {"a--b--ClientId", "a--b--EncodedJwk"},
	} {
		if id, key := keyvault.SecretNames(section); id != want[0] || key != want[1] {
			t.Errorf("names of %s = %s, %s", section, id, key)
		}
	}
	v, n := open(t, func(http.ResponseWriter, *http.Request) {})
	for _, name := range []string{"", "a_b", "a.b", "a/b", "å", strings.Repeat("a", 128)} {
		if _, err := v.Get(context.Background(), name); err == nil {
			t.Errorf("got %q", name)
		}
		if _, err := v.Set(context.Background(), name, secret.New("x"), keyvault.SetOptions{}); err == nil {
			t.Errorf("set %q", name)
		}
		if _, err := v.Versions(context.Background(), name); err == nil {
			t.Errorf("listed versions of %q", name)
		}
	}
	if len(n.record) != 0 {
		t.Errorf("sent %v", n.record)
	}
}

func TestAnswersThatNoVaultGives(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]map[string]any{
		"no id":              {"value": "v"},
		"an id of something": {"value": "v", "id": address + "/keys/a"},
		"an id with no name": {"value": "v", "id": address + "/secrets"},
		"an id that is none": {"value": "v", "id": "%zz"},
		"no value":           {"id": address + "/secrets/s/" + version},
	} {
		v, _ := open(t, func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/secrets" {
				writeJSON(w, 200, map[string]any{"value": []any{answer, nil}, "nextLink": nil})
				return
			}
			writeJSON(w, 200, answer)
		})
		if _, err := v.Get(context.Background(), "s"); err == nil || !strings.Contains(err.Error(), "not a key vault") {
			t.Errorf("%s: error = %v", name, err)
		}
		if name == "no value" {
			continue // a list and the answer to a set need none
		}
		if _, err := v.Set(context.Background(), "s", secret.New("v"), keyvault.SetOptions{}); err == nil {
			t.Errorf("%s: no error from Set", name)
		}
		if _, err := v.List(context.Background()); err == nil {
			t.Errorf("%s: no error from List", name)
		}
	}
}
