package portal

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/stafett/stafett/local/selfservice"
)

// scopesPage shows what a client has, and what can be added.
type scopesPage struct {
	clientView
	Has     []selfservice.Scope
	Choices []choice
}

func (s *Server) scopes(of *selfservice.Registration, chosen []string) scopesPage {
	data := scopesPage{
		clientView: clientView{Tab: "scopes", Client: of.Client},
		Choices:    s.choices(of.Client.OrgNumber, of.Client.Scopes, chosen),
	}
	for _, name := range of.Client.Scopes {
		scope, ok := s.registry.Scope(name)
		if !ok {
			scope.Name = name
		}
		data.Has = append(data.Has, scope)
	}
	return data
}

const scopesTitle = "Scopes"

func (s *Server) showScopes(_ *http.Request, _ *session, of *selfservice.Registration) (answer, error) {
	return answer{template: "scopes", title: scopesTitle, data: s.scopes(of, nil)}, nil
}

func (s *Server) addScopes(r *http.Request, who *session, of *selfservice.Registration) (answer, error) {
	form, err := readForm(r)
	if err != nil {
		return answer{}, err
	}
	refused := func(fault string) (answer, error) {
		return answer{status: http.StatusUnprocessableEntity, template: "scopes", title: scopesTitle, fault: fault, data: s.scopes(of, form["scope"])}, nil
	}
	if len(form["scope"]) == 0 {
		return refused("Velg minst ett scope.")
	}
	wanted := slices.Clone(of.Client.Scopes)
	for _, scope := range form["scope"] {
		if !slices.Contains(wanted, scope) {
			wanted = append(wanted, scope)
		}
	}
	if _, err := s.registry.SetScopes(of.Client.ClientID, wanted); err != nil {
		fault, err := faultOf(err)
		if err != nil {
			return answer{}, err
		}
		return refused(fault)
	}
	return s.done(who, scopesPath(of), "Scopes er lagt til.")
}

func (s *Server) removeScope(r *http.Request, who *session, of *selfservice.Registration) (answer, error) {
	scope := r.PostFormValue("scope")
	if !slices.Contains(of.Client.Scopes, scope) {
		return answer{}, &refusal{http.StatusNotFound, "Klienten har ikke dette scopet."}
	}
	left := slices.DeleteFunc(slices.Clone(of.Client.Scopes), func(s string) bool { return s == scope })
	if _, err := s.registry.SetScopes(of.Client.ClientID, left); err != nil {
		return answer{}, changed(err)
	}
	return s.done(who, scopesPath(of), "Scopet "+scope+" er fjernet.")
}

func scopesPath(of *selfservice.Registration) string {
	return "/clients/" + url.PathEscape(of.Client.ClientID) + "/scopes"
}
