package prepare

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/prepare/fit"
	"github.com/stafett/stafett/prepare/internal/keys"
)

// System names one of the systems that a plan changes.
type System string

// The systems, in the words of the command line.
const (
	KeyVault          System = "Key Vault"
	Samarbeidsportal  System = "Samarbeidsportalen"
	ApplicationFolder System = "Application"
	RegistrationFile  System = "Registration"
)

// Sign tells what happens to a thing. Preparing removes nothing but settings
// inside a file, which the file's diff shows.
type Sign byte

// The signs, as they are printed.
const (
	Add   Sign = '+'
	Alter Sign = '~'
)

// Action is one step of a plan. Its String is one line that says what it does,
// with ids and thumbprints, and never key material. What an admin client does at
// Samarbeidsportalen is [CreateIntegration], [PublishKey] and [AddScopes]; what a
// person does there [RegisterByHand], [AddKeyByHand], [AddScopesByHand] and
// [RenewByHand]. In the vault there are [MakeKey], [CopyKey], [StoreClientID],
// [StoreAuthority] and [DateSecret]; when an integration is replaced, [BridgeKey]
// or [BridgeByHand], [PromoteKey] and [ClearKey] too; when a section is migrated, [DisableSecret]. Files are changed by
// [EditFile] and [WriteRegistration].
type Action interface {
	fmt.Stringer
	// System is the system that the action changes.
	System() System
	// Sign tells whether it adds or alters.
	Sign() Sign
}

// MakeKey makes a key pair and stores it in the vault.
type MakeKey struct {
	Secret string // name of the secret
	Bits   int
}

// CreateIntegration creates an integration.
type CreateIntegration struct {
	Name   string
	Scopes []string
	// Thumbprint is the key's, empty while the key is still to be made.
	Thumbprint string
}

// PublishKey adds the key's public part to the integration's key set. The other
// keys stay, but for those that have expired.
type PublishKey struct {
	ClientID string // empty for the integration that is to be created
	KeyID    string // KeyID and Thumbprint are empty while the key is still to be made
	// Thumbprint is the key's RFC 7638 thumbprint.
	Thumbprint string
	Others     int // how many keys there are already that have not expired
	// Expired are the ids of keys that are left out of the set, since they have
	// passed their end: nobody can use one, and Digdir takes no set with one.
	Expired []string
}

// AddScopes adds scopes to the integration. The others stay.
type AddScopes struct {
	ClientID string
	Scopes   []string // those that are missing
}

// StoreClientID stores the integration's id in the vault.
type StoreClientID struct {
	Secret   string // name of the secret
	ClientID string // empty for the integration that is to be created
	Replaces string // the id that is there; empty for none
}

// EditFile changes a file of one of the applications. Whatever the reasons do not
// concern stays as it is, to the byte.
type EditFile struct {
	Application string // the role: fit.Original or fit.Receiving
	Name        string // path below the application's folder, such as "appsettings.json"
	Path        string
	Reasons     []string // why, one for each change
	// Section and Changes are set for a settings file only.
	Section string
	Changes []appsettings.Change

	before, after []byte // before is nil for a file that is to be made
}

// Diff compares the file as it is with what it becomes. Secrets in settings files
// are redacted.
func (a EditFile) Diff() []appsettings.DiffLine {
	if a.Section != "" {
		return appsettings.Diff(a.before, a.after)
	}
	return fit.Diff(a.before, a.after)
}

// System implements [Action].
func (MakeKey) System() System           { return KeyVault }
func (CreateIntegration) System() System { return Samarbeidsportal }
func (PublishKey) System() System        { return Samarbeidsportal }
func (AddScopes) System() System         { return Samarbeidsportal }
func (StoreClientID) System() System     { return KeyVault }
func (EditFile) System() System          { return ApplicationFolder }

// Sign implements [Action].
func (MakeKey) Sign() Sign           { return Add }
func (CreateIntegration) Sign() Sign { return Add }
func (PublishKey) Sign() Sign        { return Add }
func (AddScopes) Sign() Sign         { return Alter }
func (a StoreClientID) Sign() Sign {
	if a.Replaces != "" {
		return Alter
	}
	return Add
}
func (a EditFile) Sign() Sign {
	if a.before == nil {
		return Add
	}
	return Alter
}

// String implements [Action].
func (a MakeKey) String() string {
	return fmt.Sprintf("make an RSA key of %d bits on this machine and store it as secret %s", a.Bits, a.Secret)
}

func (a CreateIntegration) String() string {
	return fmt.Sprintf("create the integration %s with %s, described with %s", a.Name, strings.Join(a.Scopes, " and "), keys.Text("", a.Thumbprint))
}

func (a PublishKey) String() string {
	others := ""
	if a.Others > 0 {
		others = fmt.Sprintf(", beside the %d that it has", a.Others)
	}
	return fmt.Sprintf("register the public part of %s on %s%s", keys.Text(a.KeyID, a.Thumbprint), integrationText(a.ClientID), others) + keys.LeftOutText(a.Expired)
}

func (a AddScopes) String() string {
	return fmt.Sprintf("add %s to %s", strings.Join(a.Scopes, " and "), integrationText(a.ClientID))
}

func (a StoreClientID) String() string {
	what := "the new integration's client id"
	if a.ClientID != "" {
		what = "client id " + a.ClientID
	}
	if a.Replaces != "" {
		return fmt.Sprintf("store %s as secret %s, in place of %s", what, a.Secret, shownID(a.Replaces))
	}
	return fmt.Sprintf("store %s as secret %s", what, a.Secret)
}

func (a EditFile) String() string {
	if a.Section == "" {
		return fmt.Sprintf("in %s of the %s application: %s", a.Name, a.Application, strings.Join(a.Reasons, "; "))
	}
	var what []string
	for _, change := range a.Changes {
		what = append(what, changeText(change))
	}
	return fmt.Sprintf("in %s, section %s: %s", a.Name, a.Section, strings.Join(what, ", "))
}

func changeText(change appsettings.Change) string {
	text, isText := change.Value.(string)
	switch {
	case change.Delete:
		return "remove " + change.Name
	case isText:
		return fmt.Sprintf("set %s to %q", change.Name, text)
	}
	return fmt.Sprintf("set %s to %v", change.Name, change.Value)
}

func integrationText(clientID string) string {
	if clientID == "" {
		return "the new integration"
	}
	return "integration " + clientID
}

var clientIDForm = regexp.MustCompile(`^[A-Za-z0-9._:-]{1,100}$`) // maximumClientID

// shownID keeps what was stored as a client id, and is none, off the screen: the
// two secrets may have been swapped.
func shownID(text string) string {
	if trimmed := strings.TrimSpace(text); clientIDForm.MatchString(trimmed) {
		if trimmed == text {
			return text
		}
		return fmt.Sprintf("%q", text)
	}
	return "a value that is no client id"
}
