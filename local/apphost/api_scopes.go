package apphost

import (
	"cmp"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/urlquery"
)

// portalScope is what the token of a person from the portal has; it passes
// every check of user scopes.
const portalScope = "altinn:portal/enduser"

// apiScopes are the scopes that an application demands of its callers
// (apiScopes in applicationmetadata.json). Nil demands none.
type apiScopes struct {
	Users         *scopePair `json:"users"`
	ServiceOwners *scopePair `json:"serviceOwners"`
	// ErrorKey is the id of a text for those who are refused.
	ErrorKey string `json:"errorMessageTextResourceKey"`

	folder *app.Folder
}

type scopePair struct {
	Read  string `json:"read"`
	Write string `json:"write"`
	// ErrorKey goes before that of all scopes.
	ErrorKey string `json:"errorMessageTextResourceKey"`
}

func readAPIScopes(folder *app.Folder) (*apiScopes, error) {
	var metadata struct {
		Scopes *apiScopes `json:"apiScopes"`
	}
	if len(folder.MetadataJSON) == 0 {
		return nil, nil
	}
	if err := json.Unmarshal(folder.MetadataJSON, &metadata); err != nil {
		return nil, fmt.Errorf("read apiScopes: %w", err)
	}
	scopes := metadata.Scopes
	if scopes == nil {
		return nil, nil
	}
	scopes.folder = folder
	for _, pair := range []*scopePair{scopes.Users, scopes.ServiceOwners} {
		if pair != nil {
			pair.Read = strings.ReplaceAll(pair.Read, "[app]", folder.Name)
			pair.Write = strings.ReplaceAll(pair.Write, "[app]", folder.Name)
		}
	}
	return scopes, nil
}

func (a *apiScopes) check(caller authentication.Principal, r *http.Request) error {
	if a == nil {
		return nil
	}
	pair := a.Users
	if caller.UserID == 0 && caller.OrgNumber != "" {
		pair = a.ServiceOwners
	} else if caller.HasScope(portalScope) {
		return nil
	}
	if pair == nil {
		return nil
	}
	demanded := pair.Write
	if isSafe(r.Method) {
		demanded = pair.Read
	}
	if demanded == "" || caller.HasScope(demanded) {
		return nil
	}
	authentication.NoteMissingScope(r.Context(), caller, demanded)
	return &answer{
		status: http.StatusForbidden, contentType: problemType,
		body: map[string]any{
			"title": "Forbidden", "status": http.StatusForbidden,
			"detail": a.message(pair, r), "instance": r.URL.Path,
		},
	}
}

// message is the text for a caller who is refused, in the language of the request.
func (a *apiScopes) message(pair *scopePair, r *http.Request) string {
	key := cmp.Or(pair.ErrorKey, a.ErrorKey, "authorization.scopes.insufficient")
	for _, language := range []string{urlquery.Of(r).Get("language"), "nb"} {
		if text, ok := a.folder.Texts[language].Get(key); ok {
			return text.Value
		}
	}
	return "Insufficient scope"
}
