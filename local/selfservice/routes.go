package selfservice

import (
	"net/http"
	"slices"
	"strings"
)

// operation does one call of the API for a caller. It returns the status and
// the body, which is left out when nil.
type operation func(r *http.Request, who caller) (int, any, error)

// routing collects the calls of the API.
type routing struct {
	server *Server
	mux    *http.ServeMux
}

// handle binds a call to an operation. Any one of the scopes suffices; none means
// that the call is open.
func (g *routing) handle(method, resource string, op operation, scopes ...string) {
	s := g.server
	g.mux.HandleFunc(method+" "+basePath+resource, func(w http.ResponseWriter, r *http.Request) {
		var who caller
		if len(scopes) > 0 {
			var err error
			if who, err = s.bearer.verify(r); err != nil {
				s.fail(w, r, err)
				return
			}
			if !who.hasAny(scopes...) {
				s.fail(w, r, refuse(http.StatusForbidden, "The token lacks the scope %s", scopes[0]))
				return
			}
			who.own = slices.ContainsFunc(scopes, func(scope string) bool {
				return scope != scopeSupplier && scope != scopeAltinn && who.hasAny(scope)
			})
			who.supplier = who.hasAny(scopeSupplier, scopeAltinn)
			who.altinn = slices.Equal(scopes, []string{scopeAltinn})
		}
		status, body, err := op(r, who)
		switch {
		case err != nil:
			s.fail(w, r, err)
		case body == nil:
			w.WriteHeader(status)
		default:
			writeJSON(w, status, body)
		}
	})
}

func (s *Server) newRoutes() *http.ServeMux {
	g := &routing{s, http.NewServeMux()}
	read := []string{ScopeRead, scopeSupplier}
	write := []string{ScopeWrite, scopeSupplier}
	modify := []string{ScopeWrite, ScopeModify, scopeSupplier}
	s.routeClients(g, "/clients", read, write, modify)
	g.handle("GET", "/clients/{id}", s.getClient, read...)
	onBehalfOf := []string{scopeOnBehalfOf}
	readOnBehalfOf := []string{ScopeRead, ScopeModify, ScopeWrite, scopeOnBehalfOf}
	g.handle("GET", "/clients/{id}/onbehalfof", s.listOnBehalfOf, readOnBehalfOf...)
	g.handle("POST", "/clients/{id}/onbehalfof", s.createOnBehalfOf, onBehalfOf...)
	g.handle("GET", "/clients/{id}/onbehalfof/{value}", s.getOnBehalfOf, readOnBehalfOf...)
	g.handle("PUT", "/clients/{id}/onbehalfof/{value}", s.putOnBehalfOf, onBehalfOf...)
	g.handle("DELETE", "/clients/{id}/onbehalfof/{value}", s.removeOnBehalfOf, onBehalfOf...)

	altinn := []string{scopeAltinn}
	s.routeClients(g, "/altinn/admin/clients", altinn, altinn, altinn)
	g.handle("GET", "/altinn/admin/clients/{id}", func(*http.Request, caller) (int, any, error) {
		// The real one has no such call, and says so like this.
		return 0, nil, refuse(http.StatusInternalServerError, "Internal error")
	}, altinn...)

	g.handle("GET", "/scopes", s.listScopes, scopeScopes)
	g.handle("POST", "/scopes", s.createScope, scopeScopes)
	g.handle("PUT", "/scopes", s.updateScope, scopeScopes)
	g.handle("DELETE", "/scopes", s.deactivateScope, scopeScopes)
	g.handle("GET", "/scopes/all", s.listAllScopes)
	g.handle("GET", "/scopes/access", s.listGiven, scopeScopes)
	g.handle("PUT", "/scopes/access/{orgno}", s.grantAccess, scopeScopes)
	g.handle("DELETE", "/scopes/access/{orgno}", s.denyAccess, scopeScopes)
	g.handle("GET", "/scopes/access/all", s.listAccess, ScopeRead, ScopeWrite, scopeScopes)
	g.handle("GET", "/delegationsources", s.listDelegationSources)

	g.mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		if allowed := g.allowed(r); len(allowed) > 0 {
			w.Header().Set("Allow", strings.Join(allowed, ", "))
			s.fail(w, r, refuse(http.StatusMethodNotAllowed, "%s is not supported here", r.Method))
			return
		}
		s.fail(w, r, refuse(http.StatusNotFound, "No resource %s", r.URL.Path))
	})
	return g.mux
}

// allowed returns the methods that the resource of a request has.
func (g *routing) allowed(r *http.Request) []string {
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete} {
		if _, pattern := g.mux.Handler(&http.Request{Method: method, URL: r.URL, Host: r.Host}); pattern != "/" {
			methods = append(methods, method)
		}
	}
	return methods
}

// routeClients binds what the plain API and the variant for Altinn have in
// common.
func (s *Server) routeClients(g *routing, base string, read, write, modify []string) {
	g.handle("GET", base, s.listClients, read...)
	g.handle("POST", base, s.createClient, write...)
	g.handle("PUT", base+"/{id}", s.updateClient, modify...)
	g.handle("DELETE", base+"/{id}", s.deactivateClient, write...)
	g.handle("POST", base+"/{id}/secret", s.newSecret, modify...)
	g.handle("GET", base+"/{id}/jwks", s.getKeys, read...)
	g.handle("POST", base+"/{id}/jwks", s.replaceKeys, modify...)
	g.handle("DELETE", base+"/{id}/jwks", s.removeKeys, modify...)
	g.handle("GET", base+"/{id}/jwks/{kid}", s.getKey, read...)
	g.handle("PUT", base+"/{id}/jwks/{kid}", s.putKey, modify...)
	g.handle("DELETE", base+"/{id}/jwks/{kid}", s.removeKey, modify...)
}
