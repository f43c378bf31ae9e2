package serve

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"strings"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
)

// maxTrigger bounds the body of POST /handovers, in bytes.
const maxTrigger = 4 << 10

// triggerBody is the body of POST /handovers.
type triggerBody struct {
	Instance   string `json:"instance"`
	Definition string `json:"definition"`
}

// triggerAnswer is what POST /handovers answers.
type triggerAnswer struct {
	Instance string `json:"instance"`
	// Completed tells whether the instance's process has ended. If not, the service
	// looks again, and there are no handovers yet.
	Completed bool             `json:"completed"`
	Handovers []handoverAnswer `json:"handovers"`
}

// handoverAnswer is a handover as its caller sees it.
type handoverAnswer struct {
	Key        string `json:"key"`
	Definition string `json:"definition"`
	Source     string `json:"source"`
	State      string `json:"state"`
	Receiving  string `json:"receiving,omitempty"`
	Reason     string `json:"reason,omitempty"`
}

func answerOf(r handover.Record) handoverAnswer {
	return handoverAnswer{r.Key, r.DefinitionID, r.Source, string(r.State), r.Receiving, r.Reason}
}

// postHandovers begins the handovers of an instance. Of the body only the ids
// count.
func (l *listener) postHandovers(w http.ResponseWriter, r *http.Request) {
	organisation, refused := l.callers.admit(r)
	if refused != nil {
		refused.write(w)
		return
	}
	body, refused := readTrigger(w, r)
	if refused != nil {
		refused.write(w)
		return
	}
	party, guid, err := altinn.ParseInstanceID(body.Instance)
	if err != nil {
		refusal(http.StatusBadRequest, "instance: "+err.Error()).write(w)
		return
	}
	answer := triggerAnswer{Instance: party + "/" + guid, Completed: true, Handovers: []handoverAnswer{}}
	records, err := l.triggers.begin(r.Context(), answer.Instance, body.Definition, handover.ByAPI)
	if pending, ok := errors.AsType[*handover.NotCompletedError](err); ok {
		// A process hook asks before the process has ended.
		l.log.Info("asked for a handover of a form that is not sent in yet", "source", pending.Instance, "caller", organisation)
		l.triggers.lookAgain(answer.Instance, body.Definition)
		answer.Completed = false
		writeJSON(w, http.StatusAccepted, answer)
		return
	}
	if err != nil {
		l.refuseTrigger(w, answer.Instance, err)
		return
	}
	for _, record := range records {
		answer.Handovers = append(answer.Handovers, answerOf(record))
	}
	writeJSON(w, http.StatusAccepted, answer)
}

// readTrigger reads the body strictly: a misspelt name must not be taken for a
// wish without it.
func readTrigger(w http.ResponseWriter, r *http.Request) (triggerBody, *problem) {
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxTrigger))
	decoder.DisallowUnknownFields()
	var body triggerBody
	err := decoder.Decode(&body)
	if err == nil {
		if _, err = decoder.Token(); errors.Is(err, io.EOF) {
			return body, nil
		}
	}
	if tooLong := (*http.MaxBytesError)(nil); errors.As(err, &tooLong) {
		return body, refusal(http.StatusRequestEntityTooLarge, "the body may have 4096 bytes")
	}
	return body, refusal(http.StatusBadRequest, `the body is {"instance":"{party id}/{guid}"} as JSON, and may name a "definition"`)
}

// refuseTrigger tells a caller why nothing was begun. What Altinn said goes to
// the log only.
func (l *listener) refuseTrigger(w http.ResponseWriter, instance string, err error) {
	var refused *problem
	switch {
	case errors.Is(err, handover.ErrUnknownDefinition):
		refused = refusal(http.StatusNotFound, handover.ErrUnknownDefinition.Error())
	case errors.Is(err, errNoDefinition):
		refused = refusal(http.StatusUnprocessableEntity, errNoDefinition.Error())
	case neverCarried(err) != "":
		refused = refusal(http.StatusUnprocessableEntity, neverCarried(err))
	case altinn.IsStatus(err, http.StatusNotFound):
		refused = refusal(http.StatusNotFound, "Altinn has no such instance, or does not show it to the organisation")
	default:
		refused = later("the form could not be read or noted just now; it is found by the next sweep, too")
	}
	l.log.Warn("could not begin a handover", "source", instance, "reason", handover.Reason(err))
	refused.write(w)
}

// neverCarried returns the words of an error that stays as long as the form and
// the definition do; empty for others.
func neverCarried(err error) string {
	if e, ok := errors.AsType[*handover.SourceError](err); ok {
		return e.Error()
	}
	if e, ok := errors.AsType[*handover.MissingAttachmentError](err); ok {
		return e.Error()
	}
	if e, ok := errors.AsType[*handover.AttachmentError](err); ok {
		return e.Error()
	}
	if e, ok := errors.AsType[*handover.MappingError](err); ok {
		return e.Error()
	}
	return ""
}

var keyForm = regexp.MustCompile(`^[0-9a-f]{64}$`)

// getHandover tells how far a handover has come.
func (l *listener) getHandover(w http.ResponseWriter, r *http.Request) {
	if _, refused := l.callers.admit(r); refused != nil {
		refused.write(w)
		return
	}
	key := strings.ToLower(r.PathValue("key"))
	if !keyForm.MatchString(key) {
		refusal(http.StatusBadRequest, "a handover's key has 64 hexadecimal digits").write(w)
		return
	}
	records, err := l.triggers.operations.Show(r.Context(), key)
	switch {
	case errors.Is(err, handover.ErrNoRecord) || err == nil && len(records) == 0:
		refusal(http.StatusNotFound, handover.ErrNoRecord.Error()).write(w)
	case err != nil:
		l.log.Warn("could not show a handover", "key", key, "reason", handover.Reason(err))
		later("the journal does not answer").write(w)
	default:
		writeJSON(w, http.StatusOK, answerOf(records[0]))
	}
}
