package maskinporten

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
)

// Discover reads the metadata that an issuer publishes (RFC 8414), and returns
// its exact issuer and token endpoint. The issuer's trailing slash may be
// missing in the argument. A nil client means a new http.Client; redirects are
// not followed. Name is set when it is one of the known environments.
func Discover(ctx context.Context, client *http.Client, issuer string) (Environment, error) {
	if err := checkURL("issuer", issuer); err != nil {
		return Environment{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	address := strings.TrimSuffix(issuer, "/") + "/.well-known/oauth-authorization-server"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return Environment{}, fmt.Errorf("read metadata: %w", err)
	}
	request.Header.Set("Accept", "application/json")
	response, err := withoutRedirects(client).Do(request)
	if err != nil {
		return Environment{}, fmt.Errorf("read metadata: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, maximumAnswer))
	if err != nil {
		return Environment{}, fmt.Errorf("read metadata at %s: %w", address, err)
	}
	if response.StatusCode != http.StatusOK {
		return Environment{}, fmt.Errorf("read metadata at %s: HTTP %d", address, response.StatusCode)
	}
	var document struct {
		Issuer        string `json:"issuer"`
		TokenEndpoint string `json:"token_endpoint"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return Environment{}, fmt.Errorf("read metadata at %s: the answer is not JSON", address)
	}
	// RFC 8414 section 3.3: metadata of another issuer must not be used.
	if strings.TrimSuffix(document.Issuer, "/") != strings.TrimSuffix(issuer, "/") {
		return Environment{}, fmt.Errorf("read metadata at %s: it is of issuer %q", address, document.Issuer)
	}
	if err := checkURL("token endpoint", document.TokenEndpoint); err != nil {
		return Environment{}, fmt.Errorf("read metadata at %s: %w", address, err)
	}
	environment := Environment{Issuer: document.Issuer, TokenURL: document.TokenEndpoint}
	for _, known := range environments {
		if known.Issuer == document.Issuer {
			environment.Name = known.Name
		}
	}
	return environment, nil
}
