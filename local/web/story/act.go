package story

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/stafett/stafett/local/timeline"
)

// act is what requests to a path are for.
type act struct {
	pattern string // method and path; {name} stands for one part of it
	// key is that of a word: what was done and, behind a bar, the infinitive:
	// "created|create an instance of {0}".
	key  string
	args []string // what goes into the word's places, see [deed.value]
	// look is for what changes nothing and would hide the story: definitions, lists
	// and keys.
	look bool
	// chapter is the part of the story that it always belongs to.
	chapter chapter
}

// deed is an exchange with the act that it is.
type deed struct {
	act
	values map[string]string // of the names in the pattern
	app    bool              // an application did it
}

// deedOf finds what an exchange is for. One that is not known has an empty key.
func deedOf(e timeline.Exchange) deed {
	path, _, _ := strings.Cut(e.Target, "?")
	parts := split(path)
	found := deed{app: strings.Contains(e.Host, ".apps.")}
	table := acts[e.System]
	if found.app {
		table = appActs
		parts = parts[min(2, len(parts)):]
	}
	for _, known := range table {
		method, pattern, _ := strings.Cut(known.pattern, " ")
		if (method == e.Method || method == http.MethodGet && e.Method == http.MethodHead) && matches(pattern, parts) {
			found.act, found.values = known, values(pattern, parts)
			break
		}
	}
	return found
}

// split gives the parts of a path; the top has none.
func split(path string) []string {
	return strings.FieldsFunc(path, func(c rune) bool { return c == '/' })
}

// matches compares the parts of a path with a pattern. In one that ends with
// {rest...}, anything may follow, or nothing. Every exchange is compared with
// many, so it makes nothing.
func matches(pattern string, parts []string) bool {
	for want := range strings.SplitSeq(strings.Trim(pattern, "/"), "/") {
		switch {
		case want == "{rest...}":
			return true
		case want == "": // the top
			return len(parts) == 0
		case len(parts) == 0 || want[0] != '{' && want != parts[0]:
			return false
		}
		parts = parts[1:]
	}
	return len(parts) == 0
}

// values are the parts of a path that stand where a pattern has names.
func values(pattern string, parts []string) map[string]string {
	found := make(map[string]string)
	for n, want := range split(pattern) {
		if want[0] != '{' || want == "{rest...}" {
			continue
		}
		value, err := url.PathUnescape(parts[n])
		if err != nil {
			value = parts[n] // it stands as it came
		}
		found[strings.Trim(want, "{}")] = value
	}
	return found
}

const (
	registry  = "/api/v1"
	altinn    = registry + "/altinn/admin"
	login     = "/authentication/api/v1"
	decisions = "/authorization/api/v1"
	parties   = "/register/api/v1"
	store     = "/storage/api/v1"
	instances = store + "/instances"
	instance  = instances + "/{party}/{guid}"
	published = "/events/api/v1"
)

