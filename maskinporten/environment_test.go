package maskinporten_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/stafett/stafett/maskinporten"
)

func TestLookupEnvironment(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]maskinporten.Environment{
		"test": {Name: "test", Issuer: "https://test.maskinporten.no/", TokenURL: "https://test.maskinporten.no/token"},
		"prod": {Name: "prod", Issuer: "https://maskinporten.no/", TokenURL: "https://maskinporten.no/token"},
	} {
		if got, err := maskinporten.LookupEnvironment(name); err != nil || got != want {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for _, name := range []string{"", "Test", "tt02"} {
		_, err := maskinporten.LookupEnvironment(name)
		if _, isRetired := errors.AsType[*maskinporten.RetiredError](err); err == nil || isRetired {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestLookupIssuer(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"https://test.maskinporten.no/": "test", "https://test.maskinporten.no": "test", " https://maskinporten.no/\n": "prod",
	} {
		if got, err := maskinporten.LookupIssuer(address); err != nil || got.Name != want {
			t.Errorf("%q: %+v, %v", address, got, err)
		}
	}
	for _, address := range []string{"", "test", "http://test.maskinporten.no/", "https://test.maskinporten.no/token", "https://skyporten.no/", "https://"} {
		if got, err := maskinporten.LookupIssuer(address); err == nil {
			t.Errorf("%q: %+v", address, got)
		}
	}
	_, err := maskinporten.LookupIssuer("https://VER2.maskinporten.no")
	if closed, ok := errors.AsType[*maskinporten.RetiredError](err); !ok || closed.Use != "test" {
		t.Errorf("%v", err)
	}
}

func TestClosedEnvironmentsSayWhatToUse(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"ver1", "ver2", "test1", "yt2", "systest"} {
		_, err := maskinporten.LookupEnvironment(name)
		closed, ok := errors.AsType[*maskinporten.RetiredError](err)
		if !ok || closed.Name != name || closed.Use != "test" || closed.Closed == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := maskinporten.LookupEnvironment("ver2")
	if want := `maskinporten environment "ver2" is closed (10 June 2024); use "test"`; err.Error() != want {
		t.Errorf("%q, want %q", err, want)
	}
}

func TestDiscover(t *testing.T) {
	t.Parallel()
	const whole = `{"issuer":"https://test.maskinporten.no/","token_endpoint":"https://test.maskinporten.no/token","jwks_uri":"https://test.maskinporten.no/jwks",
		"token_endpoint_auth_methods_supported":["private_key_jwt"],"grant_types_supported":["urn:ietf:params:oauth:grant-type:jwt-bearer"]}`
	for _, test := range []struct {
		name   string
		issuer string
		status int
		body   string
		want   string // in the error; empty for success
	}{
		{"as it is", issuer, 200, whole, ""},
		{"asked for without the slash", "https://test.maskinporten.no", 200, whole, ""},
		{"another issuer's", issuer, 200, strings.Replace(whole, "test.maskinporten.no/\"", "maskinporten.no/\"", 1), "it is of issuer"},
		{"token endpoint in the clear", issuer, 200, strings.Replace(whole, `https://test.maskinporten.no/token`, `http://test.maskinporten.no/token`, 1), "not an https URL"},
		{"no token endpoint", issuer, 200, `{"issuer":"https://test.maskinporten.no/"}`, "token endpoint"},
		{"not JSON", issuer, 200, `<html>`, "not JSON"},
		{"redirect", issuer, 302, ``, "HTTP 302"},
		{"not found", issuer, 404, ``, "HTTP 404"},
		{"closed", "https://ver2.maskinporten.no/", 200, whole, "is closed"},
		{"in the clear", "http://test.maskinporten.no/", 200, whole, "not an https URL"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			var wire strings.Builder
			handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				r.Header.Del("User-Agent")
				fmt.Fprintf(&wire, "%s %s\n", r.Method, r.URL.Path)
				_ = r.Header.Write(&wire)
				w.Header().Set("Location", "https://elsewhere.example/")
				answer(test.status, test.body)(w, r)
			})
			got, err := maskinporten.Discover(t.Context(), &http.Client{Transport: inMemory{"test.maskinporten.no": handler}}, test.issuer)
			if wire.Len() > 0 {
				golden(t, "metadata-request.golden", strings.ReplaceAll(wire.String(), "\r", ""))
			}
			if test.want != "" {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error %v, want %q", err, test.want)
				}
				return
			}
			if want, _ := maskinporten.LookupEnvironment("test"); err != nil || got != want || wire.Len() == 0 {
				t.Errorf("%+v, %v", got, err)
			}
		})
	}
	if _, err := maskinporten.Discover(t.Context(), &http.Client{Transport: inMemory{}}, issuer); err == nil {
		t.Error("no error without a server")
	}
}
