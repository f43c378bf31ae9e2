package policy

import "strings"

// algorithm returns the short name of a rule-combining algorithm. About half of
// all application policies name a policy-combining algorithm as the one for
// their rules; the platform takes the two families for the same.
func algorithm(urn string) string {
	if !strings.HasPrefix(urn, "urn:oasis:names:tc:xacml:") {
		return ""
	}
	for _, family := range []string{":rule-combining-algorithm:", ":policy-combining-algorithm:"} {
		if _, name, ok := strings.Cut(urn, family); ok {
			return strings.TrimPrefix(name, "ordered-")
		}
	}
	return ""
}

// combine joins the results of the rules (XACML 3.0 core, appendix C). The
// index is that of the rule that decided, or -1. ok is false for an algorithm
// that is not known.
func combine(name string, rules []RuleTrace) (result Result, index int, ok bool) {
	switch name {
	case "deny-overrides":
		result, index = overrides(rules, Deny, EffectDeny, Permit)
	case "permit-overrides":
		result, index = overrides(rules, Permit, EffectPermit, Deny)
	case "deny-unless-permit":
		result, index = unless(rules, Deny, Permit)
	case "permit-unless-deny":
		result, index = unless(rules, Permit, Deny)
	case "first-applicable":
		result, index = first(rules)
	default:
		return Indeterminate, -1, false
	}
	return result, index, true
}

// overrides: the strong result wins; where a rule might have given it but could
// not be evaluated, nothing is certain; then the weak result.
func overrides(rules []RuleTrace, strong Result, strongEffect Effect, weak Result) (Result, int) {
	if i := find(rules, strong); i >= 0 {
		return strong, i
	}
	for i, r := range rules {
		if r.Result == Indeterminate && r.Effect == strongEffect {
			return Indeterminate, i
		}
	}
	if i := find(rules, weak); i >= 0 {
		return weak, i
	}
	if i := find(rules, Indeterminate); i >= 0 {
		return Indeterminate, i
	}
	return NotApplicable, -1
}

func unless(rules []RuleTrace, otherwise, wanted Result) (Result, int) {
	if i := find(rules, wanted); i >= 0 {
		return wanted, i
	}
	return otherwise, find(rules, otherwise)
}

func first(rules []RuleTrace) (Result, int) {
	for i, r := range rules {
		if r.Result != NotApplicable {
			return r.Result, i
		}
	}
	return NotApplicable, -1
}

func find(rules []RuleTrace, result Result) int {
	for i, r := range rules {
		if r.Result == result {
			return i
		}
	}
	return -1
}