// acts are what the requests to each system are for; the first that matches
// counts.
var acts = map[string][]act{
	"Maskinporten": {
		{pattern: "POST /token", key: "token", args: []string{"scope"}},
		{pattern: "GET /jwk", key: "keys", args: []string{"system"}, look: true},
		{pattern: "GET /.well-known/oauth-authorization-server", key: "metadata", args: []string{"system"}, look: true},
	},
	"Entra ID": {
		{pattern: "POST /{tenant}/oauth2/v2.0/token", key: "azure-token"},
		{pattern: "POST /{tenant}/oauth2/token", key: "azure-token"},
		{pattern: "GET /common/discovery/instance", key: "metadata", args: []string{"system"}, look: true},
		{pattern: "GET /{tenant}/v2.0/.well-known/openid-configuration", key: "metadata", args: []string{"system"}, look: true},
		{pattern: "GET /{tenant}/.well-known/openid-configuration", key: "metadata", args: []string{"system"}, look: true},
	},
	"Azure IMDS": {
		{pattern: "GET /metadata/identity/oauth2/token", key: "identity-token"},
	},
	"Key Vault": {
		{pattern: "GET /secrets", key: "secret-list", look: true},
		{pattern: "GET /secrets/{name}", key: "secret-read", args: []string{"name"}},
		{pattern: "PUT /secrets/{name}", key: "secret-set", args: []string{"name"}, chapter: preparation},
		{pattern: "DELETE /secrets/{name}", key: "secret-delete", args: []string{"name"}, chapter: preparation},
		{pattern: "POST /secrets/restore", key: "secret-restore", chapter: preparation},
		{pattern: "GET /secrets/{name}/versions", key: "secret-versions", args: []string{"name"}, look: true},
		{pattern: "POST /secrets/{name}/backup", key: "secret-backup", args: []string{"name"}},
		{pattern: "GET /secrets/{name}/{version}", key: "secret-read-version", args: []string{"name", "version"}},
		{pattern: "PATCH /secrets/{name}/{version}", key: "secret-update", args: []string{"name", "version"}, chapter: preparation},
		{pattern: "PATCH /secrets/{name}", key: "secret-update-latest", args: []string{"name"}, chapter: preparation},
		{pattern: "GET /deletedsecrets", key: "deleted-list", look: true},
		{pattern: "GET /deletedsecrets/{name}", key: "deleted-read", args: []string{"name"}, look: true},
		{pattern: "DELETE /deletedsecrets/{name}", key: "deleted-purge", args: []string{"name"}, chapter: preparation},
		{pattern: "POST /deletedsecrets/{name}/recover", key: "deleted-recover", args: []string{"name"}, chapter: preparation},
	},
	"Samarbeidsportalen": slices.Concat(registryActs(registry), registryActs(altinn), []act{
		{pattern: "GET " + registry + "/scopes", key: "scopes-own", look: true, chapter: preparation},
		{pattern: "GET " + registry + "/scopes/all", key: "scopes-all", look: true, chapter: preparation},
		{pattern: "POST " + registry + "/scopes", key: "scope-create", chapter: preparation},
		{pattern: "PUT " + registry + "/scopes", key: "scope-update", chapter: preparation},
		{pattern: "DELETE " + registry + "/scopes", key: "scope-remove", chapter: preparation},
		{pattern: "GET " + registry + "/scopes/access/all", key: "access-own", look: true, chapter: preparation},
		{pattern: "GET " + registry + "/scopes/access", key: "access-given", look: true, chapter: preparation},
		{pattern: "PUT " + registry + "/scopes/access/{organisation}", key: "access-grant", args: []string{"organisation"}, chapter: preparation},
		{pattern: "DELETE " + registry + "/scopes/access/{organisation}", key: "access-deny", args: []string{"organisation"}, chapter: preparation},
		{pattern: "GET " + registry + "/delegationsources", key: "metadata", args: []string{"system"}, look: true, chapter: preparation},

		{pattern: "POST /login", key: "portal-login", chapter: preparation},
		{pattern: "POST /logout", key: "portal-logout", chapter: preparation},
		{pattern: "POST /organisation", key: "portal-organisation", chapter: preparation},
		{pattern: "POST /clients/new/maskinporten", key: "client-create", chapter: preparation},
		{pattern: "POST /clients/{client}/deactivate", key: "client-remove", args: []string{"client"}, chapter: preparation},
		{pattern: "POST /clients/{client}/keys/new", key: "keys-add", args: []string{"client"}, chapter: preparation},
		{pattern: "POST /clients/{client}/keys/remove", key: "key-remove", args: []string{"client"}, chapter: preparation},
		{pattern: "POST /clients/{client}/scopes", key: "client-update", args: []string{"client"}, chapter: preparation},
		{pattern: "POST /clients/{client}/scopes/remove", key: "client-update", args: []string{"client"}, chapter: preparation},
		{pattern: "GET /{rest...}", key: "portal-page", look: true, chapter: preparation},
	}),
	"Altinn Login": {
		{pattern: "GET /Home/GetTestUserToken/{user}", key: "login-person"},
		{pattern: "GET /Home/GetTestOrgToken/{org}", key: "login-organisation", args: []string{"org"}},
		{pattern: "GET /Home/GetTestOrgToken", key: "login-organisation", args: []string{"org"}},
		{pattern: "GET /Home/Localtest/Version", key: "metadata", args: []string{"system"}, look: true},
	},
	"Altinn Authentication": {
		{pattern: "GET " + login + "/exchange/{provider}", key: "exchange", args: []string{"provider"}},
		{pattern: "GET " + login + "/refresh", key: "refresh"},
		{pattern: "GET " + login + "/openid/{rest...}", key: "keys", args: []string{"system"}, look: true},
	},
	"Altinn Authorization": {
		{pattern: "POST " + decisions + "/decision", key: "decision", args: []string{"actions"}},
		{pattern: "POST " + decisions + "/authorize", key: "decision", args: []string{"actions"}},
		{pattern: "GET " + decisions + "/{rest...}", key: "authorization-look", look: true},
	},
	"Altinn Register": {
		{pattern: "GET " + parties + "/{rest...}", key: "register-look", look: true},
		{pattern: "POST " + parties + "/{rest...}", key: "register-look", look: true},
	},
	"Altinn Storage": {
		{pattern: "POST " + instances, key: "instance-create", args: []string{"app"}},
		{pattern: "GET " + instances, key: "instance-list", look: true},
		{pattern: "GET " + instances + "/{guid}", key: "instance-read", args: []string{"system"}},
		{pattern: "GET " + instance, key: "instance-read", args: []string{"system"}},
		{pattern: "DELETE " + instance, key: "instance-delete", args: []string{"system"}},
		{pattern: "POST " + instance + "/complete", key: "instance-complete", args: []string{"system"}},
		{pattern: "PUT " + instance + "/readstatus", key: "read-status"},
		{pattern: "PUT " + instance + "/substatus", key: "substatus"},
		{pattern: "PUT " + instance + "/presentationtexts", key: "presentation-texts"},
		{pattern: "PUT " + instance + "/datavalues", key: "data-values"},
		{pattern: "POST " + instance + "/sign", key: "sign"},
		{pattern: "POST " + instance + "/lock", key: "lock"},
		{pattern: "PATCH " + instance + "/lock", key: "unlock"},
		{pattern: "POST " + instance + "/data", key: "data-add", args: []string{"type", "size"}},
		{pattern: "GET " + instance + "/data/{data}", key: "data-read", args: []string{"type", "size"}},
		{pattern: "PUT " + instance + "/data/{data}", key: "data-replace", args: []string{"type", "size"}},
		{pattern: "DELETE " + instance + "/data/{data}", key: "data-delete", args: []string{"type"}},
		{pattern: "PUT " + instance + "/data/{data}/lock", key: "data-lock"},
		{pattern: "DELETE " + instance + "/data/{data}/lock", key: "data-unlock"},
		{pattern: "GET " + instance + "/dataelements", key: "data-list", look: true},
		{pattern: "PUT " + instance + "/dataelements/{data}", key: "data-describe"},
		{pattern: "PUT " + instance + "/dataelements/{data}/filescanstatus", key: "data-describe"},
		{pattern: "PUT " + instance + "/process", key: "process-store"},
		{pattern: "PUT " + instance + "/process/instanceandevents", key: "process-store"},
		{pattern: "GET " + instance + "/process/{rest...}", key: "process-look", look: true},
		{pattern: "POST " + instance + "/events", key: "history-add"},
		{pattern: "GET " + instance + "/events/{rest...}", key: "process-look", look: true},
		{pattern: "GET " + store + "/applications/{rest...}", key: "definition", args: []string{"system"}, look: true},
	},
	"Altinn Events": {
		{pattern: "POST " + published + "/app", key: "event-publish"},
		{pattern: "GET " + published + "/app/{org}/{app}", key: "event-pull", look: true},
		{pattern: "POST " + published + "/subscriptions", key: "subscribe", chapter: handover},
		{pattern: "GET " + published + "/subscriptions", key: "subscription-look", look: true, chapter: handover},
		{pattern: "GET " + published + "/subscriptions/{id}", key: "subscription-look", look: true, chapter: handover},
		{pattern: "DELETE " + published + "/subscriptions/{id}", key: "unsubscribe", chapter: handover},
	},
	"Altinn CDN": {
		{pattern: "GET /{rest...}", key: "metadata", args: []string{"system"}, look: true},
	},
}

