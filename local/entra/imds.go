package entra

import (
	"net/http"
	"strings"
)

// IMDS returns the handler for http://169.254.169.254, the address at which a
// machine in Azure learns who it is.
//
// While the machine has no managed identity the handler closes the connection
// without an answer, as an address where nobody listens does: for the Azure
// SDKs any answer at all means that the machine is in Azure, and they would
// stop looking for other credentials.
func (s *Server) IMDS() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		identity, ok := s.app(s.managedIdentity)
		s.mu.Unlock()
		if !ok {
			panic(http.ErrAbortHandler)
		}
		s.serveIdentity(w, r, identity)
	})
}

func (s *Server) serveIdentity(w http.ResponseWriter, r *http.Request, identity App) {
	query := r.URL.Query()
	refuse := func(status int, description string) {
		writeJSON(w, status, map[string]string{"error": "invalid_request", "error_description": description})
	}
	switch {
	case r.URL.Path != "/metadata/identity/oauth2/token":
		http.NotFound(w, r)
	case r.Method != http.MethodGet:
		w.Header().Set("Allow", http.MethodGet)
		refuse(http.StatusMethodNotAllowed, "Method not allowed")
	case !strings.EqualFold(r.Header.Get("Metadata"), "true"):
		refuse(http.StatusBadRequest, "Required metadata header not specified")
	case query.Get("api-version") == "":
		refuse(http.StatusBadRequest, "Required query variable 'api-version' is missing")
	case query.Get("resource") == "":
		refuse(http.StatusBadRequest, "Required query variable 'resource' is missing")
	case !isIdentity(identity, query.Get("client_id"), query.Get("object_id"), query.Get("msi_res_id")):
		refuse(http.StatusBadRequest, "Identity not found")
	default:
		s.answerV1(w, r, identity, query.Get("resource"), "2")
	}
}

// isIdentity reports whether a request that may name an identity means the one
// that the machine has.
func isIdentity(identity App, clientID, objectID, resourceID string) bool {
	return (clientID == "" || strings.EqualFold(clientID, identity.ClientID)) &&
		(objectID == "" || strings.EqualFold(objectID, identity.ObjectID)) &&
		resourceID == ""
}
