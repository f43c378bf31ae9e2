package prepare

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/stafett/stafett/jwk"
	"github.com/stafett/stafett/maskinporten"
)

// KeyError says that the key in the vault cannot be used. It is left as it is.
type KeyError struct {
	Secret string // name of the secret
	Format *jwk.FormatError
}

// Error names the secret and what is wrong with it.
func (e *KeyError) Error() string {
	return fmt.Sprintf("the secret %s cannot be used: %s", e.Secret, e.Format.Detail)
}

// Unwrap returns the format's error.
func (e *KeyError) Unwrap() error { return e.Format }

// Remedy says what to do about it.
func (e *KeyError) Remedy() string {
	return fmt.Sprintf("%s; to have a new key made here, delete and purge the secret %s first", e.Format.Remedy(), e.Secret)
}

// NameTakenError says that an integration of the wanted name exists which is not
// the application's: neither its keys nor its description have the key in the
// vault, and the vault's client id is not its.
type NameTakenError struct {
	Name      string
	ClientIDs []string // names are not unique
	Secret    string   // the secret that names the application's integration
}

// Error names the integration.
func (e *NameTakenError) Error() string {
	return fmt.Sprintf("the name %s is taken by another integration (client id %s)", e.Name, strings.Join(e.ClientIDs, ", "))
}

// Remedy says what to do about it.
func (e *NameTakenError) Remedy() string {
	return fmt.Sprintf("set another name as maskinporten.integration in stafett.yaml; or, if it is this application's, store its client id in the secret %s", e.Secret)
}

// UnknownClientError says that the vault's client id is not an active
// integration of the organisation in this environment.
type UnknownClientError struct {
	ClientID, Secret, Environment string
}

// Error names the client id and where it stands.
func (e *UnknownClientError) Error() string {
	return fmt.Sprintf("the secret %s holds %s, which is no active integration of the organisation in Maskinporten's %s environment", e.Secret, shownID(e.ClientID), e.Environment)
}

// Remedy says what to do about it.
func (e *UnknownClientError) Remedy() string {
	const check = "check that the vault belongs to the same organisation and environment"
	if id := strings.TrimSpace(e.ClientID); clientIDForm.MatchString(id) {
		return fmt.Sprintf("%s; to have a new integration made in its place: --replace-client %s", check, id)
	}
	return fmt.Sprintf("%s; to have a new integration made, delete and purge the secret %s", check, e.Secret)
}

// UnfitError says that the vault's client id names an integration that cannot be
// the application's.
type UnfitError struct {
	ClientID string
	Problem  string // a clause

	remedy string
}

// Error names the integration and why it does not fit.
func (e *UnfitError) Error() string {
	return fmt.Sprintf("the integration %s cannot be used: %s", e.ClientID, e.Problem)
}

// Remedy says what to do about it.
func (e *UnfitError) Remedy() string { return e.remedy }

// KeySetFullError says that the integration has as many keys as it may have, none
// of which has expired.
type KeySetFullError struct {
	ClientID string
	KeyIDs   []string
}

// Error names the keys.
func (e *KeySetFullError) Error() string {
	return fmt.Sprintf("the integration %s has %d keys, and may not have more: %s", e.ClientID, len(e.KeyIDs), strings.Join(e.KeyIDs, ", "))
}

// Remedy says what to do about it.
func (e *KeySetFullError) Remedy() string {
	return "remove a key that is no longer used at Samarbeidsportalen; none of them has expired"
}

// KeyIDTakenError says that another key is registered under the key's id.
type KeyIDTakenError struct{ ClientID, KeyID, Secret string }

// Error names the key id.
func (e *KeyIDTakenError) Error() string {
	return fmt.Sprintf("the integration %s has another key with key id %s than the secret %s", e.ClientID, e.KeyID, e.Secret)
}

