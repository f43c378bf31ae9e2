package storage

import "time"

// Instance is Storage's own form of an instance (contracts: camelCase, members
// without a value are omitted, readStatus is a string). The application host
// turns it into the form in which applications answer.
type Instance struct {
	ID                    string                 `json:"id"`
	InstanceOwner         InstanceOwner          `json:"instanceOwner"`
	AppID                 string                 `json:"appId"`
	Org                   string                 `json:"org"`
	SelfLinks             *ResourceLinks         `json:"selfLinks,omitempty"`
	DueBefore             *time.Time             `json:"dueBefore,omitempty"`
	VisibleAfter          *time.Time             `json:"visibleAfter,omitempty"`
	Process               *ProcessState          `json:"process,omitempty"`
	Status                *InstanceStatus        `json:"status,omitempty"`
	CompleteConfirmations []CompleteConfirmation `json:"completeConfirmations,omitempty"`
	Data                  []DataElement          `json:"data"`
	PresentationTexts     map[string]string      `json:"presentationTexts,omitempty"`
	DataValues            map[string]string      `json:"dataValues,omitempty"`
	Created               *time.Time             `json:"created,omitempty"`
	CreatedBy             string                 `json:"createdBy,omitempty"`
	LastChanged           *time.Time             `json:"lastChanged,omitempty"`
	LastChangedBy         string                 `json:"lastChangedBy,omitempty"`
}

// InstanceOwner names the party that owns an instance.
type InstanceOwner struct {
	PartyID            string `json:"partyId,omitempty"`
	PersonNumber       string `json:"personNumber,omitempty"`
	OrganisationNumber string `json:"organisationNumber,omitempty"`
	Username           string `json:"username,omitempty"`
	ExternalIdentifier string `json:"externalIdentifier,omitempty"`
}

// ResourceLinks are the addresses of an instance or a data element.
type ResourceLinks struct {
	Apps     string `json:"apps,omitempty"`
	Platform string `json:"platform,omitempty"`
}

// ProcessState is where an instance stands in its process.
type ProcessState struct {
	Started     *time.Time   `json:"started,omitempty"`
	StartEvent  string       `json:"startEvent,omitempty"`
	CurrentTask *ProcessTask `json:"currentTask,omitempty"`
	Ended       *time.Time   `json:"ended,omitempty"`
	EndEvent    string       `json:"endEvent,omitempty"`
}

// ProcessTask is the current task of a process. Flow counts elements from the
// start event, so the first task has 2.
type ProcessTask struct {
	Flow           int        `json:"flow"`
	Started        *time.Time `json:"started,omitempty"`
	ElementID      string     `json:"elementId"`
	Name           string     `json:"name,omitempty"`
	AltinnTaskType string     `json:"altinnTaskType"`
	Ended          *time.Time `json:"ended,omitempty"`
	FlowType       string     `json:"flowType,omitempty"`
}

// InstanceStatus holds the life-cycle flags of an instance. ReadStatus is
// Unread, Read or UpdatedSinceLastReview.
type InstanceStatus struct {
	IsArchived    bool       `json:"isArchived"`
	Archived      *time.Time `json:"archived,omitempty"`
	IsSoftDeleted bool       `json:"isSoftDeleted"`
	SoftDeleted   *time.Time `json:"softDeleted,omitempty"`
	IsHardDeleted bool       `json:"isHardDeleted"`
	HardDeleted   *time.Time `json:"hardDeleted,omitempty"`
	ReadStatus    string     `json:"readStatus"`
	Substatus     *Substatus `json:"substatus,omitempty"`
}

// Substatus is the service owner's own label on an instance.
type Substatus struct {
	Label       string `json:"label"`
	Description string `json:"description,omitempty"`
}

// CompleteConfirmation is one organisation's confirmation of receipt.
type CompleteConfirmation struct {
	StakeholderID string     `json:"stakeholderId"`
	ConfirmedOn   *time.Time `json:"confirmedOn"`
}

// DataElement is the metadata of one stored blob of an instance.
type DataElement struct {
	ID              string         `json:"id"`
	InstanceGUID    string         `json:"instanceGuid"`
	DataType        string         `json:"dataType"`
	Filename        string         `json:"filename,omitempty"`
	ContentType     string         `json:"contentType"`
	BlobStoragePath string         `json:"blobStoragePath"`
	SelfLinks       *ResourceLinks `json:"selfLinks,omitempty"`
	Size            int64          `json:"size"`
	ContentHash     string         `json:"contentHash,omitempty"`
	Locked          bool           `json:"locked"`
	Refs            []string       `json:"refs,omitempty"`
	IsRead          bool           `json:"isRead"`
	Tags            []string       `json:"tags,omitempty"`
	UserMetadata    []KeyValue     `json:"userDefinedMetadata,omitempty"`
	Metadata        []KeyValue     `json:"metadata,omitempty"`
	FileScanResult  string         `json:"fileScanResult"`
	References      []Reference    `json:"references,omitempty"`
	DeleteStatus    *DeleteStatus  `json:"deleteStatus,omitempty"`
	Created         *time.Time     `json:"created,omitempty"`
	CreatedBy       string         `json:"createdBy,omitempty"`
	LastChanged     *time.Time     `json:"lastChanged,omitempty"`
	LastChangedBy   string         `json:"lastChangedBy,omitempty"`
}

// KeyValue is one entry of a data element's metadata.
type KeyValue struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Reference says where a data element comes from, such as the task whose end
// generated a PDF.
type Reference struct {
	Value     string `json:"value"`
	Relation  string `json:"relation"`
	ValueType string `json:"valueType"`
}

// isDeleted reports whether the element only waits for its removal.
func (e *DataElement) isDeleted() bool { return e.DeleteStatus != nil && e.DeleteStatus.IsHardDeleted }

// DeleteStatus says that a data element is to go when the process ends.
type DeleteStatus struct {
	IsHardDeleted bool       `json:"isHardDeleted"`
	HardDeleted   *time.Time `json:"hardDeleted,omitempty"`
}
