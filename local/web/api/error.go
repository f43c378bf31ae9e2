package api

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// Error is an answer other than 2xx. It holds no token and no identity number.
type Error struct {
	Operation string // what was tried: "create instance"
	Status    int
	Method    string
	URLPath   string // without the query
	Title     string // of a problem (RFC 9457); empty if the answer had none
	Detail    string // what the answer said otherwise; may be empty
	// Issues are why a task cannot be ended (409) or a file is not taken (400).
	Issues []Issue
	// RequiredLevel is the level of authentication that was lacking, if that
	// alone was the reason of a 403; otherwise empty.
	RequiredLevel string
}

// Error implements error.
func (e *Error) Error() string {
	text := fmt.Sprintf("%s: %s %s answered %d %s", e.Operation, e.Method, e.URLPath, e.Status, http.StatusText(e.Status))
	if said := strings.Join(nonEmpty(e.Title, e.Detail), ": "); said != "" {
		text += ": " + said
	}
	return text
}

// Issue is one finding of a validation.
type Issue struct {
	Severity      int    `json:"severity"` // 1 error, 2 warning, 3 information, 4 fixed, 5 success
	DataElementID string `json:"dataElementId"`
	Field         string `json:"field"` // path in the model, with list indices; a data type's id for files
	Code          string `json:"code"`
	Description   string `json:"description"`
	Source        string `json:"source"` // which validator found it
	// CustomTextKey is the id of a text of the application that says it better;
	// usually empty. CustomTextParameters are what its variables of their own stand for.
	CustomTextKey        string `json:"customTextKey"`
	CustomTextParameters any    `json:"customTextParameters"` // an object of texts; nil for none
}

// IsError tells whether the issue keeps a task from being ended.
func (i Issue) IsError() bool { return i.Severity == 1 }

var personNumber = regexp.MustCompile(`\b[0-9]{11}\b`)

// scrubbed hides the identity numbers of persons: applications repeat what they
// could not look up.
func scrubbed(text string) string { return personNumber.ReplaceAllString(text, "[redacted]") }

// refusal reads an answer other than 2xx. Its body may be empty, a JSON string, a
// problem, another object, or plain text.
func refusal(q request, resp *http.Response) error {
	e := &Error{Operation: q.operation, Status: resp.StatusCode, Method: q.method}
	if address, err := url.Parse(q.address); err == nil {
		e.URLPath = address.Path
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxRefusal))
	if err != nil {
		return e // the status alone says enough
	}
	var said struct {
		Title         string  `json:"title"`
		Detail        string  `json:"detail"`
		Message       string  `json:"message"`
		RequiredLevel string  `json:"RequiredAuthenticationLevel"`
		TaskIssues    []Issue `json:"validationIssues"`
		UploadIssues  []Issue `json:"uploadValidationIssues"`
	}
	var text string
	switch {
	case json.Unmarshal(body, &text) == nil:
		e.Detail = text
	case json.Unmarshal(body, &said) == nil:
		e.Title, e.Detail = said.Title, cmp.Or(said.Detail, said.Message)
		e.RequiredLevel, e.Issues = said.RequiredLevel, append(said.TaskIssues, said.UploadIssues...)
	case strings.HasPrefix(resp.Header.Get("Content-Type"), "text/plain"):
		e.Detail = string(bytes.TrimSpace(body))
	}
	e.Title, e.Detail = scrubbed(e.Title), scrubbed(e.Detail)
	for i := range e.Issues {
		e.Issues[i].Description = scrubbed(e.Issues[i].Description)
	}
	return e
}

func nonEmpty(texts ...string) []string {
	var kept []string
	for _, text := range texts {
		if text != "" {
			kept = append(kept, text)
		}
	}
	return kept
}
