package localtest

import (
	"encoding/json"
	"net/http"
	"net/url"
)

const openIDConfiguration = "/authentication/api/v1/openid/.well-known/openid-configuration"

// metadata is the platform's, but that it leads to the address that was asked: an
// application in Development can reach no other.
func (s *Server) metadata(w http.ResponseWriter, r *http.Request) {
	base := "http://" + r.Host + "/"
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer": base, "authorization_endpoint": base, "token_endpoint": base,
		"jwks_uri":                              base + openIDConfiguration[1:] + "/jwks",
		"response_types_supported":              []string{"token"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

// redirectToLogin leads a person whom an application has sent away to the page
// where they choose who they are.
func redirectToLogin(w http.ResponseWriter, r *http.Request) {
	to := "/"
	if goTo := r.URL.Query().Get("goto"); goTo != "" {
		to += "?goto=" + url.QueryEscape(goTo)
	}
	http.Redirect(w, r, to, http.StatusFound)
}

func writeJSON(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(document) // a failed write means that the caller has gone
}

func writeText(w http.ResponseWriter, status int, text string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(status)
	_, _ = w.Write([]byte(text))
}
