package cli

import (
	"errors"
	"fmt"
	"time"

	"github.com/stafett/stafett/handover"
	"github.com/stafett/stafett/handover/sqlite"
	"github.com/stafett/stafett/serve"
)

// unknownRecipientError says that Altinn does not know who is to own the new
// instance.
type unknownRecipientError struct {
	recipient string
	cause     string
	again     time.Time // when asking again may get another answer
}

func (e *unknownRecipientError) Error() string {
	return fmt.Sprintf("hand over to %s: Altinn knows no such party: %s", e.recipient, e.cause)
}

// failedHandoverError says that a handover is recorded as failed.
type failedHandoverError struct {
	source string
	state  handover.State // Failed or Cancelled
	reason string
	status int // how the application refused; 0 if that is not why
}

func (e *failedHandoverError) Error() string {
	if e.state == handover.Cancelled {
		return fmt.Sprintf("hand over %s: it was cancelled: %s", e.source, e.reason)
	}
	return fmt.Sprintf("hand over %s: %s", e.source, e.reason)
}

// explainHandover knows the reasons why a form is not handed over.
func explainHandover(err error, told *explanation) bool {
	var (
		notCompleted *handover.NotCompletedError
		source       *handover.SourceError
		missing      *handover.MissingAttachmentError
		attachment   *handover.AttachmentError
		mapping      *handover.MappingError
		recipient    *unknownRecipientError
		failed       *failedHandoverError
		unsettled    *handover.NotCancellableError
		first        *handover.FirstStartError
	)
	switch {
	case errors.As(err, new(*brokenJournalError)):
		told.code = "JOURNAL"
	case errors.As(err, new(*noJournalError)):
		told.code = "NO-JOURNAL"
	case errors.As(err, &notCompleted):
		told.code, told.hint = "NOT-COMPLETED", "hand it over when the person has sent it in and its process has ended"
	case errors.As(err, &source):
		told.code, told.hint = "NOT-THIS-FORM", "check that it is an instance of the original application in stafett.yaml"
	case errors.As(err, &missing):
		told.code, told.hint = "ATTACHMENT-MISSING", "take \"required: true\" off the attachment in stafett.yaml if forms may be without it"
	case errors.As(err, &attachment):
		told.code, told.hint = "ATTACHMENT", "let the receiving application's data type allow it (allowedContentTypes, maxSize, maxCount in config/applicationmetadata.json)"
	case errors.As(err, &mapping):
		told.code, told.hint = "MAPPING", "mend the field under prefill in stafett.yaml, or the receiving model"
	case errors.Is(err, handover.ErrNotWanted):
		told.code, told.hint = "NOT-WANTED", "change condition in stafett.yaml if forms like it are to be handed over"
	case errors.Is(err, handover.ErrUnknownDefinition):
		told.code, told.hint = "UNKNOWN-DEFINITION", "name one of the handovers in stafett.yaml; a service that runs has read it at its start"
	case errors.As(err, new(*noHandoverError)), errors.Is(err, handover.ErrNoRecord):
		told.code, told.hint = "NO-HANDOVER", "see what there is: stafett handover list --all; or begin it: stafett handover send INSTANCE"
	case errors.Is(err, sqlite.ErrInUse):
		told.code, told.hint = "JOURNAL-IN-USE", "a service runs on this journal already (also \"stafett local up\" runs one, without --no-serve): stop it, or leave the work to it"
	case errors.As(err, new(*serve.EgressError)):
		told.code, told.hint = "EGRESS", "the service sends requests to the systems of stafett.yaml's environment only: mend the setting that names the host"
	case errors.As(err, new(*handover.LineageError)):
		told.code = "LINEAGE"
	case errors.As(err, &unsettled):
		told.code, told.hint = "NOT-CANCELLABLE", "see where it is: stafett handover show "+unsettled.Key
	case errors.As(err, &first):
		told.code, told.exit = "FIRST-START", exitNeedsInput
		told.hint = "if they are all to be handed over, start it with --yes; else set a later \"since\" in stafett.yaml"
	case errors.Is(err, handover.ErrHeld):
		told.code, told.exit, told.hint = "HELD", exitUnavailable, "wait until the other process is done; its lease ends by itself if it has stopped"
	case errors.As(err, &recipient):
		told.code, told.docs = "UNKNOWN-PARTY", docsMultiApp
		told.hint = "mend recipient in stafett.yaml; if it is right, Altinn's Register was out of order: send it again after " +
			recipient.again.Local().Format(time.TimeOnly)
	case errors.As(err, &failed):
		told.code, told.hint = "HANDOVER-FAILED", "mend what the reason names, in the form, stafett.yaml or the application; then send it again"
		if failed.state == handover.Cancelled {
			told.hint = "if it is to be handed over all the same: stafett handover retry " + failed.source
		} else if failed.status != 0 {
			told.exit, told.docs = exitForStatus(failed.status), docsMultiApp
			if hint := hintForStatus(failed.status); hint != "" {
				told.hint = hint
			}
		}
	default:
		return false
	}
	return true
}
