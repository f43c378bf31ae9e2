package rotate

import (
	"strings"
	"time"

	"github.com/stafett/stafett/appsettings"
	"github.com/stafett/stafett/prepare"
)

// Target says whose key is meant, and when to do something about it.
type Target struct {
	prepare.Target

	// Readers are all who read the section's secrets from the vault. With none
	// named, there is one that reads them when it starts: the application.
	Readers []Reader
	// Within is how near its end a key must be for a rotation or a renewal to begin,
	// and OlderThan how long it must have been in the vault for a rotation; one that
	// is 0 does not count. With both 0 it begins now.
	Within    time.Duration
	OlderThan time.Duration
	// Finish says that everyone who reads the secrets when it starts has been started
	// again since the new key was published. It ends a rotation, and neither begins one
	// nor publishes a key that waits.
	Finish bool
	// Wait is how long [Apply] may wait for readers that read again by themselves;
	// with 0 it returns an [*AwaitError] at once.
	Wait time.Duration
	// Margin is what a reader is given beyond its interval, for a reading that is
	// under way and for clocks that differ; 0 means 2 minutes.
	Margin time.Duration
	// Keep are RFC 7638 thumbprints of keys that are never taken out of the key set:
	// the one that the self-service client signs with belongs here.
	Keep []string
}

func (t Target) margin() time.Duration {
	if t.Margin <= 0 {
		return 2 * time.Minute
	}
	return t.Margin
}

// clientIDSecret is the name of the secret with the client id, the same for both
// families of clients.
func (t Target) clientIDSecret() string {
	return prepare.NamesOf(appsettings.ClientLibrary, t.Section).ClientID
}

// keySecrets are the names that the private key may have, one for each family of
// clients. The text is the same.
func (t Target) keySecrets() []string {
	return []string{prepare.NamesOf(appsettings.ClientLibrary, t.Section).Key, prepare.NamesOf(appsettings.BuiltIn, t.Section).Key}
}

// keyIDSecret is the name of a secret that would give every key the same id.
func (t Target) keyIDSecret() string {
	return strings.TrimSuffix(t.clientIDSecret(), "ClientId") + "Kid"
}

// NextSecret is the name of the secret in which a section's new key lies until it
// is published; afterwards there is no key in it. The name is no setting of the
// section, nor one that makes a section of its own look like a client's, so that an
// application which loads the whole vault does not read it.
func NextSecret(section string) string {
	return "stafett--next--" + strings.ReplaceAll(section, ":", "--")
}

func (t Target) nextSecret() string { return NextSecret(t.Section) }

// environmentName is the .NET environment in which the application runs there.
func (t Target) environmentName() string {
	if t.Maskinporten == "prod" {
		return "Production"
	}
	return "Staging"
}
