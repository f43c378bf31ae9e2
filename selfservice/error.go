package selfservice

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"unicode"
)

// Error is a refusal by the self-service API.
type Error struct {
	Status        int    // HTTP status code
	Code          string // "error", such as "bad_request"; empty when the body has none
	Description   string // "error_description"
	CorrelationID string // what Digdir's support asks for
	Fields        []FieldError
}

// FieldError says what is wrong with one member of what was sent.
type FieldError struct {
	Object  string // such as "jwks"
	Field   string // such as "keys[0].use"
	Message string
}

// Error gives the description, the fields, the HTTP status and the correlation
// id.
func (e *Error) Error() string {
	var text strings.Builder
	text.WriteString("digdir refused: ")
	switch {
	case e.Description != "":
		text.WriteString(e.Description)
	case e.Code != "":
		text.WriteString(e.Code)
	default:
		text.WriteString("no reason given")
	}
	for _, field := range e.Fields {
		fmt.Fprintf(&text, "; %s", strings.TrimPrefix(field.Field+": "+field.Message, ": "))
	}
	fmt.Fprintf(&text, " (HTTP %d", e.Status)
	if e.CorrelationID != "" {
		text.WriteString(", correlation id " + e.CorrelationID)
	}
	text.WriteString(")")
	return text.String()
}

// Temporary reports whether the same call may succeed in a while.
func (e *Error) Temporary() bool {
	return e.Status >= http.StatusInternalServerError || e.Status == http.StatusTooManyRequests
}

// Cause says what the likely cause is.
func (e *Error) Cause() string {
	cause, _ := e.explanation()
	return cause
}

// Remedy says what to do about it.
func (e *Error) Remedy() string {
	_, remedy := e.explanation()
	return remedy
}

func (e *Error) explanation() (cause, remedy string) {
	switch {
	case e.Status == http.StatusUnauthorized:
		return "the token was missing, had expired, or came from the other environment",
			"use a self-service client of the same environment as the integration"
	case e.Status == http.StatusForbidden:
		return "the self-service client lacks the scopes for this, or the integration belongs to another organisation",
			"ask servicedesk@digdir.no to give the self-service client idporten:dcr.read and idporten:dcr.write"
	case e.Status == http.StatusNotFound:
		return "there is no such integration in this environment",
			"check the client id and the environment; an integration in test does not exist in production"
	case e.Status == http.StatusConflict:
		return "a key id is used already, or something of that name was deactivated",
			"use a new key id; reactivate what was deactivated at Samarbeidsportalen"
	case e.Status >= 300 && e.Status < 400:
		return "something redirects the call; that is not followed, since it would take the token to another host",
			"check any proxy on the way"
	case e.Temporary():
		return "Digdir's self-service, or a gateway in front of it, is out of order or overloaded",
			"try again in a while; see status.digdir.no"
	default:
		return "Digdir does not accept what was sent",
			"mend the fields named in the message; a scope must be granted to the organisation, or open to all, in this environment"
	}
}

// Bounds of what is kept of a refusal.
const (
	maximumText   = 1000 // bytes of each text
	maximumFields = 20
)

// decodeError reads the body of a refusal, whatever it is: a gateway in front
// may answer in its own form.
func decodeError(status int, body []byte) *Error {
	var answer struct {
		CorrelationID string `json:"correlation_id"`
		Code          string `json:"error"`
		Description   string `json:"error_description"`
		Errors        []struct {
			Message string `json:"errorMessage"`
			Object  string `json:"objectName"`
			Field   string `json:"fieldIdentifier"`
		} `json:"errors"`
	}
	refusal := &Error{Status: status}
	if json.Unmarshal(body, &answer) != nil {
		return refusal
	}
	refusal.CorrelationID = printable(answer.CorrelationID)
	refusal.Code = printable(answer.Code)
	refusal.Description = printable(answer.Description)
	for _, field := range answer.Errors[:min(len(answer.Errors), maximumFields)] {
		refusal.Fields = append(refusal.Fields, FieldError{
			Object: printable(field.Object), Field: printable(field.Field), Message: printable(field.Message),
		})
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
