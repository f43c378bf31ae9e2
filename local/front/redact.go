package front

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

const redacted = "[redacted]"

var (
	// A JWT, or its first parts; also any base64 of a JSON object that is long
	// enough to be a key (EncodedJwk starts with eyJ for `{"`).
	jwtText    = regexp.MustCompile(`eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*(\.[A-Za-z0-9_-]*)?`)
	base64JSON = regexp.MustCompile(`e[wyn][A-Za-z0-9+/_-]{80,}={0,2}`)
	// Eleven digits that stand alone: a Norwegian national identity number,
	// D-number or synthetic number.
	identityNumber = regexp.MustCompile(`(^|[^0-9])[0-9]{11}([^0-9]|$)`)
	// JSON members that are secret wherever they stand. "value" is Key Vault's
	// name for the content of a secret; other documents that use the name lose
	// it here as well, which is the safer mistake.
	secretMember = regexp.MustCompile(`"(value|access_token|id_token|refresh_token|client_secret|assertion|d|p|q|dp|dq|qi|k|lockToken|personNumber|ssn|pid)"\s*:\s*"(\\.|[^"\\])*"`)
	secretField  = regexp.MustCompile(`(^|&)(assertion|client_assertion|client_secret|password|refresh_token|access_token)=[^&]*`)
)

// secretHeaders carry credentials; the scheme of an Authorization header is kept.
var secretHeaders = []string{
	"Cookie", "Set-Cookie", "X-Identity-Header", "Ocp-Apim-Subscription-Key", "Platformaccesstoken",
	"Altinn-Storage-Lock-Token", "X-Xsrf-Token",
}

// Redact takes tokens, keys and identity numbers out of a text.
func Redact(text string) string {
	text = jwtText.ReplaceAllString(text, redacted)
	text = base64JSON.ReplaceAllString(text, redacted)
	// Twice, since two numbers that share a separator overlap.
	for range 2 {
		text = identityNumber.ReplaceAllString(text, "${1}"+redacted+"${2}")
	}
	return text
}

func redactHeader(name, value string) string {
	canonical := http.CanonicalHeaderKey(name)
	if canonical == "Authorization" {
		scheme, _, _ := strings.Cut(value, " ")
		return scheme + " " + redacted
	}
	if slices.Contains(secretHeaders, canonical) {
		return redacted
	}
	return value
}

func redactBody(mediaType, body string) string {
	if mediaType == "application/x-www-form-urlencoded" {
		return secretField.ReplaceAllString(body, "${1}${2}="+redacted)
	}
	return secretMember.ReplaceAllString(body, `"${1}":"`+redacted+`"`)
}
