package selfservice

import (
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// FieldError says what is wrong with one member of a request, in the spelling
// of the API.
type FieldError struct {
	Message      string `json:"errorMessage"`
	IsFieldError bool   `json:"isFieldError"`
	ObjectName   string `json:"objectName"`
	Field        string `json:"fieldIdentifier"`
}

// ValidationError lists everything that is wrong with a request; the API
// answers it with status 400.
type ValidationError struct{ Fields []FieldError }

// Error implements error.
func (e *ValidationError) Error() string {
	parts := make([]string, len(e.Fields))
	for i, f := range e.Fields {
		parts[i] = f.Field + ": " + f.Message
	}
	return "validation failed: " + strings.Join(parts, "; ")
}

// validation collects field errors of one object.
type validation struct {
	object string
	fields []FieldError
}

func newValidation(object string) *validation { return &validation{object: object} }

func (v *validation) add(field, message string) {
	v.fields = append(v.fields, FieldError{Message: message, IsFieldError: true, ObjectName: v.object, Field: field})
}

func (v *validation) require(holds bool, field, message string) {
	if !holds {
		v.add(field, message)
	}
}

// err returns nil when everything holds. It has a concrete type, so it must be
// tested before it becomes an error.
func (v *validation) err() *ValidationError {
	if len(v.fields) == 0 {
		return nil
	}
	return &ValidationError{Fields: v.fields}
}

// problem is the API's error body.
type problem struct {
	Status        int          `json:"status"`
	Timestamp     string       `json:"timestamp"`
	CorrelationID string       `json:"correlation_id"`
	Code          string       `json:"error"`
	Description   string       `json:"error_description"`
	Fields        []FieldError `json:"errors,omitempty"`
}

var problemCodes = map[int]string{
	http.StatusBadRequest:           "bad_request",
	http.StatusUnauthorized:         "unauthorized",
	http.StatusForbidden:            "forbidden",
	http.StatusNotFound:             "not_found",
	http.StatusMethodNotAllowed:     "method_not_allowed",
	http.StatusConflict:             "conflict",
	http.StatusUnsupportedMediaType: "unsupported_media_type",
	http.StatusServiceUnavailable:   "service_unavailable",
}

// refusal is an error that knows its status.
type refusal struct {
	status      int
	description string
}

func (r *refusal) Error() string { return r.description }

func refuse(status int, format string, args ...any) error {
	return &refusal{status, fmt.Sprintf(format, args...)}
}

// newProblem turns an error into the body that tells it.
func newProblem(err error, now time.Time) problem {
	var p problem
	var invalid *ValidationError
	var refused *refusal
	var conflict *ConflictError
	var missing notFoundError
	switch {
	case errors.As(err, &invalid):
		p.Status, p.Description, p.Fields = http.StatusBadRequest, "Validation failed", invalid.Fields
	case errors.As(err, &refused):
		p.Status, p.Description = refused.status, refused.description
	case errors.As(err, &missing):
		p.Status, p.Description = http.StatusNotFound, missing.Error()
	case errors.Is(err, ErrNotFound):
		p.Status, p.Description = http.StatusNotFound, "No such client"
	case errors.As(err, &conflict):
		p.Status, p.Description = http.StatusConflict, conflict.Reason
	default:
		p.Status, p.Description = http.StatusInternalServerError, "Internal error"
	}
	p.Code = problemCodes[p.Status]
	if p.Code == "" {
		p.Code = "internal_server_error"
	}
	p.Timestamp = now.UTC().Format("2006-01-02T15:04:05.000Z")
	var id [16]byte
	_, _ = rand.Read(id[:]) // crypto/rand.Read never fails
	p.CorrelationID = hex.EncodeToString(id[:])
	return p
}

func writeJSON(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body) // the caller is gone
}
