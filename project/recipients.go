package project

import (
	"go.yaml.in/yaml/v3"

	"github.com/stafett/stafett/app/expression"
)

// Recipient is a party that owns a new instance, by one of the two.
type Recipient struct {
	OrganisationNumber string
	PartyID            string
}

// Valid reports whether exactly one of the two is there and has the form of
// such a number, an organisation's check digit included.
func (r Recipient) Valid() bool {
	if r.PartyID != "" {
		return r.OrganisationNumber == "" && checkPartyID(r.PartyID) == ""
	}
	return checkOrganisationNumber(r.OrganisationNumber) == ""
}

// RecipientRule tells how recipients are found. Unless it is [BySource], exactly
// one of Text, Field and Expression is set.
type RecipientRule struct {
	Position Position
	By       RecipientKind
	Text     string // the same for every form
	// Field is a dotted path in the source's model. Through lists of which no item
	// is named it gives many.
	Field      string
	Expression *expression.Expression // sees the source's form data
}

// RecipientKind is by what a recipient is named.
type RecipientKind string

// The kinds of recipient.
const (
	ByOrganisationNumber RecipientKind = "organisationNumber"
	ByPartyID            RecipientKind = "partyId"
	BySource             RecipientKind = "source" // the party that owns the source
)

// Fixed returns the recipient of a rule that gives the same for every form.
func (r RecipientRule) Fixed() (Recipient, bool) {
	return r.Recipient(r.Text), r.Text != ""
}

// Recipient is the recipient that the rule means by a value.
func (r RecipientRule) Recipient(value string) Recipient {
	if r.By == ByOrganisationNumber {
		return Recipient{OrganisationNumber: value}
	}
	return Recipient{PartyID: value}
}

// recipients reads one rule, or a list of them.
func (r *reader) recipients(n *yaml.Node, to *[]RecipientRule) {
	if r.alias(n) {
		return
	}
	items := []*yaml.Node{n}
	if n.Kind == yaml.SequenceNode {
		if items = n.Content; len(items) == 0 {
			r.fault(position(n), "recipient is an empty list; a handover needs one at least")
		}
	}
	lines := map[Recipient]int{}
	for _, item := range items {
		var rule RecipientRule
		if !r.recipientRule(item, "recipient", &rule) {
			continue
		}
		if fixed, ok := rule.Fixed(); ok {
			if line, ok := lines[fixed]; ok {
				r.fault(rule.Position, "recipient: this one is in line %d already", line)
				continue
			}
			lines[fixed] = item.Line
		}
		*to = append(*to, rule)
	}
}

// recipientRule reads {organisationNumber: …}, {partyId: …} or the word source.
func (r *reader) recipientRule(n *yaml.Node, what string, to *RecipientRule) bool {
	if r.alias(n) {
		return false
	}
	to.Position = position(n)
	const forms = "write {organisationNumber: …}, {partyId: …} or source"
	if n.Kind == yaml.ScalarNode && n.Value == string(BySource) {
		to.By = BySource
		return true
	}
	if n.Kind != yaml.MappingNode {
		r.fault(position(n), "%s: %s", what, forms)
		return false
	}
	for i := 0; i < len(n.Content); i += 2 {
		if n.Content[i].Value == "personNumber" {
			r.fault(position(n.Content[i]), "%s: a person cannot be named by identity number, because the journal holds none; use partyId, or source for whoever sent the form", what)
			return false
		}
	}
	faults := len(r.faults)
	r.mapping(n, what,
		field{string(ByOrganisationNumber), false, r.recipientValue(what, ByOrganisationNumber, checkOrganisationNumber, to)},
		field{string(ByPartyID), false, r.recipientValue(what, ByPartyID, checkPartyID, to)},
	)
	if len(r.faults) == faults && len(n.Content) != 2 {
		r.fault(position(n), "%s needs one of organisationNumber and partyId; for several recipients, write a list", what)
	}
	return len(r.faults) == faults
}

// recipientValue reads what names a recipient: fixed text, {field: path}, or a
// list that is an expression.
func (r *reader) recipientValue(what string, by RecipientKind, check func(string) string, to *RecipientRule) func(*yaml.Node) {
	what += "." + string(by)
	return func(n *yaml.Node) {
		to.By = by
		switch n.Kind {
		case yaml.SequenceNode:
			to.Expression = r.expression(n, what)
		case yaml.MappingNode:
			r.mapping(n, what, field{"field", true, r.checked(what+".field", &to.Field, checkSource)})
		default:
			r.checked(what, &to.Text, check)(n)
		}
	}
}
