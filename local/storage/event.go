package storage

import "time"

// Types of instance events that Storage itself writes. Applications write
// others, such as process_StartTask.
const (
	EventCreated           = "Created"
	EventSaved             = "Saved"
	EventDeleted           = "Deleted"
	EventConfirmedComplete = "ConfirmedComplete"
	EventSubstatusUpdated  = "SubstatusUpdated"
	EventSigned            = "Signed"
	EventSentToSign        = "SentToSign"
)

// InstanceEvent is one entry in the audit trail of an instance.
type InstanceEvent struct {
	ID                   string        `json:"id"`
	InstanceID           string        `json:"instanceId"`
	DataID               string        `json:"dataId,omitempty"`
	Created              *time.Time    `json:"created,omitempty"`
	EventType            string        `json:"eventType"`
	InstanceOwnerPartyID string        `json:"instanceOwnerPartyId,omitempty"`
	User                 *EventUser    `json:"user,omitempty"`
	ProcessInfo          *ProcessState `json:"processInfo,omitempty"`
	AdditionalInfo       string        `json:"additionalInfo,omitempty"`
}

// EventUser is who caused an event.
type EventUser struct {
	UserID                 *int   `json:"userId,omitempty"`
	OrgID                  string `json:"orgId,omitempty"`
	AuthenticationLevel    int    `json:"authenticationLevel"`
	EndUserSystemID        *int   `json:"endUserSystemId,omitempty"`
	NationalIdentityNumber string `json:"nationalIdentityNumber,omitempty"`
	SystemUserID           string `json:"systemUserId,omitempty"`
	SystemUserOwnerOrgNo   string `json:"systemUserOwnerOrgNo,omitempty"`
}
