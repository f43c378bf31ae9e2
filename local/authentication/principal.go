package authentication

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/stafett/stafett/local/timeline"
)

// Claim names of Altinn tokens.
const (
	ClaimOrg       = "urn:altinn:org"
	ClaimOrgNumber = "urn:altinn:orgNumber"
	ClaimUserID    = "urn:altinn:userid"
	ClaimUserName  = "urn:altinn:username"
	ClaimPartyID   = "urn:altinn:partyid"
	ClaimPartyUUID = "urn:altinn:party:uuid"
	ClaimAuthLevel = "urn:altinn:authlevel"
	ClaimMethod    = "urn:altinn:authenticatemethod"
	// claimTestScope is where the test login for organisations puts the scope.
	claimTestScope = "urn:altinn:scope"
	claimApp       = "urn:altinn:app"        // in platform access tokens
	claimDetails   = "authorization_details" // RFC 9396
	claimNameID    = "http://schemas.xmlsoap.org/ws/2005/05/identity/claims/nameidentifier"
)

// ErrNoToken says that a request carries neither a bearer token nor the login
// cookie.
var ErrNoToken = errors.New("find token: no Authorization header of type Bearer and no cookie " + CookieName)

// CookieName is the cookie in which a browser keeps its Altinn token.
const CookieName = "AltinnStudioRuntime"

// Principal is who an Altinn token speaks for. A person has a UserID, an
// organisation an OrgNumber; Org is set only for a service owner. A system user has
// a SystemUserID, and the OrgNumber is its system's supplier then.
type Principal struct {
	UserID    int    // 0 for an organisation
	PartyID   int    // the person's own party; 0 for an organisation
	PartyUUID string // the person's own party
	Org       string // service owner code such as "fts"; empty for others
	OrgNumber string // nine digits
	// SystemUserID is a UUID, and SystemUserOrg the number of the organisation whose
	// system user it is.
	SystemUserID, SystemUserOrg string
	Scope                       string // space separated
	AuthLevel                   int    // 0 to 4
	Method                      string // how the caller authenticated, such as "maskinporten"

	// All holds every claim as decoded from JSON, numbers as [json.Number].
	All map[string]any
}

// HasScope reports whether the token was given exactly the scope.
func (p Principal) HasScope(scope string) bool {
	return slices.Contains(strings.Fields(p.Scope), scope)
}

// Actor is the text by which the platform remembers who did something
// (createdBy, lastChangedBy): the user id, else the system user's, else the
// organisation number.
func (p Principal) Actor() string {
	if p.UserID != 0 {
		return strconv.Itoa(p.UserID)
	}
	return cmp.Or(p.SystemUserID, p.OrgNumber)
}

// TokenVerifier tells whose a token is. Verify accepts only tokens signed by
// Altinn Authentication with RS256 that have not expired, with no clock skew;
// issuer and audience are not looked at, as on the platform. It is safe for
// concurrent use. The error never holds the token.
type TokenVerifier interface {
	Verify(token string) (Principal, error)
}

// Authenticate finds the token of a request, in the Authorization header or else in
// the login cookie, and verifies it. It returns the token too, for a call to
// another platform service on behalf of the same caller. The error is
// [ErrNoToken] when the request carries none. The timeline is told who the caller
// is, or why nobody knows.
func Authenticate(v TokenVerifier, r *http.Request) (Principal, string, error) {
	token := requestToken(r)
	if token == "" {
		timeline.Note(r.Context(), NotAccepted{ErrNoToken.Error()})
		return Principal{}, "", ErrNoToken
	}
	p, err := v.Verify(token)
	if err != nil {
		timeline.Note(r.Context(), NotAccepted{err.Error()})
		return Principal{}, "", err
	}
	timeline.Identify(r.Context(), p.caller())
	return p, token, nil
}

func requestToken(r *http.Request) string {
	kind, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if strings.EqualFold(kind, "Bearer") {
		return strings.TrimSpace(token)
	}
	if c, err := r.Cookie(CookieName); err == nil {
		return c.Value
	}
	return ""
}

// principal reads the claims of a verified token.
func principal(claims map[string]any) (Principal, error) {
	p := Principal{
		PartyUUID: text(claims[ClaimPartyUUID]),
		Org:       text(claims[ClaimOrg]),
		OrgNumber: text(claims[ClaimOrgNumber]),
		Method:    text(claims[ClaimMethod]),
		Scope:     text(claims[claimTestScope]),
		All:       claims,
	}
	p.SystemUserID, p.SystemUserOrg = systemUser(claims[claimDetails])
	if p.Scope == "" {
		p.Scope = text(claims["scope"])
	}
	for _, n := range []struct {
		claim string
		to    *int
	}{{ClaimUserID, &p.UserID}, {ClaimPartyID, &p.PartyID}, {ClaimAuthLevel, &p.AuthLevel}} {
		v := text(claims[n.claim])
		if v == "" {
			continue
		}
		i, err := strconv.Atoi(v)
		if err != nil {
			return Principal{}, fmt.Errorf("read token: claim %s is not an integer", n.claim)
		}
		*n.to = i
	}
	return p, nil
}

// systemUser reads whom the details of an authorization name: an object, or a list
// of one as at Maskinporten.
func systemUser(details any) (id, orgNumber string) {
	if list, ok := details.([]any); ok && len(list) > 0 {
		details = list[0]
	}
	object, _ := details.(map[string]any)
	users, _ := object["systemuser_id"].([]any)
	if len(users) == 0 {
		return "", ""
	}
	owner, _ := object["systemuser_org"].(map[string]any)
	return text(users[0]), strings.TrimPrefix(text(owner["ID"]), consumerPrefix)
}

// text gives a claim as text whether it was issued as a string or a number.
func text(claim any) string {
	switch v := claim.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}
