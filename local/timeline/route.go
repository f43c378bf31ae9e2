package timeline

import (
	"regexp"
	"strings"
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
	case strings.HasSuffix(host, ".vault.azure.net"):
		return "Key Vault"
	case strings.HasPrefix(host, "platform."):
		if name, ok := components[parts[0]]; ok {
			return name
		}
		return "Altinn"
	case isAppHost(host) && len(parts) > 1:
		return parts[0] + "/" + parts[1]
	}
	return host
}

func isAppHost(host string) bool { return strings.Contains(host, ".apps.") }

var (
	guid   = regexp.MustCompile(`^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$`)
	number = regexp.MustCompile(`^[0-9]+$`)
)

// named are the parts of a path after which an id of a known kind follows, below
// the hosts where it is so.
var named = []struct{ host, after, name string }{
	{".vault.azure.net", "secrets", "{name}"},
	{".vault.azure.net", "deletedsecrets", "{name}"},
	{"samarbeid.digdir.no", "clients", "{client}"},
	{"samarbeid.digdir.no", "jwks", "{kid}"},
	{"", "data", "{data}"},
	{"", "subscriptions", "{subscription}"},
	{"", "GetTestUserToken", "{user}"},
	{"", "GetTestOrgToken", "{org}"},
}

// Route gives a path with names in place of ids, so that requests of one kind
// have one route. The path of an application loses the application:
// /fts/saksmottak/instances/50001/0d5d…/data/77ab… is
// /instances/{party}/{guid}/data/{data}.
func Route(host, path string) string {
	parts := strings.Split(strings.Trim(path, "/"), "/")
	if isAppHost(host) && len(parts) >= 2 {
		parts = parts[2:]
	}
	for n, part := range parts {
		before := ""
		if n > 0 {
			before = parts[n-1]
		}
		parts[n] = routePart(host, before, part)
	}
	return "/" + strings.Join(parts, "/")
}

func routePart(host, before, part string) string {
	for _, known := range named {
		if before == known.after && strings.HasSuffix(host, known.host) && (known.host != "" || isID(part) || known.after[0] == 'G') {
			return known.name
		}
	}
	switch {
	case before == "{name}" && len(part) == 32: // of a secret of the vault
		return "{version}"
	case guid.MatchString(part) && before == "":
		return "{tenant}"
	case guid.MatchString(part):
		return "{guid}"
	case number.MatchString(part):
		return "{party}"
	}
	return part
}

func isID(part string) bool { return guid.MatchString(part) || number.MatchString(part) }
