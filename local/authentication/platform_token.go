package authentication

import (
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// PlatformTokenHeader is the header in which applications and platform services
// show each other a token of their own.
const PlatformTokenHeader = "PlatformAccessToken"

// ErrNoPlatformToken says that a request carries no platform access token, or more
// than one.
var ErrNoPlatformToken = errors.New("find platform access token: there must be one header " + PlatformTokenHeader)

// PlatformToken says who has made a platform access token.
type PlatformToken struct {
	Issuer string // the owner's code, or "platform"
	App    string // name of the application
}

// ReadPlatformToken reads the platform access token of a request. Applications sign
// it with a key that the local platform does not know, so the signature is not
// looked at; one that has expired is refused, with no clock skew. What is no JWT
// will do as well, and says nothing of its maker. The error never holds the token.
func ReadPlatformToken(r *http.Request, now time.Time) (PlatformToken, error) {
	values := r.Header.Values(PlatformTokenHeader)
	if len(values) != 1 || values[0] == "" {
		return PlatformToken{}, ErrNoPlatformToken
	}
	parts := strings.Split(values[0], ".")
	if len(parts) != 3 {
		return PlatformToken{}, nil
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return PlatformToken{}, errors.New("read platform access token: the claims are not base64")
	}
	claims, err := decodeClaims(payload)
	if err == nil {
		err = checkLifetime(claims, now, 0)
	}
	if err != nil {
		return PlatformToken{}, fmt.Errorf("read platform access token: %w", err)
	}
	return PlatformToken{Issuer: text(claims["iss"]), App: text(claims[claimApp])}, nil
}