// registryActs are those on integrations below one base path.
func registryActs(base string) []act {
	clients := base + "/clients"
	client := clients + "/{client}"
	return []act{
		{pattern: "GET " + clients, key: "client-list", look: true, chapter: preparation},
		{pattern: "POST " + clients, key: "client-create", chapter: preparation},
		{pattern: "GET " + client, key: "client-read", args: []string{"client"}, look: true, chapter: preparation},
		{pattern: "PUT " + client, key: "client-update", args: []string{"client"}, chapter: preparation},
		{pattern: "DELETE " + client, key: "client-remove", args: []string{"client"}, chapter: preparation},
		{pattern: "POST " + client + "/secret", key: "client-secret", args: []string{"client"}, chapter: preparation},
		{pattern: "GET " + client + "/jwks", key: "keys-read", args: []string{"client"}, look: true, chapter: preparation},
		{pattern: "POST " + client + "/jwks", key: "keys-set", args: []string{"client"}, chapter: preparation},
		{pattern: "DELETE " + client + "/jwks", key: "keys-clear", args: []string{"client"}, chapter: preparation},
		{pattern: "GET " + client + "/jwks/{kid}", key: "keys-read", args: []string{"client"}, look: true, chapter: preparation},
		{pattern: "PUT " + client + "/jwks/{kid}", key: "keys-add", args: []string{"client"}, chapter: preparation},
		{pattern: "DELETE " + client + "/jwks/{kid}", key: "key-remove", args: []string{"client"}, chapter: preparation},
		{pattern: "POST " + client + "/onbehalfof", key: "client-update", args: []string{"client"}, chapter: preparation},
		{pattern: "PUT " + client + "/onbehalfof/{value}", key: "client-update", args: []string{"client"}, chapter: preparation},
		{pattern: "DELETE " + client + "/onbehalfof/{value}", key: "client-update", args: []string{"client"}, chapter: preparation},
		{pattern: "GET " + client + "/{rest...}", key: "client-read", args: []string{"client"}, look: true, chapter: preparation},
	}
}

