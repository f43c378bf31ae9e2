package doctor

import (
	"strings"

	"github.com/stafett/stafett/internal/nearest"
)

// nearScope returns the known scope that a misspelt one was most likely meant to
// be, or "". Each part of the name must be near the same part of the other:
// scopes of one owner are alike as a whole and mean different things.
func nearScope(given string, known []string) string {
	parts := scopeParts(given)
	for _, scope := range known {
		others := scopeParts(scope)
		if len(others) != len(parts) {
			continue
		}
		near := true
		for i, part := range parts {
			if _, ok := nearest.Name(part, others[i:i+1]); !ok {
				near = false
			}
		}
		if near {
			return scope
		}
	}
	return ""
}

func scopeParts(scope string) []string {
	return strings.FieldsFunc(strings.ToLower(scope), func(r rune) bool { return r == ':' || r == '/' || r == '.' })
}
