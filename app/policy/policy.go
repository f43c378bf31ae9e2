// Package policy reads and evaluates the authorization policy of an Altinn
// application (config/authorization/policy.xml).
//
// The format is XACML 3.0 (OASIS, namespace
// urn:oasis:names:tc:xacml:3.0:core:schema:wd-17). This package reads the part
// of it which application policies use: one Policy with rules, targets,
// matches and obligations. Policy sets, variables, conditions and advice are
// refused by name, because to leave them out would change what a policy
// permits.
//
// Evaluation follows Altinn's decision point, which differs from the standard
// in one way that this package reproduces: see [Policy.Evaluate].
package policy

// Category is one of the three sides of a request that a policy looks at.
type Category string

// The categories, in the order in which a rule's target is tried.
const (
	Resource Category = "urn:oasis:names:tc:xacml:3.0:attribute-category:resource"
	Action   Category = "urn:oasis:names:tc:xacml:3.0:attribute-category:action"
	Subject  Category = "urn:oasis:names:tc:xacml:1.0:subject-category:access-subject"
)

// Attribute ids which the policies of Altinn applications use.
const (
	AttributeAction             = "urn:oasis:names:tc:xacml:1.0:action:action-id"
	AttributeOrg                = "urn:altinn:org"
	AttributeApp                = "urn:altinn:app"
	AttributeTask               = "urn:altinn:task"
	AttributeEndEvent           = "urn:altinn:end-event"
	AttributeParty              = "urn:altinn:partyid"
	AttributeRoleCode           = "urn:altinn:rolecode"
	AttributeOrganisationNumber = "urn:altinn:organizationnumber"
	AttributeAccessPackage      = "urn:altinn:accesspackage"
)

// Categories of the obligations that set a minimum authentication level: the
// first for everyone, the second an alternative for a caller that acts as a
// service owner.
const (
	MinimumLevel    = "urn:altinn:minimum-authenticationlevel"
	MinimumLevelOrg = "urn:altinn:minimum-authenticationlevel-org"
)

// Data types of attributes (XML Schema part 2).
const (
	TypeString  = "http://www.w3.org/2001/XMLSchema#string"
	TypeInteger = "http://www.w3.org/2001/XMLSchema#integer"
	TypeAnyURI  = "http://www.w3.org/2001/XMLSchema#anyURI"
)

// Policy is a policy that has been read and checked. It is immutable and safe
// for concurrent use.
type Policy struct {
	ID          string
	Version     string
	Combining   string // the rule-combining algorithm's URN, as written
	Rules       []Rule
	Obligations []Obligation // of the policy as a whole, in document order

	target target
}

// Effect is what a rule says when its target matches.
type Effect string

// The two effects.
const (
	EffectPermit Effect = "Permit"
	EffectDeny   Effect = "Deny"
)

// Rule is one rule of a policy.
type Rule struct {
	ID          string
	Effect      Effect
	Description string

	target target
}

// Obligation is something that the caller must see to before it acts on a
// decision. In application policies that is a minimum authentication level.
type Obligation struct {
	ID          string
	FulfillOn   Effect
	Assignments []Assignment
}

// Assignment is one value of an obligation.
type Assignment struct {
	AttributeID string
	Category    string
	Value       string
	DataType    string
}
