package serve

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/maskinporten"
)

// EgressError reports a request to a host that the service has no business with.
// The request was not sent.
type EgressError struct{ Host string }

// Error implements error.
func (e *EgressError) Error() string {
	return fmt.Sprintf("reach %s: the service sends nothing there; it may reach the configured platform, Maskinporten and the vault only, over TLS", e.Host)
}

// NonRetriable tells Azure's retry policy that asking again does not help.
func (*EgressError) NonRetriable() {}

// The systems that requests go to, as metrics and traces name them.
const (
	systemMaskinporten = "maskinporten"
	systemPlatform     = "platform"
	systemApplication  = "application"
	systemVault        = "vault"
	systemOther        = "other"
)

// Where Microsoft signs callers of a vault in: Entra ID, and what a machine in
// Azure has for it (learn.microsoft.com, managed identities).
var signIn = [...]string{"login.microsoftonline.com", "login.windows.net", "login.microsoft.com", "sts.windows.net", "169.254.169.254"}

// systems tells which system is behind a host, of those that the service may
// reach.
type systems map[string]string

// newSystems lists the hosts of an environment, of the definitions' applications,
// and of a vault, if there is one. Further ones may be named, such as Azure's own
// sign-in end point of a container.
func newSystems(environment altinn.Environment, definitions []*handover.Definition, vault string, further ...string) (systems, error) {
	all := systems{}
	add := func(address, system string) error {
		parsed, err := url.Parse(address)
		if err != nil || parsed.Hostname() == "" {
			return fmt.Errorf("read the address of %s: it names no host", system)
		}
		all[strings.ToLower(parsed.Hostname())] = system
		return nil
	}
	issuer, err := maskinporten.LookupEnvironment(environment.MaskinportenEnvironment)
	if err != nil {
		return nil, err
	}
	wanted := [][2]string{{environment.Platform, systemPlatform}, {issuer.Issuer, systemMaskinporten}, {issuer.TokenURL, systemMaskinporten}}
	for _, d := range definitions {
		wanted = append(wanted, [2]string{environment.AppURL(d.From()), systemApplication}, [2]string{environment.AppURL(d.To()), systemApplication})
	}
	if vault != "" {
		wanted = append(wanted, [2]string{vault, systemVault})
	}
	for _, w := range wanted {
		if err := add(w[0], w[1]); err != nil {
			return nil, err
		}
	}
	for _, host := range slices.Concat(signIn[:], further) {
		all[strings.ToLower(host)] = systemVault
	}
	return all, nil
}

// of names the system behind a host.
func (s systems) of(host string) string {
	if system, ok := s[strings.ToLower(host)]; ok {
		return system
	}
	return systemOther
}

// permits reports whether a request may be sent: to a host in the list, and over
// TLS, but for Azure's metadata, which knows nothing else.
func (s systems) permits(to *url.URL) bool {
	system := s.of(to.Hostname())
	return system != systemOther && (to.Scheme == "https" || system == systemVault)
}

// limited refuses requests to hosts that are not in the list.
type limited struct {
	systems systems
	next    http.RoundTripper
}

// RoundTrip implements [http.RoundTripper].
func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	if !l.systems.permits(r.URL) {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, &EgressError{Host: r.URL.Hostname()}
	}
	return l.next.RoundTrip(r)
}
