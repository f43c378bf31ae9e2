package frame

import (
	"net/http"
	"slices"
	"strings"
)

// languages are those of the console, by preference.
var languages = []string{"nb", "nn", "en"}

// languageName is a language as its speakers call it.
type languageName struct{ Code, Name string }

var languageNames = []languageName{{"nb", "Bokmål"}, {"nn", "Nynorsk"}, {"en", "English"}}

const languageCookie = "stafett-language"

// languageOf is the one asked for by ?language=, else the one that was last asked
// for, else the browser's. asked tells that it is to be remembered.
func languageOf(r *http.Request) (language string, asked bool) {
	if wanted := r.URL.Query().Get("language"); slices.Contains(languages, wanted) {
		return wanted, true
	}
	if cookie, err := r.Cookie(languageCookie); err == nil && slices.Contains(languages, cookie.Value) {
		return cookie.Value, false
	}
	// Browsers list what their user prefers first, so the order is enough.
	for wanted := range strings.SplitSeq(r.Header.Get("Accept-Language"), ",") {
		wanted, _, _ = strings.Cut(wanted, ";")
		wanted, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(wanted)), "-")
		if wanted == "no" {
			wanted = "nb"
		}
		if slices.Contains(languages, wanted) {
			return wanted, false
		}
	}
	return languages[0], false
}

func rememberLanguage(w http.ResponseWriter, language string) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // the console is on this machine only and has no TLS
		Name: languageCookie, Value: language, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode, MaxAge: 365 * 24 * 60 * 60,
	})
}
