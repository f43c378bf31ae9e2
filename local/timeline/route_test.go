package timeline_test

import (
	"testing"

	"github.com/stafett/stafett/local/timeline"
)

func TestSystemAndRoute(t *testing.T) {
	t.Parallel()
	const (
		id      = "0d5d8a1e-51c3-4c0a-9a0b-2f6f0d8c7a11"
		version = "0123456789abcdef0123456789abcdef"
		vault   = "kv-fts-tt02.vault.azure.net"
		digdir  = "api.test.samarbeid.digdir.no"
		portal  = "sjolvbetjening.test.samarbeid.digdir.no"
	)
	for _, c := range []struct{ host, path, system, route string }{
		{"test.maskinporten.no", "/token", "Maskinporten", "/token"},
		{"test.maskinporten.no", "/.well-known/oauth-authorization-server", "Maskinporten", "/.well-known/oauth-authorization-server"},
		{digdir, "/api/v1/clients", "Samarbeidsportalen", "/api/v1/clients"},
		{digdir, "/api/v1/clients/" + id + "/jwks", "Samarbeidsportalen", "/api/v1/clients/{client}/jwks"},
		{digdir, "/api/v1/clients/" + id + "/jwks/my-key", "Samarbeidsportalen", "/api/v1/clients/{client}/jwks/{kid}"},
		{digdir, "/api/v1/clients/" + id + "/onbehalfof/kunde1", "Samarbeidsportalen", "/api/v1/clients/{client}/onbehalfof/{value}"},
		{digdir, "/api/v1/altinn/admin/clients/" + id, "Samarbeidsportalen", "/api/v1/altinn/admin/clients/{client}"},
		{digdir, "/api/v1/scopes/access/313547264", "Samarbeidsportalen", "/api/v1/scopes/access/{org}"},
		{digdir, "/api/v1/scopes/access/all", "Samarbeidsportalen", "/api/v1/scopes/access/all"},
		{portal, "/", "Samarbeidsportalen", "/"},
		{portal, "/clients/new/maskinporten", "Samarbeidsportalen", "/clients/new/maskinporten"},
		{portal, "/clients/" + id + "/keys/new", "Samarbeidsportalen", "/clients/{client}/keys/new"},
		{"login.microsoftonline.com", "/" + id + "/oauth2/v2.0/token", "Entra ID", "/{tenant}/oauth2/v2.0/token"},
		{"login.microsoftonline.com", "/common/discovery/instance", "Entra ID", "/common/discovery/instance"},
		{"169.254.169.254", "/metadata/identity/oauth2/token", "Azure IMDS", "/metadata/identity/oauth2/token"},
		{vault, "/secrets", "Key Vault", "/secrets"},
		{vault, "/secrets/MaskinportenSettings--EncodedJwk/", "Key Vault", "/secrets/{name}"},
		{vault, "/secrets/versions", "Key Vault", "/secrets/{name}"},
		{vault, "/secrets/restore", "Key Vault", "/secrets/restore"},
		{vault, "/secrets/a/" + version, "Key Vault", "/secrets/{name}/{version}"},
		{vault, "/secrets/a/versions", "Key Vault", "/secrets/{name}/versions"},
		{vault, "/deletedsecrets/a/recover", "Key Vault", "/deletedsecrets/{name}/recover"},
		{storageHost, "/authentication/api/v1/exchange/maskinporten", "Altinn Authentication", "/authentication/api/v1/exchange/maskinporten"},
		{storageHost, "/authorization/api/v1/decision", "Altinn Authorization", "/authorization/api/v1/decision"},
		{storageHost, "/register/api/v1/parties/50700001", "Altinn Register", "/register/api/v1/parties/{party}"},
		{storageHost, "/register/api/v1/organizations/313547264", "Altinn Register", "/register/api/v1/organizations/{org}"},
		{storageHost, "/storage/api/v1/applications/fts/saksmottak", "Altinn Storage", "/storage/api/v1/applications/{org}/{app}"},
		{storageHost, "/storage/api/v1/instances/50700001/" + id + "/process", "Altinn Storage", "/storage/api/v1/instances/{party}/{guid}/process"},
		{storageHost, "/storage/api/v1/instances/50700001/" + id + "/data/" + id, "Altinn Storage", "/storage/api/v1/instances/{party}/{guid}/data/{data}"},
		{storageHost, "/storage/api/v1/instances/50700001/" + id + "/dataelements/" + id, "Altinn Storage", "/storage/api/v1/instances/{party}/{guid}/dataelements/{data}"},
		{storageHost, "/storage/api/v1/instances/50700001/" + id + "/events/" + id, "Altinn Storage", "/storage/api/v1/instances/{party}/{guid}/events/{event}"},
		{storageHost, "/storage/api/v1/sbl/instances/50700001/" + id, "Altinn Storage", "/storage/api/v1/sbl/instances/{party}/{guid}"},
		{storageHost, "/events/api/v1/app", "Altinn Events", "/events/api/v1/app"},
		{storageHost, "/events/api/v1/app/fts/saksmottak", "Altinn Events", "/events/api/v1/app/{org}/{app}"},
		{storageHost, "/events/api/v1/subscriptions/7", "Altinn Events", "/events/api/v1/subscriptions/{subscription}"},
		{storageHost, "/profile/api/v1/users/20100001", "Altinn Profile", "/profile/api/v1/users/{user}"},
		{storageHost, "/", "Altinn", "/"},
		{appHost, "/12345678901/12345678901/123456 78901", "[redacted]/[redacted]", "/[redacted]"},
		{"altinncdn.no", "/orgs/altinn-orgs.json", "Altinn CDN", "/orgs/altinn-orgs.json"},
		{"local.altinn.cloud", "/Home/GetTestUserToken/20100001", "Altinn Login", "/Home/GetTestUserToken/{user}"},
		{"local.altinn.cloud", "/Home/GetTestOrgToken/fts", "Altinn Login", "/Home/GetTestOrgToken/{org}"},
		{appHost, "/fts/saksmottak/instances", "fts/saksmottak", "/instances"},
		{appHost, "/fts/saksmottak/instances/create", "fts/saksmottak", "/instances/create"},
		{appHost, "/fts/saksmottak/instances/50700001/" + id + "/process/next", "fts/saksmottak", "/instances/{party}/{guid}/process/next"},
		{appHost, "/fts/saksmottak/instances/50700001/" + id + "/data/" + id + "/validate", "fts/saksmottak", "/instances/{party}/{guid}/data/{data}/validate"},
		{appHost, "/fts/saksmottak/instances/50700001/" + id + "/data/type/kart", "fts/saksmottak", "/instances/{party}/{guid}/data/type/{type}"},
		{appHost, "/fts/saksmottak/instances/50700001/active", "fts/saksmottak", "/instances/{party}/active"},
		{appHost, "/fts/saksmottak/api/jsonschema/modell", "fts/saksmottak", "/api/jsonschema/{type}"},
		{appHost, "/fts/saksmottak/api/layouts/Task_1", "fts/saksmottak", "/api/layouts/{set}"},
		{appHost, "/fts/saksmottak/api/options/kommuner", "fts/saksmottak", "/api/options/{options}"},
		{appHost, "/fts/saksmottak/api/v1/texts/nb", "fts/saksmottak", "/api/v1/texts/{language}"},
		{appHost, "/fts/saksmottak", "fts/saksmottak", "/"},
		{appHost, "/fts", appHost, "/fts"},
		{"x.no", "/anything/7", "x.no", "/anything/{number}"},
	} {
		if system, route := timeline.System(c.host, c.path), timeline.Route(c.host, c.path); system != c.system || route != c.route {
			t.Errorf("%s%s is %s of %q, want %s of %q", c.host, c.path, route, system, c.route, c.system)
		}
	}
}
