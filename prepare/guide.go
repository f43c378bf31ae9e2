package prepare

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Guide asks a person to do something at Samarbeidsportalen's web page. It is
// how an organisation prepares that has no admin client for the self-service
// API. What the person answers is never believed: Maskinporten is asked for a
// token before anything is built on it, and when it refuses, the Guide is asked
// again with the reason.
type Guide interface {
	// Ask shows the errand and waits until the person says that it is done. The
	// answer to [RegisterIntegration] is the new integration's client id; to any
	// other errand it is "". [ErrStopped], or another error, ends the preparation
	// there; running it again asks again. ctx ends when the preparation is
	// interrupted.
	Ask(ctx context.Context, errand Errand) (clientID string, err error)
}

// ErrStopped is what a [Guide] returns when the person wants to go on another
// time. What is done stays.
var ErrStopped = errors.New("stopped, to be continued another time")

// ErrSkipped is what a [Guide] returns for an errand that [Errand].MaySkip, when
// the portal does not take it.
var ErrSkipped = errors.New("skipped")

// ErrandKind says what a person is asked to do.
type ErrandKind string

// The kinds of errands.
const (
	RegisterIntegration ErrandKind = "register-integration" // create an integration, with the scopes and the key
	AddKey              ErrandKind = "add-key"              // add the key to the integration, beside the others
	ExtendScopes        ErrandKind = "extend-scopes"        // add the scopes that are named to the integration
	RenewKey            ErrandKind = "renew-key"            // add the key that is there already once more, for another year
	RemoveKey           ErrandKind = "remove-key"           // remove the key from the integration, and no other
)

// Errand is what a person is asked to do. It holds nothing secret.
type Errand struct {
	Kind ErrandKind
	// Page is the address of the portal: [PortalPage].
	Page string
	// ClientID is the integration's; empty for [RegisterIntegration].
	ClientID string
	// Name and Description are what to call a new integration.
	Name, Description string
	// Scopes are those to choose: of a new integration all, else those that are
	// missing.
	Scopes []string
	// PublicKey is one JSON Web Key with public members only, on one line, which is
	// the form that the portal's field takes. The portal keeps the key id of a JSON
	// Web Key; to a PEM it would give one of its own.
	PublicKey string
	// KeyID and Thumbprint (RFC 7638) say which key it is.
	KeyID, Thumbprint string
	// InPlace is set when the integration has another key under this KeyID, which
	// has to be removed at the portal before this one is added.
	InPlace bool
	// MaySkip is set when the preparation can go on without, at a cost that it tells.
	MaySkip bool
	// Refused is why the last answer did not hold; nil the first time.
	Refused error
}

// The addresses of Samarbeidsportalen's web page (docs.digdir.no,
// "Selvbetjening").
const (
	TestPortal = "https://sjolvbetjening.test.samarbeid.digdir.no"
	ProdPortal = "https://sjolvbetjening.samarbeid.digdir.no"
)

// PortalPage is the address of the portal on which a person manages integrations
// of Maskinporten's environment "test" or "prod".
func PortalPage(maskinportenEnvironment string) string {
	if maskinportenEnvironment == "prod" {
		return ProdPortal
	}
	return TestPortal
}

// ClientIDError says that what was given as a client id cannot be one.
type ClientIDError struct{ Problem string }

// Error says what is wrong with it, without showing it: it may be anything that
// was in a clipboard.
func (e *ClientIDError) Error() string { return "that is no client id: " + e.Problem }

// Remedy says what to do about it.
func (e *ClientIDError) Remedy() string {
	return "copy the client id from the integration's page at Samarbeidsportalen; it looks like 3f0f5b0e-8a54-4c0e-9d49-0b1f6d1f7a11"
}

// CheckClientID returns the client id that a person gave, without white space
// around it. Ids that the portal makes are UUIDs, and old ones are free text such
// as oidc_fts_api. What cannot be either is a *ClientIDError. Whether there is
// such an integration only Maskinporten can tell.
func CheckClientID(text string) (string, error) {
	id := strings.Trim(strings.TrimSpace(text), `"'`)
	switch {
	case id == "":
		return "", &ClientIDError{"it is empty"}
	case looksLikeKey(id):
		return "", &ClientIDError{"it looks like a key"}
	case strings.Contains(id, "://"):
		return "", &ClientIDError{"it is an address"}
	case len(id) > maximumClientID:
		return "", &ClientIDError{fmt.Sprintf("it has %d characters", len(id))}
	case strings.ContainsAny(id, " \t\r\n"):
		return "", &ClientIDError{"it has white space in it"}
	case !clientIDForm.MatchString(id):
		return "", &ClientIDError{"it has characters that no client id has"}
	case len(id) == 9 && strings.Trim(id, "0123456789") == "":
		return "", &ClientIDError{"it is an organisation number"}
	}
	return id, nil
}

// looksLikeKey tells a JSON Web Key, one in base64, and each line of a PEM, whose
// lines have 64 characters (RFC 7468) and come as answers of their own when they
// are pasted.
func looksLikeKey(text string) bool {
	const inBase64 = "ey" // {, and a quotation mark or white space
	return strings.ContainsAny(text, "{}") || strings.HasPrefix(text, "-----") ||
		len(text) > 36 && strings.HasPrefix(text, inBase64) || len(text) == 64 && !strings.ContainsAny(text, "-_.:")
}

// maximumClientID is far above the 36 characters of a UUID.
const maximumClientID = 100
