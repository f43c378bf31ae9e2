package fit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/stafett/stafett/app/policy"
)

// Others tells who else than the owner may make instances of the receiving
// application with a token of their own, and by which rules; a sentence without
// full stop, or "" for nobody. That is often meant, and never needed for a
// handover; an edit gives it to nobody but the organisation.
func Others(in Input) string {
	f, org := in.Receiving.App, in.Project.Owner.Org
	var rules, texts []string
	byRule := map[string][]string{}
	for _, a := range permitted(f.Policy, f, "instantiate", state{}) {
		if isOwner(a, org, in.Project.Owner.OrganisationNumber) {
			continue
		}
		if !slices.Contains(rules, a.rule) {
			rules = append(rules, a.rule)
		}
		if text := a.String(); !slices.Contains(byRule[a.rule], text) {
			byRule[a.rule] = append(byRule[a.rule], text)
		}
	}
	if len(rules) == 0 {
		return ""
	}
	for _, rule := range rules {
		texts = append(texts, fmt.Sprintf("%s (rule %s)", list(byRule[rule], "or"), rule))
	}
	warning := fmt.Sprintf("the policy of %s lets others than %s make instances with a token of their own: %s", f.ID, org, strings.Join(texts, "; "))
	if f.Metadata.DisallowUserInstantiation {
		return warning + "; disallowUserInstantiation refuses users, and in production only"
	}
	return warning + "; take instantiate out of there if instances are to come from handovers alone"
}

func isOwner(a alternative, org, number string) bool {
	return slices.ContainsFunc(a.attributes, func(attribute policy.Attribute) bool {
		switch attribute.ID {
		case policy.AttributeOrg:
			return strings.EqualFold(attribute.Value, org)
		case policy.AttributeOrganisationNumber, "urn:altinn:orgNumber", "urn:altinn:organization:identifier-no":
			return attribute.Value == number
		}
		return false
	})
}
