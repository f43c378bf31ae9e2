package entra

import (
	"net/http"

	"github.com/google/uuid"

	"github.com/stafett/stafett/secret"
)

// AppService returns the handler for the address that IDENTITY_ENDPOINT names in
// Azure App Service, Functions and Container Apps: there, a program learns its
// managed identity from an address of this machine, with a header whose value is
// in IDENTITY_HEADER. The identity is the app with the given client id.
func (s *Server) AppService(clientID string, header secret.String) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		query := r.URL.Query()
		refuse := func(status int, message string) {
			writeJSON(w, status, struct {
				Status        int    `json:"statusCode"`
				Message       string `json:"message"`
				CorrelationID string `json:"correlationId"`
			}{status, message, uuid.NewString()})
		}
		identity, ok := s.app(clientID)
		resourceID := query.Get("mi_res_id") + query.Get("msi_res_id")
		switch {
		case r.Method != http.MethodGet:
			w.Header().Set("Allow", http.MethodGet)
			refuse(http.StatusMethodNotAllowed, "Method not allowed")
		case !header.Equal(secret.New(r.Header.Get("X-Identity-Header"))):
			refuse(http.StatusUnauthorized, "The header X-IDENTITY-HEADER is missing or wrong; send the value of IDENTITY_HEADER.")
		case query.Get("api-version") != "2019-08-01":
			refuse(http.StatusBadRequest, "The api-version '"+query.Get("api-version")+"' is missing or not supported.")
		case query.Get("resource") == "":
			refuse(http.StatusBadRequest, "The parameter 'resource' is missing.")
		case !ok || !isIdentity(identity, query.Get("client_id"), query.Get("object_id")+query.Get("principal_id"), resourceID):
			refuse(http.StatusBadRequest, "No User Assigned or Delegated Managed Identity found for specified ClientId/ResourceId/PrincipalId.")
		default:
			s.answerV1(w, r, identity, query.Get("resource"), "2")
		}
	})
}
