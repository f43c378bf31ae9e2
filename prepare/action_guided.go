package prepare

import (
	"fmt"
	"strings"

	"github.com/stafett/stafett/prepare/internal/keys"
)

// RegisterByHand has a person create the integration at the portal, with the
// scopes and the key, and tell its client id. It is done when Maskinporten gives
// that client a token.
type RegisterByHand struct {
	Name   string
	Scopes []string
	// KeyID and Thumbprint are empty while the key is still to be made.
	KeyID, Thumbprint string
}

// AddKeyByHand has a person add the key to the integration, beside the keys that
// it has. It is done when Maskinporten gives a token.
type AddKeyByHand struct {
	ClientID          string
	KeyID, Thumbprint string // empty while the key is still to be made
	// InPlace is set when the integration has another key under the same id, which
	// the portal must be rid of first.
	InPlace bool
}

// AddScopesByHand has a person add to the integration those of the scopes that it
// lacks. It is done when Maskinporten gives a token.
type AddScopesByHand struct {
	ClientID string
	Scopes   []string
}

// RenewByHand has a person add once more the key that the integration has, for
// another year. It is done when Maskinporten gives a token.
type RenewByHand struct {
	ClientID          string
	KeyID, Thumbprint string
}

// System implements [Action].
func (RegisterByHand) System() System  { return Samarbeidsportal }
func (AddKeyByHand) System() System    { return Samarbeidsportal }
func (AddScopesByHand) System() System { return Samarbeidsportal }
func (RenewByHand) System() System     { return Samarbeidsportal }

// Sign implements [Action].
func (RegisterByHand) Sign() Sign  { return Add }
func (AddKeyByHand) Sign() Sign    { return Add }
func (AddScopesByHand) Sign() Sign { return Alter }
func (RenewByHand) Sign() Sign     { return Alter }

// String implements [Action].
func (a RegisterByHand) String() string {
	return fmt.Sprintf("by hand, at the portal: create the integration %s with %s, and add the public part of %s", a.Name, strings.Join(a.Scopes, " and "), keys.Text(a.KeyID, a.Thumbprint))
}

func (a AddKeyByHand) String() string {
	instead := ""
	if a.InPlace {
		instead = ", in place of the other key of that id"
	}
	return fmt.Sprintf("by hand, at the portal: add the public part of %s to %s%s", keys.Text(a.KeyID, a.Thumbprint), integrationText(a.ClientID), instead)
}

func (a AddScopesByHand) String() string {
	return fmt.Sprintf("by hand, at the portal: see that %s has %s", integrationText(a.ClientID), strings.Join(a.Scopes, " and "))
}

func (a RenewByHand) String() string {
	return fmt.Sprintf("by hand, at the portal: add %s to %s once more, for another year", keys.Text(a.KeyID, a.Thumbprint), integrationText(a.ClientID))
}
