package maskinporten

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// Grant says what a token is asked for.
type Grant struct {
	// Scopes, at least one. An element may itself hold several, separated by
	// spaces, as settings do. Order and repetition do not matter.
	Scopes []string
	// Resource is the URI of the API that the token is meant for. It becomes the
	// token's audience; empty for none.
	Resource string
	// ConsumerOrg is the organisation number of the customer, when a supplier acts
	// on a delegation in Altinn; empty otherwise.
	ConsumerOrg string
}

// normalGrant is a grant in the one form in which it is compared and sent.
type normalGrant struct {
	scope, resource, consumerOrg string
}

var organisationNumber = regexp.MustCompile(`^[0-9]{9}$`)

func (g Grant) normalise() (normalGrant, error) {
	scopes := strings.Fields(strings.Join(g.Scopes, " "))
	slices.Sort(scopes)
	scopes = slices.Compact(scopes)
	normal := normalGrant{scope: strings.Join(scopes, " "), resource: g.Resource, consumerOrg: g.ConsumerOrg}
	if len(scopes) == 0 {
		return normal, errors.New("no scope is asked for")
	}
	for _, scope := range scopes {
		if strings.ContainsAny(scope, `,;"\`) {
			return normal, fmt.Errorf("%q is not a scope; scopes are separated by spaces", scope)
		}
	}
	if g.Resource != "" {
		if parsed, err := url.Parse(g.Resource); err != nil || !parsed.IsAbs() || strings.Contains(g.Resource, "#") {
			return normal, fmt.Errorf("the resource %q is not an absolute URI without a fragment", g.Resource)
		}
	}
	if g.ConsumerOrg != "" && !organisationNumber.MatchString(g.ConsumerOrg) {
		return normal, fmt.Errorf("the consumer %q is not an organisation number of nine digits", g.ConsumerOrg)
	}
	return normal, nil
}

// assertionLifetime is the longest that Digdir documents. The server compares
// exp with its own clock, so a long life rescues a client whose clock is slow.
const assertionLifetime = 120 * time.Second

// claims are those of an assertion. The audience is a plain string: go-jose's
// own claims type would write an array of one.
type claims struct {
	Audience    string `json:"aud"`
	Issuer      string `json:"iss"`
	Scope       string `json:"scope"`
	IssuedAt    int64  `json:"iat"`
	Expires     int64  `json:"exp"`
	ID          string `json:"jti"`
	Resource    string `json:"resource,omitempty"`
	ConsumerOrg string `json:"consumer_org,omitempty"`
}

// assertion signs a new assertion for the grant, issued now. Its jti is new, so
// it must be sent once only.
func (c *Client) assertion(grant normalGrant, now time.Time) (string, error) {
	payload, err := json.Marshal(claims{
		Audience:    c.issuer,
		Issuer:      c.clientID,
		Scope:       grant.scope,
		IssuedAt:    now.Unix(),
		Expires:     now.Add(assertionLifetime).Unix(),
		ID:          uuid.NewString(),
		Resource:    grant.resource,
		ConsumerOrg: grant.consumerOrg,
	})
	if err != nil {
		return "", fmt.Errorf("encode assertion: %w", err)
	}
	signed, err := c.signer.Sign(payload)
	if err != nil {
		return "", fmt.Errorf("sign assertion: %w", err)
	}
	return signed.CompactSerialize()
}
