// Package authorization stands in for Altinn Authorization on the local
// platform: it decides, from the application's own policy.xml, whether somebody
// may do something.
//
// It has two halves, which speak to each other only over HTTP, as on the
// platform. [Server] is the decision point (PDP): XACML in XML and in its JSON
// profile at /authorization/api/v1/decision, JSON only at …/authorize. [Client] is the enforcement point (PEP) that
// the stand-ins for Storage and for the applications use.
//
// Decisions are kept for a while with the rule that made them, so that a person
// can be told why an answer was 403: [Server.Decisions].
package authorization
