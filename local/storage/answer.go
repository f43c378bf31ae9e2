package storage

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
)

// statusClientClosed is what the platform logs when the client has gone.
const statusClientClosed = 499

// refusal is an answer that ends a call: a JSON string, a problem object
// (RFC 9457), or no body where it has neither text nor problem.
type refusal struct {
	status  int
	text    string
	problem *problem
}

// problem is the platform's problem object. Invalid says which parameters could
// not be read.
type problem struct {
	Type    string              `json:"type"`
	Title   string              `json:"title"`
	Status  int                 `json:"status"`
	Detail  string              `json:"detail,omitempty"`
	Invalid map[string][]string `json:"errors,omitempty"`
	TraceID string              `json:"traceId"`
}

// Error implements error.
func (r *refusal) Error() string { return http.StatusText(r.status) + ": " + r.text }

// refuse makes an answer whose body is a text as a JSON string, or no body.
func refuse(status int, text string) error { return &refusal{status: status, text: text} }

// refuseProblem makes an answer of the problem type; the detail may be empty.
func refuseProblem(status int, detail string) error {
	return &refusal{status: status, text: detail, problem: &problem{
		Type: sections[status], Title: http.StatusText(status), Status: status, Detail: detail,
	}}
}

// refuseParameter says that a parameter or the body cannot be read, which is
// found before anything is looked up.
func refuseParameter(name, message string) error {
	return &refusal{status: http.StatusBadRequest, text: message, problem: &problem{
		Type: sections[http.StatusBadRequest], Title: "One or more validation errors occurred.",
		Status: http.StatusBadRequest, Invalid: map[string][]string{name: {message}},
	}}
}

// sections are where RFC 9110 defines the statuses of problems.
var sections = map[int]string{
	http.StatusBadRequest:           "https://tools.ietf.org/html/rfc9110#section-15.5.1",
	http.StatusUnauthorized:         "https://tools.ietf.org/html/rfc9110#section-15.5.2",
	http.StatusForbidden:            "https://tools.ietf.org/html/rfc9110#section-15.5.4",
	http.StatusNotFound:             "https://tools.ietf.org/html/rfc9110#section-15.5.5",
	http.StatusMethodNotAllowed:     "https://tools.ietf.org/html/rfc9110#section-15.5.6",
	http.StatusConflict:             "https://tools.ietf.org/html/rfc9110#section-15.5.10",
	http.StatusUnsupportedMediaType: "https://tools.ietf.org/html/rfc9110#section-15.5.16",
	http.StatusUnprocessableEntity:  "https://tools.ietf.org/html/rfc9110#section-15.5.21",
}

func (s *Server) answerError(c *call, err error) {
	var refused *refusal
	switch {
	case errors.As(err, &refused):
	case errors.Is(err, errNotFound):
		refused = &refusal{status: http.StatusNotFound, text: "Not found."}
	case errors.Is(err, context.Canceled):
		refused = &refusal{status: statusClientClosed}
	default:
		s.cfg.Logger.ErrorContext(c.ctx(), "storage cannot answer", "method", c.r.Method, "path", c.r.URL.Path, "error", err)
		refused = &refusal{status: http.StatusInternalServerError, text: "Unable to complete the request."}
	}
	switch {
	case refused.problem != nil:
		answer := *refused.problem
		answer.TraceID = newTraceID()
		c.w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
		c.w.WriteHeader(refused.status)
		_ = json.NewEncoder(c.w).Encode(answer) // a failed write means that the caller has gone
	case refused.text == "":
		c.w.WriteHeader(refused.status)
	default:
		_ = c.answerJSON(refused.status, refused.text)
	}
}

// newTraceID is one of W3C Trace Context, by which a problem could be found in a log.
func newTraceID() string {
	var b [24]byte
	_, _ = rand.Read(b[:]) // never fails, see its documentation
	return fmt.Sprintf("00-%x-%x-00", b[:16], b[16:])
}

func (c *call) answerJSON(status int, v any) error {
	var body bytes.Buffer
	encoder := json.NewEncoder(&body)
	encoder.SetEscapeHTML(false) // links hold ampersands
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	c.w.WriteHeader(status)
	_, _ = c.w.Write(bytes.TrimSuffix(body.Bytes(), []byte("\n"))) // a failed write means that the caller has gone
	return nil
}

// answerInstance writes an instance with its links. Members without a value are
// left out; data is always there.
func (s *Server) answerInstance(c *call, status int, i Instance) error {
	s.link(&i)
	if status == http.StatusCreated {
		c.w.Header().Set("Location", i.SelfLinks.Platform)
	}
	return c.answerJSON(status, i)
}

func (s *Server) answerElement(c *call, status int, e DataElement) error {
	s.linkElement(&c.instance, &e)
	if status == http.StatusCreated {
		c.w.Header().Set("Location", e.SelfLinks.Platform)
	}
	return c.answerJSON(status, e)
}

// link fills in the addresses of an instance and its data. They are not stored,
// since they belong to where the platform is served.
func (s *Server) link(i *Instance) {
	i.SelfLinks = s.links(i)
	elements := make([]DataElement, len(i.Data))
	copy(elements, i.Data)
	i.Data = elements
	for n := range i.Data {
		s.linkElement(i, &i.Data[n])
	}
}

func (s *Server) linkElement(i *Instance, e *DataElement) {
	of := s.links(i)
	e.SelfLinks = &ResourceLinks{Apps: of.Apps + "/data/" + e.ID, Platform: of.Platform + "/data/" + e.ID}
}

func (s *Server) links(i *Instance) *ResourceLinks {
	return &ResourceLinks{
		Apps:     "https://" + i.Org + "." + s.cfg.AppsDomain + "/" + i.AppID + "/instances/" + i.ID,
		Platform: s.cfg.Platform + "/storage/api/v1/instances/" + i.ID,
	}
}
