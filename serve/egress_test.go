package serve

import (
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stafett/stafett/altinn"
)

// counting counts requests.
type counting struct{ sent []string }

// RoundTrip implements [http.RoundTripper].
func (c *counting) RoundTrip(r *http.Request) (*http.Response, error) {
	c.sent = append(c.sent, r.URL.Host)
	return &http.Response{StatusCode: http.StatusOK, Body: http.NoBody, Request: r}, nil
}

func TestRequestsGoToThePlatformOnly(t *testing.T) {
	t.Parallel()
	environment, err := altinn.LookupEnvironment("tt02")
	if err != nil {
		t.Fatal(err)
	}
	reachable, err := newSystems(environment, nil, "https://kv-fts-tt02.vault.azure.net", "identity.example")
	if err != nil {
		t.Fatal(err)
	}
	next := &counting{}
	client := &http.Client{Transport: limited{reachable, next}}
	tests := map[string]string{
		"https://platform.tt02.altinn.no/storage/api/v1/instances": systemPlatform,
		"https://PLATFORM.tt02.altinn.no:443/":                     systemPlatform,
		"https://test.maskinporten.no/token":                       systemMaskinporten,
		"https://kv-fts-tt02.vault.azure.net/secrets":              systemVault,
		"https://login.microsoftonline.com/t/oauth2/v2.0/token":    systemVault,
		"http://169.254.169.254/metadata/identity":                 systemVault,
		"http://identity.example/msi":                              systemVault,

		"https://platform.altinn.no/storage":             "", // production's
		"https://maskinporten.no/token":                  "",
		"https://kv-annen.vault.azure.net/secrets":       "",
		"https://fts.apps.tt02.altinn.no.evil.example/":  "",
		"https://annen.apps.tt02.altinn.no/annen/skjema": "",
		"http://127.0.0.1:8080/":                         "",
		"http://platform.tt02.altinn.no/storage":         "", // without TLS
	}
	for address, system := range tests {
		before := len(next.sent)
		request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader("x"))
		if err != nil {
			t.Fatal(err)
		}
		response, err := client.Do(request)
		if err == nil {
			_ = response.Body.Close()
		}
		refused, isRefused := errors.AsType[*EgressError](err)
		if isRefused != (system == "") || len(next.sent)-before == 1 == isRefused {
			t.Errorf("%s: %v", address, err)
		}
		if isRefused && refused.Host != request.URL.Hostname() {
			t.Errorf("%s: the error names %s", address, refused.Host)
		}
		if got := reachable.of(request.URL.Hostname()); !isRefused && got != system {
			t.Errorf("%s is %s, want %s", address, got, system)
		}
	}
}
