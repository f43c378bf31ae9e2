package portal

import (
	"crypto/rand"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/stafett/stafett/local/selfservice"
)

const (
	cookieName      = "sjolvbetjening"
	sessionLifetime = 8 * time.Hour
)

// session is one login, as it stands for one request.
type session struct {
	token        string
	person       Person
	organisation selfservice.Organisation
	// notice is what the last change says on the page after it.
	notice string
	begun  time.Time
}

func (s *session) mayAdminister() bool {
	return slices.Contains(s.person.Administers, s.organisation.Number)
}

// sessions are the logins by their tokens.
type sessions struct {
	now func() time.Time

	mu      sync.Mutex
	byToken map[string]session
}

func newSessions(now func() time.Time) *sessions {
	return &sessions{now: now, byToken: make(map[string]session)}
}

// of returns the session of a request, or nil.
func (s *sessions) of(r *http.Request) *session {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.byToken[cookie.Value]
	if !ok || s.now().Sub(found.begun) > sessionLifetime {
		return nil
	}
	return &found
}

// keep stores a session as it now is, unless it has ended meanwhile.
func (s *sessions) keep(changed *session) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, ok := s.byToken[changed.token]; ok {
		s.byToken[changed.token] = *changed
	}
}

// begin makes a session with a token of its own, and forgets those that are over.
func (s *sessions) begin(person Person, organisation selfservice.Organisation) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	maps.DeleteFunc(s.byToken, func(_ string, old session) bool { return now.Sub(old.begun) > sessionLifetime })
	begun := session{token: rand.Text(), person: person, organisation: organisation, begun: now}
	s.byToken[begun.token] = begun
	return begun.token
}

func (s *sessions) end(token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byToken, token)
}

// sessionCookie holds a token; without one, it makes the browser forget.
func sessionCookie(token string, tls bool) *http.Cookie {
	cookie := &http.Cookie{Name: cookieName, Value: token, Path: "/", HttpOnly: true, Secure: tls, SameSite: http.SameSiteStrictMode} //nolint:gosec // Secure where the request came by TLS: the loopback address has none
	if token == "" {
		cookie.MaxAge = -1
	}
	return cookie
}

// loginPage is what the login shows.
type loginPage struct {
	People        []Person
	Organisations []selfservice.Organisation
	// Person and Organisation are chosen beforehand: somebody who may do
	// something.
	Person       int
	Organisation string
}

func (s *Server) showLogin(*http.Request, *session) (answer, error) {
	data := loginPage{People: s.people, Organisations: s.organisations}
	for n, person := range s.people {
		if len(person.Administers) > 0 {
			data.Person, data.Organisation = n, person.Administers[0]
			break
		}
	}
	return answer{template: "login", title: "Logg inn", data: data}, nil
}

func (s *Server) login(r *http.Request, before *session) (answer, error) {
	n, err := strconv.Atoi(r.PostFormValue("person"))
	organisation, ok := s.organisation(r)
	if err != nil || n < 0 || n >= len(s.people) || !ok {
		a, err := s.showLogin(r, nil)
		a.status, a.fault = http.StatusUnprocessableEntity, "Velg en person og en virksomhet."
		return a, err
	}
	if before != nil {
		s.sessions.end(before.token)
	}
	a, err := redirect("/")
	a.token = s.sessions.begin(s.people[n], organisation)
	return a, err
}

func (s *Server) logout(_ *http.Request, who *session) (answer, error) {
	if who != nil {
		s.sessions.end(who.token)
	}
	a, err := redirect("/login")
	a.ended = true
	return a, err
}

func (s *Server) switchOrganisation(r *http.Request, who *session) (answer, error) {
	organisation, ok := s.organisation(r)
	if !ok {
		return answer{}, &refusal{http.StatusUnprocessableEntity, "Virksomheten finnes ikke."}
	}
	who.organisation = organisation
	s.sessions.keep(who)
	return redirect("/")
}

// organisation is the one that a form names.
func (s *Server) organisation(r *http.Request) (selfservice.Organisation, bool) {
	number := r.PostFormValue("organisation")
	at := slices.IndexFunc(s.organisations, func(o selfservice.Organisation) bool { return o.Number == number })
	if at < 0 {
		return selfservice.Organisation{}, false
	}
	return s.organisations[at], true
}

// done says on the next page what has been done.
func (s *Server) done(who *session, location, notice string) (answer, error) {
	who.notice = notice
	s.sessions.keep(who)
	return redirect(location)
}
