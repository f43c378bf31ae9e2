package apphost

import (
	"context"
	"net/http"
	"strconv"
	"strings"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/model"
	"github.com/stafett/stafett/local/authorization"
	"github.com/stafett/stafett/local/urlquery"
)

// statelessData answers GET and POST v1/data: a form that is stored nowhere, empty
// or as sent, with what the registers know about the party.
func (s *Server) statelessData(w http.ResponseWriter, c *call) error {
	t, schema, err := s.statelessType(c.r)
	if err != nil {
		return err
	}
	owner, err := c.statelessParty()
	if err != nil || owner == nil {
		return text(http.StatusBadRequest, "Invalid party header. Please provide a party header on the form partyid:123, org:[orgnr] or person:[ssn]")
	}
	if urlquery.Of(c.r).Get("prefill") != "" && isSafe(c.r.Method) {
		// What may be filled in so, code of the application's own decides.
		return problem(http.StatusBadRequest, "Validation error", "The application has nothing that checks prefill from the query")
	}
	resource := authorization.Resource{Org: s.folder.Org, App: s.folder.Name, PartyID: owner.PartyID}
	if err := s.enforce(c, resource, "read"); err != nil {
		return err
	}
	f, err := s.statelessForm(c.r, schema)
	if err != nil {
		return err
	}
	if err := applyPrefillFile(schema, f, s.folder.Prefill[t.ID], owner); err != nil {
		return err
	}
	writeJSON(w, http.StatusOK, jsonType, formOfSchema{schema, f})
	return nil
}

// anonymousData answers GET and POST v1/data/anonymous, for which nobody has to be
// known.
func (s *Server) anonymousData(w http.ResponseWriter, r *http.Request) {
	_, schema, err := s.statelessType(r)
	var f form
	if err == nil {
		f, err = s.statelessForm(r, schema)
	}
	if err != nil {
		s.fail(w, r, err)
		return
	}
	writeJSON(w, http.StatusOK, jsonType, formOfSchema{schema, f})
}

// statelessType finds the data type that the query names, which must have a class.
func (s *Server) statelessType(r *http.Request) (app.DataType, *model.Schema, error) {
	id := urlquery.Of(r).Get("dataType")
	t, known := s.folder.Metadata.DataType(id)
	if !known || !t.IsFormData() {
		return t, nil, text(http.StatusBadRequest, "Invalid dataType %s provided. Please provide a valid dataType as query parameter.", id)
	}
	schema, err := s.schemaOf(t)
	return t, schema, err
}

// statelessForm is the form of a request: empty for GET.
func (s *Server) statelessForm(r *http.Request, schema *model.Schema) (form, error) {
	if isSafe(r.Method) {
		return form{}, nil
	}
	content, err := readBounded(r.Body)
	if err != nil {
		return nil, err
	}
	f, err := decodeForm(schema, r.Header.Get("Content-Type"), content)
	if err != nil {
		return nil, &refusal{text(http.StatusBadRequest, "%s", detailOf(err)), err}
	}
	return f, nil
}

// statelessParty is the party of the header, or the caller's own. Nil means that
// there is none.
func (c *call) statelessParty() (*party, error) {
	header := c.r.Header.Values("party")
	if len(header) == 0 {
		if c.caller.UserID == 0 {
			return c.platform.partyByNumber(c.ctx(), "orgNo", c.caller.OrgNumber)
		}
		own := c.caller.PartyID
		if cookie, err := c.r.Cookie(partyCookie); err == nil {
			if chosen, err := strconv.Atoi(cookie.Value); err == nil {
				own = chosen
			}
		}
		return c.platform.partyByID(c.ctx(), strconv.Itoa(own))
	}
	prefix, id, _ := strings.Cut(strings.Join(header, ","), ":")
	if strings.ContainsAny(id, ",:") {
		return nil, nil
	}
	find := map[string]func(context.Context) (*party, error){
		"partyid": func(ctx context.Context) (*party, error) { return c.platform.partyByID(ctx, id) },
		"person":  func(ctx context.Context) (*party, error) { return c.platform.partyByNumber(ctx, "ssn", id) },
		"org":     func(ctx context.Context) (*party, error) { return c.platform.partyByNumber(ctx, "orgNo", id) },
	}[strings.ToLower(prefix)]
	if find == nil {
		return nil, nil
	}
	return find(c.ctx())
}
