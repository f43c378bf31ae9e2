package selfservice

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
)

// OnBehalfOf is a client's sub-identity for one customer of a supplier, which a
// grant names in iss_onbehalfof. Digdir has deprecated them in favour of
// delegation in Altinn.
type OnBehalfOf struct {
	Value            string    `json:"onbehalfof"`
	Name             string    `json:"name"`
	OrgNumber        string    `json:"orgno"`
	OrganisationName string    `json:"organization_name"`
	Description      string    `json:"description"`
	LogoURI          *string   `json:"logo_uri"`
	Created          Timestamp `json:"created"`
	LastUpdated      Timestamp `json:"last_updated"`
}

const errNoSuchOnBehalfOf notFoundError = "No such onbehalfof"

func (o OnBehalfOf) validate() *ValidationError {
	problems := newValidation("onbehalfof")
	problems.require(strings.TrimSpace(o.Value) != "", "onbehalfof", "must not be blank")
	problems.require(strings.TrimSpace(o.Name) != "", "name", "must not be blank")
	problems.require(organisationNumber.MatchString(o.OrgNumber), "orgno", "must be nine digits")
	return problems.err()
}

// findOnBehalfOf returns the place of a value among a client's sub-identities, or -1.
func findOnBehalfOf(entries []OnBehalfOf, value string) int {
	return slices.IndexFunc(entries, func(o OnBehalfOf) bool { return o.Value == value })
}

func (s *Server) listOnBehalfOf(r *http.Request, who caller) (int, any, error) {
	found, err := s.own(r, who)
	if err != nil {
		return 0, nil, err
	}
	return http.StatusOK, append([]OnBehalfOf{}, found.Client.OnBehalfOf...), nil
}

func (s *Server) getOnBehalfOf(r *http.Request, who caller) (int, any, error) {
	found, err := s.own(r, who)
	if err != nil {
		return 0, nil, err
	}
	at := findOnBehalfOf(found.Client.OnBehalfOf, r.PathValue("value"))
	if at < 0 {
		return 0, nil, errNoSuchOnBehalfOf
	}
	return http.StatusOK, found.Client.OnBehalfOf[at], nil
}

// editOnBehalfOf changes a copy of a client's sub-identities.
func (s *Server) editOnBehalfOf(r *http.Request, who caller, edit func([]OnBehalfOf) ([]OnBehalfOf, error)) error {
	found, err := s.own(r, who)
	if err != nil {
		return err
	}
	_, err = s.registry.change(found.Client.ClientID, func(next *Registration) error {
		edited, err := edit(slices.Clone(next.Client.OnBehalfOf))
		next.Client.OnBehalfOf = edited
		return err
	})
	return err
}

func (s *Server) readOnBehalfOf(r *http.Request) (OnBehalfOf, error) {
	var entry OnBehalfOf
	if err := readJSON(r, &entry); err != nil {
		return OnBehalfOf{}, err
	}
	if value := r.PathValue("value"); value != "" {
		entry.Value = cmp.Or(entry.Value, value)
		if entry.Value != value {
			problems := newValidation("onbehalfof")
			problems.add("onbehalfof", "must be that of the address")
			return OnBehalfOf{}, problems.err()
		}
	}
	if err := entry.validate(); err != nil {
		return OnBehalfOf{}, err
	}
	now := Timestamp{s.now()}
	entry.Created, entry.LastUpdated = now, now
	return entry, nil
}

func (s *Server) createOnBehalfOf(r *http.Request, who caller) (int, any, error) {
	entry, err := s.readOnBehalfOf(r)
	if err != nil {
		return 0, nil, err
	}
	err = s.editOnBehalfOf(r, who, func(entries []OnBehalfOf) ([]OnBehalfOf, error) {
		if findOnBehalfOf(entries, entry.Value) >= 0 {
			return nil, &ConflictError{"the onbehalfof " + entry.Value + " is there already"}
		}
		return append(entries, entry), nil
	})
	return http.StatusOK, entry, err
}

func (s *Server) putOnBehalfOf(r *http.Request, who caller) (int, any, error) {
	entry, err := s.readOnBehalfOf(r)
	if err != nil {
		return 0, nil, err
	}
	err = s.editOnBehalfOf(r, who, func(entries []OnBehalfOf) ([]OnBehalfOf, error) {
		at := findOnBehalfOf(entries, entry.Value)
		if at < 0 {
			return nil, errNoSuchOnBehalfOf
		}
		entry.Created = entries[at].Created
		entries[at] = entry
		return entries, nil
	})
	return http.StatusOK, entry, err
}

func (s *Server) removeOnBehalfOf(r *http.Request, who caller) (int, any, error) {
	return http.StatusOK, nil, s.editOnBehalfOf(r, who, func(entries []OnBehalfOf) ([]OnBehalfOf, error) {
		at := findOnBehalfOf(entries, r.PathValue("value"))
		if at < 0 {
			return nil, errNoSuchOnBehalfOf
		}
		return slices.Delete(entries, at, at+1), nil
	})
}
