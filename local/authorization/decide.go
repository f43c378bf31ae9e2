package authorization

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/stafett/stafett/app"
	"github.com/stafett/stafett/app/policy"
	"github.com/stafett/stafett/local/redact"
	"github.com/stafett/stafett/local/register"
	"github.com/stafett/stafett/local/timeline"
)

// single splits a request into those that ask for one decision each. With fewer
// than two references all attributes together make one.
func (r Request) single() []Request {
	if r.MultiRequests == nil || len(r.MultiRequests.References) < 2 {
		return []Request{r}
	}
	pick := func(all []Category, ids []string) []Category {
		var picked []Category
		for _, id := range ids {
			for _, c := range all {
				if c.ID == id {
					picked = append(picked, c)
				}
			}
		}
		return picked
	}
	requests := make([]Request, 0, len(r.MultiRequests.References))
	for _, reference := range r.MultiRequests.References {
		requests = append(requests, Request{
			AccessSubject: pick(r.AccessSubject, reference.ReferenceID),
			Action:        pick(r.Action, reference.ReferenceID),
			Resource:      pick(r.Resource, reference.ReferenceID),
		})
	}
	return requests
}

// decideAll makes the decisions that a request asks for, in its order. An error
// says that one of them cannot be made, and then there is no answer to any.
func (s *Server) decideAll(ctx context.Context, req Request) ([]Result, error) {
	var results []Result
	for _, single := range req.single() {
		result, err := s.decide(ctx, single)
		if err != nil {
			return nil, err
		}
		results = append(results, result)
	}
	return results, nil
}

// decide makes one decision and remembers it.
func (s *Server) decide(ctx context.Context, req Request) (Result, error) {
	subject, action, resource := flatten(req.AccessSubject), flatten(req.Action), flatten(req.Resource)
	err := checkDataTypes(subject, action, resource)
	var decided policy.Decision
	if err == nil {
		decided, err = s.evaluate(ctx, &subject, action, &resource)
	}
	if err != nil {
		s.cfg.Logger.InfoContext(ctx, "decision is Indeterminate", "reason", redact.Text(err.Error()))
		decided = policy.Decision{
			Result: policy.Indeterminate, StatusCode: policy.StatusProcessingError, StatusMessage: err.Error(),
		}
	}
	request := policy.Request{Subject: remembered(subject), Action: remembered(action), Resource: remembered(resource)}
	made := Decision{
		Time:     s.cfg.Now().UTC(),
		Subject:  request.Subject,
		Action:   redact.Text(value(action, AttributeAction)),
		Resource: request.Resource,
		Result:   decided.Result,
		RuleID:   decided.RuleID,
		Reason:   redact.Text(decided.StatusMessage),
		Trace:    decided.Trace,
	}
	if folder, ok := s.application(resource); ok {
		made.AppID = folder.ID
		for _, rule := range folder.Policy.Rules {
			if rule.ID == decided.RuleID {
				made.Rule = rule.Description
			}
		}
		if decided.Result != policy.Permit {
			made.Nearest = folder.Policy.Nearest(request)
			made.Nearest = made.Nearest[:min(keptNearest, len(made.Nearest))]
		}
	}
	s.log.Add(made)
	timeline.Note(ctx, made)
	result := result(decided)
	result.Category = echoed(req)
	return result, err
}

// evaluate adds to subject and resource what the platform knows, and asks the
// application's policy.
func (s *Server) evaluate(ctx context.Context, subject *attributes, action attributes, resource *attributes) (policy.Decision, error) {
	if err := s.enrichResource(ctx, resource); err != nil {
		return policy.Decision{}, err
	}
	s.enrichSubject(subject, *resource)
	folder, ok := s.application(*resource)
	if !ok {
		return policy.Decision{}, fmt.Errorf("find policy: no application %s/%s", value(*resource, AttributeOrg), value(*resource, AttributeApp))
	}
	decided := folder.Policy.Evaluate(policy.Request{Subject: *subject, Action: action, Resource: *resource})
	if decided.Result == policy.NotApplicable && s.delegated(*subject, action, *resource, folder.ID) {
		decided.Result, decided.RuleID = policy.Permit, ruleDelegated
		for _, obligation := range folder.Policy.Obligations {
			if obligation.FulfillOn == policy.EffectPermit {
				decided.Obligations = append(decided.Obligations, obligation)
			}
		}
	}
	return decided, nil
}

