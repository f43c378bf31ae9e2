package localtest

import (
	"embed"
	"fmt"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Cookies of a browser that has logged in.
const (
	runtimeCookie = "AltinnStudioRuntime"
	partyCookie   = "AltinnPartyId"
	choiceCookie  = "Localtest_User.Party_Select"
)

// notLoggedIn is the security level of somebody who does not log in.
const notLoggedIn = "-1"

const (
	maxForm    = 64 << 10
	tokenAge   = 1337 * 60 // seconds, as the cookie of localtest lives
	partyAge   = 365 * 24 * 60 * 60
	usualLevel = 2
)

//go:embed login.html
var loginFile embed.FS

type page struct{ *template.Template }

func newPage() (page, error) {
	parsed, err := template.ParseFS(loginFile, "login.html")
	return page{parsed}, err
}

// showLogin is the page on which a person chooses who they are.
func (s *Server) showLogin(w http.ResponseWriter, r *http.Request) {
	type choice struct{ Value, Text string }
	shown := struct {
		People []choice
		Levels []choice
		Usual  string
		Apps   []string
		GoTo   string
	}{Usual: strconv.Itoa(usualLevel), Apps: s.cfg.Apps, GoTo: localPath(r.URL.Query().Get("goto"))}
	for _, person := range s.cfg.People() {
		for _, party := range person.Parties {
			text := person.Name
			if party.ID != person.PartyID {
				text += " for " + party.Name
			}
			shown.People = append(shown.People, choice{fmt.Sprintf("%d.%d", person.UserID, party.ID), text})
		}
	}
	shown.Levels = append(shown.Levels, choice{notLoggedIn, "Ikke innlogget"})
	for level := range 5 {
		shown.Levels = append(shown.Levels, choice{strconv.Itoa(level), "Nivå " + strconv.Itoa(level)})
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'")
	w.Header().Set("Cache-Control", "no-store")
	_ = s.login.Execute(w, shown) // a failed write means that the caller has gone
}

// logIn sets the cookies of a logged-in browser and leads it to the application.
func (s *Server) logIn(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxForm)
	if origin := r.Header.Get("Origin"); origin != "" && origin != "http://"+r.Host && origin != "https://"+r.Host {
		writeText(w, http.StatusForbidden, "The form is another page's.")
		return
	}
	chosen, level := r.FormValue("UserSelect"), r.FormValue("AuthenticationLevel")
	if level != notLoggedIn {
		user, party, _ := strings.Cut(chosen, ".")
		userID, err1 := strconv.Atoi(user)
		partyID, err2 := strconv.Atoi(party)
		at := slices.IndexFunc(s.cfg.People(), func(p Person) bool { return p.UserID == userID })
		if err1 != nil || err2 != nil || at < 0 {
			writeText(w, http.StatusBadRequest, "User not found")
			return
		}
		number, err := strconv.Atoi(level)
		if err != nil || number < 0 || number > 4 {
			writeText(w, http.StatusBadRequest, "AuthenticationLevel is not within -1 to 4.")
			return
		}
		token, err := s.cfg.Token(r.Context(), userID, number)
		if err != nil {
			s.cfg.Logger.ErrorContext(r.Context(), "cannot sign a token", "error", err)
			w.WriteHeader(http.StatusInternalServerError)
			return
		}
		domain := ""
		if host := hostOf(r); host == loginHost {
			domain = loginHost
		}
		for _, cookie := range []struct {
			name, value string
			seconds     int
			hidden      bool
		}{{runtimeCookie, token, tokenAge, true}, {partyCookie, strconv.Itoa(partyID), partyAge, false}, {choiceCookie, chosen, tokenAge, true}} {
			http.SetCookie(w, &http.Cookie{ //nolint:gosec // over plain http on this machine, as localtest
				Name: cookie.name, Value: cookie.value, Path: "/", Domain: domain, MaxAge: cookie.seconds, HttpOnly: cookie.hidden, SameSite: http.SameSiteLaxMode,
			})
		}
	}
	to := r.FormValue("RedirectUrl")
	switch {
	case r.FormValue("action") == "reauthenticate":
		w.WriteHeader(http.StatusNoContent)
		return
	case localPath(to) != "":
		to = localPath(to)
	case slices.Contains(s.cfg.Apps, r.FormValue("AppPathSelection")):
		to = "/" + r.FormValue("AppPathSelection") + "/"
	default:
		to = "/"
	}
	http.Redirect(w, r, to, http.StatusFound) //nolint:gosec // a path on this machine, see localPath
}

func hostOf(r *http.Request) string {
	host, _, _ := strings.Cut(strings.ToLower(r.Host), ":")
	return host
}

// localPath is the path and query of an address on this machine, to which a browser
// may be led; empty for any other.
func localPath(address string) string {
	to, err := url.Parse(address)
	if err != nil || !strings.HasPrefix(to.Path, "/") || strings.HasPrefix(to.Path, "//") || strings.Contains(address, "\\") {
		return ""
	}
	if host := to.Hostname(); host != "" && host != loginHost && host != "localhost" {
		return ""
	}
	local := url.URL{Path: to.Path, RawPath: to.RawPath, RawQuery: to.RawQuery, Fragment: to.Fragment}
	return local.String()
}
