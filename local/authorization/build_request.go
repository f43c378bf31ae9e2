package authorization

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/local/authentication"
)

const (
	typeString  = "http://www.w3.org/2001/XMLSchema#string"
	typeInteger = "http://www.w3.org/2001/XMLSchema#integer"
)

// Question is one thing that somebody wants to do to one resource.
type Question struct {
	Action   string // such as "read" or "instantiate"
	Resource Resource
}

// Resource is what a question is about. Members without a value are not sent.
// For an existing instance InstanceID is enough: the decision point finds the
// rest.
type Resource struct {
	Org        string // code of the application's owner
	App        string // name of the application, without the owner
	PartyID    int    // instance owner
	InstanceID string // {party id}/{guid}
	Task       string // current task
	EndEvent   string // where the process ended
	Part       string // of the application, such as "events"
}

// BuildRequest writes the request that Altinn's enforcement points send: the
// caller's claims as subject, and one action and resource per question. Two or
// more questions make a multi-decision request whose answers come in the same
// order.
func BuildRequest(caller authentication.Principal, questions ...Question) Request {
	req := Request{AccessSubject: []Category{{ID: "s1", Attributes: subject(caller)}}}
	multi := &MultiRequests{}
	actions := map[string]string{} // action → id of its category
	for _, q := range questions {
		actionID, ok := actions[q.Action]
		if !ok {
			actionID = fmt.Sprintf("a%d", len(actions)+1)
			actions[q.Action] = actionID
			req.Action = append(req.Action, Category{ID: actionID, Attributes: []Attribute{
				{ID: AttributeAction, Value: q.Action, DataType: typeString, IncludeInResult: true},
			}})
		}
		resourceID := fmt.Sprintf("r%d", len(req.Resource)+1)
		req.Resource = append(req.Resource, Category{ID: resourceID, Attributes: q.Resource.attributes()})
		multi.References = append(multi.References, RequestReference{[]string{"s1", actionID, resourceID}})
	}
	if len(questions) > 1 {
		req.MultiRequests = multi
	}
	return req
}

// subject gives every urn: claim unchanged, the scope, the session, and one
// identity: the first that the caller has. Of a system user it gives nothing else.
func subject(caller authentication.Principal) []Attribute {
	issuer := claimText(caller.All["iss"])
	var attributes []Attribute
	add := func(id, value, dataType string) {
		known := slices.ContainsFunc(attributes, func(a Attribute) bool { return a.ID == id })
		if value != "" && !known {
			attributes = append(attributes, Attribute{ID: id, Value: value, DataType: dataType, Issuer: issuer})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(caller.All)) {
		if strings.HasPrefix(name, "urn:") {
			dataType := typeString
			if _, isNumber := caller.All[name].(json.Number); isNumber {
				dataType = typeInteger
			}
			add(name, claimText(caller.All[name]), dataType)
		}
	}
	if caller.UserID == 0 && caller.SystemUserID != "" {
		attributes = nil
		add(AttributeSystemUser, caller.SystemUserID, typeString)
		return attributes
	}
	add("urn:scope", claimText(caller.All["scope"]), typeString)
	add("urn:altinn:sessionid", claimText(caller.All["sid"]), typeString)
	add("urn:altinn:sessionid", claimText(caller.All["jti"]), typeString)
	switch {
	case caller.UserID != 0 && caller.PartyUUID != "":
		add(AttributePersonUUID, caller.PartyUUID, typeString)
	case caller.UserID != 0:
		add(AttributeUser, strconv.Itoa(caller.UserID), typeString)
	case caller.OrgNumber != "":
		add("urn:altinn:organizationnumber", caller.OrgNumber, typeString)
		add("urn:altinn:organization:identifier-no", caller.OrgNumber, typeString)
	}
	return attributes
}

func claimText(claim any) string {
	switch v := claim.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}

func (r Resource) attributes() []Attribute {
	party := ""
	if r.PartyID != 0 {
		party = strconv.Itoa(r.PartyID)
	}
	var attributes []Attribute
	for _, a := range []Attribute{
		{ID: AttributeOrg, Value: r.Org},
		{ID: AttributeApp, Value: r.App},
		{ID: AttributeParty, Value: party, IncludeInResult: true},
		{ID: AttributeInstance, Value: r.InstanceID, IncludeInResult: true},
		{ID: AttributeTask, Value: r.Task},
		{ID: AttributeEndEvent, Value: r.EndEvent},
		{ID: AttributePart, Value: r.Part},
	} {
		if a.Value != "" {
			a.DataType = typeString
			attributes = append(attributes, a)
		}
	}
	return attributes
}
