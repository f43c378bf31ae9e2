package maskinporten

import (
	"net/http"
	"strings"
)

// Fault names why Maskinporten refused. The values are stable and may be shown
// in machine-readable output.
type Fault string

// The reasons for which Maskinporten refuses.
const (
	MalformedAssertion   Fault = "malformed-assertion"
	AssertionReused      Fault = "assertion-reused"
	ClientNotFound       Fault = "client-not-found"
	WrongAudience        Fault = "wrong-audience"
	InvalidCertificate   Fault = "invalid-certificate"
	ExpiredKey           Fault = "expired-key"
	CertificateOrg       Fault = "certificate-organisation"
	CertificateHeader    Fault = "certificate-header"
	WrongSignature       Fault = "wrong-signature"
	AssertionExpired     Fault = "assertion-expired"
	IssuedInFuture       Fault = "issued-in-future"
	LifetimeTooLong      Fault = "lifetime-too-long"
	UnknownKeyID         Fault = "unknown-key-id"
	MissingKeyID         Fault = "missing-key-id"
	InvalidScope         Fault = "invalid-scope"
	WrongIntegrationType Fault = "wrong-integration-type"
	ScopeNotGranted      Fault = "scope-not-granted"
	ScopeNotDelegated    Fault = "scope-not-delegated"
	ConsumerIsSelf       Fault = "consumer-is-self"
	UnknownDetailsType   Fault = "unknown-details-type"
	UnknownDetailsField  Fault = "unknown-details-field"
	InvalidDetails       Fault = "invalid-details"
	InvalidTarget        Fault = "invalid-target"
	UnsupportedGrantType Fault = "unsupported-grant-type"
	InvalidRequest       Fault = "invalid-request"
	UnknownClaim         Fault = "unknown-claim"
	Unavailable          Fault = "unavailable"
	TooManyRequests      Fault = "too-many-requests"
	Redirected           Fault = "redirected"
	UnknownFault         Fault = "unknown"
)

// authenticationFailure starts many descriptions. Alone it means that there is
// no such client.
const authenticationFailure = "Invalid assertion. Client authentication failed."

// entry is one row of Digdir's list of errors (docs.digdir.no, "Maskinporten:
// error messages"), with what users have found behind it.
type entry struct {
	fault  Fault
	mpCode string
	// contains is a part of the description that only this fault has.
	contains string
	cause    string
	remedy   string
}

var catalogue = []entry{
	{MalformedAssertion, "MP-011", "Invalid parameter value",
		"the assertion was damaged on its way: a line break, a quote, or its end is missing",
		"send the assertion exactly as it was signed"},
	{AssertionReused, "MP-012", "Grant is used before",
		"the same assertion was sent twice; something between repeats requests",
		"turn off retries in the proxy or gateway; each request needs an assertion of its own"},
	{WrongAudience, "MP-110", "Invalid JWT claim aud",
		"the assertion names another audience than this environment's issuer, for example without its trailing slash",
		"use the issuer exactly as the environment's metadata spells it, such as https://test.maskinporten.no/"},
	{InvalidCertificate, "MP-120", "signed with an invalid certificate",
		"the certificate has expired, is not trusted, or belongs to the other environment",
		"use a valid organisation certificate of this environment, or a registered key"},
	{ExpiredKey, "MP-121", "Expired key",
		"the registered key has passed its date; Digdir keeps a key for one year at most",
		"post the same key again to renew it, or register a new one"},
	{CertificateOrg, "MP-122", "Does not match certificate orgno",
		"the certificate was issued to another organisation than the one that owns the integration",
		"use a certificate of the organisation that owns the integration"},
	{CertificateHeader, "MP-123", "Invalid JWT header x5c",
		"the header x5c is not an array of base64 texts",
		"send x5c as a JSON array with the leaf certificate first"},
	{WrongSignature, "MP-124", "Invalid JWT signature",
		"the private key does not belong to the public key that is registered under this key id; often the client id comes from one source of settings and the key from another",
		"compare the thumbprints of the two keys, and store the client id and the key of the same integration"},
	{AssertionExpired, "MP-130", "JWT is expired",
		"this machine's clock is slow, or the assertion was under way for too long",
		"set the clock by NTP"},
	{AssertionExpired, "MP-130", "JWT has expired",
		"this machine's clock is slow, or the assertion was under way for too long",
		"set the clock by NTP"},
	{IssuedInFuture, "", "Issue time is",
		"this machine's clock is more than ten seconds fast",
		"set the clock by NTP"},
	{LifetimeTooLong, "", "too long lifetime",
		"the assertion is valid for longer than Maskinporten allows",
		"let it expire at most 120 seconds after it was issued"},
	{UnknownKeyID, "", "Unknown key identifier",
		"no key with this id is registered on the integration: it is another integration's or environment's key, it was removed, the web page gave it another id, or it was added less than two minutes ago",
		"compare the key id with those at Samarbeidsportalen; after adding a key, wait for two minutes"},
	{MissingKeyID, "", "no key identifier (kid) provided",
		"the integration has registered keys, and the assertion does not name one",
		"put the key's id into the key as kid; do not use certificate settings"},
	{InvalidScope, "MP-200", "invalid scopes for client",
		"the integration does not hold one of the scopes, or the scope is misspelt",
		"add the scope to the integration at Samarbeidsportalen, spelt as its owner spells it"},
	{WrongIntegrationType, "MP-201", "scopes not allowed for maskinporten",
		"the integration was made for something other than Maskinporten, and that cannot be changed",
		"create a new integration of type Maskinporten"},
	{ScopeNotGranted, "MP-250", "has not been granted access to the scope",
		"the owner of the scope has not given your organisation access in this environment, or the customer's organisation number was left out for a delegated scope",
		"ask the owner of the scope for access; for Altinn's service owner scopes that is Altinn (Digdir)"},
	{ScopeNotDelegated, "MP-251", "has not delegated access to the scope",
		"the customer has not delegated the scope to your organisation in Altinn; a delegation in production does not exist in test",
		"ask the customer to delegate it in Altinn, in the same environment"},
	{ConsumerIsSelf, "", "combination consumer_org in claim and delegation scope",
		"the organisation is named as its own customer",
		"leave the consumer organisation out when acting for your own organisation"},
	{UnknownDetailsType, "MP-301", "",
		"the type in authorization_details is not one that Maskinporten knows",
		"use a type that the environment's metadata lists"},
	{UnknownDetailsField, "MP-302", "",
		"there is a field in authorization_details that its type does not have",
		"remove the extra field"},
	{InvalidDetails, "MP-303", "",
		"the system user is missing or not approved, its external reference differs, or the system does not list this integration",
		"check the system user and the system's list of client ids in Altinn"},
	{ClientNotFound, "MP-100", "Client not found",
		"there is no active integration with this client id in this environment",
		"check the client id and the environment; an integration in test does not exist in production; after creating one, wait for two minutes"},
}

