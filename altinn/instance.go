package altinn

import "time"

// Instance is one instance of an application, as both the applications and
// Storage write it. Reading accepts either flavour: nulls or absent members,
// enumerations as numbers or as text. Writing gives Storage's: members without
// a value are left out.
type Instance struct {
	ID                    string                 `json:"id"` // "{party id}/{guid}"
	Owner                 InstanceOwner          `json:"instanceOwner"`
	AppID                 string                 `json:"appId"`
	Org                   string                 `json:"org"`
	SelfLinks             *ResourceLinks         `json:"selfLinks,omitempty"`
	DueBefore             time.Time              `json:"dueBefore,omitzero"`
	VisibleAfter          time.Time              `json:"visibleAfter,omitzero"`
	Process               *Process               `json:"process,omitempty"`
	Status                Status                 `json:"status"`
	CompleteConfirmations []CompleteConfirmation `json:"completeConfirmations,omitempty"`
	Data                  []DataElement          `json:"data,omitempty"`
	PresentationTexts     map[string]string      `json:"presentationTexts,omitempty"`
	DataValues            map[string]string      `json:"dataValues,omitempty"`
	Created               time.Time              `json:"created,omitzero"`
	CreatedBy             string                 `json:"createdBy,omitempty"` // user id, or organisation number
	LastChanged           time.Time              `json:"lastChanged,omitzero"`
	LastChangedBy         string                 `json:"lastChangedBy,omitempty"`
}

// InstanceOwner names the party that owns an instance. In a template one of the
// identifiers is enough; Altinn fills in the others. PersonNumber is a national
// identity number: keep it out of logs.
type InstanceOwner struct {
	PartyID            string `json:"partyId,omitempty"` // digits; Altinn refuses a JSON number here
	PersonNumber       string `json:"personNumber,omitempty"`
	OrganisationNumber string `json:"organisationNumber,omitempty"`
	Username           string `json:"username,omitempty"`
	ExternalIdentifier string `json:"externalIdentifier,omitempty"`
	Party              *Party `json:"party,omitempty"` // only in an application's answers
}

// Party is what Register knows of an owner.
type Party struct {
	PartyID   int       `json:"partyId"`
	PartyUUID string    `json:"partyUuid,omitempty"`
	Type      PartyType `json:"partyTypeName"`
	SSN       string    `json:"ssn,omitempty"` // national identity number
	OrgNumber string    `json:"orgNumber,omitempty"`
	UnitType  string    `json:"unitType,omitempty"`
	Name      string    `json:"name,omitempty"`
	IsDeleted bool      `json:"isDeleted,omitempty"`
}

// ResourceLinks are the addresses of an instance or a data element.
type ResourceLinks struct {
	Apps     string `json:"apps,omitempty"`
	Platform string `json:"platform,omitempty"`
}

// Process is where an instance stands in its application's process. An
// application's process endpoints add what the caller may do; see [Task].
type Process struct {
	Started     time.Time `json:"started,omitzero"`
	StartEvent  string    `json:"startEvent,omitempty"`
	CurrentTask *Task     `json:"currentTask,omitempty"` // nil when the process has ended
	Ended       time.Time `json:"ended,omitzero"`
	EndEvent    string    `json:"endEvent,omitempty"`
}

// Task is the current task of a process.
type Task struct {
	Flow           int             `json:"flow"` // counts elements; the first task has 2
	Started        time.Time       `json:"started,omitzero"`
	ElementID      string          `json:"elementId"`
	Name           string          `json:"name,omitempty"`
	AltinnTaskType string          `json:"altinnTaskType"`
	FlowType       string          `json:"flowType,omitempty"`
	Actions        map[string]bool `json:"actions,omitempty"` // process endpoints only: may the caller do it
	Read           bool            `json:"read,omitempty"`
	Write          bool            `json:"write,omitempty"`
}

// IsComplete reports whether the process has reached an end event.
func (p *Process) IsComplete() bool { return p != nil && !p.Ended.IsZero() }

// Status holds the life-cycle flags of an instance.
type Status struct {
	IsArchived    bool       `json:"isArchived"`
	Archived      time.Time  `json:"archived,omitzero"`
	IsSoftDeleted bool       `json:"isSoftDeleted"`
	SoftDeleted   time.Time  `json:"softDeleted,omitzero"`
	IsHardDeleted bool       `json:"isHardDeleted"`
	HardDeleted   time.Time  `json:"hardDeleted,omitzero"`
	ReadStatus    ReadStatus `json:"readStatus"`
	Substatus     *Substatus `json:"substatus,omitempty"`
}

// Substatus is the service owner's own label on an instance. Texts or ids of
// text resources; it is shown to the instance's owner.
type Substatus struct {
	Label       string `json:"label"`
	Description string `json:"description,omitempty"`
}

// CompleteConfirmation is one organisation's confirmation of receipt.
type CompleteConfirmation struct {
	StakeholderID string    `json:"stakeholderId"`
	ConfirmedOn   time.Time `json:"confirmedOn"`
}

// DataElement describes one piece of data of an instance: form data or a file.
type DataElement struct {
	ID             string         `json:"id"`
	InstanceGUID   string         `json:"instanceGuid,omitempty"`
	DataType       string         `json:"dataType"`
	Filename       string         `json:"filename,omitempty"`
	ContentType    string         `json:"contentType"`
	SelfLinks      *ResourceLinks `json:"selfLinks,omitempty"`
	Size           int64          `json:"size"` // bytes
	ContentHash    string         `json:"contentHash,omitempty"`
	Locked         bool           `json:"locked"`
	Refs           []string       `json:"refs,omitempty"`
	IsRead         bool           `json:"isRead"`
	Tags           []string       `json:"tags,omitempty"`
	FileScanResult string         `json:"fileScanResult,omitempty"` // NotApplicable, Pending, Clean, Infected
	References     []Reference    `json:"references,omitempty"`
	DeleteStatus   *DeleteStatus  `json:"deleteStatus,omitempty"`
	Created        time.Time      `json:"created,omitzero"`
	CreatedBy      string         `json:"createdBy,omitempty"`
	LastChanged    time.Time      `json:"lastChanged,omitzero"`
	LastChangedBy  string         `json:"lastChangedBy,omitempty"`
}

// Reference says where a data element comes from, such as the task whose end
// made a PDF ({Task_1, GeneratedFrom, Task}).
type Reference struct {
	Value     string `json:"value"`
	Relation  string `json:"relation"`
	ValueType string `json:"valueType"`
}

// DeleteStatus tells that a data element is about to be removed.
type DeleteStatus struct {
	IsHardDeleted bool      `json:"isHardDeleted"`
	HardDeleted   time.Time `json:"hardDeleted,omitzero"`
}
