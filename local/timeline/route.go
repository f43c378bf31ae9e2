package timeline

import (
	"regexp"
	"strings"

	"github.com/stafett/stafett/local/redact"
)

// What hosts of several names have in common.
const (
	vaultDomain    = ".vault.azure.net"
	platformDomain = "platform."
	appsDomain     = ".apps."

	versionLength = 32 // of a secret in a vault
)

// systems are the hosts with a name of their own.
var systems = map[string]string{
	"test.maskinporten.no":                    "Maskinporten",
	"api.test.samarbeid.digdir.no":            "Samarbeidsportalen",
	"sjolvbetjening.test.samarbeid.digdir.no": "Samarbeidsportalen",
	"login.microsoftonline.com":               "Entra ID",
	"login.windows.net":                       "Entra ID",
	"login.microsoft.com":                     "Entra ID",
	"sts.windows.net":                         "Entra ID",
	"169.254.169.254":                         "Azure IMDS",
	"altinncdn.no":                            "Altinn CDN",
	"local.altinn.cloud":                      "Altinn Login",
}

// components are those of the Altinn platform, by the first part of the path.
var components = map[string]string{
	"authentication": "Altinn Authentication",
	"authorization":  "Altinn Authorization",
	"register":       "Altinn Register",
	"storage":        "Altinn Storage",
	"events":         "Altinn Events",
	"profile":        "Altinn Profile",
}

// System names what answers a path of a host: "Key Vault", "Altinn Storage", or
// an application, "fts/barmarkskjoring". A host that it does not know is its own
// name.
func System(host, path string) string {
	if name, ok := systems[host]; ok {
		return name
	}
	parts := strings.Split(strings.TrimPrefix(path, "/"), "/")
	switch {
	case strings.HasSuffix(host, vaultDomain):
		return "Key Vault"
	case strings.HasPrefix(host, platformDomain):
		if name, ok := components[parts[0]]; ok {
			return name
		}
		return "Altinn"
	case isAppHost(host) && len(parts) > 1:
		return redact.Text(parts[0] + "/" + parts[1])
	}
	return host
}

func isAppHost(host string) bool { return strings.Contains(host, appsDomain) }

var (
	guid   = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	number = regexp.MustCompile(`^[0-9]+$`)
)

// ids says what comes after a part of a path, below the hosts where it is so.
var ids = []struct {
	host, after, name string
	is                func(part string) bool
}{
	{vaultDomain, "secrets", "{name}", isNot("restore")},
	{vaultDomain, "deletedsecrets", "{name}", anything},
	{"samarbeid.digdir.no", "clients", "{client}", isNot("new")},
	{"samarbeid.digdir.no", "jwks", "{kid}", anything},
	{"samarbeid.digdir.no", "onbehalfof", "{value}", anything},
	{"samarbeid.digdir.no", "access", "{org}", number.MatchString},
	{"microsoftonline.com", "", "{tenant}", guid.MatchString},
	{platformDomain, "applications", "{org}", anything},
	{platformDomain, "organizations", "{org}", anything},
	{platformDomain, "app", "{org}", anything},
	{platformDomain, "{org}", "{app}", anything},
	{platformDomain, "dataelements", "{data}", anything},
	{platformDomain, "events", "{event}", guid.MatchString},
	{platformDomain, "texts", "{language}", anything},
	{platformDomain, "users", "{user}", number.MatchString},
	{platformDomain, "subscriptions", "{subscription}", anything},
	{"local.altinn.cloud", "GetTestUserToken", "{user}", anything},
	{"local.altinn.cloud", "GetTestOrgToken", "{org}", anything},
	{appsDomain, "type", "{type}", anything},
	{appsDomain, "jsonschema", "{type}", anything},
	{appsDomain, "layouts", "{set}", anything},
	{appsDomain, "layoutsettings", "{set}", anything},
	{appsDomain, "options", "{options}", anything},
	{appsDomain, "texts", "{language}", anything},
	{appsDomain, "validationconfig", "{type}", anything},
	{"", "data", "{data}", guid.MatchString},
	{"", "instances", "{party}", number.MatchString},
	{"", "parties", "{party}", number.MatchString},
}

func anything(string) bool { return true }

// isNot is for a name that cannot be an id, since the interface uses it for
// something else.
func isNot(name string) func(string) bool { return func(part string) bool { return part != name } }

// Route gives a path with names in place of ids, so that requests of one kind
// have one route. The path of an application loses the application:
// /fts/saksmottak/instances/50001/0d5d…/data/77ab… is
// /instances/{party}/{guid}/data/{data}.
func Route(host, path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if isAppHost(host) && len(parts) >= 2 {
		parts = parts[2:]
	}
	before := ""
	for n, part := range parts {
		parts[n] = routePart(host, before, part)
		before = parts[n]
	}
	return "/" + strings.Join(parts, "/")
}

func routePart(host, before, part string) string {
	for _, id := range ids {
		if before == id.after && strings.Contains(host, id.host) && id.is(part) {
			return id.name
		}
	}
	switch {
	case before == "{name}" && len(part) == versionLength:
		return "{version}"
	case guid.MatchString(part):
		return "{guid}"
	case number.MatchString(part):
		return "{number}"
	}
	return redact.Text(part)
}