// plain has the faults that are told by status or code alone.
var plain = map[Fault]entry{
	InvalidTarget:        {cause: "the resource is not a URI, or has a fragment", remedy: "name the API by its URI, without a fragment"},
	UnsupportedGrantType: {cause: "the request did not arrive as the form that it was sent as", remedy: "check the token endpoint's address and any proxy on the way"},
	InvalidRequest:       {cause: "the request did not arrive as the form that it was sent as", remedy: "check the token endpoint's address and any proxy on the way"},
	UnknownClaim:         {cause: "the assertion holds a claim that Maskinporten does not allow", remedy: "send only the claims of the JWT grant"},
	Unavailable:          {cause: "Maskinporten, or a gateway in front of it, is out of order", remedy: "try again in a while; see status.digdir.no"},
	TooManyRequests:      {cause: "too many requests were sent", remedy: "keep each token until it is nearly over, and try again in a while"},
	Redirected:           {cause: "something redirects the token endpoint; that is not followed, since it would take the assertion to another host", remedy: "check the token endpoint's address and any proxy on the way"},
	UnknownFault:         {cause: "Maskinporten gave a reason that is not in its list", remedy: "ask servicedesk@digdir.no, with the trace id"},
}

// Fault returns why the request was refused: by the MP code, else by the
// description, else by the code and the HTTP status.
func (e *Error) Fault() Fault {
	if row, found := e.row(); found {
		return row.fault
	}
	switch {
	case e.Status == http.StatusTooManyRequests:
		return TooManyRequests
	case e.Status >= http.StatusInternalServerError:
		return Unavailable
	case e.Status >= 300 && e.Status < 400:
		return Redirected
	}
	switch e.Code {
	case "invalid_scope":
		return InvalidScope
	case "invalid_target":
		return InvalidTarget
	case "unsupported_grant_type":
		return UnsupportedGrantType
	case "invalid_altinn_customer_configuration":
		return InvalidDetails
	}
	switch {
	case e.Description == authenticationFailure:
		return ClientNotFound
	case strings.TrimSuffix(e.Description, ".") == "Invalid assertion":
		return UnknownClaim
	case e.Code == "invalid_request":
		return InvalidRequest
	}
	return UnknownFault
}

// Cause says what the likely cause is, which the server's own text rarely does.
func (e *Error) Cause() string { return e.explanation().cause }

// Remedy says what to do about it.
func (e *Error) Remedy() string { return e.explanation().remedy }

func (e *Error) explanation() entry {
	fault := e.Fault()
	for _, row := range catalogue {
		if row.fault == fault {
			return row
		}
	}
	return plain[fault]
}

func (e *Error) row() (entry, bool) {
	if e.MPCode != "" {
		for _, row := range catalogue {
			if row.mpCode == e.MPCode {
				return row, true
			}
		}
	}
	for _, row := range catalogue {
		if row.contains != "" && strings.Contains(e.Description, row.contains) {
			return row, true
		}
	}
	return entry{}, false
}
