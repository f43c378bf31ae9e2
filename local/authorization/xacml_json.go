package authorization

// The XACML 3.0 JSON profile (OASIS, version 1.1) as Altinn uses it. Member
// names are read in any case, since encoding/json does, and written in
// camelCase.

// Category ids of a request.
const (
	CategorySubject  = "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject"
	CategoryAction   = "urn:oasis:names:tc:xacml:3.0:attribute-category:action"
	CategoryResource = "urn:oasis:names:tc:xacml:3.0:attribute-category:resource"
)

// Attribute ids of a request.
const (
	AttributeAction     = "urn:oasis:names:tc:xacml:1.0:action:action-id"
	AttributeOrg        = "urn:altinn:org"
	AttributeApp        = "urn:altinn:app"
	AttributeParty      = "urn:altinn:partyid"
	AttributeInstance   = "urn:altinn:instance-id"
	AttributeTask       = "urn:altinn:task"
	AttributeEndEvent   = "urn:altinn:end-event"
	AttributeResource   = "urn:altinn:resource"
	AttributePart       = "urn:altinn:appresource"
	AttributeUser       = "urn:altinn:userid"
	AttributePersonUUID = "urn:altinn:person:uuid"
	AttributeSystemUser = "urn:altinn:systemuser:uuid"
	AttributeRole       = "urn:altinn:rolecode"
)

// RequestBody is the body of a decision request.
type RequestBody struct {
	Request Request `json:"request"`
}

// Request asks for one decision, or for several where MultiRequests has at
// least two references.
type Request struct {
	ReturnPolicyIDList bool           `json:"returnPolicyIdList"`
	AccessSubject      []Category     `json:"accessSubject"`
	Action             []Category     `json:"action"`
	Resource           []Category     `json:"resource"`
	MultiRequests      *MultiRequests `json:"multiRequests,omitempty"`
}

// Category is a set of attributes of the subject, the action or the resource.
type Category struct {
	CategoryID string      `json:"categoryId,omitempty"`
	ID         string      `json:"id,omitempty"`
	Attributes []Attribute `json:"attribute"`
}

// Attribute is one attribute. An empty DataType means string.
type Attribute struct {
	ID              string `json:"attributeId"`
	Value           string `json:"value"`
	DataType        string `json:"dataType,omitempty"`
	Issuer          string `json:"issuer,omitempty"`
	IncludeInResult bool   `json:"includeInResult,omitempty"`
}

// MultiRequests names the decisions that are asked for.
type MultiRequests struct {
	References []RequestReference `json:"requestReference"`
}

// RequestReference is one decision: the ids of its categories.
type RequestReference struct {
	ReferenceID []string `json:"referenceId"`
}

// ResponseBody is the answer: one result per decision, in the order asked.
type ResponseBody struct {
	Response []Result `json:"response"`
}

// Result is one decision: Permit, Deny, NotApplicable or Indeterminate.
type Result struct {
	Decision    string       `json:"decision"`
	Status      Status       `json:"status"`
	Obligations []Obligation `json:"obligations,omitempty"`
	Category    []Category   `json:"category,omitempty"`
}

// Status tells whether the decision could be made.
type Status struct {
	StatusMessage string     `json:"statusMessage,omitempty"`
	StatusCode    StatusCode `json:"statusCode"`
}

// StatusCode is a XACML status URN.
type StatusCode struct {
	Value string `json:"value"`
}

// Obligation is what the enforcement point has to see to.
type Obligation struct {
	ID          string       `json:"id"`
	Assignments []Assignment `json:"attributeAssignment"`
}

// Assignment is one value of an obligation.
type Assignment struct {
	AttributeID string `json:"attributeId"`
	Value       string `json:"value"`
	Category    string `json:"category,omitempty"`
	DataType    string `json:"dataType,omitempty"`
}
