package events

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/stafett/stafett/local/authentication"
)

// maxSize bounds a page, and defaultSize is what one holds when nothing is said.
const (
	maxSize     = 1000
	defaultSize = 50
)

// pullQuery is what a caller asks for, beside the application.
type pullQuery struct {
	after                string
	from, to             time.Time
	subject, alternative string
	types                []string
	size                 int
}

// pull answers GET app/{org}/{app}: an organisation reads its application's
// events from one on, or from a time on, oldest first. A header tells where the
// next page is, for as long as there was something in this one.
func (s *Server) pull(w http.ResponseWriter, r *http.Request, caller authentication.Principal) {
	org, name := r.PathValue("org"), r.PathValue("app")
	if caller.Org == "" || caller.Org != org {
		w.WriteHeader(http.StatusForbidden)
		return
	}
	query, wrong := readPullQuery(r)
	if wrong != "" {
		refuse(w, wrong)
		return
	}
	resource := origin{org: org, app: name}.resource()
	page := []Event{}
	for found := s.after(resource, query); len(found) > 0 && len(page) < query.size; {
		batch := found[:min(len(found), query.size)]
		found = found[len(batch):]
		permitted, err := s.mayRead(r.Context(), caller, batch...)
		if err != nil {
			s.cfg.Logger.ErrorContext(r.Context(), "no decision about events", "error", err)
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		for n, event := range batch {
			if permitted[n] && len(page) < query.size {
				page = append(page, event)
			}
		}
	}
	if len(page) > 0 {
		next := r.URL.Query()
		next.Set("after", page[len(page)-1].ID)
		next.Del("from")
		w.Header().Set("next", s.cfg.Platform+r.URL.Path+"?"+next.Encode())
	}
	writeJSON(w, http.StatusOK, page)
}

func readPullQuery(r *http.Request) (q pullQuery, wrong string) {
	values, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return q, "The query cannot be read."
	}
	q.after, q.types, q.size = values.Get("after"), values["type"], defaultSize
	for name, to := range map[string]*time.Time{"from": &q.from, "to": &q.to} {
		if text := values.Get(name); text != "" {
			if *to, err = time.Parse(time.RFC3339, text); err != nil {
				return q, "The 'from' and 'to' parameters must be times with a zone."
			}
		}
	}
	if text := values.Get("size"); text != "" {
		if q.size, err = strconv.Atoi(text); err != nil || q.size < 1 {
			return q, "The 'size' parameter must be a number larger than 0."
		}
		q.size = min(q.size, maxSize)
	}
	if q.after == "" && q.from.IsZero() {
		return q, "The 'from' or 'after' parameter must be defined."
	}
	if party := values.Get("party"); party != "" {
		q.subject = "/party/" + party
	}
	if unit := values.Get("unit"); unit != "" {
		q.alternative = "/org/" + unit
	} else if person := r.Header.Get("person"); person != "" {
		q.alternative = "/person/" + person
	}
	return q, ""
}

// after returns the kept events of an application that a query asks for. An id
// that is not known, or not any more, is before all.
func (s *Server) after(resource string, q pullQuery) []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := 0
	if q.after != "" {
		first = slices.IndexFunc(s.events, func(e Event) bool { return e.ID == q.after }) + 1
	}
	var found []Event
	for _, e := range s.events[first:] {
		if e.Resource == resource && !e.Time.Before(q.from) && (q.to.IsZero() || !e.Time.After(q.to)) &&
			(q.subject == "" || e.Subject == q.subject) && (q.alternative == "" || e.AlternativeSubject == q.alternative) &&
			(len(q.types) == 0 || slices.Contains(q.types, e.Type)) {
			found = append(found, e)
		}
	}
	return found
}
