package apphost

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"github.com/stafett/stafett/local/storage"
)

// simplifiedRequest is the body of instances/create. Unlike a template it is
// read strictly: texts must be JSON strings.
type simplifiedRequest struct {
	InstanceOwner    *simplifiedOwner           `json:"instanceOwner"`
	DueBefore        *looseTime                 `json:"dueBefore"`
	VisibleAfter     *looseTime                 `json:"visibleAfter"`
	Prefill          map[string]json.RawMessage `json:"prefill"`
	SourceInstanceID string                     `json:"sourceInstanceId"`
	Notification     *notification              `json:"notification"`
}

type simplifiedOwner struct {
	PartyID            string `json:"partyId"`
	PersonNumber       string `json:"personNumber"`
	OrganisationNumber string `json:"organisationNumber"`
	Username           string `json:"username"`
	ExternalIdentifier string `json:"externalIdentifier"`
}

// createSimplified answers POST instances/create. The order of the checks is
// part of what clients can see.
func (s *Server) createSimplified(w http.ResponseWriter, c *call) error {
	ask, prefill, err := readSimplified(c.r)
	if err != nil {
		return err
	}
	isCopy := ask.SourceInstanceID != ""
	if err := s.checkUserInstantiation(c); err != nil && !isCopy {
		return err
	}
	if isCopy {
		if err := s.copyDisabled(); err != nil {
			return err
		}
	}
	template := storage.Instance{DueBefore: ask.DueBefore.utc(), VisibleAfter: ask.VisibleAfter.utc()}
	if ask.InstanceOwner != nil {
		template.InstanceOwner = storage.InstanceOwner(*ask.InstanceOwner)
	}
	if !hasOwner(template.InstanceOwner) {
		return ownerMissing()
	}
	owner, err := s.admit(c, template.InstanceOwner, ask.SourceInstanceID)
	if err != nil {
		return err
	}
	var source *storage.Instance
	if isCopy {
		if source, err = s.sourceOf(c, ask.SourceInstanceID, owner); err != nil {
			return err
		}
	}
	created, err := s.instantiate(c, draft{template: template, owner: owner, prefill: prefill, source: source})
	if err != nil {
		return err
	}
	s.answerCreated(w, c, created, owner)
	return nil
}

// readSimplified binds the body. What does not bind is answered by the
// framework, before the application is asked.
func readSimplified(r *http.Request) (simplifiedRequest, map[string]*string, error) {
	var ask simplifiedRequest
	mediaType, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if mediaType != "application/json" && mediaType != "text/json" && !strings.HasSuffix(mediaType, "+json") {
		return ask, nil, problem(http.StatusUnsupportedMediaType, "Unsupported Media Type", "The body must be JSON.")
	}
	body, err := readBounded(r.Body)
	if err != nil {
		return ask, nil, err
	}
	if content := bytes.TrimSpace(body); len(content) == 0 || string(content) == "null" {
		return ask, nil, bindingProblem("", "A non-empty request body is required.")
	}
	d := json.NewDecoder(bytes.NewReader(body))
	if err := d.Decode(&ask); err != nil {
		return ask, nil, bindingFailure(err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return ask, nil, bindingProblem("$", "There is more after the JSON object.")
	}
	if n := ask.Notification; n != nil {
		if err := n.check(); err != nil {
			return ask, nil, bindingProblem("$.notification", err.Error())
		}
	}
	prefill := make(map[string]*string, len(ask.Prefill))
	for key, raw := range ask.Prefill {
		var value *string
		if err := json.Unmarshal(raw, &value); err != nil {
			return ask, nil, bindingProblem("$.prefill."+key, "The JSON value could not be converted to a string.")
		}
		prefill[key] = value
	}
	return ask, prefill, nil
}

func bindingFailure(err error) error {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		return bindingProblem("$."+wrongType.Field, fmt.Sprintf("The JSON value could not be converted to a %s.", wrongType.Type))
	}
	return bindingProblem("$", "The body is not JSON of the expected form.")
}

// bindingProblem is the framework's ValidationProblemDetails with one fault.
func bindingProblem(path, message string) error {
	return &answer{status: http.StatusBadRequest, contentType: problemType, body: map[string]any{
		"type":  "https://tools.ietf.org/html/rfc9110#section-15.5.1",
		"title": "One or more validation errors occurred.", "status": http.StatusBadRequest,
		"errors": map[string][]string{path: {message}}, "traceId": newTraceID(),
	}}
}
