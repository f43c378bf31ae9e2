package storage

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/stafett/stafett/local/authentication"
	"github.com/stafett/stafett/local/authorization"
)

// ownerHeader names an instance owner by identity number instead of party id,
// so that the number stays out of addresses and their logs.
const ownerHeader = "X-Ai-InstanceOwnerIdentifier"

// instanceList is the answer to a query.
type instanceList struct {
	Count     int        `json:"count"`
	Self      string     `json:"self,omitempty"`
	Next      string     `json:"next,omitempty"`
	Instances []Instance `json:"instances"`
}

// listInstances answers a query. A service owner sees all its instances,
// deleted ones too; a person sees what the decision point permits, so that a
// page may hold less than asked for and still have a next.
func (s *Server) listInstances(c *call) error {
	query, err := readQuery(c.r.URL.RawQuery)
	if err != nil {
		return err
	}
	owner := c.r.Header.Get(ownerHeader)
	if owner != "" && query.numbers["instanceOwner.partyId"] != nil {
		return refuse(http.StatusBadRequest, "Both InstanceOwner.PartyId and InstanceOwnerIdentifier cannot be present at the same time.")
	}
	switch {
	case c.caller.Org != "":
		if err := s.admitOwner(c, query.Get("org"), query.Get("appId")); err != nil {
			return err
		}
	case c.caller.UserID != 0 || c.caller.SystemUserID != "":
		if query.numbers["instanceOwner.partyId"] == nil && owner == "" {
			return refuse(http.StatusBadRequest, "Either InstanceOwnerPartyId or InstanceOwnerIdentifier need to be defined.")
		}
	default:
		return refuseProblem(http.StatusBadRequest, "")
	}
	party, known, err := s.readOwnerHeader(c, owner)
	if err != nil {
		return err
	}
	if !known {
		return c.answerJSON(http.StatusOK, instanceList{Instances: []Instance{}}) // not even with an address
	}
	f, err := readFilter(query)
	if err != nil {
		return err
	}
	if owner != "" {
		f.and("party = ?", party)
	}
	isUser := c.caller.Org == ""
	if isUser {
		f.and("hard_deleted = 0")
	}
	found, err := s.db.readPage(c.ctx(), f)
	if err != nil {
		return err
	}
	if isUser {
		if found.instances, err = s.readable(c, found.instances); err != nil {
			return err
		}
	}
	list := instanceList{Count: len(found.instances), Self: s.cfg.Platform + c.r.URL.RequestURI(), Instances: found.instances}
	if list.Instances == nil {
		list.Instances = []Instance{}
	}
	for n := range list.Instances {
		if isUser {
			list.Instances[n].hideDeletedData()
		}
		s.link(&list.Instances[n])
	}
	if found.next != nil {
		// The token is escaped once more than the address needs, as the platform
		// does it and undoes it.
		for name := range query.asked {
			if strings.EqualFold(name, "continuationToken") {
				delete(query.asked, name)
			}
		}
		query.asked.Set("continuationToken", strings.ToLower(url.QueryEscape(found.next.String())))
		list.Next = s.cfg.Platform + c.r.URL.Path + "?" + query.asked.Encode()
	}
	return c.answerJSON(http.StatusOK, list)
}

// admitOwner lets an organisation list its own applications' instances, and
// those of another's application if that application's policy lets it read.
func (s *Server) admitOwner(c *call, org, appID string) error {
	if !c.caller.HasScope(scopeRead) {
		authentication.NoteMissingScope(c.ctx(), c.caller, scopeRead)
		return refuse(http.StatusForbidden, "")
	}
	if org == "" && appID == "" {
		return refuse(http.StatusBadRequest, "Org or AppId must be defined.")
	}
	owner, name, _ := strings.Cut(appID, "/")
	if org == "" {
		org = owner
	}
	if strings.EqualFold(org, c.caller.Org) {
		return nil
	}
	if appID == "" {
		return refuse(http.StatusBadRequest, "AppId must be defined.")
	}
	outcomes, err := s.decisions.Decide(c.ctx(), c.caller, authorization.Question{
		Action: "read", Resource: authorization.Resource{Org: owner, App: name},
	})
	if err != nil {
		return err
	}
	if !outcomes[0].Permitted {
		return refuse(http.StatusForbidden, "")
	}
	return nil
}

// readOwnerHeader gives the party with the identity number that the header
// names. One that Register does not know is not known.
func (s *Server) readOwnerHeader(c *call, header string) (party int, known bool, err error) {
	if header == "" {
		return 0, true, nil
	}
	kind, number, _ := strings.Cut(strings.ReplaceAll(header, " ", ""), ":")
	var member string
	switch {
	case strings.EqualFold(kind, "Person") && isDigits(number, 11):
		member = "ssn"
	case strings.EqualFold(kind, "Organisation") && isDigits(number, 9):
		member = "orgNo"
	default:
		return 0, false, refuse(http.StatusBadRequest, "Invalid InstanceOwnerIdentifier.") // the number is not repeated
	}
	party, err = s.lookup(c, member, number)
	return party, party != 0, err
}

// lookup asks Register for the party with an identity number; 0 means that it
// knows none.
func (s *Server) lookup(c *call, member, number string) (int, error) {
	body, err := json.Marshal(map[string]string{member: number})
	if err != nil {
		return 0, fmt.Errorf("look up party: %w", err)
	}
	req, err := http.NewRequestWithContext(c.ctx(), http.MethodPost,
		s.cfg.Platform+"/register/api/v1/parties/lookup", bytes.NewReader(body))
	if err != nil {
		return 0, fmt.Errorf("look up party: %w", err)
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Authorization", c.r.Header.Get("Authorization"))
	req.Header.Set("Cookie", c.r.Header.Get("Cookie"))
	req.Header.Set(authentication.PlatformTokenHeader, "storage")
	res, err := s.cfg.HTTPClient.Do(req)
	if err != nil {
		return 0, fmt.Errorf("look up party: %w", err)
	}
	defer res.Body.Close()
	switch res.StatusCode {
	case http.StatusOK:
	case http.StatusNotFound:
		return 0, nil
	default:
		return 0, fmt.Errorf("look up party: register answered %d", res.StatusCode)
	}
	var party struct {
		PartyID int `json:"partyId"`
	}
	if err := json.NewDecoder(io.LimitReader(res.Body, maxJSON)).Decode(&party); err != nil {
		return 0, fmt.Errorf("look up party: %w", err)
	}
	return party.PartyID, nil
}

// readable leaves the instances that the caller may read.
func (s *Server) readable(c *call, all []Instance) ([]Instance, error) {
	questions := make([]authorization.Question, len(all))
	for n := range all {
		questions[n] = authorization.Question{Action: "read", Resource: resourceOf(&all[n])}
	}
	outcomes, err := s.decisions.Decide(c.ctx(), c.caller, questions...)
	if err != nil {
		return nil, err
	}
	var permitted []Instance
	for n, o := range outcomes {
		if o.Permitted {
			permitted = append(permitted, all[n])
		}
	}
	return permitted, nil
}

func isDigits(s string, length int) bool {
	return len(s) == length && strings.Trim(s, "0123456789") == ""
}
