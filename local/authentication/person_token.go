package authentication

import (
	"context"
	"fmt"
	"strconv"

	"github.com/google/uuid"
)

// PersonToken signs what a person gets after logging in at ID-porten: a token
// with scope altinn:portal/enduser that lives for 30 minutes. Level is the
// security level, 0 to 4; of the self-identified it is always 0.
func (s *Server) PersonToken(ctx context.Context, user Person, level int) (string, error) {
	if level < 0 || level > 4 {
		return "", fmt.Errorf("sign person token: security level %d is not within 0 to 4", level)
	}
	claims := personClaims(user, level)
	claims["scope"], claims["jti"], claims["sid"] = scopeEndUser, uuid.NewString(), uuid.NewString()
	return s.issue(ctx, OriginTestLogin, claims)
}

func personClaims(user Person, level int) map[string]any {
	method := "BankID"
	if user.SelfIdentified {
		method, level = "SelfIdentified", 0
	}
	return map[string]any{
		claimNameID:    strconv.Itoa(user.UserID),
		ClaimUserID:    strconv.Itoa(user.UserID),
		ClaimUserName:  user.UserName,
		ClaimPartyID:   user.PartyID,
		ClaimPartyUUID: user.PartyUUID,
		ClaimMethod:    method,
		ClaimAuthLevel: level,
	}
}

// orgToken signs what the test login gives for an organisation. Its scope lies
// in urn:altinn:scope, unlike that of an exchanged token.
func (s *Server) orgToken(ctx context.Context, org, number, scope string, level int) (string, error) {
	claims := map[string]any{
		ClaimOrgNumber: number,
		ClaimMethod:    "maskinporten",
		ClaimAuthLevel: level,
		claimTestScope: scope,
		"consumer":     map[string]string{"authority": consumerAuthority, "ID": consumerPrefix + number},
		"jti":          uuid.NewString(),
	}
	if org != "" {
		claims[ClaimOrg] = org
	}
	return s.issue(ctx, OriginTestLogin, claims)
}
