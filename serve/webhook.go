package serve

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/secret"
)

// maxEvent bounds the body of an event, in bytes.
const maxEvent = 64 << 10

// minWebhookSecret is how long the secret of the events' address is at least, in
// bytes: as many random hexadecimal digits cannot be guessed.
const minWebhookSecret = 32

// webhookSecretError says that there is no secret for the events' address, or none
// that protects it.
type webhookSecretError struct{ err error }

func (e *webhookSecretError) Error() string {
	return "read the secret of the events' address: " + e.err.Error()
}
func (e *webhookSecretError) Unwrap() error { return e.err }

// Remedy says what to store where.
func (*webhookSecretError) Remedy() string {
	return fmt.Sprintf("store %d random characters or more in the vault, under the name that service.events.secret of stafett.yaml says", minWebhookSecret)
}

// webhook is where Altinn delivers events. Events carry no signature, so the
// address holds a secret. What an event says is a hint: the instance is read from
// Storage before anything is done with it.
type webhook struct {
	secret  atomic.Pointer[secret.String]
	changed chan struct{} // holds one when there is another secret than before
}

func newWebhook() *webhook { return &webhook{changed: make(chan struct{}, 1)} }

// hold makes a text the secret.
func (h *webhook) hold(value secret.String) {
	if was := h.secret.Swap(&value); was == nil || was.Equal(value) {
		return
	}
	select {
	case h.changed <- struct{}{}:
	default:
	}
}

// knows reports whether a text is the secret, in a time that does not tell how
// much of it is right.
func (h *webhook) knows(text string) bool {
	held := h.secret.Load()
	if held == nil || held.IsEmpty() {
		return false
	}
	want, got := sha256.Sum256([]byte(held.Reveal())), sha256.Sum256([]byte(text))
	return subtle.ConstantTimeCompare(want[:], got[:]) == 1
}

// postEvent takes an event of Altinn's. It answers 200 when what the event calls
// for is in the journal, or when it calls for nothing; Altinn delivers again after
// any other answer.
func (l *listener) postEvent(w http.ResponseWriter, r *http.Request) {
	if !l.webhook.knows(r.PathValue("secret")) {
		refusal(http.StatusNotFound, "").write(w)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxEvent))
	if _, tooLong := errors.AsType[*http.MaxBytesError](err); tooLong {
		refusal(http.StatusRequestEntityTooLarge, "").write(w)
		return
	}
	if err != nil {
		refusal(http.StatusBadRequest, "the body ended too early").write(w)
		return
	}
	event, err := altinn.ParseEvent(body)
	if err != nil {
		refusal(http.StatusBadRequest, altinn.ErrEvent.Error()).write(w)
		return
	}
	if refused := l.takeEvent(r, event); refused != nil {
		refused.write(w)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (l *listener) takeEvent(r *http.Request, event altinn.Event) *problem {
	switch {
	case event.Type == altinn.EventValidateSubscription:
		l.log.Info("Altinn has asked whether the service takes events, and been answered")
		return nil
	case event.Type != altinn.EventProcessCompleted || event.Instance == "":
		return nil
	}
	for _, definition := range l.triggers.from(event.AppID) {
		_, err := l.triggers.begin(r.Context(), event.Instance, definition, handover.ByEvent)
		switch {
		case err == nil:
		case altinn.IsStatus(err, http.StatusNotFound) || errors.Is(err, handover.ErrNotWanted) || neverCarried(err) != "":
			l.log.Info("an event calls for nothing", "event", event.ID, "source", event.Instance, "definition", definition, "reason", handover.Reason(err))
		default:
			l.log.Warn("could not begin a handover; Altinn delivers the event again, and the sweep finds it", "event", event.ID,
				"source", event.Instance, "definition", definition, "reason", handover.Reason(err))
			return later("")
		}
	}
	return nil
}
