package apphost

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/stafett/stafett/local/urlquery"
)

// partyCookie holds the party that the user has chosen to act for.
const partyCookie = "AltinnPartyId"

// parties answers whom the caller may act for: of a user all, or, when asked, those
// who may own an instance.
func (s *Server) parties(w http.ResponseWriter, c *call) error {
	filter := false
	if asked := urlquery.Of(c.r).Get("allowedToInstantiateFilter"); asked != "" {
		var err error
		if filter, err = strconv.ParseBool(asked); err != nil {
			return bindingProblem("allowedToInstantiateFilter", "The value is not a boolean.")
		}
	}
	found, err := c.represented(c.ctx())
	if err != nil {
		return err
	}
	if filter && c.caller.UserID != 0 {
		found = s.allowed(found)
	}
	writeJSON(w, http.StatusOK, jsonType, found)
	return nil
}

// allowed are the parties that may own an instance. The list is not nil.
func (s *Server) allowed(all []*party) []*party {
	out := []*party{}
	for _, p := range all {
		if s.allowsParty(p) {
			out = append(out, p)
		}
	}
	return out
}

// validateInstantiation answers whether the caller can make an instance for a
// party, as far as the party matters: the policy is not asked. A service owner
// always can.
func (s *Server) validateInstantiation(w http.ResponseWriter, c *call) error {
	id, err := strconv.Atoi(urlquery.Of(c.r).Get("partyId"))
	if err != nil {
		return bindingProblem("partyId", "The value is not an integer.")
	}
	out := struct {
		Valid        bool     `json:"valid"`
		Message      *string  `json:"message"`
		ValidParties []*party `json:"validParties"`
	}{ValidParties: []*party{}}
	if c.caller.Org != "" {
		out.Valid = true
		writeJSON(w, http.StatusOK, jsonType, out)
		return nil
	}
	found, err := c.represented(c.ctx())
	if err != nil {
		return err
	}
	chosen := withID(found, id)
	switch {
	case chosen == nil:
		out.Message = nullable("The caller cannot act for the party")
	case !s.allowsParty(chosen):
		out.Message = nullable("The application does not take parties of this kind")
	default:
		out.Valid = true
	}
	if !out.Valid && c.caller.UserID != 0 {
		found = s.allowed(found)
	}
	if !out.Valid {
		out.ValidParties = found
	}
	writeJSON(w, http.StatusOK, jsonType, out)
	return nil
}

// selectParty remembers in a cookie whom the caller acts for.
func (s *Server) selectParty(w http.ResponseWriter, c *call) error {
	id, err := strconv.Atoi(c.r.PathValue("party"))
	if err != nil {
		return bindingProblem("partyId", "The value is not an integer.")
	}
	found, err := c.represented(c.ctx())
	if err != nil {
		return err
	}
	if withID(found, id) == nil {
		return text(http.StatusBadRequest, "%s cannot represent party %d.", c.caller.Actor(), id)
	}
	_, domain, _ := strings.Cut(c.r.Host, ".apps.")
	http.SetCookie(w, &http.Cookie{Name: partyCookie, Value: strconv.Itoa(id), Path: "/", Domain: domain}) //nolint:gosec // it is no secret, and scripts of applications read it
	writeJSON(w, http.StatusOK, jsonType, "Party successfully updated")
	return nil
}

// currentParty answers with the party of the cookie, or the caller's own where
// there is none, or one that the caller cannot act for.
func (s *Server) currentParty(w http.ResponseWriter, c *call) error {
	found, err := c.represented(c.ctx())
	if err != nil {
		return err
	}
	current := found[0]
	if cookie, err := c.r.Cookie(partyCookie); err == nil && c.caller.UserID != 0 {
		if id, err := strconv.Atoi(cookie.Value); err == nil {
			current = cmp.Or(withID(found, id), current)
		}
	}
	if whole, err := strconv.ParseBool(urlquery.Of(c.r).Get("returnPartyObject")); err == nil && whole {
		writeJSON(w, http.StatusOK, jsonType, current)
		return nil
	}
	writeJSON(w, http.StatusOK, jsonType, current.PartyID)
	return nil
}

func withID(parties []*party, id int) *party {
	for _, p := range parties {
		if p.PartyID == id {
			return p
		}
	}
	return nil
}

// represented are the parties that the caller may act for, at least one, the
// caller's own first: of an organisation that is all.
func (c *call) represented(ctx context.Context) ([]*party, error) {
	if c.caller.UserID == 0 {
		// A system user acts for whose it is, not for its system's supplier.
		own, err := c.platform.partyByNumber(ctx, "orgNo", cmp.Or(c.caller.SystemUserOrg, c.caller.OrgNumber))
		if err == nil && own == nil {
			err = empty(http.StatusInternalServerError)
		}
		return []*party{own}, err
	}
	var found []*party
	err := c.platform.call(ctx, request{
		operation: "list parties", method: http.MethodGet, path: "/authorization/api/v1/parties",
		query: url.Values{"userid": {strconv.Itoa(c.caller.UserID)}}, token: c.platform.token,
	}, &found)
	if err == nil && len(found) == 0 {
		err = empty(http.StatusInternalServerError)
	}
	return found, err
}

// profile answers with what the platform knows of the user; others have none.
func (s *Server) profile(w http.ResponseWriter, c *call) error {
	if c.caller.UserID == 0 {
		return text(http.StatusBadRequest, "Unknown authentication context: the caller is not a user")
	}
	var profile json.RawMessage
	err := c.platform.call(c.ctx(), request{
		operation: "read profile", method: http.MethodGet,
		path: "/profile/api/v1/users/" + strconv.Itoa(c.caller.UserID), token: c.platform.token, application: true,
	}, &profile)
	if err != nil {
		return fmt.Errorf("answer profile: %w", err)
	}
	writeJSON(w, http.StatusOK, jsonType, profile)
	return nil
}

// nameOf is the name of whom Storage knows by an organisation number or a user id,
// or that itself where nobody knows the name.
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
	err := s.call(ctx, request{operation: "read name", method: http.MethodGet, path: path, token: s.token, application: true}, &found)
	if name := cmp.Or(found.Name, found.Party.Name); err == nil && name != "" {
		return name
	}
	return actor
}
