package maskinporten

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"unicode"
)

// Error is a refusal by Maskinporten's token endpoint (RFC 6749 section 5.2).
type Error struct {
	Status int    // HTTP status code
	Code   string // "error", such as "invalid_grant"; empty when the body has none
	// Description is "error_description" without the trace id that Maskinporten
	// puts after it.
	Description string
	// MPCode is Maskinporten's own code, such as "MP-121". It is empty for the
	// refusals that have none; see [Error.Fault].
	MPCode string
	// TraceID is what Digdir's support asks for.
	TraceID string
	URI     string // "error_uri"
}

// Error gives the code, the description, the HTTP status and the trace id.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString("maskinporten refused: ")
	switch {
	case e.Description != "":
		text.WriteString(e.Description)
	case e.Code != "":
		text.WriteString(e.Code)
	default:
		text.WriteString("no reason given")
	}
	fmt.Fprintf(&text, " (HTTP %d", e.Status)
	if e.Code != "" && e.Description != "" {
		text.WriteString(", " + e.Code)
	}
	if e.MPCode != "" {
		text.WriteString(", " + e.MPCode)
	}
	if e.TraceID != "" {
		text.WriteString(", trace id " + e.TraceID)
	}
	text.WriteString(")")
	return text.String()
}

// Temporary reports whether the same request, with a new assertion, may succeed
// in a while: the server is overloaded or out of order.
func (e *Error) Temporary() bool {
	return e.Status >= http.StatusInternalServerError || e.Status == http.StatusTooManyRequests
}

var (
	traceSuffix = regexp.MustCompile(`(?i)\s*\((?:trace_id|correlation id):\s*([0-9a-z-]{1,64})\)\s*$`)
	mpCode      = regexp.MustCompile(`(?i)\bMP[-_]([0-9]{3})/?$`)
)

// maximumText bounds each text that is kept of a refusal, in bytes.
const maximumText = 1000

// decodeError reads the body of a refusal, whatever it is: a gateway in front
// may answer in its own form.
func decodeError(status int, body []byte) *Error {
	refusal := &Error{Status: status}
	var answer struct {
		Code        string `json:"error"`
		Description string `json:"error_description"`
		URI         string `json:"error_uri"`
	}
	if len(body) > maximumAnswer || json.Unmarshal(body, &answer) != nil {
		return refusal
	}
	refusal.Code = printable(answer.Code)
	refusal.URI = printable(answer.URI)
	refusal.Description = printable(answer.Description)
	if match := traceSuffix.FindStringSubmatchIndex(refusal.Description); match != nil {
		refusal.TraceID = refusal.Description[match[2]:match[3]]
		refusal.Description = refusal.Description[:match[0]]
	}
	if match := mpCode.FindStringSubmatch(refusal.URI); match != nil {
		refusal.MPCode = "MP-" + match[1]
	}
	return refusal
}

// printable makes a text from elsewhere fit for one line of a terminal or log.
func printable(text string) string {
	if len(text) > maximumText {
		text = text[:maximumText]
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(strings.TrimSpace(text), ""))
}
