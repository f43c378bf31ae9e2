package policy

import (
	"errors"
	"fmt"

	"github.com/stafett/stafett/app/internal/xmltree"
)

// Namespace is the XML namespace of XACML 3.0 policies.
const Namespace = "urn:oasis:names:tc:xacml:3.0:core:schema:wd-17"

// Parse reads a policy. The error joins everything that is wrong, each with
// its line. Constructs of XACML that application policies do not use, and that
// would change a decision, are refused by name.
func Parse(data []byte) (*Policy, error) {
	root, err := xmltree.Parse(data)
	if err != nil {
		return nil, err
	}
	if root.Space != Namespace || root.Name != "Policy" {
		return nil, fmt.Errorf("line %d: the root element is <%s> in namespace %q; expected <Policy> in %q",
			root.Line, root.Name, root.Space, Namespace)
	}
	r := &reader{}
	p := r.policy(root)
	if len(r.faults) > 0 {
		return nil, errors.Join(r.faults...)
	}
	return p, nil
}

// reader collects faults, so that one run of a tool shows them all.
type reader struct{ faults []error }

func (r *reader) fault(e *xmltree.Element, format string, args ...any) {
	r.faults = append(r.faults, fmt.Errorf("line %d: %w", e.Line, fmt.Errorf(format, args...)))
}

func (r *reader) refuse(parent, e *xmltree.Element) {
	if e.Space != Namespace {
		r.fault(e, "<%s> in <%s> has the namespace %q; expected %q", e.Name, parent.Name, e.Space, Namespace)
		return
	}
	r.fault(e, "<%s> in <%s> is not supported", e.Name, parent.Name)
}

func (r *reader) required(e *xmltree.Element, name string) string {
	v, ok := e.Attribute(name)
	if !ok || v == "" {
		r.fault(e, "<%s> has no %s", e.Name, name)
	}
	return v
}

func (r *reader) policy(e *xmltree.Element) *Policy {
	p := &Policy{
		ID:        r.required(e, "PolicyId"),
		Combining: r.required(e, "RuleCombiningAlgId"),
	}
	p.Version, _ = e.Attribute("Version")
	for _, c := range e.Children {
		if c.Space != Namespace {
			r.refuse(e, c)
			continue
		}
		switch c.Name {
		case "Description":
		case "Target":
			p.target = r.target(c)
		case "Rule":
			// Ids need not be unique: the platform reads policies where they are not.
			p.Rules = append(p.Rules, r.rule(c))
		case "ObligationExpressions":
			p.Obligations = append(p.Obligations, r.obligations(c)...)
		default:
			r.refuse(e, c)
		}
	}
	return p
}

func (r *reader) rule(e *xmltree.Element) Rule {
	rule := Rule{ID: r.required(e, "RuleId"), Effect: r.effect(e, "Effect")}
	for _, c := range e.Children {
		switch {
		case c.Space == Namespace && c.Name == "Description":
			rule.Description = c.Text()
		case c.Space == Namespace && c.Name == "Target":
			rule.target = r.target(c)
		default:
			r.refuse(e, c)
		}
	}
	return rule
}

func (r *reader) effect(e *xmltree.Element, attribute string) Effect {
	v := Effect(r.required(e, attribute))
	if v != "" && v != EffectPermit && v != EffectDeny {
		r.fault(e, "%s of <%s> is %q; it can be Permit or Deny", attribute, e.Name, v)
	}
	return v
}

func (r *reader) target(e *xmltree.Element) target {
	var t target
	for _, anyOf := range r.children(e, "AnyOf") {
		var alternatives []allOf
		for _, all := range r.children(anyOf, "AllOf") {
			var matches allOf
			for _, m := range r.children(all, "Match") {
				matches = append(matches, r.match(m))
			}
			alternatives = append(alternatives, matches)
		}
		t = append(t, alternatives)
	}
	return t
}

// children returns the children, all of which must have the given name.
func (r *reader) children(e *xmltree.Element, name string) []*xmltree.Element {
	var found []*xmltree.Element
	for _, c := range e.Children {
		if c.Space == Namespace && c.Name == name {
			found = append(found, c)
		} else {
			r.refuse(e, c)
		}
	}
	return found
}

func (r *reader) match(e *xmltree.Element) match {
	m := match{function: r.required(e, "MatchId")}
	var value, designator *xmltree.Element
	for _, c := range e.Children {
		switch {
		case c.Space == Namespace && c.Name == "AttributeValue" && value == nil:
			value = c
			m.value, m.dataType = c.Text(), dataType(r.required(c, "DataType"))
		case c.Space == Namespace && c.Name == "AttributeDesignator" && designator == nil:
			designator = c
			r.designator(c, &m)
		default:
			r.refuse(e, c)
		}
	}
	switch {
	case value == nil:
		r.fault(e, "<Match> has no <AttributeValue>")
	case designator == nil:
		r.fault(e, "<Match> has no <AttributeDesignator>")
	}
	m.test, m.err = compile(m.function, m.value)
	return m
}

func (r *reader) designator(e *xmltree.Element, m *match) {
	m.attribute = r.required(e, "AttributeId")
	m.category = Category(r.required(e, "Category"))
	switch m.category {
	case Resource, Action, Subject, "":
	default:
		r.fault(e, "the category %q is not supported; expected subject, resource or action", m.category)
	}
	if t := dataType(r.required(e, "DataType")); t != "" && m.dataType != "" && t != m.dataType {
		r.fault(e, "the value has the data type %q, the attribute %q: they never match", m.dataType, t)
	}
	switch v, _ := e.Attribute("MustBePresent"); v {
	case "true", "1":
		m.mustBePresent = true
	case "false", "0", "":
	default:
		r.fault(e, "MustBePresent is %q; it can be true or false", v)
	}
}

func (r *reader) obligations(e *xmltree.Element) []Obligation {
	var obligations []Obligation
	for _, c := range r.children(e, "ObligationExpression") {
		o := Obligation{ID: r.required(c, "ObligationId"), FulfillOn: r.effect(c, "FulfillOn")}
		for _, a := range r.children(c, "AttributeAssignmentExpression") {
			assignment := Assignment{AttributeID: r.required(a, "AttributeId")}
			assignment.Category, _ = a.Attribute("Category")
			values := r.children(a, "AttributeValue")
			if len(values) != 1 {
				r.fault(a, "<AttributeAssignmentExpression> has %d values; expected 1", len(values))
				continue
			}
			assignment.Value = values[0].Text()
			assignment.DataType = dataType(r.required(values[0], "DataType"))
			o.Assignments = append(o.Assignments, assignment)
		}
		obligations = append(obligations, o)
	}
	return obligations
}
