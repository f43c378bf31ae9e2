package serve

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/stafett/stafett/altinn"
	"github.com/stafett/stafett/secret"
)

// clockSkew is how far Altinn's clock and this machine's may be apart, as
// Altinn's own check has it.
const clockSkew = 10 * time.Second

// callers decides who may ask for handovers over HTTP: organisations on a list,
// with an Altinn token that holds a scope made for it. A scope is needed besides
// the list, since Altinn's tokens name no audience: any service that an
// organisation has sent its token to could pass it on.
type callers struct {
	issuer        string
	scope         string
	organisations []string // organisation numbers
	keys          *signingKeys
	now           func() time.Time
}

// newCallers returns the check for tokens of an environment.
func newCallers(environment altinn.Environment, client *http.Client, scope string, organisations []string, now func() time.Time) *callers {
	openid := environment.Platform + "/authentication/api/v1/openid/"
	return &callers{
		issuer: openid, scope: scope, organisations: organisations, now: now,
		keys: &signingKeys{address: openid + ".well-known/openid-configuration/jwks", client: client, now: now},
	}
}

// admit returns the number of the organisation that a request comes from.
func (c *callers) admit(r *http.Request) (string, *problem) {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") || token == "" {
		return "", refusal(http.StatusUnauthorized, "send an Altinn token of your organisation as Authorization: Bearer")
	}
	signed, err := jose.ParseSignedCompact(strings.TrimSpace(token), []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return "", refusal(http.StatusUnauthorized, "the token is not a JSON Web Token signed with RS256")
	}
	key, err := c.keys.find(r.Context(), signed.Signatures[0].Protected.KeyID)
	switch {
	case errors.Is(err, errUnknownKey):
		return "", refusal(http.StatusUnauthorized, errUnknownKey.Error())
	case err != nil:
		return "", later(unreachableKey)
	}
	if _, err := signed.Verify(key); err != nil {
		return "", refusal(http.StatusUnauthorized, "the token's signature does not match")
	}
	claims, err := altinn.ParseClaims(secret.New(strings.TrimSpace(token)))
	if err != nil {
		return "", refusal(http.StatusUnauthorized, "the token's claims cannot be read")
	}
	return c.judge(claims)
}

// judge decides by the claims of a token whose signature matches.
func (c *callers) judge(claims altinn.Claims) (string, *problem) {
	now := c.now()
	switch {
	case claims.Issuer != c.issuer:
		return "", refusal(http.StatusUnauthorized, "the token was not issued by Altinn in this environment")
	case !now.Before(claims.Expires.Add(clockSkew)):
		return "", refusal(http.StatusUnauthorized, "the token has expired")
	case now.Before(claims.NotBefore.Add(-clockSkew)):
		return "", refusal(http.StatusUnauthorized, "the token is not valid yet")
	case claims.OrgNumber == "" || claims.UserID != "":
		return "", refusal(http.StatusForbidden, "the token is not an organisation's")
	case !slices.Contains(c.organisations, claims.OrgNumber):
		return "", refusal(http.StatusForbidden, "the organisation is not among those that may ask")
	case !slices.Contains(strings.Fields(claims.Scope), c.scope):
		return "", refusal(http.StatusForbidden, "the token lacks the scope "+c.scope)
	}
	return claims.OrgNumber, nil
}
