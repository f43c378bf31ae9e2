// Package localtest offers what Altinn's own localtest offers to applications that
// are started on a developer's machine, whose hosting environment is Development:
// the platform over plain http, test tokens, a page to log in on, registration of
// applications, and a PDF service. It adds addresses to the stand-ins and changes
// nothing in them.
//
// Paths and answers are those of Altinn/altinn-studio, src/Runtime/localtest.
package localtest

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/stafett/stafett/local/apphost"
)

// Person can log in, for one of the parties.
type Person struct {
	UserID  int
	PartyID int // their own
	Name    string
	Parties []Party // that they can represent, their own among them
}

// Party is whom a person acts for.
type Party struct {
	ID   int
	Name string
}

// Config is what [New] needs.
type Config struct {
	// Login serves the test tokens below /Home.
	Login http.Handler
	// Platform serves the components of the platform, such as /storage.
	Platform http.Handler
	// App serves the applications of an owner; nil if there are none.
	App func(org string) http.Handler
	// Apps are the ids of the applications.
	Apps []string
	// Move leads an application that runs as a process of its own to an address, an
	// empty one back to its first; false means that it is none of those.
	Move func(appID, address string) (known bool, err error)
	// People tells who can log in; Token signs what they get.
	People func() []Person
	Token  func(ctx context.Context, userID, level int) (string, error)
	// Print writes the PDF of a form of an application.
	Print func(ctx context.Context, w io.Writer, appID string, asked apphost.PrintRequest) error
	// Logger gets what fails inside; nil discards.
	Logger *slog.Logger
}

// Server is the stand-in. It is safe for concurrent use.
type Server struct {
	cfg      Config
	mux      *http.ServeMux
	login    page
	register registrations
}

// New makes the stand-in.
func New(cfg Config) (*Server, error) {
	if cfg.Login == nil || cfg.Platform == nil || cfg.App == nil || cfg.Move == nil || cfg.People == nil || cfg.Token == nil || cfg.Print == nil {
		return nil, errors.New("start localtest: log-in, platform, applications, people, tokens and printing are needed")
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	s := &Server{cfg: cfg, mux: http.NewServeMux()}
	var err error
	if s.login, err = newPage(); err != nil {
		return nil, err
	}
	s.mux.HandleFunc("GET /{$}", s.showLogin)
	s.mux.HandleFunc("GET /Home", s.showLogin)
	s.mux.HandleFunc("GET /Home/{$}", s.showLogin)
	s.mux.HandleFunc("GET /Home/Index", s.showLogin)
	s.mux.HandleFunc("POST /Home/LogInTestUser", s.logIn)
	s.mux.HandleFunc("GET /Home/Localtest/Register", s.listRegistrations)
	s.mux.HandleFunc("POST /Home/Localtest/Register", s.registerApp)
	s.mux.HandleFunc("DELETE /Home/Localtest/Register/{appId}", s.unregisterApp)
	s.mux.HandleFunc("DELETE /Home/Localtest/Register/{org}/{app}", s.unregisterApp)
	s.mux.Handle("/Home/", cfg.Login)
	s.mux.HandleFunc("GET "+openIDConfiguration, s.metadata)
	s.mux.HandleFunc("GET /authentication/api/v1/authentication", redirectToLogin)
	s.mux.Handle("/authentication/api/v1/orgToken", cfg.Login)
	s.mux.Handle("/authentication/api/v1/appToken", cfg.Login)
	for _, component := range components {
		s.mux.Handle("/"+component+"/", cfg.Platform)
	}
	s.mux.HandleFunc("POST /pdfservice/pdf", s.print)
	s.mux.HandleFunc("/", s.serveApp)
	return s, nil
}

// components are those of the platform that localtest has too.
var components = []string{"authentication", "authorization", "profile", "events", "register", "storage"}

// ServeHTTP serves the platform and the applications at one address.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.mux.ServeHTTP(w, r) }

// PDF serves the PDF service at an address of its own.
func (s *Server) PDF() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /pdf", s.print)
	return mux
}

// serveApp answers anything else, as localtest does.
func (s *Server) serveApp(w http.ResponseWriter, r *http.Request) {
	org, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	if handler := s.cfg.App(org); handler != nil {
		handler.ServeHTTP(w, r)
		return
	}
	http.NotFound(w, r)
}

// Guard lets through what is addressed to one of the names that lead to this
// machine. A page in a browser, under a name of its own that leads here too, is
// refused. What is let through is told to have come over plain http, as an ingress
// would.
func Guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		host, _, err := net.SplitHostPort(r.Host)
		if err != nil {
			host = r.Host
		}
		ip := net.ParseIP(strings.Trim(host, "[]"))
		if !slices.Contains([]string{"localhost", loginHost}, strings.ToLower(host)) && (ip == nil || !ip.IsLoopback()) {
			http.Error(w, "the host header names neither localhost nor "+loginHost, http.StatusMisdirectedRequest)
			return
		}
		r.Header.Set("X-Forwarded-Proto", "http")
		next.ServeHTTP(w, r)
	})
}

// loginHost is localtest's own name, which leads to this machine in public DNS.
const loginHost = "local.altinn.cloud"
