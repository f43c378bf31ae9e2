package entra

import (
	"context"
	"encoding/json"
	"time"

	"github.com/stafett/stafett/local/redact"
	"github.com/stafett/stafett/local/timeline"
)

// IssuedToken tells of one token that was issued, without the token. It is noted
// in the timeline.
type IssuedToken struct {
	Time     time.Time
	Expires  time.Time
	ID       string // the uti claim
	ClientID string // of the app
	ObjectID string // of its service principal
	Resource string // the API that it is for, such as https://vault.azure.net
	// ManagedIdentity tells that the machine asked, which needs no secret.
	ManagedIdentity bool
	Claims          string // a JSON object, redacted
}

// Refused is noted in the timeline for a request that is turned down, in the words
// of the answer.
type Refused struct {
	Status  int
	Code    string // OAuth's
	Number  int    // of the service's own codes, AADSTS
	Message string
}

// Issued returns the latest tokens, the oldest first. At most [timeline.Kept] are
// kept.
func (s *Server) Issued() []IssuedToken { return s.issued.All() }

// note remembers a token by its claims, and tells the timeline who it was for.
func (s *Server) note(ctx context.Context, claims accessClaims) {
	token := IssuedToken{
		Time: time.Unix(claims.Issued, 0).UTC(), Expires: time.Unix(claims.Expires, 0).UTC(), ID: claims.ID,
		ClientID: claims.AppID, ObjectID: claims.ObjectID, Resource: claims.Audience, ManagedIdentity: claims.AppIDACR == "2",
	}
	if text, err := json.Marshal(claims); err == nil {
		token.Claims, _ = redact.JSON(string(text))
	}
	s.issued.Add(token)
	timeline.Note(ctx, token)
	timeline.Identify(ctx, timeline.Caller{Kind: timeline.KindAzure, ClientID: claims.AppID})
}

// Identify tells the timeline that a request came with a token of this caller.
func (c Caller) Identify(ctx context.Context) {
	timeline.Identify(ctx, timeline.Caller{Kind: timeline.KindAzure, ClientID: c.AppID, TokenID: c.TokenID})
}
