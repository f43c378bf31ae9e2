package altinn

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/stafett/stafett/secret"
)

// Claims is what an Altinn token (or a Maskinporten token) says of itself. A
// person's claims hold no identity number here, even if the token does.
type Claims struct {
	Issuer    string
	Org       string // code of a service owner; empty when the token gives none
	OrgNumber string // nine digits
	UserID    string // persons only
	PartyID   string // persons only
	Scope     string // separated by spaces
	ClientID  string // of the Maskinporten integration
	Consumer  string // organisation number of the consumer, from {"ID":"0192:…"}
	AuthLevel int
	Method    string // how the subject was authenticated
	IssuedAt  time.Time
	NotBefore time.Time
	Expires   time.Time
}

// ParseClaims reads the claims of a JSON Web Token (RFC 7519) without checking
// its signature: for showing, and for knowing when to fetch another one. The
// error never holds a part of the token.
func ParseClaims(token secret.String) (Claims, error) {
	segments := strings.Split(token.Reveal(), ".")
	if len(segments) != 3 {
		return Claims{}, errors.New("read the token: it is not a JSON Web Token of three parts")
	}
	payload, err := base64.RawURLEncoding.DecodeString(segments[1])
	if err != nil {
		return Claims{}, errors.New("read the token: its claims are not base64url")
	}
	var raw struct {
		Issuer    string      `json:"iss"`
		Org       string      `json:"urn:altinn:org"`
		OrgNumber json.Number `json:"urn:altinn:orgNumber"`
		UserID    json.Number `json:"urn:altinn:userid"`
		PartyID   json.Number `json:"urn:altinn:partyid"`
		Scope     string      `json:"scope"`
		ClientID  string      `json:"client_id"`
		Consumer  struct {
			ID string `json:"ID"`
		} `json:"consumer"`
		AuthLevel json.Number `json:"urn:altinn:authlevel"`
		Method    string      `json:"urn:altinn:authenticatemethod"`
		IssuedAt  json.Number `json:"iat"`
		NotBefore json.Number `json:"nbf"`
		Expires   json.Number `json:"exp"`
	}
	if err := json.Unmarshal(payload, &raw); err != nil {
		return Claims{}, errors.New("read the token: its claims are not the JSON object expected")
	}
	c := Claims{
		Issuer: raw.Issuer, Org: raw.Org, OrgNumber: raw.OrgNumber.String(),
		UserID: raw.UserID.String(), PartyID: raw.PartyID.String(),
		Scope: raw.Scope, ClientID: raw.ClientID, Method: raw.Method,
	}
	_, c.Consumer, _ = strings.Cut(raw.Consumer.ID, ":")
	if raw.AuthLevel != "" {
		if c.AuthLevel, err = strconv.Atoi(raw.AuthLevel.String()); err != nil {
			return Claims{}, errors.New("read the token: its authentication level is not a number")
		}
	}
	for name, to := range map[string]struct {
		number json.Number
		at     *time.Time
	}{"iat": {raw.IssuedAt, &c.IssuedAt}, "nbf": {raw.NotBefore, &c.NotBefore}, "exp": {raw.Expires, &c.Expires}} {
		if to.number == "" {
			continue
		}
		seconds, err := to.number.Float64() // NumericDate may have a fraction
		if err != nil || seconds < 0 || seconds > 1<<40 {
			return Claims{}, fmt.Errorf("read the token: its %s is not a time", name)
		}
		*to.at = time.Unix(int64(seconds), 0)
	}
	if c.Expires.IsZero() {
		return Claims{}, errors.New("read the token: it does not say when it expires")
	}
	return c, nil
}
