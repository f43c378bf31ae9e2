package keyvault_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/stafett/stafett/local/keyvault"
	"github.com/stafett/stafett/secret"
)

func TestNextLink(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	for i := range 26 {
		w.must(w.vaults.SetSecret(vaultName, fmt.Sprintf("s%02d", i), secret.New("v")))
	}
	first := w.ok("GET", "/secrets?api-version=7.3", "")
	if n := len(first["value"].([]any)); n != 25 {
		t.Errorf("the first page has %d items", n)
	}
	form := regexp.MustCompile(`^https://kv-fts-tt02\.vault\.azure\.net:443/secrets\?api-version=7\.3&\$skiptoken=[A-Za-z0-9_-]+$`)
	if link := first["nextLink"].(string); !form.MatchString(link) {
		t.Errorf("nextLink is %s", link)
	}
	limited := w.ok("GET", "/secrets?api-version=7.3&maxresults=1", "")
	form = regexp.MustCompile(`^https://kv-fts-tt02\.vault\.azure\.net:443/secrets\?api-version=7\.3&\$skiptoken=[A-Za-z0-9_-]+&maxresults=1$`)
	if link := limited["nextLink"].(string); len(limited["value"].([]any)) != 1 || !form.MatchString(link) {
		t.Errorf("with maxresults, nextLink is %s", link)
	}
	// The Go client encodes the dollar sign and sorts the names.
	link := first["nextLink"].(string)
	path := link[strings.Index(link, "/secrets"):]
	a := w.send("GET", strings.Replace(path, "$skiptoken", "%24skiptoken", 1), "")
	if a.status != 200 || !strings.HasPrefix(a.body, `{"value":[{"id":"https://kv-fts-tt02.vault.azure.net/secrets/s25","attributes"`) ||
		!strings.HasSuffix(a.body, `"nextLink":null}`) {
		t.Errorf("the last page is %d %s", a.status, a.body)
	}
}

// A list that changes between two pages neither repeats nor loses the items
// that were there all the time.
func TestPagesOfAChangingList(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{}, func(cfg *keyvault.Config) { cfg.PageSize = 2 })
	for _, name := range []string{"a", "B", "c", "D", "e"} {
		w.ok("PUT", "/secrets/"+name, `{"value":"v"}`)
	}
	var got []string
	path := "/secrets?api-version=7.4"
	for page := 0; path != ""; page++ {
		body := w.ok("GET", path, "")
		for _, item := range body["value"].([]any) {
			got = append(got, strings.TrimPrefix(item.(map[string]any)["id"].(string), vaultURL+"/secrets/"))
		}
		if page == 0 {
			w.ok("DELETE", "/secrets/B", "")
			w.ok("PUT", "/secrets/aa", `{"value":"v"}`)
		}
		path = ""
		if link, ok := body["nextLink"].(string); ok {
			path = strings.TrimPrefix(link, "https://"+vaultHost+":443")
		}
	}
	if fmt.Sprint(got) != "[a B c D e]" {
		t.Errorf("listed %v", got)
	}
}

func TestPagesOfVersionsAndDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{}, func(cfg *keyvault.Config) { cfg.PageSize = 2 })
	for range 3 {
		w.ok("PUT", "/secrets/s", `{"value":"v"}`)
	}
	for _, name := range []string{"x", "y", "z"} {
		w.ok("PUT", "/secrets/"+name, `{"value":"v"}`)
		w.ok("DELETE", "/secrets/"+name, "")
	}
	for _, list := range []string{"/secrets/s/versions", "/deletedsecrets"} {
		found := map[any]bool{}
		for path := list; path != ""; {
			body := w.ok("GET", path, "")
			for _, item := range body["value"].([]any) {
				found[item.(map[string]any)["id"]] = true
			}
			link, _ := body["nextLink"].(string)
			path = strings.TrimPrefix(link, "https://"+vaultHost+":443")
		}
		if len(found) != 3 {
			t.Errorf("%s has %v", list, found)
		}
	}
}

func TestIDsNameThePort(t *testing.T) {
	t.Parallel()
	w := newWorld(t, keyvault.VaultConfig{})
	for port, authority := range map[string]string{"": vaultHost, ":443": vaultHost, ":8443": vaultHost + ":8443"} {
		a := w.atPort(port, "/secrets/s?api-version=7.4", `{"value":"v"}`)
		if !strings.Contains(a, `"id":"https://`+authority+`/secrets/s/`) {
			t.Errorf("port %q: %s", port, a)
		}
	}
}
