package front

import (
	"fmt"
	"net"
	"slices"
	"strings"
)

// NotServedError says that a name is not one of the local platform's.
type NotServedError struct {
	// Name is the host name that was asked for, or what came without one; with the
	// port where the name is served, but not there.
	Name string
}

func (e *NotServedError) Error() string {
	return e.Name + " is not served by the local platform" + e.hint()
}

// hint adds what a person should set instead, where that is known.
func (e *NotServedError) hint() string {
	if _, port, err := net.SplitHostPort(e.Name); err == nil {
		if port == "80" {
			return ": use https"
		}
		return ": leave the port out"
	}
	if retired, ok := retiredNames[e.Name]; ok {
		return fmt.Sprintf(": it closed %s; %s", retired.closed, retired.instead)
	}
	for _, production := range productionNames {
		if e.Name == production || strings.HasSuffix(e.Name, "."+production) {
			return ": it belongs to production; the local platform stands in for the test environment (test.maskinporten.no, tt02.altinn.no)"
		}
	}
	return ""
}

type retirement struct{ closed, instead string }

const (
	useTest        = `set "Environment": "test" (test.maskinporten.no)`
	useSelfService = "use api.test.samarbeid.digdir.no/api/v1 instead"
	usePortal      = "use sjolvbetjening.test.samarbeid.digdir.no instead"
)

// retiredNames are hosts that settings of existing applications and old guides
// still name (docs.digdir.no, Maskinporten: environments and change log).
var retiredNames = map[string]retirement{
	"ver2.maskinporten.no":                 {"on 10 June 2024", useTest},
	"ver1.maskinporten.no":                 {"before June 2024", useTest},
	"oidc-ver1.difi.no":                    {"after January 2020", useTest},
	"oidc-ver2.difi.no":                    {"after January 2020", useTest},
	"oidc.difi.no":                         {"after January 2020", useTest},
	"oidc-test1.difi.eon.no":               {"long ago and was never public", useTest},
	"oidc-yt2.difi.eon.no":                 {"long ago and was never public", useTest},
	"integrasjon-ver1.difi.no":             {"when self-service moved to Samarbeidsportalen", useSelfService},
	"integrasjon-ver2.difi.no":             {"when self-service moved to Samarbeidsportalen", useSelfService},
	"integrasjon.difi.no":                  {"when self-service moved to Samarbeidsportalen", useSelfService},
	"selvbetjening-samarbeid-ver2.difi.no": {"when self-service moved to Samarbeidsportalen", usePortal},
	"minside-samarbeid.digdir.no":          {"when self-service got its own site", usePortal},
}

// productionNames are the live counterparts of what is served here. They are
// named only to tell a mix-up of environments apart from a misspelling.
var productionNames = []string{
	"maskinporten.no", "api.samarbeid.digdir.no", "sjolvbetjening.samarbeid.digdir.no",
	"platform.altinn.no", "apps.altinn.no", "www.altinn.no",
}

// hostOnly strips the port from a host header or address and lowers its case.
func hostOnly(hostport string) string {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	return strings.ToLower(strings.TrimSuffix(host, "."))
}

// printable makes a name safe for a status line: whoever asks chooses it.
func printable(name string) string {
	clean := strings.Map(func(r rune) rune {
		if r < 0x21 || r > 0x7e {
			return '?'
		}
		return r
	}, name)
	return clean[:min(len(clean), 253)]
}

func sortedNames[V any](m map[string]V) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