// Remedy says what to do about it.
func (e *KeyIDTakenError) Remedy() string {
	return "find out which of the two keys is in use; remove the other at Samarbeidsportalen, or give the one in the vault a kid of its own"
}

// KeyIDOverrideError says that the section gives whatever key is in the vault one
// fixed key id. A new key has another one, so that Maskinporten would refuse what
// is signed with it.
type KeyIDOverrideError struct {
	Section string
	Where   string // the file or the secret that says so
}

// Error names the setting and where it stands.
func (e *KeyIDOverrideError) Error() string {
	return fmt.Sprintf("%s sets %s:Kid, which gives every key the same id", e.Where, e.Section)
}

// Remedy says what to do about it.
func (e *KeyIDOverrideError) Remedy() string {
	return "add the same public key to the integration once more, under its own key id (stafett prepare --leg key writes it to a file), remove Kid there, and deploy; then run this again"
}

// NobodyToAskError says that the change has to be made by a person at
// Samarbeidsportalen, and that none can be asked.
type NobodyToAskError struct{}

// Error says so.
func (*NobodyToAskError) Error() string {
	return "no admin client is set up, and nobody is there to make the change at Samarbeidsportalen"
}

// Remedy says what to do about it.
func (*NobodyToAskError) Remedy() string {
	return "run it at a terminal; what is done stays"
}

// StaleError says that something changed between reading and applying.
type StaleError struct{ What string }

// Error names what changed.
func (e *StaleError) Error() string { return e.What + " changed since the plan was made" }

// Remedy says what to do about it.
func (e *StaleError) Remedy() string {
	return "run the same command again; it begins with what is there now"
}

// ProofError says that Maskinporten does not give the integration a token. What
// it refused with is in Err, often a *maskinporten.Error.
type ProofError struct {
	ClientID, KeyID string
	Waited          time.Duration
	Err             error
}

// Error names the integration, the key and the refusal.
func (e *ProofError) Error() string {
	after := ""
	if waited := e.Waited.Round(time.Second); waited > 0 {
		after = fmt.Sprintf(" after %s", waited)
	}
	return fmt.Sprintf("maskinporten gives no token to integration %s with key %s%s: %v", e.ClientID, e.KeyID, after, e.Err)
}

// Unwrap returns what it was refused with.
func (e *ProofError) Unwrap() error { return e.Err }

// Remedy says what to do about it. What was done before stays, and preparing
// again goes on from there.
func (e *ProofError) Remedy() string {
	if refusal, ok := errors.AsType[*maskinporten.Error](e.Err); ok {
		return refusal.Remedy()
	}
	return "prepare again when Maskinporten can be reached"
}

// ScopeGrantError says that the scopes' owner has not granted them to the
// organisation, which nobody of the organisation can do.
type ScopeGrantError struct {
	ClientID                        string
	Scopes                          []string // all that are asked for
	OrganisationNumber, Environment string
	Err                             error
}

// Error names the integration and the refusal.
func (e *ScopeGrantError) Error() string {
	return fmt.Sprintf("the organisation %s has not been granted what integration %s asks for: %v", e.OrganisationNumber, e.ClientID, e.Err)
}

// Unwrap returns what it was refused with.
func (e *ScopeGrantError) Unwrap() error { return e.Err }

// Remedy says who has to grant what.
func (e *ScopeGrantError) Remedy() string {
	var owners []string
	for _, scope := range e.Scopes {
		prefix, _, _ := strings.Cut(scope, ":")
		who := "the owner of the scopes that begin with " + prefix + ":"
		if prefix == "altinn" {
			who = "Digdir, which owns those of Altinn"
		}
		if !slices.Contains(owners, who) {
			owners = append(owners, who)
		}
	}
	return fmt.Sprintf("ask %s to grant %s to organisation %s in Maskinporten's %s environment; then run this again",
		strings.Join(owners, ", and "), strings.Join(e.Scopes, " and "), e.OrganisationNumber, e.Environment)
}
