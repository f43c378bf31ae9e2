package events

import (
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/authorization"
)

// resourceOfApps is what the resources of applications begin with.
const resourceOfApps = "urn:altinn:resource:app_"

var urn = regexp.MustCompile(`^urn:[a-z0-9-]{1,30}(:[a-z0-9()+,.\-;$_!/]{1,100}){1,10}$`)

func isHTTPS(text string) bool {
	address, err := url.Parse(text)
	return err == nil && address.Scheme == "https" && address.Host != ""
}

// isOfApp reports whether a subscription is one to events of applications.
func (s *Server) isOfApp(w wish) bool {
	if len(w.ResourceFilter) >= len(resourceOfApps) && strings.EqualFold(w.ResourceFilter[:len(resourceOfApps)], resourceOfApps) {
		return true
	}
	address, err := url.Parse(w.SourceFilter)
	return err == nil && strings.HasSuffix(address.Hostname(), s.cfg.AppsDomain)
}

// check says what is wrong with any wish, or nothing.
func (w wish) check() string {
	switch {
	case !isHTTPS(w.EndPoint):
		return "Missing or invalid endpoint to push events towards"
	case w.ResourceFilter != "" && !urn.MatchString(w.ResourceFilter):
		return "Resource filter must be a valid urn"
	}
	return ""
}

// checkGeneric says what is wrong with a wish for events of something else than an
// application.
func (w wish) checkGeneric() string {
	switch {
	case w.ResourceFilter == "":
		return "Resource filter is required."
	case w.SourceFilter != "":
		return "Source filter is not supported for subscriptions on this resource."
	case w.AlternativeSubjectFilter != "":
		return "AlternativeSubject is not supported for subscriptions on this resource."
	}
	return ""
}

// complete finds the subject of an alternative one, which is not kept, and the
// resource of a source; or else says what is wrong.
func (s *Server) complete(w *wish, caller authentication.Principal) string {
	if w.SubjectFilter == "" {
		w.SubjectFilter = s.subjectFor(w.AlternativeSubjectFilter)
	}
	if w.SubjectFilter == "" && (caller.Org == "" || w.AlternativeSubjectFilter != "") {
		return "A valid subject to the authenticated identity is required"
	}
	if actor(caller) == "" {
		return "Missing event consumer"
	}
	w.AlternativeSubjectFilter = ""
	if w.SourceFilter != "" {
		address, err := url.Parse(w.SourceFilter)
		if err != nil || len(strings.Split(address.Path, "/")) != 3 {
			return "A valid app id is required in source filter {environment}/{org}/{app}"
		}
		parts := strings.Split(address.Path, "/")
		resource := origin{org: parts[1], app: parts[2]}.resource()
		if w.ResourceFilter != "" && w.ResourceFilter != resource {
			return "Provided resource filter and source filter are not compatible"
		}
		w.ResourceFilter = resource
	}
	w.ResourceFilter = strings.ToLower(w.ResourceFilter)
	return ""
}

// subjectFor is the party that an alternative subject is, or nothing.
func (s *Server) subjectFor(alternative string) string {
	kind, number, _ := strings.Cut(strings.TrimPrefix(alternative, "/"), "/")
	party, ok := s.cfg.Parties.BySSN(number)
	if kind != "person" {
		party, ok = s.cfg.Parties.ByOrgNumber(number)
	}
	if !ok || kind != "person" && kind != "org" && kind != "organisation" {
		return ""
	}
	return subjectOf(party.PartyID)
}

// maySubscribe lets those subscribe to an application's events who may read them,
// of the party that they ask for. For other events the scope is enough.
func (s *Server) maySubscribe(r *http.Request, caller authentication.Principal, asked wish, isApp bool) (bool, error) {
	if !isApp {
		return true, nil
	}
	org, name, ok := strings.Cut(strings.TrimPrefix(asked.ResourceFilter, resourceOfApps), "_")
	if !ok {
		return false, nil
	}
	party, _ := strconv.Atoi(strings.TrimPrefix(asked.SubjectFilter, "/party/"))
	outcomes, err := s.decisions.Decide(r.Context(), caller, authorization.Question{
		Action: "read", Resource: authorization.Resource{Org: org, App: name, PartyID: party, Part: "events"},
	})
	return err == nil && outcomes[0].Permitted, err
}
