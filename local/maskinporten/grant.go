package maskinporten

import (
	"cmp"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/stafett/stafett/local/selfservice"
)

// clockSkew is how far the clocks of a client and of Maskinporten may be apart.
const clockSkew = 10 * time.Second

// allowedClaims are the claims a grant may have: those of the documentation,
// and nbf and sub, which clients are known to send with success.
var allowedClaims = map[string]bool{
	"aud": true, "iss": true, "scope": true, "iat": true, "exp": true, "jti": true, "resource": true,
	"consumer_org": true, "iss_onbehalfof": true, "pid": true, "authorization_details": true,
	"nbf": true, "sub": true,
}

// authenticated is who has signed an assertion.
type authenticated struct {
	client selfservice.Client
	method string     // how the client has proven itself, for client_amr
	seal   *sealOwner // nil unless signed with a seal; there is no registered client then
}

// grant is a verified assertion: what the token will say.
type grant struct {
	authenticated
	keyID    string // empty when signed with a certificate
	details  []any  // authorization_details of the token
	scope    string
	consumer string // organisation number
	supplier string // organisation number; empty unless delegated
	source   string // of the delegation
	// onBehalfOf is the number of the customer whose sub-identity the client uses;
	// empty for none.
	onBehalfOf string
	resource   audience
	pid        string
	lifetime   time.Duration
	now        time.Time
	known      time.Time // when the changes were made that Maskinporten knows
}

// verify checks an assertion in the order in which the real service is thought
// to do it, since the first fault is the one that it answers with. With a refusal
// there is a grant, not complete, if it was signed by the client that it names.
func (s *Server) verify(text string, now time.Time) (*grant, *refusal) {
	a, refused := parseAssertion(text)
	if refused != nil {
		return nil, refused
	}
	by, sealed, refused := s.authenticateSeal(a, now)
	if !sealed {
		by, refused = s.authenticate(a, now)
	}
	if refused != nil {
		return nil, refused
	}
	// What has come from the self-service API when the delay is over.
	g := &grant{authenticated: *by, keyID: a.keyID, known: s.known(now), now: now}
	if aud, ok := a.audience(); !ok || aud != s.issuer {
		return g, errAudience
	}
	expires, refused := s.checkTimes(a, now)
	if refused != nil {
		return g, refused
	}
	if !s.used.add(grantID(a, g.client.ClientID), expires.Add(clockSkew), now) {
		return g, errUsedBefore
	}
	for _, step := range []func(*assertion, *grant) *refusal{
		s.readClaims, s.checkScopes, s.checkConsumer, s.checkDetails, s.readResource,
	} {
		if refused := step(a, g); refused != nil {
			return g, refused
		}
	}
	return g, nil
}

// known is the time up to which changes have arrived from the self-service API.
func (s *Server) known(now time.Time) time.Time { return now.Add(-s.PropagationDelay()) }

// authenticate finds the client and verifies the signature with its key, or with
// the certificate in the header.
func (s *Server) authenticate(a *assertion, now time.Time) (*authenticated, *refusal) {
	clientID, _ := a.stringClaim("iss")
	registered := s.registry.RegistrationAsOf(clientID, s.known(now))
	if registered == nil || !registered.Client.Active {
		return nil, errUnknownClient
	}
	var method string
	var public *rsa.PublicKey
	var refused *refusal
	switch {
	case a.keyID != "":
		method = "private_key_jwt"
		public, refused = s.registeredKey(registered, a.keyID, now)
	case len(registered.Keys.Keys) > 0:
		refused = errNeedsKeyID
	case len(a.x5c) > 0:
		method = "virksomhetssertifikat"
		public, refused = s.checkCertificate(a.x5c, &registered.Client, now)
	default:
		refused = errInvalidAssertion
	}
	if refused != nil {
		return nil, refused
	}
	if !a.verify(public) {
		return nil, errSignature
	}
	return &authenticated{client: registered.Client, method: method}, nil
}

// registeredKey returns a client's key. One that is bound to a certificate is of
// use only while that is in force.
func (s *Server) registeredKey(of *selfservice.Registration, kid string, now time.Time) (*rsa.PublicKey, *refusal) {
	key, ok := of.Keys.Key(kid)
	switch {
	case !ok:
		return nil, errUnknownKey
	case key.Expires <= now.Unix():
		return nil, errExpiredKey
	case len(key.Certificates) > 0:
		return s.checkCertificate(key.Certificates, &of.Client, now)
	}
	return key.PublicKey(), nil
}

// checkTimes returns when the assertion expires.
func (s *Server) checkTimes(a *assertion, now time.Time) (time.Time, *refusal) {
	iat, hasIssued := a.timeClaim("iat")
	exp, hasExpiry := a.timeClaim("exp")
	// Times beyond what a time.Duration can hold are nobody's clock.
	const limit = int64(1) << 33
	if !hasIssued || !hasExpiry || iat < 0 || exp < 0 || iat > limit || exp > limit {
		return time.Time{}, errInvalidAssertion
	}
	issued, expires := time.Unix(iat, 0), time.Unix(exp, 0)
	switch {
	case expires.Sub(issued) > s.grantLimit:
		return time.Time{}, errTooLongLife
	case now.Add(clockSkew).Before(issued):
		return time.Time{}, errNotYetIssued
	case now.Add(-clockSkew).After(expires):
		return time.Time{}, errExpired
	}
	return expires, nil
}

