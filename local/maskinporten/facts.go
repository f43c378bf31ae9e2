package maskinporten

import (
	"context"
	"time"

	"github.com/stafett/stafett/local/redact"
	"github.com/stafett/stafett/local/timeline"
)

// IssuedToken tells of one token that was issued, without the token. It is noted
// in the timeline.
type IssuedToken struct {
	Time     time.Time
	Expires  time.Time
	ID       string // the jti claim
	ClientID string
	KeyID    string // the kid that signed the grant; empty for a certificate
	Scope    string // as in the token
	// ConsumerOrg is the number of the organisation for which the token speaks.
	ConsumerOrg string
	Claims      string // a JSON object, redacted
}

// RefusedGrant is noted in the timeline for a grant that is turned down. The
// first four are what the answer says, and the others what the grant claims.
type RefusedGrant struct {
	Status      int
	Code        string // OAuth's: "invalid_grant"
	Description string
	Page        string // of Digdir's list of error codes, "MP-100"; empty for those without

	ClientID, KeyID, Scope string
}

// Issued returns the latest tokens, oldest first. At most [timeline.Kept] are kept.
func (s *Server) Issued() []IssuedToken { return s.issued.All() }

// Token returns the token with a jti, if it is one of the latest.
func (s *Server) Token(id string) (IssuedToken, bool) {
	return s.issued.Find(func(t IssuedToken) bool { return t.ID == id })
}

// noteIssued remembers a token by its claims.
func (s *Server) noteIssued(ctx context.Context, g *grant, claims []byte, id string, issued, expires time.Time) {
	clean, _ := redact.JSON(string(claims)) // it is JSON
	token := IssuedToken{
		Time: issued, Expires: expires, ID: id, ClientID: g.client.ClientID, KeyID: g.keyID,
		Scope: g.scope, ConsumerOrg: g.consumer, Claims: clean,
	}
	s.issued.Add(token)
	timeline.Note(ctx, token)
}

// noteRefused tells of a refusal; g is nil unless the client is known to be the
// one that it claims to be.
func noteRefused(ctx context.Context, assertionText string, g *grant, refused *refusal) {
	fact := RefusedGrant{
		Status: refused.status, Code: refused.code, Description: redact.Text(refused.description), Page: refused.page,
	}
	if a, err := parseAssertion(assertionText); err == nil {
		fact.ClientID, _ = a.stringClaim("iss")
		fact.Scope, _ = a.stringClaim("scope")
		fact.ClientID, fact.Scope, fact.KeyID = redact.Text(fact.ClientID), redact.Text(fact.Scope), redact.Text(a.keyID)
	}
	timeline.Note(ctx, fact)
	if g == nil {
		timeline.Identify(ctx, timeline.Caller{Kind: timeline.KindUnknown, ClientID: fact.ClientID, KeyID: fact.KeyID, Scope: fact.Scope})
	} else {
		g.identify(ctx)
	}
}

// identify tells the timeline whose grant it is.
func (g *grant) identify(ctx context.Context) {
	timeline.Identify(ctx, timeline.Caller{
		Kind: timeline.KindIntegration, ClientID: g.client.ClientID, KeyID: g.keyID, Scope: g.scope,
		OrgNumber: g.client.OrgNumber, Method: g.method,
	})
}
