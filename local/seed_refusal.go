package local

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"
	"strings"
)

// disposition names a file (RFC 6266).
func disposition(filename string) string {
	return mime.FormatMediaType("attachment", map[string]string{"filename": filename})
}

// maxIssues bounds how many findings of a validation a refusal tells.
const maxIssues = 5

// refusal words an answer of an application or of Storage, which comes in many forms: a
// text, a problem with or without findings, or nothing.
func refusal(status int, body []byte) string {
	var text string
	if json.Unmarshal(body, &text) == nil && text != "" {
		return text
	}
	type issue struct{ Field, Code, Description string }
	var problem struct {
		Title, Detail          string
		ValidationIssues       []issue
		UploadValidationIssues []issue
	}
	_ = json.Unmarshal(body, &problem) // what it does not say is empty
	var said []string
	for _, part := range []string{problem.Title, problem.Detail} {
		if part != "" {
			said = append(said, part)
		}
	}
	issues := append(problem.ValidationIssues, problem.UploadValidationIssues...)
	for _, found := range issues[:min(len(issues), maxIssues)] {
		told := strings.TrimSpace(found.Field + " " + found.Code)
		if found.Description != "" && found.Description != found.Code {
			told += " (" + found.Description + ")"
		}
		said = append(said, told)
	}
	switch {
	case len(said) > 0:
		return strings.Join(said, ": ")
	case status == http.StatusForbidden:
		return "whoever makes the instance has no right to this; name another under by"
	}
	return fmt.Sprintf("the answer is %d %s", status, http.StatusText(status))
}
