package authentication

import (
	"net/http"

	"github.com/go-jose/go-jose/v4"
)

// metadata serves the OpenID Connect discovery document.
func (s *Server) metadata(w http.ResponseWriter, _ *http.Request) {
	base := s.cfg.Platform + "/authentication/api/v1"
	writeJSON(w, http.StatusOK, map[string]any{
		"issuer":                                s.Issuer(),
		"authorization_endpoint":                base + "/authorize",
		"token_endpoint":                        base + "/token",
		"jwks_uri":                              base + "/openid/.well-known/openid-configuration/jwks",
		"response_types_supported":              []string{"code"},
		"subject_types_supported":               []string{"pairwise"},
		"id_token_signing_alg_values_supported": []string{"RS256"},
	})
}

func (s *Server) jwks(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{s.key.public}})
}