// grantID names an assertion for the memory of used ones: by its jti, or by
// its hash when it has none.
func grantID(a *assertion, clientID string) string {
	if jti, ok := a.stringClaim("jti"); ok {
		return clientID + "\x00" + jti
	}
	sum := sha256.Sum256([]byte(a.signed))
	return string(sum[:])
}

// readClaims refuses claims that are not allowed or not of the right type.
func (s *Server) readClaims(a *assertion, g *grant) *refusal {
	for name, raw := range a.claims {
		if !allowedClaims[name] {
			return errInvalidAssertion
		}
		switch name {
		case "jti", "scope", "consumer_org", "pid", "sub":
			if value, ok := decodeString(raw); !ok || value == "" {
				return errInvalidAssertion
			}
		}
	}
	g.pid, _ = a.stringClaim("pid")
	return g.readOnBehalfOf(a)
}

// readOnBehalfOf finds the customer of a supplier whose sub-identity the grant
// names. Digdir has deprecated them in favour of consumer_org, which cannot be
// there as well.
func (g *grant) readOnBehalfOf(a *assertion) *refusal {
	raw, given := a.claims["iss_onbehalfof"]
	if !given {
		return nil
	}
	value, _ := decodeString(raw)
	at := slices.IndexFunc(g.client.OnBehalfOf, func(o selfservice.OnBehalfOf) bool { return o.Value == value })
	if _, both := a.claims["consumer_org"]; both || at < 0 {
		return errInvalidAssertion
	}
	g.onBehalfOf = g.client.OnBehalfOf[at].OrgNumber
	return nil
}

// checkScopes requires that the client has every scope and that the scope is
// for its type of integration. It sets the life of the token.
func (s *Server) checkScopes(a *assertion, g *grant) *refusal {
	var ok bool
	if g.scope, ok = a.stringClaim("scope"); !ok {
		return errInvalidAssertion
	}
	g.lifetime = time.Duration(g.client.AccessTokenLifetime) * time.Second
	var invalid []string
	for scope := range strings.SplitSeq(g.scope, " ") {
		if !s.hasScope(g, scope) {
			invalid = append(invalid, scope)
		}
	}
	if len(invalid) > 0 {
		return errInvalidScopes(strings.Join(invalid, " "))
	}
	if g.client.IntegrationType != selfservice.IntegrationMaskinporten {
		return errIntegrationType
	}
	for scope := range strings.SplitSeq(g.scope, " ") {
		registered, ok := s.registry.ScopeAsOf(scope, g.known)
		if ok && !registered.Allows(selfservice.IntegrationMaskinporten) {
			return errIntegrationType
		}
		if limit := time.Duration(registered.TokenMaxAge) * time.Second; limit > 0 {
			g.lifetime = min(g.lifetime, limit)
		}
	}
	return nil
}

// hasScope reports whether a client has a scope. Who signs with a seal has them all.
func (s *Server) hasScope(g *grant, scope string) bool {
	if g.seal == nil {
		return slices.Contains(g.client.Scopes, scope)
	}
	registered, ok := s.registry.ScopeAsOf(scope, g.known)
	return ok && registered.Active
}

// checkConsumer requires that the organisation may use the scopes: by its own
// right, or by the mandate of the organisation in consumer_org.
func (s *Server) checkConsumer(a *assertion, g *grant) *refusal {
	if g.seal != nil {
		return s.checkSealed(a, g)
	}
	own := g.client.OrgNumber
	consumer, delegated := a.stringClaim("consumer_org")
	if !delegated {
		// A sub-identity inherits none of its customer's rights.
		g.consumer = cmp.Or(g.onBehalfOf, own)
		for scope := range strings.SplitSeq(g.scope, " ") {
			if !s.registry.MayUseAsOf(scope, own, g.known) {
				return errNoAccess(scope)
			}
		}
		return nil
	}
	if consumer == own {
		return errOwnConsumer
	}
	g.consumer, g.supplier = consumer, own
	for scope := range strings.SplitSeq(g.scope, " ") {
		if !s.registry.Delegated(selfservice.Delegation{Scope: scope, Consumer: consumer, Supplier: own}) {
			return errNotDelegated(consumer, scope, own)
		}
		// A consumer may delegate what its owner has not granted it yet.
		if !s.registry.MayUseAsOf(scope, consumer, g.known) {
			return errNoAccess(scope)
		}
		if registered, ok := s.registry.ScopeAsOf(scope, g.known); ok {
			g.source = registered.DelegationSource
		}
	}
	return nil
}

// readResource reads the API for which the token is meant: one URI or several.
func (s *Server) readResource(a *assertion, g *grant) *refusal {
	raw, ok := a.claims["resource"]
	if !ok {
		return nil
	}
	if one, ok := decodeString(raw); ok {
		g.resource = audience{one}
	} else if err := json.Unmarshal(raw, &g.resource); err != nil || len(g.resource) == 0 {
		return errResource
	}
	for _, resource := range g.resource {
		parsed, err := url.Parse(resource)
		if err != nil || !parsed.IsAbs() || strings.Contains(resource, "#") {
			return errResource
		}
	}
	return nil
}
