package cli

import (
	"regexp"
	"strings"
)

// instanceAddress is where Storage and applications have an instance, and where
// a person sees it in a browser (…/#/instance/…).
var instanceAddress = regexp.MustCompile(`^https?://[^ ]+/instances?/([^/?# ]+/[^/?# ]+)(?:[/?#][^ ]*)?$`)

// instanceIn takes the id out of what a person has copied: with spaces around
// it, or an address.
func instanceIn(text string) string {
	text = strings.TrimSpace(text)
	if match := instanceAddress.FindStringSubmatch(text); match != nil {
		return match[1]
	}
	return text
}
