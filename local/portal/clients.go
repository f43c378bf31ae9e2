package portal

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/stafett/stafett/local/selfservice"
)

// clientsPage lists the clients of an organisation.
type clientsPage struct {
	Clients []selfservice.Client
	// Inactive says that the deactivated ones are shown as well.
	Inactive bool
	NoRight  string
}

func (s *Server) showClients(r *http.Request, who *session) (answer, error) {
	data := clientsPage{Inactive: r.URL.Query().Get("inactive") == "true"}
	if who.mayAdminister() {
		data.Clients = s.registry.Clients(who.organisation.Number, data.Inactive)
	} else {
		data.NoRight = noRight(who.organisation.Name)
	}
	return answer{template: "clients", title: "Klienter", data: data}, nil
}

func (s *Server) showTypes(*http.Request, *session) (answer, error) {
	return answer{template: "types", title: "Opprett klient"}, nil
}

// newClientPage is the form of a new client as it was filled in.
type newClientPage struct {
	Name, Description string
	Scopes            []choice
	// NameFault and DescriptionFault stand beside their fields.
	NameFault, DescriptionFault string
}

// choice is a scope that can be chosen.
type choice struct {
	selfservice.Scope
	Chosen bool
	// Delegated says that tokens with it need a consumer's delegation in Altinn.
	Delegated bool
}

// choices are the scopes that an organisation may use, without some.
func (s *Server) choices(organisation string, without, chosen []string) []choice {
	var found []choice
	for _, scope := range s.registry.Usable(organisation) {
		if !slices.Contains(without, scope.Name) {
			found = append(found, choice{scope, slices.Contains(chosen, scope.Name), !s.registry.MayUse(scope.Name, organisation)})
		}
	}
	return found
}

const newClientTitle = "Opprett klient for Maskinporten"

func (s *Server) showNewClient(_ *http.Request, who *session) (answer, error) {
	return answer{template: "new-client", title: newClientTitle, data: newClientPage{Scopes: s.choices(who.organisation.Number, nil, nil)}}, nil
}

func (s *Server) createClient(r *http.Request, who *session) (answer, error) {
	form, err := readForm(r)
	if err != nil {
		return answer{}, err
	}
	data := newClientPage{Name: strings.TrimSpace(form.Get("name")), Description: strings.TrimSpace(form.Get("description"))}
	if data.Name == "" {
		data.NameFault = "Skriv et visningsnavn."
	}
	if data.Description == "" {
		data.DescriptionFault = "Skriv en beskrivelse."
	}
	fault := strings.TrimSpace(data.NameFault + " " + data.DescriptionFault)
	if fault == "" {
		created, err := s.registry.CreateByHand(who.organisation.Number, data.Name, data.Description, form["scope"])
		if err == nil {
			return s.done(who, "/clients/"+created.ClientID, "Klienten er opprettet. Legg til den offentlige nøkkelen under Nøkler.")
		}
		if fault, err = faultOf(err); err != nil {
			return answer{}, err
		}
	}
	data.Scopes = s.choices(who.organisation.Number, nil, form["scope"])
	return answer{status: http.StatusUnprocessableEntity, template: "new-client", title: newClientTitle, fault: fault, data: data}, nil
}

// clientView is a client on one of its tabs.
type clientView struct {
	Tab    string
	Client selfservice.Client
	Keys   []keyView
}

func (s *Server) showClient(_ *http.Request, _ *session, of *selfservice.Registration) (answer, error) {
	return answer{template: "client", title: of.Client.Name, data: clientView{Tab: "client", Client: of.Client, Keys: keysOf(of)}}, nil
}

func (s *Server) showDeactivate(_ *http.Request, _ *session, of *selfservice.Registration) (answer, error) {
	return answer{template: "deactivate", title: "Deaktiver klient", data: of.Client}, nil
}

func (s *Server) deactivate(_ *http.Request, who *session, of *selfservice.Registration) (answer, error) {
	if err := s.registry.DeactivateClient(of.Client.ClientID); err != nil {
		return answer{}, changed(err)
	}
	return s.done(who, "/", fmt.Sprintf("Klienten %s er deaktivert.", of.Client.Name))
}

// readForm reads a form whole: what is cut short or too large is refused.
func readForm(r *http.Request) (url.Values, error) {
	if err := r.ParseForm(); err != nil {
		return nil, &refusal{http.StatusBadRequest, "Skjemaet er for stort eller ufullstendig."}
	}
	return r.PostForm, nil
}

// faultOf returns what a rule of the registry says against a form; other errors
// come back.
func faultOf(err error) (string, error) {
	var invalid *selfservice.ValidationError
	var conflict *selfservice.ConflictError
	switch {
	case errors.As(err, &invalid):
		texts := make([]string, len(invalid.Fields))
		for n, field := range invalid.Fields {
			texts[n] = field.Message
		}
		return "Ikke godtatt: " + strings.Join(texts, "; ") + ".", nil
	case errors.As(err, &conflict):
		return "Ikke godtatt: " + conflict.Reason + ".", nil
	default:
		return "", err
	}
}

// changed turns what stands in the way of a change into a page.
func changed(err error) error {
	if fault, err := faultOf(err); err == nil {
		return &refusal{http.StatusConflict, fault}
	}
	return err
}