// appActs are what the requests to an application are for, below its own path.
var appActs = []act{
	{pattern: "POST /instances", key: "instance-create", args: []string{"system"}},
	{pattern: "POST /instances/create", key: "instance-create", args: []string{"system"}},
	{pattern: "GET /instances/{party}/active", key: "instance-list", look: true},
	{pattern: "GET /instances/{party}/{guid}", key: "instance-read", args: []string{"system"}},
	{pattern: "DELETE /instances/{party}/{guid}", key: "instance-delete", args: []string{"system"}},
	{pattern: "POST /instances/{party}/{guid}/complete", key: "instance-complete", args: []string{"system"}},
	{pattern: "PUT /instances/{party}/{guid}/substatus", key: "substatus"},
	{pattern: "PUT /instances/{party}/{guid}/presentationtexts", key: "presentation-texts"},
	{pattern: "PUT /instances/{party}/{guid}/datavalues", key: "data-values"},
	{pattern: "POST /instances/{party}/{guid}/data", key: "data-add", args: []string{"type", "size"}},
	{pattern: "POST /instances/{party}/{guid}/data/type/{type}", key: "data-add", args: []string{"type", "size"}},
	{pattern: "POST /instances/{party}/{guid}/data/{type}", key: "data-add", args: []string{"type", "size"}},
	{pattern: "GET /instances/{party}/{guid}/data/{data}", key: "data-read", args: []string{"type", "size"}},
	{pattern: "PUT /instances/{party}/{guid}/data/{data}", key: "data-replace", args: []string{"type", "size"}},
	{pattern: "PATCH /instances/{party}/{guid}/data/{data}", key: "data-patch"},
	{pattern: "PATCH /instances/{party}/{guid}/data", key: "data-patch"},
	{pattern: "DELETE /instances/{party}/{guid}/data/{data}", key: "data-delete", args: []string{"type"}},
	{pattern: "GET /instances/{party}/{guid}/validate", key: "validate", look: true},
	{pattern: "GET /instances/{party}/{guid}/data/{data}/validate", key: "validate", look: true},
	{pattern: "POST /instances/{party}/{guid}/process/start", key: "process-start"},
	{pattern: "PUT /instances/{party}/{guid}/process/next", key: "process-next"},
	{pattern: "PUT /instances/{party}/{guid}/process/completeProcess", key: "process-complete"},
	{pattern: "GET /instances/{party}/{guid}/process", key: "process-look", look: true},
	{pattern: "GET /instances/{party}/{guid}/process/history", key: "process-look", look: true},
	{pattern: "POST /instances/{party}/{guid}/actions", key: "action"},
	{pattern: "GET /instances/{party}/{guid}/payment", key: "payment-look", look: true},
	{pattern: "POST /stand-in-payment/{payment}", key: "payment-decide"},
	{pattern: "POST /instances/{party}/{guid}/data/{data}/{rest...}", key: "data-describe"},
	{pattern: "DELETE /instances/{party}/{guid}/data/{data}/tags/{tag}", key: "data-describe"},
	{pattern: "GET /legacy/instances/{party}/{guid}/copy", key: "instance-copy"},
	{pattern: "POST /v1/data", key: "stateless", look: true},
	{pattern: "POST /v1/data/anonymous", key: "stateless", look: true},
	{pattern: "GET /v1/data/{rest...}", key: "stateless", look: true},
	{pattern: "GET /v1/data", key: "stateless", look: true},
	{pattern: "POST /api/v1/eventsreceiver", key: "event-receive"},
	{pattern: "GET /instances/{party}/{guid}/{rest...}", key: "definition", args: []string{"system"}, look: true},
	{pattern: "POST /api/v1/parties/validateInstantiation", key: "validate-party", look: true},
	{pattern: "GET /api/{rest...}", key: "definition", args: []string{"system"}, look: true},
	{pattern: "PUT /api/v1/parties/{party}", key: "choose-party", look: true},
	{pattern: "GET /", key: "definition", args: []string{"system"}, look: true},
}
