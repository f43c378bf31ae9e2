package altinn

import (
	"regexp"
	"slices"
	"strings"
)

// unknownParty begins the refusal with which an application answers an owner
// that it cannot find. The identifier itself, and Register's own words, follow.
const unknownParty = "Cannot lookup party"

// scrubbed stands where a national identity number was.
const scrubbed = "[identity number]"

// token matches a JSON Web Token, or the beginning of one: base64url of `{"` is
// how each begins.
var token = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}(\.[A-Za-z0-9_-]*){0,4}`)

// scrub removes what may be a national identity number: each run of exactly
// eleven digits, also written as six, a space and five; and what may be a token.
// Of the refusal of an unknown owner it keeps the beginning only, since whatever
// identifies the owner follows.
func scrub(text string) string {
	if strings.Contains(text, "eyJ") {
		text = token.ReplaceAllString(text, "[token]")
	}
	if at := strings.Index(text, unknownParty); at >= 0 {
		text = text[:at+len(unknownParty)]
	}
	var b strings.Builder
	rest := 0 // what lies before is written
	for i := 0; i < len(text); {
		end := digits(text, i)
		n := end - i
		if n == 6 && end < len(text) && text[end] == ' ' && digits(text, end+1)-(end+1) == 5 {
			end, n = end+6, 11
		}
		if n == 11 {
			b.WriteString(text[rest:i])
			b.WriteString(scrubbed)
			rest = end
		}
		i = max(end, i+1)
	}
	if rest == 0 {
		return text
	}
	b.WriteString(text[rest:])
	return b.String()
}

// digits returns where the run of ASCII digits that starts at i ends.
func digits(text string, i int) int {
	for i < len(text) && text[i] >= '0' && text[i] <= '9' {
		i++
	}
	return i
}

func nonEmpty(texts ...string) []string {
	return slices.DeleteFunc(texts, func(s string) bool { return s == "" })
}

func sortedKeys(m map[string][]string) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
