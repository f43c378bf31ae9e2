package apphost

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// partyCookie holds the party that the user has chosen to act for.
const partyCookie = "AltinnPartyId"

// parties answers whom the user may act for, or, when asked, who of them may own
// an instance.
func (s *Server) parties(w http.ResponseWriter, c *call) error {
	filter := false
	if asked := c.r.URL.Query().Get("allowedToInstantiateFilter"); asked != "" {
		var err error
		if filter, err = strconv.ParseBool(asked); err != nil {
			return bindingProblem("allowedToInstantiateFilter", "The value is not a boolean.")
		}
	}
	found := c.platform.represented(c.ctx(), c.caller.UserID)
	if found == nil {
		w.WriteHeader(http.StatusNoContent) // what ASP.NET Core makes of null
		return nil
	}
	if filter {
		found = slices.DeleteFunc(found, func(p *party) bool { return !s.allowsParty(p) })
	}
	writeJSON(w, http.StatusOK, jsonType, found)
	return nil
}

// selectParty remembers in a cookie whom the user acts for.
func (s *Server) selectParty(w http.ResponseWriter, c *call) error {
	id, err := strconv.Atoi(c.r.PathValue("party"))
	if err != nil {
		return bindingProblem("partyId", "The value is not an integer.")
	}
	valid, err := c.platform.mayRepresent(c.ctx(), c.caller.UserID, id)
	if err != nil {
		return text(http.StatusInternalServerError, "The party could not be chosen")
	}
	if !valid {
		return text(http.StatusBadRequest, "User %d cannot represent party %d.", c.caller.UserID, id)
	}
	_, domain, _ := strings.Cut(c.r.Host, ".apps.")
	http.SetCookie(w, &http.Cookie{Name: partyCookie, Value: strconv.Itoa(id), Path: "/", Domain: domain}) //nolint:gosec // it is no secret, and scripts of applications read it
	writeJSON(w, http.StatusOK, jsonType, "Party successfully updated")
	return nil
}

// currentParty answers with the party of the cookie, or the caller's own.
func (s *Server) currentParty(w http.ResponseWriter, c *call) error {
	current, err := c.selectedParty(c.ctx())
	if err != nil {
		return err
	}
	if current == nil {
		return empty(http.StatusInternalServerError)
	}
	if whole, err := strconv.ParseBool(c.r.URL.Query().Get("returnPartyObject")); err == nil && whole {
		writeJSON(w, http.StatusOK, jsonType, current)
		return nil
	}
	writeJSON(w, http.StatusOK, jsonType, current.PartyID)
	return nil
}

func (c *call) selectedParty(ctx context.Context) (*party, error) {
	if c.caller.UserID == 0 {
		return c.platform.partyByNumber(ctx, "orgNo", c.caller.OrgNumber)
	}
	if cookie, err := c.r.Cookie(partyCookie); err == nil {
		id, err := strconv.Atoi(cookie.Value)
		if err == nil {
			if valid, err := c.platform.mayRepresent(ctx, c.caller.UserID, id); err == nil && valid {
				return c.platform.partyByID(ctx, cookie.Value)
			}
		}
	}
	return c.platform.partyByID(ctx, strconv.Itoa(c.caller.PartyID))
}

// profile answers with what the platform knows of the user; others have none.
func (s *Server) profile(w http.ResponseWriter, c *call) error {
	if c.caller.UserID == 0 {
		return text(http.StatusBadRequest, "Unknown authentication context: the caller is not a user")
	}
	var profile json.RawMessage
	err := c.platform.call(c.ctx(), request{
		operation: "read profile", method: http.MethodGet,
		path: "/profile/api/v1/users/" + strconv.Itoa(c.caller.UserID), token: c.platform.token,
	}, &profile)
	if err != nil {
		return fmt.Errorf("answer profile: %w", err)
	}
	writeJSON(w, http.StatusOK, jsonType, profile)
	return nil
}

// represented asks whom a user may act for. Applications do not tell a failure
// from nobody: nil is both.
func (s session) represented(ctx context.Context, userID int) []*party {
	var found []*party
	err := s.call(ctx, request{
		operation: "list parties", method: http.MethodGet, path: "/authorization/api/v1/parties",
		query: url.Values{"userid": {strconv.Itoa(userID)}}, token: s.token,
	}, &found)
	if err != nil {
		return nil
	}
	return found
}

func (s session) mayRepresent(ctx context.Context, userID, partyID int) (bool, error) {
	var valid bool
	err := s.call(ctx, request{
		operation: "check party", method: http.MethodGet,
		path:  "/authorization/api/v1/parties/" + strconv.Itoa(partyID) + "/validate",
		query: url.Values{"userid": {strconv.Itoa(userID)}}, token: s.token,
	}, &valid)
	return valid, err
}

// nameOf is the name of whom Storage knows by an organisation number or a user id,
// or that itself where the caller is not told the name.
func (s session) nameOf(ctx context.Context, actor string) string {
	var found struct {
		Name  string `json:"name"` // of an organisation
		Party struct {
			Name string `json:"name"`
		} `json:"party"` // of a user
	}
	path := "/profile/api/v1/users/" + url.PathEscape(actor)
	if len(actor) == 9 {
		path = "/register/api/v1/organizations/" + url.PathEscape(actor)
	}
	err := s.call(ctx, request{operation: "read name", method: http.MethodGet, path: path, token: s.token}, &found)
	if name := cmp.Or(found.Name, found.Party.Name); err == nil && name != "" {
		return name
	}
	return actor
}
