package maskinporten_test

import (
	"context"
	"log"
	"net/http"

	"golang.org/x/oauth2"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/maskinporten"
	"github.com/stafett/stafett/secret"
)

// A Source is an oauth2.TokenSource, so it fits whatever takes one. It caches by
// itself. oauth2.NewClient would put a cache of its own around it, which goes on
// giving a token that Invalidate has dropped; oauth2.Transport does not.
func ExampleClient_Source() {
	var encodedJWK secret.String // as the vault holds it
	key, err := jwk.ParseEncoded(encodedJWK)
	if err != nil {
		log.Fatal(err)
	}
	environment, err := maskinporten.LookupEnvironment("test")
	if err != nil {
		log.Fatal(err)
	}
	client, err := maskinporten.New(maskinporten.Config{
		Issuer: environment.Issuer, TokenURL: environment.TokenURL,
		ClientID: "3fa85f64-5717-4562-b3fc-2c963f66afa6", Key: key,
	})
	if err != nil {
		log.Fatal(err)
	}
	source := client.Source(maskinporten.Grant{Scopes: []string{"altinn:serviceowner/instances.read"}})

	api := &http.Client{
		Transport: &oauth2.Transport{Source: source},
		// A redirect would take the token along to wherever it leads.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	request, err := http.NewRequestWithContext(context.Background(), http.MethodGet, "https://api.example.no/v1/things", nil)
	if err != nil {
		log.Fatal(err)
	}
	response, err := api.Do(request)
	if err != nil {
		log.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	log.Println(response.Status)
}
