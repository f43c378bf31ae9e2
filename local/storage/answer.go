package storage

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
)

// statusClientClosed is what the platform logs when the client has gone.
const statusClientClosed = 499

// refusal is an answer that ends a call.
type refusal struct {
	status  int
	text    string // empty means no body
	problem bool   // a problem object (RFC 9457) rather than plain text
}

// Error implements error.
func (r *refusal) Error() string { return http.StatusText(r.status) + ": " + r.text }

// refuse makes an answer of plain text, or with no body.
func refuse(status int, text string) error { return &refusal{status: status, text: text} }

// refuseProblem makes an answer of the problem type.
func refuseProblem(status int, detail string) error {
	return &refusal{status: status, text: detail, problem: true}
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
	case refused.problem:
		c.w.Header().Set("Content-Type", "application/problem+json; charset=utf-8")
		c.w.WriteHeader(refused.status)
		// A failed write means that the caller has gone, here and below.
		_ = json.NewEncoder(c.w).Encode(map[string]any{
			"title": http.StatusText(refused.status), "status": refused.status, "detail": refused.text,
		})
	case refused.text == "":
		c.w.WriteHeader(refused.status)
	default:
		c.w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		c.w.WriteHeader(refused.status)
		_, _ = io.WriteString(c.w, refused.text)
	}
}

func (c *call) answerJSON(status int, v any) error {
	c.w.Header().Set("Content-Type", "application/json; charset=utf-8")
	c.w.WriteHeader(status)
	encoder := json.NewEncoder(c.w)
	encoder.SetEscapeHTML(false) // links hold ampersands
	_ = encoder.Encode(v)
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
