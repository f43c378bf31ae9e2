package entra

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"

	"github.com/stafett/stafett/secret"
)

// TokenExchangeAudience is what a token of another issuer is for when an app logs
// in with it.
const TokenExchangeAudience = "api://AzureADTokenExchange" //nolint:gosec // the name of an audience, which is public

// assertionType is that of a client_assertion, of RFC 7523.
const assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// Workload is a program in a Kubernetes cluster whose tokens an app accepts in
// place of a secret: a federated identity credential. The server plays the
// cluster too, whose tokens [Server.WorkloadToken] makes.
type Workload struct {
	// Issuer is the cluster's address. Nobody answers there; the server knows the
	// cluster's key.
	Issuer string
	// Subject is the service account: system:serviceaccount:{namespace}:{name}.
	Subject string
}

// workloadClaims are those of a service account's token that the login looks at.
type workloadClaims struct {
	Issuer    string       `json:"iss"`
	Subject   string       `json:"sub"`
	Audience  jwt.Audience `json:"aud"`
	Issued    int64        `json:"iat"`
	NotBefore int64        `json:"nbf"`
	Expires   int64        `json:"exp"`
}

// WorkloadToken makes the token that the cluster would put into the file that
// AZURE_FEDERATED_TOKEN_FILE names, for a workload of an app.
func (s *Server) WorkloadToken(clientID string, lifetime time.Duration) (secret.String, error) {
	app, ok := s.app(clientID)
	switch {
	case !ok:
		return secret.String{}, fmt.Errorf("make workload token: no app %s", clientID)
	case app.Workload == Workload{}:
		return secret.String{}, fmt.Errorf("make workload token: app %s accepts no workload", clientID)
	case lifetime <= 0:
		return secret.String{}, errors.New("make workload token: its lifetime must be positive")
	}
	now := s.now()
	token, err := jwt.Signed(s.signer).Claims(workloadClaims{
		Issuer: app.Workload.Issuer, Subject: app.Workload.Subject, Audience: jwt.Audience{TokenExchangeAudience},
		Issued: now.Unix(), NotBefore: now.Unix(), Expires: now.Add(lifetime).Unix(),
	}).Serialize()
	if err != nil {
		return secret.String{}, fmt.Errorf("make workload token: %w", err)
	}
	return secret.New(token), nil
}

// checkWorkload tells what keeps an app from logging in with a token of another
// issuer, if anything.
func (s *Server) checkWorkload(app App, form url.Values) *refusal {
	if given := form.Get("client_assertion_type"); given != assertionType {
		return errMissing("client_assertion_type")
	}
	assertion := strings.TrimSpace(form.Get("client_assertion"))
	parsed, err := jwt.ParseSigned(assertion, []jose.SignatureAlgorithm{jose.RS256})
	if err != nil {
		return errMalformed()
	}
	var claims workloadClaims
	if err := parsed.UnsafeClaimsWithoutVerification(&claims); err != nil {
		return errMalformed()
	}
	switch {
	case claims.Issuer != app.Workload.Issuer || app.Workload == Workload{}:
		return errWorkload(700211, "issuer", claims.Issuer)
	case parsed.Claims(&s.key.PublicKey, &claims) != nil:
		return errSignature()
	case !claims.Audience.Contains(TokenExchangeAudience):
		return errWorkload(700212, "audience", strings.Join(claims.Audience, " "))
	case claims.Subject != app.Workload.Subject:
		return errWorkload(700213, "subject", claims.Subject)
	}
	if now := s.now(); now.Unix() >= claims.Expires || now.Unix() < claims.NotBefore {
		return errNotInTime(now, time.Unix(claims.NotBefore, 0), time.Unix(claims.Expires, 0))
	}
	return nil
}
