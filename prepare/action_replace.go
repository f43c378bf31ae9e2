package prepare

import (
	"fmt"

	"github.com/stafett/stafett/prepare/internal/keys"
)

// Replacing an integration changes both of the application's secrets, and a vault
// writes one at a time, so the application may read the new key with the old
// client id. The order that keeps it working throughout:
//
//  1. The new key is made and stored under a name of its own ([MakeKey]), which no
//     application reads.
//  2. The new integration is created with that key, and has to give a token.
//  3. A bridge: the old integration gets the new key beside the one it has
//     ([BridgeKey]), and has to give a token for it. From here on three pairs work:
//     old id and old key, old id and new key, new id and new key.
//  4. The new key is stored where the application reads it ([PromoteKey]).
//  5. After a pause, so that no application reads the key before step 4 and the id
//     after step 6, which is the one pair that does not work.
//  6. The new client id is stored ([StoreClientID]).
//  7. The key's first place is cleared ([ClearKey]).
//
// An old integration that gives no token as it is needs no bridge. One that does,
// but does not take the new key, leaves a window between steps 4 and 6, which is
// kept as short as two writes and told with its length.

// BridgeKey adds the new key to the integration that is replaced, beside the keys
// that it has, so that the application works whichever of its secrets it reads
// first.
type BridgeKey struct {
	ClientID          string   // of the old integration
	KeyID, Thumbprint string   // empty while the key is still to be made
	Expired           []string // as in [PublishKey]
}

// BridgeByHand has a person do what [BridgeKey] does.
type BridgeByHand struct {
	ClientID          string // of the old integration
	KeyID, Thumbprint string // empty while the key is still to be made
}

// PromoteKey stores the new integration's key where the application reads it.
type PromoteKey struct {
	From, Secret      string // names of the secrets
	KeyID, Thumbprint string // empty while the key is still to be made
}

// ClearKey puts a text that is no key in the first place of the new integration's
// key, when the application's own secret holds it.
type ClearKey struct {
	Secret string // its name
}

// System implements [Action].
func (ClearKey) System() System     { return KeyVault }
func (BridgeKey) System() System    { return Samarbeidsportal }
func (BridgeByHand) System() System { return Samarbeidsportal }
func (PromoteKey) System() System   { return KeyVault }

// Sign implements [Action].
func (ClearKey) Sign() Sign     { return Alter }
func (BridgeKey) Sign() Sign    { return Alter }
func (BridgeByHand) Sign() Sign { return Alter }
func (PromoteKey) Sign() Sign   { return Alter }

// String implements [Action].
func (a ClearKey) String() string {
	return fmt.Sprintf("clear secret %s, whose key is where the application reads it", a.Secret)
}

func (a BridgeKey) String() string {
	return fmt.Sprintf("register the public part of %s on the old %s too, until the application has read both secrets", keys.Text(a.KeyID, a.Thumbprint), integrationText(a.ClientID)) + keys.LeftOutText(a.Expired)
}

func (a BridgeByHand) String() string {
	return fmt.Sprintf("by hand, at the portal: add the public part of %s to the old %s too, until the application has read both secrets", keys.Text(a.KeyID, a.Thumbprint), integrationText(a.ClientID))
}

func (a PromoteKey) String() string {
	return fmt.Sprintf("store %s, which secret %s holds, as secret %s", keys.Text(a.KeyID, a.Thumbprint), a.From, a.Secret)
}
