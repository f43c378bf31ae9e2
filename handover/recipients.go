package handover

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/app/model"
	"github.com/stafett/stafett/project"
)

// maxRecipients bounds what one form can set going.
const maxRecipients = 100

// recipients finds the recipients of a form: all different, in the order of the
// rules and, within a rule, of the form.
func (d *Definition) recipients(a answers) ([]project.Recipient, error) {
	var found []project.Recipient
	for _, rule := range d.rules {
		values, err := recipientValues(rule, a)
		if err != nil {
			return nil, err
		}
		for _, value := range values {
			r, given, err := readRecipient(rule, value)
			if err != nil {
				return nil, &MappingError{Target: "the recipient", Reason: err.Error()}
			}
			if given && !slices.Contains(found, r) {
				found = append(found, r)
			}
		}
	}
	switch {
	case len(found) == 0:
		return nil, &MappingError{Target: "the recipient", Reason: "the form names none"}
	case len(found) > maxRecipients:
		return nil, &MappingError{Target: "the recipient", Reason: fmt.Sprintf("the form names %d, and %d are the most that one form may have", len(found), maxRecipients)}
	}
	return found, nil
}

func recipientValues(rule project.RecipientRule, a answers) ([]any, error) {
	switch {
	case rule.By == project.BySource:
		party, _, err := altinn.ParseInstanceID(a.instance.ID)
		return []any{party}, err
	case rule.Field != "":
		return lookUpAll(a.model, rule.Field), nil
	case rule.Expression != nil:
		value, err := rule.Expression.Eval(a.context())
		if err != nil {
			// The evaluator's words may hold an answer from the form.
			return nil, &MappingError{Target: "the recipient", Reason: "the expression cannot be evaluated"}
		}
		if list, ok := value.([]any); ok {
			return list, nil
		}
		return []any{value}, nil
	}
	return []any{rule.Text}, nil
}

// readRecipient reads an answer that names a recipient. People write numbers
// with spaces in them. An empty answer names nobody. Errors do not hold the
// value.
func readRecipient(rule project.RecipientRule, value any) (r project.Recipient, given bool, err error) {
	text, err := scalar(value)
	if err != nil {
		return r, false, fmt.Errorf("the value %w", err)
	}
	if text == nil {
		return r, false, nil
	}
	bare := strings.Map(func(c rune) rune {
		if unicode.IsSpace(c) {
			return -1
		}
		return c
	}, *text)
	if bare == "" {
		return r, false, nil
	}
	if r = rule.Recipient(bare); !r.Valid() {
		if rule.By == project.ByOrganisationNumber {
			return r, false, fmt.Errorf("the value is no organisation number: it has nine digits, of which the last checks the others")
		}
		return r, false, fmt.Errorf("the value is no party id: it is a number of at most ten digits")
	}
	return r, true, nil
}

// mayBeTo reports whether a form can have a recipient, by its name in a record.
func (d *Definition) mayBeTo(recipient string) bool {
	return slices.ContainsFunc(d.rules, func(rule project.RecipientRule) bool {
		r, fixed := rule.Fixed()
		return !fixed || recipientID(r) == recipient
	})
}

// target is where the instances of the definition come into being. It names the
// owner when that is always the same one.
func (d *Definition) target() Target {
	if len(d.rules) == 1 {
		if r, ok := d.rules[0].Fixed(); ok {
			return Target{AppID: d.to, Recipient: r}
		}
	}
	return Target{AppID: d.to}
}

// ForTest returns the definition as it is in test mode: it hands over to one
// recipient whatever the form says, under keys of its own, and what it makes
// carries [TestStamp]. It confirms nothing: the forms belong to the real
// handovers. That the environment is a test environment is for the caller to see
// to.
func (d *Definition) ForTest(recipient project.Recipient) (*Definition, error) {
	if !recipient.Valid() {
		return nil, fmt.Errorf("hand over %s in test mode: the recipient of tests is no organisation number and no party id", d.id)
	}
	rule := project.RecipientRule{By: project.ByPartyID, Text: recipient.PartyID}
	if recipient.OrganisationNumber != "" {
		if !d.toOrganisations {
			return nil, fmt.Errorf("hand over %s in test mode: %s does not allow organisations to own instances (partyTypesAllowed), but the recipient of tests is one", d.id, d.to)
		}
		rule = project.RecipientRule{By: project.ByOrganisationNumber, Text: recipient.OrganisationNumber}
	}
	inTest := *d
	inTest.test, inTest.confirm, inTest.rules = true, false, []project.RecipientRule{rule}
	return &inTest, nil
}

// recipientRule checks where a rule takes its recipients from, and that the
// receiving application lets such parties own instances.
func (c *checker) recipientRule(rule project.RecipientRule) {
	c.position, c.subject = rule.Position, AboutFields
	switch {
	case rule.Field != "":
		c.recipientField(rule.Field)
	case rule.Expression != nil:
		c.expression("the recipient", *rule.Expression)
	}
	c.subject = AboutRecipients
	from, to := c.from.Metadata.PartyTypesAllowed, c.to.Metadata.PartyTypesAllowed
	switch rule.By {
	case project.ByOrganisationNumber:
		if !c.toOrganisations() {
			c.fault("%s does not allow organisations to own instances (partyTypesAllowed), but the recipient is one", c.to.ID)
		}
	case project.BySource:
		if from.AllowsPerson() && !to.AllowsPerson() {
			c.fault("%s does not allow persons to own instances (partyTypesAllowed), but persons fill in %s, and the recipient is the source's owner", c.to.ID, c.from.ID)
		}
		if from.AllowsOrganisation("") && !to.AllowsOrganisation("") {
			c.fault("%s does not allow organisations to own instances (partyTypesAllowed), but they fill in %s, and the recipient is the source's owner", c.to.ID, c.from.ID)
		}
	}
}

// toOrganisations reports whether an organisation of any kind may own a
// receiving instance; of which kind one is, its number does not tell.
func (c *checker) toOrganisations() bool {
	return slices.ContainsFunc([]string{"", "BEDR", "KBO"}, c.to.Metadata.PartyTypesAllowed.AllowsOrganisation)
}

func (c *checker) recipientField(path string) {
	if c.source == nil {
		c.fault("the recipient: %s has no form data, so there is no %s", c.from.ID, path)
		return
	}
	field, ok := c.source.Field(path)
	switch {
	case !ok:
		c.fault("the recipient: the form data of %s has no field %s%s", c.from.ID, path, suggest(path, c.source))
	case field.Type == model.Object:
		c.fault("the recipient: %s is a group; name a field in it", path)
	}
}