// ruleDelegated stands for the rule where a delegation permitted what the policy
// is silent about.
const ruleDelegated = "delegation"

// delegated reports whether the resource's party has let the user, or the system
// user, do this. It is asked when the policy says nothing, as on the platform; a
// delegation of one instance permits nothing in the others.
func (s *Server) delegated(subject, action, resource attributes, appID string) bool {
	party, err := strconv.Atoi(value(resource, AttributeParty))
	if err != nil {
		return false
	}
	var rights []register.Delegation
	if user, ok := s.userID(subject); ok {
		rights = s.cfg.Parties.DelegatedRights(user, party)
	} else {
		rights = s.cfg.Parties.SystemUserRights(value(subject, AttributeSystemUser), party)
	}
	return slices.ContainsFunc(rights, func(d register.Delegation) bool {
		return d.AppID == appID && slices.Contains(d.Actions, value(action, AttributeAction)) &&
			(d.InstanceID == "" || d.InstanceID == value(resource, AttributeInstance))
	})
}

// application finds the one that a resource names.
func (s *Server) application(resource attributes) (*app.Folder, bool) {
	return s.cfg.Applications(value(resource, AttributeOrg) + "/" + value(resource, AttributeApp))
}

// attributes are the attributes of one category in the policy's form.
type attributes = []policy.Attribute

func flatten(categories []Category) attributes {
	var flat attributes
	for _, c := range categories {
		for _, a := range c.Attributes {
			flat = append(flat, policy.Attribute{ID: a.ID, Value: a.Value, DataType: fullDataType(a.DataType)})
		}
	}
	return flat
}

// fullDataType gives the URI of a data type that a request names in short.
func fullDataType(name string) string {
	switch name {
	case "", "string":
		return policy.TypeString
	case "integer":
		return policy.TypeInteger
	case "anyURI":
		return policy.TypeAnyURI
	default:
		return name
	}
}

func checkDataTypes(categories ...attributes) error {
	for _, category := range categories {
		for _, a := range category {
			if a.DataType != policy.TypeString && a.DataType != policy.TypeInteger && a.DataType != policy.TypeAnyURI {
				return fmt.Errorf("read request: the data type of %s is not supported", a.ID)
			}
		}
	}
	return nil
}

// value gives the first value of an attribute, or nothing.
func value(from attributes, id string) string {
	for _, a := range from {
		if a.ID == id {
			return a.Value
		}
	}
	return ""
}

func result(d policy.Decision) Result {
	r := Result{
		Decision: string(d.Result),
		Status:   Status{StatusMessage: d.StatusMessage, StatusCode: StatusCode{d.StatusCode}},
	}
	for _, o := range d.Obligations {
		obligation := Obligation{ID: o.ID}
		for _, a := range o.Assignments {
			obligation.Assignments = append(obligation.Assignments,
				Assignment{AttributeID: a.AttributeID, Value: a.Value, Category: a.Category, DataType: a.DataType})
		}
		r.Obligations = append(r.Obligations, obligation)
	}
	return r
}

func indeterminate(code, message string) Result {
	return Result{Decision: string(policy.Indeterminate), Status: Status{StatusMessage: message, StatusCode: StatusCode{code}}}
}

// echoed gives the attributes that the request wants back.
func echoed(req Request) []Category {
	var echo []Category
	for _, from := range []struct {
		id         string
		categories []Category
	}{{CategorySubject, req.AccessSubject}, {CategoryAction, req.Action}, {CategoryResource, req.Resource}} {
		var wanted []Attribute
		for _, c := range from.categories {
			for _, a := range c.Attributes {
				if a.IncludeInResult {
					a.IncludeInResult = false
					wanted = append(wanted, a)
				}
			}
		}
		if wanted != nil {
			echo = append(echo, Category{CategoryID: from.id, Attributes: wanted})
		}
	}
	return echo
}
