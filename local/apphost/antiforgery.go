package apphost

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
	"strings"

	"github.com/stafett/stafett/local/authentication"
)

// The antiforgery pair of Altinn applications: a cookie that scripts cannot
// read, and one whose value a script repeats in a header.
const (
	antiforgeryCookie = "AS-XSRF-TOKEN"
	requestCookie     = "XSRF-TOKEN"
	antiforgeryHeader = "X-XSRF-TOKEN"
)

func isSafe(method string) bool {
	return method == http.MethodGet || method == http.MethodHead || method == http.MethodOptions
}

// byCookie tells whether the request is authenticated by the login cookie.
func byCookie(r *http.Request) bool {
	kind, _, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(kind, "Bearer") {
		return false
	}
	_, err := r.Cookie(authentication.CookieName)
	return err == nil
}

func (s *Server) hasAntiforgery(r *http.Request) bool {
	cookie, err := r.Cookie(antiforgeryCookie)
	if err != nil {
		return false
	}
	given, err := base64.RawURLEncoding.DecodeString(r.Header.Get(antiforgeryHeader))
	return err == nil && hmac.Equal(given, s.antiforgeryOf(cookie.Value))
}

func (s *Server) antiforgeryOf(cookie string) []byte {
	mac := hmac.New(sha256.New, s.antiKey)
	mac.Write([]byte(cookie))
	return mac.Sum(nil)
}

var startPageTemplate = template.Must(template.New("start").Parse(
	`<!doctype html><html lang="nb"><meta charset="utf-8"><title>{{.}}</title><h1>{{.}}</h1></html>` + "\n"))

// startPage sets the antiforgery pair. The form itself is shown by the local
// platform's own pages.
func (s *Server) startPage(w http.ResponseWriter, r *http.Request) {
	value := make([]byte, 24)
	_, _ = rand.Read(value) // never fails, see its documentation
	cookie := base64.RawURLEncoding.EncodeToString(value)
	set := func(name, value string, hidden bool) {
		http.SetCookie(w, &http.Cookie{ //nolint:gosec // scripts read one of the pair, by design
			Name: name, Value: value, Path: "/" + s.folder.ID, HttpOnly: hidden,
			Secure: true, SameSite: http.SameSiteStrictMode,
		})
	}
	set(antiforgeryCookie, cookie, true)
	set(requestCookie, base64.RawURLEncoding.EncodeToString(s.antiforgeryOf(cookie)), false)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_ = startPageTemplate.Execute(w, s.title("nb")) // a failed write means that the caller has gone
}

// title is the application's name in a language, or in bokmål.
func (s *Server) title(language string) string {
	for _, l := range []string{language, "nb", "en"} {
		if t := s.folder.Metadata.Title[l]; t != "" {
			return t
		}
	}
	return s.folder.Name
}
