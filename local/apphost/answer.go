package apphost

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/stafett/stafett/local/redact"
	"github.com/stafett/stafett/local/timeline"
)

// answer is an error that is ready to be sent. Clients tell an empty body, a
// JSON string, an object and a problem apart, so each has its own constructor.
type answer struct {
	status      int
	contentType string // empty for an empty body
	body        any
}

// Error implements error. It names the status only: bodies hold identity numbers.
func (a *answer) Error() string {
	return fmt.Sprintf("answer %d %s", a.status, http.StatusText(a.status))
}

const (
	jsonType    = "application/json; charset=utf-8"
	problemType = "application/problem+json; charset=utf-8"
)

// empty answers with a status and no body.
func empty(status int) *answer { return &answer{status: status} }

// text answers with a JSON string.
func text(status int, format string, args ...any) *answer {
	return &answer{status: status, contentType: jsonType, body: fmt.Sprintf(format, args...)}
}

// object answers with a JSON object.
func object(status int, body any) *answer {
	return &answer{status: status, contentType: jsonType, body: body}
}

// problem answers with a problem (RFC 9457).
func problem(status int, title, detail string) *answer {
	return problemWith(status, title, detail, nil)
}

// problemWith adds extension members to a problem.
func problemWith(status int, title, detail string, extensions map[string]any) *answer {
	body := map[string]any{"title": title, "status": status, "detail": detail}
	for name, value := range extensions {
		body[name] = value
	}
	return &answer{status: status, contentType: problemType, body: body}
}

func (a *answer) write(w http.ResponseWriter) {
	if a.contentType == "" {
		w.WriteHeader(a.status)
		return
	}
	writeJSON(w, a.status, a.contentType, a.body)
}

func writeJSON(w http.ResponseWriter, status int, contentType string, body any) {
	encoded, err := json.Marshal(body)
	if err != nil {
		// Only a programming mistake gets here; say nothing wrong.
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", contentType)
	w.WriteHeader(status)
	_, _ = w.Write(encoded) // a failed write means that the caller has gone
}

// fail answers a request whose handler returned an error.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	var a *answer
	if !errors.As(err, &a) {
		a = s.answerFor(err)
	}
	s.cfg.Logger.InfoContext(r.Context(), "request refused",
		"application", s.folder.ID, "method", r.Method, "path", r.URL.Path, "status", a.status, "reason", err)
	// Why a token does not hold is told where it is read.
	if reason := err.Error(); reason != a.Error() && a.status != http.StatusUnauthorized {
		timeline.Note(r.Context(), Refused{Status: a.status, Reason: redact.Text(reason)})
	}
	a.write(w)
}

// Refused is noted in the timeline for a request that was turned down, or failed,
// for a reason that the answer does not give.
type Refused struct {
	Status int
	Reason string
}

// answerFor maps a failure of a platform service as the instance endpoints do.
// Anything else is a fault of the application: an empty 500.
func (s *Server) answerFor(err error) *answer {
	var tooLarge *http.MaxBytesError
	var upstream *platformError
	switch {
	case errors.As(err, &tooLarge):
		return problem(http.StatusRequestEntityTooLarge, "Request too large",
			fmt.Sprintf("The request body is larger than %d bytes.", tooLarge.Limit))
	case !errors.As(err, &upstream):
		return empty(http.StatusInternalServerError)
	}
	switch upstream.Status {
	case http.StatusForbidden, http.StatusNotFound, http.StatusConflict:
		return empty(upstream.Status)
	}
	return text(upstream.Status, "%d - %s - %s", upstream.Status, upstream.Reason, upstream.Content)
}

// problemFor maps a failure of a platform service as the data and process
// endpoints do, which answer with problems.
func problemFor(err error, title string) error {
	var upstream *platformError
	if !errors.As(err, &upstream) {
		return err
	}
	return problem(upstream.Status, title, fmt.Sprintf("%d - %s - %s", upstream.Status, upstream.Reason, upstream.Content))
}
