package authentication

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"time"

	"github.com/stafett/stafett/local/redact"
	"github.com/stafett/stafett/local/timeline"
)

// NotAccepted is noted in the timeline where a token was missing or did not hold.
type NotAccepted struct{ Reason string }

// MissingScope is noted in the timeline where a token was good and lacked a
// scope.
type MissingScope struct {
	Scopes []string // any of them would have been enough
	Has    string   // what the token has, space separated
}

// NoteMissingScope notes that a caller would have needed one of some scopes.
func NoteMissingScope(ctx context.Context, caller Principal, scopes ...string) {
	timeline.Note(ctx, MissingScope{Scopes: scopes, Has: caller.Scope})
}

// The ways to an Altinn token.
const (
	OriginExchange  = "exchange"   // of a token from Maskinporten
	OriginTestLogin = "test login" // of a test person or organisation
	OriginRefresh   = "refresh"    // of another Altinn token
)

// IssuedToken tells of one token that was issued, without the token. It is noted
// in the timeline.
type IssuedToken struct {
	Time    time.Time
	Expires time.Time
	// ID is the jti claim. An exchanged token has that of the token from
	// Maskinporten.
	ID     string
	Origin string // one of the constants
	// UserID and PartyID are the holder's, if a person, and the next three an organisation's.
	UserID, PartyID          int
	Org, OrgNumber, ClientID string
	Scope                    string // space separated
	Level                    int    // of security, 0 to 4
	Claims                   string // a JSON object, redacted
}

// Issued returns the latest tokens, the oldest first. At most [timeline.Kept] are
// kept.
func (s *Server) Issued() []IssuedToken { return s.issued.All() }

// issue signs a token with these claims, the issuer and a fresh lifetime.
func (s *Server) issue(ctx context.Context, origin string, claims map[string]any) (string, error) {
	now := s.cfg.Now().Truncate(time.Second)
	expires := now.Add(tokenLifetime)
	claims = maps.Clone(claims)
	claims["iss"], claims["nbf"], claims["iat"], claims["exp"] = s.Issuer(), now.Unix(), now.Unix(), expires.Unix()
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", fmt.Errorf("encode claims: %w", err)
	}
	token, err := s.key.sign(payload)
	if err != nil {
		return "", err
	}
	holder, err := s.Verify(token) // as every verifier will read it
	if err != nil {
		return "", err
	}
	clean, _ := redact.JSON(string(payload)) // it is JSON
	issued := IssuedToken{
		Time: now, Expires: expires, ID: text(holder.All["jti"]), ClientID: text(holder.All["client_id"]), Origin: origin,
		UserID: holder.UserID, PartyID: holder.PartyID, Org: holder.Org, OrgNumber: holder.OrgNumber,
		Scope: holder.Scope, Level: holder.AuthLevel, Claims: clean,
	}
	s.issued.Add(issued)
	timeline.Note(ctx, issued)
	return token, nil
}

// caller tells the timeline who has a token.
func (p Principal) caller() timeline.Caller {
	caller := timeline.Caller{
		Kind: timeline.KindOrganisation, ClientID: text(p.All["client_id"]), TokenID: text(p.All["jti"]),
		Org: p.Org, OrgNumber: p.OrgNumber, Scope: p.Scope, Method: p.Method,
		UserID: p.UserID, PartyID: p.PartyID, Level: p.AuthLevel,
	}
	if p.UserID != 0 {
		caller.Kind = timeline.KindPerson
	}
	return caller
}

// refuse answers 401 with no body and no reason, as the platform does; the reason
// goes to the log and the timeline.
func (s *Server) refuse(w http.ResponseWriter, r *http.Request, reason error) {
	timeline.Note(r.Context(), NotAccepted{reason.Error()})
	s.cfg.Logger.InfoContext(r.Context(), "token refused", "path", r.URL.Path, "reason", reason)
	w.WriteHeader(http.StatusUnauthorized)
}
