package story

// Schema names the form of [Document]. Members may be added to it, never
// renamed.
const Schema = "stafett/demo/v1"

// The ids of the steps, in their order.
const (
	StepVault       = "vault"
	StepKey         = "key"
	StepIntegration = "integration"
	StepSettings    = "settings"
	StepProof       = "proof"
	StepForm        = "form"
	StepRefused     = "refused"
	StepHandover    = "handover"
	StepRestart     = "restart"
)

// The status of a step.
const (
	StatusOK      = "ok"
	StatusFailed  = "failed"
	StatusSkipped = "skipped" // a step before it failed
)

// Document is the outcome of the story. It holds no secret and no identity
// number.
type Document struct {
	Schema      string      `json:"schema"`
	OK          bool        `json:"ok"`
	Steps       []Step      `json:"steps"`
	Secrets     []string    `json:"secrets"`
	Integration Integration `json:"integration"`
	Token       Token       `json:"token"`
	Refused     Refused     `json:"refused"`
	Original    Original    `json:"original"`
	Receiving   Receiving   `json:"receiving"`
	// InstancesInReceiving is how many instances the receiving application had
	// when the form was handed over, and again, before the next form came.
	InstancesInReceiving int `json:"instancesInReceiving"`
}

// newDocument has no null in it, however early the story ends.
func newDocument() Document {
	return Document{
		Schema: Schema, Steps: []Step{}, Secrets: []string{},
		Integration: Integration{Scopes: []string{}},
		Receiving:   Receiving{DataValues: map[string]string{}, Data: []Data{}},
	}
}

// Step is one step of the story. Detail says what was seen, or why it failed.
type Step struct {
	ID     string `json:"id"`
	Status string `json:"status"`
	Detail string `json:"detail"`
}

// Integration is what Samarbeidsportalen says of the integration.
type Integration struct {
	ClientID string   `json:"clientId"`
	Scopes   []string `json:"scopes"`
}

// Token is whom the exchanged token speaks for.
type Token struct {
	Org       string `json:"org"`
	OrgNumber string `json:"orgNumber"`
}

// Refused is the answer to the person who tried to create the organisation's
// instance.
type Refused struct {
	Status int `json:"status"`
}

// Original is the form that the person sent in.
type Original struct {
	InstanceID string `json:"instanceId"`
}

// Receiving is the instance that came into being, as Storage tells it.
type Receiving struct {
	InstanceID    string            `json:"instanceId"`
	InstanceOwner Owner             `json:"instanceOwner"`
	DataValues    map[string]string `json:"dataValues"`
	Data          []Data            `json:"data"`
}

// Owner is the owner of an instance.
type Owner struct {
	OrganisationNumber string `json:"organisationNumber"`
}

// Data is one data element; size is in bytes.
type Data struct {
	DataType    string `json:"dataType"`
	ContentType string `json:"contentType"`
	Filename    string `json:"filename"`
	Size        int64  `json:"size"`
}
