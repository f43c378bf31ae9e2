package events

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/urlquery"
)

// maxSize bounds a page, and defaultSize is what one holds when nothing is said.
const (
	maxSize     = 1000
	defaultSize = 50
)

// pullQuery is what a caller asks for.
type pullQuery struct {
	after          string
	from, to       time.Time
	resource       string // of one application; empty for all
	subject        string
	sources, types []*regexp.Regexp // none lets all pass
	size           int
}

// pull answers GET app/{org}/{app}: an organisation reads an application's events.
func (s *Server) pull(w http.ResponseWriter, r *http.Request, caller authentication.Principal) {
	if caller.Org == "" {
		writeJSON(w, http.StatusUnauthorized, "Only orgs can call this api")
		return
	}
	query, wrong := s.readPullQuery(r)
	if wrong != nil {
		wrong.write(w)
		return
	}
	query.resource, query.sources = origin{org: r.PathValue("org"), app: r.PathValue("app")}.resource(), nil
	s.page(w, r, caller, query)
}

// pullOfParty answers GET app/party: anybody reads the events about a party, of
// all applications.
func (s *Server) pullOfParty(w http.ResponseWriter, r *http.Request, caller authentication.Principal) {
	query, wrong := s.readPullQuery(r)
	if wrong == nil && query.subject == "" {
		wrong = &fault{http.StatusBadRequest, "Subject must be specified using either query params party or unit or header value person."}
	}
	if wrong != nil {
		wrong.write(w)
		return
	}
	s.page(w, r, caller, query)
}

// page answers with the events that the caller may read, from one on, or from a
// time on, oldest first. A header tells where the next page is, for as long as
// there was something in this one.
func (s *Server) page(w http.ResponseWriter, r *http.Request, caller authentication.Principal, query pullQuery) {
	page := []Event{}
	for found := s.matching(query); len(found) > 0 && len(page) < query.size; {
		batch := found[:min(len(found), query.size)]
		found = found[len(batch):]
		permitted, err := s.mayRead(r.Context(), caller, batch...)
		if err != nil {
			s.cfg.Logger.ErrorContext(r.Context(), "no decision about events", "error", err)
			fault{http.StatusInternalServerError, "The decision point did not answer."}.write(w)
			return
		}
		for n, event := range batch {
			if permitted[n] && len(page) < query.size {
				page = append(page, event)
			}
		}
	}
	if len(page) > 0 {
		w.Header().Set("next", s.cfg.Platform+nextPage(r.URL, page[len(page)-1].ID))
	}
	writeJSON(w, http.StatusOK, page)
}

// nextPage repeats the query with another place to begin; like the platform it
// escapes nothing.
func nextPage(address *url.URL, after string) string {
	next := address.Path + "?after=" + after
	for parameter := range strings.SplitSeq(address.RawQuery, "&") {
		name, value, _ := strings.Cut(parameter, "=")
		name, err1 := url.QueryUnescape(name)
		value, err2 := url.QueryUnescape(value)
		if !strings.EqualFold(name, "after") && name != "" && err1 == nil && err2 == nil {
			next += "&" + name + "=" + value
		}
	}
	return next
}

// readPullQuery checks what is asked for in the platform's order.
func (s *Server) readPullQuery(r *http.Request) (q pullQuery, wrong *fault) {
	refused := func(text string) (pullQuery, *fault) { return q, &fault{http.StatusBadRequest, text} }
	_, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return refused("The query cannot be read.")
	}
	values := urlquery.Of(r)
	party, err1 := numberOr(values.Get("party"), 0)
	size, err2 := numberOr(values.Get("size"), defaultSize)
	if err1 != nil || err2 != nil {
		return refused("'party' and 'size' must be numbers.")
	}
	q.after, q.sources, q.types = values.Get("after"), like(values.All("source")), like(values.All("type"))
	if q.after == "" && values.Get("from") == "" {
		return refused("The 'From' or 'After' parameter must be defined.")
	}
	if q.from, err = pointInTime(values.Get("from")); err != nil {
		return refused("The 'From' parameter must specify timezone. E.g. 2022-07-07T11:00:53.3917Z for UTC")
	}
	if q.to, err = pointInTime(values.Get("to")); err != nil {
		return refused("The 'To' parameter must specify timezone. E.g. 2022-07-07T11:00:53.3917Z for UTC")
	}
	person, unit := r.Header.Get("person"), values.Get("unit")
	switch {
	case size < 1:
		return refused("The 'Size' parameter must be a number larger that 0.")
	case person != "" && party > 0:
		return refused("Only one of 'Party' or 'Person' can be defined.")
	case person != "" && !isDigits(person, 11):
		return refused("Value of 'Person' needs to be exactly 11 digits.")
	case unit != "" && party > 0:
		return refused("Only one of 'Party' or 'Unit' can be defined.")
	case unit != "" && !isDigits(unit, 9):
		return refused("Value of 'Unit' needs to be exactly 9 digits.")
	}
	q.size = min(size, maxSize)
	if party <= 0 && (unit != "" || person != "") {
		known, ok := s.cfg.Parties.ByOrgNumber(unit)
		if unit == "" {
			known, ok = s.cfg.Parties.BySSN(person)
		}
		if !ok {
			return q, &fault{http.StatusNotFound, ""}
		}
		party = known.PartyID
	}
	if party > 0 {
		q.subject = subjectOf(party)
	}
	return q, nil
}

// pointInTime reads a time with a zone; nothing is the zero time.
func pointInTime(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse("2006-01-02 15:04:05Z07:00", text); err == nil {
		return at, nil
	}
	return time.Parse(time.RFC3339, text)
}

func numberOr(text string, otherwise int) (int, error) {
	if text == "" {
		return otherwise, nil
	}
	return strconv.Atoi(text)
}

func isDigits(text string, length int) bool {
	return len(text) == length && strings.Trim(text, "0123456789") == ""
}

func subjectOf(party int) string { return "/party/" + strconv.Itoa(party) }

// like makes patterns of PostgreSQL's ILIKE: any case, % for any text and _ for
// any character.
func like(patterns []string) []*regexp.Regexp {
	var expressions []*regexp.Regexp
	for _, pattern := range patterns {
		quoted := regexp.QuoteMeta(pattern) // leaves % and _ as they are
		expressions = append(expressions, regexp.MustCompile("(?is)^"+strings.NewReplacer("%", ".*", "_", ".").Replace(quoted)+"$"))
	}
	return expressions
}

func matchesAny(patterns []*regexp.Regexp, text string) bool {
	return len(patterns) == 0 || slices.ContainsFunc(patterns, func(p *regexp.Regexp) bool { return p.MatchString(text) })
}

// matching returns the kept events about instances that a query asks for. An id that is
// not known, or not any more, is before all.
func (s *Server) matching(q pullQuery) []Event {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := 0
	if q.after != "" {
		first = slices.IndexFunc(s.events, func(e Event) bool { return e.ID == q.after }) + 1
	}
	var found []Event
	for _, e := range s.events[first:] {
		if e.ResourceInstance != "" && (q.resource == "" || strings.EqualFold(e.Resource, q.resource)) &&
			!e.Time.Before(q.from) && (q.to.IsZero() || !e.Time.After(q.to)) && (q.subject == "" || e.Subject == q.subject) &&
			matchesAny(q.sources, e.Source) && matchesAny(q.types, e.Type) {
			found = append(found, e)
		}
	}
	return found
}
