package frame

import (
	"crypto/rand"
	"maps"
	"net"
	"net/http"
	"sync"
	"time"
)

const sessionLifetime = 12 * time.Hour

// session is one browser's choice of a person, as it stands for one request.
type session struct {
	id     string
	person *Person
	level  int
	login  *login
	begun  time.Time
	notice Notice
	party  int // whose things were looked at last; 0 for the person's own
}

// sessions are those of all browsers, in memory: they are gone with the platform.
type sessions struct {
	now   func() time.Time
	login func(userID, level int) *login

	mu   sync.Mutex
	byID map[string]session
}

// of returns the session of a request; its id is empty where there is none.
func (s *sessions) of(r *http.Request) session {
	cookie, err := r.Cookie(cookieName(r))
	if err != nil {
		return session{}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, ok := s.byID[cookie.Value]
	if !ok || s.now().Sub(found.begun) > sessionLifetime {
		return session{}
	}
	return found
}

// begin makes a session, and forgets those that are over.
func (s *sessions) begin(person *Person, level int) (id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now()
	maps.DeleteFunc(s.byID, func(_ string, old session) bool { return now.Sub(old.begun) > sessionLifetime })
	begun := session{id: rand.Text(), person: person, level: level, login: s.login(person.UserID, level), begun: now}
	s.byID[begun.id] = begun
	return begun.id
}

func (s *sessions) end(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.byID, id)
}

// notice keeps a notice for the next page; an empty one takes it away.
func (s *sessions) notice(id string, n Notice) {
	s.change(id, func(found *session) { found.notice = n })
}

func (s *sessions) change(id string, change func(*session)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if found, ok := s.byID[id]; ok {
		change(&found)
		s.byID[id] = found
	}
}

// cookieName tells consoles on different ports of this machine apart: cookies
// do not.
func cookieName(r *http.Request) string {
	_, port, _ := net.SplitHostPort(r.Host)
	return "stafett-console-" + port
}

// sessionCookie holds the id of a session; with an empty one the browser forgets.
func sessionCookie(r *http.Request, id string) *http.Cookie {
	cookie := &http.Cookie{Name: cookieName(r), Value: id, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode} //nolint:gosec // not Secure: the console is on this machine only and has no TLS
	if id == "" {
		cookie.MaxAge = -1
	}
	return cookie
}
