package policy

import "fmt"

// Evaluate decides a request as Altinn's decision point does. It never fails:
// what cannot be evaluated is [Indeterminate], with a status that says why.
//
// A rule matches when its target matches in the resource, then the action,
// then the subject. In one category the target matches when any AllOf that
// mentions the category matches, in whichever AnyOf it stands. This is Altinn's own
// reading: the standard wants one AllOf of each AnyOf. The two agree where
// every AnyOf speaks of one category and every category has one AnyOf, which is
// how Altinn's tools write policies.
//
// A request that lacks a MustBePresent attribute of the resource or action of
// any rule is Indeterminate as a whole. A request that matches no rule's
// resource and action is NotApplicable, whatever the combining algorithm.
func (p *Policy) Evaluate(req Request) Decision {
	given := map[Category][]Attribute{Subject: req.Subject, Action: req.Action, Resource: req.Resource}
	if d, ok := p.missing(given); ok {
		return d
	}
	if d, ok := p.outside(given); ok {
		return d
	}
	d := Decision{Result: NotApplicable, StatusCode: StatusOK}
	reached := false
	for _, rule := range p.Rules {
		trace, err := rule.evaluate(given)
		if err != nil {
			return indeterminate(StatusProcessingError, fmt.Sprintf("rule %s: %v", rule.ID, err))
		}
		reached = reached || trace.Result != NotApplicable || trace.Failed == Subject
		d.Trace = append(d.Trace, trace)
	}
	if !reached {
		return d
	}
	return p.combined(d)
}

func (p *Policy) combined(d Decision) Decision {
	result, index, ok := combine(algorithm(p.Combining), d.Trace)
	if !ok {
		d.Result, d.StatusCode = Indeterminate, StatusProcessingError
		d.StatusMessage = fmt.Sprintf("the combining algorithm %q is not known", p.Combining)
		return d
	}
	d.Result = result
	if index >= 0 {
		d.RuleID = d.Trace[index].RuleID
	}
	switch result {
	case Indeterminate:
		d.StatusCode, d.StatusMessage = StatusMissingAttribute, d.Trace[index].Message
	case Permit:
		for _, o := range p.Obligations {
			if o.FulfillOn == EffectPermit {
				d.Obligations = append(d.Obligations, o)
			}
		}
	}
	return d
}

// missing refuses a request without a MustBePresent attribute.
func (p *Policy) missing(given map[Category][]Attribute) (Decision, bool) {
	for _, rule := range p.Rules {
		for _, c := range []Category{Resource, Action} {
			if m, ok := rule.target.missing(c, given[c]); ok {
				return indeterminate(StatusMissingAttribute,
					fmt.Sprintf("rule %s: the request has no attribute %s", rule.ID, m.attribute)), true
			}
		}
	}
	return Decision{}, false
}

// outside answers a request that the policy's own target does not cover.
func (p *Policy) outside(given map[Category][]Attribute) (Decision, bool) {
	for _, c := range []Category{Resource, Action, Subject} {
		ok, err := p.target.matches(c, given[c])
		if err != nil {
			return indeterminate(StatusProcessingError, fmt.Sprintf("the policy's target: %v", err)), true
		}
		if !ok {
			return Decision{Result: NotApplicable, StatusCode: StatusOK}, true
		}
	}
	return Decision{}, false
}

func indeterminate(code, message string) Decision {
	return Decision{Result: Indeterminate, StatusCode: code, StatusMessage: message}
}

func (r Rule) evaluate(given map[Category][]Attribute) (RuleTrace, error) {
	trace := RuleTrace{RuleID: r.ID, Effect: r.Effect, Result: Result(r.Effect)}
	for _, c := range []Category{Resource, Action, Subject} {
		ok, err := r.target.matches(c, given[c])
		if err != nil {
			return RuleTrace{}, err
		}
		if ok {
			continue
		}
		trace.Result, trace.Failed, trace.Wanted = NotApplicable, c, attributes(r.target.in(c))
		// A missing attribute of the subject spoils this rule only.
		if m, missing := r.target.missing(c, given[c]); missing {
			trace.Result = Indeterminate
			trace.Message = fmt.Sprintf("rule %s: the request has no attribute %s", r.ID, m.attribute)
		}
		break
	}
	return trace, nil
}
