package rotate

import (
	"fmt"
	"time"

	"github.com/stafett/stafett/prepare"
	"github.com/stafett/stafett/prepare/internal/keys"
)

// remove is the sign of what is taken away.
const remove prepare.Sign = '-'

// MakeNextKey makes a key pair and stores it where no application reads it.
type MakeNextKey struct {
	Secret string // name of the secret
	Bits   int
}

// AddKey adds the new key's public part to the key set, beside those that it has.
type AddKey struct {
	ClientID          string
	KeyID, Thumbprint string // empty while the key is still to be made
	// Expired are the ids of keys that are left out, since they have passed their
	// end: Maskinporten takes none of them, and an end that is past may not be posted.
	Expired []string
}

// AddKeyByHand asks a person to do that.
type AddKeyByHand struct{ ClientID, KeyID, Thumbprint string }

// RestoreKey adds the public part of a key that is in use to the key set again.
// Whoever had read the set before it was added, and posted it since, took it out.
type RestoreKey struct {
	ClientID, KeyID, Thumbprint string
	Expired                     []string // as in [AddKey]
}

// StoreKey makes the new key the latest version of one of the section's secrets.
type StoreKey struct {
	Secret            string
	KeyID, Thumbprint string // empty while the key is still to be made
	Replaces          string // the key id of the one that is there
}

// ClearNextKey puts a text that is no key in the new key's own secret. The secret
// is not disabled: an application that has just listed it would fail to read it,
// and so fail to start.
type ClearNextKey struct{ Secret string }

// RemoveKey takes the replaced key, and no other that lives, out of the key set. The
// plan's Awaiting come first.
type RemoveKey struct {
	ClientID, KeyID, Thumbprint string
	Expired                     []string // as in [AddKey]
}

// RemoveKeyByHand asks a person to do that, and notes in the vault that it is done.
type RemoveKeyByHand struct{ ClientID, KeyID, Thumbprint string }

// RenewKey posts the key once more, so that its year begins anew.
type RenewKey struct {
	ClientID, KeyID, Thumbprint string
	Expires                     time.Time // as it is registered
	Expired                     []string  // as in [AddKey]
}

// RenewKeyByHand asks a person to do that.
type RenewKeyByHand struct{ ClientID, KeyID, Thumbprint string }

// DateSecret sets the date on a secret to the end of its key. It makes no new
// version.
type DateSecret struct {
	Secret  string
	Expires time.Time // zero for the end that a renewal before it gives
}

// System implements [prepare.Action].
func (MakeNextKey) System() prepare.System { return prepare.KeyVault }

// System implements [prepare.Action].
func (AddKey) System() prepare.System { return prepare.Samarbeidsportal }

// System implements [prepare.Action].
func (AddKeyByHand) System() prepare.System { return prepare.Samarbeidsportal }

// System implements [prepare.Action].
func (RestoreKey) System() prepare.System { return prepare.Samarbeidsportal }

// System implements [prepare.Action].
func (StoreKey) System() prepare.System { return prepare.KeyVault }

// System implements [prepare.Action].
func (ClearNextKey) System() prepare.System { return prepare.KeyVault }

// System implements [prepare.Action].
func (RemoveKey) System() prepare.System { return prepare.Samarbeidsportal }

// System implements [prepare.Action].
func (RemoveKeyByHand) System() prepare.System { return prepare.Samarbeidsportal }

// System implements [prepare.Action].
func (RenewKey) System() prepare.System { return prepare.Samarbeidsportal }

// System implements [prepare.Action].
func (RenewKeyByHand) System() prepare.System { return prepare.Samarbeidsportal }

// System implements [prepare.Action].
func (DateSecret) System() prepare.System { return prepare.KeyVault }

// Sign implements [prepare.Action].
func (MakeNextKey) Sign() prepare.Sign { return prepare.Add }

// Sign implements [prepare.Action].
func (AddKey) Sign() prepare.Sign { return prepare.Add }

// Sign implements [prepare.Action].
func (AddKeyByHand) Sign() prepare.Sign { return prepare.Add }

// Sign implements [prepare.Action].
func (RestoreKey) Sign() prepare.Sign { return prepare.Add }

// Sign implements [prepare.Action].
func (StoreKey) Sign() prepare.Sign { return prepare.Alter }

// Sign implements [prepare.Action].
func (ClearNextKey) Sign() prepare.Sign { return remove }

// Sign implements [prepare.Action].
func (RemoveKey) Sign() prepare.Sign { return remove }

// Sign implements [prepare.Action].
func (RemoveKeyByHand) Sign() prepare.Sign { return remove }

// Sign implements [prepare.Action].
func (RenewKey) Sign() prepare.Sign { return prepare.Alter }

// Sign implements [prepare.Action].
func (RenewKeyByHand) Sign() prepare.Sign { return prepare.Alter }

// Sign implements [prepare.Action].
func (DateSecret) Sign() prepare.Sign { return prepare.Alter }

// String implements [prepare.Action].
func (a MakeNextKey) String() string {
	return fmt.Sprintf("make an RSA key of %d bits on this machine and store it as secret %s, which no application reads", a.Bits, a.Secret)
}

func (a AddKey) String() string {
	return fmt.Sprintf("register the public part of %s on integration %s, beside the one in use", keys.Text(a.KeyID, a.Thumbprint), a.ClientID) + keys.LeftOutText(a.Expired)
}

func (a AddKeyByHand) String() string {
	return fmt.Sprintf("have somebody register the public part of %s on integration %s, beside the one in use", keys.Text(a.KeyID, a.Thumbprint), a.ClientID)
}

func (a RestoreKey) String() string {
	return fmt.Sprintf("register the public part of %s on integration %s again: it is in use, and was taken out of the key set", keys.Text(a.KeyID, a.Thumbprint), a.ClientID) + keys.LeftOutText(a.Expired)
}

func (a StoreKey) String() string {
	return fmt.Sprintf("store %s as a new version of secret %s, in place of %s", keys.Text(a.KeyID, a.Thumbprint), a.Secret, a.Replaces)
}

func (a ClearNextKey) String() string {
	return fmt.Sprintf("clear secret %s, whose key is published", a.Secret)
}

func (a RemoveKey) String() string {
	return fmt.Sprintf("remove %s from integration %s", keys.Text(a.KeyID, a.Thumbprint), a.ClientID) + keys.LeftOutText(a.Expired)
}

func (a RemoveKeyByHand) String() string {
	return fmt.Sprintf("have somebody remove %s from integration %s", keys.Text(a.KeyID, a.Thumbprint), a.ClientID)
}

func (a RenewKey) String() string {
	until := ""
	if !a.Expires.IsZero() {
		until = ", which ends on " + a.Expires.UTC().Format(time.DateOnly)
	}
	return fmt.Sprintf("post %s again to integration %s%s", keys.Text(a.KeyID, a.Thumbprint), a.ClientID, until) + keys.LeftOutText(a.Expired)
}

func (a RenewKeyByHand) String() string {
	return fmt.Sprintf("have somebody add %s to integration %s once more", keys.Text(a.KeyID, a.Thumbprint), a.ClientID)
}

func (a DateSecret) String() string {
	if a.Expires.IsZero() {
		return fmt.Sprintf("date secret %s with the end of its key", a.Secret)
	}
	return fmt.Sprintf("date secret %s with the end of its key, %s", a.Secret, a.Expires.UTC().Format(time.DateOnly))
}
