package local

import (
	"net/http"
	"slices"
	"strings"

	"github.com/stafett/stafett/local/entra"
	"github.com/stafett/stafett/local/front"
)

// names binds each name to its stand-in. The stand-ins are started after the
// network, since they call each other through it; no request can come before
// [Start] has returned.
func (p *Platform) names(cfg Config, vault string) []front.Host {
	serve := func(name string, handler http.HandlerFunc) front.Host {
		return front.Host{Name: name, Handler: handler}
	}
	hosts := []front.Host{
		serve(MaskinportenHost, func(w http.ResponseWriter, r *http.Request) { p.maskinporten.ServeHTTP(w, r) }),
		serve(SelfServiceHost, func(w http.ResponseWriter, r *http.Request) { p.selfservice.ServeHTTP(w, r) }),
		serve(PortalHost, func(w http.ResponseWriter, r *http.Request) { p.portal.ServeHTTP(w, r) }),
		serve(vault, func(w http.ResponseWriter, r *http.Request) { p.keyvault.ServeHTTP(w, r) }),
		serve(PlatformHost, p.servePlatform),
		serve(OrgListHost, func(w http.ResponseWriter, r *http.Request) { p.orgs.ServeHTTP(w, r) }),
	}
	for _, name := range entra.Hosts() {
		hosts = append(hosts, serve(name, func(w http.ResponseWriter, r *http.Request) { p.entra.ServeHTTP(w, r) }))
	}
	for _, org := range cfg.orgs() {
		hosts = append(hosts, serve(org+"."+appsDomain, p.serveApp(org)))
	}
	login := serve(LoginHost, func(w http.ResponseWriter, r *http.Request) { p.localtest.ServeHTTP(w, r) })
	login.Plain = true
	metadata := serve(MetadataAddress, func(w http.ResponseWriter, r *http.Request) { p.entra.IMDS().ServeHTTP(w, r) })
	metadata.PlainOnly = true
	return append(hosts, login, metadata)
}

func hostNames(hosts []front.Host) []string {
	names := make([]string, len(hosts))
	for n, host := range hosts {
		names[n] = host.Name
	}
	slices.Sort(names)
	return names
}

// servePlatform sends each component of the Altinn platform its requests.
func (p *Platform) servePlatform(w http.ResponseWriter, r *http.Request) {
	component, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch component {
	case "authentication":
		p.authentication.ServeHTTP(w, r)
	case "authorization":
		p.authorization.ServeHTTP(w, r)
	case "register", "profile":
		p.register.ServeHTTP(w, r)
	case "storage":
		p.storage.ServeHTTP(w, r)
	case "events":
		p.events.ServeHTTP(w, r)
	default:
		http.NotFound(w, r)
	}
}

// serveApp sends each application of an owner the requests below /{org}/{app}/.
func (p *Platform) serveApp(org string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		parts := strings.SplitN(strings.TrimPrefix(r.URL.Path, "/"), "/", 3)
		if len(parts) >= 2 && parts[0] == org {
			if handler, ok := p.apps[parts[0]+"/"+parts[1]]; ok {
				handler.ServeHTTP(w, r)
				return
			}
		}
		http.NotFound(w, r)
	}
}
