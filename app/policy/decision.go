package policy

// Attribute is one attribute of a request. An empty DataType means [TypeString].
type Attribute struct{ ID, Value, DataType string }

// Request is what a decision is asked about.
type Request struct{ Subject, Action, Resource []Attribute }

// Result is the outcome of a decision, in the spelling used on the wire.
type Result string

// The four results of XACML.
const (
	Permit        Result = "Permit"
	Deny          Result = "Deny"
	NotApplicable Result = "NotApplicable"
	Indeterminate Result = "Indeterminate"
)

// Status codes of a decision (XACML 3.0 core, appendix B.8).
const (
	StatusOK               = "urn:oasis:names:tc:xacml:1.0:status:ok"
	StatusMissingAttribute = "urn:oasis:names:tc:xacml:1.0:status:missing-attribute"
	StatusSyntaxError      = "urn:oasis:names:tc:xacml:1.0:status:syntax-error"
	StatusProcessingError  = "urn:oasis:names:tc:xacml:1.0:status:processing-error"
)

// Decision is the answer to a [Request], with enough in it to explain itself.
type Decision struct {
	Result        Result
	Obligations   []Obligation // only with Permit
	RuleID        string       // the rule that decided; empty if none did
	Trace         []RuleTrace  // every rule, in document order
	StatusCode    string
	StatusMessage string // empty when StatusCode is [StatusOK]
}

// RuleTrace tells what one rule made of a request.
type RuleTrace struct {
	RuleID string
	Effect Effect
	Result Result // Permit, Deny, NotApplicable or Indeterminate
	// Failed is the first category that did not match (resource, then action,
	// then subject); empty if all did.
	Failed Category
	// Wanted lists what would have matched in the failed category. Each entry
	// is one alternative; all attributes of an alternative are needed together.
	Wanted  [][]Attribute
	Message string // why the result is Indeterminate
}
